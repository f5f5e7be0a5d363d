//! The scripts of the undercloud's first boot, rendered by the plays' own variables and run in a root of their own with
//! stand-ins for what changes a system: as root.

use crate::fixture::run;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The scripts that a deployment with these variables gives its guest, as files; or why there are none.
fn rendered(dir: &Path, vars: &str) -> Result<usize, String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(dir.join("tasks")).unwrap();
    for folder in ["vars", "templates"] {
        let _ = symlink(project.join(folder), dir.join(folder));
    }
    let play = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  \
                vars_files: [../vars/common.yml, ../vars/first_boot.yml]\n  tasks:\n    \
                - copy: {dest: '{{ playbook_dir }}/{{ index }}.sh', content: '{{ item }}', mode: '0700'}\n      \
                loop: '{{ undercloud_first_boot }}'\n      loop_control: {index_var: index, label: ''}\n";
    fs::write(dir.join("tasks/play.yml"), play).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_warp"))
        .args(["play", "-i", "localhost,", "-e", vars, "-e", "workspace=/w"])
        .arg(dir.join("tasks/play.yml"))
        .output()
        .unwrap();
    if !out.status.success() {
        return Err(String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap());
    }
    Ok((0..).take_while(|i| dir.join(format!("tasks/{i}.sh")).exists()).count())
}

/// A root with the machine's programs in it; those of `STAND_INS` only write down how they were called.
struct Root(TempDir);

const STAND_INS: &[(&str, &str)] = &[
    ("yum", "case $* in *no-such*) exit 1 ;; esac"),
    ("findmnt", "echo /dev/vda1 $TYPE"),
    ("xfs_growfs", ""),
    ("resize2fs", ""),
    ("dd", "touch /swapfile"),
    ("mkswap", ""),
    ("swapon", ""),
    ("setenforce", ""),
    ("curl", "while [ $1 != --output ]; do shift; done; cp /served $2"),
];

