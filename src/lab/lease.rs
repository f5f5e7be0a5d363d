//! Addresses that guests got by DHCP.

use super::xml::Element;
use super::{Lab, libvirt};
use crate::error::{Error, Result};
use std::ffi::{CStr, CString, c_char};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use virt::connect::Connect;
use virt::domain::Domain;
use virt::error::Error as Failure;
use virt::network::Network;
use virt::sys;

/// How often a domain that has no address yet is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// A lease as libvirt's DHCP server gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The bridge it was given on.
    pub interface: Option<String>,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
    /// Whether it is for IPv6.
    pub v6: bool,
    /// The guest's card.
    pub mac: Option<String>,
    /// The identity association, for IPv6.
    pub iaid: Option<String>,
    /// The address.
    pub address: String,
    /// The network's prefix length.
    pub prefix: u32,
    /// The name that the guest called itself.
    pub hostname: Option<String>,
    /// The client's identifier.
    pub client: Option<String>,
}

/// A network's leases, or those of one card.
///
/// # Errors
/// libvirt's own.
pub fn leases(network: &Network, mac: Option<&str>) -> Result<Vec<Lease>, Failure> {
    let mac = mac.map(CString::new).transpose()?;
    let mut list: *mut sys::virNetworkDHCPLeasePtr = std::ptr::null_mut();
    // SAFETY: the network is alive, `mac` is a C string or null, and libvirt puts a new array into `list`.
    let count = unsafe {
        sys::virNetworkGetDHCPLeases(
            network.as_ptr(),
            mac.as_ref().map_or(std::ptr::null(), |m| m.as_ptr()),
            &raw mut list,
            0,
        )
    };
    let Ok(count) = usize::try_from(count) else { return Err(Failure::last_error()) };
    let mut found = Vec::with_capacity(count);
    for i in 0..count {
        // SAFETY: libvirt filled `count` pointers to leases, which are freed here, each once, after copying.
        unsafe {
            let lease = *list.add(i);
            found.push(copy(&*lease));
            sys::virNetworkDHCPLeaseFree(lease);
        }
    }
    // SAFETY: libvirt allocated the array with malloc, or left null.
    unsafe { libc::free(list.cast()) };
    Ok(found)
}

/// # Safety
/// The lease's texts are C strings or null.
unsafe fn copy(lease: &sys::virNetworkDHCPLease) -> Lease {
    let text = |at: *const c_char| {
        // SAFETY: as the caller promises.
        (!at.is_null()).then(|| unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned())
    };
    Lease {
        interface: text(lease.iface),
        expires: lease.expirytime,
        v6: lease.type_ == sys::VIR_IP_ADDR_TYPE_IPV6 as i32,
        mac: text(lease.mac),
        iaid: text(lease.iaid),
        address: text(lease.ipaddr).unwrap_or_default(),
        prefix: lease.prefix,
        hostname: text(lease.hostname),
        client: text(lease.clientid),
    }
}

/// A card of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its hardware address.
    pub mac: String,
    /// The network it is on: its source is the network, or the network's bridge.
    pub network: String,
}

/// A domain's cards that are on a network of libvirt's, in their order.
///
/// # Errors
/// libvirt's own, or a description that cannot be read.
pub fn cards(connect: &Connect, domain: &Domain) -> Result<Vec<Card>> {
    let failed = |e: Failure| libvirt::error("cannot look at a domain's cards", &e);
    let description = Element::parse(&domain.xml_desc(0).map_err(failed)?)?;
    let mut cards = Vec::new();
    for interface in description.all("devices/interface") {
        let Some(mac) = interface.first("mac").and_then(|m| m.attribute("address")) else { continue };
        let Some(source) = interface.first("source") else { continue };
        let network = match (source.attribute("network"), source.attribute("bridge")) {
            (Some(network), _) => Some(network.to_owned()),
            (None, Some(bridge)) => network_of(connect, bridge).map_err(failed)?,
            (None, None) => None,
        };
        cards.extend(network.map(|network| Card { mac: mac.to_owned(), network }));
    }
    Ok(cards)
}

fn network_of(connect: &Connect, bridge: &str) -> Result<Option<String>, Failure> {
    for network in connect.list_all_networks(0)? {
        if network.bridge_name().is_ok_and(|name| name == bridge) {
            return network.name().map(Some);
        }
    }
    Ok(None)
}

/// A card's address, IPv4 first.
///
/// # Errors
/// libvirt's own.
pub fn address(connect: &Connect, card: &Card) -> Result<Option<IpAddr>> {
    let failed = |e: Failure| libvirt::error(format_args!("cannot read the leases of {}", card.network), &e);
    let Some(network) = libvirt::network(connect, &card.network).map_err(failed)? else { return Ok(None) };
    if !network.is_active().map_err(failed)? {
        return Ok(None);
    }
    let mut found = leases(&network, Some(&card.mac)).map_err(failed)?;
    // A guest that was rebuilt may hold two leases until the older one ends: the later one is its own.
    found.sort_by_key(|lease| (lease.v6, std::cmp::Reverse(lease.expires)));
    Ok(found.first().and_then(|lease| lease.address.parse().ok()))
}

/// A domain's card and address on a network, or on the first of its networks that serves DHCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The card.
    pub card: Card,
    /// The address.
    pub ip: IpAddr,
}

impl Lab {
    /// Waits until a running domain has got an address. Blocks.
    ///
    /// # Errors
    /// No such domain or card, a domain that stops meanwhile, or none in time.
    pub fn wait_for_address(&self, domain: &str, network: Option<&str>, limit: Duration) -> Result<Address> {
        let connect = self.connect()?;
        let failed = |e: &Failure| libvirt::error(format_args!("cannot look at the domain {domain}"), e);
        let found = libvirt::domain(&connect, &self.known_as(domain)).map_err(|e| failed(&e))?;
        let found = found.ok_or_else(|| Error::other(format!("there is no domain {domain}")))?;
        let mut cards = cards(&connect, &found)?;
        cards.retain(|card| network.is_none_or(|name| self.known_as(name) == card.network));
        if cards.is_empty() {
            let on = network.map_or("any network".to_owned(), |n| format!("the network {n}"));
            return Err(Error::other(format!("the domain {domain} has no card on {on}")));
        }
        let deadline = Instant::now() + limit;
        loop {
            for card in &cards {
                if let Some(ip) = address(&connect, card)? {
                    return Ok(Address { card: card.clone(), ip });
                }
            }
            if !found.is_active().map_err(|e| failed(&e))? {
                return Err(Error::other(format!("the domain {domain} is not running"))
                    .note("it was waited for to get an address by DHCP"));
            }
            if Instant::now() >= deadline {
                let cards: Vec<_> = cards.iter().map(|c| format!("{} on {}", c.mac, c.network)).collect();
                return Err(Error::other(format!(
                    "the domain {domain} has got no address in {} seconds",
                    limit.as_secs()
                ))
                .note(format!("DHCP was watched for {}", cards.join(", ")))
                .help("its console shows whether it boots and has a driver for its card"));
            }
            std::thread::sleep(INTERVAL);
        }
    }
}
