//! Named points at which a test can have warp killed, to prove that a rerun resumes from there.

/// Kills this process, as `kill -9` would, when `WARP_FAILPOINT` is this name; else does nothing.
///
/// Points: `mid-define` (a domain is defined, and nothing after that is done), `mid-boot` (a domain was started and
/// has no address yet), `mid-upload` (a part of the agent is at the target), `mid-install` (a detached step was
/// started, and has not been asked after), `before-snapshot` (a stage's snapshot is about to be taken).
pub fn reach(name: &str) {
    if std::env::var_os("WARP_FAILPOINT").is_some_and(|point| point == name) {
        // A destructor, an unwinding panic or a flushed buffer would make the death kinder than a real one.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
}
