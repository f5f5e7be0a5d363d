//! `ansible._protomatter.debug`: evaluates expressions, whatever becomes of them.

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::error::Result;
use crate::value::{Key, Map, Value};
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};

/// The full name, for `debug` is another's short one.
const NAME: &str = "ansible._protomatter.debug";

static SPEC: Spec = Spec {
    collection: "ansible._protomatter",
    ..Spec::new(
        NAME,
        "Evaluates expressions; what fails is a text that says why, and a warning.",
        &[Arg::new("expression", Kind::Raw).required().help("A list of expressions.")],
    )
};

/// The action.
pub(super) struct Evaluate;

impl Action for Evaluate {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn expressions(&self) -> &'static [&'static str] {
        &["expression"]
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(evaluate(&context, &args)) })
    }
}

fn evaluate(context: &Context<'_>, args: &Map) -> Effect {
    let Value::List(expressions) = arg(args, "expression") else {
        return Effect::failed("argument 'expression' is not a list");
    };
    let mut outcome = Outcome::ok();
    let mut results = Vec::new();
    for expression in expressions.iter() {
        let Value::Text(text) = expression else {
            return Effect::failed("Elements value for option 'expression' is not a string");
        };
        results.push(match context.engine.evaluate(text, context.scope) {
            Ok(value) => value,
            Err(e) => {
                let why = format!("error {} - {}", outcome.warnings.len() + 1, e.message());
                outcome.warnings.push(format!("Encountered 1 template error.\n{why}"));
                Value::data(format!("<< {why} >>"))
            }
        });
    }
    let values = Map::from_iter([(Key::from("expression_result"), Value::list(results))]);
    Effect { outcome, values, ..Effect::default() }
}
