//! Archives with images in them.

use super::deliver::{temp, unreadable, unwritable};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Component, Path};
use tar::{Archive, EntryType};
use tempfile::NamedTempFile;

/// More files than TripleO's archives have by far.
const MOST: usize = 1000;

/// Unpacks the files of an archive into a folder, without names yet. All of them lie side by side: a path in the archive
/// gives its last part, and links, devices and paths that lead out of it are refused.
pub fn unpack(path: &Path, dir: &Path) -> Result<Vec<(String, NamedTempFile)>> {
    let failed = |e: io::Error| unreadable(path, &e);
    let refused = |what: String| {
        Error::input(format!("the archive {} is not unpacked: {what}", path.display()))
            .note("nothing of it was put anywhere")
    };
    let mut archive = Archive::new(reader(path).map_err(failed)?);
    let mut files: Vec<(String, NamedTempFile)> = Vec::new();
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let inside = entry.path().map_err(failed)?.into_owned();
        let mut parts = inside.components().filter(|part| *part != Component::CurDir).peekable();
        if parts.any(|part| !matches!(part, Component::Normal(_))) {
            return Err(refused(format!("\"{shown}\" leads out of it")));
        }
        match entry.header().entry_type() {
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            other => return Err(refused(format!("\"{shown}\" is no file but {}", kind(other)))),
        }
        let Some(name) = inside.file_name().and_then(|n| n.to_str()) else {
            return Err(refused(format!("\"{shown}\" has no name that can be written")));
        };
        if name.starts_with('.') || name.contains(|c: char| c.is_control()) {
            return Err(refused(format!("\"{shown}\" is a hidden file or has signs in its name")));
        }
        if files.len() == MOST || files.iter().any(|(known, _)| known == name) {
            return Err(refused(format!("it has two files \"{name}\", or more than {MOST}")));
        }
        let mut file = temp(dir)?;
        io::copy(&mut entry, &mut file).map_err(|e| unwritable(&dir.join(name), &e))?;
        files.push((name.to_owned(), file));
    }
    if files.is_empty() { Err(refused("it has no files".to_owned())) } else { Ok(files) }
}

fn kind(of: EntryType) -> &'static str {
    match of {
        EntryType::Symlink | EntryType::Link => "a link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        _ => "something else",
    }
}

/// What is in an archive, unpacked as its first bytes say.
fn reader(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut magic = Vec::new();
    (&mut file).take(6).read_to_end(&mut magic)?;
    file.rewind()?;
    let file = BufReader::new(file);
    Ok(match magic.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Box::new(lzma_rust2::XzReader::new(file, true)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(file)?),
        _ => Box::new(file),
    })
}
