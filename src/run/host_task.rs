//! One task on one host: its loop, and what its items come to.

use super::end::{Effects, End, Execution, HostEnd};
use super::keyword::Rendered;
use super::play::PlayRun;
use super::result;
use super::vars::HostScope;
use crate::error::{Error, Result};
use crate::event::{By, Event, Status, StepInfo};
use crate::play::{Loop, Task};
use crate::template::{Engine, Scope};
use crate::value::{Key, Map, Value, Vars};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A task on its way over one host.
#[derive(Clone)]
pub(super) struct HostTask {
    pub play: Arc<PlayRun>,
    pub task: Arc<Task>,
    pub step: Arc<StepInfo>,
    pub host: Arc<str>,
}

impl HostTask {
    /// Runs it to its end.
    pub(super) async fn run(&self) -> HostEnd {
        let started = Instant::now();
        let mut end = match self.play.scope(&self.host, Some(&self.task)) {
            Err(e) => self.whole(self.failed_early(e)),
            Ok(scope) => self.run_in(scope).await,
        };
        end.seconds = started.elapsed().as_secs_f64();
        end
    }

    async fn run_in(&self, scope: Arc<HostScope>) -> HostEnd {
        let Some(loops) = &self.task.loops else {
            let mut locals = Vars::new();
            return self.whole(self.execute(&scope, &mut locals, None, 0).await);
        };
        match self.items(loops, &scope) {
            // A condition that does not hold makes a broken loop no matter.
            Err(e) => {
                let mut locals = Vars::new();
                self.whole(self.execute(&scope, &mut locals, Some(e), 0).await)
            }
            Ok(Err(refused)) => {
                let mut execution = self.failed_early(refused);
                execution.result.shift_remove("changed");
                self.whole(execution)
            }
            Ok(Ok(items)) if items.is_empty() => {
                let mut execution = self.blank(End::Skipped, result::no_items());
                execution.no_log = self.no_log(&scope);
                self.whole(execution)
            }
            Ok(Ok(items)) => self.over(loops, items, scope).await,
        }
    }

    /// The items of a loop; the outer error is one of rendering, the inner one of type.
    fn items(&self, loops: &Loop, scope: &Arc<HostScope>) -> Result<Result<Vec<Value>>> {
        let scope: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        let engine = &self.play.run.engine;
        if let Some(lookup) = &loops.lookup {
            let terms = match engine.render(&loops.over, &scope)? {
                Value::List(terms) => terms.to_vec(),
                term => vec![term],
            };
            return engine.lookup(lookup, terms, &scope).map(Ok);
        }
        let value = engine.render(&loops.over, &scope)?;
        Ok(match value {
            Value::List(items) => Ok(items.to_vec()),
            other => Err(Error::input(format!(
                "The `loop` value must resolve to a 'list', not '{}'.",
                other.type_name()
            ))
            .at(loops.over.span().cloned().or_else(|| loops.span.clone()))
            .help("Provide a list of items/templates, or a template resolving to a list.")),
        })
    }

