//! From text to `Parsed`: minijinja's lexer and parser, then names resolved and constants converted.

use super::ast::{Arg, Cmp, Const, Expr, ExprKind, For, Macro, Op, Parsed, Stmt, Target};
use super::fail::{Fail, R};
use super::{depth, filters, respelt, syntax, tests};
use crate::error::did_you_mean;
use indexmap::IndexMap;
use minijinja::machinery::ast;
use minijinja::machinery::{Span as At, Token, tokenize};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use std::sync::Arc;

/// What kind of text this is, which decides how its string constants are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// A string of a play: backslashes in the strings of `{{ }}` stand for themselves, YAML having had its turn.
    Play,
    /// A template file: Jinja's own escapes.
    File,
    /// An expression without braces.
    Expression,
    /// A conditional: an expression whose constants may hold templates.
    Conditional,
}

/// A text that does not parse: the words, and the range of bytes they are about.
pub(crate) struct SyntaxFail {
    pub(crate) fail: Fail,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Parses a text.
pub(crate) fn parse(text: &Arc<str>, mode: Mode, config: &SyntaxConfig) -> Result<Parsed, SyntaxFail> {
    depth::roomy_for(text, || parse_either(text, mode, config))
}

/// Parses a text, in another spelling if minijinja does not read its own.
fn parse_either(text: &Arc<str>, mode: Mode, config: &SyntaxConfig) -> Result<Parsed, SyntaxFail> {
    let parsed = parse_spelt(text, text, mode, config);
    let Err(_) = &parsed else { return parsed };
    match respelt::respelt(text, mode, config) {
        Some(other) => parse_spelt(text, &other, mode, config).or(parsed),
        None => parsed,
    }
}

/// Parses a text in a spelling of the same length that minijinja reads.
fn parse_spelt(
    text: &Arc<str>,
    spelt: &str,
    mode: Mode,
    config: &SyntaxConfig,
) -> Result<Parsed, SyntaxFail> {
    if too_many_signs(spelt, mode, config) {
        return Err(SyntaxFail { fail: too_deep(), start: 0, end: 0 });
    }
    let mut lower =
        Lower { text, mode, printing: false, branch: 0, depth: 0, blocks: IndexMap::new(), at: (0, 0) };
    let expression = matches!(mode, Mode::Expression | Mode::Conditional);
    let body = if expression {
        minijinja::machinery::parse_expr(spelt)
            .map_err(|e| syntax::told(spelt, &e, true, config))
            .and_then(|e| Ok(vec![Stmt::Emit(lower.expr(&e).map_err(|f| lower.placed(f))?)]))
    } else {
        match minijinja::machinery::parse(spelt, "template", config.clone()) {
            Ok(ast::Stmt::Template(t)) => lower.body(&t.children).map_err(|f| lower.placed(f)),
            Ok(_) => Ok(Vec::new()),
            Err(e) => Err(syntax::told(spelt, &e, false, config)),
        }
    }?;
    Ok(Parsed { text: Arc::clone(text), body, blocks: lower.blocks })
}

fn too_deep() -> Fail {
    Fail::finished("Recursive loop detected in template: maximum recursion depth exceeded")
}

/// Whether operators of one operand stand in a row so long that minijinja, which does not count them, would go too deep.
fn too_many_signs(text: &str, mode: Mode, config: &SyntaxConfig) -> bool {
    let expression = matches!(mode, Mode::Expression | Mode::Conditional);
    let mut row = 0;
    text.len() > depth::EXPRESSIONS
        && tokenize(text, expression, config.clone()).map_while(Result::ok).any(|(token, _)| {
            row = if matches!(token, Token::Minus | Token::Ident("not")) { row + 1 } else { 0 };
            row > depth::EXPRESSIONS
        })
}

struct Lower<'a> {
    text: &'a str,
    mode: Mode,
    /// Inside `{{ }}`.
    printing: bool,
    /// How many branches deep: what may never run may name filters that do not exist.
    branch: u32,
    /// How many expressions and statements deep.
    depth: usize,
    blocks: IndexMap<Arc<str>, Arc<Vec<Stmt>>>,
    /// The node being looked at.
    at: (u32, u32),
}

