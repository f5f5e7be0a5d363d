//! Patterns and templates mean what Python 3.11 says they mean (data/python_re.py asked it).

use serde_json::{Value, json};
use warp_agent::pyregex::{Flags, Pattern, PatternError, Subject};

fn compile(kind: &str, pattern: &str, flags: &str) -> Result<Pattern, PatternError> {
    let subject = if kind == "bytes" { Subject::Bytes } else { Subject::Text };
    let flags = Flags {
        ignorecase: flags.contains('i'),
        multiline: flags.contains('m'),
        dotall: flags.contains('s'),
        verbose: flags.contains('x'),
    };
    Pattern::new(pattern, subject, flags)
}

fn search(kind: &str, pattern: &str, flags: &str, subject: &str) -> Result<Value, PatternError> {
    let pattern = compile(kind, pattern, flags)?;
    Ok(match pattern.search(subject.as_bytes())? {
        None => Value::Null,
        Some(found) => (0..=pattern.group_count())
            .map(|i| found.group(i).map_or(Value::Null, |r| json!([r.start, r.end])))
            .collect(),
    })
}

fn subn(
    kind: &str,
    pattern: &str,
    flags: &str,
    template: &str,
    subject: &str,
) -> Result<Value, PatternError> {
    let (out, count) = compile(kind, pattern, flags)?.subn(subject.as_bytes(), template)?;
    Ok(json!([String::from_utf8_lossy(&out), count]))
}

#[test]
fn patterns_and_templates_are_those_of_python() {
    let golden: Value = serde_json::from_str(include_str!("data/python_re.json")).unwrap();
    let text = |row: &Value, i: usize| row[i].as_str().unwrap().to_owned();
    let mut wrong = Vec::new();
    let mut check = |row: &Value, expected: &Value, got: Result<Value, PatternError>| {
        let agree = match &got {
            Ok(value) => value == expected,
            Err(_) => expected == "error",
        };
        if !agree {
            wrong.push(format!("{row}: got {got:?}"));
        }
    };
    for row in golden["searches"].as_array().unwrap() {
        let got = search(&text(row, 0), &text(row, 1), &text(row, 2), &text(row, 3));
        check(row, &row[4], got);
    }
    for row in golden["subs"].as_array().unwrap() {
        let got = subn(&text(row, 0), &text(row, 1), &text(row, 2), &text(row, 3), &text(row, 4));
        check(row, &row[5], got);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
