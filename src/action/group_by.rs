//! `group_by`: puts a host into a group named after it.

use super::{Action, BoxFuture, Context, Effect, text, texts};
use crate::connect::CallError;
use crate::value::{Key, Map, Value};
use std::sync::Arc;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    options: true,
    ..Spec::new(
        "group_by",
        "Puts the host into a group of this run's inventory.",
        &[
            Arg::new("key", Kind::Str).required().help("The group; blanks become dashes."),
            Arg::new("parents", Kind::List).elements(Kind::Str).default("all").help("The groups above it."),
        ],
    )
};

/// The action.
pub(super) struct GroupBy;

impl Action for GroupBy {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, _context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let group = text(&args, "key").unwrap_or_default().replace(' ', "-");
            let parents: Vec<Arc<str>> =
                texts(&args, "parents").map(|p| Arc::from(p.replace(' ', "-"))).collect();
            let mut values = Map::new();
            values.insert(Key::from("changed"), Value::Bool(true));
            values.insert(Key::from("add_group"), Value::data(group.as_str()));
            let told = parents.iter().map(|p| Value::data(Arc::clone(p))).collect();
            values.insert(Key::from("parent_groups"), Value::list(told));
            Ok(Effect {
                outcome: Outcome::changed(true),
                values,
                add_group: Some((Arc::from(group), parents)),
                ..Effect::default()
            })
        })
    }
}
