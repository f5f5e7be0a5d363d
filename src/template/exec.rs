//! Runs statements. What they emit stays values until joined: a template that emits one value is that value.

use super::ast::{ExprKind, For, Macro, Stmt, Target};
use super::depth::{Deeper, roomy};
use super::env::Env;
use super::eval::Interp;
use super::fail::{Fail, R};
use super::locals::Locals;
use super::loops::LoopVar;
use super::place::Template;
use super::python;
use super::val::{Args, Object, Val};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// The blocks of a chain of templates, the most derived first, with where `super()` has got to.
#[derive(Default)]
pub(crate) struct Blocks {
    by_name: HashMap<Arc<str>, Vec<Template>>,
    running: Vec<(Arc<str>, usize)>,
}

/// How a statement ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
}

/// What was emitted, and the parent that `extends` named.
#[derive(Default)]
pub(crate) struct Out {
    nodes: Vec<Val>,
    parent: Option<Template>,
}

impl Out {
    /// Everything emitted, as one value: nothing is `None`, one value is itself, several are a string.
    fn join(self) -> R {
        let mut nodes = self.nodes.into_iter().filter(|n| !n.is_none());
        let Some(first) = nodes.next() else { return Ok(Val::None) };
        let Some(second) = nodes.next() else { return Ok(first) };
        let mut text = String::new();
        for node in [first, second].into_iter().chain(nodes) {
            text.push_str(&python::joined(&node)?);
        }
        Ok(Val::str(text))
    }
}

impl Interp {
    /// The template's value.
    pub(crate) fn run(&self) -> R {
        let mut out = Out::default();
        self.root(&Locals::default(), &mut out)?;
        out.join()
    }

    /// Runs a whole template, and the chain of those it extends.
    pub(crate) fn root(&self, locals: &Locals, out: &mut Out) -> R<()> {
        let mut at = self.clone();
        loop {
            for name in at.template.parsed().blocks.keys() {
                let mut blocks = at.blocks.borrow_mut();
                blocks.by_name.entry(Arc::clone(name)).or_default().push(at.template.clone());
            }
            at.exec(&at.template.parsed().body, locals, out)?;
            match out.parent.take() {
                Some(parent) => at = at.within(&parent),
                None => return Ok(()),
            }
        }
    }

    /// What statements emit, as one value.
    pub(crate) fn capture(&self, body: &[Stmt], locals: &Locals) -> R {
        let mut out = Out::default();
        self.exec(body, locals, &mut out)?;
        out.join()
    }

