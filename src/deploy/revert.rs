//! `warp snapshot revert`: the lab put back, its guests brought to the present.

use super::stages::Stages;
use super::{Content, Settings};
use crate::error::{Error, Exit};
use crate::event::Event;
use crate::inventory::{Inventory, Sources};
use crate::lab::{Lab, Reverted};
use crate::play::Errors;
use crate::run::{self, Runner, Services};
use crate::value::Value;
use std::sync::Arc;

/// A revert about to begin. The caller holds the lab's lock.
pub struct Revert {
    /// The environment's settings.
    pub settings: Settings,
    /// The lab.
    pub lab: Arc<Lab>,
    /// What plays run with.
    pub services: Services,
    /// How plays run, with the user's variables and those of `Settings::variables`.
    pub run: run::Settings,
}

impl Revert {
    /// Puts the domains back to the snapshot; then waits until those that run can be logged in to, and puts their clocks
    /// right.
    ///
    /// # Errors
    /// As `Lab::revert_snapshot`; a guest that cannot be logged in to or whose clock cannot be set.
    pub async fn to(mut self, name: &str, partial: bool) -> Result<Reverted, Errors> {
        let content = Content::lay_out(&self.settings.state_dir())?;
        let inventory = self.inventory()?;
        let owned = name.to_owned();
        let done = self.lab.blocking(move |lab| lab.revert_snapshot(&owned, partial)).await?;
        Stages::read(&self.settings.state_dir())?.put_back()?;
        let (known, unknown): (Vec<&String>, Vec<&String>) =
            done.running.iter().partition(|name| inventory.hosts.contains_key(name.as_str()));
        for name in unknown {
            self.services.events.emit(&Event::warning(format!(
                "{name} is not in the lab's inventory: its clock is that of the snapshot, and nobody logged in to it"
            )));
        }
        if known.is_empty() {
            return Ok(done);
        }
        let hosts = Value::list(known.iter().map(|name| Value::data(name.as_str())).collect());
        Arc::make_mut(&mut self.run.extra_vars).insert("warp_reverted".into(), hosts);
        let Services { engine, actions, events, .. } = &self.services;
        let plan = run::load(&self.run, engine, actions, events, &content.play("revert"))?;
        let result = Runner::new(self.run.clone(), inventory, self.services.clone()).run(&plan).await?;
        match result.exit {
            Exit::Ok => Ok(done),
            exit => {
                Err(Error::new(exit, format!("the lab was put back to {name}, and not all guests are well"))
                    .help("what is told above is to be mended in them; revert again to begin anew")
                    .into())
            }
        }
    }

    /// The lab's inventory; none where no guest was provisioned yet.
    fn inventory(&self) -> Result<Inventory, Error> {
        let path = self.settings.local_working_dir.join("hosts");
        if !path.exists() {
            return Ok(Inventory::default());
        }
        let sources = vec![path.to_string_lossy().into_owned()];
        Sources::new(sources, Arc::new(self.run.config.inventories.clone())).load()
    }
}
