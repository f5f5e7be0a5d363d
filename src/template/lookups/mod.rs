//! Lookups: what the controller knows. Their results are data.

mod config;
mod finding;
mod listing;
mod password;
mod reading;
mod tables;
mod terms;
mod url;

use super::bind::Bound;
use super::env::Env;
use super::fail::{Fail, R};
use super::notice::Notice;
use super::plugin::Plugin;
use super::python;
use super::val::{Args, Val};
use crate::error::did_you_mean;
use crate::value::Value;

/// A lookup.
pub(crate) type Lookup = Plugin<fn(&Env, Vec<Val>, &Bound) -> R<Vec<Val>>>;

const FAMILIES: &[&[Lookup]] = &[
    config::TABLE,
    reading::TABLE,
    finding::TABLE,
    listing::TABLE,
    password::TABLE,
    tables::TABLE,
    url::TABLE,
];

fn find(name: &str) -> R<&'static Lookup> {
    let (collection, short) = name.rsplit_once('.').unwrap_or(("ansible.builtin", name));
    let collection = if collection == "ansible.legacy" { "ansible.builtin" } else { collection };
    let all = || FAMILIES.iter().flat_map(|f| f.iter());
    all().find(|l| l.name == short && l.collection == collection).ok_or_else(|| {
        let near = did_you_mean(short, all().map(|l| l.name));
        Fail::finished(format!("The lookup plugin '{name}' was not found.")).near(near)
    })
}

/// `lookup(name, *terms, **options)`, and `query` with `wantlist`.
pub(crate) fn from_template(env: &Env, args: Args, wantlist: bool) -> R {
    let mut terms = args.pos.into_iter();
    let name = terms
        .next()
        .ok_or_else(|| Fail::new("lookup() missing 1 required positional argument: 'plugin_name'"))?;
    let name = python::to_str(&name)?;
    let lookup = find(&name)?;
    let terms: Vec<Val> = terms.collect();
    let mut options = args.kw;
    let mut taken = |key: &str| {
        let at = options.iter().position(|(k, _)| &**k == key)?;
        Some(options.remove(at).1)
    };
    let wantlist = taken("wantlist").map_or(Ok(wantlist), |v| v.truthy())?;
    let errors = taken("errors").map_or(Ok("strict".to_owned()), |v| python::to_str(&v))?;
    if !lookup.markers
        && let Some(Val::Marker(f)) = terms.iter().find(|t| matches!(t, Val::Marker(_)))
    {
        return Err(f.clone());
    }
    let bound = Bound::new(lookup.name, lookup.params, Args { pos: Vec::new(), kw: options });
    let found = bound.and_then(|b| match b.first_marker() {
        Some(f) if !lookup.markers => Err(f),
        _ => (lookup.run)(env, terms, &b),
    });
    match found {
        Ok(found) if wantlist => Ok(Val::list(found)),
        Ok(found) => Ok(match found.as_slice() {
            [] => Val::list(Vec::new()),
            [one] => one.clone(),
            many if many.iter().all(|v| v.as_str().is_some()) => python::strings::join(",", many)?,
            _ => Val::list(found),
        }),
        Err(f) if matches!(errors.as_str(), "ignore" | "warn") => {
            if errors == "warn" {
                let why = f.message();
                let why = format!("An error occurred while running the lookup plugin '{name}': {why}");
                env.tell(Notice::warning(why));
            }
            Ok(if wantlist { Val::list(Vec::new()) } else { Val::None })
        }
        Err(f) => Err(f.framed(|why| format!("The lookup plugin '{name}' failed: {why}"))),
    }
}

/// `with_<name>` over what a value gives.
pub(crate) fn for_loop(env: &Env, name: &str, over: &Value) -> R<Vec<Value>> {
    let lookup = find(name)?;
    let over = env.lift(over).ok()?;
    let mut terms = over.as_seq().unwrap_or_else(|| vec![over]);
    if lookup.name == "first_found" {
        terms = finding::defined(terms);
    }
    // A failure anywhere in them is one of the loop's, not the lookup's.
    for term in &terms {
        term.finish()?;
    }
    let bound = Bound::new(lookup.name, lookup.params, Args::default())?;
    let found = (lookup.run)(env, terms, &bound)
        .map_err(|f| f.framed(|why| format!("The lookup plugin '{name}' failed: {why}")))?;
    found.iter().map(Val::finish).collect()
}
