//! Internal snapshots of domains: disk, and memory where the domain runs, inside its qcow2 file.

use super::xml::Element;
use super::{Lab, libvirt};
use crate::error::{Error, Result};
use virt::domain::Domain;
use virt::domain_snapshot::DomainSnapshot;
use virt::error::{Error as Failure, ErrorNumber};
use virt::sys;

impl Lab {
    /// Takes a snapshot, replacing one of the same name. Blocks.
    ///
    /// # Errors
    /// No such domain, one that is not the lab's, or libvirt's refusal.
    pub fn snapshot(&self, domain: &str, name: &str) -> Result<()> {
        let found = self.own_domain(domain)?;
        let failed = |e: Failure| {
            libvirt::error(format_args!("cannot take the snapshot {name} of {domain}"), &e)
                .help("internal snapshots need qcow2 disks and no UEFI flash drive")
        };
        if let Some(older) = find(&found, name).map_err(failed)? {
            older.delete(0).map_err(failed)?;
        }
        let mut description = Element { name: "domainsnapshot".to_owned(), ..Element::default() };
        description.child_mut("name").text = name.to_owned();
        found.create_snapshot_xml(&description.to_xml(), 0).map_err(failed)?;
        Ok(())
    }

    /// The names of a domain's snapshots, oldest first. Blocks.
    ///
    /// # Errors
    /// No such domain, or libvirt's own.
    pub fn snapshots(&self, domain: &str) -> Result<Vec<String>> {
        let found = self.own_domain(domain)?;
        let failed = |e: Failure| libvirt::error(format_args!("cannot list the snapshots of {domain}"), &e);
        let mut list = Vec::new();
        // Those of the same second follow each other as parent and child.
        for snapshot in found.list_all_snapshots(sys::VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL).map_err(failed)? {
            let description = Element::parse(&snapshot.xml_desc(0).map_err(failed)?)?;
            let created: u64 =
                description.first("creationTime").and_then(|t| t.text.parse().ok()).unwrap_or(0);
            list.push((created, snapshot.name().map_err(failed)?));
        }
        list.sort_by_key(|(created, _)| *created);
        Ok(list.into_iter().map(|(_, name)| name).collect())
    }

    /// Puts a domain back to a snapshot. Blocks.
    ///
    /// # Errors
    /// No such domain or snapshot, or libvirt's refusal.
    pub fn revert(&self, domain: &str, name: &str) -> Result<()> {
        let found = self.own_domain(domain)?;
        let failed =
            |e: Failure| libvirt::error(format_args!("cannot revert {domain} to the snapshot {name}"), &e);
        let Some(snapshot) = find(&found, name).map_err(failed)? else {
            let known = self.snapshots(domain)?.join(", ");
            return Err(Error::other(format!("the domain {domain} has no snapshot {name}"))
                .note(if known.is_empty() { "it has none".to_owned() } else { format!("it has {known}") }));
        };
        snapshot.revert(0).map_err(failed)
    }

    /// Deletes a snapshot; says whether there was one. Blocks.
    ///
    /// # Errors
    /// No such domain, or libvirt's refusal.
    pub fn delete_snapshot(&self, domain: &str, name: &str) -> Result<bool> {
        let found = self.own_domain(domain)?;
        let failed =
            |e: Failure| libvirt::error(format_args!("cannot delete the snapshot {name} of {domain}"), &e);
        match find(&found, name).map_err(failed)? {
            Some(snapshot) => snapshot.delete(0).map_err(failed).map(|()| true),
            None => Ok(false),
        }
    }
}

fn find(domain: &Domain, name: &str) -> Result<Option<DomainSnapshot>, Failure> {
    match Domain::lookup_snapshot_by_name(domain, name, 0) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(e) if e.code().is(ErrorNumber::NoDomainSnapshot) => Ok(None),
        Err(e) => Err(e),
    }
}
