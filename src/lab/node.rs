//! The lab's machines as `warp ls` and `warp ssh` see them.

use super::lease::{self, Card};
use super::xml::Element;
use super::{Lab, forwarded, libvirt};
use crate::error::{Error, Result, did_you_mean};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use virt::domain::{Domain, DomainState};
use virt::error::Error as Failure;

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The domain's name.
    pub name: String,
    /// `running`, `paused`, `shut off` ..., as libvirt's tools say.
    pub state: &'static str,
    /// The hardware address of its first card.
    pub mac: Option<String>,
    /// The address that its first card got by DHCP, while it runs; this machine's own where a port of it leads there.
    pub ip: Option<IpAddr>,
    /// The port at which its ssh server is reached.
    pub port: u16,
}

impl Lab {
    /// The lab's machines by name. Blocks; no daemon is made for a lab that has none yet.
    ///
    /// # Errors
    /// The daemon cannot be reached, or refuses.
    pub fn nodes(&self) -> Result<Vec<Node>> {
        if self.daemon_kind().is_none() {
            return Ok(Vec::new());
        }
        let connect = self.connect()?;
        let mut nodes = Vec::new();
        for domain in self.own_domains(&connect)? {
            let failed = |e: Failure| libvirt::error("cannot look at a domain", &e);
            let first: Option<Card> = lease::cards(&connect, &domain)?.into_iter().next();
            let running = domain.is_active().map_err(failed)?;
            let forwarded = forwarded::of(&Element::parse(&domain.xml_desc(0).map_err(failed)?)?);
            let ip = match &first {
                _ if running && forwarded.is_some() => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                Some(card) if running => lease::address(&connect, card)?,
                _ => None,
            };
            nodes.push(Node {
                name: {
                    let name = domain.name().map_err(failed)?;
                    name.strip_prefix(&*self.prefix()).map_or(name.clone(), str::to_owned)
                },
                state: state(&domain).map_err(failed)?,
                port: forwarded.as_ref().map_or(22, |way| way.port),
                mac: first.map(|card| card.mac).or_else(|| forwarded.map(|way| way.mac)),
                ip,
            });
        }
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(nodes)
    }

    /// The lab's machine of this name. Blocks.
    ///
    /// # Errors
    /// As `nodes`, or there is none of that name.
    pub fn node(&self, name: &str) -> Result<Node> {
        let nodes = self.nodes()?;
        if let Some(node) = nodes.iter().find(|node| node.name == name) {
            return Ok(node.clone());
        }
        let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
        let error = Error::other(format!("there is no node {name} in this lab"));
        Err(match (did_you_mean(name, names.iter().copied()), names.as_slice()) {
            (Some(near), _) => error.help(format!("did you mean {near}?")),
            (None, []) => error.help("`warp deploy undercloud` makes the first"),
            (None, names) => error.note(format!("there are {}", names.join(", "))),
        })
    }

    /// The file of a machine's first disk. Blocks.
    ///
    /// # Errors
    /// No such domain, or one without a disk in a file.
    pub fn disk(&self, name: &str) -> Result<PathBuf> {
        let failed = |e: Failure| libvirt::error(format_args!("cannot look at the domain {name}"), &e);
        let connect = self.connect()?;
        let domain = libvirt::domain(&connect, &self.known_as(name))
            .map_err(failed)?
            .ok_or_else(|| Error::other(format!("there is no domain {name}")))?;
        let description = Element::parse(&domain.xml_desc(0).map_err(failed)?)?;
        let file = description.first("devices/disk/source").and_then(|source| source.attribute("file"));
        file.map(PathBuf::from)
            .ok_or_else(|| Error::other(format!("the domain {name} has no disk in a file")))
    }
}

fn state(domain: &Domain) -> Result<&'static str, Failure> {
    let (state, _) = domain.state()?;
    Ok(match state.known() {
        Some(DomainState::Running) => "running",
        Some(DomainState::Blocked) => "blocked",
        Some(DomainState::Paused) => "paused",
        Some(DomainState::Shutdown) => "shutting down",
        Some(DomainState::Shutoff) => "shut off",
        Some(DomainState::Crashed) => "crashed",
        Some(DomainState::PMSuspended) => "suspended",
        _ => "unknown",
    })
}
