//! `--start-at-task`: what goes before a task is left out.

use super::explain::play_vars;
use super::keyword::Rendered;
use super::list::name_of;
use super::{Runner, Shared};
use crate::error::Result;
use crate::event::Event;
use crate::play::{Block, Play, Step, Task};
use crate::template::Scope;
use crate::value::Value;
use std::sync::{Arc, PoisonError};
use warp_agent::glob;

impl Shared {
    /// The play from the task on where the run is to start; without its tasks if that comes later.
    ///
    /// # Errors
    /// Tags that cannot be rendered.
    pub(super) fn started(&self, play: &Arc<Play>) -> Result<Arc<Play>> {
        let mut awaited = self.start_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pattern) = awaited.as_deref() else { return Ok(Arc::clone(play)) };
        let scope: Arc<dyn Scope> =
            self.variables.play_scope(&Arc::new(play_vars(play, Vec::new())), None)?;
        let rendered = Rendered { engine: &self.engine, scope: &scope };
        let mut search = Search { run: self, rendered, pattern, passed: false };
        let mut sections: Vec<Vec<Step>> = Vec::new();
        let mut found = false;
        for section in &play.sections {
            if found {
                sections.push(section.clone());
                continue;
            }
            let rest = search.starting(section)?;
            found = rest.is_some();
            sections.push(rest.unwrap_or_default());
        }
        let gather_facts = match (found, search.passed) {
            // As Ansible has it: whoever starts at the first task of all gathers facts, whatever the play says.
            (true, false) => Some(Value::Bool(true)),
            (true, true) => play.gather_facts.clone(),
            (false, _) => Some(Value::Bool(false)),
        };
        if found {
            *awaited = None;
        }
        Ok(Arc::new(Play { sections, gather_facts, ..Play::clone(play) }))
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

/// Looks for the task of a name among those that the tags select.
struct Search<'a> {
    run: &'a Shared,
    rendered: Rendered<'a>,
    pattern: &'a str,
    /// Whether there was one before it.
    passed: bool,
}

impl Search<'_> {
    /// The steps from the task on; none if it is not among them. What surrounds it stays around it.
    fn starting(&mut self, steps: &[Step]) -> Result<Option<Vec<Step>>> {
        for (index, step) in steps.iter().enumerate() {
            let first = match step {
                Step::FlushHandlers => continue,
                Step::Task(task) => {
                    if !self.run.selected(task, self.rendered)? {
                        continue;
                    }
                    if !is(task, self.pattern) {
                        self.passed = true;
                        continue;
                    }
                    step.clone()
                }
                Step::Block(block) => match self.starting_block(block)? {
                    Some(block) => Step::Block(Arc::new(block)),
                    None => continue,
                },
            };
            let rest = steps.get(index + 1..).unwrap_or_default();
            return Ok(Some(std::iter::once(first).chain(rest.iter().cloned()).collect()));
        }
        Ok(None)
    }

    fn starting_block(&mut self, block: &Block) -> Result<Option<Block>> {
        if let Some(steps) = self.starting(&block.steps)? {
            return Ok(Some(Block { steps, ..block.clone() }));
        }
        let always = self.starting(&block.always)?;
        Ok(always.map(|always| Block { steps: Vec::new(), rescue: Vec::new(), always, ..block.clone() }))
    }
}

/// Whether a task's name, alone or after its role's, is or matches the pattern.
fn is(task: &Task, pattern: &str) -> bool {
    let own = task.name.as_ref().map(|name| name.as_str().to_owned());
    let names = own.into_iter().chain([name_of(task)]);
    names.into_iter().any(|name| name == pattern || glob::matches(pattern, &name))
}
