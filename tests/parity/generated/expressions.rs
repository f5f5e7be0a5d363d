//! Made-up templates and conditionals give the same value, or fail with the same words.

use super::oracle::Oracle;
use super::{SEED, Verdict, differences, grammar, judge};
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

/// Errors have the same cause when they have the same words, but for what they quote.
fn mark(theirs: &Json, ours: &Json) -> String {
    let words = |answer: &Json| match answer["error"].as_str() {
        Some(error) => error.split('\'').step_by(2).collect::<String>(),
        None => answer["value"].to_string(),
    };
    format!("{} | {}", words(theirs), words(ours))
}

/// Each known difference is one that there still is, of which it alone speaks, and that the documents name.
#[test]
fn known_differences_are_there_and_told() {
    let (oracle, engine) = (Oracle::start("differences"), Engine::new());
    let told = std::fs::read_to_string(super::super::checkout().join("docs/compatibility.md")).unwrap();
    let mut wrong = Vec::new();
    for known in differences::ALL {
        assert!(told.contains(&format!("| {} |", known.reason)), "not told: {}", known.reason);
        for text in known.examples {
            let (kind, text) = text.strip_prefix("when: ").map_or(("template", *text), |t| ("condition", t));
            let theirs =
                oracle.ask(&json!({ "ask": "template", "kind": kind, "text": text, "vars": grammar::VARS }));
            let ours = ours(&engine, kind, text);
            let same = theirs["value"] == ours["value"] && theirs["error"] == ours["error"];
            let reasons = differences::all(text, &theirs, &ours);
            if same || reasons != [known.reason] {
                wrong.push(format!("{text}: {reasons:?}\n  ansible: {theirs}\n  warp:    {ours}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
        match differences::known(text, &theirs, &ours) {
            Some(reason) => Verdict::Known(reason),
            None => Verdict::Differs {
                mark: mark(&theirs, &ours),
                how: format!("  ansible: {theirs}\n  warp:    {ours}"),
            },
        }
    };
    judge("templates", (SEED, 500), grammar::templates(), verdict, |(kind, text)| format!("{kind}: {text}"));
}
