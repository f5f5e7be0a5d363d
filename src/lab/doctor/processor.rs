//! A processor without hardware virtualisation.

use super::{Finding, Host, Level};
use crate::error::{Error, Result};
use crate::lab::DomainType;

/// Where the kernel tells the processor's flags.
pub(super) const CPUINFO: &str = "/proc/cpuinfo";

/// Whose hardware virtualisation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vendor {
    Intel,
    Amd,
}

impl Vendor {
    /// The kernel's module of KVM for it.
    pub fn module(self) -> &'static str {
        match self {
            Vendor::Intel => "kvm_intel",
            Vendor::Amd => "kvm_amd",
        }
    }
}

/// The processor's flags, of its first core.
fn flags() -> Result<Vec<String>> {
    let text =
        std::fs::read_to_string(CPUINFO).map_err(|e| Error::other(format!("cannot read {CPUINFO}: {e}")))?;
    let line = text.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    Ok(line.split_whitespace().map(str::to_owned).collect())
}

/// Whose virtualisation the processor offers, if any.
pub(super) fn vendor() -> Result<Option<Vendor>> {
    let flags = flags()?;
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    Ok(match (has("vmx"), has("svm")) {
        (true, _) => Some(Vendor::Intel),
        (_, true) => Some(Vendor::Amd),
        _ => None,
    })
}

/// How much it matters that KVM cannot be used.
pub(super) fn level(host: &Host) -> Level {
    match host.needs.domain_type {
        Some(DomainType::Kvm) => Level::Error,
        _ => Level::Warning,
    }
}

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    if host.needs.domain_type == Some(DomainType::Qemu) || vendor()?.is_some() {
        return Ok(Vec::new());
    }
    let finding = Finding::warning(
        "the processor offers no hardware virtualisation: neither vmx nor svm is among its flags",
        CPUINFO,
        "guests are emulated, some ten times slower: enough for a small guest, not for a real undercloud",
    )
    .at(level(host));
    Ok(vec![if flags()?.iter().any(|flag| flag == "hypervisor") {
        finding.advise(
            "this machine is itself a guest: have its hypervisor pass the processor on, such as by <cpu mode='host-passthrough'/> and kvm_intel or kvm_amd with nested=1 there",
        )
    } else {
        finding.advise("switch on Intel VT-x or AMD SVM in the machine's firmware setup")
    }])
}
