//! `PLAY`: a playbook of the user's own on the lab's machines, as oooq-warp ran what was not its own.

use super::undercloud::Deployment;
use super::{Content, Extras};
use crate::error::{Error, Exit, Result};
use crate::inventory::{Inventory, Sources};
use crate::play::Errors;
use crate::run::Runner;
use crate::value::{Text, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The inventory of a lab that has none yet.
const STATIC: &str = "localhost ansible_connection=local\n[virthost]\nvirthost ansible_connection=local\n";

impl Deployment {
    /// Runs the playbook as root, with the user's variables and the roles and modules of OOOQ_PATH and of OOOQE_FORK.
    ///
    /// # Errors
    /// What keeps it from running, or its failure.
    pub async fn custom(mut self, play: &Path) -> Result<(), Errors> {
        let play = self.found(play)?;
        let mut checkouts: Vec<PathBuf> = self.settings.quickstart.iter().cloned().collect();
        if let Some(extras) = self.settings.extras.clone() {
            checkouts.push(self.extras(&extras).await?);
        }
        for checkout in &checkouts {
            self.run.config.roles_path.push(checkout.join("roles"));
            self.run.config.library.push(checkout.join("library"));
        }
        self.run.become_ = true;
        let plan = self.load(&play)?;
        let hosts = self.settings.local_working_dir.join("hosts");
        let runner = match hosts.exists() {
            true => self.runner()?,
            false => Runner::new(self.run.clone(), inventory(STATIC)?, self.services.clone()),
        };
        self.play("play", (&runner, &mut 0), &plan, &[]).await?;
        Ok(())
    }

    /// The file: as given, else a playbook of OOOQ_PATH.
    fn found(&self, play: &Path) -> Result<PathBuf> {
        let quickstart = self.settings.quickstart.iter();
        let places: Vec<PathBuf> = std::iter::once(std::path::absolute(play)?)
            .chain(quickstart.map(|checkout| checkout.join("playbooks").join(play)))
            .collect();
        let missing = || {
            let looked =
                places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ");
            Error::new(Exit::Usage, format!("PLAY={} is not there", play.display()))
                .note(format!("looked for: {looked}"))
                .help("name a playbook; without PLAY the undercloud's stages run")
        };
        places.iter().find(|place| place.is_file()).cloned().ok_or_else(missing)
    }

    /// A checkout of tripleo-quickstart-extras in the lab's folder.
    async fn extras(&self, extras: &Extras) -> Result<PathBuf, Errors> {
        let content = Content::lay_out(&self.settings.state_dir())?;
        let checkout = self.settings.state_dir().join("extras");
        let mut run = self.run.clone();
        let vars = [
            ("warp_extras_repository", extras.repository.clone()),
            ("warp_extras_branch", extras.branch.clone()),
            ("warp_extras", checkout.display().to_string()),
        ];
        let vars = vars.into_iter().map(|(name, text)| (name.into(), Value::Text(Text::data(text))));
        Arc::make_mut(&mut run.extra_vars).extend(vars);
        let plan = self.load(&content.play("extras"))?;
        let runner = Runner::new(run, inventory(STATIC)?, self.services.clone());
        self.play("extras", (&runner, &mut 0), &plan, &[]).await?;
        Ok(checkout)
    }
}

fn inventory(text: &str) -> Result<Inventory> {
    let mut inventory = Inventory::default();
    Sources::default().read_text("<warp deploy>", text, &mut inventory)?;
    Ok(inventory)
}
