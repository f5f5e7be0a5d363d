//! From nothing to a machine with an address, through everything that may happen to it, and back to nothing.

use crate::bench::{Bench, remove_foreign_objects};
use crate::left;
use crate::support;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use warp::lab::{Level, Names};

const ID: &str = "00000000feedcafe";

const EXTERNAL: &str = r#"{"name": "external", "bridge": "brext", "forward_mode": "nat", "address": "192.168.23.1",
    "netmask": "255.255.255.0", "dhcp_range": ["192.168.23.10", "192.168.23.50"], "nat_port_range": [1024, 65535]}"#;
const OVERCLOUD: &str = r#"{"name": "overcloud", "bridge": "brovc"}"#;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&n| n.to_owned()).collect()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn a_lab_lives_and_leaves_nothing_behind() {
    let bench = Bench::new("life", ID);
    let domain_type = the_daemon_is_private(&bench);
    make_foreign_objects(&bench);
    networks(&bench);
    let disk = storage(&bench);
    let ip = machine(&bench, &domain_type, &disk);
    the_proxy_reaches_inside(&bench);
    snapshots(&bench);
    the_daemon_is_killed(&bench, &ip);
    the_machine_restarts(&bench);
    let names = BTreeSet::from([ID.to_owned(), bench.lwd.display().to_string()]);
    assert!(left::of(&names).iter().any(|what| what.contains("libvirtd")), "the lab's daemon is not seen");
    teardown(&bench);
    assert_eq!(left::of(&names), BTreeSet::new());
}

fn the_daemon_is_private(bench: &Bench) -> String {
    let facts = bench.ok("facts", "{}");
    assert_eq!(facts["uri"], format!("qemu+unix:///system?socket=/run/warp/{ID}/libvirt/libvirt-sock"));
    assert_eq!(facts["namespace"], format!("warp-{ID}"));
    assert_eq!(facts["emulator"], "/usr/bin/qemu-system-x86_64");
    let listed = Command::new("ip").args(["netns", "list"]).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&format!("warp-{ID}")));
    assert_eq!(bench.processes("libvirtd").len(), 1);
    // The daemon's mounts are its own: this machine's /etc/libvirt is as it was.
    assert!(!fs::read_to_string("/proc/self/mounts").unwrap().contains("/etc/libvirt"));
    facts["domain_type"].as_str().unwrap().to_owned()
}

