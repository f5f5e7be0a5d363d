//! A machine made of namespaces: accounts, mounts, processes and a network of its own, which all go with it.

use crate::lab::Lab;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

/// What every machine begins with: two accounts, one of which is in libvirt's group, and no libvirt that runs.
const PRELUDE: &str = r#"
set -eu
mkdir $ROOT/etc; cp -a /etc/. $ROOT/etc 2> /dev/null || true; mount --bind $ROOT/etc /etc
ip link set lo up
for folder in /run /home /usr/local/sbin /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /etc/libvirt; do
  mkdir -p $folder; mount -t tmpfs -o mode=755 none $folder
done
touch /usr/local/sbin/warp; mount --bind $WARP /usr/local/sbin/warp
grep -q ^libvirt-qemu: /etc/passwd || echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >> /etc/passwd
for group in libvirt-qemu:64055 kvm:64056 libvirt:64057; do
  grep -q ^${group%:*}: /etc/group || echo ${group%:*}:x:${group#*:}: >> /etc/group
done
for name in member outsider; do
  useradd --no-log-init --create-home --shell /bin/sh $name
  mkdir /home/$name/images; cp $IMAGES/lab-*.qcow2 /home/$name/images/
  chown -R $name: /home/$name; chmod 700 /home/$name
done
usermod --append --groups libvirt member
# as ACCOUNT COMMAND...: with what a login gives, and the smallest guest that works.
as() {
  name=$1; shift
  (cd /home/$name; exec setpriv --reuid=$name --regid=$name --init-groups --inh-caps=-all env -i HOME=/home/$name USER=$name \
    PATH="$PATH" LANG=C.UTF-8 INTERACTIVE=false IMAGECACHE=/home/$name/images ${LWD:+LWD=$LWD} "$@")
}
SMALL='-e undercloud_memory=512 -e undercloud_vcpu=1 -e undercloud_disk=4 -e libvirt_domain_type=qemu -e undercloud_ip_timeout=500'
system_libvirt() {
  printf '%s\n' 'unix_sock_dir = "/run/libvirt"' 'unix_sock_group = "libvirt"' 'unix_sock_rw_perms = "0770"' \
    'auth_unix_ro = "none"' 'auth_unix_rw = "none"' 'log_outputs = "3:file:/var/log/libvirt/libvirtd.log"' > /etc/libvirt/libvirtd.conf
  # As packages have it: guests run as an account of their own, and get at their files when they start.
  printf '%s\n' 'user = "libvirt-qemu"' 'group = "libvirt-qemu"' 'security_driver = "none"' 'cgroup_controllers = []' 'namespaces = []' \
    'seccomp_sandbox = 0' 'stdio_handler = "file"' > /etc/libvirt/qemu.conf
  mkdir -p /run/libvirt
  libvirtd > $ROOT/libvirtd.out 2>&1 &
  for i in $(seq 600); do virsh -c qemu:///system uri > /dev/null 2>&1 && return; sleep 0.1; done
  cat $ROOT/libvirtd.out >&2; exit 1
}
set +e
"#;

pub struct Machine {
    root: PathBuf,
}

/// What a script printed.
pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// What stands between the lines `[name]` and `[`-something or the end.
    #[track_caller]
    pub fn part(&self, name: &str) -> &str {
        let mark = format!("[{name}]\n");
        let (_, rest) = self
            .stdout
            .split_once(&mark)
            .unwrap_or_else(|| panic!("there is no {mark} in\n{}\n{}", self.stdout, self.stderr));
        rest.split_once("\n[").map_or(rest, |(part, _)| part).trim_end()
    }
}

impl Machine {
    pub fn new(name: &str) -> Self {
        // Where other accounts may pass, unlike the checkout.
        Machine { root: Path::new("/var/tmp").join(format!("warp-machine-{}-{name}", std::process::id())) }
    }

    /// Runs a script there, after which the machine is gone.
    pub fn run(&self, script: &str) -> Said {
        let images = guest_images();
        let _ = fs::remove_dir_all(&self.root);
        fs::create_dir_all(&self.root).unwrap();
        let whole = format!("{PRELUDE}\n{script}\n");
        let output = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--mount-proc", "--fork", "--kill-child"])
            .args(["bash", "-c", &whole])
            .env("ROOT", &self.root)
            .env("WARP", env!("CARGO_BIN_EXE_warp"))
            .env("IMAGES", images)
            .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env_remove("LWD")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Said {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// The folder with the guest's image, which a machine without a way out, and other accounts than root, cannot make.
fn guest_images() -> PathBuf {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let lab = Lab::new("image");
        let made = lab.deploy(&[("WARP_FAILPOINT", "mid-define")]);
        assert_eq!(made.signal, Some(9), "{}", made.said());
        lab.end();
    });
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("images")
}
