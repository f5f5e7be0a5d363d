//! Made-up templates and conditionals give the same value, or fail with the same words.

use super::oracle::Oracle;
use super::{Verdict, grammar, judge};
use crate::names::Names;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use warp::error::{Source, Span};
use warp::template::{Engine, Scope};
use warp::value::{Text, Value, parse_vars};

fn ours(engine: &Engine, kind: &str, text: &str) -> Json {
    let vars = parse_vars(&Source::new("vars.yml", grammar::VARS)).unwrap();
    let scope: Arc<dyn Scope> = Arc::new(Names(vars));
    let span = Span { end: text.len(), source: Source::new("<unknown>", text), start: 0, line: 1, column: 1 };
    let source = Value::from(Text::source(text, span));
    let result = match kind {
        "condition" => engine.test(&source, &scope).map(Value::Bool),
        _ => engine.render(&source, &scope),
    };
    match result {
        Ok(value) => json!({ "value": Json::from(&value) }),
        Err(e) => json!({ "error": e.message() }),
    }
}

/// Differences that docs/compatibility.md names.
fn known(text: &str, theirs: &Json, ours: &Json) -> Option<&'static str> {
    let said = |answer: &Json, words: &str| answer["error"].as_str().is_some_and(|e| e.contains(words));
    let both_fail = theirs["error"].is_string() && ours["error"].is_string();
    if both_fail {
        return Some("words of errors");
    }
    if said(theirs, "cannot chain multiple tests") {
        return Some("`a is b is c` is refused by Jinja's parser, not by minijinja's");
    }
    if said(theirs, "bad operand type for unary +") {
        return Some("a `+` before what is no number is passed over");
    }
    // A Markup is what the HTML escapes make; sys.stdin and its kin answer for small integers as paths.
    if text.contains("escape")
        || text.contains(" | e")
        || text.contains("is exists")
        || text.contains("is file")
    {
        return Some("Python types of that name");
    }
    // `None` or a number where Python's function takes text only.
    let wrong_type =
        ["has no attribute", "unsupported operand", "has no len()", "must be string", "need a bytes-like"];
    if wrong_type.iter().any(|words| said(theirs, words)) && ours["value"] != Json::Null {
        return Some("filters and tests on text take every value as the text it prints as");
    }
    if said(theirs, "a string or stream input") || said(theirs, "join() missing") || text.contains("urlsplit")
    {
        return Some("filters and tests on text take every value as the text it prints as");
    }
    if text.contains("zip(mixed)") {
        return Some("`true` and `1`, or `1` and `1.0`, as keys of one map");
    }
    if said(ours, "urn() takes at most 0 arguments") || said(ours, "Error while evaluating conditional") {
        return Some("an operand that failed is told although the operator would not look at it");
    }
    if said(theirs, "while scanning a directive") {
        return Some("the YAML reader's");
    }
    None
}

/// Errors have the same cause when they have the same words, but for what they quote.
fn mark(theirs: &Json, ours: &Json) -> String {
    let words = |answer: &Json| match answer["error"].as_str() {
        Some(error) => error.split('\'').step_by(2).collect::<String>(),
        None => answer["value"].to_string(),
    };
    if theirs["error"].is_string() { words(theirs) } else { words(ours) }
}

#[test]
fn templates_give_what_ansible_gives() {
    let (oracle, engine) = (Oracle::start("expressions"), Engine::new());
    let verdict = |(kind, text): &(&str, String)| {
        let theirs =
            oracle.ask(&json!({ "ask": "template", "kind": kind, "text": text, "vars": grammar::VARS }));
        let ours = ours(&engine, kind, text);
        if theirs["value"] == ours["value"] && theirs["error"] == ours["error"] {
            return Verdict::Same;
        }
        match known(text, &theirs, &ours) {
            Some(reason) => Verdict::Known(reason),
            None => Verdict::Differs {
                mark: mark(&theirs, &ours),
                how: format!("  ansible: {theirs}\n  warp:    {ours}"),
            },
        }
    };
    judge("templates", 1500, grammar::templates(), verdict, |(kind, text)| format!("{kind}: {text}"));
}
