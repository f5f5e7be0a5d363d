//! `warp deploy overcloud`: nodes or servers, what they need on the undercloud, the deploy command, inventory, validation.

use super::undercloud::{Deployment, stopped};
use super::{Content, releases};
use crate::error::{Error, Exit, Result};
use crate::event::Event;
use crate::inventory::Sources;
use crate::play::{Errors, Plan};
use crate::run::Runner;
use crate::value::Value;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The stages before the deploy command, and after it whatever came of it, as their plays are named.
const BEFORE: [(&str, &str); 6] = [
    ("config", "overcloud-config"),
    ("containers", "overcloud-containers"),
    ("images", "overcloud-images"),
    ("flavors", "overcloud-flavors"),
    ("network", "overcloud-network"),
    ("ssl", "overcloud-ssl"),
];

/// All stages in their order; of `nodes` and `servers` a deployment has one.
pub const STAGES: [&str; 11] = [
    "nodes",
    "servers",
    "config",
    "containers",
    "images",
    "flavors",
    "network",
    "ssl",
    "deploy",
    "inventory",
    "validate",
];

/// What the deploy stage leaves in `overcloud_deployment_result.json`.
#[derive(Debug, Deserialize)]
struct Report {
    outcome: Outcome,
    log: Option<String>,
    #[serde(default)]
    last_lines: Vec<String>,
    #[serde(default)]
    failures: String,
}

/// What a deploy command came to.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
enum Outcome {
    #[serde(rename = "deployed")]
    Deployed,
    #[serde(rename = "never started")]
    NeverStarted,
    #[serde(rename = "stack failed")]
    StackFailed,
}

impl Deployment {
    /// Runs the stages, skipping what is done. `servers` says that nodes are servers that exist, not to be made.
    ///
    /// # Errors
    /// What cannot be loaded, before anything runs; a stage that failed, naming those that were done. A deploy command that
    /// failed is told after its nodes were inventoried and logs were collected.
    pub async fn overcloud(self, servers: bool) -> Result<(), Errors> {
        self.warn_of_unknown_release()?;
        let content = Content::lay_out(&self.settings.state_dir())?;
        let first = if servers { ("servers", "overcloud-servers") } else { ("nodes", "overcloud-nodes") };
        let mut before = Vec::new();
        for (stage, play) in std::iter::once(first).chain(BEFORE) {
            before.push((stage, self.load(&content.play(play))?));
        }
        let boot = self.load(&content.play("boot"))?;
        let deploy = self.load(&content.play("overcloud-deploy"))?;
        let inventory = self.load(&content.play("overcloud-inventory"))?;
        let validate = self.load(&content.play("overcloud-validate"))?;
        let logs = self.load(&content.play("logs"))?;

        let runner = self.runner()?;
        let mut changes = 0;
        let mut done = Vec::new();
        self.look_at_the_boot((&runner, &mut changes), &boot).await?;
        for (stage, plan) in &before {
            self.play(stage, (&runner, &mut changes), plan, &done).await?;
            done.push(*stage);
            if self.is_last(stage) {
                return Ok(());
            }
        }
        let result = self.settings.local_working_dir.join("overcloud_deployment_result.json");
        remove(&result)?;
        self.play("deploy", (&runner, &mut changes), &deploy, &done).await?;
        let report = read(&result)?;
        let deployed = report.as_ref().is_none_or(|r| r.outcome == Outcome::Deployed);
        if deployed {
            done.push("deploy");
        }

        // Also of what failed: where the nodes are is what one wants to know then.
        let inventoried = self.play("inventory", (&runner, &mut changes), &inventory, &done).await;
        if let Some(report) = report.filter(|_| !deployed) {
            let collected = self.play("logs", (&runner, &mut changes), &logs, &done).await;
            return Err(failed(&report, inventoried.is_ok(), collected.is_ok(), &done).into());
        }
        inventoried?;
        done.push("inventory");
        if self.is_last("deploy") || self.is_last("inventory") {
            return Ok(());
        }

        if self.play("validate", (&runner, &mut changes), &validate, &done).await.is_err() {
            let collected = self.play("logs", (&runner, &mut changes), &logs, &done).await;
            let error = Error::new(
                Exit::ValidationFailed,
                "the overcloud is deployed, and does not work as it should",
            );
            return Err(stopped(with_logs(error, collected.is_ok()), "validate", &done).into());
        }
        Ok(())
    }

