//! A download that goes on where it was cut off.

use super::http::{self, Reply, Trouble};
use super::watch::Watch;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::image::store::part_knowledge;
use indicatif::BinaryBytes;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;
use warp_agent::http::url;

/// Tries that may bring nothing, one after the other.
const TRIES: u32 = 20;

/// The time between two that brought nothing.
const PAUSE: Duration = Duration::from_secs(5);

/// The time after one that brought something.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// What is known of a part, in a file beside it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    /// Where it comes from, without a login.
    url: String,
    /// What tells this content from another at the same place: a strong ETag, or else Last-Modified.
    validator: Option<String>,
}

/// Why a try ended.
enum Stop {
    /// No further try helps.
    Final(Error),
    /// So many bytes came, and then this was wrong.
    Cut(u64, String),
}

/// A download into a file of its own, which has the name that it gets when it is whole and checked only then.
pub struct Download<'a> {
    url: &'a str,
    part: &'a Path,
    known: PathBuf,
    watch: &'a dyn Watch,
}

impl<'a> Download<'a> {
    /// Of this URL into this file, where a part of it may be.
    pub fn new(url: &'a str, part: &'a Path, watch: &'a dyn Watch) -> Self {
        Download { url, part, known: part_knowledge(part), watch }
    }

    /// Brings the rest; says whether some of it was there before. The caller holds the cache's lock.
    pub fn finish(&self) -> Result<bool> {
        let mut resumed = self.held().is_some();
        let mut in_vain = 0;
        loop {
            let (came, why) = match self.attempt() {
                Ok(()) => return Ok(resumed),
                Err(Stop::Final(error)) => return Err(error),
                Err(Stop::Cut(came, why)) => (came, why),
            };
            resumed = true;
            in_vain = if came > 0 { 0 } else { in_vain + 1 };
            let shown = url::masked(self.url);
            if in_vain == TRIES {
                return Err(Error::other(format!("{shown} did not come in {TRIES} tries: {why}"))
                    .help("try again later; what has come is kept, and the download goes on from there"));
            }
            let pause = if came > 0 { SHORT_PAUSE } else { PAUSE };
            self.watch.tell(&format!("{why}; going on in {} s", pause.as_secs()));
            thread::sleep(pause);
        }
    }