    async fn over(&self, loops: &Loop, items: Vec<Value>, scope: Arc<HostScope>) -> HostEnd {
        let r_scope: Arc<dyn Scope> = Arc::<HostScope>::clone(&scope);
        let r = Rendered { engine: &self.play.run.engine, scope: &r_scope };
        let controls = r.number("pause", loops.pause.as_ref()).and_then(|pause| {
            let extended = r.flag("extended", loops.extended.as_ref())?.unwrap_or(false);
            let allitems = r.flag("extended_allitems", loops.extended_allitems.as_ref())?.unwrap_or(true);
            Ok((pause, extended, allitems))
        });
        let (pause, extended, allitems) = match controls {
            Ok(controls) => controls,
            Err(e) => return self.whole(self.failed_early(e)),
        };
        if scope.has(&loops.var) {
            self.play.run.warn(format!(
                "The loop variable '{}' is already in use. You should set the `loop_var` value in the `loop_control` \
                 option for the task to something else to avoid variable collisions and unexpected behavior.",
                loops.var
            ));
        }
        let all = Value::list(items.clone());
        let mut locals = Vars::new();
        let mut ended = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            if let Some(seconds) = pause.filter(|s| index > 0 && *s > 0.0) {
                tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            }
            let mut loop_vars = Vars::new();
            loop_vars.insert(Arc::clone(&loops.var), item.clone());
            loop_vars.insert(Arc::from("ansible_loop_var"), Value::data(Arc::clone(&loops.var)));
            if let Some(index_var) = &loops.index_var {
                loop_vars.insert(Arc::clone(index_var), Value::Int(index as i128));
                loop_vars.insert(Arc::from("ansible_index_var"), Value::data(Arc::clone(index_var)));
            }
            if extended {
                loop_vars.insert(
                    Arc::from("ansible_loop"),
                    extended_loop(&items, allitems.then_some(&all), index),
                );
            }
            locals.extend(loop_vars.clone());
            let mut execution = self.execute(&scope, &mut locals, None, index).await;
            self.settle_item(loops, &scope, &locals, &loop_vars, &mut execution);
            let broken = self.breaks(loops, &scope, &locals, &mut execution);
            locals.shift_remove(&loops.var);
            ended.push(execution);
            if broken {
                break;
            }
        }
        self.sum(ended)
    }

    /// Whether `break_when` ends the loop after this item.
    fn breaks(&self, loops: &Loop, scope: &Arc<HostScope>, locals: &Vars, execution: &mut Execution) -> bool {
        let scope: Arc<dyn Scope> = scope.with(locals);
        match all_hold(&self.play.run.engine, &loops.break_when, &scope) {
            Ok(holds) => holds && !loops.break_when.is_empty(),
            Err(e) => {
                execution.end = End::Failed;
                result::put(&mut execution.result, "failed", true);
                result::put(&mut execution.result, "msg", Value::data(e.message()));
                execution.error = Some(Arc::new(e));
                true
            }
        }
    }

    /// Adds the loop's variables to an item's result, and tells the item's end.
    fn settle_item(
        &self,
        loops: &Loop,
        scope: &Arc<HostScope>,
        locals: &Vars,
        loop_vars: &Vars,
        execution: &mut Execution,
    ) {
        let item = loop_vars.get(&loops.var).cloned().unwrap_or_default();
        let label = match &loops.label {
            None => item,
            Some(label) => {
                let scope: Arc<dyn Scope> = scope.with(locals);
                match self.play.run.engine.render(label, &scope) {
                    Ok(label) => label,
                    Err(e) => {
                        let msg = format!("Failed to template loop_control.label: {}", e.message());
                        result::put(&mut execution.result, "failed", true);
                        result::put(&mut execution.result, "msg", Value::data(msg));
                        execution.end = End::Failed;
                        item
                    }
                }
            }
        };
        for (name, value) in loop_vars {
            execution.result.insert(Key::from(Arc::clone(name)), value.clone());
        }
        if let Some(include) = &mut execution.effects.include {
            include.loop_vars = loop_vars.clone();
            include.label = Some(label.clone());
            return;
        }
        self.play.run.events.emit(&Event::ItemDone {
            step: Arc::clone(&self.step),
            host: Arc::clone(&self.host),
            delegated_to: execution.delegated_to.clone(),
            status: status(execution.end, execution.ignore_errors, &execution.result),
            label,
            result: Value::map(execution.result.clone()),
            error: execution.error.clone(),
            by: execution.by,
            no_log: execution.no_log,
        });
    }

    /// What a loop's items come to.
    fn sum(&self, ended: Vec<Execution>) -> HostEnd {
        let any = |end: End| ended.iter().any(|e| e.end == end);
        let end = if any(End::Lost) {
            End::Lost
        } else if any(End::Unreachable) {
            End::Unreachable
        } else if any(End::Failed) {
            End::Failed
        } else if ended.iter().all(|e| e.end == End::Skipped) {
            End::Skipped
        } else {
            End::Ok
        };
        let bad = |e: &&Execution| matches!(e.end, End::Failed);
        let gone = |e: &&Execution| matches!(e.end, End::Unreachable | End::Lost);
        let ignore_errors = ended.iter().filter(bad).all(|e| e.ignore_errors);
        let ignore_unreachable = ended.iter().filter(gone).all(|e| e.ignore_unreachable);
        let error = ended.iter().find_map(|e| e.error.clone());
        let no_log = ended.iter().any(|e| e.no_log);
        let delegated_to = ended.last().and_then(|e| e.delegated_to.clone());
        let (results, effects): (Vec<Map>, Vec<Effects>) =
            ended.into_iter().map(|e| (e.result, e.effects)).unzip();
        let result = result::of_loop(results);
        HostEnd {
            host: Arc::clone(&self.host),
            end,
            changed: result::is(&result, "changed"),
            result,
            effects,
            error,
            by: By::Task,
            ignore_errors,
            ignore_unreachable,
            no_log,
            delegated_to,
            seconds: 0.0,
        }
    }

    /// A task without a loop.
    fn whole(&self, execution: Execution) -> HostEnd {
        HostEnd {
            host: Arc::clone(&self.host),
            end: execution.end,
            changed: result::is(&execution.result, "changed"),
            result: execution.result,
            effects: vec![execution.effects],
            error: execution.error,
            by: execution.by,
            ignore_errors: execution.ignore_errors,
            ignore_unreachable: execution.ignore_unreachable,
            no_log: execution.no_log,
            delegated_to: execution.delegated_to,
            seconds: 0.0,
        }
    }

    /// An execution that came to nothing but its result.
    pub(super) fn blank(&self, end: End, result: Map) -> Execution {
        Execution {
            end,
            result,
            effects: Effects::default(),
            error: None,
            by: By::Task,
            ignore_errors: false,
            ignore_unreachable: false,
            no_log: false,
            delegated_to: None,
        }
    }

    /// A failure before anything could be rendered.
    fn failed_early(&self, error: Error) -> Execution {
        let mut execution = self.blank(End::Failed, result::failure(error.message()));
        execution.ignore_errors = literally(self.task.keywords.ignore_errors.as_ref());
        execution.no_log = literally(self.task.keywords.no_log.as_ref());
        execution.error = Some(Arc::new(error));
        execution
    }

    pub(super) fn no_log(&self, scope: &Arc<HostScope>) -> bool {
        let scope: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        let r = Rendered { engine: &self.play.run.engine, scope: &scope };
        // What cannot be decided is kept secret.
        r.flag("no_log", self.task.keywords.no_log.as_ref())
            .map_or(true, |f| f.unwrap_or(self.play.run.settings.config.no_log))
    }
}

