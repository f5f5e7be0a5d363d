//! What a command prints, and the exit code it ends with.

use crate::config;
use crate::error::Exit;
use crate::event::{Events, Report};
use crate::play::Errors;
use crate::report::{Default, Json, Redacting, Screen, terminal};
use clap::ValueEnum;

/// The form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Screen,
    /// As ansible-playbook prints.
    Default,
    /// One JSON object a line, for programs.
    Json,
}

impl Output {
    /// A stream of events that is printed in this form.
    pub(super) fn events(self, verbosity: u8, check: bool, config: &config::Settings) -> Events {
        let report: Box<dyn Report> = match self {
            Output::Screen => Box::new(Screen::new(verbosity)),
            Output::Default => Box::new(Default::new(verbosity, check, &config.screen)),
            Output::Json => Box::new(Json::new(std::io::stdout())),
        };
        Events::new(vec![Box::new(Redacting::new(vec![report]))])
    }
}

/// The exit code of a command's end, after its errors were told.
pub(super) fn exit_of(end: Result<Exit, Errors>) -> Exit {
    end.unwrap_or_else(|errors| {
        for error in errors.all() {
            anstream::eprintln!("{}", terminal::visible(&error.to_string()));
        }
        errors.exit()
    })
}
