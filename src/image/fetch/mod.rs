//! Fetching images into the cache: by their checksum, and only whole.

mod archive;
mod deliver;
mod download;
mod http;
mod list;
mod watch;

pub use deliver::deliver;
pub use list::{Entry, Listed, fetch_all};
pub use watch::{Lines, Watch};

use super::checksum::Checksum;
use super::disk::{Format, chain, verify};
use super::store::{Kind, Store};
use crate::error::{Error, Result};
use download::Download;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;
use warp_agent::http::url::{self, Url};

/// An image to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What it is called.
    pub name: String,
    /// Where it is: `http`, `https`, `file`, or a path.
    pub url: String,
    /// What it is.
    pub kind: Kind,
    /// Its checksum; else that beside it is asked for.
    pub checksum: Option<Sum>,
    /// Take the newest of its name that the cache has, whatever the server has by now.
    pub cached: bool,
}

/// Where a checksum is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sum {
    /// Here.
    Known(Checksum),
    /// In a file of checksums, at a URL.
    At(String),
}

impl Sum {
    /// A checksum, of which the first word counts, or the URL of a file with some.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self> {
        if text.contains("://") {
            return Ok(Sum::At(text.to_owned()));
        }
        let word = text.split_whitespace().next().unwrap_or_default();
        Checksum::parse(word).map(Sum::Known).ok_or_else(|| {
            Error::input(format!("\"{text}\" is no checksum")).help(
                "it is the digits of an MD5, SHA-1, SHA-256 or SHA-512, as sha256:DIGITS or alone, or the URL of a file \
                 with checksums",
            )
        })
    }
}

/// An image that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its file. Not there yet when `fetched` in check mode.
    pub path: PathBuf,
    /// Whether it was (in check mode: would be) fetched.
    pub fetched: bool,
}

/// How images are fetched.
pub struct Fetcher<'a> {
    /// The cache.
    pub store: &'a Store,
    /// Whether no server may be asked.
    pub offline: bool,
    /// Whether nothing may be changed.
    pub check: bool,
    /// Who is told.
    pub watch: &'a dyn Watch,
}

/// The ends of the names of checksum files beside images, in the order in which they are looked for.
const BESIDE: [&str; 4] = [".md5", ".sha256", ".sha512", ".sha1"];

/// More than this is no file of checksums.
const LONGEST: u64 = 1 << 20;

