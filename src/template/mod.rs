//! Templates and expressions with Jinja's grammar and Python's and Ansible's ways.
//!
//! minijinja lexes and parses; what it means is decided here, by ansible-core 2.19 (`docs/design/templates.md`).

mod anchors;
mod ast;
mod bind;
mod clock;
mod crypt;
mod depth;
pub mod dump;
mod env;
mod eval;
mod exec;
mod fail;
mod files;
mod filters;
mod glob;
mod globals;
#[cfg(test)]
mod golden;
mod json;
mod locals;
mod lookups;
mod loops;
mod moment;
mod network;
mod notice;
mod options;
mod parse;
mod place;
mod plugin;
mod python;
mod random;
mod respelt;
mod shared;
mod syntax;
mod tests;
mod val;
mod yaml;

pub use notice::Notice;
pub use options::FileOptions;

use crate::config::Templates;
use crate::error::{Error, Result, Span};
use crate::value::{Text, Value};
use env::Env;
use fail::Fail;
use parse::Mode;
use shared::Shared;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// The collection of what looks beneath values: never found by a short name.
const PROTOMATTER: &str = "ansible._protomatter";

/// Where a template finds its variables. Values may hold `Source` text: the engine renders it on access, recursively.
pub trait Scope: Send + Sync {
    /// The raw value of a variable.
    fn get(&self, name: &str) -> Option<Value>;
    /// The names of all variables, for did-you-mean, `vars` and `varnames`.
    fn names(&self) -> Vec<Arc<str>>;
    /// The folders in which lookups, `include` and `template` search, nearest first: each is searched with the
    /// sub-folder of the kind of file (`files`, `templates`, `vars`) and then itself.
    fn search_path(&self) -> Vec<PathBuf>;
    /// The hosts that `hostvars` lists; nothing where `get` answers for `hostvars` itself.
    fn hosts(&self) -> Option<Vec<Arc<str>>> {
        None
    }
    /// The hosts of the inventory that these patterns mean; none where they cannot be understood.
    fn matching(&self, _patterns: &Value) -> Vec<Arc<str>> {
        Vec::new()
    }
    /// The variables of another host, rendered as that host would: `hostvars[name]`.
    fn host(&self, _name: &str) -> Option<Arc<dyn Scope>> {
        None
    }
    /// Takes what is told while something is rendered with these variables; whether anybody listens here.
    fn told(&self, _notice: &Notice) -> bool {
        false
    }
}

/// The variables of the host that a task is delegated to: the scope says its name, templates see them under that name.
pub const DELEGATED: &str = "ansible_delegated_vars";

static OMIT: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("<<Omit>>"));

/// The value that the variable `omit` renders to when it is all that a template gives; inside lists and maps it has
/// dropped out by then. Known by identity, so that no text from anywhere can be taken for it.
#[must_use]
pub fn omit() -> Value {
    Value::Text(Text::data(Arc::clone(&OMIT)))
}

/// Whether a rendered value is `omit`: the argument or keyword it was meant for counts as not given.
#[must_use]
pub fn is_omit(value: &Value) -> bool {
    matches!(value, Value::Text(t) if Arc::ptr_eq(&t.shared(), &OMIT))
}

/// Renders. One for a run; cheap to share.
#[derive(Clone, Default)]
pub struct Engine {
    shared: Arc<Shared>,
}

impl Engine {
    /// An engine with an empty cache of parsed templates.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As `new` under these rules, telling what no scope takes.
    #[must_use]
    pub fn telling(rules: Templates, tell: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Engine { shared: Arc::new(Shared::telling(rules, Box::new(tell))) }
    }

    /// Tells something to who listens to this engine.
    pub fn tell(&self, notice: Notice) {
        self.shared.tell(notice);
    }

    /// Renders a value: `Source` text as a template giving a native value, lists and maps in depth, all else as it is.
    /// What comes out is final: every string in it is `Data`.
    ///
    /// # Errors
    /// Undefined variables (`'x' is undefined`), errors of filters and lookups, with the place of the text.
    pub fn render(&self, value: &Value, scope: &Arc<dyn Scope>) -> Result<Value> {
        let env = Env::new(&self.shared, scope);
        env.lift(value).finish().map_err(|f| f.into_error("template", value.span()))
    }

