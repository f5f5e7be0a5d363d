//! A libvirtd of warp's own, for one lab: its own directories, mount namespace and network namespace.
//!
//! It outlives warp, as its guests do, and is found again by its socket. Killed, it is started anew over the same
//! directories and namespace, and takes its running guests back.

use super::conf;
use crate::error::{Error, Result};
use crate::lab::program::{self, COMMON, PRIVATE};
use crate::lab::{libvirt, netns, trust};
use nix::fcntl::{FcntlArg, Flock, FlockArg, fcntl};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::{CStr, CString};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use virt::connect::Connect;

/// Where the sockets are: a short path, because the address of a Unix socket holds 108 bytes.
const RUN: &str = "/run/warp";

/// How long the daemon may take to answer, and to end.
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// The private daemon of a lab, running or not.
pub struct Private {
    /// `/run/warp/ID`: what `/run/libvirt` is to it, and its accounts. Gone after a restart of the machine.
    run: PathBuf,
    /// `LWD/.warp/libvirt`: its settings, state, logs and caches.
    state: PathBuf,
    namespace: String,
}

impl Private {
    /// That of the lab with this id, whose own directory is `directory`.
    #[must_use]
    pub fn new(id: &str, directory: &Path) -> Self {
        Private {
            run: Path::new(RUN).join(id),
            state: directory.join("libvirt"),
            namespace: Self::namespace(id),
        }
    }

    /// The name of the network namespace of the lab with this id.
    #[must_use]
    pub fn namespace(id: &str) -> String {
        format!("warp-{id}")
    }