impl Root {
    fn new() -> Root {
        let root = Root(TempDir::new().unwrap());
        for folder in [
            "usr",
            "proc",
            "dev",
            "tmp",
            "etc/yum.repos.d",
            "etc/selinux",
            "etc/sysconfig/network-scripts",
            "stand-ins",
        ] {
            fs::create_dir_all(root.path(folder)).unwrap();
        }
        for link in ["bin", "sbin", "lib", "lib64"] {
            symlink(format!("usr/{link}"), root.path(link)).unwrap();
        }
        for (name, does) in STAND_INS {
            let path = root.path(&format!("stand-ins/{name}"));
            let told = if *name == "findmnt" { "" } else { "echo \"${0##*/} $*\" >> /told\n" };
            fs::write(&path, format!("#!/bin/sh\n{told}{does}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for (file, content) in [
            ("etc/hosts", "::1 localhost\n"),
            ("etc/fstab", "/dev/vda1 / xfs defaults 0 0\n"),
            ("etc/selinux/config", "SELINUX=enforcing\n"),
            ("served", "[delorean]\nname=delorean\npriority=1\n[delorean-x]\nname=x\n"),
            ("told", ""),
        ] {
            fs::write(root.path(file), content).unwrap();
        }
        root
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs a script in it; says whether it ended well, what it printed, and which stand-ins it called.
    fn run(&self, script: &Path, kind: &str) -> (bool, String, Vec<String>) {
        fs::copy(script, self.path("script")).unwrap();
        fs::write(self.path("told"), "").unwrap();
        let inside = "cd \"$1\" && mount --bind /usr usr && mount --bind /dev dev && \
                      exec chroot . /usr/bin/env -i TYPE=\"$2\" PATH=/stand-ins:/usr/sbin:/usr/bin /script";
        let out = Command::new("unshare")
            .args(["-m", "sh", "-c", inside, "sh", self.0.path().to_str().unwrap(), kind])
            .output()
            .unwrap();
        let said = String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap();
        (out.status.success(), said, self.read("told").lines().map(str::to_owned).collect())
    }
}

#[test]
fn an_image_becomes_an_undercloud() {
    let dir = TempDir::new().unwrap();
    let vars = r#"{"overcloud_as_undercloud": true, "convert_image_tempest_plugins": ["no-such-plugin"]}"#;
    assert_eq!(rendered(dir.path(), vars), Ok(1));
    let (root, script) = (Root::new(), dir.path().join("tasks/0.sh"));
    let (well, said, told) = root.run(&script, "xfs");
    assert!(well, "{said}");
    assert!(said.contains("no-such-plugin is not there: going on without it"), "{said}");
    assert_eq!(
        told,
        [
            "xfs_growfs /",
            "yum -y update",
            "yum -y remove cloud-init python-django-horizon openstack-dashboard",
            "yum -y install python-tripleoclient",
            "yum -y install openstack-tempest",
            "yum -y install no-such-plugin",
            "dd if=/dev/zero of=/swapfile bs=1M count=4096 status=none",
            "mkswap /swapfile",
            "swapon --all",
            "setenforce 0",
        ]
    );
    assert_eq!(root.read("etc/hosts"), "::1 localhost\n127.0.0.1 localhost localhost.localdomain\n");
    assert_eq!(root.read("etc/selinux/config"), "SELINUX=permissive\n");
    assert!(root.read("etc/sysconfig/network-scripts/ifcfg-eth0").contains("BOOTPROTO=dhcp\n"));
    let fstab = root.read("etc/fstab");
    assert!(fstab.ends_with("/swapfile swap swap defaults 0 0\n"));
    // A second time adds nothing.
    let (_, _, told) = root.run(&script, "ext4");
    assert_eq!(told[0], "resize2fs /dev/vda1");
    assert!(!told.contains(&"mkswap /swapfile".to_owned()));
    assert_eq!(root.read("etc/fstab"), fstab);
    let (well, said, told) = root.run(&script, "btrfs");
    assert!(!well && said.contains("the root's file system is btrfs") && told.is_empty(), "{said}");
}

#[test]
fn what_a_deployment_does_not_want_is_left_out() {
    let dir = TempDir::new().unwrap();
    assert_eq!(rendered(dir.path(), "{}"), Ok(0), "the image is an undercloud already");
    let vars = r#"{"baseos_as_undercloud": true, "undercloud_setup": true, "selinux_enforcing": true,
                   "convert_image_swap_gib": 0}"#;
    assert_eq!(rendered(dir.path(), vars), Ok(1));
    let root = Root::new();
    fs::write(root.path("etc/sysconfig/network-scripts/ifcfg-eth0"), "mine\n").unwrap();
    let (well, said, told) = root.run(&dir.path().join("tasks/0.sh"), "xfs");
    assert!(well, "{said}");
    assert_eq!(told, ["xfs_growfs /"]);
    assert_eq!(root.read("etc/selinux/config"), "SELINUX=enforcing\n");
    assert_eq!(root.read("etc/sysconfig/network-scripts/ifcfg-eth0"), "mine\n");
}

#[test]
fn repositories_come_before_packages() {
    let dir = TempDir::new().unwrap();
    let vars = r#"{"overcloud_as_undercloud": true, "release": "newton", "repo_cmd_before": "mirror=http://mirror",
        "repo_cmd_after": "yum repolist", "repos": [
        {"type": "file", "filename": "delorean.repo", "down_url": "$mirror/delorean.repo", "priority": 20,
         "reponame": "current", "includepkgs": ["a", "b"]},
        {"type": "generic", "filename": "ceph.repo", "reponame": "ceph", "baseurl": "$mirror/ceph", "gpgcheck": 1},
        {"type": "generic", "filename": "old.repo", "reponame": "old", "baseurl": "x", "releases": ["mitaka"]},
        {"type": "package", "pkg_name": "release-package"}]}"#;
    assert_eq!(rendered(dir.path(), vars), Ok(2));
    let root = Root::new();
    let (well, said, told) = root.run(&dir.path().join("tasks/0.sh"), "xfs");
    assert!(well, "{said}");
    let get = "curl --silent --show-error --fail --location --retry 5 --output delorean.repo http://mirror/delorean.repo";
    assert_eq!(told, [get, "yum install -y release-package", "yum repolist"]);
    let section = "[current]\nincludepkgs=a,b\npriority=20\nname=";
    assert_eq!(root.read("etc/yum.repos.d/delorean.repo"), format!("{section}delorean\n{section}x\n"));
    assert_eq!(
        root.read("etc/yum.repos.d/ceph.repo"),
        "[ceph]\nname=ceph\nbaseurl=http://mirror/ceph\nenabled=1\ngpgcheck=1\n"
    );
    assert!(!root.path("etc/yum.repos.d/old.repo").exists());
    assert_eq!(run("ls", &[root.path("tmp").to_str().unwrap()]), "");

    let error = rendered(dir.path(), r#"{"repos": [{"type": "compose_repos"}]}"#).unwrap_err();
    assert!(error.contains("the repository type 'compose_repos' is not supported"), "{error}");
}
