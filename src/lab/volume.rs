//! Volumes: the disks of the lab's machines, in a pool.

use super::manifest::Volume;
use super::own::foreign;
use super::xml::Element;
use super::{Lab, libvirt};
use crate::error::{Error, Result};
use crate::image::store;
use std::path::{Path, PathBuf};
use virt::connect::Connect;
use virt::error::{Error as Failure, ErrorNumber};
use virt::storage_pool::StoragePool;
use virt::storage_vol::StorageVol;
use virt::sys;

/// A volume that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The pool it is to be in.
    pub pool: &'a str,
    /// Its name there.
    pub name: &'a str,
    /// Its size as the guest sees it, in bytes.
    pub capacity: u64,
    /// The qcow2 image that it is an overlay on.
    pub backing: Option<&'a Path>,
}

impl Lab {
    /// Makes a qcow2 volume where there is none; says whether it did, and its file. Blocks.
    ///
    /// # Errors
    /// No such pool, a file of that name that the lab did not make, or libvirt's refusal.
    pub fn create_volume(&self, wanted: &Wanted<'_>) -> Result<(bool, PathBuf)> {
        let connect = self.connect()?;
        let what = format!("the volume {} of the pool {}", wanted.name, wanted.pool);
        let failed = |e: Failure| libvirt::error(format_args!("cannot make {what}"), &e);
        let pool = self.pool(&connect, &self.known_as(wanted.pool))?;
        pool.refresh(0).map_err(failed)?;
        let pool_uuid = pool.uuid_string().map_err(failed)?;
        if let Some(found) = find(&pool, wanted.name).map_err(failed)? {
            let path = PathBuf::from(found.path().map_err(failed)?);
            if !self.remembers(&pool_uuid, wanted.name) {
                return Err(foreign(&what));
            }
            return Ok((false, path));
        }
        // Remembered first: a warp that is killed in between must not leave a volume that it does not know.
        let path = target(&pool)?.join(wanted.name);
        let volume = Volume {
            pool: self.known_as(wanted.pool),
            pool_uuid: pool_uuid.clone(),
            name: wanted.name.to_owned(),
            path: path.clone(),
            content: Some(now()),
        };
        self.remember(volume)?;
        if let Some(image) = wanted.backing.filter(|_| self.virthost().is_none()) {
            store::used_by(image, &path)?;
        }
        StorageVol::create_xml(&pool, &description(wanted).to_xml(), 0).map_err(failed)?;
        Ok((true, path))
    }

    /// Deletes a volume that the lab made; says whether there was one. Blocks.
    ///
    /// # Errors
    /// A volume that the lab did not make, or libvirt's refusal.
    pub fn delete_volume(&self, pool: &str, name: &str) -> Result<bool> {
        let connect = self.connect()?;
        let what = format!("the volume {name} of the pool {pool}");
        let failed = |e: Failure| libvirt::error(format_args!("cannot delete {what}"), &e);
        let Some(found) = libvirt::pool(&connect, &self.known_as(pool)).map_err(failed)? else {
            return Ok(false);
        };
        let uuid = found.uuid_string().map_err(failed)?;
        if !self.remembers(&uuid, name) {
            return match find(&found, name).map_err(failed)? {
                Some(_) => Err(foreign(&what)),
                None => Ok(false),
            };
        }
        let deleted = delete(&found, name).map_err(failed)?;
        self.store.update(|m| m.volumes.retain(|v| v.pool_uuid != uuid || v.name != name))?;
        Ok(deleted)
    }

    /// The size, as its guest sees it, of a pool's volume of this name. Blocks.
    ///
    /// # Errors
    /// libvirt's own.
    pub fn capacity(&self, pool: &str, name: &str) -> Result<Option<u64>> {
        let connect = self.connect()?;
        let failed = |e: Failure| libvirt::error(format_args!("cannot look into the pool {pool}"), &e);
        match libvirt::pool(&connect, &self.known_as(pool)).map_err(failed)? {
            Some(found) if found.is_active().map_err(failed)? => {
                let volume = find(&found, name).map_err(failed)?;
                volume.map(|v| v.info().map(|info| info.capacity)).transpose().map_err(failed)
            }
            _ => Ok(None),
        }
    }

