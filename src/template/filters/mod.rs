//! Filters: tables by family, found by short or full name.

mod basics;
mod collections;
mod data;
mod hashes;
mod links;
mod measures;
mod net;
mod paths;
mod powers;
mod pretty;
mod query;
mod regexes;
mod secrets;
mod sequences;
mod strings;
mod tags;

pub(crate) use basics::to_boolean;
pub(crate) use collections::{crossed, flattened, rows, subelements};

use super::PROTOMATTER;
use super::bind::Bound;
use super::env::Env;
use super::fail::R;
use super::plugin::Plugin;
use super::val::{Args, Val};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A filter.
pub(crate) type Filter = Plugin<fn(&Env, Val, Bound) -> R>;

impl Filter {
    /// Applies it; what goes wrong becomes a marker that names the filter.
    pub(crate) fn apply(&self, env: &Env, operand: Val, args: Args) -> Val {
        self.ran(env, operand, args).unwrap_or_else(|f| {
            Val::Marker(
                f.framed(|why| {
                    format!("The filter plugin '{}.{}' failed: {why}", self.collection, self.name)
                }),
            )
        })
    }

    fn ran(&self, env: &Env, operand: Val, args: Args) -> R {
        let bound = Bound::new(self.name, self.params, args)?;
        if !self.markers {
            let operand = operand.ok()?;
            return match bound.first_marker() {
                Some(f) => Err(f),
                None => (self.run)(env, operand, bound),
            };
        }
        (self.run)(env, operand, bound)
    }
}

const FAMILIES: &[&[Filter]] = &[
    basics::TABLE,
    powers::TABLE,
    sequences::TABLE,
    strings::TABLE,
    regexes::TABLE,
    collections::TABLE,
    data::TABLE,
    paths::TABLE,
    hashes::TABLE,
    measures::TABLE,
    net::TABLE,
    query::TABLE,
    secrets::TABLE,
    pretty::TABLE,
    links::TABLE,
    tags::TABLE,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Filter>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|f| f.iter()).map(|f| (f.name, f)).collect());

/// The filter of this name: short, or with a collection that has it.
pub(crate) fn find(name: &str) -> Option<&'static Filter> {
    let name: String = name.split_whitespace().collect();
    match name.rsplit_once('.') {
        None => BY_NAME.get(name.as_str()).copied().filter(|f| f.collection != PROTOMATTER),
        Some((collection, short)) => BY_NAME.get(short).copied().filter(|f| {
            f.collection == collection
                || (collection == "ansible.legacy" && f.collection == "ansible.builtin")
                || (collection == "ansible.netcommon" && f.collection == "ansible.utils")
        }),
    }
}

/// All names, for did-you-mean.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
