//! A snapshot inside a domain's own qcow2 files: disks, and memory where the domain runs.

use super::note::Note;
use crate::error::{Error, Result};
use crate::lab::libvirt;
use crate::lab::xml::Element;
use virt::domain::Domain;
use virt::domain_snapshot::DomainSnapshot;
use virt::error::{Error as Failure, ErrorNumber};
use virt::sys;

/// Takes it.
pub(super) fn take(domain: &Domain, name: &str, note: &Note) -> Result<(), Failure> {
    domain.create_snapshot_xml(&description(name, note).to_xml(), 0).map(drop)
}

/// What libvirt is told of a snapshot to take.
pub(super) fn description(name: &str, note: &Note) -> Element {
    let mut description = Element { name: "domainsnapshot".to_owned(), ..Element::default() };
    description.child_mut("name").text = name.to_owned();
    description.child_mut("description").text = note.to_text();
    description
}

/// Puts the domain back; one that ran then is left paused.
pub(super) fn revert(snapshot: &DomainSnapshot, ran: bool) -> Result<(), Failure> {
    let paused = if ran { sys::VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED } else { 0 };
    match snapshot.revert(paused) {
        // The domain was defined anew since: its emulator has to be started anew too.
        Err(e) if e.code().is(ErrorNumber::SnapshotRevertRisky) => {
            snapshot.revert(paused | sys::VIR_DOMAIN_SNAPSHOT_REVERT_FORCE)
        }
        other => other,
    }
}

/// The snapshot of this name.
pub(super) fn find(domain: &Domain, name: &str) -> Result<Option<DomainSnapshot>> {
    match Domain::lookup_snapshot_by_name(domain, name, 0) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(e) if e.code().is(ErrorNumber::NoDomainSnapshot) => Ok(None),
        Err(e) => Err(libvirt::error(format_args!("cannot look for the snapshot {name}"), &e)),
    }
}

/// Whether libvirt refuses because of what the domain is: a UEFI variable store, disks that are not qcow2.
pub(super) fn is_impossible(failure: &Failure) -> bool {
    [ErrorNumber::OperationUnsupported, ErrorNumber::ConfigUnsupported, ErrorNumber::ArgumentUnsupported]
        .into_iter()
        .any(|code| failure.code().is(code))
}

/// That one could not be taken inside the domain's files.
pub(super) fn refused(domain: &str, name: &str, failure: &Failure) -> Error {
    libvirt::error(format_args!("cannot take the snapshot {name} of {domain}"), failure)
}
