//! The engine and the variables that a template is rendered with.

use super::depth::Deeper;
use super::eval::Interp;
use super::fail::{Fail, R};
use super::notice::Notice;
use super::parse::Mode;
use super::val::{Dict, List, Object, Slot, Val};
use super::{DELEGATED, Scope, Shared};
use crate::config::Untrusted;
use crate::error::{Error, Span, did_you_mean};
use crate::value::{Key, Map, Origin, Text, Value, vault};
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// The engine and a scope. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Env(Rc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    scope: Arc<dyn Scope>,
}

impl Env {
    pub(crate) fn new(shared: &Arc<Shared>, scope: &Arc<dyn Scope>) -> Self {
        Env(Rc::new(Inner { shared: Arc::clone(shared), scope: Arc::clone(scope) }))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    pub(crate) fn scope(&self) -> &Arc<dyn Scope> {
        &self.0.scope
    }

    /// A raw value as templates see it: author's text rendered, containers lazy. A failure becomes a marker.
    pub(crate) fn lift(&self, value: &Value) -> Val {
        let slot = |v: &Value| match v {
            Value::Text(t) if t.has_opening() || t.is_vault() => Slot::Raw(v.clone(), self.clone()),
            Value::List(_) | Value::Map(_) => Slot::Raw(v.clone(), self.clone()),
            other => Slot::Ready(self.lift(other)),
        };
        match value {
            Value::Null => Val::None,
            Value::Bool(b) => Val::Bool(*b),
            Value::Int(i) => Val::Int(*i),
            Value::Float(f) => Val::Float(*f),
            Value::Moment(m) => Val::object(*m),
            Value::Text(t) if t.is_template() => self.render(t).unwrap_or_else(Val::captured),
            Value::Text(t) if t.is_vault() => {
                vault::reveal(t).map_or_else(|e| Val::Marker(Fail::sealed(&e, t)), Val::Str)
            }
            Value::Text(_) if super::is_omit(value) => Val::Omit,
            Value::Text(t) if self.shared().rules.untrusted != Untrusted::Ignored && t.has_opening() => {
                self.untrusted(t)
            }
            Value::Text(t) => Val::Str(t.clone()),
            Value::List(l) => Val::List(Rc::new(List(RefCell::new(l.iter().map(slot).collect())))),
            Value::Map(m) => {
                Val::Dict(Rc::new(Dict(RefCell::new(m.iter().map(|(k, v)| (k.clone(), slot(v))).collect()))))
            }
        }
    }

    /// A text with a template that may not be rendered, where the settings want that to be known.
    fn untrusted(&self, text: &Text) -> Val {
        const WHY: &str = "Encountered untrusted template or expression.";
        if self.shared().rules.untrusted == Untrusted::Refused {
            return Val::Marker(Fail::finished(WHY).at(|| text.span().cloned()));
        }
        let place = text.span().cloned();
        let warning = Error::input(WHY).at(place.clone()).in_text(place).help(
            "Templates and expressions must be defined by trusted sources such as playbooks or roles, not untrusted \
             sources such as module results.",
        );
        self.tell(Notice::Warning(Arc::new(warning)));
        Val::Str(text.clone())
    }

    /// Renders an author's text as a template of a play.
    pub(crate) fn render(&self, text: &Text) -> R {
        self.render_as(&text.shared(), text.span(), Mode::Play)
    }

    /// Renders or evaluates a text that is known to be trusted.
    pub(crate) fn render_as(&self, text: &Arc<str>, span: Option<&Span>, mode: Mode) -> R {
        let what = if matches!(mode, Mode::Play | Mode::File) { "template" } else { "expression" };
        let _deeper = Deeper::enter(what).map_err(|f| f.at(|| span.cloned()))?;
        let template = self.shared().template(text, span, mode)?;
        let result = Interp::new(self, &template).run()?;
        let result = if mode == Mode::Play { with_final_newlines(text, result) } else { result };
        Ok(match (result, span) {
            // What was made here is known by the place that made it.
            (Val::Str(t), Some(span)) if t.origin().is_none() => {
                Val::Str(t.with(|tags| tags.origin = Some(Origin::At(span.clone()))))
            }
            (result, _) => result,
        })
    }

    /// Tells something to who renders with these variables.
    pub(crate) fn tell(&self, notice: Notice) {
        if !self.scope().told(&notice) {
            self.shared().tell(notice);
        }
    }

    /// A variable by name.
    pub(crate) fn variable(&self, name: &str) -> Val {
        match self.scope().get(name) {
            Some(Value::Text(host)) if name == DELEGATED => return self.delegated(host.as_str()),
            Some(value) => return self.lift(&value),
            None => {}
        }
        match name {
            "vars" => self.all_variables(),
            "hostvars" if self.scope().hosts().is_some() => Val::object(HostVars(self.clone())),
            _ => super::globals::find(name).unwrap_or_else(|| Val::Marker(self.undefined(name))),
        }
    }

    /// The variables of the host that a task is delegated to, under its name.
    fn delegated(&self, host: &str) -> Val {
        let vars = HostVars(self.clone()).entry(&Key::from(host));
        Val::record([(host, vars.unwrap_or_else(|| Val::dict([])))])
    }

    /// The failure for a variable that is not there, with the nearest name that is.
    pub(crate) fn undefined(&self, name: &str) -> Fail {
        let names = self.scope().names();
        let near = did_you_mean(name, names.iter().map(|n| &**n));
        Fail::undefined(format!("'{name}' is undefined")).near(near)
    }

    fn all_variables(&self) -> Val {
        let scope = self.scope();
        let entries = scope.names().into_iter().filter_map(|name| {
            let value = scope.get(&name)?;
            Some((Key::Str(name), Slot::Raw(value, self.clone())))
        });
        Val::Dict(Rc::new(Dict(RefCell::new(entries.collect()))))
    }
}

/// Jinja drops one newline at the end of a template; Ansible puts back what the text had.
pub(crate) fn with_final_newlines(text: &str, result: Val) -> Val {
    let Val::Str(s) = &result else { return result };
    let count = |t: &str| t.len() - t.trim_end_matches('\n').len();
    let missing = count(text).saturating_sub(count(s));
    if missing == 0 { result } else { Val::str(format!("{s}{}", "\n".repeat(missing))) }
}

/// `hostvars`: each host's variables, rendered as that host would.
struct HostVars(Env);

impl Object for HostVars {
    fn type_name(&self) -> &'static str {
        "HostVars"
    }

