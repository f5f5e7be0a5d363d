//! Files that templates name, and templates that are files.

use super::depth::Deeper;
use super::env::{Env, with_final_newlines};
use super::eval::Interp;
use super::fail::{Fail, R};
use super::notice::Notice;
use super::options::FileOptions;
use super::parse::Mode;
use super::python;
use super::val::Val;
use crate::error::{Error, Source, Span};
use crate::value::{Text, vault};
use std::path::{Path, PathBuf};
use warp_agent::utf8;

/// Renders a template file's text.
pub(crate) fn render(env: &Env, text: &Text, options: &FileOptions) -> R<String> {
    let rendered = match native(env, text, options)?.ok()? {
        Val::None => String::new(),
        other => python::joined(&other)?,
    };
    Ok(if options.newline_sequence == "\n" {
        rendered
    } else {
        rendered.replace('\n', &options.newline_sequence)
    })
}

/// Renders a template file's text to a native value, as the template lookup does.
pub(crate) fn native(env: &Env, text: &Text, options: &FileOptions) -> R {
    let _deeper = Deeper::enter("template")?;
    let template = env.shared().template_with(&text.shared(), text.span(), Mode::File, options)?;
    let result = Interp::new(env, &template).run()?;
    Ok(with_final_newlines(text.as_str(), result))
}

/// The path of a file that a lookup names: absolute, from the home folder, or found along the search path.
pub(crate) fn find(env: &Env, kind: &str, name: &str) -> Option<PathBuf> {
    let path = expand_user(name);
    if path.is_absolute() {
        return path.exists().then_some(path);
    }
    let folders = env.scope().search_path();
    let places = folders.iter().flat_map(|f| [f.join(kind).join(&path), f.join(&path)]);
    places.into_iter().find(|place| {
        env.tell(Notice::Verbose(5, format!("looking for \"{name}\" at \"{}\"", place.display())));
        place.exists()
    })
}

/// The path of a template that another one names, beside it first.
pub(super) fn find_template(env: &Env, name: &str, beside: Option<PathBuf>) -> Option<PathBuf> {
    let near = beside.map(|f| f.join(name)).filter(|p| p.is_file());
    near.or_else(|| find(env, "templates", name).filter(|p| p.is_file()))
}

/// A path with `~` for the home folder.
pub(crate) fn expand_user(path: &str) -> PathBuf {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = std::env::var("HOME").unwrap_or_default();
            PathBuf::from(format!("{}{rest}", home.trim_end_matches('/')))
        }
        _ => PathBuf::from(path),
    }
}

/// A file's text as the lookups of files have it: bytes that are no text are kept in it, which is told.
pub(crate) fn read_any(env: &Env, path: &Path) -> R<String> {
    let bytes = plain(path, bytes(path)?)?;
    if std::str::from_utf8(&bytes).is_err() {
        let what = format!(
            "File '{}' could not be decoded as 'utf-8'. Invalid content has been escaped.",
            path.display()
        );
        env.tell(Notice::deprecated(Error::input(what).help("This file must be UTF-8 encoded."), "2.23"));
    }
    Ok(utf8::text(&bytes))
}

fn bytes(path: &Path) -> R<Vec<u8>> {
    std::fs::read(path).map_err(|e| Fail::new(format!("Unable to read '{}': {e}", path.display())))
}

fn plain(path: &Path, bytes: Vec<u8>) -> R<Vec<u8>> {
    vault::decrypted(bytes).map_err(|e| Fail::new(format!("{} (in '{}')", e.message(), path.display())))
}

fn decrypted(path: &Path, bytes: Vec<u8>) -> R<String> {
    String::from_utf8(plain(path, bytes)?)
        .map_err(|_| Fail::new(format!("'{}' is not UTF-8 text", path.display())))
}

/// A whole file; a vault is decrypted.
pub(crate) fn whole(path: &Path) -> R<Span> {
    let bytes = bytes(path)?;
    let encrypted = vault::is_vault(&bytes);
    let text = decrypted(path, bytes)?;
    let source = if encrypted { Source::decrypted(path, text) } else { Source::new(path, text) };
    Ok(Span { start: 0, end: source.text().len(), source, line: 1, column: 1 })
}
