//! Delimiters and white space: the template module's options and the `#jinja2:` header.

use super::fail::{Fail, R};
use minijinja::syntax::SyntaxConfig;
use std::sync::Arc;

/// How a template file is to be read and written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub struct FileOptions {
    pub block_start_string: String,
    pub block_end_string: String,
    pub variable_start_string: String,
    pub variable_end_string: String,
    pub comment_start_string: String,
    pub comment_end_string: String,
    pub line_statement_prefix: Option<String>,
    pub line_comment_prefix: Option<String>,
    pub trim_blocks: bool,
    pub lstrip_blocks: bool,
    pub keep_trailing_newline: bool,
    /// What ends a line in the output: `\n`, `\r\n` or `\r`.
    pub newline_sequence: String,
}

impl Default for FileOptions {
    fn default() -> Self {
        FileOptions {
            block_start_string: "{%".into(),
            block_end_string: "%}".into(),
            variable_start_string: "{{".into(),
            variable_end_string: "}}".into(),
            comment_start_string: "{#".into(),
            comment_end_string: "#}".into(),
            line_statement_prefix: None,
            line_comment_prefix: None,
            trim_blocks: true,
            lstrip_blocks: false,
            keep_trailing_newline: false,
            newline_sequence: "\n".into(),
        }
    }
}

const HEADER: &str = "#jinja2:";

impl FileOptions {
    /// The text after its `#jinja2:` header, and these options with those of the header.
    pub(super) fn with_header(&self, text: &Arc<str>) -> R<(Arc<str>, FileOptions)> {
        let Some(rest) = text.strip_prefix(HEADER) else { return Ok((Arc::clone(text), self.clone())) };
        let Some((line, body)) = rest.split_once('\n') else {
            return Err(Fail::syntax("Missing newline after '#jinja2:' override."));
        };
        let mut options = self.clone();
        for pair in line.split(',') {
            if pair.trim().is_empty() {
                return Err(Fail::syntax("Empty '#jinja2:' override pair not allowed."));
            }
            let Some((key, value)) = pair.split_once(':') else {
                return Err(Fail::syntax(format!(
                    "Missing key-value separator `:` in '#jinja2:' override pair '{pair}'."
                )));
            };
            options.set(key.trim(), value.trim())?;
        }
        Ok((body.into(), options))
    }

    fn set(&mut self, key: &str, value: &str) -> R<()> {
        let text = || {
            let quoted = ['\'', '"'].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q));
            let unescaped = quoted.map(|s| s.replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\"));
            unescaped.ok_or_else(|| {
                Fail::syntax(format!("the '#jinja2:' override '{key}' must be a quoted string"))
            })
        };
        let flag = || match value {
            "True" => Ok(true),
            "False" => Ok(false),
            _ => Err(Fail::syntax(format!("the '#jinja2:' override '{key}' must be True or False"))),
        };
        match key {
            "block_start_string" => self.block_start_string = text()?,
            "block_end_string" => self.block_end_string = text()?,
            "variable_start_string" => self.variable_start_string = text()?,
            "variable_end_string" => self.variable_end_string = text()?,
            "comment_start_string" => self.comment_start_string = text()?,
            "comment_end_string" => self.comment_end_string = text()?,
            "line_statement_prefix" => self.line_statement_prefix = Some(text()?),
            "line_comment_prefix" => self.line_comment_prefix = Some(text()?),
            "trim_blocks" => self.trim_blocks = flag()?,
            "lstrip_blocks" => self.lstrip_blocks = flag()?,
            "keep_trailing_newline" => self.keep_trailing_newline = flag()?,
            "newline_sequence" => self.newline_sequence = text()?,
            other => return Err(Fail::syntax(format!("Invalid '#jinja2:' override key '{other}'."))),
        }
        Ok(())
    }

    /// For minijinja.
    pub(super) fn syntax(&self) -> R<SyntaxConfig> {
        let mut builder = SyntaxConfig::builder();
        builder
            .block_delimiters(self.block_start_string.clone(), self.block_end_string.clone())
            .variable_delimiters(self.variable_start_string.clone(), self.variable_end_string.clone())
            .comment_delimiters(self.comment_start_string.clone(), self.comment_end_string.clone())
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            .keep_trailing_newline(self.keep_trailing_newline);
        if let Some(prefix) = &self.line_statement_prefix {
            builder.line_statement_prefix(prefix.clone());
        }
        if let Some(prefix) = &self.line_comment_prefix {
            builder.line_comment_prefix(prefix.clone());
        }
        builder
            .build()
            .map_err(|_| Fail::syntax("Block, variable and comment start strings must be different."))
    }
}
