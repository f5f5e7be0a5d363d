//! `warp deploy undercloud` on real VMs, seen from outside: by plain OpenSSH, by virsh, by real Ansible, by /proc.
//!
//! One VM at a time: the tests of this program run one after the other, and share the image cache, so that the guest's
//! image is made once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[path = "../support/left.rs"]
mod left;
#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod lab;
mod machine;
mod overcloud;
mod plan;
mod servers;
mod virthost;

use lab::Lab;
use std::collections::BTreeSet;
use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by the test whose VM runs.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn an_undercloud_is_deployed_rerun_restarted_and_torn_down() {
    let _turn = alone();
    let lab = Lab::new("life");
    lab.first_boot("#!/bin/sh\nsleep 2\necho '{{ undercloud_user }} was here' > /etc/first-boot\n");
    lab.deploy(&[]).succeeds();

    // What was asked of its first boot has ended.
    assert_eq!(lab.ssh("cat /etc/first-boot").succeeds().stdout, "stack was here\n");
    lab.custom("");

    // Plain OpenSSH reaches it, and it is another machine.
    let stackrc = lab.ssh("cat stackrc").succeeds().stdout;
    assert!(stackrc.contains("OS_PASSWORD"), "{stackrc}");
    assert_eq!(fs::read_to_string(lab.lwd().join("stackrc")).unwrap(), stackrc);
    let boot_id = lab.ssh("cat /proc/sys/kernel/random/boot_id").succeeds().stdout;
    assert_ne!(boot_id, fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap());
    let log = lab.ssh("cat undercloud_install.log").succeeds().stdout;
    assert!(
        log.lines().any(|l| l.get(..4).is_some_and(|y| y.starts_with("20")) && l.contains(" | ")),
        "{log}"
    );
    for (file, mode) in [("undercloud.conf", "600"), ("undercloud-install.sh", "755")] {
        assert_eq!(lab.ssh(&format!("stat -c %a {file}")).succeeds().stdout.trim(), mode, "{file}");
    }

    // Real Ansible does, by the inventory.
    lab.ansible(&["-i", "hosts", "-m", "raw", "-a", "true", "undercloud"]).succeeds();

    // The snapshots are there, and `warp ls` and `warp ssh` agree with virsh.
    let snapshots = lab.virsh(&["snapshot-list", "--name", "undercloud"]).succeeds().stdout;
    assert_eq!(snapshots.split_whitespace().collect::<BTreeSet<_>>(), BTreeSet::from(["ready", "deployed"]));
    let listed = lab.warp(&["ls"]).succeeds().stdout;
    assert!(listed.contains("undercloud") && listed.contains("running"), "{listed}");
    assert_eq!(lab.warp(&["ssh", "undercloud", "--", "cat", "stackrc"]).succeeds().stdout, stackrc);
    assert_eq!(lab.warp(&["ssh", "undercloud", "--", "exit 7"]).code, Some(7));

    // A rerun rebuilds nothing: same boot, same disk, nothing changed.
    let disk = lab.disk_identity();
    let written = plan::written(&lab);
    let again = lab.deploy(&[]).succeeds();
    assert!(!again.stdout.contains("changed:"), "{}", again.stdout);
    assert_eq!(plan::written(&lab), written, "libvirt was told to change something");
    assert_eq!(lab.ssh("cat /proc/sys/kernel/random/boot_id").succeeds().stdout, boot_id);
    assert_eq!(lab.disk_identity(), disk);

    // Destroyed from outside, it is started again and keeps address, MACs and host key.
    let identity = lab.identity();
    lab.virsh(&["destroy", "undercloud"]).succeeds();
    lab.deploy(&[]).succeeds();
    assert_eq!(lab.identity(), identity);
    assert_ne!(lab.ssh("cat /proc/sys/kernel/random/boot_id").succeeds().stdout, boot_id);
    assert_eq!(lab.ssh("cat stackrc").succeeds().stdout, stackrc);
    assert_eq!(lab.disk_identity(), disk);

    // Where there is a private daemon, it and its guest are seen.
    if lab.is_private() {
        lab.assert_seen();
    }

    // Teardown removes what warp made and nothing else.
    lab.make_foreign_objects();
    lab.warp(&["teardown", "all", "--yes"]).succeeds();
    lab.assert_only_foreign_objects_are_left();
    lab.remove_foreign_objects();
    lab.warp(&["teardown", "all", "--yes"]).succeeds();
    lab.assert_nothing_left();
}

