//! The same as JSON, under the keys that `ansible-doc --json` has.

use super::{check_support, full_name};
use serde_json::{Map, Value, json};
use warp_agent::convert;
use warp_agent::python;
use warp_agent::spec::{Arg, Spec};

/// Names and what the modules do.
pub(super) fn list(specs: &[&Spec]) -> String {
    let all: Map<String, Value> = specs.iter().map(|s| (full_name(s), s.summary.into())).collect();
    written(&Value::Object(all))
}

/// Whole pages.
pub(super) fn pages(specs: &[&Spec]) -> String {
    let all: Map<String, Value> = specs.iter().map(|s| (full_name(s), page(s))).collect();
    written(&Value::Object(all))
}

fn written(value: &Value) -> String {
    format!("{value:#}\n")
}

fn page(spec: &Spec) -> Value {
    let arguments = spec.arguments().filter(|a| !a.name.starts_with('_'));
    json!({
        "doc": {
            "module": spec.name,
            "collection": spec.collection,
            "short_description": spec.summary,
            "options": options(arguments),
            "attributes": { "check_mode": { "support": check_support(spec) } },
        },
        "examples": null,
        "return": null,
    })
}

fn options<'a>(arguments: impl Iterator<Item = &'a Arg>) -> Value {
    Value::Object(arguments.map(|a| (a.name.to_owned(), option(a))).collect())
}

fn option(arg: &Arg) -> Value {
    let mut page = Map::new();
    let mut put = |key: &str, value: Value| page.insert(key.to_owned(), value);
    put("description", json!([arg.help]));
    put("type", convert::name(arg.kind).into());
    put("required", arg.required.into());
    if let Some(text) = arg.default {
        let value = match (arg.elements, text) {
            (Some(_), "") => warp_agent::value::Value::List(Vec::new()),
            _ => convert::to(arg.kind, &text.into()).unwrap_or_else(|_| text.into()),
        };
        put("default", serde_json::from_str(&python::json(&value)).unwrap_or_default());
    }
    if !arg.choices.is_empty() {
        put("choices", json!(arg.choices));
    }
    if !arg.aliases.is_empty() {
        put("aliases", json!(arg.aliases));
    }
    if let Some(kind) = arg.elements {
        put("elements", convert::name(kind).into());
    }
    if !arg.options.is_empty() {
        put("suboptions", options(arg.options.iter()));
    }
    Value::Object(page)
}
