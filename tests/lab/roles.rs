//! The XML that warp writes beside that of tripleo-quickstart's roles, for the same variables.
//!
//! The roles' own templates, out of the package of the Python registry, are rendered by real Ansible and warp's by
//! `warp play`. Both are put into one form and compared as a whole: what differs on purpose is a row of `INTENDED`,
//! which changes the roles' XML into what warp writes and has its line in docs/compatibility.md.

use crate::roles_xml::{Element, parse};
use crate::support::{self, oracle};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROLES: &str = "tripleo-quickstart==2.1.1";

/// A difference that is meant: the line that docs/compatibility.md has, and what it does to the roles' XML.
struct Intended(&'static str, fn(&mut Element, &Value));

const INTENDED: [Intended; 10] = [
    Intended(
        "a domain's disk is a file, not a volume of a pool: AppArmor's helper does not resolve volumes",
        |e, set| {
            for disk in e.all("devices/disk") {
                disk.set("type", "file");
                let volume = format!(
                    "{}/{}",
                    set["libvirt_volume_path"].as_str().unwrap(),
                    disk.child("source").get("volume")
                );
                disk.child("source").attributes = [("file".to_owned(), volume)].into();
            }
        },
    ),
    Intended("a card is on a network, not on its bridge: libvirt then knows its leases", |e, set| {
        for card in e.all("devices/interface") {
            let bridge = card.child("source").get("bridge");
            let network = set["networks"].as_array().unwrap().iter().find(|n| n["bridge"] == bridge.as_str());
            if let Some(network) = network {
                card.set("type", "network");
                let name = network["name"].as_str().unwrap().to_owned();
                card.child("source").attributes = [("network".to_owned(), name)].into();
            }
        }
    }),
    Intended(
        "a network without NAT stands in for libvirt's default one, which is nobody's lab's: the first that gives \
        addresses, its card first",
        |e, set| {
            let devices = e.child_of("devices");
            let Some(devices) = devices else { return };
            let virbr0 = devices.children.iter().position(|c| c.name == "interface" && c.source_is("virbr0"));
            let Some(virbr0) = virbr0 else { return };
            devices.children.remove(virbr0);
            let networks = set["networks"].as_array().unwrap();
            let Some(first) = networks.iter().find(|n| n.get("dhcp_range").is_some()) else { return };
            let name = first["name"].as_str().unwrap();
            let at =
                devices.children.iter().position(|c| c.name == "interface" && c.source_is(name)).unwrap();
            let card = devices.children.remove(at);
            devices.children.insert(0, card);
        },
    ),
    Intended("a domain has a source of random numbers", |e, _| {
        if let Some(devices) = e.child_of("devices") {
            devices
                .children
                .push(parse("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"));
        }
    }),
    Intended(
        "the memory of a domain's video card is left to libvirt, which does not take what the roles ask for",
        |e, _| {
            e.all("devices/video/model").into_iter().for_each(|m| drop(m.attributes.remove("vram")));
        },
    ),
    Intended(
        "the kernel's command line ends with undercloud_extra_grub_params, which later releases have",
        |e, set| {
            if e.name == "domain" && e.child("os").child_of("cmdline").is_some() {
                let emulated = " mitigations=off audit=0 apparmor=0 no_timer_check";
                let emulated = if set["libvirt_domain_type"] == "qemu" { emulated } else { "" };
                e.child("os").child("cmdline").text += &format!(" rw net.ifnames=0 quiet{emulated}");
            }
        },
    ),
    Intended(
        "an emulated domain has no processor of the host's, keeps less translated code, and does not wait for its \
        disk",
        |e, set| {
            if e.name == "domain" && set["libvirt_domain_type"] == "qemu" {
                e.children.retain(|c| c.name != "cpu");
                e.child("features").children.push(parse("<tcg><tb-cache unit='MiB'>64</tb-cache></tcg>"));
                e.all("devices/disk/driver").into_iter().for_each(|d| d.set("cache", "unsafe"));
            }
        },
    ),
    Intended(
        "a network with a virtualport_type and no forward_mode is one of a bridge that exists: libvirt would make \
        an ordinary bridge of that name",
        |e, _| {
            if e.name == "network" && e.child_of("virtualport").is_some() && e.child_of("forward").is_none() {
                e.children.push(parse("<forward mode='bridge'/>"));
            }
        },
    ),
    Intended(
        "the bridge options stp and delay are not written for a bridge that exists: libvirt refuses them",
        |e, _| {
            if e.name == "network" && e.child_of("forward").is_some_and(|f| f.get("mode") == "bridge") {
                e.child("bridge").attributes.retain(|name, _| name == "name");
            }
        },
    ),
    Intended(
        "the bridge options stp and delay are written for every network that gives one of them",
        |e, set| {
            if e.name == "network" && e.child("bridge").attributes.len() == 1 {
                let name = e.child("name").text.clone();
                let item =
                    set["networks"].as_array().unwrap().iter().find(|n| n["name"] == name.as_str()).unwrap();
                if item.get("stp").is_some() || item.get("delay").is_some() {
                    e.child("bridge").set("stp", item["stp"].as_str().unwrap_or("off"));
                    e.child("bridge").set("delay", &item["delay"].as_u64().unwrap_or(0).to_string());
                }
            }
        },
    ),
];

/// What users set, one table a deployment.
fn sets() -> Vec<Value> {
    let external = json!({
        "name": "external", "bridge": "brext", "forward_mode": "nat", "address": "192.168.23.1",
        "dhcp_range": ["192.168.23.10", "192.168.23.50"],
    });
    let overcloud = json!({"name": "overcloud", "bridge": "brovc"});
    let with = |item: &Value, more: Value| {
        let mut item = item.clone();
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    let bridges: Vec<Value> =
        (0..5).map(|i| json!({"name": format!("overcloud{i}"), "bridge": format!("brovc{i}")})).collect();
    let networks = |list: &[&Value]| json!({"networks": list});
    vec![
        json!({}),
        json!({"undercloud_memory": 16384, "undercloud_vcpu": 8, "enable_vnc_console": false}),
        json!({"undercloud_use_custom_boot_images": true, "undercloud_custom_vmlinuz": "/i/k x",
               "undercloud_custom_initrd": "/i/initrd"}),
        json!({"undercloud_use_custom_boot_images": true, "undercloud_custom_vmlinuz": "/i/k",
               "undercloud_custom_initrd": "/i/r", "libvirt_domain_type": "qemu"}),
        json!({"libvirt_cpu_mode": "host-passthrough", "libvirt_diskdev": "sda", "libvirt_diskbus": "sata"}),
        json!({"libvirt_volume_pool": "default", "libvirt_volume_path": "/var/lib/libvirt/images"}),
        json!({"undercloud_node": {"name": "uc", "flavor": "big"},
               "flavors": {"big": {"memory": 1024, "vcpu": 1, "disk": 9}}, "libvirt_arch": "i686"}),
        networks(&[&external, &overcloud]),
        networks(&[
            &overcloud,
            &with(&external, json!({"netmask": "255.255.0.0", "nat_port_range": [2000, 3000]})),
        ]),
        networks(&[&external, &with(&external, json!({"name": "other", "bridge": "brother"})), &overcloud]),
        networks(&[&overcloud, &with(&external, json!({"stp": "on", "delay": 2}))]),
        networks(&[&with(&overcloud, json!({"stp": "on"})), &external]),
        networks(&[&overcloud, &with(&external, json!({"forward_mode": "route", "stp": "on"}))]),
        networks(&[&with(&external, json!({"forward_mode": "open"}))]),
        networks(&[&external, &with(&overcloud, json!({"forward_mode": "bridge", "bridge": "br0"}))]),
        networks(&[&external, &with(&overcloud, json!({"virtualport_type": "openvswitch"}))]),
        networks(&[
            &external,
            &with(&overcloud, json!({"forward_mode": "bridge", "virtualport_type": "openvswitch"})),
        ]),
        networks(&std::iter::once(&external).chain(&bridges).collect::<Vec<_>>()),
        networks(&[
            &overcloud,
            &json!({"name": "flat", "bridge": "brflat", "address": "10.9.0.1",
                                       "dhcp_range": ["10.9.0.2", "10.9.0.9"]}),
        ]),
    ]
}

/// A set with what both sides are given.
fn complete(set: Value) -> Value {
    let mut all = json!({
        "libvirt_domain_type": "kvm", "libvirt_volume_path": "/w/pool", "undercloud_memory": 12288, "undercloud_vcpu": 6,
        "working_dir": "/w", "local_working_dir": "/l", "undercloud_root_device": "/dev/vda", "release": "master",
        "undercloud_node": {"name": "undercloud", "flavor": "undercloud"},
        "networks": [
            {"name": "overcloud", "bridge": "brovc"},
            {"name": "external", "bridge": "brext", "forward_mode": "nat", "address": "192.168.23.1",
             "netmask": "255.255.255.0", "dhcp_range": ["192.168.23.10", "192.168.23.50"], "nat_port_range": [1024, 65535]},
        ],
    });
    all.as_object_mut().unwrap().extend(set.as_object().unwrap().clone());
    let mut macs = json!({});
    for (i, network) in all["networks"].as_array().unwrap().iter().enumerate() {
        macs[network["name"].as_str().unwrap()] = format!("00:11:22:33:44:{i:02x}").into();
    }
    let node = all["undercloud_node"]["name"].as_str().unwrap().to_owned();
    all["undercloud_mac_map"] = json!({node.clone(): macs});
    let file = format!("{}/{node}.qcow2", all["libvirt_volume_path"].as_str().unwrap());
    all["undercloud_disk_file"] = file.into();
    all
}

/// A playbook that renders each set's networks, pool and domain into one file of JSON. Its steps need no module but the
/// last, which costs real Ansible a second.
fn playbook(at: &Path, sets: &[Value], vars_files: &[PathBuf], templates: [&Path; 3]) {
    let [network, pool, domain] = templates.map(|path| format!("lookup('template', '{}')", path.display()));
    let mut plays: Vec<Value> = sets
        .iter()
        .map(|set| {
            json!({
                "hosts": "localhost", "connection": "local", "gather_facts": false, "vars_files": vars_files,
                // Variables of a task beat the files.
                "tasks": [
                    {"set_fact": {"descriptions": []}},
                    {"set_fact": {"descriptions": format!("{{{{ descriptions + [{network}] }}}}")},
                     "loop": "{{ networks }}", "vars": set},
                    {"set_fact": {"rendered": format!("{{{{ rendered | default([]) + [descriptions + [{pool}, {domain}]] }}}}")},
                     "vars": set},
                ],
            })
        })
        .collect();
    plays.push(json!({
        "hosts": "localhost", "connection": "local", "gather_facts": false,
        "tasks": [{"copy": {"content": "{{ rendered | to_json }}", "dest": at.join("rendered")}}],
    }));
    fs::create_dir_all(at).unwrap();
    fs::write(at.join("play.yml"), serde_json::to_string(&plays).unwrap()).unwrap();
}

/// Each set's descriptions: its networks, its pool, its domain.
#[track_caller]
fn rendered(command: &mut Command, at: &Path) -> Vec<Vec<String>> {
    let output = command.arg(at.join("play.yml")).output().unwrap();
    assert!(output.status.success(), "{}", support::streams(&output));
    serde_json::from_str(&fs::read_to_string(at.join("rendered")).unwrap()).unwrap()
}

/// The roles, out of their package.
fn roles() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("roles");
    let found = root.join("tripleo_quickstart-2.1.1.data/data/usr/local/share/tripleo-quickstart/roles");
    if !found.is_dir() {
        fs::create_dir_all(&root).unwrap();
        let pip = oracle::bin().join("pip");
        let args = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "-d"];
        let output = Command::new(pip).args(args).arg(&root).arg(ROLES).output().unwrap();
        assert!(output.status.success(), "{}", support::streams(&output));
        let wheel = root.join("tripleo_quickstart-2.1.1-py2.py3-none-any.whl");
        let output =
            Command::new("python3").args(["-m", "zipfile", "-e"]).args([&wheel, &root]).output().unwrap();
        assert!(output.status.success(), "{}", support::streams(&output));
    }
    found
}

