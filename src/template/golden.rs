//! What ansible-core makes of each line of `tests/golden/expressions.in`, kept in `expressions.tsv`, must be what we make.
//! Lines in `expressions.differ` are known to differ, each with what we give instead.

use super::{Engine, Scope};
use crate::error::{Source, Span};
use crate::value::{Text, Value, Vars, read_vars};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Golden(Vars, PathBuf);

impl Scope for Golden {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![self.1.clone()]
    }
}

fn source(text: &str) -> Text {
    let source = Source::new("<unknown>", text);
    Text::source(text, Span { end: text.len(), source, start: 0, line: 1, column: 1 })
}

fn outcome(engine: &Engine, line: &str, scope: &Arc<dyn Scope>) -> (String, String) {
    let result = if let Some(condition) = line.strip_prefix("when: ") {
        engine.test(&source(condition).into(), scope).map(Value::Bool)
    } else if let Some(file) = line.strip_prefix("file: ") {
        let text = file.replace("\\\\", "\u{1}").replace("\\n", "\n").replace('\u{1}', "\\");
        engine.render_file(&source(&text), scope).map(Value::data)
    } else {
        engine.render(&source(line).into(), scope)
    };
    match result {
        Ok(value) => ("ok".into(), serde_json::Value::from(&value).to_string()),
        Err(e) => {
            // The expressions have no file, and the variables' is wherever this is checked out.
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
            let message = e.message().replace("<unknown>:1:1", "<unknown>").replace(folder, "<golden>");
            ("error".into(), serde_json::Value::from(message).to_string())
        }
    }
}

/// Lines of columns, without comments.
fn table(path: &Path) -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|l| !l.starts_with("# ") && !l.is_empty());
    rows.map(|l| {
        let mut columns = l.split('\t').map(str::to_owned);
        let mut next = || columns.next().unwrap_or_default();
        (next(), next(), next())
    })
    .collect()
}

fn same(ours: &str, theirs: &str) -> bool {
    let parse = |s: &str| serde_json::from_str::<serde_json::Value>(s).map(Value::from).ok();
    parse(ours) == parse(theirs)
}

#[test]
fn templates_give_what_ansible_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let engine = Engine::new();
    let differ: HashMap<String, (String, String)> =
        table(&folder.join("expressions.differ")).into_iter().map(|(l, k, v)| (l, (k, v))).collect();
    let mut wrong = Vec::new();
    for (line, kind, value) in table(&folder.join("expressions.tsv")) {
        let vars = read_vars(&folder.join("expressions.yml")).unwrap();
        let scope: Arc<dyn Scope> = Arc::new(Golden(vars, folder.clone()));
        let ours = outcome(&engine, &line, &scope);
        let expected = differ.get(&line).cloned().unwrap_or((kind, value));
        if ours.0 != expected.0 || !same(&ours.1, &expected.1) {
            wrong.push(format!(
                "{line}\n   want {}\t{}\n   have {}\t{}",
                expected.0, expected.1, ours.0, ours.1
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn scope(yaml: &str) -> Arc<dyn Scope> {
    let vars = crate::value::parse_vars(&Source::new("vars.yml", yaml)).unwrap();
    Arc::new(Golden(vars, PathBuf::new()))
}

#[test]
fn data_is_never_rendered_nor_evaluated() {
    let mut vars = Vars::new();
    vars.insert("out".into(), Value::data("{{ 1 + 1 }}"));
    vars.insert("mine".into(), Value::Text(Text::source("got {{ out }}", None)));
    let scope: Arc<dyn Scope> = Arc::new(Golden(vars, PathBuf::new()));
    let engine = Engine::new();
    let render = |text: &str| engine.render(&source(text).into(), &scope).unwrap();
    assert_eq!(render("{{ out }}"), Value::data("{{ 1 + 1 }}"));
    assert_eq!(render("{{ mine }}"), Value::data("got {{ 1 + 1 }}"));
    assert_eq!(engine.render(&Value::data("{{ mine }}"), &scope).unwrap(), Value::data("{{ mine }}"));
    let result = engine.test(&Value::data("true"), &scope);
    assert_eq!(result.unwrap_err().message(), "Encountered untrusted template or expression.");
    assert!(engine.test(&source("{{ out }}").into(), &scope).is_err());
}

#[test]
fn errors_are_placed_inside_the_text_they_are_about() {
    let yaml = "ok: 1\nbad: >-\n  first\n  {{ ok }} {{ okk }}\nblock: |\n  a\n  b {{ 'x' | nope }}\n";
    let engine = Engine::new();
    let place = |name: &str| {
        let scope = scope(yaml);
        let error = engine.render(&scope.get(name).unwrap(), &scope).unwrap_err();
        let span = error.span().unwrap().clone();
        (span.line, span.column, error.to_string().contains("did you mean 'ok'?"))
    };
    assert_eq!(place("bad"), (4, 15, true));
    let (line, column, _) = place("block");
    assert_eq!((line, column), (7, 14));
}

#[test]
fn omit_is_known_by_identity() {
    let engine = Engine::new();
    let scope = scope("a: 1");
    let omitted = engine.render(&source("{{ nope | default(omit) }}").into(), &scope).unwrap();
    assert!(super::is_omit(&omitted));
    assert!(!super::is_omit(&Value::data("<<Omit>>")));
}

#[test]
fn what_would_never_end_is_refused() {
    let engine = Engine::new();
    let scope = scope("a: 1");
    for endless in [
        "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
        "{% set l = [] %}{% set _ = l.append(l) %}x{{ l }}",
        "{% set l = [] %}{% set _ = l.append(l) %}{{ l | to_json }}",
        "{% set l = [] %}{% set _ = l.append(l) %}{{ l | flatten }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ range(10 ** 15) | list }}",
        "{{ 'x' * 10 ** 12 }}",
        "{{ '%999999999d' % 1 }}",
    ] {
        assert!(engine.render(&source(endless).into(), &scope).is_err(), "{endless}");
    }
}
