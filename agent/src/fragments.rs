//! A file put together from the files of a directory, as `assemble` does it on either side.

use crate::errno;
use crate::escapes;
use crate::module::Failed;
use crate::pyregex::{Flags, Pattern, Subject};
use std::fs;
use std::io;
use std::path::Path;

/// Which files take part, and what stands between them.
#[derive(Debug, Default)]
pub struct Fragments {
    delimiter: Option<Vec<u8>>,
    pattern: Option<Pattern>,
    ignore_hidden: bool,
}

impl Fragments {
    /// From the module's arguments.
    ///
    /// # Errors
    /// The pattern cannot be read.
    pub fn new(delimiter: Option<&str>, regexp: Option<&str>, ignore_hidden: bool) -> Result<Self, Failed> {
        let pattern = match regexp {
            Some(text) => Some(
                Pattern::new(text, Subject::Text, Flags::default())
                    .map_err(|e| Failed::new(format!("Invalid Regexp ({e}) in \"{text}\"")))?,
            ),
            None => None,
        };
        let delimiter = delimiter.filter(|d| !d.is_empty()).map(escapes::decode);
        Ok(Fragments { delimiter, pattern, ignore_hidden })
    }

    /// The content, of files in the order of their names, each given by `read`.
    ///
    /// # Errors
    /// The directory or a file cannot be read.
    pub fn join(
        &self,
        directory: &Path,
        mut read: impl FnMut(&Path) -> Result<Vec<u8>, Failed>,
    ) -> Result<Vec<u8>, Failed> {
        let failed = |e: io::Error| Failed::new(errno::python(&e, &[directory]));
        let mut names = fs::read_dir(directory)
            .and_then(|entries| entries.map(|e| e.map(|e| e.file_name())).collect::<io::Result<Vec<_>>>())
            .map_err(failed)?;
        names.sort();
        let mut whole = Vec::new();
        let mut open_line = false;
        let mut first = true;
        for name in names {
            let shown = name.to_string_lossy();
            if let Some(pattern) = &self.pattern
                && !pattern.is_match(shown.as_bytes()).map_err(|e| Failed::new(e.to_string()))?
            {
                continue;
            }
            let path = directory.join(&name);
            if !path.is_file() || (self.ignore_hidden && shown.starts_with('.')) {
                continue;
            }
            let content = read(&path)?;
            if open_line {
                whole.push(b'\n');
            }
            if let (Some(delimiter), false) = (&self.delimiter, first) {
                whole.extend_from_slice(delimiter);
                if delimiter.last() != Some(&b'\n') {
                    whole.push(b'\n');
                }
            }
            open_line = !content.ends_with(b"\n");
            first = false;
            whole.extend(content);
        }
        Ok(whole)
    }
}
