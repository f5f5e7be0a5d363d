//! `warp plan`: what it tells is what then happens, and before that nothing does.

use crate::lab::Lab;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The files in which the lab's daemon keeps descriptions, links of what starts by itself and snapshots: each call that
/// changes something writes one of them anew.
pub fn written(lab: &Lab) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    fn look(folder: &Path, found: &mut BTreeMap<PathBuf, (u64, SystemTime)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            if meta.is_dir() {
                look(&path, found);
            }
            found.insert(path, (meta.ino(), meta.modified().unwrap()));
        }
    }
    let mut found = BTreeMap::new();
    let libvirt = lab.lwd().join(".warp/libvirt");
    look(&libvirt.join("etc"), &mut found);
    look(&libvirt.join("lib/qemu/snapshot"), &mut found);
    assert!(found.keys().any(|path| path.ends_with("etc/qemu/undercloud.xml")), "{found:#?}");
    found
}

/// Each object of a plan with what would be done to it: `network external` -> `create start autostart`.
fn planned(lab: &Lab, args: &[&str], code: i32) -> (serde_json::Value, BTreeMap<String, String>) {
    let args = [&["plan", "--json", "--detailed-exitcode"], args].concat();
    let ended = lab.warp(&args).fails_with(code);
    let plan: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let objects = plan["objects"].as_array().unwrap().iter().map(|o| {
        let actions: Vec<String> = o["actions"].as_array().unwrap().iter().map(text).collect();
        (format!("{} {}", text(&o["kind"]), text(&o["name"])), actions.join(" "))
    });
    let objects = objects.collect();
    (plan, objects)
}

fn object<'a>(plan: &'a serde_json::Value, kind: &str, name: &str) -> &'a serde_json::Value {
    plan["objects"].as_array().unwrap().iter().find(|o| o["kind"] == kind && o["name"] == name).unwrap()
}

fn objects(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(name, actions)| ((*name).to_owned(), (*actions).to_owned())).collect()
}

#[test]
fn a_plan_tells_what_happens_and_changes_nothing_until_it_is_asked_to() {
    let _turn = crate::alone();
    let lab = Lab::new("plan");
    let small = ["-e", "undercloud_memory=512", "-e", "undercloud_vcpu=1", "-e", "undercloud_disk=4"];

    // Before there is anything: everything is to be made, and nothing is, not even a folder.
    let (plan, fresh) = planned(&lab, &small, 2);
    let made = "create start autostart";
    let all = [
        ("network external", made),
        ("network overcloud", made),
        ("pool oooq_pool", made),
        ("volume undercloud.qcow2", "create"),
        ("domain undercloud", made),
    ];
    assert_eq!(fresh, objects(&all));
    let definition = object(&plan, "domain", "undercloud")["definition"].as_str().unwrap();
    assert!(definition.contains("<memory unit=\"MiB\">512</memory>"), "{definition}");
    assert!(!lab.lwd().exists(), "a plan made {}", lab.lwd().display());
    let shown = lab.warp(&[&["plan"], &small[..]].concat()).succeeds().stdout;
    assert!(
        shown.contains("+ network external") && shown.ends_with("5 to create, 0 to change, 0 as wanted\n"),
        "{shown}"
    );

    // A deployment that dies once the domain is defined: it is to be started, all else is as wanted.
    let killed = lab.deploy(&[("WARP_FAILPOINT", "mid-define")]);
    assert_eq!(killed.signal, Some(9), "{}", killed.said());
    let mut defined = all.map(|(name, _)| (name, ""));
    defined[4].1 = "start autostart";
    assert_eq!(planned(&lab, &small, 2).1, objects(&defined));
    lab.virsh(&["start", "undercloud"]).succeeds();
    lab.virsh(&["autostart", "undercloud"]).succeeds();
    let (plan, same) = planned(&lab, &small, 0);
    assert_eq!(plan["changes"], false);
    assert_eq!(same, objects(&all.map(|(name, _)| (name, ""))));

    // Other sizes and another subnet are told, with both values, and virsh sees that nothing changed.
    let state = || {
        let of = |args: &[&str]| lab.virsh(args).succeeds().stdout;
        [
            of(&["dumpxml", "--inactive", "undercloud"]),
            of(&["net-dumpxml", "--inactive", "external"]),
            of(&["vol-info", "--bytes", "--pool", "oooq_pool", "undercloud.qcow2"]).lines().take(3).collect(),
        ]
    };
    let untouched = state();
    let larger = [
        "-e",
        "undercloud_memory=640",
        "-e",
        "undercloud_vcpu=1",
        "-e",
        "undercloud_disk=5",
        "-e",
        "external_network_cidr=192.168.77.0/24",
    ];
    let (plan, differs) = planned(&lab, &larger, 2);
    let changes = [
        ("network external", "change"),
        ("network overcloud", ""),
        ("pool oooq_pool", ""),
        ("volume undercloud.qcow2", "change"),
        ("domain undercloud", "change"),
    ];
    assert_eq!(differs, objects(&changes));
    let memory = &object(&plan, "domain", "undercloud")["differences"][0];
    assert_eq!(
        (&memory["path"], &memory["is"], &memory["wanted"]),
        (&"memory".into(), &"536870912 bytes".into(), &"671088640 bytes".into())
    );
    assert_eq!(state(), untouched);

    // A changed range is of no use to a guest that has an address of the old one: it is not applied here.
    let larger = &larger[..6];
    let refused = lab.warp(&[&["plan", "--apply"], larger].concat()).fails_with(5);
    assert!(refused.said().contains("no terminal to ask on"), "{}", refused.said());
    assert_eq!(state(), untouched);

    // Asked for, they are made: the disk under the running guest, the domain's definition for its next start.
    lab.warp(&[&["plan", "--apply", "--yes"], larger].concat()).succeeds();
    let xml = lab.virsh(&["dumpxml", "--inactive", "undercloud"]).succeeds().stdout;
    assert!(xml.contains("<memory unit='KiB'>655360</memory>"), "{xml}");
    let size = lab.virsh(&["domblkinfo", "undercloud", "vda"]).succeeds().stdout;
    assert!(size.contains(&(5u64 << 30).to_string()), "{size}");
    assert!(!planned(&lab, larger, 0).0["changes"].as_bool().unwrap());
    lab.end();
}
