//! Whether a file's text is as `contains` asks.

use crate::args::Args;
use crate::module::Failed;
use crate::pyregex::{Flags, Pattern, Subject};
use std::fs;
use std::path::Path;

/// What is looked for, and how the files are encoded.
pub(super) struct Content {
    pattern: Pattern,
    encoding: Option<String>,
    whole: bool,
}

impl Content {
    pub(super) fn wanted(args: &Args) -> Result<Option<Self>, Failed> {
        let Some(text) = args.str("contains") else { return Ok(None) };
        let pattern =
            Pattern::new(text, Subject::Text, Flags::default()).map_err(|e| Failed::new(e.to_string()))?;
        let encoding = args.str("encoding").map(str::to_owned);
        Ok(Some(Content { pattern, encoding, whole: args.flag("read_whole_file") }))
    }

    /// Whether it is there. What cannot be read has nothing in it; what cannot be decoded ends the search.
    pub(super) fn is_in(&self, path: &Path) -> Result<bool, String> {
        let Ok(bytes) = fs::read(path) else { return Ok(false) };
        let name = self.encoding.as_deref().unwrap_or("utf-8").to_lowercase().replace('_', "-");
        let text = match name.as_str() {
            "utf-8" | "utf8" => String::from_utf8(bytes).ok(),
            "ascii" | "us-ascii" => String::from_utf8(bytes).ok().filter(|t| t.is_ascii()),
            "latin-1" | "latin1" | "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
            _ => return Err(format!("unknown encoding: {}", self.encoding.as_deref().unwrap_or_default())),
        };
        let Some(text) = text else {
            let encoding = match &self.encoding {
                Some(name) => name,
                None => "None (default determined by the Python built-in function \"open\")",
            };
            return Err(format!(
                "Failed to read the file {} due to an encoding error. current encoding: {encoding}",
                path.display()
            ));
        };
        // Python reads text with every kind of line end as a newline.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if self.whole {
            return Ok(self.pattern.is_match(text.as_bytes()).unwrap_or(false));
        }
        let begins = |line: &str| {
            let found = self.pattern.search(line.as_bytes()).ok().flatten();
            found.is_some_and(|f| f.whole().start == 0)
        };
        Ok(text.split_inclusive('\n').any(begins))
    }
}
