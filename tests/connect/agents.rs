//! The agent on a target: where it is put, what keeps it from there, and as whom it runs.

use crate::sshd::Sshd;
use crate::{call, denied, holds, sessions, unreachable};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use warp::connect::{AgentImage, Become, CallError, Target, Transport};

fn file_name() -> String {
    format!("agent-{}", AgentImage::embedded().sha256())
}

async fn ping(target: &Target) -> Result<(), CallError> {
    let sessions = sessions();
    let outcome = sessions.call(target, call("ping", &[]), None).await?;
    assert!(!outcome.failed);
    sessions.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

fn sudo(target: &Target, user: &str) -> Target {
    Target {
        become_: Some(Become {
            method: "sudo".into(),
            user: user.into(),
            flags: None,
            exe: None,
            password: None,
        }),
        ..target.clone()
    }
}

/// The executables of the agents that a server's connections run.
fn running() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let exe = fs::read_link(entry.path().join("exe")).unwrap_or_default();
        if exe.file_name().is_some_and(|n| n.to_string_lossy() == file_name()) {
            found.push(exe);
        }
    }
    found
}

/// The process of the agent that runs from below a directory.
pub fn running_from(dir: &Path) -> u32 {
    let mut all = fs::read_dir("/proc").unwrap().flatten();
    let found = all.find(|e| fs::read_link(e.path().join("exe")).is_ok_and(|exe| exe.starts_with(dir)));
    found.unwrap().file_name().to_string_lossy().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_placed_once_for_this_account_alone() {
    let sshd = Sshd::start("");
    let cache = sshd.at("home/.cache/warp");
    // What is above in the tests' directory belongs to root and is not written by others.
    ping(&sshd.target()).await.unwrap();
    let placed = cache.join(file_name());
    assert_eq!(fs::metadata(&cache).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::metadata(&placed).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::read(&placed).unwrap(), AgentImage::embedded().bytes().unwrap());
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 1);
    let made = fs::metadata(&placed).unwrap().ino();
    ping(&sshd.target()).await.unwrap();
    assert_eq!(fs::metadata(&placed).unwrap().ino(), made, "it was sent twice");
    // One that was cut short by a crash is replaced.
    fs::write(&placed, b"").unwrap();
    ping(&sshd.target()).await.unwrap();
    assert_eq!(fs::read(&placed).unwrap(), AgentImage::embedded().bytes().unwrap());
    // Several warps at once do not disturb each other.
    fs::remove_file(&placed).unwrap();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let target = sshd.target();
        all.spawn(async move { ping(&target).await.is_ok() });
    }
    assert_eq!(all.join_all().await, [true; 6]);
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_that_others_can_change_are_not_used() {
    let sshd = Sshd::start("");
    let home = sshd.at("home");
    let warp_0 = Path::new("/var/tmp/warp-0").join(file_name());
    let nobody = |path: &Path| std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
    // Each of these is a trap; the agent must then run from /var/tmp/warp-0, and the trap stay as it was.
    let traps: [(&str, &dyn Fn()); 4] = [
        ("a directory of somebody else's", &|| {
            fs::create_dir_all(home.join(".cache/warp")).unwrap();
            nobody(&home.join(".cache/warp"));
        }),
        ("a home of somebody else's", &|| nobody(&home)),
        ("a parent that others write", &|| {
            fs::create_dir_all(home.join(".cache")).unwrap();
            fs::set_permissions(home.join(".cache"), fs::Permissions::from_mode(0o777)).unwrap();
        }),
        ("a link", &|| {
            fs::create_dir_all(home.join(".cache")).unwrap();
            fs::create_dir_all(home.join("elsewhere")).unwrap();
            fs::set_permissions(home.join("elsewhere"), fs::Permissions::from_mode(0o700)).unwrap();
            symlink("../elsewhere", home.join(".cache/warp")).unwrap();
        }),
    ];
    for (what, set) in traps {
        let _ = fs::remove_dir_all(&home);
        fs::create_dir(&home).unwrap();
        set();
        let sessions = sessions();
        sessions.call(&sshd.target(), call("ping", &[]), None).await.unwrap();
        assert!(running().contains(&warp_0), "{what}: {:?}", running());
        sessions.shutdown(Duration::from_secs(5)).await;
        let found = Command::new("find").arg(&home).args(["-name", "agent-*"]).output().unwrap();
        assert_eq!(found.stdout, b"", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_without_programs_or_space_sends_it_elsewhere() {
    let sshd = Sshd::start("");
    let home = sshd.at("home");
    let mount = |options: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "warp-test"]).arg(&home).status().unwrap().success()
    };
    for options in ["mode=755,noexec", "mode=755,size=200k", "mode=755,ro"] {
        assert!(mount(options), "the test needs root to mount {options}");
        let result = ping(&sshd.target()).await;
        let left = Command::new("find").arg(&home).args(["-type", "f"]).output().unwrap();
        assert!(Command::new("umount").arg("-l").arg(&home).status().unwrap().success());
        result.unwrap();
        assert_eq!(left.stdout, b"", "{options}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn login_shells_that_print_do_not_confuse() {
    // ForceCommand stands for a profile that greets, with and without a line's end, and in binary.
    for greeting in
        ["echo Welcome; ", "printf 'no line end'; ", "head -c 100000 /dev/urandom; ", "echo to-stderr >&2; "]
    {
        let sshd = Sshd::start(&format!("ForceCommand {greeting} eval \"$SSH_ORIGINAL_COMMAND\""));
        ping(&sshd.target()).await.unwrap_or_else(|e| panic!("{greeting}: {e:?}"));
    }
    let sshd = Sshd::start("ForceCommand echo This account is not available.; exit 1");
    let error = unreachable(ping(&sshd.target()).await);
    holds(
        &error,
        &["could not start the agent: exit status 1", "it printed: This account is not available."],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_processor_is_refused_by_name() {
    let sshd = Sshd::start("");
    // The target's own idea of its processor.
    fs::create_dir(sshd.at("bin")).unwrap();
    fs::write(sshd.at("bin/uname"), "#!/bin/sh\necho Linux riscv64\n").unwrap();
    fs::set_permissions(sshd.at("bin/uname"), fs::Permissions::from_mode(0o755)).unwrap();
    let sshd2 = Sshd::start(&format!(
        "ForceCommand PATH={}:$PATH; eval \"$SSH_ORIGINAL_COMMAND\"",
        sshd.at("bin").display()
    ));
    let error = unreachable(ping(&sshd2.target()).await);
    holds(&error, &["the agent does not run on Linux riscv64"]);
    assert_eq!(fs::read_dir(sshd2.at("home/.cache/warp")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sudo_runs_an_agent_of_the_other_account() {
    let sshd = Sshd::start("");
    let sessions = sessions();
    let plain = sshd.target();
    let nobody = sudo(&plain, "nobody");
    sessions.call(&plain, call("ping", &[]), None).await.unwrap();
    sessions.call(&nobody, call("ping", &[]), None).await.unwrap();
    // Two agents, each from its own account's directory, over one connection.
    let theirs = Path::new("/var/tmp/warp-65534").join(file_name());
    assert_eq!(fs::metadata(&theirs).unwrap().uid(), 65534);
    assert!(
        running().contains(&theirs) && running().contains(&sshd.at("home/.cache/warp").join(file_name()))
    );
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1);
    // And it is that account: it cannot read what only root can.
    let to = sshd.at("fetched");
    let secret = sshd.at("host_ed25519").display().to_string();
    assert!(sessions.read(&nobody, &secret, &to).await.unwrap().failed);
    assert!(!to.exists());
    assert!(!sessions.read(&plain, &secret, &to).await.unwrap().failed);
    let raw = sessions.raw(&nobody, "id -un").await.unwrap();
    assert_eq!((raw.rc, raw.stdout.as_slice()), (0, &b"nobody\n"[..]));
    sessions.shutdown(Duration::from_secs(5)).await;

    let local = Target { transport: Transport::Local(std::path::PathBuf::new()), ..plain };
    let sessions = crate::sessions();
    let raw = sessions.raw(&sudo(&local, "nobody"), "id -un; echo err >&2; exit 7").await.unwrap();
    assert_eq!((raw.rc, raw.stdout.as_slice(), raw.stderr.as_slice()), (7, &b"nobody\n"[..], &b"err\n"[..]));
    assert!(sessions.read(&sudo(&local, "nobody"), &secret, &to).await.unwrap().failed);
    assert!(!sessions.read(&local, &secret, &to).await.unwrap().failed);
    sessions.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sudo_refuses_is_told_as_such() {
    let sshd = Sshd::start("");
    let plain = sshd.target();
    let as_nobody = |method: &str, user: &str, exe: Option<String>| Target {
        become_: Some(Become { method: method.into(), user: user.into(), flags: None, exe, password: None }),
        ..plain.clone()
    };
    let error = denied(ping(&as_nobody("sudo", "no-such-user", None)).await);
    holds(
        &error,
        &[
            &format!("guest (ssh root@127.0.0.1 port {}): become no-such-user by sudo", sshd.port),
            "there is no such account",
            "sudo said:",
        ],
    );
    let error = denied(ping(&as_nobody("sudo", "root", Some("/no/sudo".into()))).await);
    holds(&error, &["become root by sudo", "/no/sudo", "see that /no/sudo is installed"]);
    let error = denied(ping(&as_nobody("doas", "root", None)).await);
    holds(&error, &["become_method doas is not supported yet"]);
    // nobody has no rule: sudo on the way from nobody to root wants a password it cannot ask for.
    let script = sshd.at("as-nobody");
    fs::write(&script, "#!/bin/sh\nexec sudo -n -u nobody -- sudo \"$@\"\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let error = denied(ping(&as_nobody("sudo", "root", Some(script.display().to_string()))).await);
    holds(&error, &["cannot become root: sudo asks for a password", "NOPASSWD"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_needs_no_agent() {
    let sshd = Sshd::start("");
    let sessions = sessions();
    let raw = sessions.raw(&sshd.target(), "cat; echo out; echo err >&2; exit 3").await.unwrap();
    assert_eq!((raw.rc, raw.stdout.as_slice(), raw.stderr.as_slice()), (3, &b"out\n"[..], &b"err\n"[..]));
    assert!(!sshd.at("home/.cache").exists());
    let big = sessions
        .raw(&sshd.target(), "head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2")
        .await
        .unwrap();
    assert_eq!((big.stdout.len(), big.stderr.len()), (3_000_000, 300_000));
}
