//! Errors that name what, where, why and what to do next.

mod exit;
mod frame;
mod source;
mod suggest;

pub use exit::Exit;
pub use source::{Source, Span};
pub use suggest::did_you_mean;

use std::fmt;

/// A result with warp's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error for the user. Boxed inside, so that a `Result` stays small.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    exit: Exit,
    message: String,
    /// What surrounds the place, outermost first; the message has it all before its own words.
    outer: Vec<Outer>,
    span: Option<Span>,
    /// The whole text that the place is in.
    text: Option<Span>,
    label: Option<String>,
    notes: Vec<String>,
    help: Vec<String>,
    hints: Vec<String>,
}

/// Words about what surrounds an error's place, and where that is.
#[derive(Clone, Debug)]
pub struct Outer {
    /// The words, without an end.
    pub words: String,
    /// Where.
    pub span: Option<Span>,
}

impl Error {
    /// An error that ends warp with `exit`.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            exit,
            message: message.into(),
            outer: Vec::new(),
            span: None,
            text: None,
            label: None,
            notes: Vec::new(),
            help: Vec::new(),
            hints: Vec::new(),
        }))
    }

    /// As an error that ends warp with `exit`.
    #[must_use]
    pub fn with_exit(mut self, exit: Exit) -> Self {
        self.0.exit = exit;
        self
    }

    /// Input that cannot be understood.
    #[must_use]
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Exit::Input, message)
    }

    /// Anything else that went wrong.
    #[must_use]
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    /// At this place; a place already known is kept, being nearer to the cause.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        if self.0.span.is_none() {
            self.0.span = span.into();
        }
        self
    }

    /// With a few words under the marked source.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = Some(label.into());
        self
    }

    /// With a reason or circumstance.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    /// With what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help.push(help.into());
        self
    }

    /// With what to do next, in words that Ansible has not: its screens leave it out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// What to do next, in words that Ansible has not.
    #[must_use]
    pub fn hint_lines(&self) -> &[String] {
        &self.0.hints
    }

    /// With `context` before the message: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        let before = format!("{context}: ");
        if let Some(outer) = self.0.outer.first_mut() {
            outer.words.insert_str(0, &before);
        }
        self.0.message.insert_str(0, &before);
        self
    }

    /// With `context` before the message, about what surrounds the place and where that is: a task around a template.
    #[must_use]
    pub fn within(mut self, context: impl fmt::Display, span: Option<Span>) -> Self {
        let words = context.to_string();
        self.0.message.insert_str(0, &format!("{words}: "));
        self.0.outer.insert(0, Outer { words, span });
        self
    }

    /// In this text: what is wrong is a part of it.
    #[must_use]
    pub fn in_text(mut self, text: Option<Span>) -> Self {
        self.0.text = text;
        self
    }

    /// What surrounds the place, outermost first.
    #[must_use]
    pub fn outer(&self) -> &[Outer] {
        &self.0.outer
    }

    /// What the message says of the place itself.
    #[must_use]
    pub fn own(&self) -> &str {
        let before: usize = self.0.outer.iter().map(|outer| outer.words.len() + ": ".len()).sum();
        self.0.message.get(before..).unwrap_or_default()
    }

    /// The whole text that the place is in, or else the place.
    #[must_use]
    pub fn text(&self) -> Option<&Span> {
        self.0.text.as_ref().or(self.0.span.as_ref())
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.0.exit
    }

    /// The message alone, on one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        self.0.span.as_ref()
    }

    /// The same as a warning: what is told, but ends nothing.
    #[must_use]
    pub fn as_warning(&self) -> String {
        self.draw(frame::Level::WARNING)
    }

    fn draw(&self, level: frame::Level<'_>) -> String {
        let Inner { message, span, label, notes, help, hints, .. } = &*self.0;
        let help: Vec<&str> = help.iter().chain(hints).map(String::as_str).collect();
        frame::draw(level, message, span.as_ref(), label.as_deref(), notes, &help)
    }

    /// Reasons and circumstances.
    #[must_use]
    pub fn note_lines(&self) -> &[String] {
        &self.0.notes
    }

    /// What to do next, as Ansible says it too.
    #[must_use]
    pub fn help_lines(&self) -> &[String] {
        &self.0.help
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.draw(frame::Level::ERROR))
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        Error::other(e.to_string())
    }
}
