//! Injection into the images that there are: ext4 and XFS, with and without a table of partitions, with and without
//! cloud-init, with an initrd of dracut or of initramfs-tools. Each is deployed to a login and looked at from inside.
//!
//! Emulated guests take their time: the two kinds that have the most of all that differs run with every change, and what
//! needs no guest (`rooted`); `make soak` has them all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[path = "../support/apparmor.rs"]
mod apparmor;
#[path = "../support/left.rs"]
mod left;
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../undercloud/lab.rs"]
mod lab;

mod guests;
mod rooted;

use guests::{FileSystem, Initrd, Kind, Layout};
use lab::Lab;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by the test whose VM runs.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path that a shell would read as something else.
const ODD: &str = "/etc/it's a $(file)";

#[test]
fn dracut_on_a_partition_of_xfs_is_injected_into() {
    let _turn = alone();
    deployed(
        Kind { file_system: FileSystem::Xfs, layout: Layout::Gpt, initrd: Initrd::Dracut, cloud_init: false },
        "undercloud_extradisks: true\nextradisks_list: [vdb]\nextradisks_size: 1G",
    );
}

#[test]
fn cloud_init_on_a_partition_of_ext4_is_told() {
    let _turn = alone();
    deployed(
        Kind {
            file_system: FileSystem::Ext4,
            layout: Layout::Mbr,
            initrd: Initrd::InitramfsTools,
            cloud_init: true,
        },
        "libvirt_boot_mode: uefi",
    );
}

/// `make soak`. `INJECTION` names some of them alone.
#[test]
#[ignore = "a dozen emulated guests"]
fn every_kind_of_image_is_injected_into() {
    let _turn = alone();
    let only = std::env::var("INJECTION").unwrap_or_default();
    for kind in Kind::all().filter(|k| k.name().contains(&only)) {
        println!("{}", kind.name());
        deployed(kind, "");
    }
}

/// Deploys an image of this kind with what is said of the machine, and looks at everything that was asked for.
fn deployed(kind: Kind, machine: &str) {
    let image = guests::image(kind);
    let content = fs::read(&image).unwrap();
    let lab = Lab::new(&kind.name());
    lab.qemu_img(&["check", "-q", image.to_str().unwrap()]);
    lab.custom(&format!(
        r#"
undercloud_image_url: "{}"
undercloud_packages: []
# Other tests may run beside an emulated guest.
undercloud_ip_timeout: 900
undercloud_ssh_timeout: 900
step_install_undercloud: false
undercloud_files:
  - {{path: "{ODD}", mode: "0640", content: "of root\n"}}
  - {{path: /home/stack/own, owner: stack, mode: "0600", content: "of stack\n"}}
undercloud_first_boot:
  - echo "$(id -un) $0" >> /var/lib/ran
  - |
    #!/bin/sh
    ip -4 -o addr show dev eth0 | grep -c . >> /var/lib/ran
{machine}
"#,
        image.display()
    ));
    lab.deploy(&[]).succeeds();
    // As libvirt describes it, AppArmor would let it have all that it has.
    let described = lab.virsh(&["dumpxml", "undercloud"]).succeeds().stdout;
    let rules = apparmor::rules(&described);
    let seed = if kind.cloud_init { "undercloud.seed" } else { "undercloud.initrd" };
    let pool = lab.lwd().join("workspace/pool/undercloud.qcow2");
    for file in
        [&pool, &lab.lwd().join("workspace").join(seed), &lab.lwd().join("workspace/undercloud.vmlinuz")]
    {
        let given = apparmor::files(&rules);
        assert!(
            given.iter().any(|(path, _)| Path::new(path) == file),
            "{} is not in\n{rules}",
            file.display()
        );
    }

    // The login checked the host's key; it is the one that was made for it.
    let key = fs::read_to_string(lab.lwd().join("ssh_host_ed25519_key_undercloud.pub")).unwrap();
    let told = lab.root_ssh("cat /etc/ssh/ssh_host_ed25519_key.pub").succeeds().stdout;
    assert_eq!(
        told.split_whitespace().take(2).collect::<Vec<_>>(),
        key.split_whitespace().take(2).collect::<Vec<_>>()
    );
    let told = |script: &str| lab.ssh(script).succeeds().stdout.trim().to_owned();
    assert_eq!(
        told("id -un; sudo -n id -un; hostname; getent passwd stack | cut -d: -f6,7"),
        "stack\nroot\nundercloud\n/home/stack:/bin/bash"
    );
    assert_eq!(told(&format!("sudo cat {0}; sudo stat -c '%a %U' {0}", shell(ODD))), "of root\n640 root");
    assert_eq!(told("cat own; stat -c '%a %U' own"), "of stack\n600 stack");
    assert_eq!(told("sudo stat -c '%a %U' /root/.ssh/id_rsa_virt_power"), "600 root");
    let size: u64 = told("df -B1 --output=size / | tail -1").parse().unwrap();
    assert!(size > 3 << 30, "{}: the root has {size} bytes of the disk's 4 GiB", kind.name());
    let firmware = if machine.contains("uefi") { "efi" } else { "bios" };
    assert_eq!(told("test -d /sys/firmware/efi && echo efi || echo bios"), firmware);
    if machine.contains("extradisks") {
        assert_eq!(told("cat /sys/block/vdb/size"), "2097152", "in sectors");
    }
    let ran = told("sudo cat /var/lib/ran");
    assert_eq!(ran, "root /var/lib/warp/first-boot.d/0000\n1");
    assert_eq!(told("test -e /.autorelabel || echo none"), "none", "the guest has no SELinux");

    // What the guest made of it is the guest's: another boot and another run bring nothing back.
    told("echo mine > own; sync");
    lab.virsh(&["destroy", "undercloud"]).succeeds();
    lab.deploy(&[]).succeeds();
    assert_eq!(told("cat own"), "mine");
    assert_eq!(told("sudo cat /var/lib/ran"), ran);

    // The image is as it was, and the disk over it is whole.
    lab.virsh(&["destroy", "undercloud"]).succeeds();
    lab.qemu_img(&["check", "-q", image.to_str().unwrap()]);
    lab.qemu_img(&["check", "-q", lab.lwd().join("workspace/pool/undercloud.qcow2").to_str().unwrap()]);
    assert!(fs::read(&image).unwrap() == content, "{}: the image was written", kind.name());
    lab.end();
}

fn shell(path: &str) -> String {
    shlex::try_quote(path).unwrap().into_owned()
}
