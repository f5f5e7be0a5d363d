//! `warp doctor` on broken machines: each is made of namespaces and fixtures laid over this one, which stays as it is.
//!
//! What it finds is compared with what was broken, and what it mends is looked at by others: cat, sysctl, id, stat.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

mod host;

use host::Host;

/// A machine that is well but for what `break_it` does, in a shell as root.
fn broken(name: &str, break_it: &str) -> Host {
    Host::new(name, break_it)
}

#[test]
fn a_host_that_is_well_has_no_findings() {
    let seen = broken("well", "").examined(&[]);
    assert_eq!(seen.code, 0);
    assert!(seen.findings.is_empty(), "{:#?}", seen.findings);
    let told = broken("well", "").said("warp doctor");
    assert_eq!(told.stdout, "13 checks: 0 found\n");
}

#[test]
fn a_processor_without_virtualisation_is_told() {
    let seen = broken("processor", "flags 'fpu hypervisor'").examined(&[]);
    let finding = seen.only("processor", "warning");
    assert!(finding["advice"][0].as_str().unwrap().contains("itself a guest"), "{finding}");
    assert_eq!(seen.code, 0);
    // A deployment that insists on KVM cannot be.
    let seen = broken("processor", "flags 'fpu'").examined(&["-e", "libvirt_domain_type=kvm"]);
    let finding = seen.only("processor", "error");
    assert!(finding["advice"][0].as_str().unwrap().contains("firmware"), "{finding}");
    assert_eq!(seen.code, 2);
}

#[test]
fn nested_kvm_is_switched_on_beside_other_peoples_files() {
    let foreign = "echo 'options kvm_intel nested=0 ept=1' > /etc/modprobe.d/mine.conf";
    let host = broken("nested", &format!("nested N; {foreign}"));
    let seen = host.examined(&[]);
    let finding = seen.only("nested", "warning");
    assert_eq!(finding["where"], "/sys/module/kvm_intel/parameters/nested");
    assert!(finding["advice"][0].as_str().unwrap().starts_with("/etc/modprobe.d/mine.conf:1 "), "{finding}");
    let mended =
        host.mended("cat /etc/modprobe.d/mine.conf /etc/modprobe.d/zz-warp-kvm-nested.conf; cat $CALLS");
    assert_eq!(
        mended.stdout,
        "options kvm_intel nested=0 ept=1\n# By warp doctor: guests of the lab may run guests.\n\
         options kvm_intel nested=1\nmodprobe --remove kvm_intel\nmodprobe kvm_intel\n"
    );
}

#[test]
fn kvm_that_is_not_there_or_does_not_work_is_told() {
    let seen = broken("kvm", "try_kvm; no_kvm").examined(&[]);
    let finding = seen.only("kvm", "warning");
    assert_eq!(finding["mend"][0], "modprobe kvm_intel");
    let seen = broken("kvm-bad", "try_kvm; bad_kvm").examined(&[]);
    let finding = seen.only("kvm", "warning");
    assert_eq!(finding["what"], "/dev/kvm is there, but a guest does not run under it");
}

#[test]
fn a_module_that_is_in_use_is_not_unloaded() {
    let host = broken("nested-used", "nested N; echo 2 > /sys/module/kvm_intel/refcnt");
    let told = host.said("warp doctor --fix --yes; cat $CALLS");
    assert!(told.stdout.contains("2 guests use the module"), "{}", told.stdout);
    assert!(!told.stdout.contains("modprobe --remove kvm_intel\n"), "{}", told.stdout);
    assert!(told.stdout.contains("1 found, 1 left"), "{}", told.stdout);
}

#[test]
fn an_account_gets_its_groups() {
    let host = broken("groups", "account alice").called_by("alice");
    let seen = host.examined(&[]);
    assert_eq!(seen.code, 2);
    let found: Vec<_> = seen.findings.iter().map(|f| (&f["check"], &f["level"], &f["what"])).collect();
    assert_eq!(
        serde_json::json!(found),
        serde_json::json!([
            ["groups", "error", "alice is not in the group libvirt"],
            ["groups", "warning", "alice is not in the group kvm"]
        ])
    );
    let mended = host.mended("id -nG alice | tr ' ' '\n' | sort");
    assert_eq!(mended.stdout, "alice\nkvm\nlibvirt\n");
}

#[test]
fn a_daemon_that_sleeps_is_woken_through_its_socket() {
    let host = broken("asleep", "stop_libvirt; systemd");
    let seen = host.examined(&[]);
    assert_eq!(seen.code, 2);
    let finding = seen.only("daemon", "error");
    assert_eq!(finding["mend"][0], "systemctl enable --now libvirtd.socket");
    let mended = host.mended("cat $CALLS; virsh -c qemu:///system uri");
    assert_eq!(mended.stdout, "systemctl enable --now libvirtd.socket\nqemu:///system\n\n");
}