#[test]
fn a_failed_step_is_told_and_the_rerun_goes_on_there() {
    let _turn = alone();
    let lab = Lab::new("mended");

    // libvirt refuses the domain.
    lab.custom("libvirt_arch: no-such-arch\n");
    let refused = lab.deploy(&[]).fails_with(2);
    assert!(refused.said().contains("no-such-arch") || refused.said().contains("arch"), "{}", refused.said());
    assert!(refused.said().contains("provision"), "the stage is named: {}", refused.said());
    assert!(lab.virsh(&["list", "--all", "--name"]).succeeds().stdout.trim().is_empty());

    // The install fails: the end of its log and its path are shown; the VM stays.
    lab.custom("undercloud_local_ip: not-an-address/24\n");
    let failed = lab.deploy(&[]).fails_with(2);
    assert!(failed.said().contains("undercloud_install.log"), "{}", failed.said());
    assert!(failed.said().contains("not-an-address"), "the log's last lines: {}", failed.said());
    let disk = lab.disk_identity();

    // The guest's disk is full.
    lab.custom("");
    lab.root_ssh("fallocate -l $(($(df --output=avail -B1 / | tail -1) - 4096)) /filled; dd if=/dev/zero of=/filled2 bs=4k 2>/dev/null; true");
    let full = lab.deploy(&[]).fails_with(2);
    assert!(full.said().to_lowercase().contains("no space left"), "{}", full.said());
    lab.root_ssh("rm -f /filled /filled2").succeeds();

    // ssh is refused.
    let soon = ["-e", "undercloud_ssh_timeout=5"];
    lab.root_ssh("mv /home/stack/.ssh/authorized_keys /root/aside").succeeds();
    let locked_out = lab.deploy_with(&soon, &[]).fails_with(2);
    assert!(
        locked_out.said().contains("id_rsa_undercloud"),
        "what was tried is named: {}",
        locked_out.said()
    );
    lab.root_ssh("mv /root/aside /home/stack/.ssh/authorized_keys").succeeds();

    // The host key is another one.
    let key = "/etc/ssh/ssh_host_ed25519_key";
    let change =
        format!("mv {key} /root/key; ssh-keygen -q -t ed25519 -N '' -f {key}; systemctl restart ssh");
    lab.root_ssh(&change);
    let forged = lab.deploy_with(&soon, &[]).fails_with(2);
    assert!(forged.said().contains("known_hosts"), "{}", forged.said());
    lab.unchecked_root_ssh(&format!("mv /root/key {key}; systemctl restart ssh"));

    // Everything mended: the rerun ends well on the same disk, with no snapshot where none is wanted.
    lab.deploy(&[("MAKE_SNAPSHOTS", "false")]).succeeds();
    assert!(!lab.virsh(&["snapshot-list", "--name", "undercloud"]).succeeds().stdout.contains("deployed"));
    assert_eq!(lab.disk_identity(), disk);
    assert!(lab.ssh("cat stackrc").succeeds().stdout.contains("OS_PASSWORD"));
    lab.end();
}

#[test]
fn a_killed_warp_is_taken_up_where_it_was() {
    let _turn = alone();
    let lab = Lab::new("killed");
    for point in ["mid-define", "mid-boot", "mid-upload", "mid-install", "before-snapshot"] {
        let killed = lab.deploy(&[("WARP_FAILPOINT", point)]);
        assert_eq!(killed.signal, Some(9), "{point} was not reached: {}", killed.said());
    }
    lab.deploy(&[]).succeeds();
    let snapshots = lab.virsh(&["snapshot-list", "--name", "undercloud"]).succeeds().stdout;
    assert_eq!(snapshots.split_whitespace().collect::<BTreeSet<_>>(), BTreeSet::from(["ready", "deployed"]));
    // The install ran once although warp was killed in the midst of it.
    let runs = lab.ssh("grep -c 'undercloud install' undercloud_install.log").succeeds().stdout;
    assert_eq!(runs.trim(), "1", "{}", lab.ssh("cat undercloud_install.log").stdout);
    lab.end();
}

