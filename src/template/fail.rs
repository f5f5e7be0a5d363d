//! Why an expression has no value. Carried as a value too, so that `default` and `is defined` can look at it.

use crate::error::{Error, Span};
use crate::value::Text;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// What went wrong inside a template.
#[derive(Clone)]
pub(crate) struct Fail(Rc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    message: String,
    span: Option<Span>,
    /// The whole text that the place is in.
    text: Option<Span>,
    help: Option<String>,
    /// A near name that is there, for screens of our own.
    near: Option<String>,
    /// The vault that no secret opens.
    vault: Option<Arc<str>>,
}

/// What kind of failure; it decides how the message is framed on the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, attribute or item that is not there.
    Undefined,
    /// An operation that cannot be done; not yet framed as a template's error.
    Error,
    /// The same, kept as a value since: a filter or test that meets it is not what failed.
    Captured,
    /// Already told in its final words.
    Final,
    /// The text is not a template, or not an expression.
    Syntax,
    /// The same of an expression that has the delimiters of templates.
    Braces,
}

/// A result inside a template.
pub(crate) type R<T = super::val::Val> = Result<T, Fail>;

impl Fail {
    fn of(kind: Kind, message: String) -> Self {
        Fail(Rc::new(Inner { kind, message, span: None, text: None, help: None, near: None, vault: None }))
    }

    /// Something that is not there.
    pub(crate) fn undefined(message: impl Into<String>) -> Self {
        Self::of(Kind::Undefined, message.into())
    }

    /// An expression with the delimiters of templates that does not parse.
    pub(crate) fn braces(message: impl Into<String>) -> Self {
        Self::of(Kind::Braces, message.into())
    }

    /// An operation that cannot be done.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::of(Kind::Error, message.into())
    }

    /// An error whose message is already complete.
    pub(crate) fn finished(message: impl Into<String>) -> Self {
        Self::of(Kind::Final, message.into())
    }

    /// Text that does not parse.
    pub(crate) fn syntax(message: impl Into<String>) -> Self {
        Self::of(Kind::Syntax, message.into())
    }

    /// An encrypted value that cannot be decrypted.
    pub(crate) fn sealed(error: &Error, text: &Text) -> Self {
        let mut fail = Self::finished(error.message())
            .at(|| error.span().cloned())
            .help(error.hint_lines().first().cloned());
        fail.inner().vault = Some(text.shared());
        fail
    }

    /// The vault that no secret opens, if this is why it failed.
    pub(crate) fn vault(&self) -> Option<&Arc<str>> {
        self.0.vault.as_ref()
    }

    fn inner(&mut self) -> &mut Inner {
        Rc::make_mut(&mut self.0)
    }

    /// At this place, unless a nearer one is known.
    pub(crate) fn at(mut self, span: impl FnOnce() -> Option<Span>) -> Self {
        if self.0.span.is_none()
            && let Some(span) = span()
        {
            self.inner().span = Some(span);
        }
        self
    }

    /// In this text, unless a nearer one is known.
    pub(crate) fn in_text(mut self, text: Option<&Span>) -> Self {
        if self.0.text.is_none()
            && let Some(text) = text
        {
            self.inner().text = Some(text.clone());
        }
        self
    }

    /// With what to do next, unless something was said.
    pub(crate) fn help(mut self, help: Option<String>) -> Self {
        if self.0.help.is_none() && help.is_some() {
            self.inner().help = help;
        }
        self
    }

    /// With words before its own.
    pub(crate) fn prefixed(mut self, words: &str) -> Self {
        self.inner().message.insert_str(0, words);
        self
    }

    /// With the nearest name that is there.
    pub(crate) fn near(mut self, name: Option<impl std::fmt::Display>) -> Self {
        if let Some(name) = name {
            self.inner().near = Some(format!("did you mean '{name}'?"));
        }
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// As a value keeps it.
    pub(crate) fn captured(mut self) -> Self {
        if self.0.kind == Kind::Error {
            self.inner().kind = Kind::Captured;
        }
        self
    }

    /// The failure of a filter, test or lookup, which names it; what is undefined stays so.
    pub(crate) fn framed(mut self, frame: impl FnOnce(&str) -> String) -> Self {
        if self.0.kind == Kind::Error {
            let message = frame(&self.0.message);
            let inner = self.inner();
            inner.message = message;
            inner.kind = Kind::Final;
        }
        self
    }

    /// For the rooms above; `what` is `template` or `expression`.
    pub(crate) fn into_error(self, what: &str, span: Option<&Span>) -> Error {
        if self.0.vault.is_some() {
            let message = format!("Attempt to use undecryptable variable: {}", self.0.message);
            let error = Error::input(message).at(self.0.span.clone()).in_text(self.0.span.clone());
            let error = self.0.help.iter().fold(error, |error, help| error.hint(help.clone()));
            let template = self.0.text.as_ref().filter(|text| Some(*text) != self.0.span.as_ref()).or(span);
            return error.within(format!("Error rendering {what}"), template.cloned());
        }
        let message = match self.0.kind {
            Kind::Undefined | Kind::Final => self.0.message.clone(),
            Kind::Error | Kind::Captured => format!("Error rendering {what}: {}", self.0.message),
            Kind::Syntax => format!("Syntax error in {what}: {}", self.0.message),
            Kind::Braces => format!(
                "Syntax error in {what}. Template delimiters are not supported in expressions: {}",
                self.0.message
            ),
        };
        let text = self.0.text.as_ref().or(span).cloned();
        let mut error = Error::input(message).at(self.0.span.clone()).at(span.cloned()).in_text(text);
        if let Some(help) = &self.0.help {
            error = error.help(help.clone());
        }
        if let Some(near) = &self.0.near {
            error = error.hint(near.clone());
        }
        error
    }
}

impl fmt::Debug for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}