    /// What was done is taken from no journal where the undercloud was started anew since, or put back: a guest that loses
    /// its power loses what it wrote last.
    async fn look_at_the_boot(
        &self,
        (runner, changes): (&Runner, &mut u32),
        boot: &Plan,
    ) -> Result<(), Errors> {
        if self.run.keep.is_some() && self.play("boot", (runner, changes), boot, &[]).await? {
            runner.forget();
        }
        Ok(())
    }

    /// Collects logs of the undercloud and the nodes.
    ///
    /// # Errors
    /// No undercloud, or logs that cannot be kept.
    pub async fn logs(self) -> Result<(), Errors> {
        let content = Content::lay_out(&self.settings.state_dir())?;
        let plan = self.load(&content.play("logs"))?;
        self.play("logs", (&self.runner()?, &mut 0), &plan, &[]).await?;
        Ok(())
    }

    /// A run on the hosts that `warp deploy undercloud` has left.
    pub(super) fn runner(&self) -> Result<Runner> {
        let hosts = self.settings.local_working_dir.join("hosts");
        if !hosts.exists() {
            return Err(Error::new(
                Exit::Usage,
                format!("there is no undercloud: {} is not there", hosts.display()),
            )
            .help("`warp deploy undercloud` makes one; LWD says where it is"));
        }
        let inventory =
            Sources::new(vec![hosts.display().to_string()], self.run.config.inventories.clone().into())
                .load()?;
        if !inventory.hosts.contains_key("undercloud") {
            return Err(Error::new(Exit::Usage, format!("{} has no host `undercloud`", hosts.display()))
                .help("`warp deploy undercloud` writes the file anew"));
        }
        Ok(Runner::new(self.run.clone(), inventory, self.services.clone()))
    }

    /// A release that the table does not know may be a newer one, or a slip.
    fn warn_of_unknown_release(&self) -> Result<()> {
        let known = releases::table()?;
        if let Some(Value::Text(release)) = self.run.extra_vars.get("release")
            && !known.contains_key(release.as_str())
        {
            let text =
                format!("the release {} is not known, and counts as {}", release.as_str(), releases::NEWEST);
            self.services.events.emit(&Event::warning(text));
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::other(format!("cannot remove {}: {e}", path.display())))
        }
        _ => Ok(()),
    }
}

/// The report; none where `step_deploy_overcloud` is false.
fn read(path: &PathBuf) -> Result<Option<Report>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::other(format!("cannot read {}: {e}", path.display()))),
    };
    let report = serde_json::from_str(&text);
    report.map(Some).map_err(|e| Error::other(format!("{} cannot be understood: {e}", path.display())))
}

fn failed(report: &Report, inventoried: bool, collected: bool, done: &[&str]) -> Error {
    let mut error = match report.outcome {
        Outcome::NeverStarted => {
            Error::new(Exit::NeverStarted, "the deployment of the overcloud was never started")
        }
        _ => Error::new(Exit::StackFailed, "the deployment of the overcloud failed"),
    };
    if !report.failures.trim().is_empty() {
        error = error.note(format!("what failed:\n{}", report.failures.trim_end()));
    } else if !report.last_lines.is_empty() {
        error = error.note(format!("the log ends with\n{}", report.last_lines.join("\n")));
    }
    if let Some(log) = &report.log {
        error = error.note(format!("the whole log is {log} on the undercloud"));
    }
    error = error.note(if inventoried {
        "the nodes are in the inventory"
    } else {
        "the nodes were not inventoried"
    });
    stopped(with_logs(error, collected), "deploy", done)
}

fn with_logs(error: Error, collected: bool) -> Error {
    error.note(if collected {
        "logs are in collected_files of the local working directory"
    } else {
        "logs were not collected: `warp logs` tries again"
    })
}
