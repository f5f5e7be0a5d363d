//! A task's loop on one host: its items, and what they come to.

use super::end::{Effects, End, Execution, HostEnd};
use super::host_task::{HostTask, all_hold, status};
use super::keyword::Rendered;
use super::result;
use super::resume::Items;
use super::vars::HostScope;
use crate::error::{Error, Result};
use crate::event::{By, Event};
use crate::play::Loop;
use crate::template::Scope;
use crate::value::{Key, Map, Text, Value, Vars, is_variable_name};
use std::sync::Arc;
use std::time::Duration;

/// `loop_control`, rendered.
struct Control {
    var: Arc<str>,
    index_var: Option<Arc<str>>,
    pause: Option<f64>,
    extended: bool,
    allitems: bool,
}

impl Control {
    fn of(loops: &Loop, r: Rendered<'_>) -> Result<Self> {
        let name = |keyword: &str, text: &Text| -> Result<Arc<str>> {
            let name = r.text(keyword, Some(&Value::Text(text.clone())))?.unwrap_or_default();
            if is_variable_name(&name) {
                return Ok(name.into());
            }
            Err(Error::input(format!("`{keyword}` must be the name of a variable, not '{name}'"))
                .at(text.span().cloned()))
        };
        Ok(Control {
            var: name("loop_var", &loops.var)?,
            index_var: loops.index_var.as_ref().map(|text| name("index_var", text)).transpose()?,
            pause: r.number("pause", loops.pause.as_ref())?,
            extended: r.flag("extended", loops.extended.as_ref())?.unwrap_or(false),
            allitems: r.flag("extended_allitems", loops.extended_allitems.as_ref())?.unwrap_or(true),
        })
    }

    /// The variables of one item.
    fn vars(&self, items: &[Value], all: &Value, index: usize) -> Vars {
        let mut vars = Vars::new();
        vars.insert(Arc::clone(&self.var), items.get(index).cloned().unwrap_or_default());
        vars.insert(Arc::from("ansible_loop_var"), Value::data(Arc::clone(&self.var)));
        if let Some(index_var) = &self.index_var {
            vars.insert(Arc::clone(index_var), Value::Int(index as i128));
            vars.insert(Arc::from("ansible_index_var"), Value::data(Arc::clone(index_var)));
        }
        if self.extended {
            let loop_ = extended(items, self.allitems.then_some(all), index);
            vars.insert(Arc::from("ansible_loop"), loop_);
        }
        vars
    }
}

impl HostTask {
    /// The items of a loop; the outer error is one of rendering, the inner one of type.
    pub(super) fn items(&self, loops: &Loop, scope: &Arc<HostScope>) -> Result<Result<Vec<Value>>> {
        let scope: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        let engine = &self.play.run.engine;
        if let Some(lookup) = &loops.lookup {
            return engine.lookup(lookup, &loops.over, &scope).map(Ok);
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

    /// Runs the task for each item.
    pub(super) async fn over(&self, loops: &Loop, items: Vec<Value>, scope: Arc<HostScope>) -> HostEnd {
        let r_scope: Arc<dyn Scope> = Arc::<HostScope>::clone(&scope);
        let r = Rendered { engine: &self.play.run.engine, scope: &r_scope };
        let control = match Control::of(loops, r) {
            Ok(control) => control,
            Err(e) => return self.whole(self.failed_early(e)),
        };
        if scope.has(&control.var) {
            self.play.run.warn(format!(
                "The loop variable '{}' is already in use. You should set the `loop_var` value in the `loop_control` \
                 option for the task to something else to avoid variable collisions and unexpected behavior.",
                control.var
            ));
        }
        let all = Value::list(items.clone());
        let mut locals = Vars::new();
        let mut ended = Vec::with_capacity(items.len());
        let (mut named, mut names) = (Items::default(), Vec::new());
        for index in 0..items.len() {
            if let Some(seconds) = control.pause.filter(|s| index > 0 && *s > 0.0) {
                tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            }
            let loop_vars = control.vars(&items, &all, index);
            locals.extend(loop_vars.clone());
            let (here, known) = self.at_item(items.get(index).unwrap_or(&Value::Null), &mut named);
            names.extend(here.item().cloned());
            let (execution, broken) = match known {
                Some(mut execution) => {
                    self.see(&scope, &mut locals, &execution);
                    let broken = self.breaks(loops, &scope, &locals, &mut execution);
                    (execution, broken)
                }
                None => {
                    let mut execution = here.execute(&scope, &mut locals, None, index).await;
                    self.settle_item(loops, &control, &scope, &locals, &loop_vars, &mut execution);
                    let broken = self.breaks(loops, &scope, &locals, &mut execution);
                    here.note_item(&execution);
                    (execution, broken)
                }
            };
            locals.shift_remove(&control.var);
            ended.push(execution);
            if broken {
                break;
            }
        }
        HostEnd { items: Some(names), ..self.sum(ended) }
    }

    /// What the items that follow see of one that is known from before.
    fn see(&self, scope: &Arc<HostScope>, locals: &mut Vars, known: &Execution) {
        if let Some((facts, kind)) = &known.effects.facts {
            super::effects::facts_seen(scope, facts, *kind, locals);
        }
        locals.extend(known.effects.included_vars.clone().into_iter().flatten());
        if let Some(name) = &self.task.register {
            locals.insert(name.shared(), Value::map(known.result.clone()));
        }
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
        control: &Control,
        scope: &Arc<HostScope>,
        locals: &Vars,
        loop_vars: &Vars,
        execution: &mut Execution,
    ) {
        let item = loop_vars.get(&control.var).cloned().unwrap_or_default();
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
                        Value::Null
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
        if execution.effects.add_host.is_some() || execution.effects.add_group.is_some() {
            execution.effects.label = Some(label);
            execution.effects.delegated_to.clone_from(&execution.delegated_to);
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
    pub(super) fn sum(&self, ended: Vec<Execution>) -> HostEnd {
        let any = |end: End| ended.iter().any(|e| e.end == end);
        let end = if any(End::Lost) {
            End::Lost
        } else if any(End::Unreachable) {
            End::Unreachable
        } else if failed(&ended) {
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
            delegated_to: self.delegate_as_written(),
            seconds: 0.0,
            items: None,
            replayed: false,
        }
    }
}

/// Whether a loop failed: once `failed_when` judged an item, only its judgements count.
fn failed(ended: &[Execution]) -> bool {
    let judged: Vec<&Value> = ended.iter().filter_map(|e| e.result.get("failed_when_result")).collect();
    match judged.is_empty() {
        true => ended.iter().any(|e| e.end == End::Failed),
        false => judged.into_iter().any(Value::truthy),
    }
}

/// `ansible_loop`, under `extended`.
fn extended(items: &[Value], all: Option<&Value>, index: usize) -> Value {
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
