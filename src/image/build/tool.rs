//! Running other programs while an image is made.

use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many lines of a failed tool's output its error shows.
const TAIL: usize = 12;

/// The programs that building needs, with the package that has each.
const NEEDED: &[(&str, &str)] = &[
    ("apt-get", "apt"),
    ("dpkg", "dpkg"),
    ("mmdebstrap", "mmdebstrap"),
    ("chroot", "coreutils"),
    ("mke2fs", "e2fsprogs"),
    ("qemu-img", "qemu-utils"),
];

/// Refuses to begin where a program is missing.
///
/// # Errors
/// Names every missing program and the packages that have them.
pub fn require() -> Result<()> {
    match missing_in(&search_path()) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn missing_in(path: &[PathBuf]) -> Option<Error> {
    let missing: Vec<_> =
        NEEDED.iter().filter(|(tool, _)| !path.iter().any(|dir| dir.join(tool).is_file())).collect();
    if missing.is_empty() {
        return None;
    }
    let tools: Vec<_> = missing.iter().map(|(tool, _)| *tool).collect();
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    Some(
        Error::other(format!("building an image needs {}", tools.join(", ")))
            .help(format!("run: apt-get install {}", packages.join(" "))),
    )
}

/// `PATH`, and the folders of administrators' programs, which an ordinary account's `PATH` lacks.
fn search_path() -> Vec<PathBuf> {
    let mut path: Vec<PathBuf> =
        std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default();
    path.extend(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
    path
}

/// A command that finds administrators' programs and speaks English.
#[must_use]
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    if let Ok(path) = std::env::join_paths(search_path()) {
        command.env("PATH", path);
    }
    command.env("LC_ALL", "C.UTF-8").env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    command
}

/// What a command printed.
///
/// # Errors
/// It could not be started, or failed; with what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    let out = command.output().map_err(|e| Error::other(format!("{name} cannot be started: {e}")))?;
    if !out.status.success() {
        return Err(Error::other(format!("{name} failed ({})", out.status))
            .note(String::from_utf8_lossy(&out.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// The log of a build: every line of every tool.
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// A new log in place of an old one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path)
            .map_err(|e| Error::other(format!("the log {} cannot be written: {e}", path.display())))?;
        Ok(Log { path: path.to_owned(), file })
    }

    /// Runs a command to its end with its output in the log.
    ///
    /// # Errors
    /// It could not be started, or failed: with the last lines that it printed and the path of the log.
    pub fn run(&mut self, command: &mut Command) -> Result<()> {
        let name = command.get_program().display().to_string();
        let cannot = |e: std::io::Error| Error::other(format!("{name} cannot be run: {e}"));
        let (reader, writer) = std::io::pipe().map_err(cannot)?;
        command.stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
        let mut child = command.spawn().map_err(cannot)?;
        // Lets go of this side's ends of the pipe: it would never close otherwise.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut tail = VecDeque::new();
        for line in BufReader::new(reader).split(b'\n') {
            let line = line.map_err(cannot)?;
            let line = String::from_utf8_lossy(&line).into_owned();
            writeln!(self.file, "{line}").map_err(cannot)?;
            if tail.len() == TAIL {
                tail.pop_front();
            }
            tail.push_back(line);
        }
        let status = child.wait().map_err(cannot)?;
        if status.success() {
            return Ok(());
        }
        let tail: String = tail.iter().map(|line| format!("\n    {line}")).collect();
        Err(Error::other(format!("{name} failed ({status})"))
            .note(format!("it ended with:{tail}"))
            .note(format!("all that it said is in {}", self.path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_tools_are_named_with_their_packages() {
        let dir = tempfile::tempdir().unwrap();
        for tool in ["apt-get", "dpkg", "chroot", "mke2fs"] {
            std::fs::write(dir.path().join(tool), "").unwrap();
        }
        let error = missing_in(&[dir.path().to_owned()]).unwrap();
        assert_eq!(error.message(), "building an image needs mmdebstrap, qemu-img");
        assert_eq!(error.help_lines(), ["run: apt-get install mmdebstrap qemu-utils"]);
    }

    #[test]
    fn a_failed_tool_is_told_with_its_last_lines_and_log() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = Log::create(&path).unwrap();
        let error =
            log.run(command("sh").args(["-c", "seq 100; echo oops >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sh failed (exit status: 3)"), "{error}");
        let shown: Vec<_> = error.lines().map(str::trim).collect();
        assert!(shown.contains(&"100") && shown.contains(&"oops") && !shown.contains(&"80"), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("1\n2\n"));
    }
}
