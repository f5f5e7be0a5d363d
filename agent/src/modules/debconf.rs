//! `debconf`: answers for packages that ask when they are installed.

use crate::args::Args;
use crate::command::Command;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::python;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};

/// The module.
pub struct Debconf;

static SPEC: Spec = Spec {
    required_together: &[&["question", "vtype", "value"]],
    ..Spec::new("debconf", "Answers the questions of a package before it asks them", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).required().aliases(&["pkg"]).help("The package."),
    Arg::new("question", Kind::Str)
        .aliases(&["selection", "setting"])
        .help("The question; all are told of without."),
    Arg::new("vtype", Kind::Str)
        .choices(&[
            "boolean",
            "error",
            "multiselect",
            "note",
            "password",
            "seen",
            "select",
            "string",
            "text",
            "title",
        ])
        .help("The type of the answer."),
    Arg::new("value", Kind::Raw).aliases(&["answer"]).help("The answer; a list for multiselect."),
    Arg::new("unseen", Kind::Bool).default("false").help("Have the question asked nevertheless."),
];

/// What is asked for.
struct Answer<'a> {
    package: &'a str,
    question: &'a str,
    vtype: &'a str,
    value: Value,
}

impl Module for Debconf {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let package = args.text("name");
        let known = selections(cx, package)?;
        let Some(question) = args.str("question") else {
            return Ok(Outcome::ok().with("msg", "").with("current", known));
        };
        let vtype = args.text("vtype");
        let given = args.get("value");
        let value = match vtype {
            "boolean" => python::str(given).to_lowercase().into(),
            // A question that is not known yet gets the list in the order given.
            "multiselect" if known.contains_key(question) => sorted(given)?,
            _ => given.clone(),
        };
        let answer = Answer { package, question, vtype, value };
        let before = known.get(question).cloned();
        if let Some(before) = &before
            && answer.is(cx, python::str(before))?
        {
            return Ok(Outcome::ok().with("msg", "").with("current", known));
        }
        let (told, msg) = if cx.effects.other() {
            answer.set(cx, args.flag("unseen"))?
        } else {
            (answer.value.clone(), String::new())
        };
        let one = |value: Value| Map::from_iter([(question.to_owned(), value)]);
        let previous = match before {
            Some(before) => one(before),
            None => {
                let mut all = known;
                all.insert(question.to_owned(), "".into());
                all
            }
        };
        let mut diff = Map::new();
        if cx.mode.diff {
            let mut after = previous.clone();
            after.insert(question.to_owned(), told.clone());
            diff.insert("before".to_owned(), previous.clone().into());
            diff.insert("after".to_owned(), after.into());
        }
        Ok(Outcome::changed(true)
            .with("msg", msg)
            .with("current", one(told))
            .with("previous", previous)
            .with("diff", diff))
    }
}

impl Answer<'_> {
    /// Whether this is already answered.
    fn is(&self, cx: &mut Context<'_>, existing: String) -> Result<bool, Failed> {
        let existing: Value = match (self.vtype, &self.value) {
            ("boolean", _) => existing.to_lowercase().into(),
            ("password", _) => match password(cx, self)? {
                Some(password) => password.into(),
                None => return Ok(false),
            },
            ("multiselect", Value::List(_)) => {
                let mut parts: Vec<&str> = existing.split(',').map(str::trim).collect();
                parts.sort_unstable();
                parts.into()
            }
            _ => existing.into(),
        };
        Ok(existing == self.value)
    }

    /// Answers; gives the answer as it was set, and what debconf said.
    fn set(&self, cx: &mut Context<'_>, unseen: bool) -> Result<(Value, String), Failed> {
        let program = program::require(cx, "debconf-set-selections")?;
        let value = match &self.value {
            Value::List(items) => items.iter().map(python::str).collect::<Vec<_>>().join(", "),
            other => python::str(other),
        };
        let mut words = vec![program.into_os_string()];
        words.extend(unseen.then(|| "-u".into()));
        let line = format!("{} {} {} {value}\n", self.package, self.question, self.vtype);
        let output = cx.run(&Command::new(words).stdin(line))?;
        if output.rc != 0 {
            return Err(Failed::new(output.stderr_text()));
        }
        let told = if self.vtype == "multiselect" { value.into() } else { self.value.clone() };
        Ok((told, output.stdout_text()))
    }
}

/// The list that a multiselect compares; another value as it is.
fn sorted(given: &Value) -> Result<Value, Failed> {
    let Value::List(items) = given else { return Ok(given.clone()) };
    let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    let mut texts = texts.ok_or_else(|| {
        let item = items.iter().find(|item| item.as_str().is_none()).map(python::repr).unwrap_or_default();
        Failed::new(format!("Invalid value provided for 'multiselect': {item} is not text"))
    })?;
    texts.sort_unstable();
    Ok(texts.into())
}

/// The package's questions with their answers.
fn selections(cx: &mut Context<'_>, package: &str) -> Result<Map, Failed> {
    let show = program::require(cx, "debconf-show")?;
    let output = cx.run(&Command::new([show.as_os_str(), package.as_ref()]))?;
    if output.rc != 0 {
        return Err(Failed::new(output.stderr_text()));
    }
    let text = output.stdout_text();
    let entries = text.lines().filter_map(|line| line.split_once(':'));
    Ok(entries
        .map(|(key, value)| (key.trim_matches('*').trim().to_owned(), Value::from(value.trim())))
        .collect())
}

/// A password that debconf keeps, which `debconf-show` does not tell.
fn password(cx: &mut Context<'_>, answer: &Answer<'_>) -> Result<Option<String>, Failed> {
    let get = program::require(cx, "debconf-get-selections")?;
    let output = cx.run(&Command::new([get]))?;
    if output.rc != 0 {
        let (question, package) = (answer.question, answer.package);
        let err = output.stderr_text();
        return Err(Failed::new(format!("Failed to get the value '{question}' from '{package}': {err}")));
    }
    for line in output.stdout_text().split('\n').filter(|line| line.starts_with(answer.package)) {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            [_, question, vtype, password, ..] => {
                if (*question, *vtype) == (answer.question, answer.vtype) {
                    return Ok(Some((*password).to_owned()));
                }
            }
            _ => return Ok(Some(String::new())),
        }
    }
    Ok(None)
}
