//! Removing what the lab made, and nothing else.

use super::{DaemonKind, Lab, bmc, libvirt, manifest_path, snapshot, volume};
use crate::error::{Error, Result};
use std::io::ErrorKind;
use std::sync::PoisonError;
use virt::connect::Connect;
use virt::domain::Domain;
use virt::error::Error as Failure;
use virt::network::Network;
use virt::storage_pool::StoragePool;
use virt::sys;

/// How much to remove. Each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    None,
    /// Domains with their snapshots, volumes, pools.
    Nodes,
    /// Networks too.
    Virthost,
    /// The lab itself too: its daemon, if that is private, and what warp remembers of it.
    All,
}

/// What a teardown did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// What is gone: `domain undercloud` ...
    pub removed: Vec<String>,
    /// What stays though it was meant to go, with the reason.
    pub kept: Vec<String>,
}

impl Lab {
    /// Removes the lab to a level. Blocks.
    ///
    /// # Errors
    /// The daemon cannot be reached, or refuses to remove something; what was removed before that is gone.
    pub fn teardown(&self, level: Level) -> Result<Removed> {
        let mut done = Removed::default();
        if level == Level::None {
            return Ok(done);
        }
        if let Some(kind) = self.daemon_kind() {
            let connect = self.connect()?;
            if bmc::end(&self.directory)? {
                done.removed.push("VirtualBMC".to_owned());
            }
            self.remove_nodes(&connect, &mut done)?;
            if level >= Level::Virthost {
                self.remove_networks(&connect, &mut done)?;
            }
            if level == Level::All && kind == DaemonKind::Private {
                self.remove_daemon(connect, &mut done)?;
            }
        }
        if level == Level::All && done.kept.is_empty() {
            let path = manifest_path(&self.directory);
            std::fs::remove_file(&path)
                .map_err(|e| Error::other(format!("cannot remove {}: {e}", path.display())))?;
        }
        Ok(done)
    }

    fn remove_nodes(&self, connect: &Connect, done: &mut Removed) -> Result<()> {
        for domain in self.own_domains(connect)? {
            let name = remove_domain(&domain).map_err(|e| libvirt::error("cannot remove a domain", &e))?;
            done.removed.push(format!("domain {name}"));
        }
        let snapshots = snapshot::folder(self);
        match std::fs::remove_dir_all(&snapshots) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                done.kept.push(format!("snapshots, in {}: {e}", snapshots.display()));
            }
            _ => {}
        }
        for record in self.store.get().volumes {
            let what = format!("volume {} of the pool {}", record.name, record.pool);
            let failed = |e: Failure| libvirt::error(format_args!("cannot remove the {what}"), &e);
            let pool = libvirt::pool(connect, &record.pool).map_err(failed)?;
            let pool = match pool {
                Some(pool) if pool.uuid_string().map_err(failed)? == record.pool_uuid => Some(pool),
                _ => None,
            };
            match pool {
                Some(pool) if volume::delete(&pool, &record.name).map_err(failed)? => done.removed.push(what),
                Some(_) => {}
                None if !record.path.exists() => {}
                None => {
                    done.kept.push(format!("{}: the pool it was made in is gone", record.path.display()));
                    continue;
                }
            }
            self.store.update(|m| m.volumes.retain(|v| *v != record))?;
        }
        for pool in self.own_pools(connect)? {
            let name = remove_pool(&pool, self.virthost().is_some())
                .map_err(|e| libvirt::error("cannot remove a pool", &e))?;
            done.removed.push(format!("pool {name}"));
        }
        Ok(())
    }

    fn remove_networks(&self, connect: &Connect, done: &mut Removed) -> Result<()> {
        for network in self.own_networks(connect)? {
            let name = remove_network(&network).map_err(|e| libvirt::error("cannot remove a network", &e))?;
            done.removed.push(format!("network {name}"));
        }
        Ok(())
    }

    /// Somebody may have made objects of his own in the lab's daemon: it stays for as long as they are there.
    fn remove_daemon(&self, connect: Connect, done: &mut Removed) -> Result<()> {
        let others = everything(&connect).map_err(|e| libvirt::error("cannot list what is left", &e))?;
        if !others.is_empty() {
            done.kept.push(format!(
                "the lab's libvirt daemon: it holds what warp did not make, {}",
                others.join(", ")
            ));
            return Ok(());
        }
        drop(connect);
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.private().remove()?;
        done.removed.push("the lab's libvirt daemon".to_owned());
        Ok(())
    }
}

fn remove_domain(domain: &Domain) -> Result<String, Failure> {
    let name = domain.name()?;
    if domain.is_active()? {
        domain.destroy()?;
    }
    // A domain that was not persistent is gone with its process.
    if domain.is_persistent().unwrap_or(false) {
        domain.undefine_flags(
            sys::VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
                | sys::VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
                | sys::VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
                | sys::VIR_DOMAIN_UNDEFINE_NVRAM,
        )?;
    }
    Ok(name)
}

/// Its directory stays, with whatever else is in it; on a virthost, where warp made it, if there is something else in it.
fn remove_pool(pool: &StoragePool, with_directory: bool) -> Result<String, Failure> {
    let name = pool.name()?;
    let persistent = pool.is_persistent()?;
    if pool.is_active()? {
        pool.destroy()?;
    }
    if with_directory {
        let _ = pool.delete(0);
    }
    if persistent {
        pool.undefine()?;
    }
    Ok(name)
}

fn remove_network(network: &Network) -> Result<String, Failure> {
    let name = network.name()?;
    let persistent = network.is_persistent()?;
    if network.is_active()? {
        network.destroy()?;
    }
    if persistent {
        network.undefine()?;
    }
    Ok(name)
}

fn everything(connect: &Connect) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for domain in connect.list_all_domains(0)? {
        names.push(format!("domain {}", domain.name()?));
    }
    for network in connect.list_all_networks(0)? {
        names.push(format!("network {}", network.name()?));
    }
    for pool in connect.list_all_storage_pools(0)? {
        names.push(format!("pool {}", pool.name()?));
    }
    Ok(names)
}
