//! Evaluates expressions.

use super::ast::{Arg, Cmp, Expr, ExprKind, Macro};
use super::depth::roomy;
use super::env::Env;
use super::exec::Blocks;
use super::fail::{Fail, R};
use super::locals::Locals;
use super::parse::Mode;
use super::place::Template;
use super::python::{access, methods, ops};
use super::val::{Args, Val};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Runs one template. Cheap to clone: a macro keeps one.
#[derive(Clone)]
pub(crate) struct Interp {
    pub(crate) env: Env,
    pub(crate) template: Template,
    pub(crate) blocks: Rc<RefCell<Blocks>>,
    /// Variables already looked up: a template sees each once, so that what it appends to a list stays.
    seen: Rc<RefCell<HashMap<Arc<str>, Val>>>,
}

impl Interp {
    pub(crate) fn new(env: &Env, template: &Template) -> Self {
        Interp { env: env.clone(), template: template.clone(), blocks: Rc::default(), seen: Rc::default() }
    }

    /// The same run, in another file's statements.
    pub(crate) fn within(&self, template: &Template) -> Self {
        Interp { template: template.clone(), ..self.clone() }
    }

    /// As `within`, with blocks of its own: what is included or imported.
    pub(crate) fn apart(&self, template: &Template) -> Self {
        Interp { template: template.clone(), blocks: Rc::default(), ..self.clone() }
    }

    /// The value of an expression; failures carry its place.
    pub(crate) fn eval(&self, expr: &Expr, locals: &Locals) -> R {
        roomy(|| self.value(expr, locals)).map_err(|f| self.placed(f, expr)).map(|v| match v {
            Val::Marker(f) => Val::Marker(self.placed(f, expr)),
            v => v,
        })
    }

    pub(crate) fn placed(&self, fail: Fail, expr: &Expr) -> Fail {
        fail.at(|| self.template.span(expr.start, expr.end)).in_text(self.template.whole())
    }

    fn truth(&self, expr: &Expr, locals: &Locals) -> R<bool> {
        self.eval(expr, locals)?.truthy()
    }

    fn value(&self, expr: &Expr, locals: &Locals) -> R {
        match &expr.kind {
            ExprKind::Const(c) => Ok(c.val()),
            ExprKind::Var(name) => Ok(self.name(name, locals)),
            ExprKind::Embedded(text) => {
                let span = self.template.span(expr.start, expr.end);
                self.env.render_as(text, span.as_ref(), Mode::Play)
            }
            ExprKind::Missing(message) => Err(Fail::new(message.clone())),
            ExprKind::Not(e) => Ok(Val::Bool(!self.truth(e, locals)?)),
            ExprKind::Neg(e) => ops::neg(&self.eval(e, locals)?),
            ExprKind::And(a, b) => {
                let left = self.eval(a, locals)?;
                if left.truthy()? { self.eval(b, locals) } else { Ok(left) }
            }
            ExprKind::Or(a, b) => {
                let left = self.eval(a, locals)?;
                if left.truthy()? { Ok(left) } else { self.eval(b, locals) }
            }
            ExprKind::Binary(op, a, b) => {
                // Both are there before either is looked at: what fails for good in one is told before what is undefined.
                let (left, right) = (self.eval(a, locals)?, self.eval(b, locals)?);
                ops::binary(*op, &left.ok()?, &right.ok()?)
            }
            ExprKind::Compare(first, rest) => self.compare(first, rest, locals),
            ExprKind::If(test, yes, no) => {
                if self.truth(test, locals)? {
                    self.eval(yes, locals)
                } else if let Some(no) = no {
                    self.eval(no, locals)
                } else {
                    Ok(Val::Marker(Fail::undefined(format!(
                        "the inline if-expression on line {} evaluated to false and no else section was defined.",
                        self.template.line(expr.start)
                    ))))
                }
            }
            ExprKind::Filter(filter, operand, args) => {
                let operand = operand.as_ref().map_or(Ok(Val::str("")), |e| self.eval(e, locals))?;
                let args = self.args(args, locals)?;
                Ok(filter.apply(&self.env, operand, args))
            }
            ExprKind::Test(test, operand, args) => {
                let operand = self.eval(operand, locals)?;
                let args = self.args(args, locals)?;
                Ok(test.apply(&self.env, operand, args))
            }
            ExprKind::Attr(e, name) => Ok(access::attr(&self.eval(e, locals)?, name)),
            ExprKind::Item(e, key) => {
                let of = self.eval(e, locals)?;
                Ok(access::item(&of, &self.eval(key, locals)?))
            }
            ExprKind::Slice(e, parts) => {
                let of = self.eval(e, locals)?.ok()?;
                let mut bounds = [None, None, None];
                for (bound, part) in bounds.iter_mut().zip(parts) {
                    if let Some(part) = part {
                        *bound = Some(self.eval(part, locals)?.ok()?);
                    }
                }
                access::slice(&of, &bounds)
            }
            ExprKind::Call(callee, args) => self.call(callee, args, locals),
            ExprKind::List(items) => Ok(Val::list(self.all(items, locals)?)),
            ExprKind::Tuple(items) => Ok(Val::tuple(self.all(items, locals)?)),
            ExprKind::Dict(entries) => {
                let mut made = Vec::with_capacity(entries.len());
                for (k, v) in entries {
                    made.push((self.eval(k, locals)?.key()?, self.eval(v, locals)?));
                }
                Ok(Val::dict(made))
            }
        }
    }

