//! Lookups that find files.

use super::Lookup;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, Kind, R};
use crate::template::val::Val;
use crate::template::{files, glob, python};
use crate::value::Key;

pub(super) const TABLE: &[Lookup] = &[
    Lookup::new("first_found", &["files", "paths", "skip"], first_found),
    Lookup::new("fileglob", &[], fileglob),
];

/// Texts of an option: a list, or one text split at separators.
fn texts(v: Option<&Val>, separators: &[char]) -> R<Vec<String>> {
    let mut made = Vec::new();
    let items = match v {
        None => return Ok(made),
        Some(v) => v.as_seq().unwrap_or_else(|| vec![v.clone()]),
    };
    for item in items {
        let text = python::to_str(&item)?;
        made.extend(text.split(separators).filter(|t| !t.is_empty()).map(str::to_owned));
    }
    Ok(made)
}

/// The terms without those that are not defined, which `with_first_found` passes over.
pub(super) fn defined(terms: Vec<Val>) -> Vec<Val> {
    let undefined = |v: &Val| matches!(v, Val::Marker(f) if f.kind() == Kind::Undefined);
    let kept = terms.into_iter().filter(|term| {
        !undefined(term) && !term.entries().is_some_and(|e| e.iter().any(|(_, v)| undefined(v)))
    });
    kept.map(|term| match (term.as_seq(), term.entries()) {
        (Some(inner), _) => Val::list(defined(inner)),
        (None, Some(entries)) => Val::dict(entries.into_iter().map(|(k, v)| match v.as_seq() {
            Some(inner) => (k, Val::list(defined(inner))),
            None => (k, v),
        })),
        _ => term,
    })
    .collect()
}

struct Search {
    candidates: Vec<String>,
    skip: bool,
}

fn gather(terms: &[Val], options: &Bound, search: &mut Search) -> R<()> {
    for term in terms {
        if let Some(inner) = term.as_seq() {
            gather(&inner, options, search)?;
            continue;
        }
        let option = |name: &str| python::access::by_key(term, &Key::from(name));
        let (names, paths) = match term {
            Val::Str(s) => (vec![s.to_string()], texts(options.some("paths"), &[',', ':', ';'])?),
            v if v.is_mapping() => {
                if let Some(skip) = option("skip") {
                    search.skip = skip.truthy()?;
                }
                (
                    texts(option("files").as_ref(), &[',', ';'])?,
                    texts(option("paths").as_ref(), &[',', ':', ';'])?,
                )
            }
            other => {
                return Err(Fail::new(format!(
                    "Invalid term supplied. A string, dict or list is required, not '{}').",
                    other.type_name()
                )));
            }
        };
        if paths.is_empty() {
            search.candidates.extend(names);
        } else {
            for path in paths {
                search.candidates.extend(names.iter().map(|n| format!("{}/{n}", path.trim_end_matches('/'))));
            }
        }
    }
    Ok(())
}

fn first_found(env: &Env, terms: Vec<Val>, options: &Bound) -> R<Vec<Val>> {
    let mut search = Search { candidates: Vec::new(), skip: options.flag("skip", false)? };
    let terms = if terms.is_empty() {
        texts(options.some("files"), &[',', ';'])?.into_iter().map(Val::from).collect()
    } else {
        terms
    };
    gather(&terms, options, &mut search)?;
    let kinds = ["files", "templates", "vars"];
    let found =
        search.candidates.iter().find_map(|c| kinds.iter().find_map(|kind| files::find(env, kind, c)));
    match found {
        Some(path) => Ok(vec![path.display().to_string().into()]),
        None if search.skip => Ok(Vec::new()),
        None => Err(Fail::new("No file was found when using first_found.")),
    }
}

fn fileglob(env: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    let mut found = Vec::new();
    for term in terms {
        let pattern = files::expand_user(&python::to_str(&term)?);
        let folders = env.scope().search_path();
        let places = if pattern.is_absolute() {
            vec![pattern]
        } else {
            folders.iter().flat_map(|f| [f.join("files").join(&pattern), f.join(&pattern)]).collect()
        };
        // The first folder that has any answers.
        let first =
            places.iter().map(|p| glob::files(&p.display().to_string())).find(|found| !found.is_empty());
        found.extend(first.unwrap_or_default().into_iter().map(|p| p.display().to_string().into()));
    }
    Ok(found)
}
