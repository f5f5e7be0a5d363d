//! `vars_prompt`: variables that the user is asked for when a play begins.

use super::catalogue::Flat;
use super::keyword::boolean;
use super::{Settings, Shared};
use crate::console::{self, Answer, Question};
use crate::error::{Error, Exit, Result};
use crate::event::Event;
use crate::journal::Record;
use crate::play::Play;
use crate::template::Engine;
use crate::value::{Text, Value, Vars, python_str};
use std::sync::Arc;

/// An entry, rendered.
struct Prompt {
    name: Arc<str>,
    text: String,
    default: Option<Value>,
    hidden: bool,
    confirm: bool,
    encrypt: Option<String>,
    salt_size: Option<Value>,
    salt: Option<Value>,
    unsafe_: bool,
}

impl Shared {
    /// The play with the answers among its variables.
    pub(super) async fn prompted(&self, play: &Arc<Play>) -> Result<Arc<Play>> {
        let mut answers = Vars::new();
        for prompt in prompts(play, &self.settings, &self.engine)? {
            let place = format!("{}/{}", play.label(), prompt.name);
            let answer = match self.answered(&place) {
                Some(answer) => answer,
                None => self.answer(&prompt).await?,
            };
            let value = crate::journal::to_json(&answer);
            self.note(|| Record::Answer { prompt: place, value }, false);
            answers.insert(prompt.name, answer);
        }
        Ok(with(play, answers))
    }

    async fn answer(&self, prompt: &Prompt) -> Result<Value> {
        let typed = if console::interactive() {
            self.events.emit(&Event::Asking);
            Some(prompt.ask().await?)
        } else {
            self.warn("Not prompting as we are not in interactive mode".to_owned());
            None
        };
        let given = match (typed.filter(|t| !t.is_empty()), &prompt.default) {
            (Some(typed), _) => typed,
            (None, Some(default)) => python_str(default),
            // As Ansible's: what nobody gave is the text of Python's None.
            (None, None) if console::interactive() => String::new(),
            (None, None) => "None".to_owned(),
        };
        let given = match &prompt.encrypt {
            Some(method) => python_str(&self.encrypted(prompt, method, &given)?),
            None => given,
        };
        Ok(Value::Text(if prompt.unsafe_ { Text::data(given) } else { Text::source(given, None) }))
    }

    /// The answer hashed, as the filter `password_hash` hashes.
    fn encrypted(&self, prompt: &Prompt, method: &str, given: &str) -> Result<Value> {
        let mut vars = Vars::new();
        let mut put = |name: &str, value: Value| vars.insert(Arc::from(name), value);
        put("answer", Value::data(given));
        put("method", Value::data(method));
        put("salt", prompt.salt.clone().unwrap_or_default());
        put("salt_size", prompt.salt_size.clone().unwrap_or_default());
        let hash = Text::source("{{ answer | password_hash(method, salt, salt_size) }}", None);
        self.engine.render(&Value::Text(hash), &Flat::of_vars(vars))
    }
}

impl Prompt {
    async fn ask(&self) -> Result<String> {
        let text = match (&*self.text, &self.default) {
            ("", _) => format!("input for {}: ", self.name),
            (text, Some(default)) => format!("{text} [{}]: ", python_str(default)),
            (text, None) => format!("{text}: "),
        };
        loop {
            let first = self.line(text.clone()).await?;
            if !self.confirm || first == self.line(format!("confirm {text}")).await? {
                return Ok(first);
            }
            anstream::println!("***** VALUES ENTERED DO NOT MATCH ****");
        }
    }

    async fn line(&self, prompt: String) -> Result<String> {
        match (Question { prompt, hidden: self.hidden }).asked().await? {
            Answer::Line(line) => Ok(line),
            Answer::End => Err(Error::other("the input ended before an answer was given")),
            Answer::Interrupted => Err(Error::new(Exit::Interrupted, "User interrupted execution")),
        }
    }
}

/// The play with the defaults of its prompts among its variables, for lists: nobody is asked.
///
/// # Errors
/// An entry that cannot be rendered.
pub(super) fn with_defaults(play: &Arc<Play>, settings: &Settings, engine: &Engine) -> Result<Arc<Play>> {
    let prompts = prompts(play, settings, engine)?;
    Ok(with(play, prompts.into_iter().map(|p| (p.name, p.default.unwrap_or_default())).collect()))
}

fn with(play: &Arc<Play>, answers: Vars) -> Arc<Play> {
    if answers.is_empty() {
        return Arc::clone(play);
    }
    let mut vars = Vars::clone(&play.vars);
    vars.extend(answers);
    Arc::new(Play { vars: Arc::new(vars), ..Play::clone(play) })
}

/// The entries that extra vars do not answer already.
fn prompts(play: &Arc<Play>, settings: &Settings, engine: &Engine) -> Result<Vec<Prompt>> {
    let scope = Flat::of(settings, play);
    let mut prompts = Vec::new();
    for entry in &play.vars_prompt {
        let entry = engine.render(entry, &scope)?;
        let given = |key: &str| entry.get(key).filter(|v| !v.is_null());
        let name: Arc<str> = given("name").map(python_str).unwrap_or_default().into();
        if settings.extra_vars.contains_key(&name) {
            continue;
        }
        let flag = |key: &str, default: bool| given(key).and_then(boolean).unwrap_or(default);
        prompts.push(Prompt {
            text: given("prompt").map_or_else(|| name.to_string(), python_str),
            default: given("default").cloned(),
            hidden: flag("private", true),
            confirm: flag("confirm", false),
            encrypt: given("encrypt").map(python_str),
            salt_size: given("salt_size").cloned(),
            salt: given("salt").cloned(),
            unsafe_: flag("unsafe", false),
            name,
        });
    }
    Ok(prompts)
}
