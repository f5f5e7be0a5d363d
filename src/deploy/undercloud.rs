//! `warp deploy undercloud`: prepare, provision, snapshot, install, snapshot.

use super::stages::Stages;
use super::{Content, Settings, needs};
use crate::error::{Error, Exit};
use crate::event::Event;
use crate::failpoint;
use crate::inventory::Sources;
use crate::lab::Lab;
use crate::lab::doctor::{self, Host, Level};
use crate::play::{Errors, Plan};
use crate::run::{self, Runner, Services};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

/// The stages of `warp deploy undercloud`.
pub const STAGES: [&str; 5] = ["prepare", "provision", "ready", "install", "deployed"];

/// The stages in which a resumed run takes steps from its journal. The others look at what libvirt and the nodes have
/// now, or follow a command to its end.
const REPLAYED: [&str; 8] =
    ["install", "config", "containers", "images", "flavors", "network", "ssl", "play"];

/// The domain of the undercloud, which is also its name in the inventory.
const NODE: &str = "undercloud";

/// A deployment about to run. The caller holds the lab's lock.
pub struct Deployment {
    /// The environment's settings.
    pub settings: Settings,
    /// The lab.
    pub lab: Arc<Lab>,
    /// What plays run with; its actions are those of the lab.
    pub services: Services,
    /// How plays run, with the user's variables and those of `Settings::variables`.
    pub run: run::Settings,
}

/// What a stage came to.
struct Stage {
    name: &'static str,
    began: Instant,
}

impl Deployment {
    /// Runs the stages, skipping what is done.
    ///
    /// # Errors
    /// What cannot be loaded, before anything runs; a stage that failed, naming those that were done.
    pub async fn undercloud(self) -> Result<(), Errors> {
        let state_dir = self.settings.state_dir();
        let content = Content::lay_out(&state_dir)?;
        let prepare = self.load(&content.play("prepare"))?;
        let provision = self.load(&content.play("provision"))?;
        let install = self.load(&content.play("install"))?;
        let mut stages = Stages::read(&state_dir)?;

        let runner = self.runner_here()?;

        self.look_at_the_host(&content).await?;
        let mut changes = 0;
        self.play("prepare", (&runner, &mut changes), &prepare, &[]).await?;
        if self.is_last("prepare") {
            return Ok(());
        }
        let changed = self.play("provision", (&runner, &mut changes), &provision, &["prepare"]).await?;
        if stages.provisioned(&self.disk().await?)? || changed {
            // What was done, was done on another disk, or may have gone with the undercloud's power.
            runner.forget();
        }
        if self.is_last("provision") {
            return Ok(());
        }

        let done = ["prepare", "provision"];
        let ready = self.begin("ready");
        if !self.settings.make_snapshots {
            self.end(&ready, true, "MAKE_SNAPSHOTS is false");
        } else if stages.is_installed() {
            self.end(&ready, true, "the undercloud is installed already");
        } else if self.has_snapshot("ready").await? {
            self.end(&ready, true, "the snapshot is there");
        } else {
            self.snapshot("ready", &done).await?;
            self.end(&ready, false, "the snapshot `ready`");
        }

        if self.is_last("ready") {
            return Ok(());
        }
        let done = ["prepare", "provision", "ready"];
        let changed = self.play("install", (&runner, &mut changes), &install, &done).await?;
        stages.installed()?;
        if self.is_last("install") {
            return Ok(());
        }

        let deployed = self.begin("deployed");
        if !self.settings.make_snapshots {
            self.end(&deployed, true, "MAKE_SNAPSHOTS is false");
        } else if !changed && self.has_snapshot("deployed").await? {
            self.end(&deployed, true, "the snapshot is there");
        } else {
            self.snapshot("deployed", &["prepare", "provision", "ready", "install"]).await?;
            self.end(&deployed, false, "the snapshot `deployed`");
        }
        Ok(())
    }

    /// Refuses a host that cannot carry the guest, in the words of `warp doctor`, and tells what is worse than it could
    /// be. One that carries it already needs no look.
    pub(super) async fn look_at_the_host(&self, content: &Content) -> Result<(), Errors> {
        if self.lab.virthost().is_some() {
            // Another machine has the guests: libvirt there says what it cannot carry.
            return Ok(());
        }
        let mut needs = needs(&self.services.engine, content, &self.settings, &self.run.extra_vars)?;
        // What was found once holds for the lab.
        needs.domain_type = needs.domain_type.or(self.lab.known_domain_type());
        let examined = self.lab.blocking(move |lab| {
            let host = Host::new(needs, Some(lab))?;
            Ok(if host.carries_all() { Vec::new() } else { doctor::examine(&host) })
        });
        let (bad, worse): (Vec<_>, Vec<_>) =
            examined.await?.into_iter().partition(|finding| finding.level == Level::Error);
        for finding in worse {
            self.services.events.emit(&Event::Warning(Arc::new(finding.as_error())));
        }
        if bad.is_empty() {
            return Ok(());
        }
        let end = Error::new(Exit::HostsFailed, "this machine cannot carry what is to be deployed")
            .help("`warp doctor --fix` mends what commands can");
        let end = Errors::from(stopped(end, "prepare", &[]));
        Err(bad.iter().fold(end, |all, finding| all.and(finding.as_error())))
    }

