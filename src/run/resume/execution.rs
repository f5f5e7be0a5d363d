//! An execution as the journal holds it: all that the engine made of it.

use crate::action::{AddHost, FactKind};
use crate::error::Error;
use crate::event::By;
use crate::journal::{from_json, to_json};
use crate::run::end::{Effects, End, Execution, HostEnd, Include};
use crate::value::{Key, Map, Value, Vars};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::sync::Arc;

/// An execution, its values as JSON that loses nothing. What is empty is left out.
#[derive(Serialize, Deserialize)]
struct Kept {
    end: End,
    by: By,
    result: Json,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts: Option<(Json, FactKind)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    included_vars: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    add_host: Option<(String, Vec<String>, Json)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    add_group: Option<(String, Vec<String>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notify: Vec<String>,
    /// Arguments, the loop's variables, the item's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    include: Option<(Json, Json, Option<Json>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts_host: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delegated_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    ignore_errors: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    ignore_unreachable: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    no_log: bool,
    /// What was printed, in base64, by the name of its return value, where it is no text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    raw: Vec<(String, String)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// An execution as JSON.
pub(super) fn of(e: &Execution) -> Option<Box<RawValue>> {
    to(
        e.end,
        e.by,
        &e.result,
        &e.effects,
        &e.error,
        &e.delegated_to,
        [e.ignore_errors, e.ignore_unreachable, e.no_log],
    )
}

/// The one execution of a step without a loop, as JSON.
pub(super) fn of_end(e: &HostEnd) -> Option<Box<RawValue>> {
    let flags = [e.ignore_errors, e.ignore_unreachable, e.no_log];
    let none = Effects::default();
    let effects = e.effects.first().unwrap_or(&none);
    to(e.end, e.by, &e.result, effects, &e.error, &e.delegated_to, flags)
}

fn to(
    end: End,
    by: By,
    result: &Map,
    effects: &Effects,
    error: &Option<Arc<Error>>,
    delegated_to: &Option<Arc<str>>,
    [ignore_errors, ignore_unreachable, no_log]: [bool; 3],
) -> Option<Box<RawValue>> {
    let kept = Kept {
        end,
        by,
        result: of_map(result),
        facts: effects.facts.as_ref().map(|(facts, kind)| (of_map(facts), *kind)),
        included_vars: effects.included_vars.as_ref().map(of_vars),
        add_host: effects.add_host.as_ref().map(|new| {
            (new.name.to_string(), new.groups.iter().map(ToString::to_string).collect(), of_vars(&new.vars))
        }),
        add_group: effects
            .add_group
            .as_ref()
            .map(|(group, above)| (group.to_string(), above.iter().map(ToString::to_string).collect())),
        notify: effects.notify.clone(),
        include: effects.include.as_ref().map(|include| {
            (of_map(&include.args), of_vars(&include.loop_vars), include.label.as_ref().map(to_json))
        }),
        label: effects.label.as_ref().map(to_json),
        facts_host: effects.facts_host.as_ref().map(ToString::to_string),
        delegated_to: delegated_to.as_ref().map(ToString::to_string),
        error: error.as_ref().map(|e| e.message().to_owned()),
        ignore_errors,
        ignore_unreachable,
        no_log,
        raw: effects.raw.iter().map(|(name, bytes)| (name.clone(), STANDARD.encode(bytes))).collect(),
    };
    // Maps of texts and JSON alone: it cannot fail.
    serde_json::value::to_raw_value(&kept).ok()
}

/// The execution that was written.
pub(super) fn from(json: &RawValue) -> Option<Execution> {
    let kept: Kept = serde_json::from_str(json.get()).ok()?;
    let shared = |names: Vec<String>| names.into_iter().map(Arc::<str>::from).collect();
    let delegated_to: Option<Arc<str>> = kept.delegated_to.map(Arc::from);
    let label = kept.label.map(from_json);
    let effects = Effects {
        facts: kept.facts.map(|(facts, kind)| (to_map(facts), kind)),
        included_vars: kept.included_vars.map(to_vars),
        add_host: kept.add_host.map(|(name, groups, vars)| AddHost {
            name: name.into(),
            groups: shared(groups),
            vars: to_vars(vars),
        }),
        add_group: kept.add_group.map(|(group, above)| (group.into(), shared(above))),
        notify: kept.notify,
        include: kept.include.map(|(args, loop_vars, label)| Include {
            args: to_map(args),
            loop_vars: to_vars(loop_vars),
            label: label.map(from_json),
        }),
        delegated_to: label.is_some().then(|| delegated_to.clone()).flatten(),
        label,
        facts_host: kept.facts_host.map(Arc::from),
        // The journal has them already.
        raw: Vec::new(),
    };
    Some(Execution {
        end: kept.end,
        result: to_map(kept.result),
        effects,
        error: kept.error.map(|message| Arc::new(Error::other(message))),
        by: kept.by,
        ignore_errors: kept.ignore_errors,
        ignore_unreachable: kept.ignore_unreachable,
        no_log: kept.no_log,
        delegated_to,
    })
}

fn of_map(map: &Map) -> Json {
    to_json(&Value::map(map.clone()))
}

fn to_map(json: Json) -> Map {
    match from_json(json) {
        Value::Map(map) => Arc::unwrap_or_clone(map),
        _ => Map::new(),
    }
}

fn of_vars(vars: &Vars) -> Json {
    of_map(&vars.iter().map(|(name, value)| (Key::Str(Arc::clone(name)), value.clone())).collect())
}

fn to_vars(json: Json) -> Vars {
    let named = |(key, value): (Key, Value)| match key {
        Key::Str(name) => Some((name, value)),
        _ => None,
    };
    to_map(json).into_iter().filter_map(named).collect()
}
