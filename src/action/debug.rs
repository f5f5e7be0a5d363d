//! `debug`: shows a message or a variable.

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::error::{Error, Result};
use crate::template::is_omit;
use crate::value::{Key, Map, Value, python_str};
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    mutually_exclusive: &[&["msg", "var"]],
    ..Spec::new(
        "debug",
        "Shows a message or the value of an expression.",
        &[
            Arg::new("msg", Kind::Raw).default("Hello world!").help("The message."),
            Arg::new("var", Kind::Raw).help("An expression whose value is shown under its text."),
            Arg::new("verbosity", Kind::Int).default("0").help("Shown from this verbosity on."),
        ],
    )
};

/// The action.
pub(super) struct Debug;

impl Action for Debug {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn expressions(&self) -> &'static [&'static str] {
        &["var"]
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(debug(&context, &args)) })
    }
}

fn debug(context: &Context<'_>, args: &Map) -> Effect {
    let wanted = arg(args, "verbosity").as_int().unwrap_or(0);
    if wanted > i128::from(context.verbosity) {
        let reason = Value::data("Verbosity threshold not met.");
        let outcome = Outcome { skipped: true, ..Outcome::ok() };
        let values = Map::from_iter([(Key::from("skipped_reason"), reason)]);
        return Effect { outcome, values, ..Effect::default() };
    }
    let mut outcome = Outcome::ok();
    let mut values = Map::new();
    match args.get("var").filter(|v| !v.is_null()) {
        None => {
            let msg = args.get("msg").cloned();
            values.insert(Key::from("msg"), msg.unwrap_or_else(|| Value::data("Hello world!")));
        }
        Some(var @ (Value::List(_) | Value::Map(_))) => {
            let kind = var.type_name();
            let said = python_str(var);
            return Effect::refused(Error::input(format!(
                "argument 'var' is of type {kind} and we were unable to convert to _check_type_str_no_conversion: '{said}' is not a string and conversion is not allowed"
            )));
        }
        Some(var) => {
            let shown = match shown(context, var) {
                Ok(shown) => shown,
                Err(e) => {
                    let place = var.span().cloned();
                    let error = e.at(place.clone()).within("Error while resolving `var` expression", place);
                    return Effect::raised(error);
                }
            };
            values.insert(Key::from(shown.name), shown.value);
            outcome.warnings.extend(shown.warning);
        }
    }
    Effect { outcome, values, shown: true, ..Effect::default() }
}

/// What `var` comes to.
struct Shown {
    name: String,
    value: Value,
    warning: Option<String>,
}

impl Shown {
    /// A value under its own text.
    fn itself(value: Value) -> Self {
        Shown { name: python_str(&value), value, warning: None }
    }
}

/// What `var` says: an expression, or a template giving one.
fn shown(context: &Context<'_>, var: &Value) -> Result<Shown> {
    let Value::Text(expression) = var else {
        return Ok(Shown::itself(context.engine.render(var, context.scope)?));
    };
    let expression = if expression.is_template() {
        match context.engine.render(var, context.scope)? {
            // As if it had not been given.
            absent if is_omit(&absent) || absent.is_null() => {
                let said = Value::data("Hello world!");
                return Ok(Shown { name: "msg".to_owned(), value: said, warning: None });
            }
            Value::Text(text) => text,
            other => return Ok(Shown::itself(other)),
        }
    } else {
        expression.clone()
    };
    let name = expression.as_str().to_owned();
    match context.engine.evaluate_defined(&expression, context.scope)? {
        // It is shown under its name, so that it cannot drop out.
        Ok(value) if is_omit(&value) => Ok(Shown {
            name,
            value: Value::data(value.as_str().unwrap_or_default()),
            warning: Some(
                "The result of the `var` expression could not be omitted; a placeholder was used instead."
                    .to_owned(),
            ),
        }),
        Ok(value) => Ok(Shown { name, value, warning: None }),
        // What is not defined is shown as such: the place of a variable is worth a look even so.
        Err(e) => {
            let why = format!("error 1 - {}", e.message());
            let value = Value::data(format!("<< {why} >>"));
            Ok(Shown { name, value, warning: Some(format!("Encountered 1 template error.\n{why}")) })
        }
    }
}
