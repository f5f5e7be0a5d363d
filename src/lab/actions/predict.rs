//! What a lab's modules predict in check mode, for `warp plan`: which object, and what would become of it.

use super::call::{Args, Session};
use crate::lab::difference::Difference;
use warp_agent::outcome::Outcome;
use warp_agent::value::{Map as Wire, Value};
use warp_agent::wire::Mode;

/// Adds to a predicted outcome of a lab's `virt`, `virt_net` or `virt_pool` the object that it is about.
pub fn note(outcome: &mut Outcome, session: &Session, mode: &Mode, kind: &str, args: &Args) {
    let (Some(lab), true, Ok(Some(name))) = (&session.lab, mode.check, args.text("name")) else { return };
    let given = |name| args.text(name).ok().flatten();
    let action = match (given("state"), given("command")) {
        (Some("active" | "running"), _) => "start",
        (Some(word), _) => word,
        (None, Some("define")) if outcome.values.contains_key("differences") => "change",
        (None, Some("define")) => "create",
        (None, Some(word)) => word,
        (None, None) => "autostart",
    };
    let name = name.strip_prefix(&*lab.prefix()).unwrap_or(name).to_owned();
    object(outcome, kind, &name, action);
}

/// Adds to a predicted outcome the object that it is about. An action that would change nothing is left out.
pub fn object(outcome: &mut Outcome, kind: &str, name: &str, action: &str) {
    let mut entry =
        Wire::from_iter([("kind".to_owned(), Value::from(kind)), ("name".to_owned(), name.into())]);
    if outcome.changed {
        entry.insert("action".to_owned(), action.into());
        for key in ["definition", "differences"] {
            if let Some(value) = outcome.values.get(key) {
                entry.insert(key.to_owned(), value.clone());
            }
        }
    }
    outcome.values.insert("object".to_owned(), entry.into());
}

/// Differences as a value.
pub fn told(differences: &[Difference]) -> Value {
    let one = |d: &Difference| {
        Value::Map(Wire::from_iter([
            ("path".to_owned(), d.path.as_str().into()),
            ("is".to_owned(), d.is.clone().into()),
            ("wanted".to_owned(), d.wanted.clone().into()),
        ]))
    };
    differences.iter().map(one).collect::<Vec<_>>().into()
}
