//! One file, from its source into its place.

use super::{diff, tree};
use crate::args::Args;
use crate::digest::{self, Hashing};
use crate::effects::{FileArgs, ModeArg, Temp};
use crate::errno;
use crate::module::{Blob, Context, Failed};
use crate::outcome::Outcome;
use crate::paths;
use crate::stream;
use crate::value::Value;
use md5::{Digest, Md5};
use sha1::Sha1;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Writes the content that came along.
pub(super) fn from_controller(args: &Args, cx: &mut Context<'_>, blob: Blob<'_>) -> Result<Outcome, Failed> {
    let mut job = Job::new(args, FileArgs::from_args(args));
    let mut content = Content::new(blob.reader, cx.mode.diff.then(|| diff::most(args)));
    if cx.mode.check {
        content.drain().map_err(|e| Failed::new("the content did not arrive whole").because(e))?;
        let dest = super::destination(args)?;
        let mut outcome = Outcome::changed(true);
        outcome.diff.push(content.diff(&job, Path::new(&dest)));
        return Ok(outcome);
    }
    job.make_directories(cx)?;
    job.enter_directory("");
    if let Some(kept) = job.look()? {
        return Ok(kept);
    }
    let dest = PathBuf::from(&job.dest);
    let mut temp = job.staged(cx)?;
    content.write_to(&mut temp).map_err(|e| job.failed(&e))?;
    let shown = cx.mode.diff.then(|| content.diff(&job, &dest));
    // The difference was to be made: it is told, also where that failed.
    let mut outcome = job.placed(cx, content, temp).map_err(|failed| failed.showing(shown.clone()))?;
    outcome.diff.extend(shown);
    Ok(outcome)
}

/// Copies what is on the target.
pub(super) fn from_target(args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
    let src = args.text("src");
    let path = Path::new(src);
    let meta = fs::metadata(path).map_err(|_| Failed::new(format!("Source {src} not found")))?;
    if !meta.is_file() && !meta.is_dir() {
        return Err(Failed::new(format!("Cannot copy invalid source '{src}': not a file")));
    }
    let unreadable =
        |e: io::Error| Failed::new(format!("Source {src} not readable")).because(errno::python(&e, &[path]));
    let mut wanted = FileArgs::from_args(args);
    if args.str("mode") == Some("preserve") {
        wanted.mode = Some(ModeArg::Bits(meta.mode() & 0o7777));
    }
    let mut job = Job::new(args, wanted);
    let sums = if meta.is_file() {
        let sha1 = digest::sha1(path).map_err(unreadable)?;
        Some((sha1, digest::file::<Md5>(path).map_err(unreadable)?))
    } else {
        fs::read_dir(path).map_err(unreadable)?;
        None
    };
    let sha1 = sums.as_ref().map(|(sha1, _)| sha1.as_str());
    if let Some(sha1) = sha1 {
        job.expect(sha1, &["checksum"])?;
    }
    // What `dest` was before any of this decides whether the whole tree goes there.
    let given = Path::new(args.text("dest"));
    if cx.mode.check && job.dest.ends_with('/') && !Path::new(paths::dirname(&job.dest)).exists() {
        let msg = format!("dest directory {} would be created", paths::dirname(&job.dest));
        return Ok(Outcome::changed(true).with("msg", msg).with("src", src));
    }
    job.make_directories(cx)?;
    job.enter_directory(paths::basename(src));
    if let Some(kept) = job.look()? {
        return Ok(kept);
    }
    if job.differs(sha1) {
        let mut file = File::open(path).map_err(unreadable)?;
        let mut temp = job.temp(cx)?;
        if let Some(temp) = &mut temp {
            stream::copy(&mut file, temp.file())
                .and_then(|_| temp.copy_stat(&file))
                .map_err(|e| job.failed(&e))?;
        }
        job.place(cx, temp, Some(path))?;
    }
    if meta.is_dir() && job.checksum.is_none() && (given.is_dir() || !given.exists()) {
        let to = if src.ends_with('/') {
            given.to_owned()
        } else {
            PathBuf::from(paths::join(args.text("dest"), paths::basename(src)))
        };
        job.changed |= tree::copy(args, cx, path, &to)?;
    }
    job.finish(cx, sha1, sums.as_ref().map(|(_, md5)| md5.as_str()))
}

/// Content that is hashed, and in diff mode kept as far as it is shown, while it passes.
struct Content<'a> {
    stream: Hashing<'a, Sha1>,
    md5: Md5,
    head: Option<Vec<u8>>,
    /// How much of it is shown, in bytes.
    most: u64,
}

impl<'a> Content<'a> {
    fn new(reader: &'a mut (dyn Read + Send), shown: Option<u64>) -> Self {
        let head = shown.map(|_| Vec::new());
        Content { stream: Hashing::new(reader), md5: Md5::new(), head, most: shown.unwrap_or_default() }
    }

