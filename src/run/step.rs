//! `--step`: the user says of every task whether it runs.

use super::play::PlayRun;
use crate::console::{Answer, Question};
use crate::error::{Error, Exit, Result};
use crate::event::{Event, StepInfo};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The width that a banner is filled up to.
const WIDTH: usize = 79;

impl PlayRun {
    /// Asks whether a task is to run, on one host where each goes its own way.
    ///
    /// # Errors
    /// The user ends the run.
    pub(super) async fn takes(&self, step: &StepInfo, host: Option<&Arc<str>>) -> Result<bool> {
        if !self.stepping.load(Ordering::Relaxed) {
            return Ok(true);
        }
        self.run.events.emit(&Event::Asking);
        let host = host.map(|host| format!("on {host} ")).unwrap_or_default();
        let prompt = format!("Perform task: TASK: {} {host}(N)o/(y)es/(c)ontinue: ", step.name);
        let takes = match (Question { prompt: prompt.clone(), hidden: false }).asked().await? {
            Answer::Line(line) => match line.to_lowercase().as_str() {
                "y" | "yes" => true,
                "c" | "continue" => {
                    self.stepping.store(false, Ordering::Relaxed);
                    true
                }
                _ => false,
            },
            Answer::End | Answer::Interrupted => {
                return Err(Error::new(Exit::Interrupted, "User interrupted execution"));
            }
        };
        let prompt = prompt.trim();
        let stars = WIDTH.saturating_sub(prompt.chars().count()).max(3);
        anstream::println!("\n{prompt} {}", "*".repeat(stars));
        Ok(takes)
    }
}
