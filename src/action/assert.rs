//! `assert`: fails unless expressions hold.

use super::{Action, BoxFuture, Context, Effect, arg, flag};
use crate::connect::CallError;
use crate::error::{Error, Result};
use crate::value::{Key, Map, Value, python_str};
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec::new(
    "assert",
    "Fails unless every expression holds.",
    &[
        Arg::new("that", Kind::Raw).required().help("An expression, or a list of them."),
        Arg::new("fail_msg", Kind::Raw)
            .default("Assertion failed")
            .aliases(&["msg"])
            .help("Said when one does not hold."),
        Arg::new("success_msg", Kind::Raw).default("All assertions passed").help("Said when all hold."),
        Arg::new("quiet", Kind::Bool).default("false").help("Say less."),
    ],
);

/// The action.
pub(super) struct Assert;

impl Action for Assert {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn expressions(&self) -> &'static [&'static str] {
        &["that"]
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(assert(&context, &args).unwrap_or_else(Effect::raised)) })
    }
}

fn assert(context: &Context<'_>, args: &Map) -> Result<Effect> {
    let that = arg(args, "that");
    let that = match that {
        // One template that gives the list of expressions.
        Value::Text(t)
            if t.is_template()
                && t.as_str().trim().starts_with("{{")
                && t.as_str().trim().ends_with("}}") =>
        {
            let rendered = context.engine.render(that, context.scope)?;
            if rendered.as_bool().is_some() { that.clone() } else { rendered }
        }
        other => other.clone(),
    };
    let conditions = that.as_list().unwrap_or(std::slice::from_ref(&that));
    for name in ["fail_msg", "success_msg"] {
        if let Some(given) = args.get(name).filter(|given| !is_message(given)) {
            return Ok(Effect::refused(Error::input(format!(
                "argument '{name}' is of type {} and we were unable to convert to str_or_list_of_str: a string or list of strings is required",
                given.type_name()
            ))));
        }
    }
    let shown = !flag(args, "quiet");
    let mut values = Map::new();
    for condition in conditions {
        if context.engine.test(condition, context.scope)? {
            continue;
        }
        values.insert(Key::from("evaluated_to"), Value::Bool(false));
        values.insert(Key::from("assertion"), condition.clone());
        let told = arg(args, "fail_msg").clone();
        values.insert(Key::from("msg"), told.clone());
        let error = condition
            .span()
            .map(|span| Error::other(python_str(&told)).at(span.clone()).label("does not hold"));
        let outcome = Outcome { failed: true, ..Outcome::default() };
        return Ok(Effect { outcome, values, error, shown, ..Effect::default() });
    }
    values.insert(Key::from("changed"), Value::Bool(false));
    values.insert(Key::from("msg"), arg(args, "success_msg").clone());
    Ok(Effect { values, shown, ..Effect::default() })
}

/// A text, or a list of texts.
fn is_message(value: &Value) -> bool {
    match value {
        Value::Text(_) => true,
        Value::List(lines) => lines.iter().all(|line| matches!(line, Value::Text(_))),
        _ => false,
    }
}
