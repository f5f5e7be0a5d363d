//! `--output tree`: each host's last result in a file of its own.

use super::Told;
use super::results::Results;
use crate::config;
use crate::event::{Event, Report, Status};
use std::path::{Path, PathBuf};

/// Writes a file for every host.
pub struct Tree {
    folder: PathBuf,
    results: Results,
    warn: Box<dyn Report>,
}

impl Tree {
    /// Into the folder of the settings; `warn` is told what cannot be written.
    #[must_use]
    pub fn new(verbosity: u8, settings: &config::Screen, warn: Box<dyn Report>) -> Self {
        let results = Results { settings: settings.clone(), verbosity };
        Tree { folder: settings.tree_dir.clone(), results, warn }
    }

    fn write(&self, host: &str, text: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        // A host's name is one file's name, whatever is in it.
        let name = Path::new(host).file_name().unwrap_or_default();
        std::fs::write(self.folder.join(name), text)
    }
}

impl Report for Tree {
    fn event(&mut self, event: &Event) {
        if let Event::StepDone { step, host, status, result, by, .. } = event
            && *status != Status::Skipped
        {
            let told = Told { step, host, delegated_to: None, result, by: *by };
            if let Err(e) = self.write(host, &self.results.dump_whole(&told)) {
                let text = format!("Unable to write to '{host}''s file: {e}");
                self.warn.event(&Event::warning(text));
            }
        }
        self.warn.event(event);
    }
}
