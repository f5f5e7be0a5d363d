//! Tests: what may follow `is`.

mod basics;
mod pep440;
mod places;
mod results;
mod tags;
mod versions;

use super::PROTOMATTER;
use super::bind::Bound;
use super::env::Env;
use super::fail::R;
use super::plugin::Plugin;
use super::val::{Args, Val};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A test.
pub(crate) type Test = Plugin<fn(&Env, Val, Bound) -> R<bool>>;

impl Test {
    /// Applies it; what goes wrong becomes a marker that names the test.
    pub(crate) fn apply(&self, env: &Env, operand: Val, args: Args) -> Val {
        match self.ran(env, operand, args) {
            Ok(b) => Val::Bool(b),
            Err(f) => {
                Val::Marker(f.framed(|why| {
                    format!("The test plugin '{}.{}' failed: {why}", self.collection, self.name)
                }))
            }
        }
    }

    fn ran(&self, env: &Env, operand: Val, args: Args) -> R<bool> {
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

const FAMILIES: &[&[Test]] = &[basics::TABLE, results::TABLE, versions::TABLE, places::TABLE, tags::TABLE];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Test>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|f| f.iter()).map(|t| (t.name, t)).collect());

/// The test of this name: short, or with the collection that has it.
pub(crate) fn find(name: &str) -> Option<&'static Test> {
    let name: String = name.split_whitespace().collect();
    let (collection, short) = name.rsplit_once('.').unwrap_or(("ansible.builtin", &name));
    let builtin = collection == "ansible.legacy" || collection == "ansible.builtin";
    BY_NAME
        .get(short)
        .copied()
        .filter(|t| t.collection == collection || (builtin && t.collection != PROTOMATTER))
}

/// All names, for did-you-mean.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
