//! KVM that a processor could have and guests have not.

use super::processor::{self, Vendor};
use super::{Finding, Host, Mend};
use crate::error::Result;
use crate::lab::DomainType;
use crate::lab::probe::{self, Kvm};
use crate::lab::program;

const DEVICE: &str = "/dev/kvm";

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    if host.needs.domain_type == Some(DomainType::Qemu) || host.domain_type == Some(DomainType::Kvm) {
        return Ok(Vec::new());
    }
    // Without the emulator nothing can be tried, which another check tells.
    if program::find("qemu-system-x86_64").is_none() {
        return Ok(Vec::new());
    }
    let vendor = processor::vendor()?;
    let found = match (probe::kvm()?, vendor) {
        (Kvm::Absent, Some(vendor)) => absent(vendor),
        // Without the processor's help it cannot be there, which another check tells.
        (Kvm::Absent, None) | (Kvm::Works | Kvm::Forbidden, _) => return Ok(Vec::new()),
        (Kvm::Fails, _) => Finding::warning(
            "/dev/kvm is there, but a guest does not run under it",
            DEVICE,
            "guests are emulated: a boot sector that counts did not end in eight seconds under KVM",
        )
        .advise("this machine's hypervisor passes KVM on without the means to run systems: give it hardware virtualisation"),
    };
    Ok(vec![found.at(processor::level(host))])
}

fn absent(vendor: Vendor) -> Finding {
    Finding::warning(
        format!(
            "{DEVICE} is missing though the processor could: the module {} is not loaded",
            vendor.module()
        ),
        DEVICE,
        "guests are emulated, some ten times slower",
    )
    .mend(Mend::as_root(["modprobe", vendor.module()]))
}
