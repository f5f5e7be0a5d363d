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
    /// Whether something is still to run for a host that fails here: a rescue or an always section.
    pub awaited: bool,
    /// Whether the flush of handlers at the section's end is still to run for such a host, if any were notified.
    pub flushed: bool,
    /// Whether it runs as a handler.
    pub handler: bool,
    /// Whether a block or an include is around it.
    pub nested: bool,
    /// Whether it is itself a step of a rescue section.
    pub rescuing: bool,
    /// Whether the outermost block around it is in its rescue section: a host that ends there has failed, unless what
    /// ends it is itself a step of a rescue section.
    pub broken: bool,
}

impl Around {
    /// Inside a block or an include that stands there.
    pub(super) fn inside(self) -> Self {
        Around { nested: true, rescuing: false, ..self }
    }
}

/// Where steps left their hosts.
#[derive(Default)]
pub(super) struct Ran {
    /// Hosts that go on.
    pub live: Hosts,
    /// Hosts that failed.
    pub failed: Hosts,
    /// Those of the failed that leave out the next section of the block around: a `run_once` task that fails marks
    /// every host but its own twice as failed, the second time out of that section.
    pub twice: Hosts,
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
                let live = self.still_in(std::mem::take(&mut ran.live));
                if live.is_empty() {
                    break;
                }
                if !self.strategy.in_step() {
                    // The others take their step before this host takes its next.
                    tokio::task::yield_now().await;
                }
                let after = match step {
                    Step::Task(task) => self.task(task, live, around).await?,
                    Step::Block(block) => self.block(block, live, around).await?,
                    Step::FlushHandlers => self.flush_handlers(live, around).await?,
                };
                ran.live = after.live;
                ran.failed.extend(after.failed);
                ran.twice.extend(after.twice);
                ran.fatal |= after.fatal;
            }
            ran.live = self.still_in(ran.live);
            ran.failed = self.in_order(ran.failed);
            Ok(ran)
        })
    }

    async fn block(self: &Arc<Self>, block: &Block, hosts: Hosts, around: Around) -> Result<Ran, Errors> {
        let (has_rescue, has_always) = (!block.rescue.is_empty(), !block.always.is_empty());
        let flushes = matches!(block.always.as_slice(), [Step::FlushHandlers]);
        let always = Around {
            awaited: around.awaited || (has_always && !flushes),
            flushed: around.flushed || flushes,
            ..around.inside()
        };
        let inside =
            Around { rescued: around.rescued || has_rescue, awaited: always.awaited || has_rescue, ..always };
        let rescuing = Around { rescuing: true, broken: around.broken || !around.nested, ..always };
        let main = self.steps(&block.steps, hosts, inside).await?;
        let Ran { mut live, mut failed, mut twice, mut fatal } = main;
        if has_rescue && !failed.is_empty() {
            let (past, rescuable) = failed.into_iter().partition(|h| twice.contains(h));
            let rescue = self.steps(&block.rescue, self.still_in(rescuable), rescuing).await?;
            failed = past;
            failed.extend(rescue.failed);
            twice = rescue.twice;
            if rescue.fatal {
                failed.append(&mut live);
            }
            live.extend(rescue.live);
            fatal |= rescue.fatal;
        }
        if has_always {
            let every = live.iter().chain(&failed).filter(|h| !twice.contains(h)).cloned().collect();
            let every = self.still_in(self.in_order(every));
            let begun = every.clone();
            let always = self.steps(&block.always, every, around.inside()).await?;
            // A host that ended meanwhile, or was lost, is in neither part; one that had failed before stays failed.
            live.retain(|h| !begun.contains(h) || always.live.contains(h));
            // As Ansible has it: to end the play is to forget the failure of a block that is not the outermost.
            let forgotten = |h: &Arc<str>| around.nested && self.is_over(h);
            failed.retain(|h| !always.failed.contains(h) && !self.run.is_lost(h) && !forgotten(h));
            let cleared = |h: &Arc<str>| always.live.contains(h) && self.run.is_forgiven(h);
            live.extend(failed.extract_if(.., |h| cleared(h)));
            failed.extend(always.failed);
            fatal |= always.fatal;
        }
        let live = self.in_order(live).into_iter().filter(|h| !failed.contains(h)).collect();
        Ok(Ran { live, failed: self.in_order(failed), twice: Hosts::new(), fatal })
    }

    /// These hosts in the order of the play.
    pub(super) fn in_order(&self, hosts: Hosts) -> Hosts {
        self.vars.batch.iter().filter(|h| hosts.contains(h)).cloned().collect()
    }
}
