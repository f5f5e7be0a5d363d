//! Where lines go: standard output or error, in colours or without, as wide as the terminal is.

use super::colour::{Colour, coloured};
use super::log::{Grade, Log};
use super::terminal::visible;
use crate::config;
use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use unicode_width::UnicodeWidthStr;
use warp_agent::utf8;

/// The width of banners where standard output is no terminal.
const WIDTH: usize = 79;

/// What is said once where a text has bytes that are none.
const NOT_UTF8: &str = r#"Non UTF-8 encoded data replaced with "?" while displaying text to stdout/stderr."#;

/// Which stream a line goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

/// Prints lines as Ansible does.
pub(super) struct Display {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    pub(super) colours: bool,
    /// Whether a terminal reads: then no text may hold control characters.
    terminal: bool,
    columns: usize,
    told: HashSet<String>,
    log: Option<Log>,
}

impl Display {
    /// Prints on this process's streams.
    pub(super) fn of_process(colours: bool, settings: &config::Screen) -> Self {
        let terminal = std::io::stdout().is_terminal() || std::io::stderr().is_terminal();
        let columns = match terminal_size::terminal_size_of(std::io::stdout()) {
            Some((columns, _)) => WIDTH.max(usize::from(columns.0).saturating_sub(1)),
            None => WIDTH,
        };
        let log = Log::open(settings).and_then(|log| match log {
            Ok(log) => Some(log),
            Err(why) => {
                // Nobody is left to tell when standard error is closed.
                let _ = writeln!(std::io::stderr(), "[WARNING]: {why}");
                None
            }
        });
        Display {
            out: Box::new(std::io::stdout()),
            err: Box::new(std::io::stderr()),
            colours,
            terminal,
            columns,
            told: HashSet::new(),
            log,
        }
    }

    /// A text and the end of its line, unless it has one.
    pub(super) fn show(&mut self, text: &str, colour: Option<&Colour>, stream: Stream) {
        self.log(&text.replace("\r\n", "\n"), grade(text));
        self.show_only(text, colour, stream);
    }

    /// The same, kept out of the log.
    pub(super) fn show_only(&mut self, text: &str, colour: Option<&Colour>, stream: Stream) {
        let mut text = text.replace("\r\n", "\n");
        if let Some(shown) = utf8::replaced(&text, '?') {
            text = shown;
            self.once(&format!("[WARNING]: {NOT_UTF8}"), None, Stream::Err);
        }
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = if self.terminal { visible(line) } else { line.to_owned() };
        let line = match colour {
            Some(colour) if self.colours => coloured(&line, colour),
            _ => line,
        };
        self.write(&line, stream);
    }

    /// A text for the log alone.
    pub(super) fn log(&mut self, text: &str, grade: Grade) {
        if let Some(log) = &mut self.log {
            log.record(utf8::replaced(text, '?').as_deref().unwrap_or(text), grade);
        }
    }

    /// A line that is made up already.
    pub(super) fn write(&mut self, line: &str, stream: Stream) {
        let to = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        // Nobody is left to tell when the reader of the output has gone.
        let _ = writeln!(to, "{line}");
        let _ = to.flush();
    }

    /// A headline, filled up with stars.
    pub(super) fn banner(&mut self, text: &str) {
        let text = text.trim();
        let stars = self.columns.saturating_sub(text.width()).max(3);
        self.show(&format!("\n{text} {}", "*".repeat(stars)), None, Stream::Out);
    }

    /// The same text once only.
    pub(super) fn once(&mut self, text: &str, colour: Option<&Colour>, stream: Stream) {
        if self.told.insert(text.to_owned()) {
            self.show(text, colour, stream);
        }
    }
}

/// How grave a text is, by how it begins.
fn grade(text: &str) -> Grade {
    if text.starts_with("[WARNING]: ") {
        Grade::Warning
    } else if text.starts_with("[ERROR]: ") {
        Grade::Error
    } else {
        Grade::Info
    }
}
