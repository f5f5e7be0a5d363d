//! The settings of a private daemon.

use std::io;
use std::path::Path;

/// No D-Bus, polkit, virtlogd or cgroup is needed with these. The socket's directory keeps others out.
const LIBVIRTD: &str = r#"unix_sock_dir = "/run/libvirt"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
"#;

/// The guests' disks lie where root put them and stay its own: nothing is relabelled, so a killed daemon leaves
/// nothing behind that would have to be given back.
const QEMU: &str = r#"user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
seccomp_sandbox = 0
stdio_handler = "file"
"#;

/// Writes the daemon's settings into its `/etc/libvirt`. How guests run is for the lab's owner to say: a `qemu.conf` that
/// is there stays as it is.
pub fn write(etc: &Path) -> io::Result<()> {
    std::fs::write(etc.join("libvirtd.conf"), LIBVIRTD)?;
    let qemu = etc.join("qemu.conf");
    if qemu.exists() {
        return Ok(());
    }
    let new = etc.join("qemu.conf.new");
    std::fs::write(&new, QEMU)?;
    std::fs::rename(new, qemu)
}

/// Accounts that libvirtd wants to exist, though with the settings above it uses none of them.
const USERS: [&str; 1] = ["libvirt-qemu"];
const GROUPS: [&str; 2] = ["libvirt-qemu", "kvm"];

/// Writes the machine's accounts, and those that libvirtd misses, for the daemon alone to see: the machine gets none.
pub fn write_accounts(directory: &Path) -> io::Result<()> {
    let users = with_missing("/etc/passwd", &USERS, |name| {
        format!("{name}:x:65534:65534::/nonexistent:/usr/sbin/nologin")
    })?;
    std::fs::write(directory.join("passwd"), users)?;
    let groups = with_missing("/etc/group", &GROUPS, |name| format!("{name}:x:65534:"))?;
    std::fs::write(directory.join("group"), groups)
}

fn with_missing(file: &str, names: &[&str], line: impl Fn(&str) -> String) -> io::Result<String> {
    let mut text = std::fs::read_to_string(file)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for name in names {
        if !text.lines().any(|l| l.split(':').next() == Some(name)) {
            text.push_str(&line(name));
            text.push('\n');
        }
    }
    Ok(text)
}