/// Whether all of these expressions hold.
pub(super) fn all_hold(engine: &Engine, conditions: &[Value], scope: &Arc<dyn Scope>) -> Result<bool> {
    for condition in conditions {
        if !engine.test(condition, scope)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A keyword that is true without rendering.
fn literally(keyword: Option<&Value>) -> bool {
    keyword.and_then(super::keyword::boolean).unwrap_or(false)
}

/// As events tell it.
pub(super) fn status(end: End, ignored: bool, result: &Map) -> Status {
    match end {
        End::Ok if result::is(result, "changed") => Status::Changed,
        End::Ok => Status::Ok,
        End::Skipped => Status::Skipped,
        End::Failed if ignored => Status::Ignored,
        End::Failed => Status::Failed,
        End::Unreachable => Status::Unreachable,
        End::Lost => Status::Lost,
    }
}

/// `ansible_loop`, under `extended`.
fn extended_loop(items: &[Value], all: Option<&Value>, index: usize) -> Value {
    let length = items.len();
    let int = |i: usize| Value::Int(i as i128);
    let mut map = Map::new();
    result::put(&mut map, "index", int(index + 1));
    result::put(&mut map, "index0", int(index));
    result::put(&mut map, "first", index == 0);
    result::put(&mut map, "last", index + 1 == length);
    result::put(&mut map, "length", int(length));
    result::put(&mut map, "revindex", int(length - index));
    result::put(&mut map, "revindex0", int(length - index - 1));
    if let Some(all) = all {
        result::put(&mut map, "allitems", all.clone());
    }
    if let Some(next) = items.get(index + 1) {
        result::put(&mut map, "nextitem", next.clone());
    }
    if let Some(previous) = index.checked_sub(1).and_then(|i| items.get(i)) {
        result::put(&mut map, "previtem", previous.clone());
    }
    Value::map(map)
}
