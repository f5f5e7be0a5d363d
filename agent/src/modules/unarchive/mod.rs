//! `unarchive`: what is in an archive, in a directory; through the programs `tar` and `unzip`, as Ansible has it.

mod tar;
mod zip;
mod zip_listing;

use crate::args::Args;
use crate::command::{Command, Output};
use crate::effects::FileArgs;
use crate::http::{self, Request};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::spec::{Arg, Kind, Spec};
use crate::stream;
use crate::value::{Map, Value};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The module.
pub struct Unarchive;

/// Its table, which the controller's half shares.
pub static SPEC: Spec = Spec { file_args: true, ..Spec::new("unarchive", "Unpacks an archive", ARGS) };

const ARGS: &[Arg] = &[
    Arg::new("src", Kind::Path)
        .required()
        .help("The archive: zip, or tar as it is or compressed; with `remote_src` also a URL."),
    Arg::new("dest", Kind::Path).required().help("The directory to unpack into."),
    Arg::new("remote_src", Kind::Bool).default("false").help("`src` is on the target."),
    Arg::new("creates", Kind::Path).help("Nothing is done where this path exists."),
    Arg::new("list_files", Kind::Bool).default("false").help("Return the names in the archive as `files`."),
    Arg::new("keep_newer", Kind::Bool)
        .default("false")
        .help("Leave files alone that are newer than those in the archive."),
    Arg::new("exclude", Kind::List)
        .elements(Kind::Str)
        .default("")
        .help("Names, or shell patterns of them, to leave out."),
    Arg::new("include", Kind::List).elements(Kind::Str).default("").help("The only names to unpack."),
    Arg::new("extra_opts", Kind::List)
        .elements(Kind::Str)
        .default("")
        .help("Further options for tar or unzip."),
    Arg::new("validate_certs", Kind::Bool).default("true").help("Check the certificate of an https server."),
    Arg::new("io_buffer_size", Kind::Int)
        .default("65536")
        .help("Has no effect: files are read as suits them."),
    Arg::new("copy", Kind::Bool).default("true").help("The opposite of `remote_src`, of old."),
    Arg::new("decrypt", Kind::Bool).default("true").help("Decrypt a vaulted archive of the controller's."),
];

/// What is known of a job before anything is unpacked.
struct Job<'a> {
    args: &'a Args,
    src: String,
    dest: PathBuf,
    wanted: FileArgs,
}

impl Job<'_> {
    fn list(&self, name: &str) -> Vec<String> {
        self.args.strings(name).filter(|t| !t.is_empty()).map(str::to_owned).collect()
    }
}

/// How what is there differs from the archive.
struct Comparison {
    unarchived: bool,
    /// The differences, where the archive's kind shows them.
    diff: Option<String>,
}

/// Names that are in an archive.
type Names = Vec<String>;

/// What unpacks one kind of archive.
trait Handler {
    /// Its name in results.
    fn name(&self) -> &'static str;
    /// The names in the archive that are asked for.
    fn files(&self) -> &Names;
    /// Compares.
    fn compare(&mut self, job: &Job<'_>, cx: &mut Context<'_>) -> Result<Comparison, Failed>;
    /// The command that unpacks.
    fn command(&self, job: &Job<'_>) -> Vec<String>;
}

impl Module for Unarchive {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        // Not in the table: the controller's half, which has it too, refuses a wrong `dest` first.
        if ["include", "exclude"].iter().all(|name| args.strings(name).any(|t| !t.is_empty())) {
            return Err(Failed::new("parameters are mutually exclusive: include|exclude"));
        }
        let dest = args.text("dest");
        let absolute = std::path::absolute(dest).unwrap_or_else(|_| PathBuf::from(dest));
        if !Path::new(dest).is_absolute() {
            cx.warnings.push(format!(
                "Relative destination path '{dest}' was resolved to absolute path '{}'.",
                absolute.display()
            ));
        }
        let (src, _download) = source(args, cx)?;
        if !Path::new(dest).is_dir() {
            return Err(Failed::new(format!("Destination '{dest}' is not a directory")));
        }
        let job = Job { args, src, dest: absolute, wanted: FileArgs::from_args(args) };
        let Some(mut handler) = pick(&job, cx)? else {
            let msg = "remote module (ansible.legacy.unarchive) does not support check mode when using gtar";
            return Ok(Outcome { skipped: true, ..Outcome::ok() }.with("msg", msg));
        };
        let mut outcome =
            Outcome::ok().with("handler", handler.name()).with("dest", dest).with("src", job.src.as_str());
        let found = handler.compare(&job, cx)?;
        outcome.changed = !found.unarchived;
        if !found.unarchived && cx.effects.other() {
            outcome = unpack(&job, cx, &*handler, outcome)?;
        }
        if let Some(diff) = found.diff.filter(|d| !d.is_empty()) {
            let prepared: Map = [("prepared".to_owned(), Value::from(diff))].into();
            outcome = outcome.with("diff", prepared);
        }
        if !cx.mode.check {
            outcome.changed |= dress(&job, cx, handler.files())?;
        }
        if args.flag("list_files") {
            outcome = outcome.with("files", handler.files().clone());
        }
        Ok(outcome)
    }
}

