//! The list `images` of a deployment, as tripleo-quickstart has it.

use super::{Fetcher, Source, Sum, deliver};
use crate::error::{Error, Result};
use crate::image::store::{Kind, Policy};
use serde::{Deserialize, Deserializer};
use std::path::{Path, PathBuf};

/// An entry of the list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is called.
    name: String,
    /// Where it is.
    url: String,
    /// What it is.
    #[serde(default, rename = "type")]
    kind: Kind,
    /// Its MD5; more words may follow. It says besides that this is the undercloud's image, whatever it is called.
    md5sum: Option<String>,
    /// Its checksum of any kind, or the URL of a file with checksums.
    checksum: Option<String>,
    /// Take the newest of its name that the cache has.
    #[serde(default, deserialize_with = "flag")]
    force_cached: bool,
}

impl Entry {
    fn source(&self, cached: bool) -> Result<Source> {
        let sum = match (&self.md5sum, &self.checksum) {
            (Some(_), Some(_)) => {
                return Err(Error::input(format!("the image {} has both md5sum and checksum", self.name)));
            }
            (Some(sum), None) | (None, Some(sum)) => {
                Some(Sum::parse(sum).map_err(|e| e.context(format!("the image {}", self.name)))?)
            }
            (None, None) => None,
        };
        Ok(Source {
            name: self.name.clone(),
            url: self.url.clone(),
            kind: self.kind,
            checksum: sum,
            cached: cached || self.force_cached,
        })
    }

    /// Whether this is the image that a VM called `name` is made of.
    fn is_of(&self, name: &str) -> bool {
        self.kind == Kind::Qcow2 && (self.name == name || (self.md5sum.is_some() && name == "undercloud"))
    }
}

/// What came of a list.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The image that was asked for. In check mode it may not be there yet.
    pub path: PathBuf,
    /// The files that were put into the folder.
    pub files: Vec<PathBuf>,
    /// Whether anything was (in check mode: would be) fetched or put there.
    pub changed: bool,
}

/// Fetches a list of images. The image called `name` is used in the cache; the others, and what is in archives, go to
/// `dest`.
///
/// # Errors
/// As of `Fetcher::fetch` and `deliver`; or none of them is `name`.
pub fn fetch_all(
    fetcher: &Fetcher<'_>,
    list: &[Entry],
    name: &str,
    dest: &Path,
    cached: bool,
) -> Result<Listed> {
    let sources = list.iter().map(|entry| entry.source(cached)).collect::<Result<Vec<_>>>()?;
    let wanted = format!("{name}.qcow2");
    let mut listed = Listed::default();
    let mut found = None;
    for (entry, source) in list.iter().zip(&sources) {
        let image = fetcher.fetch(source)?;
        listed.changed |= image.fetched;
        if entry.is_of(name) {
            found = Some(image.path);
        } else if fetcher.check && !image.path.exists() {
            // What an archive holds is known when it is there.
            found = found.or_else(|| (source.kind == Kind::Tar).then(|| dest.join(&wanted)));
        } else {
            let (files, changed) = deliver(&image.path, source.kind, &source.name, dest, fetcher.check)?;
            listed.changed |= changed;
            found = files.iter().find(|file| file.ends_with(&wanted)).cloned().or(found);
            listed.files.extend(files);
        }
    }
    listed.path = found.ok_or_else(|| {
        let names: Vec<&str> = list.iter().map(|entry| entry.name.as_str()).collect();
        Error::input(format!("none of the images is {wanted}: they are {}", names.join(", ")))
    })?;
    Ok(listed)
}

impl Fetcher<'_> {
    /// Removes what was not used for so many days; all but `keep` where there are none.
    ///
    /// # Errors
    /// As of `Store::prune`.
    pub fn clean(&self, days: u64, keep: &[PathBuf]) -> Result<()> {
        if self.check || !self.store.dir().exists() {
            return Ok(());
        }
        let _lock = self.store.lock(&|words| self.watch.tell(words))?;
        for (path, _) in self.store.prune(&Policy { days, keep, dry: false })?.removed {
            self.watch.tell(&format!("removed {}, which nobody uses", path.display()));
        }
        Ok(())
    }
}

/// A truth value, as Ansible's users write them too.
fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match serde_json::Value::deserialize(from)? {
        serde_json::Value::Bool(set) => Ok(set),
        serde_json::Value::String(text) => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" | "" => Ok(false),
            _ => Err(serde::de::Error::custom(format!("\"{text}\" is neither true nor false"))),
        },
        other => Err(serde::de::Error::custom(format!("{other} is neither true nor false"))),
    }
}