    fn write_to(&mut self, temp: &mut Option<Temp>) -> io::Result<()> {
        let mut sink = io::sink();
        let to: &mut dyn Write = match temp {
            Some(temp) => temp.file(),
            None => &mut sink,
        };
        stream::copy(self, to).map(drop)
    }

    fn drain(&mut self) -> io::Result<()> {
        self.write_to(&mut None)
    }

    fn diff(&self, job: &Job<'_>, dest: &Path) -> crate::outcome::Diff {
        let header = match job.args.str("_source") {
            Some(source) => source,
            None => &dest.to_string_lossy(),
        };
        diff::of(dest, self.head.as_deref().unwrap_or_default(), header, self.most)
    }

    /// Its SHA-1 and MD5.
    fn finish(self) -> (String, String) {
        (self.stream.finish(), digest::hex(&self.md5.finalize()))
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.stream.read(buffer)?;
        let piece = buffer.get(..size).unwrap_or_default();
        self.md5.update(piece);
        if let Some(head) = &mut self.head
            && head.len() as u64 <= self.most
        {
            head.extend_from_slice(piece);
        }
        Ok(size)
    }
}

/// A file on its way.
struct Job<'a> {
    args: &'a Args,
    wanted: FileArgs,
    dest: String,
    /// The SHA-1 of what is at `dest`.
    checksum: Option<String>,
    backup: Option<String>,
    /// Where content of the controller's was written first.
    staged: Option<String>,
    changed: bool,
}

impl<'a> Job<'a> {
    fn new(args: &'a Args, wanted: FileArgs) -> Self {
        let dest = args.text("dest");
        // A name alone is in the working directory; this gives it a directory part.
        let dest = if dest.contains('/') { dest.to_owned() } else { format!("./{dest}") };
        Job { args, wanted, dest, checksum: None, backup: None, staged: None, changed: false }
    }

    /// Makes the directories that a `dest` with a slash at its end names, each with `directory_mode`.
    fn make_directories(&mut self, cx: &mut Context<'_>) -> Result<(), Failed> {
        if !self.dest.ends_with('/') {
            return Ok(());
        }
        if let Some(name) = self.args.str("_original_basename") {
            self.dest = paths::join(&self.dest, name);
        }
        let dir = PathBuf::from(paths::dirname(&self.dest));
        let missing: Vec<&Path> =
            dir.ancestors().take_while(|d| !d.as_os_str().is_empty() && !d.exists()).collect();
        let wanted =
            FileArgs { mode: ModeArg::from_value(self.args.get("directory_mode")), ..self.wanted.clone() };
        for dir in missing.into_iter().rev() {
            cx.effects.make_dir(dir, 0o777).map_err(|e| {
                Failed::new(format!("Could not create the directory {}", dir.display()))
                    .because(errno::python(&e, &[dir]))
            })?;
            cx.effects.set_attributes(dir, &wanted)?;
            self.changed = true;
        }
        Ok(())
    }

    /// Where `dest` is a directory, means the file in it that has the source's name.
    fn enter_directory(&mut self, name: &str) {
        if Path::new(&self.dest).is_dir() {
            let name = self.args.str("_original_basename").unwrap_or(name);
            self.dest = paths::join(&self.dest, name);
        }
    }

    /// Looks at what is there: the outcome, where it is to be left alone.
    fn look(&mut self) -> Result<Option<Outcome>, Failed> {
        let parent = paths::dirname(&self.dest).to_owned();
        let path = Path::new(&self.dest);
        if path.exists() {
            if path.is_symlink() && self.args.flag("follow") {
                self.dest = paths::real(path).to_string_lossy().into_owned();
            }
            if !self.args.flag("force") {
                let kept = Outcome::changed(self.changed).with("msg", "file already exists");
                return Ok(Some(kept.with("src", self.source()).with("dest", self.dest.as_str())));
            }
            let path = Path::new(&self.dest);
            self.checksum = if path.is_file() { digest::sha1(path).ok() } else { None };
        } else if let Err(e) = fs::metadata(&parent) {
            let what =
                if e.raw_os_error() == Some(libc::EACCES) { "is not accessible" } else { "does not exist" };
            return Err(Failed::new(format!("Destination directory {parent} {what}")));
        }
        Ok(None)
    }

    /// A file to write, beside `dest`.
    fn temp(&self, cx: &Context<'_>) -> Result<Option<Temp>, Failed> {
        let path = Path::new(&self.dest);
        let made = cx.effects.temp_beside(path, self.args.flag("unsafe_writes"));
        made.map_err(|e| self.not_made(&e))
    }

