//! Snapshots of machines that libvirt takes none inside of: UEFI with its variables, disks that are not qcow2.

use crate::bench::Bench;
use crate::support;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use warp::lab::Level;

/// Runs `warp snapshot` there; gives its exit code and what it said.
fn snapshot(bench: &Bench, args: &[&str]) -> (Option<i32>, String) {
    let output = support::warp().arg("snapshot").args(args).env("LWD", &bench.lwd).output().unwrap();
    (output.status.code(), support::streams(&output))
}

#[track_caller]
fn succeeds(bench: &Bench, args: &[&str]) {
    let (code, said) = snapshot(bench, args);
    assert_eq!(code, Some(0), "{said}");
}

fn domain(name: &str, os: &str, disks: &[(&Path, &str)]) -> String {
    let disks: String = disks
        .iter()
        .enumerate()
        .map(|(i, (file, format))| {
            format!(
                "<disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{}'/>\
                 <target dev='vd{}' bus='virtio'/></disk>",
                file.display(),
                ["a", "b"][i]
            )
        })
        .collect();
    format!(
        "<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory>{os}<devices>{disks}</devices></domain>"
    )
}

const UEFI: &str = "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type>\
    <firmware><feature enabled='no' name='secure-boot'/></firmware></os><features><acpi/></features>";
const BIOS: &str = "<os><type arch='x86_64'>hvm</type></os>";

fn first_byte(file: &Path) -> u8 {
    let mut byte = [0];
    File::open(file).unwrap().read_exact_at(&mut byte, 0).unwrap();
    byte[0]
}

fn set_first_byte(file: &Path, byte: u8) {
    File::options().write(true).open(file).unwrap().write_all_at(&[byte], 0).unwrap();
}

