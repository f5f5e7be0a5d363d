//! `stat`: all that is known of a file.

use crate::accounts;
use crate::args::Args;
use crate::command::Command;
use crate::digest;
use crate::errno;
use crate::fs_flags;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// The module.
pub struct Stat;

static SPEC: Spec = Spec::new("stat", "Tells what is known of a file", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("path", Kind::Path).required().aliases(&["dest", "name"]).help("The file."),
    Arg::new("follow", Kind::Bool).default("false").help("Tell of what a link leads to."),
    Arg::new("get_checksum", Kind::Bool).default("true").help("Hash the content of a file."),
    Arg::new("get_mime", Kind::Bool)
        .default("true")
        .aliases(&["mime", "mime_type", "mime-type"])
        .help("Ask the program `file` what kind of content it is."),
    Arg::new("get_attributes", Kind::Bool)
        .default("true")
        .aliases(&["attr", "attributes"])
        .help("Read the flags of the file system."),
    Arg::new("checksum_algorithm", Kind::Str)
        .default("sha1")
        .choices(digest::ALGORITHMS)
        .aliases(&["checksum", "checksum_algo"])
        .help("How to hash."),
];

impl Module for Stat {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let path = Path::new(args.text("path"));
        let found = if args.flag("follow") { fs::metadata(path) } else { fs::symlink_metadata(path) };
        let meta = match found {
            Ok(meta) => meta,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let nothing: Map = [("exists".to_owned(), false.into())].into();
                return Ok(Outcome::ok().with("stat", nothing));
            }
            Err(e) => return Err(Failed::new(errno::text(&e)).because(errno::python(&e, &[path]))),
        };
        let mut stat = basics(args.text("path"), &meta);
        let mut put = |name: &str, value: Value| drop(stat.insert(name.to_owned(), value));
        let readable = paths::accessible(path, libc::R_OK);
        put("readable", readable.into());
        put("writeable", paths::accessible(path, libc::W_OK).into());
        put("executable", paths::accessible(path, libc::X_OK).into());
        if meta.is_symlink() {
            put("lnk_source", text(&paths::real(path)));
            put("lnk_target", fs::read_link(path).map_or(Value::Null, |target| text(&target)));
        }
        if let Some(user) = accounts::user_by_id(meta.uid()) {
            put("pw_name", user.name.into());
        }
        if let Some(group) = accounts::group_by_id(meta.gid()) {
            put("gr_name", group.name.into());
        }
        if meta.is_file() && readable && args.flag("get_checksum") {
            let hash = digest::named(args.text("checksum_algorithm"), path);
            put("checksum", hash.map_err(|e| Failed::new(errno::python(&e, &[path])))?.into());
        }
        if args.flag("get_mime") {
            let (kind, charset) = mime(path, cx).unwrap_or(("unknown".to_owned(), "unknown".to_owned()));
            put("mimetype", kind.into());
            put("charset", charset.into());
        }
        if args.flag("get_attributes") {
            let flags = fs_flags::read(path);
            put("version", flags.map(|(_, version)| version.to_string()).into());
            put("attributes", flags.map_or(Vec::new(), |(flags, _)| fs_flags::names(flags)).into());
            put("attr_flags", flags.map(|(flags, _)| fs_flags::letters(flags)).unwrap_or_default().into());
        }
        Ok(Outcome::ok().with("stat", stat))
    }
}

/// What the system says in one call.
fn basics(path: &str, meta: &Metadata) -> Map {
    let extent: [(&str, Value); 3] = [
        ("blocks", meta.blocks().into()),
        ("block_size", meta.blksize().into()),
        ("device_type", meta.rdev().into()),
    ];
    let entries = [("exists", true.into())].into_iter().chain(attributes(path, meta));
    entries.chain(permissions(meta)).chain(extent).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Kind, owner, size and times: what `stat` and `find` begin with.
pub(super) fn attributes(path: &str, meta: &Metadata) -> [(&'static str, Value); 18] {
    let kind = meta.file_type();
    let time = |seconds: i64, nanos: i64| Value::from(seconds as f64 + nanos as f64 * 1e-9);
    [
        ("path", path.into()),
        ("mode", format!("{:04o}", meta.mode() & 0o7777).into()),
        ("isdir", kind.is_dir().into()),
        ("ischr", kind.is_char_device().into()),
        ("isblk", kind.is_block_device().into()),
        ("isreg", kind.is_file().into()),
        ("isfifo", kind.is_fifo().into()),
        ("islnk", kind.is_symlink().into()),
        ("issock", kind.is_socket().into()),
        ("uid", meta.uid().into()),
        ("gid", meta.gid().into()),
        ("size", meta.size().into()),
        ("inode", meta.ino().into()),
        ("dev", meta.dev().into()),
        ("nlink", meta.nlink().into()),
        ("atime", time(meta.atime(), meta.atime_nsec())),
        ("mtime", time(meta.mtime(), meta.mtime_nsec())),
        ("ctime", time(meta.ctime(), meta.ctime_nsec())),
    ]
}

/// The bits of the mode by name.
pub(super) fn permissions(meta: &Metadata) -> [(&'static str, Value); 11] {
    [
        ("wusr", 0o200),
        ("rusr", 0o400),
        ("xusr", 0o100),
        ("wgrp", 0o020),
        ("rgrp", 0o040),
        ("xgrp", 0o010),
        ("woth", 0o002),
        ("roth", 0o004),
        ("xoth", 0o001),
        ("isuid", 0o4000),
        ("isgid", 0o2000),
    ]
    .map(|(name, bit)| (name, (meta.mode() & bit != 0).into()))
}

fn text(path: &Path) -> Value {
    path.to_string_lossy().into_owned().into()
}

/// What `file` says, where it is installed: `PATH: text/plain; charset=us-ascii`.
fn mime(path: &Path, cx: &mut Context<'_>) -> Option<(String, String)> {
    let path = path.as_os_str();
    let words = ["file", "--mime-type", "--mime-encoding"].map(AsRef::as_ref);
    let output = cx.run(&Command::new(words.into_iter().chain([path]))).ok().filter(|o| o.rc == 0)?;
    let said = output.stdout_text();
    let (kind, charset) = said.rsplit_once(':')?.1.split_once(';')?;
    Some((kind.trim().to_owned(), charset.split_once('=')?.1.trim().to_owned()))
}
