//! How this process keeps memory.

/// Keeps what is freed from staying behind in many places: glibc would give every thread an arena of its own, and what
/// fifty hosts had there at different times would add up. To be called before threads are started.
pub(super) fn keep_little() {
    #[cfg(target_env = "gnu")]
    for (parameter, value) in [
        (libc::M_ARENA_MAX, 2),
        // Set, it no longer grows: what is large goes back to the system.
        (libc::M_MMAP_THRESHOLD, 128 << 10),
    ] {
        // SAFETY: it takes two numbers and no other thread runs yet. Where it fails, more memory is taken.
        unsafe { libc::mallopt(parameter, value) };
    }
}
