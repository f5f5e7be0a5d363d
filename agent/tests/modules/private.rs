//! A machine of a test's own: namespaces for everything that the test starts, so that both sides may change it.

use std::process::Command;

/// Runs a test with a network of its own; where this account may not have one, nothing, which is said.
pub fn network(test: impl FnOnce() + Send + 'static) {
    within(libc::CLONE_NEWNET, test);
}

/// Runs a test on a machine whose name, like these directories, only it sees changed.
pub fn name_and_files(overlaid: &'static [&'static str], test: impl FnOnce() + Send + 'static) {
    overlay(libc::CLONE_NEWUTS | libc::CLONE_NEWNS, overlaid, test);
}

/// Runs a test that sees these directories as they are, and whose changes to them nobody else sees.
pub fn files(overlaid: &'static [&'static str], test: impl FnOnce() + Send + 'static) {
    overlay(libc::CLONE_NEWNS, overlaid, test);
}

fn overlay(kind: libc::c_int, overlaid: &'static [&'static str], test: impl FnOnce() + Send + 'static) {
    within(kind, move || {
        let mut script = "set -e; mount --make-rprivate /; mount -t tmpfs none /mnt; ".to_owned();
        for (n, path) in overlaid.iter().enumerate() {
            script += &format!(
                "mkdir -p /mnt/u{n} /mnt/w{n}; \
                 mount -t overlay overlay -o lowerdir={path},upperdir=/mnt/u{n},workdir=/mnt/w{n} {path}; "
            );
        }
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
        test();
    });
}

/// On a thread of its own: what it starts is in its namespaces, other tests are not.
fn within(kind: libc::c_int, test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(move || {
        // SAFETY: a plain number; it changes what this thread sees, and what it starts.
        if unsafe { libc::unshare(kind) } == 0 {
            test();
        } else {
            eprintln!("nothing was tested: namespaces need root");
        }
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
