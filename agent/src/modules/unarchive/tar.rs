//! Archives of tar, by GNU tar.

use super::{Comparison, Handler, Job, Names, run};
use crate::accounts;
use crate::escapes;
use crate::glob;
use crate::module::{Context, Failed};
use crate::program;
use crate::shlex;

/// The kinds: what results call them, and the option that decompresses.
pub(super) const KINDS: [(&str, Option<&str>); 5] = [
    ("TgzArchive", Some("-z")),
    ("TarArchive", None),
    ("TarBzipArchive", Some("-j")),
    ("TarXzArchive", Some("-J")),
    ("TarZstdArchive", Some("--use-compress-program=zstd")),
];

/// An archive that tar can read.
pub(super) struct Tar {
    program: String,
    kind: (&'static str, Option<&'static str>),
    files: Names,
}

impl Tar {
    /// Opens one of this kind; the inner error is why it is none.
    pub(super) fn open(
        job: &Job<'_>,
        cx: &mut Context<'_>,
        kind: (&'static str, Option<&'static str>),
    ) -> Result<Result<Self, String>, Failed> {
        let found = program::find(cx, "gtar").or_else(|| program::find(cx, "tar"));
        let Some(program) = found else {
            return Ok(Err("Unable to find required 'gtar' or 'tar' binary in the path".to_owned()));
        };
        let program = program.to_string_lossy().into_owned();
        let version = run(cx, job, &[program.clone(), "--version".to_owned()])?.stdout_text();
        if !(version.starts_with("tar") && version.contains("GNU")) {
            let told = if version.starts_with("bsdtar") { "bsd" } else { "None" };
            return Ok(Err(format!("Command \"{program}\" detected as tar type {told}. GNU tar required.")));
        }
        let mut tar = Tar { program, kind, files: Names::new() };
        let output = run(cx, job, &tar.words(job, "--list", false))?;
        if output.rc != 0 {
            return Ok(Err(format!(
                "Command \"{}\" could not handle archive: Unable to list files in the archive: {}",
                tar.program,
                output.stderr_text()
            )));
        }
        let excluded = job.list("exclude");
        for line in output.stdout_text().lines() {
            let name = String::from_utf8_lossy(&escapes::decode(line)).into_owned();
            let name = name.strip_prefix('/').unwrap_or(&name);
            if !excluded.iter().any(|e| glob::matches(e.trim_end_matches('/'), name)) {
                tar.files.push(name.to_owned());
            }
        }
        if tar.files.is_empty() {
            return Ok(Err(format!(
                "Command \"{}\" found no files in archive. Empty archive files are not supported.",
                tar.program
            )));
        }
        Ok(Ok(tar))
    }

    /// The command; `dressed` with owner, group and `keep_newer`, which listing does not take.
    fn words(&self, job: &Job<'_>, what: &str, dressed: bool) -> Vec<String> {
        let mut words = vec![self.program.clone(), what.to_owned(), "-C".to_owned()];
        words.push(job.dest.to_string_lossy().into_owned());
        words.extend(self.kind.1.map(str::to_owned));
        let options = job.list("extra_opts");
        if !options.is_empty() {
            words.push("--show-transformed-names".to_owned());
            words.extend(options);
        }
        if dressed {
            words.extend(job.wanted.owner.iter().map(|o| format!("--owner={}", shlex::quote(o))));
            words.extend(job.wanted.group.iter().map(|g| format!("--group={}", shlex::quote(g))));
            if job.args.flag("keep_newer") {
                words.push("--keep-newer-files".to_owned());
            }
        }
        words.extend(job.list("exclude").iter().map(|e| format!("--exclude={}", e.trim_end_matches('/'))));
        words.extend(["-f".to_owned(), job.src.clone()]);
        words.extend(job.list("include"));
        words
    }
}

impl Handler for Tar {
    fn name(&self) -> &'static str {
        self.kind.0
    }

    fn files(&self) -> &Names {
        &self.files
    }

    fn compare(&mut self, job: &Job<'_>, cx: &mut Context<'_>) -> Result<Comparison, Failed> {
        let output = run(cx, job, &self.words(job, "--diff", true))?;
        let root = accounts::effective_uid() == 0;
        let said = format!("{}{}", output.stdout_text(), output.stderr_text());
        let counts = |line: &str| {
            if line.ends_with(": : Warning: Cannot stat: No such file or directory") {
                return false;
            }
            let differs = [
                ": Mod time differs",
                ": Warning: Cannot stat: No such file or directory",
                ": Symlink differs",
                ": Contents differ",
                ": Size differs",
            ];
            (root && job.wanted.owner.is_none() && line.ends_with(": Uid differs"))
                || (root && job.wanted.group.is_none() && line.ends_with(": Gid differs"))
                || (job.wanted.mode.is_none() && line.ends_with(": Mode differs"))
                || differs.iter().any(|d| line.ends_with(d))
                || line.contains(": Invalid owner")
                || line.contains(": Invalid group")
        };
        Ok(Comparison { unarchived: !said.lines().any(counts), diff: None })
    }

    fn command(&self, job: &Job<'_>) -> Vec<String> {
        self.words(job, "--extract", true)
    }
}
