//! Strategies: whether hosts wait for one another.

use super::Shared;
use super::keyword::Rendered;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::play::Play;
use crate::template::Scope;
use std::sync::Arc;

/// What Ansible says of strategies that are not its own.
const OF_OTHERS: &str = "Use of strategy plugins not included in ansible.builtin are deprecated and do not carry any \
                         backwards compatibility guarantees. No alternative for third party strategy plugins is \
                         currently planned.";

/// How the hosts of a play go through its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// Every step runs on all hosts before the next begins.
    Linear,
    /// As `Linear`, with the task debugger where a task fails.
    Debug,
    /// Each host goes on as soon as it can.
    Free,
    /// As `Free`, and a host that began keeps its place among the forks to the end of the play.
    HostPinned,
}

impl Strategy {
    /// The strategy of a play, else that of the configuration.
    ///
    /// # Errors
    /// A strategy that is not there.
    pub(super) fn of(play: &Play, run: &Shared, scope: &Arc<dyn Scope>) -> Result<Self> {
        let r = Rendered { engine: &run.engine, scope };
        let named = r.text("strategy", play.strategy.as_ref())?;
        let name = named.unwrap_or_else(|| run.settings.config.strategy.clone());
        let short = name
            .strip_prefix("ansible.builtin.")
            .or_else(|| name.strip_prefix("ansible.legacy."))
            .unwrap_or(&name);
        match short {
            "linear" => Ok(Strategy::Linear),
            "debug" => Ok(Strategy::Debug),
            "free" => Ok(Strategy::Free),
            "host_pinned" => Ok(Strategy::HostPinned),
            _ => {
                run.events
                    .emit(&Event::Deprecated { what: Arc::new(Error::other(OF_OTHERS)), version: None });
                Err(Error::input(format!("Invalid play strategy specified: {name}"))
                    .at(play.strategy.as_ref().and_then(|s| s.span().cloned()))
                    .help(
                        "there are `linear`, `free`, `host_pinned` and `debug`; strategies written in Python cannot run",
                    ))
            }
        }
    }

    /// Whether hosts wait for one another.
    pub(super) fn in_step(self) -> bool {
        matches!(self, Strategy::Linear | Strategy::Debug)
    }
}
