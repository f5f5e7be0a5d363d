//! Files of this machine as volumes: what guests of a virthost boot from.

use super::manifest::Volume;
use super::own::foreign;
use super::volume::{find, target};
use super::xml::Element;
use super::{Lab, libvirt};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use virt::error::Error as Failure;
use virt::storage_vol::StorageVol;
use virt::stream::Stream;

/// How much goes at once.
const PIECE: usize = 256 << 10;

impl Lab {
    /// Puts a file into a pool as a volume of the same content, where it is not there already; says whether it did, and
    /// the volume's file. Blocks.
    ///
    /// # Errors
    /// A file that cannot be read, one of that name that the lab did not make, or libvirt's refusal.
    pub fn upload(&self, pool: &str, name: &str, source: &Path) -> Result<(bool, PathBuf)> {
        let what = format!("the volume {name} of the pool {pool}");
        let failed = |e: Failure| libvirt::error(format_args!("cannot send {what}"), &e);
        let unreadable = |e: std::io::Error| Error::other(format!("cannot read {}: {e}", source.display()));
        let mut file = File::open(source).map_err(unreadable)?;
        let meta = file.metadata().map_err(unreadable)?;
        let content = format!("{} bytes of {}.{:09}", meta.len(), meta.mtime(), meta.mtime_nsec());

        let connect = self.connect()?;
        let pool = self.pool(&connect, &self.known_as(pool))?;
        pool.refresh(0).map_err(failed)?;
        let pool_uuid = pool.uuid_string().map_err(failed)?;
        let path = target(&pool)?.join(name);
        if let Some(found) = find(&pool, name).map_err(failed)? {
            if !self.remembers(&pool_uuid, name) {
                return Err(foreign(&what));
            }
            if self.content_of(&path).as_ref() == Some(&content) {
                return Ok((false, path));
            }
            found.delete(0).map_err(failed)?;
        }
        let pool_name = pool.name().map_err(failed)?;
        let volume =
            Volume { pool: pool_name, pool_uuid, name: name.to_owned(), path: path.clone(), content: None };
        // Remembered first, as one that has not its content yet.
        self.remember(volume.clone())?;
        let volume_xml = description(name, meta.len()).to_xml();
        let made = StorageVol::create_xml(&pool, &volume_xml, 0).map_err(failed)?;
        let stream = Stream::new(&connect, 0).map_err(failed)?;
        made.upload(&stream, 0, meta.len(), 0).map_err(failed)?;
        let mut piece = vec![0; PIECE];
        loop {
            let length = file.read(&mut piece).map_err(unreadable)?;
            let mut left = piece.get(..length).unwrap_or_default();
            if left.is_empty() {
                break;
            }
            while !left.is_empty() {
                let sent = stream.send(left).map_err(failed)?;
                left = left.get(usize::try_from(sent).unwrap_or_default()..).unwrap_or_default();
            }
        }
        stream.finish().map_err(failed)?;
        self.remember(Volume { content: Some(content), ..volume })?;
        Ok((true, path))
    }
}

/// A volume of so many bytes, whatever they are, which guests may read.
fn description(name: &str, size: u64) -> Element {
    let mut volume = Element { name: "volume".to_owned(), ..Element::default() };
    volume.child_mut("name").text = name.to_owned();
    volume.child_mut("capacity").text = size.to_string();
    let target = volume.child_mut("target");
    target.child_mut("format").attributes.push(("type".to_owned(), "raw".to_owned()));
    target.child_mut("permissions").child_mut("mode").text = "0600".to_owned();
    volume
}