    /// Evaluates a text as an expression, without braces, to a final value: `until`, `changed_when`, `assert`'s `that`.
    ///
    /// # Errors
    /// As `render`.
    pub fn evaluate(&self, expression: &Text, scope: &Arc<dyn Scope>) -> Result<Value> {
        let env = Env::new(&self.shared, scope);
        let value = trusted(expression)
            .and_then(|()| env.render_as(&expression.shared(), expression.span(), Mode::Expression))
            .and_then(|v| v.finish());
        value.map_err(|f| f.into_error("expression", expression.span()))
    }

    /// As `evaluate`, but what is not defined is no failure: inside is why.
    ///
    /// # Errors
    /// As `evaluate`, but for undefined variables, attributes and items.
    pub fn evaluate_defined(&self, expression: &Text, scope: &Arc<dyn Scope>) -> Result<Result<Value>> {
        let env = Env::new(&self.shared, scope);
        let value = trusted(expression)
            .and_then(|()| env.render_as(&expression.shared(), expression.span(), Mode::Expression))
            .and_then(|v| v.finish());
        value.map(Ok).or_else(|f| {
            let undefined = f.kind() == fail::Kind::Undefined;
            let error = f.into_error("expression", expression.span());
            if undefined { Ok(Err(error)) } else { Err(error) }
        })
    }

    /// Evaluates a conditional: an expression without braces, or a boolean.
    ///
    /// # Errors
    /// As `render`; and a result that is not a boolean, which ansible-core 2.19 calls a broken conditional.
    pub fn test(&self, condition: &Value, scope: &Arc<dyn Scope>) -> Result<bool> {
        let env = Env::new(&self.shared, scope);
        self.conditional(condition, &env).map_err(|f| {
            let undefined = f.kind() == fail::Kind::Undefined;
            let error = f.into_error("expression", condition.span());
            if undefined {
                error.within("Error while evaluating conditional", condition.span().cloned())
            } else {
                error
            }
        })
    }

    fn conditional(&self, condition: &Value, env: &Env) -> fail::R<bool> {
        let allowed = self.shared.rules.broken_conditionals;
        let evaluated = match condition {
            Value::Text(text) => self.conditional_value(text, env)?,
            Value::Null => empty(env, None)?,
            Value::Bool(_) => condition.clone(),
            _ if allowed => env.lift(condition).finish()?,
            _ => return Err(broken("Conditional expressions must be strings.")),
        };
        match &evaluated {
            Value::Bool(b) => Ok(*b),
            other => {
                let origin = match (other, condition) {
                    (Value::Text(t), _) | (_, Value::Text(t)) => t.origin().cloned(),
                    _ => None,
                };
                let origin = origin.map_or_else(|| "<unknown>".to_owned(), |o| o.to_string());
                let truth = if other.truthy() { "True" } else { "False" };
                let why = format!(
                    "Conditional result ({truth}) was derived from value of type '{}' at '{origin}'. \
                     Conditionals must have a boolean result.",
                    other.type_name()
                );
                if allowed {
                    tell_broken(env, &why, condition.span());
                    return Ok(other.truthy());
                }
                Err(broken(&why))
            }
        }
    }

    fn conditional_value(&self, text: &Text, env: &Env) -> fail::R<Value> {
        let trimmed = text.as_str().trim();
        if trimmed.is_empty() {
            return empty(env, text.span());
        }
        trusted(text)?;
        let mut expression: Arc<str> = trimmed.into();
        let delimiters = |open: [&str; 3], at: fn(&str, &str) -> bool| open.iter().any(|d| at(trimmed, d));
        if delimiters(["{{", "{%", "{#"], |t, d| t.starts_with(d))
            && delimiters(["}}", "%}", "#}"], |t, d| t.ends_with(d))
        {
            // `when: "{{ x }}"`: a value that decides, or an author's text that is the expression.
            match env.render_as(&expression, text.span(), Mode::Play)?.finish()? {
                Value::Text(t) if t.as_str().trim().is_empty() => return empty(env, t.span()),
                Value::Null => return empty(env, text.span()),
                Value::Text(t) => {
                    trusted(&t)?;
                    expression = t.as_str().trim().into();
                }
                other => {
                    let what = Error::input(
                        "Conditionals should not be surrounded by templating delimiters such as {{ }} or {% %}.",
                    );
                    env.tell(Notice::deprecated(
                        what.at(text.span().cloned()).in_text(text.span().cloned()),
                        "2.23",
                    ));
                    return Ok(other);
                }
            }
        }
        env.render_as(&expression, text.span(), Mode::Conditional)?.finish()
    }

