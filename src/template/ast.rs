//! A parsed template: minijinja's syntax tree, owned, with constants converted and names resolved.

use super::filters::Filter;
use super::tests::Test;
use super::val::Val;
use indexmap::IndexMap;
use std::sync::Arc;

/// A parsed template or expression.
pub(crate) struct Parsed {
    /// The text that was parsed.
    pub(crate) text: Arc<str>,
    /// Its statements.
    pub(crate) body: Vec<Stmt>,
    /// Its blocks by name.
    pub(crate) blocks: IndexMap<Arc<str>, Arc<Vec<Stmt>>>,
}

/// An expression at a range of bytes of the template.
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A constant.
#[derive(Clone)]
pub(crate) enum Const {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Arc<str>),
}

impl Const {
    pub(crate) fn val(&self) -> Val {
        match self {
            Const::None => Val::None,
            Const::Bool(b) => Val::Bool(*b),
            Const::Int(i) => Val::Int(*i),
            Const::Float(f) => Val::Float(*f),
            Const::Str(s) => Val::str(Arc::clone(s)),
        }
    }
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

/// An operator of two values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Concat,
}

/// What an expression is.
pub(crate) enum ExprKind {
    Const(Const),
    /// A string constant that holds a template where Ansible still renders those: conditionals and lookup terms.
    Embedded(Arc<str>),
    Var(Arc<str>),
    Not(Box<Expr>),
    Neg(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(Cmp, Expr)>),
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    Filter(&'static Filter, Option<Box<Expr>>, Vec<Arg>),
    Test(&'static Test, Box<Expr>, Vec<Arg>),
    /// A filter or test that does not exist, in a branch that may never run.
    Missing(String),
    Attr(Box<Expr>, Arc<str>),
    Item(Box<Expr>, Box<Expr>),
    Slice(Box<Expr>, [Option<Box<Expr>>; 3]),
    Call(Box<Expr>, Vec<Arg>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
}

/// An argument of a call.
pub(crate) enum Arg {
    Pos(Expr),
    Kw(Arc<str>, Expr),
    Splat(Expr),
    KwSplat(Expr),
}

/// What is assigned to.
pub(crate) enum Target {
    Name(Arc<str>),
    /// `namespace.attribute`.
    Attr(Arc<str>, Arc<str>),
    Unpack(Vec<Target>),
}

/// A statement.
pub(crate) enum Stmt {
    Emit(Expr),
    Raw(Arc<str>),
    For(Arc<For>),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    With(Vec<(Target, Expr)>, Vec<Stmt>),
    Set(Target, Expr),
    /// `{% set x %}...{% endset %}`, with the filters that follow the name.
    SetBlock(Target, Option<Expr>, Vec<Stmt>),
    FilterBlock(Expr, Vec<Stmt>),
    /// The value of `autoescape` has no effect in Ansible; its body has.
    Scope(Vec<Stmt>),
    Block(Arc<str>),
    Import(Expr, Arc<str>),
    FromImport(Expr, Vec<(Arc<str>, Arc<str>)>),
    Extends(Expr),
    Include(Expr, bool),
    Macro(Arc<Macro>),
    CallBlock(Expr, Arc<Macro>),
    Continue,
    Break,
    Do(Expr),
}

/// A loop.
pub(crate) struct For {
    pub(crate) target: Target,
    pub(crate) iter: Expr,
    pub(crate) filter: Option<Expr>,
    pub(crate) recursive: bool,
    pub(crate) body: Vec<Stmt>,
    pub(crate) otherwise: Vec<Stmt>,
}

/// A macro, or the body of a call block.
pub(crate) struct Macro {
    pub(crate) name: Arc<str>,
    pub(crate) params: Vec<Arc<str>>,
    /// Defaults of the last parameters.
    pub(crate) defaults: Vec<Expr>,
    pub(crate) body: Vec<Stmt>,
}
