//! Three guests put back to a snapshot and logged in to, beside what one of them takes to boot by itself.

use crate::guests::{self, Kind};
use crate::lab::Lab;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

const OTHERS: [&str; 2] = ["second", "third"];

/// Gives the seconds of a revert of all three, and of a boot.
pub fn measure(kind: Kind, median: impl Fn(&mut dyn FnMut()) -> f64) -> (f64, f64) {
    let image = guests::image(kind);
    let lab = Lab::new("bench-reverts");
    lab.custom(&format!(
        "undercloud_image_url: {}\nundercloud_packages: []\nstep_install_undercloud: false\nundercloud_ip_timeout: 900\n",
        image.display()
    ));
    lab.deploy(&[]).succeeds();
    let boot = median(&mut || {
        lab.virsh(&["destroy", "undercloud"]).succeeds();
        lab.virsh(&["start", "undercloud"]).succeeds();
        logged_in(&lab, "undercloud");
    });
    for (number, name) in (1..).zip(OTHERS) {
        like_the_first(&lab, name, number, image.to_str().unwrap());
    }
    lab.warp(&["snapshot", "create", "three"]).succeeds();
    let revert = median(&mut || {
        lab.warp(&["snapshot", "revert", "three"]).succeeds();
        for name in ["undercloud"].iter().chain(&OTHERS) {
            assert!(login(&lab, name), "{name} does not let us in");
        }
    });
    lab.end();
    (revert, boot)
}

/// A guest of the lab with the same keys, and a disk and cards of its own.
fn like_the_first(lab: &Lab, name: &str, number: usize, image: &str) {
    let disk = lab.lwd().join(format!("workspace/pool/{name}.qcow2")).display().to_string();
    lab.qemu_img(&["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, &disk, "4G"]);
    let first = lab.virsh(&["dumpxml", "--inactive", "undercloud"]).succeeds().stdout;
    let description: String = first
        .lines()
        .filter(|line| !line.contains("<uuid>"))
        .map(|line| match line.split_once("<mac address='") {
            // Its last two digits tell the cards of one machine apart, and so the machines.
            Some((before, rest)) => format!("{before}<mac address='52:54:{number:02x}{}\n", &rest[8..]),
            None => format!("{line}\n"),
        })
        .collect();
    let description = description
        .replace("<name>undercloud</name>", &format!("<name>{name}</name>"))
        .replace("pool/undercloud.qcow2", &format!("pool/{name}.qcow2"));
    let file = lab.lwd().join(format!("{name}.xml"));
    fs::write(&file, description).unwrap();
    lab.virsh(&["define", file.to_str().unwrap()]).succeeds();
    lab.virsh(&["start", name]).succeeds();
    let address = waited(name, || {
        let listed = lab.warp(&["ls", "--json"]).succeeds().stdout;
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        let node = listed["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name).unwrap();
        node["ip"].as_str().map(str::to_owned)
    });
    // The same ways in as the first has.
    let append = |file: &str, text: &str| {
        let path = lab.lwd().join(file);
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    };
    let config = fs::read_to_string(lab.lwd().join("ssh.config.local.ansible")).unwrap();
    let (_, first) = config.split_once("Host undercloud\n").unwrap();
    let own: String = first
        .lines()
        .map(|line| {
            if line.contains("HostName ") { format!("    HostName {address}\n") } else { format!("{line}\n") }
        })
        .collect();
    append("ssh.config.overcloud", &format!("Host {name}\n{own}\n"));
    let hosts = fs::read_to_string(lab.lwd().join("hosts")).unwrap();
    let line = hosts.lines().find(|line| line.starts_with("undercloud ")).unwrap();
    fs::write(
        lab.lwd().join("hosts"),
        format!(
            "{}\n{hosts}",
            line.replace("undercloud ansible_host=undercloud", &format!("{name} ansible_host={name}"))
        ),
    )
    .unwrap();
    logged_in(lab, name);
}

fn login(lab: &Lab, name: &str) -> bool {
    Command::new("ssh")
        .arg("-F")
        .arg(lab.lwd().join("ssh.config.local.ansible"))
        .args(["-o", "ConnectTimeout=5", name, "true"])
        .output()
        .unwrap()
        .status
        .success()
}

fn logged_in(lab: &Lab, name: &str) {
    waited(name, || login(lab, name).then_some(()));
}

fn waited<T>(name: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(900), "{name} did not come up");
        std::thread::sleep(Duration::from_millis(100));
    }
}