    /// What runs plays on this machine and on those that they add.
    pub(super) fn runner_here(&self) -> Result<Runner, Errors> {
        let mut inventory = crate::inventory::Inventory::default();
        Sources::default().read_text(
            "<warp deploy>",
            "localhost ansible_connection=local\n",
            &mut inventory,
        )?;
        Ok(Runner::new(self.run.clone(), inventory, self.services.clone()))
    }

    pub(super) fn load(&self, path: &Path) -> Result<Plan, Errors> {
        let Services { engine, actions, events, .. } = &self.services;
        run::load(&self.run, engine, actions, events, path)
    }

    /// Whether the run is to end after this stage.
    pub(super) fn is_last(&self, name: &str) -> bool {
        self.settings.to.as_deref() == Some(name)
    }

    fn begin(&self, name: &'static str) -> Stage {
        self.services.events.emit(&Event::StageStarted { name: name.into() });
        Stage { name, began: Instant::now() }
    }

    fn end(&self, stage: &Stage, skipped: bool, note: &str) {
        self.services.events.emit(&Event::StageDone {
            name: stage.name.into(),
            skipped,
            note: note.to_owned(),
            seconds: stage.began.elapsed().as_secs_f64(),
        });
    }

    /// Runs a stage's play; says whether it changed anything.
    pub(super) async fn play(
        &self,
        name: &'static str,
        (runner, changes): (&Runner, &mut u32),
        plan: &Plan,
        done: &[&str],
    ) -> Result<bool, Errors> {
        let stage = self.begin(name);
        if self.settings.from.as_deref() == Some(name) {
            runner.forget();
        }
        runner.replay(REPLAYED.contains(&name));
        let result = runner.run(plan).await?;
        if result.exit != Exit::Ok {
            return Err(
                stopped(Error::new(result.exit, format!("the stage {name} failed")), name, done).into()
            );
        }
        // Sums grow over the plays of a run.
        let total = result.recap.iter().map(|(_, host)| host.changed).sum();
        let changed = total - std::mem::replace(changes, total);
        let note = match changed {
            0 => "nothing to do".to_owned(),
            1 => "1 change".to_owned(),
            n => format!("{n} changes"),
        };
        self.end(&stage, changed == 0, &note);
        Ok(changed > 0)
    }

    async fn has_snapshot(&self, name: &'static str) -> Result<bool, Error> {
        self.lab.blocking(move |lab| lab.has_snapshot(name)).await
    }

    async fn snapshot(&self, name: &'static str, done: &[&str]) -> Result<(), Error> {
        failpoint::reach("before-snapshot");
        let taken = self.lab.blocking(move |lab| lab.replace_snapshot(name)).await;
        taken.map_err(|e| stopped(e.context(format!("the stage {name} failed")), name, done))
    }

    /// What tells the undercloud's disk from one made anew: its file's inode and time of birth, or on a
    /// virthost the time that the lab remembers.
    async fn disk(&self) -> Result<String, Error> {
        let path = self.lab.blocking(|lab| lab.disk(NODE)).await?;
        if let Some(host) = self.lab.virthost() {
            let made = self.lab.content_of(&path).unwrap_or_default();
            return Ok(format!("{host}:{}@{made}", path.display()));
        }
        let failed = |e: std::io::Error| Error::other(format!("cannot look at {}: {e}", path.display()));
        let meta = std::fs::metadata(&path).map_err(failed)?;
        let born = meta.created().map_err(failed)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(format!("{}@{}", meta.ino(), born.as_nanos()))
    }
}

/// With what was done before a stage stopped, and how to go on.
pub(super) fn stopped(error: Error, name: &str, done: &[&str]) -> Error {
    let error = match done {
        [] => error.note("nothing was done before it"),
        done => error.note(format!("done before it: {}", done.join(", "))),
    };
    error.help(format!("mend what is told above and run the same command again: it goes on with {name}"))
}
