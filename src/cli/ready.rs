//! What a run is made of, read from options and configuration.

use super::journal::{self, Keeping};
use super::options::Options;
use super::output::Output;
use super::{compat, engine, inventories};
use crate::action::Actions;
use crate::error::{Error, Exit, Result};
use crate::event::{Event, Events};
use crate::inventory::{Inventory, LOCALHOST, Sources};
use crate::play::{AdHoc, Errors, Plan};
use crate::run::{self, Cache, Runner, Settings};
use crate::template::Engine;
use crate::{action, config, lab};
use std::path::Path;
use std::sync::Arc;

/// A run that is about to begin.
pub(super) struct Ready {
    pub settings: Settings,
    sources: Sources,
    pub inventory: Inventory,
    pub engine: Arc<Engine>,
    actions: Arc<Actions>,
    pub events: Events,
    output: Output,
}

impl Ready {
    /// Reads secrets and inventory, as the configuration says. Who only looks is not asked for passwords.
    ///
    /// # Errors
    /// What of it cannot be read.
    pub fn new(config: config::Settings, options: &Options, output: Output, looks: bool) -> Result<Self> {
        let events = output.events(options.verbosity(&config), options.check, looks, &config)?;
        if let Some(text) = compat::version(&config)? {
            events.emit(&Event::Verbose { level: 2, text });
        }
        let told = match &config.file {
            Some(file) => format!("Using {} as config file", file.display()),
            None => "No config file found; using defaults".to_owned(),
        };
        events.emit(&Event::Verbose { level: 1, text: told });
        let mut warn = |warning: String| events.emit(&Event::warning(warning));
        config.warnings.iter().cloned().for_each(&mut warn);
        options.vault.install(&config.vault, &mut warn)?;
        let mut settings = options.settings(config)?;
        if !looks {
            options.give_passwords(&mut settings)?;
        }
        let (sources, inventory) = inventories::load(&settings, &events)?;
        if options.flush_cache {
            let cache = Cache::new(settings.config.variables.fact_cache.clone());
            let hosts = inventory.hosts.keys().map(|host| &**host);
            hosts.chain(["localhost"]).for_each(|host| cache.forget(host));
        }
        let mut actions = action::builtin();
        for action in lab::plain_actions() {
            actions.register(action);
        }
        let (told, rules) = (events.clone(), settings.config.templates);
        Ok(Ready {
            settings,
            sources,
            inventory,
            engine: Arc::new(Engine::telling(rules, move |notice| told.emit(&notice.into()))),
            actions: Arc::new(actions),
            events,
            output,
        })
    }

    /// Whether there is no host at all. Those of a source that could not be read to its end are beneath no group.
    pub fn no_hosts(&self) -> bool {
        self.inventory.group_hosts("all").is_empty()
    }

    /// Tells that there is no host but the implicit localhost, where the pattern means others.
    pub fn warn_of_localhost(&self, pattern: &str) {
        let told = self.settings.config.inventories.localhost_warning;
        if told && self.no_hosts() && !LOCALHOST.contains(&pattern) {
            self.events.emit(&Event::warning(
                "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not \
                 match 'all'",
            ));
        }
    }

    /// Sees that the limit leaves any host.
    ///
    /// # Errors
    /// When it leaves none.
    pub fn check_limit(&self) -> Result<()> {
        let Some((limit, _)) = &self.settings.limit else { return Ok(()) };
        if self.inventory.within(limit, &mut Vec::new())?.is_empty() && !self.no_hosts() {
            return Err(no_hosts());
        }
        Ok(())
    }

    /// What loads plans, as the settings are now.
    pub fn loading(&self) -> Loading {
        Loading {
            settings: self.settings.clone(),
            engine: Arc::clone(&self.engine),
            actions: Arc::clone(&self.actions),
            events: self.events.clone(),
        }
    }

    /// Runs plans, each taken from `plans` when those before it went well.
    ///
    /// # Errors
    /// What ends a run at once.
    pub fn run(
        self,
        plans: impl Iterator<Item = Result<Plan, Errors>>,
        keeping: Keeping,
    ) -> Result<Exit, Errors> {
        let Ready { mut settings, sources, inventory, engine, actions, events, output } = self;
        settings.keep = keeping.begin(&events);
        let keep = settings.keep.clone();
        let (screen, told) = (settings.config.screen.clone(), events.clone());
        let end = engine::drive(engine, actions, events, async |services| {
            let runner = Runner::new(settings, inventory, services).refreshing_from(sources);
            let mut unused = output.unused_callbacks(&screen).iter();
            for plan in plans {
                let plan = plan?;
                for name in unused.by_ref() {
                    let text = format!("Skipping callback '{name}', as we already have a stdout callback.");
                    told.emit(&Event::Verbose { level: 2, text });
                }
                let exit = runner.run(&plan).await?.exit;
                if exit != Exit::Ok {
                    return Ok(exit);
                }
            }
            runner.tell_unmet_start();
            Ok(Exit::Ok)
        });
        journal::end(keep, end, output)
    }
}

/// What keeps a run from beginning whose limit leaves no host.
pub(super) fn no_hosts() -> Error {
    Error::other("Specified inventory, host pattern and/or --limit leaves us with no hosts to target.")
}

/// Loads plans.
pub(super) struct Loading {
    settings: Settings,
    engine: Arc<Engine>,
    actions: Arc<Actions>,
    events: Events,
}

impl Loading {
    /// Loads a playbook.
    ///
    /// # Errors
    /// Everything found wrong.
    pub fn playbook(&self, playbook: &Path) -> Result<Plan, Errors> {
        run::load(&self.settings, &self.engine, &self.actions, &self.events, playbook)
    }

    /// The plan of a single module, as if its playbook lay in `dir`.
    ///
    /// # Errors
    /// Everything found wrong.
    pub fn adhoc(&self, dir: &Path, adhoc: &AdHoc) -> Result<Plan, Errors> {
        run::load_adhoc(&self.settings, &self.engine, &self.actions, &self.events, dir, adhoc)
    }
}
