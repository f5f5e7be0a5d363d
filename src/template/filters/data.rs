//! JSON and YAML.

use super::Filter;
use crate::error::Error;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::json::{self, Style};
use crate::template::notice::Notice;
use crate::template::python;
use crate::template::val::Val;
use crate::template::yaml;
use crate::value::Value;
use crate::value::json::{Trusting, marked};

pub(super) const TABLE: &[Filter] = &[
    Filter::new("to_json", JSON, to_json),
    Filter::new("to_nice_json", NICE_JSON, to_nice_json),
    Filter::new("tojson", &["indent"], tojson),
    Filter::new("from_json", &["profile"], from_json),
    Filter::new("to_yaml", YAML, |_, v, b| to_yaml(&v, &b, yaml::Style::default())),
    Filter::new("to_nice_yaml", YAML, |_, v, b| {
        to_yaml(&v, &b, yaml::Style { indent: 4, flow: yaml::Flow::Never, ..yaml::Style::default() })
    }),
    Filter::new("from_yaml", &[], |env, v, _| match &v {
        Val::Str(s) => Ok(env.lift(&yaml::load(s)?)),
        Val::None => Ok(v),
        _ => Ok(ignored(env, "from_yaml", v)),
    }),
    Filter::new("from_yaml_all", &[], |env, v, _| match &v {
        Val::Str(s) => Ok(Val::list(yaml::load_all(s)?.iter().map(|d| env.lift(d)).collect())),
        Val::None => Ok(Val::list(Vec::new())),
        _ => Ok(ignored(env, "from_yaml_all", v)),
    }),
];

/// What a filter of texts gives back as it is, which is told.
fn ignored(env: &Env, filter: &str, v: Val) -> Val {
    let what = format!("The {filter} filter ignored non-string input of type '{}'.", v.type_name());
    env.tell(Notice::deprecated(Error::other(what), "2.23"));
    v
}

/// What is known of the text is known of the strings only in the profiles that variables are written in.
fn from_json(env: &Env, v: Val, b: Bound) -> R {
    let whole = match &v {
        Val::Str(text) => text.clone(),
        other => {
            let kind = other.type_name();
            return Err(Fail::new(format!("the JSON object must be str, bytes or bytearray, not {kind}")));
        }
    };
    let parsed = json::parse(&whole)?;
    let profile = b.text("profile", "tagless")?;
    let value = match profile.as_str() {
        "tagless" => Value::from(parsed),
        "legacy" => marked(parsed, &whole, Trusting::All).map_err(Fail::new)?,
        "inventory_legacy" => marked(parsed, &whole, Trusting::Variables).map_err(Fail::new)?,
        _ => return Err(Fail::new(format!("Unknown profile name '{profile}'."))),
    };
    Ok(env.lift(&value))
}

const JSON: &[&str] =
    &["profile", "vault_to_text", "preprocess_unsafe", "indent", "sort_keys", "ensure_ascii", "separators"];
const NICE_JSON: &[&str] =
    &["indent", "sort_keys", "profile", "vault_to_text", "preprocess_unsafe", "ensure_ascii", "separators"];
const YAML: &[&str] = &[
    "indent",
    "default_flow_style",
    "width",
    "sort_keys",
    "default_style",
    "explicit_start",
    "explicit_end",
    "allow_unicode",
];

fn indentation(b: &Bound) -> R<Option<String>> {
    Ok(match b.some("indent") {
        None => None,
        Some(Val::Str(s)) => Some(s.to_string()),
        Some(_) => Some(" ".repeat(usize::try_from(b.int("indent", 0)?.min(1 << 10)).unwrap_or(0))),
    })
}

fn to_json(_: &Env, v: Val, b: Bound) -> R {
    let mut style = Style {
        indent: indentation(&b)?,
        sort_keys: b.flag("sort_keys", false)?,
        text_keys: true,
        ensure_ascii: b.flag("ensure_ascii", true)?,
        ..Style::default()
    };
    if style.indent.is_some() {
        style.item = ",".into();
    }
    if let Some(separators) = b.some("separators") {
        let [item, pair]: [Val; 2] =
            separators.iter()?.try_into().map_err(|_| Fail::new("separators must be a pair"))?;
        style.item = python::to_str(&item)?;
        style.pair = python::to_str(&pair)?;
    }
    json::dumps(&v, &style).map(Val::from)
}

fn to_nice_json(_: &Env, v: Val, b: Bound) -> R {
    let indent = if b.get("indent").is_some() { indentation(&b)? } else { Some("    ".into()) };
    let style = Style {
        indent,
        sort_keys: b.flag("sort_keys", true)?,
        text_keys: true,
        ensure_ascii: b.flag("ensure_ascii", true)?,
        item: ",".into(),
        pair: ": ".into(),
    };
    json::dumps(&v, &style).map(Val::from)
}

/// Jinja's own, safe inside HTML.
fn tojson(_: &Env, v: Val, b: Bound) -> R {
    let indent = indentation(&b)?;
    let item = if indent.is_some() { "," } else { ", " };
    let style = Style { indent, sort_keys: true, item: item.into(), ..Style::default() };
    let text = json::dumps(&v, &style)?;
    let safe =
        text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027");
    Ok(safe.into())
}

fn to_yaml(v: &Val, b: &Bound, mut style: yaml::Style) -> R {
    style.indent = i32::try_from(b.int("indent", style.indent.into())?).unwrap_or(2);
    if let Some(flow) = b.get("default_flow_style") {
        style.flow = match flow {
            Val::None => yaml::Flow::Leaves,
            other if other.truthy()? => yaml::Flow::Always,
            _ => yaml::Flow::Never,
        };
    }
    if b.some("width").is_some() {
        style.width = i32::try_from(b.int("width", 80)?).unwrap_or(i32::MAX);
    }
    style.sort_keys = b.flag("sort_keys", true)?;
    style.explicit_start = b.flag("explicit_start", false)?;
    style.explicit_end = b.flag("explicit_end", false)?;
    style.unicode = b.flag("allow_unicode", true)?;
    style.quotes = b.some("default_style").map(python::to_str).transpose()?.and_then(|s| s.chars().next());
    yaml::dump(v, &style).map(Val::from)
}