    /// Makes a volume of the lab as large as wanted where it is smaller, also under a guest that runs; says whether it
    /// was smaller. The guest's file system grows when it boots, or by its own tools. Blocks.
    ///
    /// # Errors
    /// No such volume, or libvirt's refusal.
    pub fn grow_volume(&self, pool: &str, name: &str, capacity: u64) -> Result<bool> {
        let connect = self.connect()?;
        let failed = |e: Failure| libvirt::error(format_args!("cannot grow the volume {name}"), &e);
        let pool = self.pool(&connect, &self.known_as(pool))?;
        let Some(volume) = find(&pool, name).map_err(failed)? else { return Ok(false) };
        if volume.info().map_err(failed)?.capacity >= capacity {
            return Ok(false);
        }
        let path = volume.path().map_err(failed)?;
        for domain in self.own_domains(&connect)? {
            if !domain.is_active().map_err(failed)? {
                continue;
            }
            let description = Element::parse(&domain.xml_desc(0).map_err(failed)?)?;
            let sources = description.all("devices/disk/source");
            if sources.iter().any(|source| source.attribute("file") == Some(&path)) {
                domain.block_resize(&path, capacity, sys::VIR_DOMAIN_BLOCK_RESIZE_BYTES).map_err(failed)?;
                pool.refresh(0).map_err(failed)?;
                return Ok(true);
            }
        }
        volume.resize(capacity, 0).map_err(failed)?;
        Ok(true)
    }

    /// The pool of this name, running.
    pub(super) fn pool(&self, connect: &Connect, name: &str) -> Result<StoragePool> {
        let failed = |e: Failure| libvirt::error(format_args!("cannot use the pool {name}"), &e);
        let pool = libvirt::pool(connect, libvirt::c_text("the pool's name", name)?)
            .map_err(failed)?
            .ok_or_else(|| Error::other(format!("there is no pool {name}")))?;
        if !pool.is_active().map_err(failed)? {
            pool.create(0).map_err(failed)?;
        }
        Ok(pool)
    }

    /// Remembers a volume, in the place of an older one of its name.
    pub(super) fn remember(&self, volume: Volume) -> Result<()> {
        self.store.update(|m| {
            m.volumes.retain(|v| v.pool_uuid != volume.pool_uuid || v.name != volume.name);
            m.volumes.push(volume);
        })
    }

    /// What tells the content of the lab's volume in this file from another.
    #[must_use]
    pub fn content_of(&self, path: &Path) -> Option<String> {
        self.store.get().volumes.into_iter().find(|v| v.path == path)?.content
    }

    pub(super) fn remembers(&self, pool_uuid: &str, name: &str) -> bool {
        self.store.get().volumes.iter().any(|v| v.pool_uuid == pool_uuid && v.name == name)
    }
}

/// Deletes a volume's file; says whether there was one. A pool that does not run and cannot has lost its directory,
/// and the file with it.
pub(super) fn delete(pool: &StoragePool, name: &str) -> Result<bool, Failure> {
    if !pool.is_active()? && pool.create(0).is_err() {
        return Ok(false);
    }
    pool.refresh(0)?;
    match find(pool, name)? {
        Some(volume) => volume.delete(0).map(|()| true),
        None => Ok(false),
    }
}

pub(super) fn find(pool: &StoragePool, name: &str) -> Result<Option<StorageVol>, Failure> {
    match pool.lookup_storage_vol_by_name(name) {
        Ok(volume) => Ok(Some(volume)),
        Err(e) if e.code().is(ErrorNumber::NoStorageVolume) => Ok(None),
        Err(e) => Err(e),
    }
}

pub(super) fn target(pool: &StoragePool) -> Result<PathBuf> {
    let xml = pool.xml_desc(0).map_err(|e| libvirt::error("cannot look at a pool", &e))?;
    let description = Element::parse(&xml)?;
    description
        .first("target/path")
        .map(|path| PathBuf::from(&path.text))
        .ok_or_else(|| Error::other("the pool has no directory"))
}

/// This moment, in nanoseconds since 1970.
fn now() -> String {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    since.as_nanos().to_string()
}

fn description(wanted: &Wanted<'_>) -> Element {
    let format = |of: &mut Element| {
        of.child_mut("format").attributes.push(("type".to_owned(), "qcow2".to_owned()));
    };
    let mut volume = Element { name: "volume".to_owned(), ..Element::default() };
    volume.child_mut("name").text = wanted.name.to_owned();
    volume.child_mut("capacity").text = wanted.capacity.to_string();
    format(volume.child_mut("target"));
    if let Some(backing) = wanted.backing {
        let store = volume.child_mut("backingStore");
        store.child_mut("path").text = backing.display().to_string();
        format(store);
    }
    volume
}
