//! From a call to its outcome.

use crate::args::Args;
use crate::command::Cancel;
use crate::module::{Blob, Context, Failed};
use crate::modules;
use crate::outcome::Outcome;
use crate::path_info;
use crate::python;
use crate::spec::CheckSupport;
use crate::value::Value;
use crate::wire::Call;
use std::io::Write;

/// Runs a call's module. `output` gets what its command prints, while it runs.
#[must_use]
pub fn run<'a>(
    call: &'a Call,
    blob: Option<Blob<'a>>,
    cancel: &'a Cancel,
    output: Option<&'a mut (dyn Write + Send)>,
) -> Outcome {
    let Some(module) = modules::find_any(&call.module) else {
        return Outcome::failed(format!("the agent has no module {}", call.module));
    };
    let spec = module.spec();
    if call.mode.check && spec.check == CheckSupport::None {
        let msg = format!("remote module ({}) does not support check mode", spec.name);
        return Outcome { skipped: true, ..Outcome::ok().with("msg", msg) };
    }
    let args = Args::new(spec, call.args.clone(), &call.environment);
    let mut cx = Context::new(call.mode.clone(), &call.environment, cancel);
    cx.blob = blob;
    cx.output = output;
    let mut outcome = module.run(&args, &mut cx).unwrap_or_else(Failed::into_outcome);
    outcome.warnings.splice(0..0, cx.warnings);
    path_info::add(&mut outcome.values);
    if !outcome.values.contains_key("invocation")
        && let Some(told) = module.invocation(&args)
    {
        outcome.values.insert("invocation".to_owned(), told);
    }
    for (text, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        if let (Some(Value::Str(text)), None) = (outcome.values.get(text), outcome.values.get(lines)) {
            let split = python::splitlines(text);
            outcome.values.insert(lines.to_owned(), split.into());
        }
    }
    outcome
}
