//! What all renders of an engine share: parsed templates.

use super::env::Env;
use super::fail::{Fail, R};
use super::notice::Notice;
use super::options::FileOptions;
use super::parse::{self, Mode};
use super::place::{Template, inside};
use super::{ast::Parsed, files};
use crate::config::Templates;
use crate::error::Span;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many parsed templates are kept.
const CACHED: usize = 4096;

type Key = (Mode, FileOptions, Arc<str>);

/// Who is told what no scope takes.
pub(crate) type Tell = Box<dyn Fn(Notice) + Send + Sync>;

/// The cache, and who hears what is told.
#[derive(Default)]
pub(crate) struct Shared {
    parsed: Mutex<HashMap<Key, Arc<Parsed>>>,
    tell: Option<Tell>,
    pub(crate) rules: Templates,
}

impl Shared {
    pub(crate) fn telling(rules: Templates, tell: Tell) -> Self {
        Shared { tell: Some(tell), rules, ..Shared::default() }
    }

    pub(crate) fn tell(&self, notice: Notice) {
        if let Some(tell) = &self.tell {
            tell(notice);
        }
    }

    /// A text parsed, at its place.
    pub(crate) fn template(&self, text: &Arc<str>, span: Option<&Span>, mode: Mode) -> R<Template> {
        self.template_with(text, span, mode, &FileOptions::default())
    }

    /// As `template`, with delimiters and rules for white space of its own.
    pub(crate) fn template_with(
        &self,
        text: &Arc<str>,
        span: Option<&Span>,
        mode: Mode,
        options: &FileOptions,
    ) -> R<Template> {
        let key = (mode, options.clone(), Arc::clone(text));
        let lock = || self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parsed) = lock().get(&key) {
            return Ok(Template::new(Arc::clone(parsed), span.cloned()));
        }
        let (body, options) = options.with_header(text)?;
        let parsed = parse::parse(&body, mode, &options.syntax()?).map_err(|e| {
            e.fail.at(|| span.and_then(|s| inside(s, &body, e.start as usize, e.end as usize))).in_text(span)
        })?;
        let parsed = Arc::new(parsed);
        let mut cache = lock();
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&parsed));
        Ok(Template::new(parsed, span.cloned()))
    }

    /// The first of these template files that exists, for `include`, `import` and `extends`.
    pub(crate) fn find_template(&self, names: &[String], env: &Env, from: &Template) -> R<Template> {
        for name in names {
            if let Some(path) = files::find_template(env, name, from.folder()) {
                let whole = files::whole(&path)?;
                let text: Arc<str> = whole.source.text().into();
                let options = FileOptions::default();
                let parsed = parse::parse(&text, Mode::File, &options.syntax()?).map_err(|e| {
                    e.fail
                        .at(|| inside(&whole, &text, e.start as usize, e.end as usize))
                        .in_text(Some(&whole))
                })?;
                return Ok(Template::new(Arc::new(parsed), Some(whole)));
            }
        }
        Err(Fail::finished(match names {
            [one] => format!("'{one}' not found in search path"),
            many => format!("none of the templates given were found: {}", many.join(", ")),
        }))
    }
}
