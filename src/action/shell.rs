//! A line by the target's shell, without the agent: what `raw` and `script` come to.

use super::Context;
use crate::connect::CallError;
use crate::error::Result;
use crate::value::python_str;
use warp_agent::outcome::Outcome;
use warp_agent::utf8;

/// Runs the line. It always counts as a change.
pub(super) async fn run(context: &Context<'_>, line: &str) -> std::result::Result<Outcome, CallError> {
    let output = context.sessions.raw(context.target, line).await?;
    let outcome = Outcome::changed(true)
        .with_raw("stdout", &output.stdout)
        .with_raw("stderr", &output.stderr)
        .with("rc", output.rc)
        .with("stdout", utf8::text(&output.stdout))
        .with("stderr", utf8::text(&output.stderr));
    if output.rc == 0 {
        return Ok(outcome);
    }
    Ok(Outcome { failed: true, ..outcome }.with("msg", "non-zero return code"))
}

/// The line, given to the shell that the host or the configuration names.
pub(super) fn by_executable(context: &Context<'_>, line: &str) -> Result<String> {
    let named = context.scope.get("ansible_shell_executable").unwrap_or_default();
    let shell = python_str(&context.engine.render(&named, context.scope)?);
    Ok(format!("{shell} -c {}", quoted(line)))
}

/// A text as one word of a shell's.
pub(super) fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.replace('\0', ""), std::borrow::Cow::into_owned)
}