    fn exec(&self, body: &[Stmt], locals: &Locals, out: &mut Out) -> R<Flow> {
        for stmt in body {
            let flow = roomy(|| self.stmt(stmt, locals, out))?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn stmt(&self, stmt: &Stmt, locals: &Locals, out: &mut Out) -> R<Flow> {
        match stmt {
            // After `extends` nothing is emitted any more; names are still set.
            Stmt::Emit(_) | Stmt::Raw(_) | Stmt::Block(_) | Stmt::Include(..) if out.parent.is_some() => {}
            Stmt::Emit(expr) => out.nodes.push(self.eval(expr, locals)?.ok()?),
            Stmt::Raw(text) => out.nodes.push(Val::str(Arc::clone(text))),
            Stmt::For(f) => {
                let items = self.eval(&f.iter, locals)?.each().map_err(|e| self.placed(e, &f.iter))?;
                self.for_loop(f, items, locals, 0, out)?;
            }
            Stmt::If(cond, yes, no) => {
                let truth = self.eval(cond, locals)?.truthy().map_err(|e| self.placed(e, cond))?;
                return self.exec(if truth { yes } else { no }, locals, out);
            }
            Stmt::With(assigned, body) => {
                let inner = locals.nested();
                for (target, expr) in assigned {
                    let value = self.eval(expr, locals)?;
                    self.assign(target, value, &inner).map_err(|e| self.placed(e, expr))?;
                }
                return self.exec(body, &inner, out);
            }
            Stmt::Set(target, expr) => {
                let value = self.eval(expr, locals)?;
                self.assign(target, value, locals).map_err(|e| self.placed(e, expr))?;
            }
            Stmt::SetBlock(target, filter, body) => {
                let mut value = self.capture(body, &locals.nested())?;
                if let Some(filter) = filter {
                    value = self.chain(filter, value, locals)?;
                }
                self.assign(target, value, locals)?;
            }
            Stmt::FilterBlock(filter, body) => {
                let value = self.capture(body, &locals.nested())?;
                out.nodes.push(self.chain(filter, value, locals)?.ok()?);
            }
            Stmt::Scope(body) => return self.exec(body, locals, out),
            Stmt::Block(name) => {
                let value = self.block_named(name, 0, locals)?;
                out.nodes.push(value.ok()?);
            }
            Stmt::Import(expr, name) => {
                let module = self.import(expr, locals)?;
                locals.set(name, Val::object(Module(module)));
            }
            Stmt::FromImport(expr, names) => {
                let module = self.import(expr, locals)?;
                for (from, to) in names {
                    let found = module.own().into_iter().find(|(n, _)| n == from).map(|(_, v)| v);
                    let missing = || {
                        Val::Marker(Fail::undefined(format!(
                            "the imported template does not export the requested name '{from}'"
                        )))
                    };
                    locals.set(to, found.unwrap_or_else(missing));
                }
            }
            Stmt::Extends(expr) => {
                let name = self.eval(expr, locals)?.ok()?;
                out.parent = Some(self.load(&[name]).map_err(|e| self.placed(e, expr))?);
            }
            Stmt::Include(expr, ignore_missing) => {
                let name = self.eval(expr, locals)?.ok()?;
                let names = name.as_seq().unwrap_or_else(|| vec![name]);
                match self.load(&names) {
                    Ok(template) => {
                        let _deeper = Deeper::enter("template")?;
                        self.apart(&template).root(&locals.nested(), out)?;
                    }
                    Err(_) if *ignore_missing => {}
                    Err(e) => return Err(self.placed(e, expr)),
                }
            }
            Stmt::Macro(m) => {
                let made = MacroVal { interp: self.clone(), decl: Arc::clone(m), locals: locals.clone() };
                locals.set(&m.name, Val::object(made));
            }
            Stmt::CallBlock(call, body) => {
                let caller = Val::object(MacroVal {
                    interp: self.clone(),
                    decl: Arc::clone(body),
                    locals: locals.clone(),
                });
                let ExprKind::Call(callee, args) = &call.kind else { return Ok(Flow::Next) };
                let callee = self.eval(callee, locals)?;
                let mut args = self.args(args, locals)?;
                args.kw.push(("caller".into(), caller));
                out.nodes.push(self.invoke(&callee, args)?.ok().map_err(|e| self.placed(e, call))?);
            }
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Do(expr) => {
                self.eval(expr, locals)?.ok()?;
            }
        }
        Ok(Flow::Next)
    }

    /// Applies a chain of filters to a captured text.
    fn chain(&self, filter: &super::ast::Expr, value: Val, locals: &Locals) -> R {
        let ExprKind::Filter(f, operand, args) = &filter.kind else { return self.eval(filter, locals) };
        let value = match operand {
            Some(inner) => self.chain(inner, value, locals)?,
            None => value,
        };
        let args = self.args(args, locals)?;
        Ok(f.apply(&self.env, value, args))
    }

    /// A loop, at a depth that `recursive` counts.
    fn for_loop(&self, f: &Arc<For>, items: Vec<Val>, locals: &Locals, depth: usize, out: &mut Out) -> R<()> {
        let mut kept = Vec::with_capacity(items.len());
        for item in items {
            if let Some(filter) = &f.filter {
                let inner = locals.nested();
                self.assign(&f.target, item.clone(), &inner).map_err(|e| self.placed(e, &f.iter))?;
                if !self.eval(filter, &inner)?.truthy().map_err(|e| self.placed(e, filter))? {
                    continue;
                }
            }
            kept.push(item);
        }
        if kept.is_empty() {
            self.exec(&f.otherwise, &locals.nested(), out)?;
            return Ok(());
        }
        let looped = Rc::new(LoopVar::new(kept, depth));
        for (i, item) in looped.items().iter().enumerate() {
            looped.advance(i);
            let inner = locals.nested();
            inner.set(&"loop".into(), Val::Object(Rc::clone(&looped) as Rc<dyn Object>));
            if f.recursive {
                let again =
                    Recurse { interp: self.clone(), of: Arc::clone(f), locals: locals.clone(), depth };
                looped.recurse_with(Val::object(again));
            }
            self.assign(&f.target, item.clone(), &inner).map_err(|e| self.placed(e, &f.iter))?;
            if self.exec(&f.body, &inner, out)? == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    fn assign(&self, target: &Target, value: Val, locals: &Locals) -> R<()> {
        match target {
            Target::Name(name) => locals.set(name, value),
            Target::Attr(of, attr) => {
                let set = match locals.get(of) {
                    Some(Val::Object(o)) => o.set_attr(attr, value),
                    _ => false,
                };
                if !set {
                    return Err(Fail::new("cannot assign attribute on non-namespace object"));
                }
            }
            Target::Unpack(targets) => {
                let items = value.each()?;
                if items.len() < targets.len() {
                    let (want, got) = (targets.len(), items.len());
                    return Err(Fail::new(format!(
                        "not enough values to unpack (expected {want}, got {got})"
                    )));
                }
                if items.len() > targets.len() {
                    return Err(Fail::new(format!("too many values to unpack (expected {})", targets.len())));
                }
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item, locals)?;
                }
            }
        }
        Ok(())
    }

    /// The first of these templates that exists.
    fn load(&self, names: &[Val]) -> R<Template> {
        let mut texts = Vec::new();
        for name in names {
            texts.push(python::to_str(name)?);
        }
        self.env.shared().find_template(&texts, &self.env, &self.template)
    }

    /// Runs a template for the names it sets.
    fn import(&self, expr: &super::ast::Expr, locals: &Locals) -> R<Locals> {
        let name = self.eval(expr, locals)?.ok()?;
        let template = self.load(&[name]).map_err(|e| self.placed(e, expr))?;
        let _deeper = Deeper::enter("template")?;
        let module = locals.nested();
        self.apart(&template).root(&module, &mut Out::default())?;
        Ok(module)
    }

    /// Runs the block of this name as the template at `depth` of the chain has it.
    pub(crate) fn block_named(&self, name: &Arc<str>, depth: usize, locals: &Locals) -> R {
        let template = self.blocks.borrow().by_name.get(name).and_then(|chain| chain.get(depth)).cloned();
        let body = template.as_ref().and_then(|t| t.parsed().blocks.get(name));
        let (Some(template), Some(body)) = (&template, body) else {
            return Ok(Val::Marker(Fail::undefined(format!("there is no parent block called '{name}'."))));
        };
        let _deeper = Deeper::enter("template")?;
        self.blocks.borrow_mut().running.push((Arc::clone(name), depth));
        let result = self.within(template).capture(body, &locals.nested());
        self.blocks.borrow_mut().running.pop();
        // A block that emits nothing emits an empty text, not `None`.
        result.map(|v| if v.is_none() { Val::str("") } else { v })
    }

    /// `super()`.
    pub(crate) fn parent_block(&self, locals: &Locals) -> R {
        let running = self.blocks.borrow().running.last().cloned();
        match running {
            Some((name, depth)) => self.block_named(&name, depth + 1, locals),
            None => Err(Fail::new("'super' is undefined")),
        }
    }
}

/// A macro as a value.
struct MacroVal {
    interp: Interp,
    decl: Arc<Macro>,
    locals: Locals,
}

impl Object for MacroVal {
    fn type_name(&self) -> &'static str {
        "Macro"
    }

    fn callable(&self) -> bool {
        true
    }

    fn attr(&self, name: &str) -> Option<Val> {
        Some(match name {
            "name" => Val::str(Arc::clone(&self.decl.name)),
            "arguments" => Val::tuple(self.decl.params.iter().map(|p| Val::str(Arc::clone(p))).collect()),
            _ => return None,
        })
    }

    fn call(&self, _env: &Env, args: Args) -> Option<R> {
        let run = || {
            let _deeper = Deeper::enter("template")?;
            self.interp.call_macro(&self.decl, &self.locals, args, None)
        };
        Some(run())
    }
}

/// `loop(children)` inside a recursive loop.
struct Recurse {
    interp: Interp,
    of: Arc<For>,
    locals: Locals,
    depth: usize,
}

impl Object for Recurse {
    fn type_name(&self) -> &'static str {
        "LoopContext"
    }

    fn callable(&self) -> bool {
        true
    }

    fn call(&self, _env: &Env, args: Args) -> Option<R> {
        let run = || {
            let _deeper = Deeper::enter("template")?;
            let items = args.pos.first().unwrap_or(&Val::None).each()?;
            let mut out = Out::default();
            self.interp.for_loop(&self.of, items, &self.locals, self.depth + 1, &mut out)?;
            out.join()
        };
        Some(run())
    }
}

/// An imported template.
struct Module(Locals);

impl Object for Module {
    fn type_name(&self) -> &'static str {
        "TemplateModule"
    }

    fn attr(&self, name: &str) -> Option<Val> {
        self.0.own().into_iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }
}