type L<T> = R<T>;

impl Lower<'_> {
    fn placed(&self, fail: Fail) -> SyntaxFail {
        SyntaxFail { fail, start: self.at.0, end: self.at.1 }
    }

    /// What `work` makes, one deeper.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> L<T>) -> L<T> {
        if self.depth == depth::EXPRESSIONS {
            return Err(too_deep());
        }
        self.depth += 1;
        let made = work(self);
        self.depth -= 1;
        made
    }

    fn body(&mut self, stmts: &[ast::Stmt<'_>]) -> L<Vec<Stmt>> {
        let mut body = Vec::with_capacity(stmts.len());
        for stmt in stmts {
            if let Some(stmt) = self.deeper(|lower| lower.stmt(stmt))? {
                body.push(stmt);
            }
        }
        Ok(body)
    }

    fn guarded(&mut self, stmts: &[ast::Stmt<'_>]) -> L<Vec<Stmt>> {
        self.branch += 1;
        let body = self.body(stmts);
        self.branch -= 1;
        body
    }

    fn stmt(&mut self, stmt: &ast::Stmt<'_>) -> L<Option<Stmt>> {
        Ok(Some(match stmt {
            ast::Stmt::Template(t) => Stmt::Scope(self.body(&t.children)?),
            ast::Stmt::EmitExpr(e) => {
                self.printing = true;
                let expr = self.expr(&e.expr);
                self.printing = false;
                Stmt::Emit(expr?)
            }
            ast::Stmt::EmitRaw(r) if r.raw.is_empty() => return Ok(None),
            ast::Stmt::EmitRaw(r) => Stmt::Raw(r.raw.into()),
            ast::Stmt::ForLoop(f) => Stmt::For(Arc::new(For {
                target: self.target(&f.target)?,
                iter: self.expr(&f.iter)?,
                filter: f.filter_expr.as_ref().map(|e| self.expr(e)).transpose()?,
                recursive: f.recursive,
                body: self.body(&f.body)?,
                otherwise: self.body(&f.else_body)?,
            })),
            ast::Stmt::IfCond(i) => {
                Stmt::If(self.expr(&i.expr)?, self.guarded(&i.true_body)?, self.guarded(&i.false_body)?)
            }
            ast::Stmt::WithBlock(w) => {
                let mut assigned = Vec::new();
                for (target, expr) in &w.assignments {
                    assigned.push((self.target(target)?, self.expr(expr)?));
                }
                Stmt::With(assigned, self.body(&w.body)?)
            }
            ast::Stmt::Set(s) => Stmt::Set(self.target(&s.target)?, self.expr(&s.expr)?),
            ast::Stmt::SetBlock(s) => Stmt::SetBlock(
                self.target(&s.target)?,
                s.filter.as_ref().map(|f| self.expr(f)).transpose()?,
                self.body(&s.body)?,
            ),
            ast::Stmt::AutoEscape(a) => Stmt::Scope(self.body(&a.body)?),
            ast::Stmt::FilterBlock(f) => Stmt::FilterBlock(self.expr(&f.filter)?, self.body(&f.body)?),
            ast::Stmt::Block(b) => {
                let name: Arc<str> = b.name.into();
                let body = self.body(&b.body)?;
                self.blocks.insert(Arc::clone(&name), Arc::new(body));
                Stmt::Block(name)
            }
            ast::Stmt::Import(i) => {
                let Target::Name(name) = self.target(&i.name)? else { return Err(self.odd("import")) };
                Stmt::Import(self.expr(&i.expr)?, name)
            }
            ast::Stmt::FromImport(i) => {
                let mut names = Vec::new();
                for (name, alias) in &i.names {
                    let Target::Name(from) = self.target(name)? else { return Err(self.odd("import")) };
                    let to = match alias {
                        Some(alias) => match self.target(alias)? {
                            Target::Name(to) => to,
                            _ => return Err(self.odd("import")),
                        },
                        None => Arc::clone(&from),
                    };
                    names.push((from, to));
                }
                Stmt::FromImport(self.expr(&i.expr)?, names)
            }
            ast::Stmt::Extends(e) => Stmt::Extends(self.expr(&e.name)?),
            ast::Stmt::Include(i) => Stmt::Include(self.expr(&i.name)?, i.ignore_missing),
            ast::Stmt::Macro(m) => Stmt::Macro(self.macro_decl(m)?),
            ast::Stmt::CallBlock(c) => {
                let call = self.call(&c.call, c.call.span())?;
                Stmt::CallBlock(call, self.macro_decl(&c.macro_decl)?)
            }
            ast::Stmt::Continue(_) => Stmt::Continue,
            ast::Stmt::Break(_) => Stmt::Break,
            ast::Stmt::Do(d) => Stmt::Do(self.call(&d.call, d.call.span())?),
        }))
    }

    fn odd(&self, what: &str) -> Fail {
        Fail::syntax(format!("unexpected target of {what}"))
    }

    fn macro_decl(&mut self, m: &ast::Macro<'_>) -> L<Arc<Macro>> {
        let mut params = Vec::new();
        for arg in &m.args {
            let Target::Name(name) = self.target(arg)? else { return Err(self.odd("macro")) };
            params.push(name);
        }
        let defaults = m.defaults.iter().map(|d| self.expr(d)).collect::<L<_>>()?;
        Ok(Arc::new(Macro { name: m.name.into(), params, defaults, body: self.body(&m.body)? }))
    }

    fn target(&mut self, expr: &ast::Expr<'_>) -> L<Target> {
        Ok(match expr {
            ast::Expr::Var(v) => Target::Name(v.id.into()),
            ast::Expr::GetAttr(a) => match &a.expr {
                ast::Expr::Var(v) => Target::Attr(v.id.into(), a.name.into()),
                _ => return Err(self.odd("assignment")),
            },
            ast::Expr::List(l) => Target::Unpack(l.items.iter().map(|t| self.target(t)).collect::<L<_>>()?),
            ast::Expr::Tuple(l) => Target::Unpack(l.items.iter().map(|t| self.target(t)).collect::<L<_>>()?),
            _ => return Err(self.odd("assignment")),
        })
    }

    fn boxed(&mut self, expr: &ast::Expr<'_>) -> L<Box<Expr>> {
        self.expr(expr).map(Box::new)
    }

    fn expr(&mut self, expr: &ast::Expr<'_>) -> L<Expr> {
        self.deeper(|lower| lower.lowered(expr))
    }

    fn lowered(&mut self, expr: &ast::Expr<'_>) -> L<Expr> {
        let at = expr.span();
        let kind = match expr {
            ast::Expr::Var(v) => ExprKind::Var(v.id.into()),
            ast::Expr::Const(c) => self.constant(&c.value, at)?,
            ast::Expr::Slice(s) => {
                let mut part = |e: &Option<ast::Expr<'_>>| e.as_ref().map(|e| self.boxed(e)).transpose();
                let parts = [part(&s.start)?, part(&s.stop)?, part(&s.step)?];
                ExprKind::Slice(self.boxed(&s.expr)?, parts)
            }
            ast::Expr::UnaryOp(u) => match u.op {
                ast::UnaryOpKind::Not => ExprKind::Not(self.boxed(&u.expr)?),
                ast::UnaryOpKind::Neg => ExprKind::Neg(self.boxed(&u.expr)?),
            },
            ast::Expr::BinOp(b) => self.binary(b)?,
            ast::Expr::Compare(c) => {
                let mut ops = Vec::new();
                for op in &c.ops {
                    ops.push((comparison(op.op), self.expr(&op.expr)?));
                }
                ExprKind::Compare(self.boxed(&c.expr)?, ops)
            }
            ast::Expr::IfExpr(i) => {
                let test = self.boxed(&i.test_expr)?;
                self.branch += 1;
                let yes = self.boxed(&i.true_expr);
                let no = i.false_expr.as_ref().map(|e| self.boxed(e)).transpose();
                self.branch -= 1;
                ExprKind::If(test, yes?, no?)
            }
            ast::Expr::Filter(f) => {
                let expr = f.expr.as_ref().map(|e| self.boxed(e)).transpose()?;
                let args = self.args(&f.args)?;
                self.at = (at.start_offset, at.end_offset);
                match filters::find(f.name) {
                    Some(filter) => ExprKind::Filter(filter, expr, args),
                    None => self.missing("filter", f.name, filters::names())?,
                }
            }
            ast::Expr::Test(t) => {
                let expr = self.boxed(&t.expr)?;
                let args = self.args(&t.args)?;
                self.at = (at.start_offset, at.end_offset);
                match tests::find(t.name) {
                    Some(test) => ExprKind::Test(test, expr, args),
                    None => self.missing("test", t.name, tests::names())?,
                }
            }
            ast::Expr::GetAttr(a) => ExprKind::Attr(self.boxed(&a.expr)?, a.name.into()),
            ast::Expr::GetItem(i) => ExprKind::Item(self.boxed(&i.expr)?, self.boxed(&i.subscript_expr)?),
            ast::Expr::Call(c) => return self.call(c, at),
            ast::Expr::List(l) => ExprKind::List(self.all(&l.items)?),
            ast::Expr::Tuple(t) => ExprKind::Tuple(self.all(&t.items)?),
            ast::Expr::Map(m) => {
                let keys = self.all(&m.keys)?;
                let values = self.all(&m.values)?;
                ExprKind::Dict(keys.into_iter().zip(values).collect())
            }
        };
        Ok(Expr { kind, start: at.start_offset, end: at.end_offset })
    }

    fn all(&mut self, exprs: &[ast::Expr<'_>]) -> L<Vec<Expr>> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn binary(&mut self, b: &ast::BinOp<'_>) -> L<ExprKind> {
        use ast::BinOpKind as B;
        let left = self.boxed(&b.left)?;
        let right = self.boxed(&b.right)?;
        let cmp = |cmp, left, right: Box<Expr>| ExprKind::Compare(left, vec![(cmp, *right)]);
        Ok(match b.op {
            B::Eq => cmp(Cmp::Eq, left, right),
            B::Ne => cmp(Cmp::Ne, left, right),
            B::Lt => cmp(Cmp::Lt, left, right),
            B::Lte => cmp(Cmp::Le, left, right),
            B::Gt => cmp(Cmp::Gt, left, right),
            B::Gte => cmp(Cmp::Ge, left, right),
            B::In => cmp(Cmp::In, left, right),
            B::ScAnd => ExprKind::And(left, right),
            B::ScOr => ExprKind::Or(left, right),
            B::Add => ExprKind::Binary(Op::Add, left, right),
            B::Sub => ExprKind::Binary(Op::Sub, left, right),
            B::Mul => ExprKind::Binary(Op::Mul, left, right),
            B::Div => ExprKind::Binary(Op::Div, left, right),
            B::FloorDiv => ExprKind::Binary(Op::FloorDiv, left, right),
            B::Rem => ExprKind::Binary(Op::Mod, left, right),
            B::Pow => ExprKind::Binary(Op::Pow, left, right),
            B::Concat => ExprKind::Binary(Op::Concat, left, right),
        })
    }

    fn call(&mut self, c: &ast::Call<'_>, at: At) -> L<Expr> {
        let callee = self.boxed(&c.expr)?;
        let mut args = self.args(&c.args)?;
        if matches!(&callee.kind, ExprKind::Var(name) if matches!(&**name, "lookup" | "query" | "q")) {
            // The lookup's own name is never a template.
            for arg in args.iter_mut().skip(1) {
                if let Arg::Pos(expr) = arg {
                    embed(expr);
                }
            }
        }
        Ok(Expr { kind: ExprKind::Call(callee, args), start: at.start_offset, end: at.end_offset })
    }

    fn args(&mut self, args: &[ast::CallArg<'_>]) -> L<Vec<Arg>> {
        args.iter()
            .map(|a| {
                Ok(match a {
                    ast::CallArg::Pos(e) => Arg::Pos(self.expr(e)?),
                    ast::CallArg::Kwarg(name, e) => Arg::Kw((*name).into(), self.expr(e)?),
                    ast::CallArg::PosSplat(e) => Arg::Splat(self.expr(e)?),
                    ast::CallArg::KwargSplat(e) => Arg::KwSplat(self.expr(e)?),
                })
            })
            .collect()
    }

    fn missing(&self, what: &str, name: &str, known: impl Iterator<Item = &'static str>) -> L<ExprKind> {
        let name: String = name.split_whitespace().collect();
        if self.branch > 0 {
            return Ok(ExprKind::Missing(format!("No {what} named '{name}' found.")));
        }
        let message = format!("No {what} named '{name}'.");
        let near = did_you_mean(&name, known);
        Err(Fail::syntax(message).near(near))
    }

    fn constant(&self, value: &minijinja::Value, at: At) -> L<ExprKind> {
        Ok(ExprKind::Const(match value.kind() {
            ValueKind::None => Const::None,
            ValueKind::Bool => Const::Bool(value.is_true()),
            ValueKind::Number if value.is_integer() => match i128::try_from(value.clone()) {
                Ok(i) => Const::Int(i),
                Err(_) => return Err(Fail::syntax("integer beyond 128 bits")),
            },
            ValueKind::Number => Const::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
            _ => {
                let text = value.as_str().unwrap_or_default();
                let text = match self.raw_string(at) {
                    Some(raw) if self.printing && self.mode == Mode::Play => raw,
                    _ => text.to_owned(),
                };
                if self.mode == Mode::Conditional && holds_template(&text) {
                    return Ok(ExprKind::Embedded(text.into()));
                }
                Const::Str(text.into())
            }
        }))
    }

    /// A string constant as it stands between its quotes; adjacent ones are one.
    fn raw_string(&self, at: At) -> Option<String> {
        let written = self.text.get(at.start_offset as usize..at.end_offset as usize)?;
        if !written.contains('\\') {
            return None;
        }
        let mut out = String::new();
        let mut chars = written.chars();
        while let Some(quote) = chars.by_ref().find(|c| *c == '\'' || *c == '"') {
            while let Some(c) = chars.next() {
                match c {
                    '\\' => {
                        out.push('\\');
                        out.extend(chars.next());
                    }
                    c if c == quote => break,
                    c => out.push(c),
                }
            }
        }
        Some(out)
    }
}

/// Marks string constants that hold templates: lookup terms still render them.
fn embed(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::Const(Const::Str(s)) if holds_template(s) => expr.kind = ExprKind::Embedded(Arc::clone(s)),
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter_mut().for_each(embed),
        ExprKind::Dict(entries) => entries.iter_mut().for_each(|(_, v)| embed(v)),
        _ => {}
    }
}

fn holds_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|d| text.contains(d))
}

fn comparison(op: ast::CompareOpKind) -> Cmp {
    match op {
        ast::CompareOpKind::Eq => Cmp::Eq,
        ast::CompareOpKind::Ne => Cmp::Ne,
        ast::CompareOpKind::Lt => Cmp::Lt,
        ast::CompareOpKind::Lte => Cmp::Le,
        ast::CompareOpKind::Gt => Cmp::Gt,
        ast::CompareOpKind::Gte => Cmp::Ge,
        ast::CompareOpKind::In => Cmp::In,
        ast::CompareOpKind::NotIn => Cmp::NotIn,
    }
}
