//! Which snapshots there are.

use super::beside::Beside;
use super::note::Note;
use super::size;
use crate::error::Result;
use crate::lab::xml::Element;
use crate::lab::{Lab, libvirt};
use std::path::PathBuf;
use virt::error::Error as Failure;
use virt::sys;

/// A snapshot of the lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// When its first part was taken, in seconds since 1970.
    pub created: i64,
    /// Its domains, by name.
    pub parts: Vec<Part>,
    /// Domains of the lab that are not in it: they came later, or somebody took them out.
    pub missing: Vec<String>,
    /// Domains that were in it and are not any more.
    pub gone: Vec<String>,
}

/// A domain in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The domain.
    pub domain: String,
    /// Whether it ran.
    pub ran: bool,
    /// Whether its memory is in it.
    pub memory: bool,
    /// The bytes of its memory, as they are kept; unknown where the disk is not for this account, or on a virthost.
    pub size: Option<u64>,
}

impl Snapshot {
    /// Whether a domain is in it.
    #[must_use]
    pub fn has(&self, domain: &str) -> bool {
        self.parts.iter().any(|part| part.domain == domain)
    }
}

impl Lab {
    /// The lab's snapshots, oldest first. Blocks.
    ///
    /// # Errors
    /// The daemon cannot be reached or refuses, or a disk cannot be read.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>> {
        let domains = self.sorted_domains()?;
        let mut all: Vec<(Snapshot, Option<Note>)> = Vec::new();
        for (domain, handle) in &domains {
            let failed =
                |e: Failure| libvirt::error(format_args!("cannot list the snapshots of {domain}"), &e);
            let mut found = Vec::new();
            // Those of the same second follow each other as parent and child.
            for snapshot in
                handle.list_all_snapshots(sys::VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL).map_err(failed)?
            {
                let description = Element::parse(&snapshot.xml_desc(0).map_err(failed)?)?;
                let name = snapshot.name().map_err(failed)?;
                let (part, created, note) = read(domain, &name, &description, self.virthost().is_none())?;
                found.push((name, part, created, note));
            }
            for (name, record, size) in Beside::all(self, handle)? {
                let ran = record.note.ran.get(domain).copied().unwrap_or(record.memory);
                let part = Part { domain: domain.clone(), ran, memory: record.memory, size: Some(size) };
                found.push((name, part, record.created, Some(record.note)));
            }
            for (name, part, created, note) in found {
                match all.iter_mut().find(|(snapshot, _)| snapshot.name == name) {
                    Some((snapshot, _)) => {
                        snapshot.created = snapshot.created.min(created);
                        snapshot.parts.push(part);
                    }
                    None => {
                        let (missing, gone) = (Vec::new(), Vec::new());
                        all.push((Snapshot { name, created, parts: vec![part], missing, gone }, note));
                    }
                }
            }
        }
        all.sort_by_key(|(snapshot, _)| snapshot.created);
        Ok(all.into_iter().map(|(snapshot, note)| compared(snapshot, note, &domains)).collect())
    }
}

fn read(domain: &str, name: &str, description: &Element, here: bool) -> Result<(Part, i64, Option<Note>)> {
    let text = |path: &str| description.first(path).map_or("", |element| element.text.as_str());
    let note = Note::read(text("description"));
    let state = text("state");
    let ran = note.as_ref().and_then(|note| note.ran.get(domain).copied());
    let ran = ran.unwrap_or(matches!(state, "running" | "paused"));
    let memory = description.first("memory").and_then(|m| m.attribute("snapshot"));
    let disk = description.first("domain/devices/disk/source").and_then(|source| source.attribute("file"));
    let size = match (memory, disk) {
        (Some("internal"), Some(_)) if !here => None,
        (Some("internal"), Some(disk)) => size::of_memory(&PathBuf::from(disk), name)?,
        _ => Some(0),
    };
    let part = Part { domain: domain.to_owned(), ran, memory: memory == Some("internal"), size };
    Ok((part, text("creationTime").parse().unwrap_or(0), note))
}

/// With what the lab has and had.
fn compared<T>(mut snapshot: Snapshot, note: Option<Note>, domains: &[(String, T)]) -> Snapshot {
    let missing = domains.iter().map(|(name, _)| name).filter(|name| !snapshot.has(name)).cloned().collect();
    let then = note.unwrap_or_default().ran.into_keys();
    let gone = then.filter(|name| !domains.iter().any(|(now, _)| now == name)).collect();
    (snapshot.missing, snapshot.gone) = (missing, gone);
    snapshot
}