    /// Forgets what has come.
    pub fn discard(&self) -> Result<()> {
        for path in [self.part, &self.known] {
            match fs::remove_file(path) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(self.unwritable(&e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Forgets what was known of the part, which has its own name now.
    pub fn done(&self) -> Result<()> {
        fs::remove_file(&self.known).map_err(|e| self.unwritable(&e))
    }

    /// How much is there of what, if it can be gone on with.
    fn held(&self) -> Option<(u64, String)> {
        let known: Known = serde_json::from_slice(&fs::read(&self.known).ok()?).ok()?;
        let length = fs::metadata(self.part).ok()?.len();
        known.validator.filter(|_| length > 0).map(|validator| (length, validator))
    }

    fn attempt(&self) -> Result<(), Stop> {
        let held = self.held();
        let mut headers = Vec::new();
        if let Some((length, validator)) = &held {
            headers.push(("Range", format!("bytes={length}-")));
            headers.push(("If-Range", validator.clone()));
        }
        let reply = http::get(self.url, &headers).map_err(|trouble| match trouble {
            // What began will go on; what never did is told at once.
            Trouble::Link(why) if held.is_some() || why == "timed out" => Stop::Cut(0, why),
            trouble => Stop::Final(trouble.error(self.url)),
        })?;
        let length = held.map_or(0, |(length, _)| length);
        let (from, total) = match (reply.status, length) {
            (200, _) => {
                if length > 0 {
                    self.watch.tell(
                        "it comes from its beginning: it is another by now, or the server cannot go on",
                    );
                }
                (0, reply.length())
            }
            (206, 1..) => match span(&reply) {
                Some((start, total)) if start == length => (length, total),
                _ => return Err(self.anew("the server sent another part than was asked for")),
            },
            (416, 1..) if beyond(&reply) == Some(length) => return Ok(()),
            (416, 1..) => return Err(self.anew("the server has less than came before")),
            _ if reply.is_temporary() => return Err(Stop::Cut(0, format!("the server says {}", reply.says))),
            _ => return Err(Stop::Final(reply.refused(self.url))),
        };
        let came = self.receive(reply, from, total);
        self.watch.end();
        came
    }

    /// Writes what comes, from there on.
    fn receive(&self, mut reply: Reply, from: u64, total: Option<u64>) -> Result<(), Stop> {
        let failed = |e: io::Error| Stop::Final(self.unwritable(&e));
        let mut file =
            File::options().create(true).truncate(false).write(true).open(self.part).map_err(failed)?;
        file.set_len(from).map_err(failed)?;
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        if from == 0 {
            let known = Known { url: url::masked(self.url), validator: validator(&reply) };
            let text = serde_json::to_vec(&known).map_err(|e| failed(e.into()))?;
            fs::write(&self.known, text).map_err(failed)?;
        }
        if let Some(total) = total {
            self.room(total.saturating_sub(from))?;
        }
        self.watch.begin(total, from);
        let mut there = from;
        let mut buffer = vec![0; 256 << 10];
        loop {
            let size = match reply.body.read(&mut buffer) {
                Ok(0) => break,
                Ok(size) => size,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(Stop::Cut(there - from, format!("the connection broke: {e}"))),
            };
            file.write_all(buffer.get(..size).unwrap_or_default()).map_err(failed)?;
            there += size as u64;
            self.watch.at(there);
            failpoint::reach("mid-fetch");
        }
        if let Some(total) = total.filter(|total| there < *total) {
            let (there, total) = (BinaryBytes(there), BinaryBytes(total));
            return Err(Stop::Cut(there.0 - from, format!("the connection ended after {there} of {total}")));
        }
        file.sync_all().map_err(failed)
    }

    /// Begins from nothing at the next try.
    fn anew(&self, why: &str) -> Stop {
        match self.discard() {
            Ok(()) => Stop::Cut(0, why.to_owned()),
            Err(error) => Stop::Final(error),
        }
    }

    /// Refuses what has no room, before hours are spent on it.
    fn room(&self, wanted: u64) -> Result<(), Stop> {
        let dir = self.part.parent().unwrap_or(Path::new("/"));
        let Ok(stat) = nix::sys::statvfs::statvfs(dir) else { return Ok(()) };
        let free = stat.blocks_available().saturating_mul(stat.fragment_size());
        if wanted <= free {
            return Ok(());
        }
        let (wanted, free) = (BinaryBytes(wanted), BinaryBytes(free));
        Err(Stop::Final(
            Error::other(format!("{} has no room for the image: it needs {wanted}, and {free} are free", dir.display()))
                .help("make room, or name another folder by IMAGECACHE; `warp image prune` removes images that nobody uses"),
        ))
    }

    fn unwritable(&self, e: &io::Error) -> Error {
        let error = Error::other(format!("{} cannot be written: {e}", self.part.display()));
        match e.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => error.help(
                "make room and run the same command again: it goes on from there; `warp image prune` removes images that \
                 nobody uses",
            ),
            _ => error,
        }
    }
}

/// What a later request can be bound to. A weak ETag is of contents that are alike, not the same.
fn validator(reply: &Reply) -> Option<String> {
    let strong = reply.header("etag").filter(|tag| tag.starts_with('"'));
    strong.or_else(|| reply.header("last-modified")).map(str::to_owned)
}

/// Where a part begins, and the length of the whole.
fn span(reply: &Reply) -> Option<(u64, Option<u64>)> {
    let (range, total) = reply.header("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, total.trim().parse().ok()))
}

/// The length of the whole, where nothing of it was left to send.
fn beyond(reply: &Reply) -> Option<u64> {
    reply.header("content-range")?.strip_prefix("bytes */")?.trim().parse().ok()
}
