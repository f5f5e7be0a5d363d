//! Tests: what may follow `is`.

mod basics;
mod pep440;
mod places;
mod results;
mod versions;

use super::bind::{Bound, Params};
use super::env::Env;
use super::fail::R;
use super::val::{Args, Val};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A test.
pub(crate) struct Test {
    name: &'static str,
    params: Params,
    /// Whether it looks at failures itself, as `defined` does.
    markers: bool,
    run: fn(&Env, Val, Bound) -> R<bool>,
}

impl Test {
    const fn new(name: &'static str, params: Params, run: fn(&Env, Val, Bound) -> R<bool>) -> Self {
        Test { name, params, markers: false, run }
    }

    /// Takes failures as values.
    const fn takes_markers(mut self) -> Self {
        self.markers = true;
        self
    }

    /// Applies it; what goes wrong becomes a marker that names the test.
    pub(crate) fn apply(&self, env: &Env, operand: Val, args: Args) -> Val {
        match self.run(env, operand, args) {
            Ok(b) => Val::Bool(b),
            Err(f) => Val::Marker(
                f.framed(|why| format!("The test plugin 'ansible.builtin.{}' failed: {why}", self.name)),
            ),
        }
    }

    fn run(&self, env: &Env, operand: Val, args: Args) -> R<bool> {
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

const FAMILIES: &[&[Test]] = &[basics::TABLE, results::TABLE, versions::TABLE, places::TABLE];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Test>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|f| f.iter()).map(|t| (t.name, t)).collect());

/// The test of this name: short, or as `ansible.builtin.NAME`.
pub(crate) fn find(name: &str) -> Option<&'static Test> {
    let name: String = name.split_whitespace().collect();
    let short = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(&name);
    BY_NAME.get(short).copied()
}

/// All names, for did-you-mean.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