    /// As `temp`, for what the controller sends: it is `src` from now on, under the name that Ansible gives it.
    fn staged(&mut self, cx: &Context<'_>) -> Result<Option<Temp>, Failed> {
        let path = Path::new(&self.dest);
        let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
        let name = format!(".source{extension}");
        let made = cx.effects.staged_beside(path, &name, self.args.flag("unsafe_writes"));
        let temp = made.map_err(|e| self.not_made(&e))?;
        self.staged = temp.as_ref().map(|t| t.path().to_string_lossy().into_owned());
        Ok(temp)
    }

    fn not_made(&self, e: &io::Error) -> Failed {
        if matches!(e.raw_os_error(), Some(libc::EACCES | libc::EROFS)) {
            return Failed::new(format!("Destination {} not writable", paths::dirname(&self.dest)));
        }
        self.failed(e)
    }

    /// Compares with what the arguments of these names say.
    fn expect(&self, sha1: &str, names: &[&str]) -> Result<(), Failed> {
        match names.iter().find_map(|name| self.args.str(name)) {
            Some(expected) if expected != sha1 => {
                Err(Failed::new("Copied file does not match the expected checksum. Transfer failed.")
                    .with("checksum", sha1)
                    .with("expected_checksum", expected))
            }
            _ => Ok(()),
        }
    }

    /// Puts what came along, and is staged, into its place.
    fn placed(
        mut self,
        cx: &mut Context<'_>,
        content: Content<'_>,
        temp: Option<Temp>,
    ) -> Result<Outcome, Failed> {
        let (sha1, md5) = content.finish();
        self.expect(&sha1, &["checksum", "_checksum"])?;
        if self.differs(Some(&sha1)) {
            self.place(cx, temp, None)?;
        } else {
            drop(temp);
        }
        self.finish(cx, Some(&sha1), Some(&md5))
    }

    fn differs(&self, sha1: Option<&str>) -> bool {
        self.checksum.as_deref() != sha1 || Path::new(&self.dest).is_symlink()
    }

    /// Puts the content into its place, once it is validated; a copy of `source` keeps its own attributes.
    fn place(
        &mut self,
        cx: &mut Context<'_>,
        temp: Option<Temp>,
        source: Option<&Path>,
    ) -> Result<(), Failed> {
        let dest = PathBuf::from(&self.dest);
        if let Some(temp) = &temp {
            if self.args.flag("backup") {
                self.backup = cx.effects.backup(&dest).map_err(|e| {
                    Failed::new(format!("Could not make backup of '{}'", self.dest))
                        .because(errno::python(&e, &[]))
                })?;
            }
            // What comes with its own attributes takes the place of a link as it is.
            if dest.is_symlink() && source.is_none() {
                cx.effects.remove_file(&dest).map_err(|e| self.failed(&e))?;
            }
            if let Some(command) = self.args.str("validate") {
                // Some programs look at these too.
                let early = FileArgs { attributes: None, ..self.wanted.clone() };
                cx.effects.set_attributes(temp.path(), &early)?;
                let output = cx.run_validate(command, temp.path())?;
                if output.rc != 0 {
                    return Err(Failed::new("failed to validate")
                        .with("exit_status", output.rc)
                        .with("stdout", output.stdout_text())
                        .with("stderr", output.stderr_text()));
                }
            }
        }
        let unsafe_writes = self.args.flag("unsafe_writes");
        let placed = match source {
            Some(_) => cx.effects.replace_with_own(temp, &dest, unsafe_writes),
            None => cx.effects.replace(temp, &dest, unsafe_writes),
        };
        placed.map_err(|e| self.failed(&e))?;
        self.changed = true;
        Ok(())
    }

    /// Sets the attributes and says what was done.
    fn finish(self, cx: &mut Context<'_>, sha1: Option<&str>, md5: Option<&str>) -> Result<Outcome, Failed> {
        let path = Path::new(&self.dest);
        let real =
            if self.args.flag("follow") && path.is_symlink() { paths::real(path) } else { path.to_owned() };
        let attributes = cx.effects.set_attributes(&real, &self.wanted)?;
        let outcome = Outcome::changed(self.changed || attributes)
            .with("dest", self.dest.as_str())
            .with("src", self.source())
            .with("md5sum", md5.map_or(Value::Null, Value::from))
            .with("checksum", sha1.map_or(Value::Null, Value::from));
        Ok(match self.backup {
            Some(backup) => outcome.with("backup_file", backup),
            None => outcome,
        })
    }

    fn source(&self) -> Value {
        self.staged.as_deref().map_or_else(|| self.args.get("src").clone(), Value::from)
    }

    fn failed(&self, e: &io::Error) -> Failed {
        let src = self.args.str("src").unwrap_or("the content");
        Failed::new(format!("Failed to copy '{src}' to '{}'.", self.dest))
            .because(errno::python(e, &[Path::new(&self.dest)]))
    }
}