    /// Its connection's URI; a socket path is part of it.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("qemu+unix:///system?socket={}/libvirt/libvirt-sock", self.run.display())
    }

    /// Its process, while it runs.
    ///
    /// libvirtd locks its pid file for as long as it lives, so the kernel names the holder: a pid that another
    /// process got since cannot be mistaken for it.
    #[must_use]
    pub fn process(&self) -> Option<Pid> {
        let file = File::open(self.pid_file()).ok()?;
        // SAFETY: an all-zero flock asks for the whole file.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = libc::F_WRLCK as libc::c_short;
        fcntl(&file, FcntlArg::F_GETLK(&mut lock)).ok()?;
        (lock.l_type != libc::F_UNLCK as libc::c_short).then(|| Pid::from_raw(lock.l_pid))
    }

    /// Whether it ever was there, and may hold something.
    #[must_use]
    pub fn was_made(&self) -> bool {
        self.state.exists()
    }

    /// A connection to it, after starting it where it does not run.
    ///
    /// # Errors
    /// Programs that are missing, directories that others can change, or a daemon that does not come up.
    pub fn connect(&self) -> Result<Connect> {
        if let Ok(connect) = super::open(&self.uri()) {
            return Ok(connect);
        }
        let _one_at_a_time = self.prepare()?;
        // Another warp may have started it meanwhile.
        if self.process().is_none() {
            let child = self.start()?;
            return self.await_answer(Some(child));
        }
        self.await_answer(None)
    }

    /// Ends the daemon and removes its namespace and directories. Its guests and networks must be gone before.
    ///
    /// # Errors
    /// A daemon that does not end, or a kernel that refuses.
    pub fn remove(&self) -> Result<()> {
        if let Some(pid) = self.process() {
            for signal in [Signal::SIGTERM, Signal::SIGKILL] {
                let _ = kill(pid, signal);
                let deadline = Instant::now() + STOP_LIMIT;
                while self.process() == Some(pid) && Instant::now() < deadline {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            if self.process() == Some(pid) {
                return Err(Error::other(format!("libvirtd, process {pid}, does not end")));
            }
        }
        netns::remove(&self.namespace)?;
        for directory in [&self.run, &self.state] {
            match fs::remove_dir_all(directory) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::other(format!("cannot remove {}: {e}", directory.display())));
                }
                _ => {}
            }
        }
        // Shared with other labs: it goes with the last of them.
        let _ = fs::remove_dir(RUN);
        Ok(())
    }

    fn pid_file(&self) -> PathBuf {
        self.run.join("libvirt/warp-libvirtd.pid")
    }

    /// Its directories, and what they are to it.
    fn directories(&self) -> [(PathBuf, &'static str); 5] {
        [
            (self.state.join("etc"), "/etc/libvirt"),
            (self.state.join("lib"), "/var/lib/libvirt"),
            (self.state.join("log"), "/var/log/libvirt"),
            (self.state.join("cache"), "/var/cache/libvirt"),
            (self.run.join("libvirt"), "/run/libvirt"),
        ]
    }

    /// Its files of accounts, and what they are to it.
    fn accounts(&self) -> [(PathBuf, &'static str); 2] {
        [(self.run.join("passwd"), "/etc/passwd"), (self.run.join("group"), "/etc/group")]
    }

    /// Makes what the daemon stands on, and gives a lock that keeps other warps from doing the same.
    fn prepare(&self) -> Result<Flock<File>> {
        require_programs()?;
        let failed = |e: io::Error| Error::other(format!("cannot prepare a libvirt daemon: {e}"));
        make_directory(Path::new(RUN), 0o755).map_err(failed)?;
        trust::check(Path::new(RUN))?;
        make_directory(&self.state, 0o700).map_err(failed)?;
        trust::check(&self.state)?;
        let lock = File::open(RUN).map_err(failed)?;
        let lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, e)| failed(e.into()))?;
        make_directory(&self.run, 0o700).map_err(failed)?;
        for (directory, seen_as) in self.directories() {
            // dnsmasq gives root's rights up and reads its files again later.
            make_directory(&directory, 0o755).map_err(failed)?;
            fs::create_dir_all(seen_as).map_err(failed)?;
        }
        conf::write(&self.state.join("etc")).map_err(failed)?;
        conf::write_accounts(&self.run).map_err(failed)?;
        if !netns::exists(&self.namespace) {
            netns::create(&self.namespace)?;
        }
        Ok(lock)
    }

    fn start(&self) -> Result<Child> {
        let failed = |e: io::Error| Error::other(format!("cannot start libvirtd: {e}"));
        let namespace = File::open(netns::path(&self.namespace)).map_err(failed)?;
        let output = File::create(self.state.join("log/output")).map_err(failed)?;
        let mounts: Vec<(CString, CString)> = self
            .directories()
            .iter()
            .chain(&self.accounts())
            .map(|(from, to)| Ok((CString::new(from.as_os_str().as_bytes())?, CString::new(*to)?)))
            .collect::<Result<_, std::ffi::NulError>>()
            .map_err(|e| failed(e.into()))?;
        let mut command = Command::new(program::find("libvirtd").unwrap_or_else(|| "libvirtd".into()));
        command
            .args(["--pid-file", "/run/libvirt/warp-libvirtd.pid"])
            .env_clear()
            .env("PATH", program::PATH)
            .env("HOME", "/root")
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output);
        // SAFETY: between fork and exec `enter` makes system calls only: all its texts were made before.
        unsafe { command.pre_exec(move || enter(&namespace, &mounts).map_err(Into::into)) };
        command.spawn().map_err(failed)
    }

    fn await_answer(&self, mut child: Option<Child>) -> Result<Connect> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let refused = match super::open(&self.uri()) {
                Ok(connect) => {
                    if let Some(mut child) = child {
                        // Should it die while warp lives, somebody has to collect it.
                        std::thread::spawn(move || child.wait());
                    }
                    return Ok(connect);
                }
                Err(e) => e,
            };
            let ended = child.as_mut().and_then(|c| c.try_wait().ok().flatten());
            if ended.is_some() || Instant::now() > deadline {
                let error = match ended {
                    Some(status) => Error::other(format!("libvirtd ended at once ({status})")),
                    None => libvirt::error("libvirtd does not answer", &refused),
                };
                return Err(self.explain(error));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn explain(&self, mut error: Error) -> Error {
        let log = self.state.join("log/libvirtd.log");
        for file in [&log, &self.state.join("log/output")] {
            let text = fs::read_to_string(file).unwrap_or_default();
            if let Some(line) = text.lines().rfind(|l| l.contains("error")) {
                error = error.note(line);
            }
        }
        error.help(format!("its log is {}", log.display()))
    }
}

/// In the child, before libvirtd: a session, a network and mounts of its own.
fn enter(namespace: &File, mounts: &[(CString, CString)]) -> nix::Result<()> {
    const NONE: Option<&CStr> = None;
    nix::unistd::setsid()?;
    setns(namespace, CloneFlags::CLONE_NEWNET)?;
    unshare(CloneFlags::CLONE_NEWNS)?;
    // Slave: what is mounted here stays here, what the machine unmounts goes here too.
    mount(NONE, c"/", NONE, MsFlags::MS_REC | MsFlags::MS_SLAVE, NONE)?;
    for (from, to) in mounts {
        mount(Some(from.as_c_str()), to.as_c_str(), NONE, MsFlags::MS_BIND, NONE)?;
    }
    // /sys shows the network interfaces of the namespace in which it was mounted.
    mount(Some(c"sysfs"), c"/sys", Some(c"sysfs"), MsFlags::empty(), NONE)
}

fn make_directory(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(mode).create(path)
}

fn require_programs() -> Result<()> {
    let missing = program::missing(COMMON.into_iter().chain(PRIVATE));
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|program| program.name).collect();
    Err(Error::other(format!("a lab needs programs that are not here: {}", names.join(", ")))
        .help(format!("apt-get install {}", program::packages(&missing).join(" "))))
}