#[test]
fn machines_with_uefi_or_raw_disks_go_back_with_disks_variables_and_memory() {
    let bench = Bench::new("beside", "00000000be51de00");
    let path = |name: &str| bench.lwd.join(name);
    let qemu_img = |args: &[&str]| {
        assert!(Command::new("qemu-img").args(args).current_dir(&bench.lwd).status().unwrap().success());
    };
    qemu_img(&["create", "-qf", "qcow2", "base.qcow2", "4M"]);
    qemu_img(&["create", "-qf", "qcow2", "-F", "qcow2", "-b", "base.qcow2", "uefi.qcow2"]);
    qemu_img(&["create", "-qf", "raw", "raw.img", "64M"]);
    qemu_img(&["create", "-qf", "qcow2", "plain.qcow2", "4M"]);
    let (disk, raw) = (path("uefi.qcow2"), path("raw.img"));
    set_first_byte(&raw, b'1');
    let define = |xml: String| bench.ok("virt", &json!({"command": "define", "xml": xml}).to_string());
    define(domain("uefi", UEFI, &[(&disk, "qcow2")]));
    define(domain("raw", BIOS, &[(&raw, "raw")]));
    define(domain("plain", BIOS, &[(&path("plain.qcow2"), "qcow2")]));
    bench.ok("virt", r#"{"name": "uefi", "state": "running"}"#);
    let described = bench.virsh(&["dumpxml", "--inactive", "uefi"]);
    let variables = bench.lwd.join(".warp/libvirt/lib/qemu/nvram/uefi_VARS.fd");

    // A machine that stands still shows whether its processor is where it was.
    std::thread::sleep(std::time::Duration::from_secs(2));
    bench.virsh(&["suspend", "uefi"]);
    let registers = || bench.virsh(&["qemu-monitor-command", "--hmp", "uefi", "info registers"]);
    let before = registers();
    let kept = first_byte(&variables);
    succeeds(&bench, &["create", "first"]);
    assert_eq!(bench.virsh(&["domstate", "uefi"]).trim(), "paused");
    assert_eq!(registers(), before, "the machine went on while its snapshot was taken");
    assert_eq!(bench.virsh(&["dumpxml", "--inactive", "uefi"]), described);
    // Where libvirt can, it does it itself.
    assert_eq!(bench.virsh(&["snapshot-list", "plain", "--name"]).trim(), "first");
    assert_eq!(bench.virsh(&["snapshot-list", "uefi", "--name"]).trim(), "");

    // Everything goes on to something else, which is kept too.
    bench.virsh(&["resume", "uefi"]);
    qemu_img_write(&bench, "raw.img", "raw", b'2');
    std::thread::sleep(std::time::Duration::from_secs(2));
    succeeds(&bench, &["create", "second"]);
    assert_eq!(bench.virsh(&["domstate", "uefi"]).trim(), "running");
    bench.virsh(&["destroy", "uefi"]);
    qemu_img_write(&bench, "uefi.qcow2", "qcow2", b'3');
    set_first_byte(&variables, kept ^ 0xff);
    bench.virsh(&["start", "raw"]);

    let listed =
        support::warp().args(["snapshot", "list", "--json"]).env("LWD", &bench.lwd).output().unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["name"], "first");
    assert_eq!(listed[1]["name"], "second");
    let states = |i: usize| -> Vec<(String, String, bool)> {
        let of = |d: &Value| {
            let text = |key: &str| d[key].as_str().unwrap().to_owned();
            (text("domain"), text("state"), d["memory"].as_u64().unwrap() > 0)
        };
        listed[i]["domains"].as_array().unwrap().iter().map(of).collect()
    };
    let state = |name: &str, state: &str, memory| (name.to_owned(), state.to_owned(), memory);
    assert_eq!(
        states(0),
        [state("plain", "shut off", false), state("raw", "shut off", false), state("uefi", "shut off", true)]
    );
    assert_eq!(states(1)[2], state("uefi", "running", true));

    // And back, twice over: a snapshot is not used up.
    for _ in 0..2 {
        bench.lab.revert_snapshot("first", false).unwrap();
        assert_eq!(bench.virsh(&["domstate", "uefi"]).trim(), "paused");
        assert_eq!(registers(), before, "its memory is not that of then");
        assert_eq!(bench.virsh(&["domstate", "raw"]).trim(), "shut off");
        assert_eq!((first_byte(&raw), first_byte(&variables)), (b'1', kept));
        assert_eq!(fs::metadata(&raw).unwrap().len(), 64 << 20);
        bench.virsh(&["resume", "uefi"]);
    }
    bench.lab.revert_snapshot("second", false).unwrap();
    assert_eq!(bench.virsh(&["domstate", "uefi"]).trim(), "running");
    assert_eq!(first_byte(&raw), b'2');
    bench.virsh(&["destroy", "uefi"]);
    let content = Command::new("qemu-io").args(["-c", "read -P 0 0 512"]).arg(&disk).output().unwrap();
    let content = String::from_utf8_lossy(&content.stdout).into_owned();
    assert!(!content.contains("verification failed"), "the disk is not that of then: {content}");

    // A copy that cannot be put back is told.
    let folder = bench.lwd.join(".warp/snapshots");
    let uuid = bench.virsh(&["domuuid", "raw"]).trim().to_owned();
    fs::remove_file(folder.join(&uuid).join("second/0")).unwrap();
    let (code, said) = snapshot(&bench, &["revert", "second"]);
    assert!(code == Some(1) && said.contains("raw.img of raw back: No such file"), "{said}");
    succeeds(&bench, &["delete", "second"]);
    assert!(!folder.join(&uuid).join("second").exists());
    let (code, said) = snapshot(&bench, &["create", "first"]);
    assert!(code == Some(1) && said.contains("has a snapshot first already"), "{said}");

    // A disk that is nobody's file.
    bench.virsh(&["undefine", "raw"]);
    let device = domain("raw", BIOS, &[(&raw, "raw")])
        .replace("type='file'", "type='block'")
        .replace("file='", "dev='");
    define(device);
    let (code, said) = snapshot(&bench, &["create", "third"]);
    assert!(code == Some(1) && said.contains("the disk vda of raw is no file of its own"), "{said}");
    assert!(!snapshot(&bench, &["list"]).1.contains("third"));
    assert!(bench.lab.teardown(Level::All).unwrap().kept.is_empty());
    assert!(!folder.exists());
}

/// Writes into a disk that nobody uses.
fn qemu_img_write(bench: &Bench, file: &str, format: &str, byte: u8) {
    let write = format!("write -q -P {byte} 0 512");
    let status =
        Command::new("qemu-io").args(["-f", format, "-c", &write]).arg(bench.lwd.join(file)).status();
    assert!(status.unwrap().success());
}
