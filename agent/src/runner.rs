//! From a call to its outcome.

use crate::args::Args;
use crate::command::Cancel;
use crate::module::{Blob, Context, Failed};
use crate::modules;
use crate::outcome::Outcome;
use crate::spec::CheckSupport;
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
    let Some(module) = modules::find(&call.module) else {
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
    module.run(&args, &mut cx).unwrap_or_else(Failed::into_outcome)
}
