//! A folder with a playbook, and warp run in it.

use super::support;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder of a test's own with files in it.
pub struct Bench(pub PathBuf);

/// What a run of warp came to.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Bench {
    /// A folder of this name with `play.yml`.
    pub fn new(name: &str, play: &str) -> Self {
        let bench = Bench(support::scratch(&format!("cli-{name}")));
        bench.file("play.yml", play);
        bench
    }

    /// Adds a file.
    pub fn file(&self, name: &str, text: &str) -> &Self {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `warp play -i localhost, -c local ARGS play.yml` in the folder, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = support::warp();
        command
            .current_dir(&self.0)
            .args(["play", "-i", "localhost,", "-c", "local"])
            .args(args)
            .arg("play.yml");
        command
    }

    /// Runs it.
    pub fn play(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    /// Runs `ansible-playbook ARGS play.yml` in the folder.
    pub fn ansible(&self, args: &[&str]) -> Ran {
        let mut command = support::oracle::ansible("ansible-playbook");
        Ran::of(&command.current_dir(&self.0).args(args).arg("play.yml").output().unwrap())
    }

    /// Runs `warp play ARGS play.yml` in the folder.
    pub fn warp(&self, args: &[&str]) -> Ran {
        let mut command = support::warp();
        Ran::of(&command.current_dir(&self.0).arg("play").args(args).arg("play.yml").output().unwrap())
    }
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// All that was printed.
    pub fn said(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}
