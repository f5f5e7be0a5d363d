//! What is the lab's own, and what only has a name that the lab wants.

use super::xml::Element;
use super::{Lab, libvirt, mark};
use crate::error::{Error, Result};
use virt::connect::Connect;
use virt::domain::Domain;
use virt::error::Error as Failure;
use virt::network::Network;
use virt::storage_pool::StoragePool;
use virt::sys;

/// The names that a deployment is going to use.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Of networks.
    pub networks: Vec<String>,
    /// Of pools.
    pub pools: Vec<String>,
    /// Of domains.
    pub domains: Vec<String>,
}

impl Lab {
    /// Refuses a deployment whose names others have taken, before it has any effect. Blocks.
    ///
    /// # Errors
    /// Names the objects that are in the way.
    pub fn check_names(&self, names: &Names) -> Result<()> {
        let connect = self.connect()?;
        let failed = |e: Failure| libvirt::error("cannot look for what is defined already", &e);
        let mut taken = Vec::new();
        for name in &names.networks {
            if let Some(found) = libvirt::network(&connect, &self.known_as(name)).map_err(failed)?
                && !self.owns_network(&found)?
            {
                taken.push(format!("the network {name}"));
            }
        }
        for name in &names.pools {
            if let Some(found) = libvirt::pool(&connect, &self.known_as(name)).map_err(failed)?
                && !self.owns_pool(&found)?
            {
                taken.push(format!("the pool {name}"));
            }
        }
        for name in &names.domains {
            if let Some(found) = libvirt::domain(&connect, &self.known_as(name)).map_err(failed)?
                && !self.owns_domain(&found)?
            {
                taken.push(format!("the domain {name}"));
            }
        }
        match taken.as_slice() {
            [] => Ok(()),
            list => Err(foreign(&list.join(", "))),
        }
    }

    /// Whether a domain bears the lab's mark.
    ///
    /// # Errors
    /// libvirt's own.
    pub fn owns_domain(&self, domain: &Domain) -> Result<bool> {
        let xml = domain.xml_desc(sys::VIR_DOMAIN_XML_INACTIVE);
        let xml = xml.map_err(|e| libvirt::error("cannot look at a domain's mark", &e))?;
        Ok(mark::owner(&Element::parse(&xml)?) == Some(&self.id()))
    }

    /// Whether a network bears the lab's mark.
    ///
    /// # Errors
    /// libvirt's own.
    pub fn owns_network(&self, network: &Network) -> Result<bool> {
        let xml = network.xml_desc(0).map_err(|e| libvirt::error("cannot look at a network's mark", &e))?;
        Ok(mark::owner(&Element::parse(&xml)?) == Some(&self.id()))
    }

    /// Whether a pool bears the lab's mark.
    ///
    /// # Errors
    /// libvirt's own.
    pub fn owns_pool(&self, pool: &StoragePool) -> Result<bool> {
        let failed = |e: Failure| libvirt::error("cannot look at a pool's mark", &e);
        let name = pool.name().map_err(failed)?;
        Ok(pool.uuid_string().map_err(failed)? == mark::pool_uuid(&self.id(), &name))
    }

    /// All domains that bear the lab's mark.
    pub(super) fn own_domains(&self, connect: &Connect) -> Result<Vec<Domain>> {
        let all = connect.list_all_domains(0).map_err(|e| libvirt::error("cannot list domains", &e))?;
        own(all, |domain| self.owns_domain(domain))
    }

    /// All networks that bear the lab's mark.
    pub(super) fn own_networks(&self, connect: &Connect) -> Result<Vec<Network>> {
        let all = connect.list_all_networks(0).map_err(|e| libvirt::error("cannot list networks", &e))?;
        own(all, |network| self.owns_network(network))
    }

    /// All pools that bear the lab's mark.
    pub(super) fn own_pools(&self, connect: &Connect) -> Result<Vec<StoragePool>> {
        let all = connect.list_all_storage_pools(0).map_err(|e| libvirt::error("cannot list pools", &e))?;
        own(all, |pool| self.owns_pool(pool))
    }
}

/// That something exists which warp did not make.
pub(super) fn foreign(what: &str) -> Error {
    Error::other(format!("{what} exists already, and this lab did not make it"))
        .note("warp changes and removes only what bears the lab's mark")
        .help("remove or rename it, or give the lab's object another name")
}

fn own<T>(all: Vec<T>, is_own: impl Fn(&T) -> Result<bool>) -> Result<Vec<T>> {
    let mut own = Vec::new();
    for object in all {
        if is_own(&object)? {
            own.push(object);
        }
    }
    Ok(own)
}
