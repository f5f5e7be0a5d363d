//! An emulator that does not start, or does not know the machine that is wanted.

use super::{Finding, Host, Mend};
use crate::error::{Result, did_you_mean};
use crate::lab::program;
use std::process::Command;

const NAME: &str = "qemu-system-x86_64";

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    // That it is missing is told by another check.
    let Some(path) = program::find(NAME) else { return Ok(Vec::new()) };
    let place = path.display().to_string();
    let broken = |why: &str| {
        let finding = Finding::error(
            format!("{NAME} does not start: {why}"),
            &place,
            "no guest can run; packages of two releases may be mixed: qemu-system and qemu-utils come from one source",
        );
        vec![finding.mend(Mend::as_root([
            "apt-get",
            "install",
            "--yes",
            "--reinstall",
            "qemu-system-x86",
            "qemu-system-common",
            "qemu-system-data",
            "qemu-utils",
        ]))]
    };
    let output = match Command::new(&path).args(["-machine", "help"]).output() {
        Ok(output) => output,
        Err(e) => return Ok(broken(&e.to_string())),
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Ok(broken(said.lines().next().unwrap_or("it says nothing")));
    }
    let listed = String::from_utf8_lossy(&output.stdout);
    let known: Vec<&str> = listed.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    let wanted = host.needs.machine.as_str();
    // An empty one is libvirt's to choose.
    if wanted.is_empty() || known.contains(&wanted) {
        return Ok(Vec::new());
    }
    let finding = Finding::error(
        format!("{NAME} knows no machine type {wanted}"),
        &place,
        "libvirt refuses domains of it: libvirt_machine",
    );
    Ok(vec![match did_you_mean(wanted, known.iter().copied()) {
        Some(near) => finding.advise(format!("set libvirt_machine to {near}")),
        None => {
            finding.advise(format!("set libvirt_machine to one that `{NAME} -machine help` lists: pc, q35"))
        }
    }])
}
