//! What a command prints, and the exit code it ends with.

use super::compat;
use crate::config;
use crate::error::{Error, Exit, Result};
use crate::event::{Event, Events, Report};
use crate::play::Errors;
use crate::report::{
    Default, Json, Junit, Minimal, Redacting, Screen, Tree, settle_colours, terminal, without_vaults,
};
use clap::ValueEnum;
use std::sync::Arc;

/// The form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Screen,
    /// As ansible-playbook prints.
    Default,
    /// A result a host, as Ansible's callback `minimal` prints.
    Minimal,
    /// A line a host, as Ansible's callback `oneline` prints.
    Oneline,
    /// As ansible-playbook prints, and each host's last result in a file of its own: ANSIBLE_CALLBACK_TREE_DIR.
    Tree,
    /// As ansible-playbook prints, and a file in JUnit's form: JUNIT_OUTPUT_DIR.
    Junit,
    /// One JSON object a line, for programs.
    Json,
}

impl Output {
    /// The form that the name of one of Ansible's callbacks stands for.
    fn of_callback(name: &str) -> Option<Self> {
        match name.strip_prefix("ansible.builtin.").unwrap_or(name) {
            "default" => Some(Output::Default),
            "minimal" => Some(Output::Minimal),
            "oneline" => Some(Output::Oneline),
            "tree" => Some(Output::Tree),
            "junit" => Some(Output::Junit),
            _ => None,
        }
    }

    /// The form that is printed: under Ansible's names the setting may say another than the default.
    fn form(self, screen: &config::Screen) -> Result<Self> {
        if self != Output::Default || !compat::active() {
            return Ok(self);
        }
        let name = &screen.stdout_callback;
        Output::of_callback(name).ok_or_else(|| {
            Error::other(format!("Could not load '{name}' callback plugin."))
                .note("callback plugins are Python, which warp does not run")
                .help("use default, minimal, oneline, junit or tree")
        })
    }

    /// The callbacks of Ansible's that print a screen too, and do not in this form.
    pub(super) fn unused_callbacks(self, screen: &config::Screen) -> &'static [&'static str] {
        match self.form(screen) {
            Ok(Output::Default) => &["minimal", "oneline"],
            Ok(Output::Minimal) => &["default", "oneline"],
            Ok(Output::Oneline) => &["default", "minimal"],
            Ok(Output::Tree | Output::Junit) => &["default", "minimal", "oneline"],
            Ok(Output::Screen | Output::Json) | Err(_) => &[],
        }
    }

    /// A stream of events that is printed in this form. Who only looks needs no callback.
    ///
    /// # Errors
    /// Under Ansible's names, a callback that is asked to print and is not one of ansible.builtin's.
    pub(super) fn events(
        self,
        verbosity: u8,
        check: bool,
        looks: bool,
        config: &config::Settings,
    ) -> Result<Events> {
        let screen = &config.screen;
        settle_colours(screen);
        let form = if looks { self } else { self.form(screen)? };
        let mut report: Box<dyn Report> = match form {
            Output::Screen => Box::new(Screen::new(verbosity)),
            Output::Default | Output::Tree | Output::Junit => {
                Box::new(Default::new(verbosity, check, screen))
            }
            Output::Minimal => Box::new(Minimal::new(verbosity, screen, false)),
            Output::Oneline => Box::new(Minimal::new(verbosity, screen, true)),
            Output::Json => Box::new(Json::new(std::io::stdout())),
        };
        let enabled: Vec<Option<Output>> = if compat::active() {
            screen.callbacks_enabled.iter().map(|name| Output::of_callback(name)).collect()
        } else {
            Vec::new()
        };
        let tree = form == Output::Tree || enabled.contains(&Some(Output::Tree));
        if tree {
            report = Box::new(Tree::new(verbosity, screen, report));
        }
        if form == Output::Junit || enabled.contains(&Some(Output::Junit)) {
            report = Box::new(Junit::new(verbosity, config, report));
        }
        let redacting = Redacting::new(vec![report]);
        // Ansible's own forms show what came out of vaults, for they are to be as Ansible's.
        let own = matches!(form, Output::Screen | Output::Json);
        let redacting = if own { redacting.with_vaults() } else { redacting };
        let events = Events::new(vec![Box::new(redacting)]);
        let settings = config::definitions::check()?;
        let settings = settings.into_iter().map(|told| (Error::other(told.text), told.version));
        for (what, version) in settings.chain(config.deprecated.iter().cloned()) {
            events.emit(&Event::Deprecated { what: Arc::new(what), version: Some(version.into()) });
        }
        for (name, known) in screen.callbacks_enabled.iter().zip(&enabled) {
            if known.is_none() {
                events.emit(&Event::warning(format!("Skipping callback plugin '{name}', unable to load")));
            }
        }
        for (name, used) in [("oneline", form == Output::Oneline), ("tree", tree)] {
            if used {
                events.emit(&Event::Deprecated {
                    what: Arc::new(Error::other(format!("The {name} callback plugin is deprecated."))),
                    version: Some("2.23".into()),
                });
            }
        }
        Ok(events)
    }
}

/// The exit code of a command's end, after its errors were told: under Ansible's names as Ansible's tools tell them.
pub(super) fn exit_of(end: std::result::Result<Exit, Errors>) -> Exit {
    match end {
        // Ansible does not tell the two apart.
        Ok(Exit::HostsLost) if compat::active() => Exit::HostsUnreachable,
        Ok(exit) => exit,
        Err(errors) => {
            match config::Settings::of_process() {
                Ok(settings) if compat::active() => {
                    Default::new(0, false, &settings.screen).end(errors.all())
                }
                _ => {
                    for error in errors.all() {
                        anstream::eprintln!("{}", terminal::visible(&without_vaults(&error.to_string())));
                    }
                }
            }
            errors.exit()
        }
    }
}
