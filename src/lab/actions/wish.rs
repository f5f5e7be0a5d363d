//! What a task wants of a network or pool: a state, a command, or to start with the daemon.

use super::call::{Args, Failed, IntoEffect};
use crate::action::Effect;
use warp_agent::outcome::Outcome;

/// The collection drops the argument without a word.
const AUTOSTART_IGNORED: &str = "autostart is ignored beside state; give it a task of its own";

/// One of the three that these modules do.
pub(super) enum Wish<'a> {
    /// Reach a state.
    State(&'a str),
    /// Carry out a command.
    Command(&'a str),
    /// Start when the daemon does, or not.
    Autostart(bool),
}

/// Does what the task wants of the one that it names; `fulfil` gets its name and the wish.
pub(super) fn fulfilled(
    args: &Args,
    fulfil: impl FnOnce(&str, Wish<'_>) -> Result<Outcome, Failed>,
) -> Result<Effect, Failed> {
    let needs_name = || Failed("state change requires a specified name".to_owned());
    let name = args.text("name")?.filter(|n| !n.is_empty());
    let outcome = match (args.text("state")?, args.text("command")?, args.flag("autostart")) {
        (Some(state), _, autostart) => {
            let mut outcome = fulfil(name.ok_or_else(needs_name)?, Wish::State(state))?;
            outcome.warnings.extend(autostart.map(|_| AUTOSTART_IGNORED.to_owned()));
            outcome
        }
        (None, Some(command), _) => {
            let name = name.ok_or_else(|| Failed(format!("{command} requires 1 argument: name")))?;
            fulfil(name, Wish::Command(command))?
        }
        (None, None, Some(wanted)) => fulfil(name.ok_or_else(needs_name)?, Wish::Autostart(wanted))?,
        (None, None, None) => return Err("expected state or command parameter to be specified".into()),
    };
    Ok(outcome.into_effect())
}
