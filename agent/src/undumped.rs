//! Keeping this process's memory, which holds passwords and what tasks were given, out of core files.

/// No core file is written of this process, and no other process of the account may look into it. Programs that it
/// starts are as they ever were.
pub fn never_dump_core() {
    // SAFETY: the call takes plain numbers; where it fails, nothing has changed.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
}