#[test]
fn a_deployment_is_resumed_also_after_the_undercloud_lost_its_power() {
    let _turn = alone();
    let lab = Lab::new("resumed");
    let killed = lab.deploy(&[("WARP_FAILPOINT", "mid-install:2")]);
    assert_eq!(killed.signal, Some(9), "{}", killed.said());
    let lwd = lab.lwd();
    let lwd = lwd.to_str().unwrap();
    let unknown = lab.warp(&["resume", "--from", "instal"]).fails_with(5);
    assert!(unknown.said().contains("did you mean `install`?"), "{}", unknown.said());

    // It goes on with what still runs, and does not write again what it wrote.
    let again = end_at(&lab, "mid-install");
    assert!(!again.stdout.contains("Write undercloud.conf"), "{}", again.said());

    // What was written last went with its power.
    lab.virsh(&["destroy", "undercloud"]).succeeds();
    let resumed = lab.warp(&["resume", lwd]).succeeds();
    assert!(resumed.stdout.contains("Write undercloud.conf"), "{}", resumed.stdout);
    assert!(lab.ssh("cat stackrc").succeeds().stdout.contains("OS_PASSWORD"));
    let snapshots = lab.virsh(&["snapshot-list", "--name", "undercloud"]).succeeds().stdout;
    assert_eq!(snapshots.split_whitespace().collect::<BTreeSet<_>>(), BTreeSet::from(["ready", "deployed"]));

    // The lab's folder says which run; what ended well is not resumed but from a stage on.
    lab.warp(&["resume", lwd]).fails_with(5);
    let part = lab.warp(&["resume", "--from", "install", "--to", "install"]).succeeds();
    assert!(
        part.stdout.contains("install already done") && !part.stdout.contains("STAGE deployed"),
        "{}",
        part.stdout
    );

    // Nothing that the undercloud keeps secret stands in the journal in clear.
    let password = lab.ssh("sed -n 's/.*OS_PASSWORD=//p' stackrc").succeeds().stdout;
    let grep = std::process::Command::new("grep")
        .args(["-rqF", password.trim()])
        .arg(lab.lwd().join(".warp/journal"))
        .status();
    assert!(password.trim().len() > 8 && !grep.unwrap().success(), "{password}");
    lab.end();
}

/// `warp resume`, killed at a point.
fn end_at(lab: &Lab, point: &str) -> lab::Ended {
    let killed = lab.warp_with(&["resume", lab.lwd().to_str().unwrap()], &[("WARP_FAILPOINT", point)]);
    assert_eq!(killed.signal, Some(9), "{}", killed.said());
    killed
}

#[test]
fn what_cannot_work_is_refused_before_anything_happens() {
    let _turn = alone();
    let lab = Lab::new("refused");
    // A truncated image.
    let cache = lab.private_image_cache();
    lab.qemu_img(&["create", "-f", "qcow2", cache.join("undercloud.qcow2").to_str().unwrap(), "1G"]);
    let image = fs::OpenOptions::new().write(true).open(cache.join("undercloud.qcow2")).unwrap();
    image.set_len(300).unwrap();
    let truncated = lab.deploy(&[("IMAGECACHE", cache.to_str().unwrap())]).fails();
    assert!(
        truncated.said().contains("undercloud.qcow2") && truncated.said().contains("truncated"),
        "{}",
        truncated.said()
    );

    // An image that is not there.
    let missing = lab.deploy_with(&["-e", "undercloud_image_url=file:///no/such/image.qcow2"], &[]).fails();
    assert!(missing.said().contains("/no/such/image.qcow2"), "{}", missing.said());

    // Malformed YAML in custom.yaml.
    lab.custom("a: [1,\nb: }\n");
    let malformed = lab.deploy(&[]).fails_with(4);
    assert!(malformed.said().contains("custom.yaml:2:"), "{}", malformed.said());

    lab.assert_nothing_left();

    // A lab that another warp holds.
    lab.custom("");
    let mut holder = lab.deploying();
    lab.wait_for_lock(holder.id());
    let held = lab.deploy(&[]).fails_with(6);
    assert!(held.said().contains(&holder.id().to_string()), "the holder is named: {}", held.said());
    holder.kill().unwrap();
    holder.wait().unwrap();
    lab.end();
}
