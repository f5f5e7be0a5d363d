//! Several labs on one daemon: the first has the names as they are written, those after it a prefix and another subnet.

use super::manifest::{DaemonKind, Place};
use super::xml::Element;
use super::{Lab, libvirt, mark};
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use virt::error::Error as Failure;

/// Ports that lead to guests' ssh servers: below those that the kernel gives to connections that go out.
const FIRST_PORT: u16 = 22_000;
const PORTS: u16 = 10_000;

impl Lab {
    /// Where this lab is on its daemon, decided once. Blocks.
    ///
    /// # Errors
    /// The daemon cannot be asked, or has no subnet left.
    pub fn place(&self) -> Result<Place> {
        if let Some(place) = self.store.get().place {
            return Ok(place);
        }
        // A private daemon holds one lab.
        if self.decide_daemon()? == DaemonKind::Private {
            return Ok(Place::default());
        }
        let mut place = self.find_place()?;
        if self.user_networking() {
            place.ssh_port = Some(free_port(&self.id())?);
        }
        if self.virthost().is_some() {
            // Where libvirt's packages have disks, and their profiles let guests at them.
            place.volume_path = Some(format!("/var/lib/libvirt/images/warp-{}", self.id()));
        }
        self.store.update(|m| m.place = Some(place.clone()))?;
        Ok(place)
    }

    /// Whether guests have user-mode networking: where nobody may make networks.
    #[must_use]
    pub fn user_networking(&self) -> bool {
        self.daemon_kind() == Some(DaemonKind::Session)
    }

    /// What stands before the names of the lab's objects in libvirt.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.store.get().place.map(|place| place.prefix).unwrap_or_default()
    }

    /// The name by which libvirt knows an object of the lab.
    pub(super) fn known_as(&self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }

    fn find_place(&self) -> Result<Place> {
        let failed = |e: Failure| libvirt::error("cannot look for other labs", &e);
        let connect = self.connect()?;
        let mut labs = BTreeSet::new();
        let mut subnets = BTreeSet::new();
        for network in connect.list_all_networks(0).map_err(failed)? {
            let description = Element::parse(&network.xml_desc(0).map_err(failed)?)?;
            labs.extend(mark::owner(&description).map(str::to_owned));
            let addresses = description.all("ip").into_iter().filter_map(|ip| ip.attribute("address"));
            subnets.extend(addresses.filter_map(|a| a.parse::<Ipv4Addr>().ok()).map(subnet));
        }
        for domain in connect.list_all_domains(0).map_err(failed)? {
            let description = Element::parse(&domain.xml_desc(0).map_err(failed)?)?;
            labs.extend(mark::owner(&description).map(str::to_owned));
        }
        let id = self.id();
        // What this lab made before bears the names as they are.
        if labs.is_empty() || labs.contains(&id) {
            return Ok(Place::default());
        }
        let routes = std::fs::read_to_string("/proc/net/route")?;
        subnets.extend(routes.lines().filter_map(destination).map(subnet));
        // 192.168.24.0/24 is inside the guests: the control plane.
        let free = (25..=254).find(|octet| !subnets.contains(&[192, 168, *octet]));
        let octet = free.ok_or_else(|| {
            Error::other("no subnet of 192.168.0.0/16 is free for another lab")
                .help("set external_network_cidr")
        })?;
        // A bridge's name has 15 characters.
        let digits: String = id.chars().take(4).collect();
        Ok(Place {
            prefix: format!("w{digits}-"),
            external_network_cidr: Some(format!("192.168.{octet}.0/24")),
            ..Place::default()
        })
    }
}

/// A port of the loopback that nobody listens on; the first that is tried is the same for a lab at every time.
fn free_port(id: &str) -> Result<u16> {
    let first = u16::from_str_radix(id.get(..4).unwrap_or_default(), 16).unwrap_or_default() % PORTS;
    let mut ports = (0..PORTS).map(|n| FIRST_PORT + (first + n) % PORTS);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).ok_or_else(|| {
        Error::other(format!("none of the ports {FIRST_PORT} to {} is free", FIRST_PORT + PORTS - 1))
    })
}

/// Where a line of /proc/net/route leads, which is its second word: hexadecimal, the first octet last.
fn destination(line: &str) -> Option<Ipv4Addr> {
    let address = u32::from_str_radix(line.split_whitespace().nth(1)?, 16).ok()?;
    Some(Ipv4Addr::from(address.to_le_bytes()))
}

/// The first three octets.
fn subnet(address: Ipv4Addr) -> [u8; 3] {
    let [a, b, c, _] = address.octets();
    [a, b, c]
}
