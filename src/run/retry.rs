//! Retry files: the hosts that a playbook failed on, for `--limit @FILE`.

use super::{RunResult, Shared};
use crate::event::Event;
use std::fs;
use std::path::{Path, PathBuf};

impl Shared {
    /// Lists the hosts that failed in the folder that the settings name, or beside the playbook.
    pub(super) fn leave_retry_file(&self, playbook: &Path, result: &RunResult) {
        let Some(folder) = &self.settings.retry else { return };
        let failed = result.recap.iter().filter(|(_, recap)| recap.failed + recap.unreachable > 0);
        let mut hosts: Vec<&str> = failed.map(|(host, _)| &**host).collect();
        if hosts.is_empty() {
            return;
        }
        hosts.sort_unstable();
        let absolute = std::path::absolute(playbook).unwrap_or_else(|_| playbook.to_owned());
        let folder = folder.clone().or_else(|| absolute.parent().map(PathBuf::from)).unwrap_or_default();
        let name = playbook.file_stem().unwrap_or_default().to_string_lossy();
        let file = folder.join(format!("{name}.retry"));
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, hosts.join("\n") + "\n"));
        let shown = file.display();
        let event = match written {
            Ok(()) => Event::Said { text: format!("\tto retry, use: --limit @{shown}\n"), no_log: false },
            Err(e) => {
                let why = warp_agent::errno::python_text(&e, &file.to_string_lossy());
                Event::warning(format!("Could not create retry file '{shown}'.\n\t{why}"))
            }
        };
        self.events.emit(&event);
    }
}
