//! `log_path`: what is printed, kept in a file with the time.

use crate::config;
use std::fs::File;
use std::io::Write;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    Info,
    Warning,
    Error,
}

/// The file.
pub(super) struct Log {
    file: File,
    user: String,
}

impl Log {
    /// The file of the settings, opened for more; or why it cannot be.
    pub(super) fn open(settings: &config::Screen) -> Option<Result<Self, String>> {
        let path = settings.log_path.as_ref()?;
        // The logger's own name is `ansible`: a filter for it leaves nothing.
        if settings.log_filter.iter().any(|name| name == "ansible") {
            return None;
        }
        let shown = path.display();
        if path.is_dir() {
            return Some(Err(format!("DEFAULT_LOG_PATH can not be a directory '{shown}', aborting")));
        }
        let opened = File::options().create(true).append(true).open(path);
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::current()).ok().flatten();
        let user = user.map_or_else(|| format!("uid={}", nix::unistd::Uid::current()), |user| user.name);
        Some(opened.map(|file| Log { file, user }).map_err(|_| {
            format!("log file at '{shown}' is not writeable and we cannot create it, aborting\\n")
        }))
    }

    /// A text, as one record.
    pub(super) fn record(&mut self, text: &str, grade: Grade) {
        let now = jiff::Zoned::now();
        let word = match grade {
            Grade::Info => "INFO",
            Grade::Warning => "WARNING",
            Grade::Error => "ERROR",
        };
        let text = text.trim_start_matches('\n');
        let (pid, user) = (std::process::id(), &self.user);
        let time = now.strftime("%Y-%m-%d %H:%M:%S");
        let millis = now.millisecond();
        // A full disk keeps no run from going on.
        let _ = writeln!(self.file, "{time},{millis:03} p={pid} u={user} n=ansible {word}| {text}");
    }
}
