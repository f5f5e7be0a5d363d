//! `--start-at-task`: what goes before a task is left out.

use super::list::name_of;
use super::{Runner, Shared};
use crate::event::Event;
use crate::play::{Block, Play, Step, Task};
use crate::value::Value;
use std::sync::{Arc, PoisonError};
use warp_agent::glob;

impl Shared {
    /// The play from the task on where the run is to start; without its tasks if that comes later.
    pub(super) fn started(&self, play: &Arc<Play>) -> Arc<Play> {
        let mut awaited = self.start_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pattern) = awaited.as_deref() else { return Arc::clone(play) };
        let mut sections = Vec::new();
        for section in &play.sections {
            match from(section, pattern).filter(|_| sections.iter().all(Vec::is_empty)) {
                Some(rest) => sections.push(rest),
                None if sections.iter().all(Vec::is_empty) => sections.push(Vec::new()),
                None => sections.push(section.clone()),
            }
        }
        let found = !sections.iter().all(Vec::is_empty);
        if found {
            *awaited = None;
        }
        let gather_facts = if found { play.gather_facts.clone() } else { Some(Value::Bool(false)) };
        Arc::new(Play { sections, gather_facts, ..Play::clone(play) })
    }
}

impl Runner {
    /// Tells that the task to start at was never met, at the end of all plans.
    pub fn tell_unmet_start(&self) {
        let awaited = self.shared.start_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = awaited.as_deref() {
            self.shared.events.emit(&Event::warning(format!(
                "No matching task \"{pattern}\" found. Note: --start-at-task can only follow static includes."
            )));
        }
    }
}

/// The steps from the task of this name on; none if it is not among them. What surrounds it stays around it.
fn from(steps: &[Step], pattern: &str) -> Option<Vec<Step>> {
    for (index, step) in steps.iter().enumerate() {
        let first = match step {
            Step::Task(task) if is(task, pattern) => step.clone(),
            Step::Block(block) => match from_block(block, pattern) {
                Some(block) => Step::Block(Arc::new(block)),
                None => continue,
            },
            _ => continue,
        };
        let rest = steps.get(index + 1..).unwrap_or_default();
        return Some(std::iter::once(first).chain(rest.iter().cloned()).collect());
    }
    None
}

fn from_block(block: &Block, pattern: &str) -> Option<Block> {
    if let Some(steps) = from(&block.steps, pattern) {
        return Some(Block { steps, ..block.clone() });
    }
    let always = from(&block.always, pattern)?;
    Some(Block { steps: Vec::new(), rescue: Vec::new(), always, ..block.clone() })
}

/// Whether a task's name, alone or after its role's, is or matches the pattern.
fn is(task: &Task, pattern: &str) -> bool {
    let own = task.name.as_ref().map(|name| name.as_str().to_owned());
    let names = own.into_iter().chain([name_of(task)]);
    names.into_iter().any(|name| name == pattern || glob::matches(pattern, &name))
}
