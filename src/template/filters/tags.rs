//! Filters that look beneath values: what is known of a text, what a failure is.

use super::Filter;
use crate::template::PROTOMATTER;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, Kind, R};
use crate::template::val::Val;
use crate::value::literal;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("apply_trust", &[], |_, v, _| Ok(trusted(v))).of(PROTOMATTER),
    Filter::new("dump_object", &[], |_, v, _| Ok(dumped(v))).of(PROTOMATTER).takes_markers(),
    Filter::new("finalize", &[], |env, v, _| Ok(env.lift(&v.finish()?))).of(PROTOMATTER),
    Filter::new("origin", &[], |_, v, _| {
        let origin = v.tags().and_then(|t| t.origin.as_ref());
        Ok(origin.map_or(Val::None, |o| o.to_string().into()))
    })
    .of(PROTOMATTER),
    Filter::new("python_literal_eval", &["ignore_errors"], literal_eval).of(PROTOMATTER),
    Filter::new("tag_names", &[], |_, v, _| {
        let names = v.tags().map(|t| t.names()).unwrap_or_default();
        Ok(Val::list(names.into_iter().map(Val::from).collect()))
    })
    .of(PROTOMATTER),
    Filter::new("true_type", &[], |_, v, _| {
        Ok(if v.tags().is_some() { "_AnsibleTaggedStr" } else { v.type_name() }.into())
    })
    .of(PROTOMATTER)
    .takes_markers(),
    Filter::new("unmask", &["type_names"], unmask).of(PROTOMATTER),
];

/// A text that may be rendered from now on; anything else as it is.
fn trusted(v: Val) -> Val {
    match v {
        Val::Str(text) => Val::Str(text.with(|tags| tags.trusted = true)),
        other => other,
    }
}

/// A failure of more than a missing name, as what can be looked at.
fn dumped(v: Val) -> Val {
    match v {
        Val::Marker(fail) if fail.kind() != Kind::Undefined => {
            let message = fail.into_error("template", None).message().to_owned();
            Val::record([("exception", Val::record([("message", message.into())]))])
        }
        other => other,
    }
}

fn literal_eval(env: &Env, v: Val, b: Bound) -> R {
    let lenient = b.flag("ignore_errors", false)?;
    let value = match &v {
        Val::Str(text) => literal::parse(text).ok_or_else(|| Fail::new("invalid syntax")),
        _ => Err(Fail::new("The `value` to eval must be a string.")),
    };
    match value {
        Ok(value) => Ok(env.lift(&value)),
        Err(_) if lenient => Ok(v),
        Err(fail) => Err(fail),
    }
}

/// The types that Ansible shows as something simpler.
const MASKED: [&str; 7] = [
    "CapturedErrorSummary",
    "PluginInfo",
    "PluginType",
    "ErrorSummary",
    "WarningSummary",
    "DeprecationSummary",
    "EncryptedString",
];

/// What Ansible keeps beneath results, warp keeps as it is shown: there is nothing to take off.
fn unmask(_: &Env, v: Val, b: Bound) -> R {
    let names = match b.need("type_names")? {
        Val::Str(name) => vec![Val::Str(name)],
        Val::List(names) => names.items(),
        other => {
            let kind = other.type_name();
            return Err(Fail::new(format!(
                "The 'type_names' argument must be of type 'str' or 'list', not '{kind}'."
            )));
        }
    };
    let unknown: Vec<&str> =
        names.iter().filter_map(Val::as_str).filter(|name| !MASKED.contains(name)).collect();
    if unknown.is_empty() {
        Ok(v)
    } else {
        Err(Fail::new(format!("Unknown type name(s): {}", unknown.join(", "))))
    }
}