    fn all(&self, items: &[Expr], locals: &Locals) -> R<Vec<Val>> {
        items.iter().map(|e| self.eval(e, locals)).collect()
    }

    fn name(&self, name: &Arc<str>, locals: &Locals) -> Val {
        if let Some(v) = locals.get(name) {
            return v;
        }
        if let Some(v) = self.seen.borrow().get(name) {
            return v.clone();
        }
        let v = self.env.variable(name);
        self.seen.borrow_mut().insert(Arc::clone(name), v.clone());
        v
    }

    fn compare(&self, first: &Expr, rest: &[(Cmp, Expr)], locals: &Locals) -> R {
        let mut left = self.eval(first, locals)?;
        for (op, right) in rest {
            let mut right = self.eval(right, locals)?;
            // `in` asks what stands on its right.
            if matches!(op, Cmp::In | Cmp::NotIn) {
                right = right.ok()?;
            }
            // An empty list holds nothing, whatever it is asked for.
            if right.as_seq().is_none_or(|items| !items.is_empty()) || !matches!(op, Cmp::In | Cmp::NotIn) {
                left = left.ok()?;
            }
            right = right.ok()?;
            if !ops::compare(*op, &left, &right)? {
                return Ok(Val::Bool(false));
            }
            left = right;
        }
        Ok(Val::Bool(true))
    }

    pub(crate) fn args(&self, args: &[Arg], locals: &Locals) -> R<Args> {
        let mut made = Args::default();
        for arg in args {
            match arg {
                Arg::Pos(e) => made.pos.push(self.eval(e, locals)?),
                Arg::Kw(name, e) => made.kw.push((Arc::clone(name), self.eval(e, locals)?)),
                Arg::Splat(e) => made.pos.extend(self.eval(e, locals)?.each()?),
                Arg::KwSplat(e) => {
                    let map = self.eval(e, locals)?.ok()?;
                    let entries = map.entries().ok_or_else(|| {
                        Fail::new(format!("argument after ** must be a mapping, not {}", map.type_name()))
                    })?;
                    for (k, v) in entries {
                        let name = k.as_str().ok_or_else(|| Fail::new("keywords must be strings"))?;
                        made.kw.push((name.into(), v));
                    }
                }
            }
        }
        Ok(made)
    }

    fn call(&self, callee: &Expr, args: &[Arg], locals: &Locals) -> R {
        match &callee.kind {
            ExprKind::Attr(of, name) => {
                if matches!(&of.kind, ExprKind::Var(v) if &**v == "self") && locals.get("self").is_none() {
                    return self.block_named(name, 0, locals);
                }
                let of = self.eval(of, locals)?;
                if matches!(of, Val::Marker(_)) {
                    return Ok(of);
                }
                let args = self.args(args, locals)?;
                if let Some(f) = first_marker(&args) {
                    return Ok(Val::Marker(f));
                }
                if let Some(result) = methods::call(&of, name, &args) {
                    return Ok(result.unwrap_or_else(Val::captured));
                }
                self.invoke(&access::attr(&of, name), args)
            }
            ExprKind::Var(name) if &**name == "super" => self.parent_block(locals),
            _ => {
                let f = self.eval(callee, locals)?;
                let args = self.args(args, locals)?;
                self.invoke(&f, args)
            }
        }
    }

    /// Calls a value; what goes wrong inside becomes a marker, as in Ansible.
    pub(crate) fn invoke(&self, callee: &Val, args: Args) -> R {
        match callee {
            Val::Marker(f) => Ok(Val::Marker(f.clone())),
            Val::Object(o) => match o.call(&self.env, args) {
                Some(result) => Ok(result.unwrap_or_else(Val::captured)),
                None => Err(Fail::new(format!("'{}' object is not callable", o.type_name()))),
            },
            other => Err(Fail::new(format!("'{}' object is not callable", other.type_name()))),
        }
    }

    /// Runs a macro's body with these arguments.
    pub(crate) fn call_macro(&self, m: &Macro, locals: &Locals, args: Args, caller: Option<Val>) -> R {
        let inner = locals.nested();
        let mut pos = args.pos.into_iter();
        let mut kw = args.kw;
        let first_default = m.params.len().saturating_sub(m.defaults.len());
        for (i, param) in m.params.iter().enumerate() {
            let given = pos.next().or_else(|| {
                let at = kw.iter().position(|(k, _)| k == param)?;
                Some(kw.remove(at).1)
            });
            let value = match given {
                Some(v) => v,
                None => match i.checked_sub(first_default).and_then(|d| m.defaults.get(d)) {
                    Some(default) => self.eval(default, &inner)?,
                    None => Val::Marker(Fail::undefined(format!("parameter '{param}' was not provided"))),
                },
            };
            inner.set(param, value);
        }
        let caller = caller.or_else(|| {
            let at = kw.iter().position(|(k, _)| &**k == "caller")?;
            Some(kw.remove(at).1)
        });
        inner.set(&"varargs".into(), Val::tuple(pos.collect()));
        inner.set(&"kwargs".into(), Val::dict(kw.into_iter().map(|(k, v)| (k.into(), v))));
        let no_caller = || Val::Marker(Fail::undefined("No caller defined"));
        inner.set(&"caller".into(), caller.unwrap_or_else(no_caller));
        self.capture(&m.body, &inner)
    }
}

/// The first failure among arguments.
pub(crate) fn first_marker(args: &Args) -> Option<Fail> {
    args.pos.iter().chain(args.kw.iter().map(|(_, v)| v)).find_map(|v| match v {
        Val::Marker(f) => Some(f.clone()),
        _ => None,
    })
}
