//! A private sshd for the length of a run.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

const PORT: u16 = 2299;

pub struct Sshd {
    child: Child,
    key: PathBuf,
}

impl Sshd {
    pub fn start(root: &Path) -> Self {
        for name in ["hostkey", "id"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(root.join(name))
                .status()
                .unwrap();
            assert!(made.success());
        }
        fs::copy(root.join("id.pub"), root.join("authorized")).unwrap();
        let _ = fs::create_dir_all("/run/sshd");
        let here = root.display();
        let config = format!(
            "Port {PORT}\nListenAddress 0.0.0.0\nHostKey {here}/hostkey\nAuthorizedKeysFile {here}/authorized\n\
             StrictModes no\nUsePAM no\nPermitRootLogin yes\nMaxSessions 1000\nMaxStartups 1000:30:2000\nPidFile none\n\
             Subsystem sftp internal-sftp\nLogLevel ERROR\n"
        );
        fs::write(root.join("sshd_config"), config).unwrap();
        fs::set_permissions(root.join("id"), fs::Permissions::from_mode(0o600)).unwrap();
        let child =
            Command::new("/usr/sbin/sshd").arg("-D").arg("-f").arg(root.join("sshd_config")).spawn().unwrap();
        let server = Sshd { child, key: root.join("id") };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", PORT)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(5), "sshd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// An inventory of so many hosts, each an address of its own; of none, the local machine.
    pub fn inventory(&self, hosts: usize) -> String {
        if hosts == 0 {
            return "localhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n"
                .to_owned();
        }
        let mut text = format!(
            "[all:vars]\nansible_user=root\nansible_port={PORT}\nansible_ssh_private_key_file={}\n\
             ansible_python_interpreter=/usr/bin/python3\n\
             ansible_ssh_common_args='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'\n[hosts]\n",
            self.key.display()
        );
        for i in 1..=hosts {
            let _ = writeln!(text, "h{i} ansible_host=127.1.0.{i}");
        }
        text
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
