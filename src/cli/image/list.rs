//! `warp image ls`.

use super::Image;
use crate::error::Result;
use crate::image::files::{Kind, Meta, System};
use crate::report::terminal::visible_line;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    image: Image,
    /// A directory or file, by its path in the image.
    #[arg(default_value = "/")]
    path: PathBuf,
    /// Show type and permissions, owner's and group's numbers, size, time (UTC) and a link's target.
    #[arg(short, long)]
    long: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let system = args.image.open()?;
    let mut out = std::io::stdout().lock();
    let meta = system.meta(&args.path)?;
    if meta.kind == Kind::Directory {
        for (name, meta) in system.list(&args.path)? {
            line(&mut out, &system, &args.path.join(&name), &name, &meta, args.long)?;
        }
    } else {
        let meta = system.link_meta(&args.path)?;
        line(&mut out, &system, &args.path, args.path.as_os_str(), &meta, args.long)?;
    }
    Ok(out.flush()?)
}

/// One entry. A name is the image's own: what a terminal would obey in it is shown by a sign.
fn line(
    out: &mut impl Write,
    system: &System,
    path: &Path,
    name: &OsStr,
    meta: &Meta,
    long: bool,
) -> Result<()> {
    let shown = |text: &OsStr| visible_line(&text.to_string_lossy());
    if !long {
        return Ok(writeln!(out, "{}", shown(name))?);
    }
    let when = jiff::Timestamp::from_second(meta.modified)
        .map_or_else(|_| meta.modified.to_string(), |t| t.strftime("%Y-%m-%d %H:%M:%S").to_string());
    let target = if meta.kind == Kind::Link {
        format!(" -> {}", shown(system.target(path)?.as_os_str()))
    } else {
        String::new()
    };
    let Meta { uid, gid, size, .. } = meta;
    Ok(writeln!(out, "{} {uid:>5} {gid:>5} {size:>12} {when} {}{target}", permissions(meta), shown(name))?)
}

/// Type and permissions as `ls -l` writes them.
fn permissions(meta: &Meta) -> String {
    let kind = match meta.kind {
        Kind::File => '-',
        Kind::Directory => 'd',
        Kind::Link => 'l',
        Kind::BlockDevice => 'b',
        Kind::CharacterDevice => 'c',
        Kind::Fifo => 'p',
        Kind::Socket => 's',
    };
    let mut text = String::from(kind);
    for (shift, special, set) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = meta.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (bits & 1 != 0, meta.mode & special != 0) {
            (true, true) => set,
            (false, true) => set.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}
