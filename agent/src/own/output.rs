//! What a module that ended said: JSON, with whatever stands around it.

use crate::command::Output;
use crate::outcome::Outcome;
use crate::python;
use crate::utf8;
use crate::value::{Map, Value};

/// What stands before the words of an error that a Python module did not catch, in its result as in Ansible's.
const UNCAUGHT: &str = "Task failed: Module failed: ";

/// The outcome that the output of a module means, which this interpreter ran.
pub(super) fn outcome(ended: &Output, interpreter: &str) -> Outcome {
    let (json, junk) = match object(&ended.stdout_text()) {
        Ok(found) => found,
        Err(_)
            if !interpreter.is_empty()
                && ended.stderr_text().contains(&format!("{interpreter}: not found")) =>
        {
            return failed(ended, format!("The module interpreter '{interpreter}' was not found."));
        }
        Err(why) => return failed(ended, undone(&why)),
    };
    let values = match serde_json::from_str(&json).map(python::from_json) {
        Ok(Value::Map(values)) => values,
        Ok(_) => return failed(ended, undone("it is not an object")),
        Err(e) => return failed(ended, undone(&e.to_string())),
    };
    let mut outcome = of_values(values);
    outcome.not_utf8 = fault(&ended.stdout_text());
    outcome = outcome.with_raw("module_stdout", &ended.stdout);
    if let Some(junk) = junk {
        outcome.warnings.insert(0, format!("Module invocation had junk after the JSON data: {junk}"));
    }
    outcome
}

/// What is wrong with a text of the module's that is not UTF-8, told from where that text begins.
fn fault(json: &str) -> Option<String> {
    let (at, _) = json.char_indices().find(|(_, c)| utf8::escaped(*c).is_some())?;
    let begin = json.get(..at)?.rfind('"').map_or(0, |quote| quote + 1);
    utf8::fault(json.get(begin..)?)
}

/// The lines from the first that begins an object to the last that ends it, and what stands behind that.
fn object(text: &str) -> Result<(String, Option<String>), String> {
    let lines: Vec<&str> = text.lines().collect();
    let missing = |what: &str| format!("No {what} of json char found");
    let first = lines.iter().position(|line| line.trim().starts_with('{')).ok_or_else(|| missing("start"))?;
    let last = lines.iter().rposition(|line| line.trim().ends_with('}')).ok_or_else(|| missing("end"))?;
    let json = lines.get(first..=last).ok_or_else(|| missing("end"))?.join("\n");
    let junk = lines.get(last + 1..).map(|rest| rest.join("\n")).filter(|rest| !rest.trim().is_empty());
    Ok((json, junk))
}

fn of_values(mut values: Map) -> Outcome {
    let cause = values.shift_remove("_ansible_cause").and_then(|cause| cause.as_str().map(str::to_owned));
    if let Some(uncaught) = values.shift_remove("_ansible_uncaught") {
        let msg = format!("{UNCAUGHT}{}", uncaught.as_str().unwrap_or_default());
        values.insert("msg".to_owned(), msg.into());
    }
    without_internal(&mut values);
    if let Some(results) = values.shift_remove("results") {
        let name = if matches!(results, Value::List(_)) { "results" } else { "ansible_module_results" };
        values.insert(name.to_owned(), results);
    }
    let truth = |value: Option<Value>| match value {
        Some(Value::Bool(b)) => b,
        Some(Value::Str(s)) => !s.is_empty(),
        Some(Value::Int(i)) => i != 0,
        _ => false,
    };
    let ended_badly = values
        .get("rc")
        .is_some_and(|rc| !matches!(rc, Value::Int(0) | Value::Null) && rc.as_str() != Some("0"));
    let warnings = match values.shift_remove("warnings") {
        Some(Value::List(warnings)) => warnings.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let said = values.shift_remove("failed");
    let failed = if said.is_some() { truth(said) } else { ended_badly };
    if failed && !values.contains_key("msg") {
        values.insert("msg".to_owned(), "Task failed: Action failed: Unknown error.".into());
    }
    Outcome {
        changed: truth(values.shift_remove("changed")),
        failed,
        skipped: truth(values.shift_remove("skipped")),
        values,
        warnings,
        cause,
        ..Outcome::default()
    }
}

/// Takes out what Ansible keeps to itself, at every depth.
fn without_internal(values: &mut Map) {
    values.retain(|key, _| !key.starts_with("_ansible_"));
    for value in values.values_mut() {
        if let Value::Map(inner) = value {
            without_internal(inner);
        }
    }
}

fn undone(why: &str) -> String {
    format!("Module result deserialization failed: {why}")
}

/// A module that said nothing that can be understood.
fn failed(ended: &Output, msg: String) -> Outcome {
    Outcome::failed(msg)
        .with("module_stdout", ended.stdout_text())
        .with("module_stderr", ended.stderr_text())
        .with("rc", ended.rc)
}