#[test]
fn a_machine_without_libvirt_is_told_what_to_install() {
    let seen = broken("none", "stop_libvirt; hide libvirtd").examined(&[]);
    let finding = seen.only("daemon", "error");
    assert_eq!(finding["mend"][0], "apt-get install --yes libvirt-daemon-system");
}

#[test]
fn the_missing_ones_of_modular_daemons_are_started() {
    let host = broken("modular", "systemd; modular virtqemud");
    let seen = host.examined(&[]);
    let what: Vec<_> = seen.findings.iter().map(|f| f["what"].as_str().unwrap()).collect();
    assert_eq!(
        what,
        [
            "libvirt is modular here, and virtnetworkd does not answer",
            "libvirt is modular here, and virtstoraged does not answer"
        ]
    );
    let mended = host.mended("cat $CALLS");
    assert_eq!(
        mended.stdout,
        "systemctl enable --now virtnetworkd.socket\nsystemctl enable --now virtstoraged.socket\n"
    );
}

#[test]
fn frames_on_bridges_are_kept_from_the_firewall() {
    let host = broken(
        "bridge-nf",
        "for name in ip ip6 arp; do echo 1 > /proc/sys/net/bridge/bridge-nf-call-${name}tables; done",
    );
    let seen = host.examined(&[]);
    let finding = seen.only("bridge-nf", "warning");
    assert!(finding["what"].as_str().unwrap().contains("bridge-nf-call-arptables"), "{finding}");
    let mended = host.mended(
        "sysctl -n net.bridge.bridge-nf-call-{ip,ip6,arp}tables; grep -c br_netfilter /etc/udev/rules.d/*; cat /etc/sysctl.d/mine.conf",
    );
    assert_eq!(mended.stdout, "0\n0\n0\n1\nvm.swappiness = 10\n");
}

#[test]
fn a_full_disk_is_told() {
    let host = broken("disk", "mount -o remount,size=64m $LWD");
    let seen = host.examined(&["-e", "undercloud_disk=1"]);
    let finding = seen.only("disk", "error");
    assert!(
        finding["what"].as_str().unwrap().ends_with("GiB are free and guests may write 1 GiB"),
        "{finding}"
    );
    assert_eq!(seen.code, 2);
}

#[test]
fn too_little_memory_is_told() {
    let meminfo = |free: u32| format!("memory 4194304 {free}");
    let seen = broken("memory", &meminfo(4194304)).examined(&["-e", "undercloud_memory=12288"]);
    let finding = seen.only("memory", "error");
    assert_eq!(finding["what"], "guests want 12416 MiB of memory and there are 4096 MiB");
    let seen = broken("memory", &meminfo(524_288)).examined(&["-e", "undercloud_memory=2048"]);
    let finding = seen.only("memory", "warning");
    assert_eq!(finding["what"], "guests want 2176 MiB of memory and 512 of 4096 MiB are free");
    let seen = broken("memory", &meminfo(4194304)).examined(&["-e", "undercloud_memory=2048"]);
    assert!(seen.findings.is_empty(), "{:#?}", seen.findings);
}

#[test]
fn guests_get_name_servers_that_they_can_ask() {
    let stub = "resolver 'nameserver 127.0.0.53' 'nameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver 2001:db8::53'";
    let host = broken("resolver", stub);
    let seen = host.examined(&[]);
    seen.only("resolver", "warning");
    let mended = host.mended("cat /etc/resolv.conf $LWD/workspace/vars/warp-nameservers.yml");
    assert_eq!(
        mended.stdout,
        "nameserver 127.0.0.53\n# By warp doctor, from /run/systemd/resolve/resolv.conf.\n\
         undercloud_undercloud_nameservers: [192.0.2.1, 2001:db8::53]\n"
    );
    let seen =
        broken("resolver-set", "").examined(&["-e", "{undercloud_undercloud_nameservers: [127.0.0.53]}"]);
    seen.only("resolver", "error");
}

