//! `warp plan`: what a deployment would make and change, before anything happens.
//!
//! The deployment's own plays run in check mode on a lab that is only looked at; its modules tell which object each
//! step is about, and this reads it out of the events.

use super::{Content, Deployment};
use crate::error::{Error, Exit, Span};
use crate::event::{Event, Report, Status, StepInfo};
use crate::play::Errors;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// The tag of the steps that follow when everything is there: a plan ends before them.
pub const ACCESS: &str = "access";

/// A network, pool, volume or domain of the lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Object {
    /// `network`, `pool`, `volume` or `domain`.
    pub kind: String,
    /// Its name in the lab.
    pub name: String,
    /// What would be done, in order: `create`, `change`, `start`, `autostart`. Empty when it is as it is wanted.
    pub actions: Vec<String>,
    /// The description that one which is not there would be made of, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// What is otherwise than wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// One thing that is otherwise than wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where in the description.
    pub path: String,
    /// What is there, if anything.
    pub is: Option<String>,
    /// What is wanted there, if anything.
    pub wanted: Option<String>,
}

/// What a step says of the object that it is about.
#[derive(Deserialize)]
struct Told {
    kind: String,
    name: String,
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    definition: Option<String>,
    #[serde(default)]
    differences: Vec<Difference>,
}

/// What a run in check mode told.
#[derive(Default)]
struct Gathered {
    objects: Vec<Object>,
    failure: Option<(String, Option<Span>)>,
}

/// Reads the objects out of a run's events.
#[derive(Clone, Default)]
pub struct Gatherer(Arc<Mutex<Gathered>>);

impl Gatherer {
    /// The objects, in the order in which they would be made.
    #[must_use]
    pub fn objects(&self) -> Vec<Object> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).objects.clone()
    }

    fn failure(&self) -> Option<(String, Option<Span>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failure.clone()
    }
}

impl Report for Gatherer {
    fn event(&mut self, event: &Event) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::ItemDone { status, step, result, .. } => {
                gathered.hear(result);
                if *status == Status::Failed {
                    gathered.fail(step, result);
                }
            }
            Event::StepDone { status: Status::Failed, step, result, .. } => gathered.fail(step, result),
            Event::StepDone { result, .. } => gathered.hear(result),
            _ => {}
        }
    }
}

impl Gathered {
    /// The first failure is what stops a deployment: of a loop that of its item.
    fn fail(&mut self, step: &StepInfo, result: &Value) {
        let why = result.get("msg").and_then(Value::as_str).unwrap_or("no reason was told");
        let failure = || (format!("{}: {why}", step.name), step.span.clone());
        self.failure.get_or_insert_with(failure);
    }

    fn hear(&mut self, result: &Value) {
        let Some(told) = result.get("object") else { return };
        let Ok(told) = serde_json::from_value::<Told>(told.into()) else { return };
        let known = self.objects.iter().position(|o| o.kind == told.kind && o.name == told.name);
        let known = known.unwrap_or(self.objects.len());
        if known == self.objects.len() {
            let (kind, name) = (told.kind, told.name);
            let none = Object { kind, name, actions: Vec::new(), definition: None, differences: Vec::new() };
            self.objects.push(none);
        }
        let Some(object) = self.objects.get_mut(known) else { return };
        object.actions.extend(told.action);
        object.definition = object.definition.take().or(told.definition);
        object.differences.extend(told.differences);
    }
}

impl Deployment {
    /// Runs the plays that make objects, each with its stage's name, in check mode; `gatherer` is among the reports of their events.
    ///
    /// # Errors
    /// What cannot be loaded, and what would stop the deployment.
    pub async fn plan(self, gatherer: &Gatherer, plays: &[(&str, &str)]) -> Result<Vec<Object>, Errors> {
        let folder = tempfile::tempdir().map_err(|e| Error::other(format!("cannot make a folder: {e}")))?;
        let content = Content::lay_out(folder.path())?;
        let load = |(_, play): &(&str, &str)| self.load(&content.play(play));
        let plans = plays.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        let runner = self.runner_here()?;
        for plan in &plans {
            let exit = runner.run(plan).await?.exit;
            if exit != Exit::Ok {
                let (why, span) = gatherer.failure().unwrap_or_default();
                return Err(Error::new(exit, format!("the deployment would stop at: {why}")).at(span).into());
            }
        }
        Ok(gatherer.objects())
    }

    /// Runs the plays that make objects, changing those that are there to what is wanted where the variable
    /// `apply_changes` says so.
    ///
    /// # Errors
    /// As `undercloud`.
    pub async fn apply(self, plays: &[(&'static str, &str)]) -> Result<(), Errors> {
        let content = Content::lay_out(&self.settings.state_dir())?;
        let load = |(stage, play): &(&'static str, &str)| Ok((*stage, self.load(&content.play(play))?));
        let plans = plays.iter().map(load).collect::<Result<Vec<_>, Errors>>()?;
        let runner = self.runner_here()?;
        self.look_at_the_host(&content).await?;
        let mut changes = 0;
        let mut done = Vec::new();
        for (stage, plan) in &plans {
            self.play(stage, (&runner, &mut changes), plan, &done).await?;
            done.push(*stage);
        }
        Ok(())
    }
}
