//! A lab of a test's own, and independent observers of it.

use crate::{left, support};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A local working directory with its image cache.
pub struct Lab {
    root: PathBuf,
    /// What this lab is known by on the machine: its folder, the ids and bridges that it had.
    names: Mutex<BTreeSet<String>>,
}

/// How a command ended.
pub struct Ended {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    what: String,
}

impl Ended {
    pub fn said(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.what, self.said());
        self
    }

    #[track_caller]
    pub fn fails(self) -> Self {
        assert!(
            self.code.is_some_and(|c| c != 0),
            "{} did not fail: {:?}\n{}",
            self.what,
            self.code,
            self.said()
        );
        self
    }

    #[track_caller]
    pub fn fails_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.what, self.said());
        self
    }
}

fn end(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    Ended {
        code: output.status.code(),
        signal: output.status.signal(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        what: format!("{command:?}"),
    }
}

impl Lab {
    pub fn new(name: &str) -> Self {
        let root = support::scratch(&format!("lab-{name}"));
        let names = BTreeSet::from([format!("{}/", root.display())]);
        Lab { root, names: Mutex::new(names) }
    }

    pub fn lwd(&self) -> PathBuf {
        self.root.join("lwd")
    }

    fn command(&self) -> Command {
        let mut command = support::warp();
        command
            .current_dir(&self.root)
            .env("LWD", self.lwd())
            .env("IMAGECACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("images"))
            // Beside the lab.
            .env_remove("WARP_JOURNAL")
            .env_remove("WORKSPACE")
            .env_remove("TEARDOWN");
        command
    }

    /// Runs a warp to its end. What the lab is known by is looked at on both sides of it: a teardown removes it.
    fn run(&self, command: &mut Command) -> Ended {
        self.remember();
        let ended = end(command);
        self.remember();
        ended
    }

    fn remember(&self) {
        let manifest = fs::read_to_string(self.lwd().join(".warp/lab.yaml")).unwrap_or_default();
        let field = |name: &str| manifest.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let mut names = self.names.lock().unwrap();
        names.extend(field("id:").map(str::to_owned));
        // A private daemon's bridges are in a namespace of its own.
        if field("daemon:") == Some("system") {
            let virsh =
                |args: &[&str]| end(Command::new("virsh").args(["-c", "qemu:///system"]).args(args)).stdout;
            for network in virsh(&["net-list", "--all", "--name"]).split_whitespace() {
                let xml = virsh(&["net-dumpxml", network]);
                let bridge = xml.split_once("<bridge name='").and_then(|(_, rest)| rest.split('\'').next());
                if names.iter().any(|name| xml.contains(name)) {
                    names.extend(bridge.map(str::to_owned));
                }
            }
        }
    }

    /// Asserts that nothing of this lab is left on the machine, after the moment that the kernel needs to take down what
    /// ended.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        self.remember();
        let names = self.names.lock().unwrap();
        let began = Instant::now();
        loop {
            let left = left::of(&names);
            if left.is_empty() {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(5), "left behind: {left:#?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Asserts that what this lab has on the machine is seen: else that nothing is left would prove nothing.
    #[track_caller]
    pub fn assert_seen(&self) {
        let seen = left::of(&self.names.lock().unwrap());
        for kind in ["qemu", "libvirtd"] {
            assert!(seen.iter().any(|what| what.contains(kind)), "no {kind} of the lab is seen: {seen:#?}");
        }
    }

    /// Whether the lab has a libvirt daemon of its own.
    pub fn is_private(&self) -> bool {
        self.uri().contains("/run/warp/")
    }

    pub fn warp(&self, args: &[&str]) -> Ended {
        self.run(self.command().args(args))
    }

    pub fn warp_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        self.run(self.command().args(args).envs(env.iter().copied()))
    }

    pub fn deploy(&self, env: &[(&str, &str)]) -> Ended {
        self.deploy_with(&[], env)
    }

    pub fn deploy_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        // The smallest guest that works: the machine that runs the tests is small.
        self.run(
            self.command()
                .args(["deploy", "undercloud", "-e", "undercloud_memory=512", "-e", "undercloud_vcpu=1"])
                .args(["-e", "undercloud_disk=4"])
                .args(args)
                .envs(env.iter().copied()),
        )
    }

    /// A deployment under way.
    pub fn deploying(&self) -> Child {
        self.command()
            .args(["deploy", "undercloud", "-e", "undercloud_memory=512"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    pub fn wait_for_lock(&self, pid: u32) {
        let began = Instant::now();
        let lock = self.lwd().join(".warp/lock");
        while !fs::read_to_string(&lock).is_ok_and(|t| t.contains(&pid.to_string())) {
            assert!(began.elapsed() < Duration::from_secs(60), "the lab was never locked");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn custom(&self, text: &str) {
        fs::write(self.root.join("custom.yaml"), text).unwrap();
    }

    /// Has the guest run a script at its first boot.
    pub fn first_boot(&self, script: &str) {
        let file = self.root.join("customize.sh.j2");
        fs::write(&file, script).unwrap();
        self.custom(&format!("undercloud_customize_script: {}\n", file.display()));
    }

    pub fn private_image_cache(&self) -> PathBuf {
        let cache = self.root.join("images");
        fs::create_dir_all(&cache).unwrap();
        cache
    }

    pub fn qemu_img(&self, args: &[&str]) {
        end(Command::new("qemu-img").args(args)).succeeds();
    }

    pub fn openssh(&self, login: &str, script: &str) -> Ended {
        end(Command::new("ssh")
            .arg("-F")
            .arg(self.lwd().join("ssh.config.local.ansible"))
            .args([login, script]))
    }

    pub fn ssh(&self, script: &str) -> Ended {
        self.openssh("undercloud", script)
    }

    pub fn root_ssh(&self, script: &str) -> Ended {
        self.openssh("undercloud-root", script)
    }

    /// Whatever the host's key is.
    pub fn unchecked_root_ssh(&self, script: &str) -> Ended {
        end(Command::new("ssh")
            .arg("-F")
            .arg(self.lwd().join("ssh.config.local.ansible"))
            .args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["undercloud-root", script]))
    }

    pub fn ansible(&self, args: &[&str]) -> Ended {
        end(support::oracle::ansible("ansible").current_dir(self.lwd()).args(args))
    }

    /// The URI of the lab's libvirt, as `warp ls --json` tells it.
    fn uri(&self) -> String {
        let listed = self.warp(&["ls", "--json"]).succeeds().stdout;
        let json: serde_json::Value = serde_json::from_str(&listed).unwrap();
        json["uri"].as_str().unwrap().to_owned()
    }

    pub fn virsh(&self, args: &[&str]) -> Ended {
        end(Command::new("virsh").arg("-c").arg(self.uri()).args(args))
    }

    pub fn disk(&self) -> PathBuf {
        let xml = self.virsh(&["dumpxml", "undercloud"]).succeeds().stdout;
        let (_, rest) =
            xml.split_once("<source file='").unwrap_or_else(|| panic!("no disk by file in {xml}"));
        PathBuf::from(rest.split('\'').next().unwrap())
    }

    /// The image that a disk is laid over.
    pub fn backing(&self, disk: &Path) -> String {
        let info =
            end(Command::new("qemu-img").args(["info", "-U", "--output=json"]).arg(disk)).succeeds().stdout;
        let info: serde_json::Value = serde_json::from_str(&info).unwrap();
        info["full-backing-filename"].as_str().unwrap().to_owned()
    }

    /// A file beside the local working directory.
    pub fn file(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    /// What the deploy command came to.
    pub fn outcome(&self) -> serde_json::Value {
        let text = fs::read_to_string(self.lwd().join("overcloud_deployment_result.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Asks the BMC of a node, from where the lab's guests are.
    pub fn ipmi(&self, port: &str, args: &[&str]) -> Ended {
        self.ipmi_as(port, "password", args)
    }

    pub fn ipmi_as(&self, port: &str, password: &str, args: &[&str]) -> Ended {
        let uri = self.uri();
        let id = uri.split_once("/run/warp/").and_then(|(_, rest)| rest.split('/').next());
        let mut command = match id {
            Some(id) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", &format!("warp-{id}"), "ipmitool"]);
                command
            }
            None => Command::new("ipmitool"),
        };
        command.args(["-I", "lanplus", "-H", "192.168.23.1", "-p", port, "-U", "admin", "-P", password]);
        end(command.args(args))
    }

    /// Another disk has another one.
    pub fn disk_identity(&self) -> (u64, std::time::SystemTime) {
        let meta = fs::metadata(self.disk()).unwrap();
        (meta.ino(), meta.created().unwrap())
    }

    /// Address, MACs and host key, each from its own observer.
    pub fn identity(&self) -> (String, Vec<String>, String) {
        let address = self.ssh("hostname -I").succeeds().stdout;
        let xml = self.virsh(&["dumpxml", "undercloud"]).succeeds().stdout;
        let macs = xml.lines().filter(|l| l.contains("<mac address=")).map(|l| l.trim().to_owned()).collect();
        let key = self.root_ssh("cat /etc/ssh/ssh_host_ed25519_key.pub").succeeds().stdout;
        (address, macs, key)
    }

    pub fn make_foreign_objects(&self) {
        let domain = "<domain type='qemu'><name>foreign</name><memory unit='MiB'>16</memory>\
            <os><type arch='x86_64'>hvm</type></os></domain>";
        let network = "<network><name>foreign</name><bridge name='brforeign'/></network>";
        for (kind, xml) in [("define", domain), ("net-define", network)] {
            let file = self.root.join(kind);
            fs::write(&file, xml).unwrap();
            self.virsh(&[kind, file.to_str().unwrap()]).succeeds();
        }
        self.virsh(&["net-start", "foreign"]).succeeds();
        self.virsh(&["vol-create-as", "oooq_pool", "foreign.qcow2", "1M", "--format", "qcow2"]).succeeds();
    }

    fn foreign_volume(&self) -> PathBuf {
        self.lwd().join("workspace/pool/foreign.qcow2")
    }

    pub fn assert_only_foreign_objects_are_left(&self) {
        let names = |args: &[&str]| -> BTreeSet<String> {
            self.virsh(args).succeeds().stdout.split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(names(&["list", "--all", "--name"]), BTreeSet::from(["foreign".to_owned()]));
        assert_eq!(names(&["net-list", "--all", "--name"]), BTreeSet::from(["foreign".to_owned()]));
        assert_eq!(
            self.virsh(&["net-info", "foreign"]).succeeds().stdout.matches("Active:         yes").count(),
            1
        );
        assert!(self.foreign_volume().exists(), "the foreign volume is gone");
        let left: Vec<_> =
            fs::read_dir(self.lwd().join("workspace/pool")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(left, [self.foreign_volume()]);
    }

    pub fn remove_foreign_objects(&self) {
        self.virsh(&["undefine", "foreign"]).succeeds();
        self.virsh(&["net-destroy", "foreign"]).succeeds();
        self.virsh(&["net-undefine", "foreign"]).succeeds();
        fs::remove_file(self.foreign_volume()).unwrap();
    }

    pub fn end(&self) {
        self.warp(&["teardown", "all", "--yes"]).succeeds();
    }
}
