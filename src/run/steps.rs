//! Steps over sets of hosts: the linear strategy as recursion.
//!
//! Every step runs on all hosts that are still there, then the next begins. A block's steps run on its hosts; those that
//! failed run its rescue section, and all run its always section. Hosts that ended or could not be reached drop out.

use super::play::PlayRun;
use crate::action::BoxFuture;
use crate::error::Result;
use crate::play::{Block, Errors, Step};
use std::sync::Arc;

/// Hosts in the order of the play.
pub(super) type Hosts = Vec<Arc<str>>;

/// What surrounds a step.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// Whether a block around it, not yet in its rescue section, has one.
    pub rescued: bool,
    /// Whether it runs as a handler.
    pub handler: bool,
}

/// Where steps left their hosts.
#[derive(Default)]
pub(super) struct Ran {
    /// Hosts that go on.
    pub live: Hosts,
    /// Hosts that failed.
    pub failed: Hosts,
    /// Whether a failure was to fail every host of the play.
    pub fatal: bool,
}

impl Ran {
    /// All hosts go on.
    pub(super) fn all(live: Hosts) -> Self {
        Ran { live, ..Ran::default() }
    }
}

impl PlayRun {
    /// Runs steps one after the other.
    pub(super) fn steps<'a>(
        self: &'a Arc<Self>,
        steps: &'a [Step],
        hosts: Hosts,
        around: Around,
    ) -> BoxFuture<'a, Result<Ran, Errors>> {
        Box::pin(async move {
            let mut ran = Ran::all(hosts);
            for step in steps {
                if ran.live.is_empty() {
                    break;
                }
                let live = std::mem::take(&mut ran.live);
                let after = match step {
                    Step::Task(task) => self.task(task, live, around).await?,
                    Step::Block(block) => self.block(block, live, around).await?,
                    Step::FlushHandlers => self.flush_handlers(live, around).await?,
                };
                ran.live = after.live;
                ran.failed.extend(after.failed);
                ran.fatal |= after.fatal;
            }
            ran.failed = self.in_order(ran.failed);
            Ok(ran)
        })
    }

    async fn block(self: &Arc<Self>, block: &Block, hosts: Hosts, around: Around) -> Result<Ran, Errors> {
        let has_rescue = !block.rescue.is_empty();
        let inside = Around { rescued: around.rescued || has_rescue, ..around };
        let main = self.steps(&block.steps, hosts, inside).await?;
        let (mut live, mut failed, mut fatal) = (main.live, main.failed, main.fatal);
        if has_rescue && !failed.is_empty() {
            let rescue = self.steps(&block.rescue, failed, around).await?;
            failed = rescue.failed;
            if rescue.fatal {
                failed.append(&mut live);
            }
            live.extend(rescue.live);
            fatal |= rescue.fatal;
        }
        if !block.always.is_empty() {
            let every = self.in_order(live.iter().chain(&failed).cloned().collect());
            let always = self.steps(&block.always, every, around).await?;
            let still = |host: &Arc<str>| always.live.contains(host);
            live.retain(still);
            failed.retain(still);
            failed.extend(always.failed);
            fatal |= always.fatal;
        }
        Ok(Ran { live: self.in_order(live), failed: self.in_order(failed), fatal })
    }

    /// These hosts in the order of the play.
    pub(super) fn in_order(&self, hosts: Hosts) -> Hosts {
        self.vars.batch.iter().filter(|h| hosts.contains(h)).cloned().collect()
    }
}
