//! The script of an injection in a root of its own, as an initrd runs it, without booting a guest.

use crate::guests;
use std::fs;
use std::path::Path;
use std::process::Command;
use warp::image::inject::{File, Injection, User, inject};

/// An initrd that names its maker and has nothing else.
fn initrd(dir: &Path) -> Vec<u8> {
    let script = format!(
        "mkdir -p {0}/main/scripts && cd {0}/main && : > scripts/local && find . | cpio -o -H newc --quiet",
        dir.display()
    );
    Command::new("sh").args(["-ec", &script]).output().unwrap().stdout
}

/// Runs each injection's script in the tree, and then `look` in there; gives what that printed.
fn after(injections: &[Injection], before: &str, look: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (i, injection) in injections.iter().enumerate() {
        fs::write(dir.path().join("initrd"), inject(initrd(dir.path()), injection).unwrap()).unwrap();
        // The archive that was added is the last.
        let unpack = format!(
            "cd {0} && mkdir out{i} && cd out{i} && {{ cpio -i --quiet; cpio -i --quiet; }} < ../initrd",
            dir.path().display()
        );
        assert!(Command::new("sh").args(["-ec", &unpack]).status().unwrap().success());
    }
    let runs: String = (0..injections.len())
        .map(|i| format!("chroot root /bin/sh -s < out{i}/warp-injection.sh\n"))
        .collect();
    let script = format!(
        "cd {0}; mkdir root upper; mount -t tmpfs tmpfs upper; mkdir upper/files upper/work
         mount -t overlay -o lowerdir={1}/without,upperdir=upper/files,workdir=upper/work overlay root
         mount -t proc proc root/proc; mount --bind /dev root/dev
         chroot root /bin/sh -ec '{before}' >&2
         {runs} chroot root /bin/sh -ec '{look}'",
        dir.path().display(),
        guests::trees().display(),
    );
    let out = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-ec", &script])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", crate::support::streams(&out));
    String::from_utf8(out.stdout).unwrap()
}

fn asked() -> Injection {
    Injection {
        hostname: Some("node.example.org".to_owned()),
        users: vec![User {
            name: "stack".to_owned(),
            shell: "/bin/sh".to_owned(),
            groups: vec!["new-group".to_owned()],
            sudo: true,
            authorized_keys: vec!["ssh-ed25519 AAAA it's $(mine)".to_owned()],
        }],
        files: vec![File {
            path: "/etc/-n `x` \\ 'y' \"z\" é*".to_owned(),
            mode: "0604".to_owned(),
            owner: "root".to_owned(),
            content: "odd\n".to_owned(),
        }],
        ..Injection::default()
    }
}

#[test]
fn a_guest_with_selinux_is_told_to_label_its_files_once() {
    let look = "test -e /.autorelabel && echo asked || echo not";
    let config = |mode: &str| format!("mkdir -p /etc/selinux; echo SELINUX={mode} > /etc/selinux/config");
    assert_eq!(after(&[asked()], &config("enforcing"), look), "asked\n");
    assert_eq!(after(&[asked()], &config("disabled"), look), "not\n");
    assert_eq!(after(&[asked()], "true", look), "not\n");
    let unasked = Injection { selinux_relabel: false, ..asked() };
    assert_eq!(after(&[unasked], &config("enforcing"), look), "not\n");
}

#[test]
fn names_that_a_shell_would_read_are_written_as_they_are() {
    let look = r#"stat -c "%n %a %U" /etc/-n*; cat /etc/-n*; cat /home/stack/.ssh/authorized_keys; id -Gn stack; cat /etc/hostname; grep -c warp /etc/hosts"#;
    let expected = "/etc/-n `x` \\ 'y' \"z\" é* 604 root\nodd\nssh-ed25519 AAAA it's $(mine)\nstack new-group\nnode.example.org\n1\n";
    assert_eq!(after(&[asked()], "true", look), expected);
    // The same one again does nothing, another one is applied to what is there and adds no second line.
    let other = Injection { commands: vec!["true".to_owned()], ..asked() };
    assert_eq!(after(&[asked(), asked(), other.clone()], "true", look), expected);
    let unit = "readlink -e /etc/systemd/system/multi-user.target.wants/warp-first-boot.service || echo none";
    assert_eq!(
        after(std::slice::from_ref(&other), "true", unit),
        "/etc/systemd/system/warp-first-boot.service\n"
    );
    assert_eq!(after(&[other, asked()], "true", unit), "none\n");
}

#[test]
fn commands_stop_at_the_first_that_fails_and_tell_of_it() {
    let commands = ["echo one", "#!/bin/sh\necho two\nexit 3", "echo three"].map(str::to_owned).to_vec();
    let look =
        "/var/lib/warp/first-boot || true; cat /var/lib/warp/first-boot.status /var/log/warp-first-boot.log";
    let told = after(&[Injection { commands, ..asked() }], "true", look);
    assert_eq!(told, "3\none\ntwo\n/var/lib/warp/first-boot.d/0001 failed: 3\n");
}

#[test]
fn root_writes_through_no_link_of_an_account() {
    let file = File {
        path: "/srv/theirs/file".to_owned(),
        mode: "0644".to_owned(),
        owner: "root".to_owned(),
        content: "root was here\n".to_owned(),
    };
    let injection = Injection { files: vec![file], ..Injection::default() };
    let result = std::panic::catch_unwind(|| {
        after(
            &[injection],
            "mkdir -p /srv/theirs; chown nobody /srv/theirs; ln -s /etc/passwd /srv/theirs/file",
            "true",
        )
    });
    let said = result.unwrap_err();
    let said = said.downcast_ref::<String>().unwrap();
    assert!(said.contains("warp: /srv/theirs/file is not written"), "{said}");
}