fn make_foreign_objects(bench: &Bench) {
    let domain = "<domain type='qemu'><name>foreign</name><memory unit='MiB'>16</memory>\
        <os><type arch='x86_64'>hvm</type></os></domain>";
    bench.virsh(&["define", &bench.file("domain.xml", domain)]);
    let network = "<network><name>foreign</name><bridge name='brforeign'/></network>";
    bench.virsh(&["net-define", &bench.file("network.xml", network)]);
    let directory = bench.lwd.join("default");
    fs::create_dir(&directory).unwrap();
    bench.virsh(&["pool-define-as", "default", "dir", "--target", directory.to_str().unwrap()]);
    bench.virsh(&["pool-start", "default"]);
    bench.virsh(&["vol-create-as", "default", "foreign.qcow2", "1M", "--format", "qcow2"]);

    let names = |n: &str, p: &str, d: &str| Names {
        networks: vec![n.to_owned()],
        pools: vec![p.to_owned()],
        domains: vec![d.to_owned()],
    };
    bench.lab.check_names(&names("external", "oooq_pool", "undercloud")).unwrap();
    let refused = bench.lab.check_names(&names("foreign", "default", "foreign")).unwrap_err();
    assert_eq!(
        refused.message(),
        "the network foreign, the pool default, the domain foreign exists already, and this lab did not make it"
    );
    for (module, xml) in [("virt_net", network), ("virt", domain), ("virt_pool", "<pool/>")] {
        let name = if module == "virt_pool" { "default" } else { "foreign" };
        let args = format!(r#"{{"command": "define", "name": "{name}", "xml": {}}}"#, json(xml));
        let message = bench.fails(module, &args);
        assert!(message.contains("exists already, and this lab did not make it"), "{module}: {message}");
    }
}

fn networks(bench: &Bench) {
    for item in [EXTERNAL, OVERCLOUD] {
        let name = if item == EXTERNAL { "external" } else { "overcloud" };
        let xml = bench.render("network.xml.j2", &format!(r#"{{"lab_prefix": "", "item": {item}}}"#));
        let define = format!(r#"{{"command": "define", "name": "{name}", "xml": {}}}"#, json(&xml));
        assert_eq!(bench.checked("virt_net", &define)["changed"], true);
        assert!(!bench.names("net-list").contains(name), "check mode defined {name}");
        assert_eq!(bench.ok("virt_net", &define)["created"], name);
        let again = bench.ok("virt_net", &define);
        assert_eq!((&again["changed"], again["warnings"].as_array().unwrap().len()), (&false.into(), 0));
        let start = format!(r#"{{"state": "active", "name": "{name}"}}"#);
        assert_eq!(bench.checked("virt_net", &start)["changed"], true);
        assert_eq!(bench.ok("virt_net", &start)["changed"], true);
        assert_eq!(bench.ok("virt_net", &start)["changed"], false);
        let autostart = format!(r#"{{"autostart": true, "name": "{name}"}}"#);
        assert_eq!(bench.ok("virt_net", &autostart)["changed"], true);
        assert_eq!(bench.ok("virt_net", &autostart)["changed"], false);
        let info = bench.virsh(&["net-info", name]);
        for line in ["Active:         yes", "Autostart:      yes", "Persistent:     yes"] {
            assert!(info.contains(line), "{info}");
        }
        assert!(bench.virsh(&["net-dumpxml", name]).contains(&format!("id=\"{ID}\"")), "no mark on {name}");
    }
    // Another range than the one there is: told, and left as it is.
    let moved = bench.render(
        "network.xml.j2",
        &format!(r#"{{"lab_prefix": "", "item": {}}}"#, EXTERNAL.replace(".23.", ".24.")),
    );
    let moved = bench
        .ok("virt_net", &format!(r#"{{"command": "define", "name": "external", "xml": {}}}"#, json(&moved)));
    assert_eq!(moved["changed"], false);
    let warning = moved["warnings"][0].as_str().unwrap();
    assert!(warning.contains("ip/@address is 192.168.23.1, wanted 192.168.24.1"), "{warning}");
    assert!(bench.virsh(&["net-dumpxml", "external"]).contains("192.168.23.1"));
}

fn storage(bench: &Bench) -> String {
    let path = bench.lwd.join("pool");
    fs::create_dir(&path).unwrap();
    let vars = format!(
        r#"{{"lab_prefix": "", "libvirt_volume_pool": "oooq_pool", "libvirt_volume_path": "{}"}}"#,
        path.display()
    );
    let xml = json(&bench.render("volume_pool.xml.j2", &vars));
    let define = format!(r#"{{"command": "define", "name": "oooq_pool", "xml": {xml}}}"#);
    assert_eq!(bench.ok("virt_pool", &define)["created"], "oooq_pool");
    assert_eq!(bench.ok("virt_pool", &define)["changed"], false);
    assert_eq!(bench.ok("virt_pool", r#"{"state": "active", "name": "oooq_pool"}"#)["changed"], true);
    assert_eq!(bench.ok("virt_pool", r#"{"autostart": true, "name": "oooq_pool"}"#)["changed"], true);

    let backing = bench.lwd.join("base.qcow2");
    let made = Command::new("qemu-img").args(["create", "-qf", "qcow2"]).arg(&backing).arg("8M").status();
    assert!(made.unwrap().success());
    let volume = format!(
        r#"{{"pool": "oooq_pool", "name": "undercloud.qcow2", "state": "present", "capacity": 16777216,
            "backing": "{}"}}"#,
        backing.display()
    );
    assert_eq!(bench.checked("volume", &volume)["changed"], true);
    let made = bench.ok("volume", &volume);
    assert_eq!(made["changed"], true);
    assert_eq!(bench.ok("volume", &volume)["changed"], false);
    let info = Command::new("qemu-img").args(["info", made["path"].as_str().unwrap()]).output().unwrap();
    let info = String::from_utf8(info.stdout).unwrap();
    assert!(info.contains("virtual size: 16 MiB") && info.contains(backing.to_str().unwrap()), "{info}");

    // Somebody else's volume in the lab's own pool.
    bench.virsh(&["vol-create-as", "oooq_pool", "foreign.qcow2", "1M", "--format", "qcow2"]);
    let foreign = r#"{"pool": "oooq_pool", "name": "foreign.qcow2", "state": "STATE", "capacity": 1048576}"#;
    for state in ["present", "absent"] {
        let message = bench.fails("volume", &foreign.replace("STATE", state));
        assert!(message.contains("this lab did not make it"), "{message}");
    }
    made["path"].as_str().unwrap().to_owned()
}

fn machine(bench: &Bench, domain_type: &str, disk: &str) -> String {
    let wanted = format!(r#"{{"nodes": [{{"name": "undercloud"}}], "networks": [{EXTERNAL}, {OVERCLOUD}]}}"#);
    let macs = bench.ok("macs", &wanted);
    assert_eq!(macs, bench.ok("macs", &wanted));
    let vars = format!(
        r#"{{"libvirt_domain_type": "{domain_type}", "undercloud_node": {{"name": "undercloud", "flavor": "f"}},
            "flavors": {{"f": {{"memory": 64, "vcpu": 1}}}}, "networks": [{EXTERNAL}, {OVERCLOUD}],
            "undercloud_mac_map": {macs}, "undercloud_disk_file": "{disk}", "libvirt_arch": "x86_64",
            "libvirt_machine": "", "libvirt_boot_mode": "bios", "libvirt_cpu_model": "", "lab_prefix": "",
            "management_network": {EXTERNAL}, "libvirt_tb_cache": 16, "libvirt_cpu_mode": "host-passthrough",
            "libvirt_diskdev": "vda", "libvirt_diskbus": "virtio", "enable_vnc_console": true,
            "undercloud_custom_vmlinuz": "/k", "undercloud_custom_initrd": "/i",
            "undercloud_root_device": "/dev/vda", "undercloud_extra_grub_params": ""}}"#
    );
    // The disk is empty and there is no kernel: the card's firmware asks for an address as a system would.
    let xml = bench.render("undercloud.xml.j2", &vars);
    let xml = xml.replace("<boot dev=\"hd\"/>", "<boot dev=\"network\"/>");
    let (start, end) = (xml.find("<kernel>").unwrap(), xml.find("</os>").unwrap());
    let xml = format!("{}{}", xml.get(..start).unwrap(), xml.get(end..).unwrap());
    let define =
        |xml: &str| format!(r#"{{"command": "define", "xml": {}, "mutate_flags": ["ADD_UUID"]}}"#, json(xml));
    assert_eq!(bench.checked("virt", &define(&xml))["changed"], true);
    assert!(!bench.names("list").contains("undercloud"));
    assert_eq!(bench.ok("virt", &define(&xml))["created"], "undercloud");
    assert_eq!(bench.checked("virt", &define(&xml))["changed"], false);
    assert_eq!(bench.ok("virt", &define(&xml))["changed"], false);
    let larger = xml.replace(">64</memory>", ">65</memory>");
    assert_eq!(bench.checked("virt", &define(&larger))["changed"], true);
    assert_eq!(bench.ok("virt", &define(&larger))["change_reason"], "domain definition changed");
    assert!(bench.virsh(&["dumpxml", "undercloud"]).contains(&(65 * 1024).to_string()));

    assert_eq!(bench.ok("virt", r#"{"name": "undercloud", "state": "running"}"#)["changed"], true);
    assert_eq!(bench.ok("virt", r#"{"name": "undercloud", "state": "running"}"#)["changed"], false);
    let none = bench.fails("lease", r#"{"domain": "undercloud", "network": "overcloud", "timeout": 0}"#);
    assert!(none.starts_with("the domain undercloud has got no address in 0 seconds"), "{none}");
    let lease = bench.ok("lease", r#"{"domain": "undercloud", "timeout": 60}"#);
    assert_eq!(lease["mac"], macs["undercloud"]["external"]);
    assert_eq!(lease["network"], "external");
    let ip = lease["ip"].as_str().unwrap().to_owned();
    assert!(bench.virsh(&["net-dhcp-leases", "external"]).contains(&ip));
    let node = bench.lab.node("undercloud").unwrap();
    assert_eq!((node.state, node.ip.unwrap().to_string()), ("running", ip.clone()));
    assert_eq!(node.mac.as_deref(), lease["mac"].as_str());
    let missing = bench.lab.node("undercluod").unwrap_err();
    assert_eq!(missing.help_lines(), ["did you mean undercloud?"]);
    ip
}

/// The network's own name server answers a question over TCP; its bridge is not this machine's.
fn the_proxy_reaches_inside(bench: &Bench) {
    let question =
        b"\x00\x1b\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09localhost\x00\x00\x01\x00\x01";
    assert!(!Path::new("/sys/class/net/brext").exists(), "the lab's network is this machine's");
    let mut proxy = support::warp()
        .args(["proxy", "--lab", bench.lwd.to_str().unwrap(), "192.168.23.1", "53"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    proxy.stdin.take().unwrap().write_all(question).unwrap();
    let output = proxy.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(&output.stdout[2..4], b"\xab\xcd", "{:?}", output.stdout);
    assert!(output.stdout.ends_with(&[127, 0, 0, 1]), "{:?}", output.stdout);
    let refused = support::warp()
        .args(["proxy", "--lab", bench.lwd.to_str().unwrap(), "192.168.23.1", "1"])
        .output()
        .unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.starts_with("error: cannot connect to 192.168.23.1 port 1: Connection refused"), "{said}");
}

fn snapshots(bench: &Bench) {
    let warp = |args: &[&str]| {
        let output = support::warp().arg("snapshot").args(args).env("LWD", &bench.lwd).output().unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), said(&output.stdout), said(&output.stderr))
    };
    let names = || bench.virsh(&["snapshot-list", "undercloud", "--name", "--topological"]);
    let snapshot = |name: &str, state: &str| format!(r#"{{"name": "{name}", "state": "{state}"}}"#);
    assert_eq!(bench.ok("snapshot", &snapshot("ready", "present"))["changed"], true);
    assert_eq!(bench.ok("snapshot", &snapshot("deployed", "present"))["changed"], true);
    assert_eq!(names().split_whitespace().collect::<Vec<_>>(), ["ready", "deployed"]);
    assert_eq!(bench.virsh(&["domstate", "undercloud"]).trim(), "running");
    // Taken again it is the later one.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(bench.ok("snapshot", &snapshot("ready", "present"))["changed"], true);
    let listed = bench.lab.snapshots().unwrap();
    assert_eq!(listed.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["deployed", "ready"]);
    assert!(listed.iter().all(|s| s.parts.len() == 1 && s.parts[0].ran && s.parts[0].memory));
    bench.virsh(&["destroy", "undercloud"]);
    assert_eq!(bench.ok("snapshot", &snapshot("ready", "reverted"))["changed"], true);
    assert_eq!(bench.virsh(&["domstate", "undercloud"]).trim(), "running");
    assert_eq!(bench.checked("snapshot", &snapshot("deployed", "absent"))["changed"], true);
    assert_eq!(bench.ok("snapshot", &snapshot("deployed", "absent"))["changed"], true);
    assert_eq!(bench.ok("snapshot", &snapshot("deployed", "absent"))["changed"], false);
    assert_eq!(names().trim(), "ready");
    let message = bench.fails("snapshot", &snapshot("deployed", "reverted"));
    assert!(message.starts_with("the lab has no snapshot deployed"), "{message}");

    // A second machine of the lab, shut off, which the older snapshot has not.
    let second = format!(
        r#"<domain type="qemu"><name>control_0</name><memory unit="MiB">32</memory>
           <os><type arch="x86_64">hvm</type></os><devices><disk type="file" device="disk">
           <driver name="qemu" type="FORMAT"/><source file="{}/control_0.disk"/>
           <target dev="vda" bus="virtio"/></disk></devices></domain>"#,
        bench.lwd.display()
    );
    let disk = bench.lwd.join("control_0.disk");
    let image = |format: &str| {
        let made = Command::new("qemu-img").args(["create", "-qf", format]).arg(&disk).arg("4M").status();
        assert!(made.unwrap().success());
        let xml = json(&second.replace("FORMAT", format));
        bench.ok("virt", &format!(r#"{{"command": "define", "xml": {xml}}}"#));
    };
    image("qcow2");
    let (code, _, said) = warp(&["revert", "ready"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("the snapshot ready has no state of control_0") && said.contains("--partial"),
        "{said}"
    );
    let (code, _, said) = warp(&["create", "both"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(bench.virsh(&["snapshot-list", "control_0", "--name"]).trim(), "both");
    let (code, _, said) = warp(&["create", "both"]);
    assert!(code == Some(1) && said.contains("has a snapshot both already"), "{said}");
    let (code, json, said) = warp(&["list", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let both = &json[1];
    assert_eq!((&both["name"], &both["complete"]), (&"both".into(), &true.into()), "{json}");
    assert_eq!(both["domains"][0]["domain"], "control_0");
    assert_eq!(both["domains"][0]["state"], "shut off");
    assert_eq!(both["domains"][1]["state"], "running");
    // qemu-img tells the size of the memory too.
    let qemu_img = Command::new("qemu-img")
        .args(["info", "--force-share", "--output=json"])
        .arg(bench.lab.disk("undercloud").unwrap())
        .output()
        .unwrap();
    let info: serde_json::Value = serde_json::from_slice(&qemu_img.stdout).unwrap();
    let kept = info["snapshots"].as_array().unwrap().iter().find(|s| s["name"] == "both").unwrap();
    assert_eq!(both["domains"][1]["memory"], kept["vm-state-size"]);
    assert!(kept["vm-state-size"].as_u64().unwrap() > 0);
    assert_eq!(json[0]["complete"], false);

    // One that cannot be taken of all is taken of none, and what ran goes on.
    bench.virsh(&["undefine", "control_0", "--snapshots-metadata"]);
    image("raw");
    fs::remove_file(&disk).unwrap();
    let (code, _, said) = warp(&["create", "never"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("cannot copy ") && said.contains("control_0.disk of control_0"), "{said}");
    assert!(!names().contains("never"), "{}", names());
    assert_eq!(bench.virsh(&["domstate", "undercloud"]).trim(), "running");
    assert_eq!(warp(&["delete", "both"]).0, Some(0));
    assert_eq!(names().trim(), "ready");
    bench.virsh(&["undefine", "control_0"]);
}

fn the_daemon_is_killed(bench: &Bench, ip: &str) {
    let guests = bench.processes("qemu-system");
    assert_eq!(guests.len(), 1);
    let daemon = bench.processes("libvirtd");
    assert!(Command::new("kill").args(["-9", &daemon[0].to_string()]).status().unwrap().success());
    let began = Instant::now();
    while bench.processes("libvirtd") == daemon {
        assert!(began.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(10));
    }
    let node = bench.lab.node("undercloud").unwrap();
    assert_eq!((node.state, node.ip.unwrap().to_string()), ("running", ip.to_owned()));
    assert_eq!(bench.processes("qemu-system"), guests);
    assert_ne!(bench.processes("libvirtd"), daemon);
}

/// A restart ends the lab's processes and namespace and empties /run; the next warp brings the lab back.
fn the_machine_restarts(bench: &Bench) {
    for comm in ["libvirtd", "qemu-system", "dnsmasq"] {
        for pid in bench.processes(comm) {
            Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
        }
    }
    let name = format!("/run/netns/warp-{ID}");
    assert!(Command::new("umount").arg(&name).status().unwrap().success());
    fs::remove_file(name).unwrap();
    fs::remove_dir_all(format!("/run/warp/{ID}")).unwrap();
    let node = bench.lab.node("undercloud").unwrap();
    assert_eq!((node.state, node.ip), ("shut off", None));
    assert_eq!(
        bench.virsh(&["net-list", "--name"]).split_whitespace().collect::<Vec<_>>(),
        ["external", "overcloud"]
    );
    assert_eq!(bench.ok("virt", r#"{"name": "undercloud", "state": "running"}"#)["changed"], true);
    assert_eq!(bench.virsh(&["domstate", "undercloud"]).trim(), "running");
}

fn teardown(bench: &Bench) {
    assert!(bench.lab.teardown(Level::None).unwrap().removed.is_empty());
    assert_eq!(bench.names("list"), set(&["foreign", "undercloud"]));
    let nodes = bench.lab.teardown(Level::Nodes).unwrap();
    assert_eq!(
        nodes.removed,
        ["domain undercloud", "volume undercloud.qcow2 of the pool oooq_pool", "pool oooq_pool"]
    );
    assert_eq!(bench.names("list"), set(&["foreign"]));
    assert_eq!(bench.names("net-list"), set(&["external", "foreign", "overcloud"]));
    assert_eq!(bench.names("pool-list"), set(&["default"]));
    bench.lab.teardown(Level::Virthost).unwrap();
    assert_eq!(bench.names("net-list"), set(&["foreign"]));

    let kept = bench.lab.teardown(Level::All).unwrap().kept;
    assert_eq!(
        kept,
        [
            "the lab's libvirt daemon: it holds what warp did not make, domain foreign, network foreign, pool default"
        ]
    );
    assert_eq!(bench.names("list"), set(&["foreign"]));
    assert!(bench.virsh(&["vol-list", "default"]).contains("foreign.qcow2"));
    assert!(bench.lwd.join("pool/foreign.qcow2").exists());
    assert!(!bench.lwd.join("pool/undercloud.qcow2").exists());

    remove_foreign_objects(&bench.lab);
    assert_eq!(bench.lab.teardown(Level::All).unwrap().removed, ["the lab's libvirt daemon"]);
    assert!(!bench.lwd.join(".warp/lab.yaml").exists());
    assert!(!bench.lwd.join(".warp/libvirt").exists());
}