/// Where the archive is, and the file that keeps it for a while if it was downloaded.
fn source(args: &Args, cx: &mut Context<'_>) -> Result<(String, Option<crate::effects::Temp>), Failed> {
    let mut src = args.text("src").to_owned();
    let mut kept = None;
    if !Path::new(&src).exists() {
        if !args.flag("remote_src") {
            return Err(Failed::new(format!("Source '{src}' failed to transfer")));
        }
        if !src.contains("://") {
            return Err(Failed::new(format!("Source '{src}' does not exist")));
        }
        let temp = download(args, cx, &src)?;
        src = temp.path().to_string_lossy().into_owned();
        kept = Some(temp);
    }
    if !paths::accessible(Path::new(&src), libc::R_OK) {
        return Err(Failed::new(format!("Source '{src}' not readable")));
    }
    let absolute = std::path::absolute(&src).unwrap_or_else(|_| PathBuf::from(&src));
    let src = absolute.to_string_lossy().into_owned();
    match fs::metadata(&src) {
        Ok(meta) if meta.len() == 0 => {
            Err(Failed::new(format!("Invalid archive '{src}', the file is 0 bytes")))
        }
        Ok(_) => Ok((src, kept)),
        Err(e) => Err(Failed::new(format!("Source '{src}' not readable, {e}"))),
    }
}

fn download(args: &Args, cx: &mut Context<'_>, from: &str) -> Result<crate::effects::Temp, Failed> {
    let mut request = Request::from_args(args, cx, "GET", from)?;
    request.headers.clear();
    http::set(&mut request.headers, "User-Agent", "ansible-httpget".to_owned());
    (request.decompress, request.route.use_proxy) = (true, true);
    let shown = http::url::masked(from);
    let mut fetched = request.fetch(cx)?;
    let failed = |why: String| Failed::new(format!("Failure downloading {shown}, {why}"));
    if fetched.failed {
        return Err(failed(fetched.msg));
    }
    let keep = |fetched: &mut http::Fetched| -> io::Result<crate::effects::Temp> {
        let mut temp = crate::effects::Temp::new_in(&std::env::temp_dir())?;
        stream::copy(&mut fetched.body, temp.file())?;
        Ok(temp)
    };
    keep(&mut fetched).map_err(|e| failed(e.to_string()))
}

/// The first kind of archive that this one is; none where tar would have to predict, which is not done.
fn pick(job: &Job<'_>, cx: &mut Context<'_>) -> Result<Option<Box<dyn Handler>>, Failed> {
    let mut reasons: Vec<String> = Vec::new();
    for listing in [zip::Listing::Zipinfo, zip::Listing::Unzip] {
        match zip::Zip::open(job, cx, listing)? {
            Ok(zip) => return Ok(Some(Box::new(zip))),
            Err(reason) => reasons.push(reason),
        }
    }
    if cx.mode.check {
        return Ok(None);
    }
    for kind in tar::KINDS {
        match tar::Tar::open(job, cx, kind)? {
            Ok(tar) => return Ok(Some(Box::new(tar))),
            Err(reason) => reasons.push(reason),
        }
    }
    reasons.dedup();
    Err(Failed::new(format!(
        "Failed to find handler for \"{}\". Make sure the required command to extract the file is installed.\n{}",
        job.src,
        reasons.join("\n")
    )))
}

fn unpack(
    job: &Job<'_>,
    cx: &mut Context<'_>,
    handler: &dyn Handler,
    outcome: Outcome,
) -> Result<Outcome, Failed> {
    let command = handler.command(job);
    let output = run(cx, job, &command)?;
    let results: Map = [
        ("cmd".to_owned(), Value::from(command)),
        ("rc".to_owned(), output.rc.into()),
        ("out".to_owned(), output.stdout_text().into()),
        ("err".to_owned(), output.stderr_text().into()),
    ]
    .into();
    let outcome = outcome.with("extract_results", results);
    if output.rc == 0 {
        return Ok(outcome);
    }
    let msg = format!("failed to unpack {} to {}", job.src, job.args.text("dest"));
    Err(outcome.values.into_iter().fold(Failed::new(msg), |failed, (key, value)| failed.with(&key, value)))
}

/// Whether a member's name leads elsewhere: upwards, or through a link that the archive itself has brought.
fn leads_out(dest: &Path, name: &str, files: &Names) -> bool {
    let path = Path::new(name);
    let mut above = path.ancestors().skip(1).filter(|a| !a.as_os_str().is_empty());
    path.components().any(|c| c == Component::ParentDir)
        || above.any(|a| dest.join(a).is_symlink() && files.iter().any(|file| Path::new(file) == a))
}

/// Gives what is in the archive, and the directories at its top, owner and permissions.
fn dress(job: &Job<'_>, cx: &mut Context<'_>, files: &Names) -> Result<bool, Failed> {
    if job.wanted == FileArgs::default() {
        return Ok(false);
    }
    let mut changed = false;
    let mut tops: Vec<&str> = Vec::new();
    for name in files {
        if leads_out(&job.dest, name, files) {
            let msg = format!("the member '{name}' of {} leads out of {}", job.src, job.dest.display());
            return Err(Failed::new(msg).with("dest", job.args.text("dest")));
        }
        changed |= cx.effects.set_attributes(&job.dest.join(name), &job.wanted)?;
        if let Some((top, _)) = name.split_once('/').filter(|(top, _)| !tops.contains(top)) {
            tops.push(top);
        }
    }
    for top in tops {
        changed |= cx.effects.set_attributes(&job.dest.join(top), &job.wanted)?;
    }
    Ok(changed)
}

/// Runs one of the archive programs, in the directory and in English.
fn run(cx: &mut Context<'_>, job: &Job<'_>, words: &[String]) -> Result<Output, Failed> {
    let mut command = Command::new(words.iter().cloned());
    command.cwd = Some(job.dest.clone());
    command.env = ["LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"]
        .map(|name| (name.to_owned(), "C.UTF-8".to_owned()))
        .into();
    cx.run(&command)
}