    fn keys(&self) -> Option<Vec<Key>> {
        Some(self.0.scope().hosts()?.into_iter().map(Key::Str).collect())
    }

    fn entry(&self, key: &Key) -> Option<Val> {
        let scope = self.0.scope().host(key.as_str()?)?;
        Some(Val::object(OneHost(Env::new(self.0.shared(), &scope))))
    }
}

/// The variables of one host.
struct OneHost(Env);

impl Object for OneHost {
    fn type_name(&self) -> &'static str {
        "HostVarsVars"
    }

    fn keys(&self) -> Option<Vec<Key>> {
        Some(self.0.scope().names().into_iter().map(Key::Str).collect())
    }

    fn entry(&self, key: &Key) -> Option<Val> {
        Some(self.0.lift(&self.0.scope().get(key.as_str()?)?))
    }
}

/// A scope with a few variables above another's.
pub(crate) struct Layered {
    above: Arc<Map>,
    below: Arc<dyn Scope>,
}

impl Layered {
    /// The environment with these variables added; the same when there are none.
    pub(crate) fn over(env: &Env, above: &Arc<Map>) -> Env {
        if above.is_empty() {
            return env.clone();
        }
        let scope: Arc<dyn Scope> =
            Arc::new(Layered { above: Arc::clone(above), below: Arc::clone(env.scope()) });
        Env::new(env.shared(), &scope)
    }
}

impl Scope for Layered {
    fn get(&self, name: &str) -> Option<Value> {
        self.above.get(name).cloned().or_else(|| self.below.get(name))
    }

    fn names(&self) -> Vec<Arc<str>> {
        let mut names = self.below.names();
        names.extend(self.above.keys().filter_map(|k| k.as_str().map(Arc::from)));
        names
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.below.search_path()
    }

    fn hosts(&self) -> Option<Vec<Arc<str>>> {
        self.below.hosts()
    }

    fn matching(&self, patterns: &Value) -> Vec<Arc<str>> {
        self.below.matching(patterns)
    }

    fn host(&self, name: &str) -> Option<Arc<dyn Scope>> {
        self.below.host(name)
    }

    fn told(&self, notice: &Notice) -> bool {
        self.below.told(notice)
    }
}
