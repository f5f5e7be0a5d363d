//! Commands that mend: what is shown is what is run.

use crate::error::{Error, Result};
use crate::lab::program;
use nix::unistd::geteuid;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    argv: Vec<String>,
    root: bool,
    file: Option<File>,
}

/// A file that it writes, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    path: PathBuf,
    content: String,
}

impl Mend {
    /// A command that root must run.
    pub(super) fn as_root<const N: usize>(argv: [&str; N]) -> Self {
        Mend { argv: argv.map(str::to_owned).to_vec(), root: true, file: None }
    }

    /// Writes a file that is warp's own, below a folder of root's.
    pub(super) fn write(path: &str, content: &str) -> Self {
        let file = File { path: path.into(), content: content.to_owned() };
        Mend { file: Some(file), ..Mend::as_root(["install", "-D", "-m", "0644", "/dev/stdin", path]) }
    }

    /// Writes such a file of the user's.
    pub(super) fn write_own(path: &Path, content: &str) -> Self {
        Mend { root: false, ..Mend::write(&path.to_string_lossy(), content) }
    }

    /// The same with more arguments.
    pub(super) fn with(mut self, more: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.argv.extend(more.into_iter().map(Into::into));
        self
    }

    /// As it is typed into a shell: through sudo, where it needs another account's rights.
    #[must_use]
    pub fn shell(&self) -> String {
        let words = self.words().iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        match &self.file {
            // printf takes the text as its format: one that is quoted twice would be hard to read.
            Some(file) => format!("printf '{}' | {words}", escaped(&file.content)),
            None => words,
        }
    }

    /// The file that it writes, with what is in it now and what will be.
    #[must_use]
    pub fn rewrites(&self) -> Option<(&Path, String, &str)> {
        self.file.as_ref().map(|file| {
            let before = std::fs::read_to_string(&file.path).unwrap_or_default();
            (file.path.as_path(), before, file.content.as_str())
        })
    }

    /// Runs it. Blocks.
    ///
    /// # Errors
    /// It cannot be started, or fails; what it said is in the error.
    pub fn apply(&self) -> Result<()> {
        let words = self.words();
        let failed = |why: String| Error::other(format!("`{}` failed: {why}", self.shell()));
        let (name, args) = words.split_first().ok_or_else(|| failed("nothing to run".to_owned()))?;
        let program = program::find(name).ok_or_else(|| failed(format!("there is no program {name}")))?;
        let mut child = Command::new(program)
            .args(args)
            .env("PATH", program::PATH)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(if self.file.is_some() { Stdio::piped() } else { Stdio::inherit() })
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| failed(e.to_string()))?;
        if let (Some(mut stdin), Some(file)) = (child.stdin.take(), &self.file) {
            stdin.write_all(file.content.as_bytes()).map_err(|e| failed(e.to_string()))?;
        }
        let output = child.wait_with_output().map_err(|e| failed(e.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        Err(failed(last.to_owned()).note(output.status.to_string()))
    }

    fn words(&self) -> Vec<String> {
        let sudo = self.root && !geteuid().is_root();
        sudo.then(|| "sudo".to_owned()).into_iter().chain(self.argv.iter().cloned()).collect()
    }
}

fn quoted(word: &str) -> String {
    // Only a NUL cannot be quoted, and no word of ours has one.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Into::into)
}

/// For a format of printf between single quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "%%").replace('\'', "'\\''").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::Mend;
    use std::process::Command;

    #[test]
    fn what_is_shown_writes_the_same_as_what_is_run() {
        let dir = tempfile::tempdir().unwrap();
        let text = "it's 100%\nof \"a\\b\" $HOME\n";
        for (name, run) in [("shown", false), ("run", true)] {
            let path = dir.path().join("a b").join(name);
            let mend = Mend::write_own(&path, text);
            if run {
                mend.apply().unwrap();
            } else {
                assert!(Command::new("sh").args(["-c", &mend.shell()]).status().unwrap().success());
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{}", mend.shell());
        }
    }

    #[test]
    fn a_command_that_fails_is_told_with_its_words() {
        let error = Mend::as_root(["install", "/no/such/file", "/no/such/folder/"]).apply().unwrap_err();
        assert!(error.message().contains("/no/such/f"), "{error}");
    }
}