#[test]
fn apparmors_profiles_are_looked_at() {
    let host = broken(
        "apparmor",
        "apparmor; mkdir -p /etc/apparmor.d/disable
         ln -s ../usr.sbin.libvirtd /etc/apparmor.d/disable/usr.sbin.libvirtd",
    );
    let seen = host.examined(&[]);
    let finding = seen.only("apparmor", "warning");
    assert_eq!(finding["where"], "/etc/apparmor.d/disable/usr.sbin.libvirtd");
    let mended = host.mended("ls /etc/apparmor.d/disable; cat $CALLS");
    assert_eq!(mended.stdout, "apparmor_parser --replace /etc/apparmor.d/usr.sbin.libvirtd\n");

    let seen = broken("apparmor-gone", "apparmor; rm /etc/apparmor.d/libvirt/TEMPLATE.qemu").examined(&[]);
    let finding = seen.only("apparmor", "error");
    assert!(finding["mend"][0].as_str().unwrap().contains("--force-confmiss"), "{finding}");

    let hidden = broken("apparmor-hidden", "apparmor; mkdir -p /home/stack/.quickstart");
    let seen = hidden.examined(&["-e", "libvirt_volume_path=/home/stack/.quickstart/pool"]);
    // How much room there is in that folder is the machine's.
    let finding = seen.findings.iter().find(|finding| finding["check"] == "apparmor").unwrap();
    assert_eq!(finding["level"], "warning", "{finding}");
    assert!(finding["what"].as_str().unwrap().ends_with(": /home/stack/.quickstart/pool"), "{finding}");
}

#[test]
fn the_emulators_account_is_let_through_to_the_disks() {
    let host = broken("passage", "mkdir -m 0700 -p $LWD/closed; mkdir $LWD/closed/open");
    let pool = ["-e", "libvirt_volume_path={{ local_working_dir }}/closed/open/pool"];
    let seen = host.examined(&pool);
    let finding = seen.only("passage", "error");
    let place = finding["where"].as_str().unwrap();
    assert!(place.ends_with("/closed"), "{finding}");
    assert_eq!(seen.code, 2);
    // By an access list, or by the mode where the machine has no tool for lists.
    let goes = "for who in 64055 64099; do setpriv --reuid=$who --regid=$who --clear-groups stat -c %a $LWD/closed/open; done";
    let mended = host.mended_with(&pool, &format!("{goes}; stat -c %A $LWD/closed"));
    let (passed, mode) = mended.stdout.split_once('\n').unwrap();
    assert_eq!(passed, "755", "{}", mended.stderr);
    let (mode, others) = (mode.lines().last().unwrap(), mode.lines().count());
    assert_eq!((mode, others), if mode.ends_with('x') { ("drwx-----x", 2) } else { ("drwx--x---", 1) });
}

#[test]
fn a_machine_type_that_the_emulator_does_not_know_is_told() {
    let seen = broken("machine", "").examined(&["-e", "libvirt_machine=q53"]);
    let finding = seen.only("emulator", "error");
    assert_eq!(finding["advice"][0], "set libvirt_machine to q35");
    // The emulator of one release with a library of another.
    let seen = broken("emulator", "fake qemu-system-x86_64 'echo undefined symbol: vring >&2; exit 127'")
        .examined(&[]);
    let finding = seen.only("emulator", "error");
    assert_eq!(finding["what"], "qemu-system-x86_64 does not start: undefined symbol: vring");
}

#[test]
fn missing_programs_are_installed() {
    let host = broken(
        "packages",
        "hide qemu-img; fake apt-get 'echo apt-get $* >> $CALLS; umount /usr/bin/qemu-img'",
    );
    let seen = host.examined(&[]);
    let finding = seen.only("packages", "error");
    assert_eq!(finding["mend"][0], "apt-get install --yes qemu-utils");
    let mended = host.mended("cat $CALLS");
    assert_eq!(mended.stdout, "apt-get install --yes qemu-utils\n");
}

#[test]
fn nothing_is_changed_without_leave_and_a_deployment_says_the_same_words() {
    let host = broken("leave", "nested N; memory 4194304 4194304");
    let refused = host.said("warp doctor --fix < /dev/null; echo $?; ls /etc/modprobe.d | grep warp");
    assert_eq!(refused.stdout.lines().last().unwrap(), "5", "{}", refused.stdout);
    assert!(
        refused.stderr.contains("+options kvm_intel nested=1"),
        "the change is shown: {}",
        refused.stderr
    );
    assert!(refused.stderr.contains("there is no terminal to ask on"), "{}", refused.stderr);

    let deploy = host.said("warp deploy undercloud -e undercloud_memory=12288; echo $?; virsh -c qemu:///system list --all --name");
    assert!(deploy.stdout.contains("\n2\n") || deploy.stdout.starts_with("2\n"), "{}", deploy.stdout);
    let said = format!("{}{}", deploy.stdout, deploy.stderr);
    assert!(said.contains("guests want 12416 MiB of memory and there are 4096 MiB"), "{said}");
    assert!(said.contains("nested virtualisation is off"), "{said}");
    assert!(!said.contains("undercloud.qcow2"), "{said}");
}