    /// Renders a template file's text to characters, keeping its final newline, as the template module does.
    ///
    /// # Errors
    /// As `render`, placed in the template's file.
    pub fn render_file(&self, text: &Text, scope: &Arc<dyn Scope>) -> Result<String> {
        self.render_file_with(text, &FileOptions::default(), scope)
    }

    /// As `render_file`, with the template module's options; a `#jinja2:` header in the text goes above them.
    ///
    /// # Errors
    /// As `render_file`; options that contradict each other.
    pub fn render_file_with(
        &self,
        text: &Text,
        options: &FileOptions,
        scope: &Arc<dyn Scope>,
    ) -> Result<String> {
        let env = Env::new(&self.shared, scope);
        files::render(&env, text, options).map_err(|f| f.into_error("template", text.span()))
    }

    /// Runs a lookup on the terms that a value gives, as `with_<name>` does. `items` flattens one level.
    ///
    /// # Errors
    /// An unknown lookup; what the lookup itself says.
    pub fn lookup(&self, name: &str, over: &Value, scope: &Arc<dyn Scope>) -> Result<Vec<Value>> {
        let env = Env::new(&self.shared, scope);
        lookups::for_loop(&env, name, over).map_err(|f| f.into_error("template", over.span()))
    }

    /// Checks that a text parses as a template, without rendering it.
    ///
    /// # Errors
    /// A syntax error, or a filter or test that does not exist in a place that always runs.
    pub fn check_template(&self, text: &Text) -> Result<()> {
        if !text.is_template() {
            return Ok(());
        }
        self.check(text, &text.shared(), Mode::Play, "template")
    }

    /// Checks that a text parses as a conditional, without evaluating it.
    ///
    /// # Errors
    /// As `check_template`.
    pub fn check_expression(&self, text: &Text) -> Result<()> {
        let trimmed = text.as_str().trim();
        if !text.is_source() || trimmed.is_empty() {
            return Ok(());
        }
        let wrapped = ["{{", "{%", "{#"].iter().any(|d| trimmed.starts_with(d));
        let (mode, what) = if wrapped { (Mode::Play, "template") } else { (Mode::Conditional, "expression") };
        self.check(text, &trimmed.into(), mode, what)
    }

    fn check(&self, text: &Text, chars: &Arc<str>, mode: Mode, what: &str) -> Result<()> {
        let parsed = self.shared.template(chars, text.span(), mode);
        parsed.map(drop).map_err(|f| f.into_error(what, text.span()))
    }
}

/// A conditional that says nothing.
fn empty(env: &Env, span: Option<&Span>) -> fail::R<Value> {
    if env.shared().rules.broken_conditionals {
        tell_broken(env, "Empty conditional expression was evaluated as True.", span);
        return Ok(Value::Bool(true));
    }
    Err(broken("Empty conditional expressions are not allowed."))
}

/// The failure of a conditional that is none.
fn broken(why: &str) -> Fail {
    let help = "Broken conditionals can be temporarily allowed with the `ALLOW_BROKEN_CONDITIONALS` configuration option.";
    Fail::finished(why).help(Some(help.to_owned()))
}

/// Tells a conditional that is none, where that is allowed.
fn tell_broken(env: &Env, why: &str, span: Option<&Span>) {
    let what = Error::input(why).at(span.cloned()).in_text(span.cloned()).help(
        "Broken conditionals are currently allowed because the `ALLOW_BROKEN_CONDITIONALS` configuration option is enabled.",
    );
    env.tell(Notice::deprecated(what, "2.23"));
}

/// Only what an author wrote may be evaluated.
fn trusted(text: &Text) -> fail::R<()> {
    if text.is_source() {
        return Ok(());
    }
    let fail = Fail::finished("Encountered untrusted template or expression.");
    Err(fail
        .help(Some(
        "Templates and expressions must be defined by trusted sources such as playbooks or roles, not untrusted \
         sources such as module results."
            .to_owned(),
    )))
}
