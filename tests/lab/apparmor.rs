//! Where AppArmor confines guests, libvirt lets each have the files that virt-aa-helper finds in its description, and no
//! other. Every kind of description that warp writes is defined and given to the helper as libvirt gives it.

use crate::apparmor_rules;
use crate::bench::Bench;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use warp::lab::Level;

fn qcow2(path: &Path, backing: Option<&Path>) -> String {
    let mut command = Command::new("qemu-img");
    command.args(["create", "-q", "-f", "qcow2"]);
    if let Some(backing) = backing {
        command.args(["-F", "qcow2", "-b"]).arg(backing);
    }
    assert!(command.arg(path).arg("1M").status().unwrap().success());
    path.display().to_string()
}

/// Files, and what a guest may do with each.
type Rights = Vec<(String, &'static str)>;

/// What each template is given, and the files that its guest needs with the rights.
fn descriptions(at: &Path) -> Vec<(&'static str, Value, Rights)> {
    let path = |name: &str| at.join(name);
    let file = |name: &str| {
        fs::write(path(name), "x").unwrap();
        path(name).display().to_string()
    };
    // As an image in the store with a disk over it, one link longer; and names that XML and AppArmor both must bear.
    let base = qcow2(&path("base.qcow2"), None);
    let middle = qcow2(&path("a middle & more.qcow2"), Some(Path::new(&base)));
    let disk = qcow2(&path("it's a disk.qcow2"), Some(Path::new(&middle)));
    let (kernel, initrd) = (file("vmlinuz"), file("initrd"));
    let (seed, extra) = (file("seed"), qcow2(&path("extra.qcow2"), None));
    let chain = [(disk.clone(), "rwk"), (middle, "rk"), (base, "rk")];

    let networks = json!([{"name": "external", "bridge": "brext"}, {"name": "overcloud", "bridge": "brovc"}]);
    let macs = json!({"node": {"external": "00:11:22:33:44:00", "overcloud": "00:11:22:33:44:01"}});
    let common = json!({
        "lab_prefix": "", "libvirt_domain_type": "qemu", "libvirt_arch": "x86_64", "libvirt_machine": "",
        "libvirt_boot_mode": "bios", "libvirt_cpu_mode": "host-passthrough", "libvirt_cpu_model": "",
        "libvirt_tb_cache": 16, "libvirt_diskdev": "vda", "libvirt_diskbus": "virtio", "enable_vnc_console": true,
        "flavors": {"f": {"memory": 64, "vcpu": 1}}, "networks": networks, "management_network": networks[0],
        "undercloud_node": {"name": "node", "flavor": "f"}, "undercloud_mac_map": macs, "undercloud_disk_file": disk,
        "undercloud_root_device": "/dev/vda", "undercloud_extra_grub_params": "",
        "item": {"name": "node", "flavor": "f"}, "node_mac_map": macs, "node_disk_file": disk,
        "overcloud_libvirt_nic_model": "virtio",
    });
    let with = |more: Value| {
        let mut vars = common.clone();
        vars.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        vars
    };
    let and = |more: &[(&String, &'static str)]| {
        let mut files = chain.to_vec();
        files.extend(more.iter().map(|(file, rights)| ((*file).clone(), *rights)));
        files
    };
    let direct = json!({"undercloud_custom_vmlinuz": kernel, "undercloud_custom_initrd": initrd});
    let seeded = json!({"undercloud_custom_vmlinuz": kernel, "undercloud_custom_initrd": initrd,
        "undercloud_seed_file": seed, "undercloud_extra_disks": [{"dev": "vdb", "file": extra}]});
    let uefi = json!({"libvirt_boot_mode": "uefi"});
    let extra_disks = json!({"node_extra_disks": [{"device": "vdb", "file": extra}]});
    vec![
        ("undercloud.xml.j2", common.clone(), and(&[])),
        ("undercloud.xml.j2", with(direct), and(&[(&kernel, "r"), (&initrd, "r")])),
        (
            "undercloud.xml.j2",
            with(seeded),
            and(&[(&kernel, "r"), (&initrd, "r"), (&seed, "rk"), (&extra, "rwk")]),
        ),
        ("undercloud.xml.j2", with(uefi), and(&[])),
        ("baremetal.xml.j2", common.clone(), and(&[])),
        ("baremetal.xml.j2", with(extra_disks), and(&[(&extra, "rwk")])),
    ]
}

#[test]
fn apparmor_would_let_each_guest_have_all_its_files() {
    let bench = Bench::new("apparmor", "00000000aa4e19e4");
    let at = bench.lwd.join("files");
    fs::create_dir(&at).unwrap();
    bench.lab.connect().unwrap();
    for name in ["external", "overcloud"] {
        let network = bench.file(name, &format!("<network><name>{name}</name></network>"));
        bench.virsh(&["net-create", &network]);
    }
    for (template, vars, wanted) in descriptions(&at) {
        let written = bench.render(template, &vars.to_string());
        bench.ok("virt", &json!({"command": "define", "xml": written}).to_string());
        let uefi = vars["libvirt_boot_mode"] == "uefi";
        if uefi {
            // libvirt chooses the firmware when the guest starts.
            bench.virsh(&["start", "--paused", "node"]);
        }
        let known = bench.virsh(&["dumpxml", "node"]);
        let rules = apparmor_rules::rules(&known);
        let given = apparmor_rules::files(&rules);
        for (file, rights) in &wanted {
            // The helper writes a path as it is, and AppArmor's parser takes all but a quotation mark so.
            assert!(
                given.contains(&(file, rights)),
                "{template}: {file} {rights} is not in\n{rules}\n{known}"
            );
        }
        // Firmware and variables are files too, which libvirt chose.
        for firmware in firmware(&known) {
            assert!(
                given.iter().any(|(file, _)| Path::new(file) == firmware),
                "{template}: {} is not in\n{rules}",
                firmware.display()
            );
        }
        assert_eq!(firmware(&known).len(), if uefi { 2 } else { 0 }, "{known}");
        if uefi {
            bench.virsh(&["destroy", "node"]);
        }
        bench.virsh(&["undefine", "--nvram", "node"]);
    }
    for name in ["external", "overcloud"] {
        bench.virsh(&["net-destroy", name]);
    }
    assert!(bench.lab.teardown(Level::All).unwrap().kept.is_empty());
}

/// The loader and its variables.
fn firmware(domain: &str) -> Vec<PathBuf> {
    domain
        .lines()
        .filter(|line| ["<loader", "<nvram"].iter().any(|tag| line.trim_start().starts_with(tag)))
        .filter_map(|line| Some(line.split_once('>')?.1.split_once('<')?.0.into()))
        .collect()
}
