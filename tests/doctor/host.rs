//! A machine made of namespaces: mounts and a network of its own, a copy of /etc, and a libvirt that answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// One at a time: each runs a libvirtd.
static TURN: Mutex<()> = Mutex::new(());

/// What every machine begins with. The functions below it are the ways of breaking one.
const PRELUDE: &str = r#"
set -eu
private() { mkdir -p "$1" "$ROOT$1"; cp -a "$1/." "$ROOT$1/" 2>/dev/null || true; mount --bind "$ROOT$1" "$1"; }
private /etc
mkdir -p /etc/modprobe.d /etc/sysctl.d /etc/udev/rules.d /etc/apparmor.d
echo 'vm.swappiness = 10' > /etc/sysctl.d/mine.conf
grep -q ^libvirt-qemu: /etc/passwd || echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >> /etc/passwd
for group in libvirt-qemu:64055 kvm:64056 libvirt:64057; do
  grep -q ^${group%:*}: /etc/group || echo ${group%:*}:x:${group#*:}: >> /etc/group
done
printf 'nameserver 192.0.2.1\n' > /etc/resolv.conf
for folder in /run /home /sys/module /usr/local/sbin; do mkdir -p $folder; mount -t tmpfs none $folder; done
for name in ip ip6 arp; do echo 0 > /proc/sys/net/bridge/bridge-nf-call-${name}tables; done
memory() { printf 'MemTotal: %d kB\nMemAvailable: %d kB\n' $1 $2 > $ROOT/meminfo; mount --bind $ROOT/meminfo /proc/meminfo; }
flags() { printf 'processor : 0\nflags\t\t: %s\n' "$1" > $ROOT/cpuinfo; mount --bind $ROOT/cpuinfo /proc/cpuinfo; }
fake() { printf '#!/bin/bash\n%s\n' "$2" > /usr/local/sbin/$1; chmod 755 /usr/local/sbin/$1; }
# What is no file is not found.
hide() { mount --bind /dev/null $(type -P $1); }
account() { useradd --no-create-home --no-log-init "$1"; }
no_kvm() {
  mkdir $ROOT/dev; mount -t tmpfs none $ROOT/dev
  for name in null zero random urandom; do touch $ROOT/dev/$name; mount --bind /dev/$name $ROOT/dev/$name; done
  mount --move $ROOT/dev /dev
}
bad_kvm() { mount --bind /dev/null /dev/kvm; }
try_kvm() { sed -i /domain_type/d $LWD/.warp/lab.yaml; }
resolver() { printf '%s\n' "$1" > /etc/resolv.conf; mkdir -p /run/systemd/resolve; printf '%s\n' "$2" > /run/systemd/resolve/resolv.conf; }
nested() { mkdir -p /sys/module/kvm_intel/parameters; echo $1 > /sys/module/kvm_intel/parameters/nested; echo 0 > /sys/module/kvm_intel/refcnt; }
apparmor() {
  mkdir -p /sys/module/apparmor/parameters /etc/apparmor.d/libvirt; echo Y > /sys/module/apparmor/parameters/enabled
  echo '  audit deny @{HOME}/.*/** mrwkl,' > /etc/apparmor.d/usr.lib.libvirt.virt-aa-helper
  touch /etc/apparmor.d/usr.sbin.libvirtd /etc/apparmor.d/libvirt/TEMPLATE.qemu
}
for folder in /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do mkdir -p $folder; mount -t tmpfs none $folder; done
mkdir -p /run/libvirt /etc/libvirt
printf '%s\n' 'unix_sock_dir = "/run/libvirt"' 'auth_unix_ro = "none"' 'auth_unix_rw = "none"' \
  'log_outputs = "3:file:/var/log/libvirt/libvirtd.log"' > /etc/libvirt/libvirtd.conf
printf '%s\n' 'security_driver = "none"' 'cgroup_controllers = []' 'namespaces = []' 'seccomp_sandbox = 0' \
  'stdio_handler = "file"' > /etc/libvirt/qemu.conf
start_libvirt() {
  libvirtd --pid-file /run/libvirt/pid > $ROOT/libvirtd.out 2>&1 &
  for i in $(seq 600); do virsh -c qemu:///system uri > /dev/null 2>&1 && return; sleep 0.1; done
  echo 'libvirtd does not come up' >&2; exit 1
}
stop_libvirt() { pid=$(cat /run/libvirt/pid); kill $pid; while kill -0 $pid 2> /dev/null; do sleep 0.05; done; rm -f /run/libvirt/libvirt-sock*; }
systemd() {
  mkdir -p /run/systemd/system
  declare -f start_libvirt > $ROOT/start
  fake systemctl "echo systemctl \$* >> \$CALLS; ROOT=$ROOT; . $ROOT/start; case \$3 in
    libvirtd.socket) start_libvirt;;
    *) name=\${3%.socket}; python3 $ROOT/listen.py /run/libvirt/\$name-sock > /dev/null 2>&1 & sleep 0.5;; esac"
}
# libvirtd under a modular daemon's name: what answers at its socket is all that tells the two apart.
modular() { mv /run/libvirt/libvirt-sock /run/libvirt/$1-sock; fake $1 true; hide libvirtd; }
fake modprobe 'echo modprobe $* >> $CALLS; [ "$1" = --remove ] || ! grep -qs "nested=1" /etc/modprobe.d/zz-*.conf || echo Y > /sys/module/kvm_intel/parameters/nested'
fake apparmor_parser 'echo apparmor_parser $* >> $CALLS'
flags 'fpu vmx'
nested Y
memory 16777216 16777216
touch $CALLS
# What KVM is here was found out before: this machine's own is not what is tested.
mount -t tmpfs -o size=100g,mode=755 none $LWD
mkdir $LWD/.warp
printf '%s\n' 'version: 1' 'id: 00000000d0c704aa' 'daemon: system' 'domain_type: kvm' > $LWD/.warp/lab.yaml
start_libvirt
"#;