#[test]
fn the_xml_is_that_of_the_roles_but_for_what_is_meant() {
    let sets: Vec<Value> = sets().into_iter().map(complete).collect();
    let scratch = support::scratch("roles-xml");
    let (theirs, ours) = (scratch.join("theirs"), scratch.join("ours"));

    let roles = roles();
    let of = |role: &str, file: &str| roles.join(role).join(file);
    let defaults = ["common", "libvirt", "libvirt/setup/undercloud"].map(|r| of(r, "defaults/main.yml"));
    let templates = [
        &*of("environment/setup", "templates/network.xml.j2"),
        &of("libvirt/setup/common", "templates/volume_pool.xml.j2"),
        &of("libvirt/setup/undercloud", "templates/undercloudvm.xml.j2"),
    ];
    playbook(&theirs, &sets, &defaults, templates);
    let theirs = rendered(&mut oracle::ansible("ansible-playbook"), &theirs);

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |file: &str| root.join("templates").join(file);
    let templates = [&*of("network.xml.j2"), &of("volume_pool.xml.j2"), &of("undercloud.xml.j2")];
    playbook(&ours, &sets, &[root.join("vars/common.yml")], templates);
    let ours = rendered(support::warp().arg("play"), &ours);

    let documented = fs::read_to_string(root.join("docs/compatibility.md")).unwrap();
    let mut seen = BTreeSet::new();
    let mut differences = Vec::new();
    assert_eq!((theirs.len(), ours.len()), (sets.len(), sets.len()));
    for (set, (theirs, ours)) in sets.iter().zip(theirs.iter().zip(&ours)) {
        assert_eq!(theirs.len(), ours.len());
        for (theirs, ours) in theirs.iter().zip(ours) {
            let mut wanted = parse(theirs);
            for (row, Intended(_, change)) in INTENDED.iter().enumerate() {
                let before = wanted.canonical();
                change(&mut wanted, set);
                if wanted.canonical() != before {
                    seen.insert(row);
                }
            }
            let (wanted, is) = (wanted.canonical(), parse(ours).canonical());
            if wanted != is {
                differences.push(format!("{set}\nthe roles, as meant\n{wanted}\nwarp\n{is}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    for (row, Intended(line, _)) in INTENDED.iter().enumerate() {
        assert!(seen.contains(&row), "no set shows any longer: {line}");
        assert!(documented.contains(line), "docs/compatibility.md does not say: {line}");
    }
}