impl Fetcher<'_> {
    /// Brings an image into the cache where it is not there. A file of this machine is used where it is.
    ///
    /// # Errors
    /// The image or its checksum cannot be had, they do not belong together, or the cache cannot be written. What the
    /// cache had is as it was.
    pub fn fetch(&self, source: &Source) -> Result<Image> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        if source.name.is_empty() || source.name.starts_with('.') || !source.name.chars().all(plain) {
            return Err(Error::input(format!("\"{}\" is no name of an image", source.name))
                .help("it has letters, digits and ._-+ only"));
        }
        let done = match scheme(&source.url).as_str() {
            "http" | "https" => self.remote(source),
            "file" | "" => self.local(source),
            other => Err(Error::input(format!("images are not fetched by {other}: {}", source.url))
                .help("use http, https or file")),
        };
        done.map_err(|e| e.context(format!("the image {}", source.name)))
    }

    /// A file of this machine: used where it is, and never written.
    fn local(&self, source: &Source) -> Result<Image> {
        let path = local_path(&source.url);
        if !path.exists() {
            return Err(Error::input(format!("there is no file {}", path.display())));
        }
        let sum = match &source.checksum {
            Some(sum) => Some(self.told(sum, &source.url)?),
            None => self.beside(&source.url)?,
        };
        if let Some(sum) = sum {
            self.store.vouch(&path, &sum, || {
                self.watch.tell(&format!("checking {}", path.display()));
                matching(&path, &sum)
            })?;
        }
        if source.kind == Kind::Qcow2 {
            verify(&path)?;
        }
        Ok(Image { path, fetched: false })
    }

    fn remote(&self, source: &Source) -> Result<Image> {
        self.store.trusted()?;
        let known = match &source.checksum {
            Some(Sum::Known(sum)) => Some(sum.clone()),
            _ => None,
        };
        if let Some(sum) = &known
            && let Some(path) = self.store.find(sum, source.kind)?
        {
            return self.found(source, path);
        }
        if known.is_none()
            && (source.cached || self.offline)
            && let Some(path) = self.store.latest(&source.name, source.kind)?
        {
            return Ok(Image { path, fetched: false });
        }
        let shown = url::masked(&source.url);
        if self.offline {
            return Err(Error::other(format!("{shown} is not in {}", self.store.dir().display()))
                .note("no server is asked, for WARP_OFFLINE or --offline says so"));
        }
        let sum = match (known, &source.checksum) {
            (Some(sum), _) => sum,
            (None, Some(sum)) => self.told(sum, &source.url)?,
            (None, None) => self.beside(&source.url)?.ok_or_else(|| {
                Error::other(format!("there is no checksum of {shown}"))
                    .note(format!("{} was looked for beside it", BESIDE.join(", ")))
                    .help("give its checksum: `checksum` of an entry of `images`, or --checksum")
            })?,
        };
        if let Some(path) = self.store.find(&sum, source.kind)? {
            return self.found(source, path);
        }
        let path = self.store.path(&sum, source.kind);
        if self.check {
            return Ok(Image { path, fetched: true });
        }
        let _lock = self.store.lock(&|words| self.watch.tell(words))?;
        // The one that was waited for may have fetched it.
        if let Some(path) = self.store.find(&sum, source.kind)? {
            return self.found(source, path);
        }
        self.download(source, &sum, &path)?;
        self.store.point(&source.name, source.kind, &path)?;
        Ok(Image { path, fetched: true })
    }

    fn found(&self, source: &Source, path: PathBuf) -> Result<Image> {
        if !self.check {
            self.store.point(&source.name, source.kind, &path)?;
        }
        Ok(Image { path, fetched: false })
    }

    /// Downloads an image to its place in the store.
    fn download(&self, source: &Source, sum: &Checksum, path: &Path) -> Result<()> {
        let part = self.store.part(&source.url);
        let download = Download::new(&source.url, &part, self.watch);
        self.watch.tell(&format!("fetching {}", url::masked(&source.url)));
        let mut resumed = download.finish()?;
        loop {
            self.watch.tell("checking what came");
            let checked = matching(&part, sum).and_then(|()| whole(&part, source.kind));
            match checked {
                Ok(()) => break,
                // The pieces may be of two contents, or of a machine that lost its power: once more from nothing.
                Err(e) if resumed => {
                    self.watch.tell(&format!("{}; fetching it anew", e.message()));
                    download.discard()?;
                    resumed = false;
                    download.finish()?;
                }
                Err(e) => {
                    download.discard()?;
                    return Err(e
                        .note(format!("it came from {}, and was removed", url::masked(&source.url)))
                        .note("the image that the cache had is as it was"));
                }
            }
        }
        self.store.adopt(&part, path, Some(&source.url))?;
        download.done()
    }

    /// A checksum that the user named.
    fn told(&self, sum: &Sum, of: &str) -> Result<Checksum> {
        let at = match sum {
            Sum::Known(sum) => return Ok(sum.clone()),
            Sum::At(at) => at,
        };
        let text = self
            .text(at)?
            .ok_or_else(|| Error::other(format!("there is no file of checksums {}", url::masked(at))))?;
        published(&text, at, of)
    }

    /// The checksum in a file beside the image.
    fn beside(&self, image: &str) -> Result<Option<Checksum>> {
        for end in BESIDE {
            let (path, query) = image.split_once('?').map_or((image, ""), |(path, query)| (path, query));
            let mark = if query.is_empty() { "" } else { "?" };
            let at = format!("{path}{end}{mark}{query}");
            if let Some(text) = self.text(&at)? {
                return published(&text, &at, image).map(Some);
            }
        }
        Ok(None)
    }

    /// A short text at a URL; nothing where none is there.
    fn text(&self, at: &str) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        let failed = |e: std::io::Error| Error::other(format!("{} cannot be read: {e}", url::masked(at)));
        if !matches!(scheme(at).as_str(), "http" | "https") {
            let path = local_path(at);
            if !path.exists() {
                return Ok(None);
            }
            let file = std::fs::File::open(path).map_err(failed)?;
            file.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
        } else if self.offline {
            return Err(Error::other(format!(
                "{} is not asked for, for WARP_OFFLINE or --offline says so",
                url::masked(at)
            )));
        } else {
            let reply = self.patiently(at)?;
            match reply.status {
                200 => reply.body.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?,
                404 | 410 => return Ok(None),
                _ => return Err(reply.refused(at)),
            };
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// What a server answers who may be busy for a while.
    fn patiently(&self, at: &str) -> Result<http::Reply> {
        for _ in 1..TRIES {
            let why = match http::get(at, &[]) {
                Ok(reply) if reply.is_temporary() => format!("the server says {}", reply.says),
                Err(http::Trouble::Link(why)) if why == "timed out" => why,
                done => return done.map_err(|trouble| trouble.error(at)),
            };
            self.watch.tell(&format!("{why}; asking again in {} s", PAUSE.as_secs()));
            thread::sleep(PAUSE);
        }
        http::get(at, &[]).map_err(|trouble| trouble.error(at))
    }
}

/// As often, and as far apart, a checksum is asked for.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(15);

/// The checksum of an image in a file of checksums.
fn published(text: &str, at: &str, image: &str) -> Result<Checksum> {
    let path = Url::parse(image).map_or_else(|| image.to_owned(), |url| url::unquote(url.path()));
    let name = path.rsplit('/').next().unwrap_or_default();
    Checksum::published(text, name).map_err(|why| {
        Error::other(format!("{} is no file of checksums that is of use: {why}", url::masked(at)))
            .help("a file of md5sum, sha256sum or their like is wanted, or BSD's form of it")
    })
}

/// Refuses a file with another checksum.
fn matching(path: &Path, sum: &Checksum) -> Result<()> {
    let failed = |e: std::io::Error| Error::other(format!("{} cannot be read: {e}", path.display()));
    let is = sum.of_file(path).map_err(failed)?;
    if is == *sum {
        return Ok(());
    }
    Err(Error::other(format!("the checksum is wrong: {is}, where {sum} was told"))
        .help("where the image was replaced just now, its checksum may follow in a while: try again"))
}

/// Refuses what came under an image's name and cannot be one. An image from elsewhere stands alone: a backing file would
/// be one of this machine, which the guest would be shown.
fn whole(path: &Path, kind: Kind) -> Result<()> {
    if kind != Kind::Qcow2 {
        return Ok(());
    }
    match chain(path)?.as_slice() {
        [only] if only.format() == Format::Qcow2 => Ok(()),
        [_] => Err(Error::other("what came is no qcow2 image")),
        _ => Err(Error::other("the image is laid over another file, which is not taken from elsewhere")),
    }
}

fn scheme(url: &str) -> String {
    if url.contains("://") { Url::parse(url).map(|u| u.scheme).unwrap_or_default() } else { String::new() }
}

/// The path of a `file` URL, or a path as it is.
fn local_path(url: &str) -> PathBuf {
    match url.split_once("://") {
        Some((_, path)) => PathBuf::from(url::unquote(path.strip_prefix("localhost").unwrap_or(path))),
        None => PathBuf::from(url),
    }
}
