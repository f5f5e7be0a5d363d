//! Bringing what is there to what is wanted, and looking at what it is.

use super::difference::{Difference, of_networks};
use super::own::foreign;
use super::xml::Element;
use super::{Lab, libvirt, mark};
use crate::error::Result;
use virt::error::Error as Failure;
use virt::sys;

/// What became of a network that was to be another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reshaped {
    /// What was otherwise than wanted.
    pub differences: Vec<Difference>,
    /// Whether guests are on it, so that what changed holds only when it is started anew.
    pub at_restart: bool,
}

/// What a domain is booted with where its own loader is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectBoot {
    /// The kernel's file.
    pub kernel: Option<String>,
    /// The initrd's file.
    pub initrd: Option<String>,
    /// The root device of the command line.
    pub root: Option<String>,
    /// The disk that only tells the guest who it is.
    pub seed: Option<String>,
}

impl Lab {
    /// Defines a network that is there anew where it differs from `xml`, and starts it anew where no guest is on it.
    /// Of one that is not there, and with `check`, nothing is changed. Blocks.
    ///
    /// # Errors
    /// A network that is not the lab's, or libvirt's refusal.
    pub fn reshape_network(&self, name: &str, xml: &str, check: bool) -> Result<Reshaped> {
        let connect = self.connect()?;
        let failed = |e: Failure| libvirt::error(format_args!("cannot change the network {name}"), &e);
        let found = libvirt::network(&connect, &self.known_as(name)).map_err(failed)?;
        let Some(found) = found else { return Ok(Reshaped::default()) };
        if !self.owns_network(&found)? {
            return Err(foreign(&format!("the network {name}")));
        }
        let inactive = Element::parse(&found.xml_desc(sys::VIR_NETWORK_XML_INACTIVE).map_err(failed)?)?;
        let differences = of_networks(&Element::parse(xml)?, &inactive);
        if differences.is_empty() || check {
            return Ok(Reshaped { differences, at_restart: false });
        }
        let mut wanted = mark::stamp(&self.id(), xml)?;
        // The same network, with the card that guests know as their gateway.
        wanted.child_mut("uuid").text = found.uuid_string().map_err(failed)?;
        if let Some(mac) = inactive.first("mac") {
            wanted.children.push(mac.clone());
        }
        let live = Element::parse(&found.xml_desc(0).map_err(failed)?)?;
        let guests = live.attribute("connections").is_some_and(|count| count != "0");
        let running = found.is_active().map_err(failed)?;
        let network = connect.define_network_xml(&wanted.to_xml()).map_err(failed)?;
        if running && !guests {
            network.destroy().and_then(|()| network.create()).map_err(failed)?;
        }
        Ok(Reshaped { differences, at_restart: running && guests })
    }

    /// What a domain of the lab is booted with; nothing where it is not there. Blocks.
    ///
    /// # Errors
    /// A domain that is not the lab's, or libvirt's own.
    pub fn direct_boot(&self, name: &str) -> Result<Option<DirectBoot>> {
        let connect = self.connect()?;
        let failed = |e: Failure| libvirt::error(format_args!("cannot look at the domain {name}"), &e);
        let found = libvirt::domain(&connect, &self.known_as(name)).map_err(failed)?;
        let Some(found) = found else { return Ok(None) };
        if !self.owns_domain(&found)? {
            return Err(foreign(&format!("the domain {name}")));
        }
        let xml = found.xml_desc(sys::VIR_DOMAIN_XML_INACTIVE).map_err(failed)?;
        let description = Element::parse(&xml)?;
        let text = |path: &str| description.first(path).map(|e| e.text.clone());
        let cmdline = text("os/cmdline").unwrap_or_default();
        let root = cmdline.split_whitespace().find_map(|word| word.strip_prefix("root="));
        let seed = description.all("devices/disk").into_iter().find(|disk| disk.first("readonly").is_some());
        let seed = seed.and_then(|disk| disk.first("source")?.attribute("file"));
        Ok(Some(DirectBoot {
            seed: seed.map(str::to_owned),
            kernel: text("os/kernel"),
            initrd: text("os/initrd"),
            root: root.map(str::to_owned),
        }))
    }
}
