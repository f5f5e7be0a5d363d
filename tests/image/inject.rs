//! What is appended to an initrd.

use crate::fixture::run;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use warp::error::Result;
use warp::image::inject::{File, HostKey, Injection, User, inject};

/// An initrd in `dir` of these files, made by the tools that make real ones: a plain archive, then a compressed one.
fn initrd(dir: &Path, files: &[(&str, &str)], compress: &str) {
    for (root, files) in
        [("early", &[("kernel/x86/microcode/GenuineIntel.bin", "microcode")][..]), ("main", files)]
    {
        for (path, content) in files {
            let path = dir.join(root).join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }
    let script = format!(
        "cd {0}/early && find . | cpio -o -H newc --quiet > {0}/initrd; \
         cd {0}/main && find . | cpio -o -H newc --quiet | {compress} >> {0}/initrd",
        dir.display()
    );
    run("sh", &["-ec", &script]);
}

/// The part that was added, unpacked by cpio; its listing.
fn added(dir: &Path) -> Vec<String> {
    let (before, after) =
        (std::fs::read(dir.join("initrd")).unwrap(), std::fs::read(dir.join("injected")).unwrap());
    assert!(after.starts_with(&before), "what was there is kept");
    let start = before.len().next_multiple_of(4);
    assert!(after[before.len()..start].iter().all(|b| *b == 0));
    std::fs::write(dir.join("added"), &after[start..]).unwrap();
    let script =
        format!("mkdir -p {0}/out && cd {0}/out && cpio -idmv --quiet < {0}/added 2>&1", dir.display());
    run("sh", &["-ec", &script]).lines().map(str::to_owned).collect()
}

/// Injects into `initrd`, to `injected`.
fn inject_file(dir: &Path) -> Result<()> {
    let injected = inject(std::fs::read(dir.join("initrd")).unwrap(), &injection())?;
    std::fs::write(dir.join("injected"), injected).unwrap();
    Ok(())
}

fn injection() -> Injection {
    Injection {
        hostname: Some("undercloud.localdomain".to_owned()),
        users: vec![User {
            name: "stack".to_owned(),
            shell: "/bin/bash".to_owned(),
            groups: vec!["adm".to_owned()],
            sudo: true,
            authorized_keys: vec!["ssh-ed25519 AAAA me@here".to_owned()],
        }],
        root_authorized_keys: vec!["ssh-ed25519 BBBB it's".to_owned()],
        host_keys: vec![HostKey { private: "PRIVATE".to_owned(), public: "ssh-ed25519 CCCC".to_owned() }],
        files: vec![File {
            path: "/root/.ssh/id_rsa_virt_power".to_owned(),
            mode: "0600".to_owned(),
            owner: "root".to_owned(),
            content: "secret'\n".to_owned(),
        }],
        ..Injection::default()
    }
}

#[test]
fn initramfs_tools_keeps_its_order() {
    for compress in ["cat", "gzip", "xz --check=crc32", "zstd -q", "lz4 -lq"] {
        let dir = TempDir::new().unwrap();
        let dir = dir.path();
        let order = "/scripts/local-bottom/ntfs_3g \"$@\"\n[ -e /conf/param.conf ] && . /conf/param.conf\n";
        initrd(dir, &[("scripts/local", ""), ("scripts/local-bottom/ORDER", order)], compress);
        inject_file(dir).unwrap_or_else(|e| panic!("{compress}: {e}"));
        let names = added(dir);
        let expected = [
            "warp-injection.sh",
            "warp-initrd",
            "scripts",
            "scripts/local-bottom",
            "scripts/local-bottom/warp",
            "scripts/local-bottom/ORDER",
        ];
        assert_eq!(names, expected, "{compress}");
        let written = std::fs::read_to_string(dir.join("out/scripts/local-bottom/ORDER")).unwrap();
        let ours = "/scripts/local-bottom/warp \"$@\"\n[ -e /conf/param.conf ] && . /conf/param.conf\n";
        assert_eq!(written, format!("{order}{ours}"), "{compress}");
        for script in ["warp-injection.sh", "scripts/local-bottom/warp"] {
            run("sh", &["-n", dir.join("out").join(script).to_str().unwrap()]);
        }
        let mode =
            |name: &str| run("stat", &["-c", "%a", dir.join(name).to_str().unwrap()]).trim().to_owned();
        assert_eq!(mode("out/scripts/local-bottom/warp"), "755");
        assert_eq!(mode("out/warp-injection.sh"), "600");
    }
}

#[test]
fn dracut_gets_a_hook_where_its_hooks_are() {
    for hooks in ["usr/lib/dracut/hooks", "var/lib/dracut/hooks"] {
        let dir = TempDir::new().unwrap();
        let dir = dir.path();
        initrd(dir, &[(&format!("{hooks}/pre-pivot/85-write.sh"), "")], "gzip");
        inject_file(dir).unwrap();
        let hook = format!("{hooks}/pre-pivot/99-warp.sh");
        assert_eq!(added(dir), ["warp-injection.sh", "warp-initrd", &hook]);
    }
}

#[test]
fn initrds_that_are_not_understood_are_refused() {
    let dir = TempDir::new().unwrap();
    let dir = dir.path();
    let error = |bytes: &[u8]| {
        std::fs::write(dir.join("initrd"), bytes).unwrap();
        inject_file(dir).unwrap_err().to_string()
    };
    assert!(error(b"BZh9").contains("compressed with bzip2; gzip, lz4, xz and zstd are read"));
    assert!(error(&[0x02, 0x21, 0x4c, 0x18, 4, 0, 0, 0, 255, 255, 255, 255]).contains("cannot be unpacked"));
    assert!(error(b"\x7fELF").contains("what is at byte 0 is no archive"));
    initrd(dir, &[("init", "")], "zstd -q");
    let whole = std::fs::read(dir.join("initrd")).unwrap();
    assert!(error(&whole).contains("neither initramfs-tools nor dracut made this initrd"));
    assert!(error(&whole[..whole.len() - 9]).contains("the initrd cannot be unpacked"));
    assert!(!dir.join("injected").exists());
}

#[test]
fn names_that_a_shell_would_read_are_refused() {
    let refused = |change: &dyn Fn(&mut Injection)| {
        let mut injection = injection();
        change(&mut injection);
        inject(Vec::new(), &injection).unwrap_err().message().to_owned()
    };
    assert_eq!(refused(&|i| i.users[0].name = "a b".into()), "\"a b\" is no name of an account or group");
    assert_eq!(
        refused(&|i| i.users[0].groups = vec!["$(x)".into()]),
        "\"$(x)\" is no name of an account or group"
    );
    assert_eq!(refused(&|i| i.hostname = Some("a;b".into())), "\"a;b\" is no host name");
    assert_eq!(
        refused(&|i| i.files[0].path = "/etc/../x".into()),
        "the path \"/etc/../x\" cannot be injected"
    );
    assert_eq!(refused(&|i| i.files[0].path = "/a\nb".into()), "the path \"/a\\nb\" cannot be injected");
    assert_eq!(refused(&|i| i.users[0].shell = "sh".into()), "the path \"sh\" cannot be injected");
    assert_eq!(
        refused(&|i| i.files[0].mode = "4755".into()),
        "the mode of /root/.ssh/id_rsa_virt_power is not octal up to 0777: \"4755\""
    );
    assert_eq!(
        refused(&|i| i.host_keys[0].public = "x".into()),
        "a host key of the kind \"x\" cannot be injected"
    );
    assert!(refused(&|i| i.root_authorized_keys = vec!["a\nb".into()]).contains("is not one line"));
}

/// Keys are secrets: they are in no argument of any command that the script runs.
#[test]
fn the_script_says_nothing_in_the_clear() {
    let dir = TempDir::new().unwrap();
    let dir = dir.path();
    initrd(dir, &[("scripts/local", "")], "cat");
    inject_file(dir).unwrap();
    added(dir);
    let script = std::fs::read_to_string(dir.join("out/warp-injection.sh")).unwrap();
    assert!(!script.contains("PRIVATE") && !script.contains("secret"));
    let decoded = Command::new("sh")
        .args([
            "-c",
            "grep -o 'printf %s [^ ]* | put /etc/ssh/ssh_host_ed25519_key 0600' | cut -d' ' -f3 | base64 -d",
        ])
        .stdin(std::fs::File::open(dir.join("out/warp-injection.sh")).unwrap())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert_eq!(decoded.stdout, b"PRIVATE\n");
}