/// Accepts and says nothing: a daemon's socket.
const LISTEN: &str = "import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
time.sleep(30)
";

pub struct Host {
    root: PathBuf,
    break_it: String,
    called_by: Option<String>,
}

pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

/// What `warp doctor --json` found.
pub struct Seen {
    pub code: i32,
    pub findings: Vec<serde_json::Value>,
}

impl Seen {
    #[track_caller]
    pub fn only(&self, check: &str, level: &str) -> &serde_json::Value {
        assert_eq!(self.findings.len(), 1, "{:#?}", self.findings);
        assert_eq!((&self.findings[0]["check"], &self.findings[0]["level"]), (&check.into(), &level.into()));
        &self.findings[0]
    }
}

impl Host {
    pub fn new(name: &str, break_it: &str) -> Self {
        // Where other accounts may pass, unlike the checkout.
        let root = Path::new("/var/tmp").join(format!("warp-doctor-{}-{name}", std::process::id()));
        Host { root, break_it: break_it.to_owned(), called_by: None }
    }

    /// As if through sudo.
    pub fn called_by(mut self, account: &str) -> Self {
        self.called_by = Some(account.to_owned());
        self
    }

    /// Runs a script on the machine, made anew for it.
    #[track_caller]
    pub fn said(&self, script: &str) -> Said {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = fs::remove_dir_all(&self.root);
        fs::create_dir_all(self.root.join("lwd")).unwrap();
        fs::write(self.root.join("listen.py"), LISTEN).unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_warp")).parent().unwrap();
        let whole = format!("{PRELUDE}\n{}\nset +e\n{script}\n", self.break_it);
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--net",
                "--pid",
                "--mount-proc",
                "--fork",
                "--kill-child",
                "bash",
                "-c",
                &whole,
            ])
            .env("ROOT", &self.root)
            .env("LWD", self.root.join("lwd"))
            .env("CALLS", self.root.join("calls"))
            .env("IMAGECACHE", self.root.join("lwd/images"))
            .env("WARP_LIBVIRT", "system")
            .env("PATH", format!("{}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", binary.display()))
            .env_remove("WORKSPACE")
            .env_remove("SUDO_USER")
            .stdin(Stdio::null());
        if let Some(account) = &self.called_by {
            command.env("SUDO_USER", account);
        }
        let output = command.output().unwrap();
        Said {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What it finds.
    #[track_caller]
    pub fn examined(&self, args: &[&str]) -> Seen {
        let said = self.said(&format!("warp doctor --json {}; echo $?", words(args)));
        seen(&said)
    }

    /// Mends what it finds, sees that nothing of it is left and that a second time changes nothing, and gives what
    /// `look` prints.
    #[track_caller]
    pub fn mended(&self, look: &str) -> Said {
        self.mended_with(&[], look)
    }

    #[track_caller]
    pub fn mended_with(&self, args: &[&str], look: &str) -> Said {
        let args = words(args);
        let said = self.said(&format!(
            "warp doctor --fix --yes {args} >&2; echo fixed $? >&2; warp doctor --json {args} > $ROOT/after; echo $? >> $ROOT/after
             cp $CALLS $ROOT/before; warp doctor --fix --yes {args} > $ROOT/again 2>&1; cmp $CALLS $ROOT/before || exit
             {look}"
        ));
        assert!(said.stderr.contains("fixed 0\n"), "{}", said.stderr);
        let after =
            Said { stdout: fs::read_to_string(self.root.join("after")).unwrap(), stderr: String::new() };
        let left = seen(&after);
        assert!(left.findings.is_empty(), "left after {}: {:#?}", said.stderr, left.findings);
        let again = fs::read_to_string(self.root.join("again")).unwrap();
        assert_eq!(again, "13 checks: 0 found, 0 left\n");
        said
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[track_caller]
fn seen(said: &Said) -> Seen {
    let (json, code) =
        said.stdout.split_once('\n').unwrap_or_else(|| panic!("{}\n{}", said.stdout, said.stderr));
    let json: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {}\n{}", said.stdout, said.stderr));
    Seen { code: code.trim().parse().unwrap(), findings: json["findings"].as_array().unwrap().clone() }
}

fn words(args: &[&str]) -> String {
    args.iter().map(|arg| format!("'{arg}'")).collect::<Vec<_>>().join(" ")
}
