//! Archives of zip, by `unzip` and `zipinfo`.

use super::zip_listing::{Entry, sums};
use super::{Comparison, Handler, Job, Names, run};
use crate::accounts;
use crate::effects::umask;
use crate::glob;
use crate::module::{Context, Failed};
use crate::program;
use flate2::Crc;
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Which program lists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    /// `zipinfo`.
    Zipinfo,
    /// `unzip -Zl`.
    Unzip,
}

/// An archive that unzip can read.
pub(super) struct Zip {
    listing: Listing,
    unzip: String,
    zipinfo: String,
    files: Names,
    sums: HashMap<String, u32>,
    /// Names that are newer here than in the archive.
    kept: Vec<String>,
}

impl Zip {
    /// Opens one; the inner error is why it is none.
    pub(super) fn open(
        job: &Job<'_>,
        cx: &mut Context<'_>,
        listing: Listing,
    ) -> Result<Result<Self, String>, Failed> {
        let lister = if listing == Listing::Zipinfo { "zipinfo" } else { "unzip" };
        let missing: Vec<&str> =
            ["unzip", lister].into_iter().filter(|p| program::find(cx, p).is_none()).collect();
        let text = |name: &str, cx: &Context<'_>| {
            program::find(cx, name).map(|p| p.to_string_lossy().into_owned()).unwrap_or_default()
        };
        if !missing.is_empty() {
            return Ok(Err(format!(
                "Unable to find required '{}' binary in the path.",
                missing.join("' or '")
            )));
        }
        let (unzip, zipinfo) = (text("unzip", cx), text(lister, cx));
        let words = |option: &str| vec![unzip.clone(), option.to_owned(), job.src.clone()];
        let output = run(cx, job, &words("-l"))?;
        if output.rc != 0 {
            let why = output.stderr_text();
            return Ok(Err(format!("Command \"{unzip}\" could not handle archive: {why}")));
        }
        let sums = sums(&run(cx, job, &words("-v"))?.stdout_text());
        let names = run(cx, job, &[unzip.clone(), "-Z1".to_owned(), job.src.clone()])?.stdout_text();
        let (included, excluded) = (job.list("include"), job.list("exclude"));
        let among = |list: &[String], name: &str| list.iter().any(|p| glob::matches(p, name));
        let asked = |name: &&str| match included.is_empty() {
            true => !among(&excluded, name),
            false => among(&included, name),
        };
        let files = names.lines().filter(asked).map(str::to_owned).collect();
        Ok(Ok(Zip { listing, unzip, zipinfo, files, sums, kept: Vec::new() }))
    }

    fn differs(&mut self, job: &Job<'_>, entry: &Entry, meta: &Metadata) -> Result<Option<String>, Failed> {
        let letter = entry.letter();
        let fits = match letter {
            'd' => meta.is_dir(),
            'L' => meta.is_symlink(),
            _ => meta.is_file(),
        };
        if !fits {
            return Ok(Some(format!("c{letter}++++++.?? {}\n", entry.path)));
        }
        let mut items: Vec<char> = format!(".{letter}.......??").chars().collect();
        let mut mark = |at: usize, c: char| {
            if let Some(item) = items.get_mut(at) {
                *item = c;
            }
        };
        let mut changed = false;
        if meta.is_file() {
            let time = entry.timestamp();
            let newer = job.args.flag("keep_newer");
            let (theirs, ours) = (time as f64, meta.mtime() as f64 + meta.mtime_nsec() as f64 * 1e-9);
            if newer && theirs < ours {
                self.kept.push(entry.path.clone());
                return Ok(None);
            }
            if (newer && theirs > ours) || (!newer && theirs != ours) {
                mark(4, 't');
                changed = true;
            }
            if entry.size != meta.size() {
                mark(3, 's');
                changed = true;
            }
            let sum = crc32(&job.dest.join(&entry.path)).map_err(|e| Failed::new(e.to_string()))?;
            if self.sums.get(&entry.path) != Some(&sum) {
                mark(2, 'c');
                changed = true;
            }
        }
        if letter != 'L' {
            let present = meta.mode() & 0o7777;
            let mode = match &job.wanted.mode {
                Some(mode) => mode.resolve(present, meta.is_dir())?,
                None => entry.mode(umask()),
            };
            if mode != present {
                mark(5, 'p');
                changed = true;
            }
        }
        if meta.uid() != owner(job) {
            mark(6, 'o');
            changed = true;
        }
        if meta.gid() != group(job) {
            mark(6, 'g');
            changed = true;
        }
        Ok(changed.then(|| format!("{} {}\n", items.into_iter().collect::<String>(), entry.path)))
    }
}

impl Handler for Zip {
    fn name(&self) -> &'static str {
        if self.listing == Listing::Zipinfo { "ZipArchive" } else { "ZipZArchive" }
    }

    fn files(&self) -> &Names {
        &self.files
    }

    fn compare(&mut self, job: &Job<'_>, cx: &mut Context<'_>) -> Result<Comparison, Failed> {
        let mut words = vec![self.zipinfo.clone()];
        if self.listing == Listing::Unzip {
            words.push("-Zl".to_owned());
        }
        words.extend(["-T".to_owned(), "-s".to_owned(), job.src.clone()]);
        let excluded = job.list("exclude");
        if !excluded.is_empty() {
            words.push("-x".to_owned());
            words.extend(excluded.clone());
        }
        words.extend(job.list("include"));
        let output = run(cx, job, &words)?;
        let mut diff = String::new();
        for entry in output.stdout_text().lines().filter_map(Entry::parse) {
            if excluded.contains(&entry.path) {
                continue;
            }
            match fs::symlink_metadata(job.dest.join(&entry.path)) {
                Err(_) => diff.push_str(&format!(">{}++++++.?? {}\n", entry.letter(), entry.path)),
                Ok(meta) => diff.push_str(&self.differs(job, &entry, &meta)?.unwrap_or_default()),
            }
        }
        Ok(Comparison { unarchived: output.rc == 0 && diff.is_empty(), diff: Some(diff) })
    }

    fn command(&self, job: &Job<'_>) -> Vec<String> {
        let mut words = vec![self.unzip.clone(), "-o".to_owned()];
        words.extend(job.list("extra_opts"));
        words.push(job.src.clone());
        let excluded: Vec<String> = job.list("exclude").into_iter().chain(self.kept.clone()).collect();
        if !excluded.is_empty() {
            words.push("-x".to_owned());
            words.extend(excluded);
        }
        words.extend(job.list("include"));
        words.extend(["-d".to_owned(), job.dest.to_string_lossy().into_owned()]);
        words
    }
}

/// The account that what is unpacked is to belong to: the one asked for, if it exists, else ours.
fn owner(job: &Job<'_>) -> u32 {
    let named = job
        .wanted
        .owner
        .as_deref()
        .and_then(|name| accounts::user_by_name(name).map(|u| u.uid).or_else(|| name.parse().ok()));
    named.unwrap_or_else(accounts::effective_uid)
}

fn group(job: &Job<'_>) -> u32 {
    let named = job
        .wanted
        .group
        .as_deref()
        .and_then(|name| accounts::group_by_name(name).map(|g| g.gid).or_else(|| name.parse().ok()));
    named.unwrap_or_else(accounts::effective_gid)
}

fn crc32(path: &Path) -> io::Result<u32> {
    let mut file = File::open(path)?;
    let mut sum = Crc::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let size = file.read(&mut buffer)?;
        if size == 0 {
            return Ok(sum.sum());
        }
        sum.update(buffer.get(..size).unwrap_or_default());
    }
}
