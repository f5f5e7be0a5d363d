//! A private sshd with keys of its own, on a free port of every loopback address.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server for one test; it ends with it.
pub struct Sshd {
    /// Keys, configuration, home and log.
    pub dir: tempfile::TempDir,
    /// Where it listens.
    pub port: u16,
    child: Child,
}

/// Makes a key pair; `extra` are more arguments for ssh-keygen.
pub fn keygen(path: &Path, kind: &str, extra: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", kind, "-N"]);
    command.args(if extra.is_empty() { &[""] } else { extra });
    assert!(command.arg("-f").arg(path).status().unwrap().success());
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Sshd {
    /// With the lines of `more` in its configuration; it listens on 127.0.0.1 unless they say where.
    pub fn start(more: &str) -> Sshd {
        Self::start_by(more, |_| Command::new("/usr/sbin/sshd"))
    }

    /// On a machine of its own: real accounts of these names and passwords, made in a mount namespace in which what the
    /// system knows of accounts is overlaid, and the rules of `sudoers`. Their homes are in the server's directory.
    pub fn start_with_accounts(more: &str, accounts: &[(&str, &str)], sudoers: &str) -> Sshd {
        Self::start_on_machine(more, |dir| {
            let d = dir.display();
            for part in ["upper", "work"] {
                fs::create_dir(dir.join(part)).unwrap();
            }
            let lines: String =
                accounts.iter().map(|(name, password)| format!("{name}:{password}\n")).collect();
            fs::write(dir.join("passwords"), lines).unwrap();
            fs::write(dir.join("sudoers"), format!("{sudoers}\n")).unwrap();
            let mut script = format!(
                "mount -t overlay overlay -o lowerdir=/etc,upperdir={d}/upper,workdir={d}/work /etc
                 mount -t tmpfs tmpfs /root; mount -t tmpfs -o mode=1777 tmpfs /var/tmp
                 for s in sshd sudo su; do
                   printf '%s required pam_unix.so\\n' auth account > /etc/pam.d/$s
                   echo 'session required pam_permit.so' >> /etc/pam.d/$s
                 done
                 install -m 440 sudoers /etc/sudoers.d/test\n"
            );
            // No password is needed to become somebody from root.
            script += "sed -i '1i auth sufficient pam_rootok.so' /etc/pam.d/su\n";
            for (name, _) in accounts {
                script += &format!(
                    "useradd -M -s /bin/sh -d {d}/{name} {name}; mkdir -m 700 {name}; chown {name}: {name}\n"
                );
            }
            script + "chpasswd < passwords\n"
        })
    }

    /// In a mount namespace that a script sets up, given the server's directory, in which it starts.
    pub fn start_on_machine(more: &str, script: impl FnOnce(&Path) -> String) -> Sshd {
        Self::start_by(more, |dir| {
            let (d, script) = (dir.display(), script(dir));
            let whole =
                format!("set -e; mount --make-rprivate /; cd {d}\n{script}\nexec /usr/sbin/sshd \"$@\"");
            let mut command = Command::new("unshare");
            command.args(["-m", "sh", "-c", &whole, "sshd"]);
            command
        })
    }

    fn start_by(more: &str, program: impl FnOnce(&Path) -> Command) -> Sshd {
        let dir = tempfile::Builder::new().prefix("warp-sshd-").tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| dir.path().join(name);
        keygen(&at("host_ed25519"), "ed25519", &[]);
        keygen(&at("id"), "ed25519", &[]);
        fs::copy(at("id.pub"), at("authorized_keys")).unwrap();
        fs::create_dir(at("home")).unwrap();
        // sshd separates its privileges here, whichever directory its package names.
        fs::create_dir_all("/run/sshd").unwrap();
        let port = free_port();
        let listen = if more.contains("ListenAddress") { "" } else { "ListenAddress 127.0.0.1\n" };
        let config = format!(
            "{more}\nPort {port}\n{listen}HostKey {0}/host_ed25519\n\
             AuthorizedKeysFile {0}/authorized_keys\nStrictModes no\nUsePAM no\nPidFile none\n\
             PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nLogLevel VERBOSE\n\
             {1}",
            dir.path().display(),
            // A server of an old system has not heard of it; its root has a home of his own.
            if more.contains("no SetEnv") {
                String::new()
            } else {
                format!("Match User root\nSetEnv HOME={}/home\n", dir.path().display())
            }
        );
        fs::write(at("sshd_config"), config).unwrap();
        let log = fs::File::create(at("log")).unwrap();
        let child = program(dir.path())
            .args(["-D", "-e", "-f"])
            .arg(at("sshd_config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("openssh-server is installed");
        let sshd = Sshd { dir, port, child };
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "sshd did not start: {}", sshd.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        sshd.know("host_ed25519.pub");
        sshd
    }

    /// A file in the server's directory.
    pub fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.at("log")).unwrap_or_default()
    }

    /// Writes known_hosts with this public key.
    pub fn know(&self, public: &str) {
        let key = fs::read_to_string(self.at(public)).unwrap();
        fs::write(self.at("known_hosts"), format!("[127.0.0.1]:{} {key}", self.port)).unwrap();
    }

    /// The variables that lead an inventory's hosts here, one a line.
    pub fn variables(&self) -> String {
        format!(
            "ansible_host=127.0.0.1\nansible_user=root\nansible_port={}\nansible_ssh_private_key_file={}\n\
             ansible_python_interpreter=/usr/bin/python3\n\
             ansible_ssh_common_args='-F none -o UserKnownHostsFile={} -o GlobalKnownHostsFile=none'\n",
            self.port,
            self.at("id").display(),
            self.at("known_hosts").display()
        )
    }

    /// Ends the server and all its connections.
    pub fn cut(&mut self) {
        // Its children of one connection each are told by their parent's id, which becomes 1 only when it has died.
        let children =
            Command::new("ps").args(["-o", "pid=", "--ppid", &self.child.id().to_string()]).output();
        let _ = self.child.kill();
        let _ = self.child.wait();
        for pid in String::from_utf8_lossy(&children.unwrap().stdout).split_whitespace() {
            let _ = Command::new("kill").args(["-9", pid]).stderr(Stdio::null()).status();
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
    }
}
