//! The private daemon's guests under the account that distributions give them.

use crate::bench::Bench;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;
use warp::lab::Level;

const ID: &str = "000000000accc047";

/// What Debian's and Ubuntu's own settings come to.
const SETTINGS: &str = r#"user = "libvirt-qemu"
group = "libvirt-qemu"
dynamic_ownership = 1
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"#;

#[test]
fn guests_run_as_another_account_where_the_labs_owner_says_so() {
    let bench = Bench::new("account", ID);
    let etc = bench.lwd.join(".warp/libvirt/etc");
    fs::create_dir_all(&etc).unwrap();
    fs::set_permissions(bench.lwd.join(".warp/libvirt"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(etc.join("qemu.conf"), SETTINGS).unwrap();
    // The account must reach the disk, and the checkout may be in a home that is closed to it.
    let open = tempfile::tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o711)).unwrap();
    let disk = open.path().join("disk.qcow2");
    let made = Command::new("qemu-img").args(["create", "-qf", "qcow2"]).arg(&disk).arg("1M").status();
    assert!(made.unwrap().success());
    fs::set_permissions(&disk, fs::Permissions::from_mode(0o600)).unwrap();

    let xml = format!(
        "<domain type='qemu'><name>guest</name><memory unit='MiB'>16</memory><os><type arch='x86_64'>hvm</type></os>\
         <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{}'/>\
         <target dev='vda' bus='virtio'/></disk></devices></domain>",
        disk.display()
    );
    bench.ok("virt", &serde_json::json!({"command": "define", "xml": xml}).to_string());
    bench.ok("virt", r#"{"name": "guest", "state": "running"}"#);
    let accounts = fs::read_to_string(format!("/run/warp/{ID}/passwd")).unwrap();
    let account = accounts.lines().find_map(|line| line.strip_prefix("libvirt-qemu:x:")).unwrap();
    let account: u32 = account.split(':').next().unwrap().parse().unwrap();
    assert_ne!(account, 0);
    let [guest] = bench.processes("qemu-system")[..] else { panic!("one guest runs") };
    assert_eq!(fs::metadata(format!("/proc/{guest}")).unwrap().uid(), account);
    assert_eq!(fs::metadata(&disk).unwrap().uid(), account, "the disk is not the account's while it runs");
    assert_eq!(bench.virsh(&["domstate", "guest"]).trim(), "running");
    assert_eq!(fs::read_to_string(etc.join("qemu.conf")).unwrap(), SETTINGS);

    bench.virsh(&["destroy", "guest"]);
    assert_eq!(fs::metadata(&disk).unwrap().uid(), 0, "the disk was not given back");
    assert!(bench.lab.teardown(Level::All).unwrap().kept.is_empty());
}
