//! Pages, lists and snippets as plain text, laid out as `ansible-doc` lays them out.

use super::{check_support, full_name};
use warp_agent::convert;
use warp_agent::spec::{Arg, Spec};

const WIDTH: usize = 80;

/// One line a module: its name, and what it does.
pub(super) fn list(specs: &[&Spec]) -> String {
    let names: Vec<String> = specs.iter().map(|s| full_name(s)).collect();
    let width = names.iter().map(String::len).max().unwrap_or_default();
    names.iter().zip(specs).map(|(name, spec)| format!("{name:width$} {}\n", spec.summary)).collect()
}

/// All that is known of a module.
pub(super) fn page(spec: &Spec) -> String {
    let mut page = format!("> MODULE {}\n\n{}\n", full_name(spec), wrapped(spec.summary, "  "));
    page.push_str("OPTIONS (= indicates it is required):\n\n");
    for arg in spec.arguments().filter(|a| !a.name.starts_with('_')) {
        page.push_str(&option(arg, ""));
    }
    if let Some(argument) = spec.free_form.filter(|a| !a.is_empty()) {
        let takes = format!("The text after the module's name is free form ({argument}).");
        page.push_str(&wrapped(&takes, "  "));
        page.push('\n');
    }
    for line in constraints(spec) {
        page.push_str(&wrapped(&line, "  "));
    }
    page.push_str(&format!("\nATTRIBUTES:\n        check_mode: {}\n", check_support(spec)));
    page
}

/// What is demanded of several arguments at once.
pub(super) fn constraints(spec: &Spec) -> Vec<String> {
    let mut lines = Vec::new();
    let all = |groups: &[&[&str]], words: &str| {
        groups.iter().map(|g| format!("{words}: {}.", g.join(", "))).collect::<Vec<_>>()
    };
    lines.extend(all(spec.mutually_exclusive, "At most one of"));
    lines.extend(all(spec.required_one_of, "At least one of"));
    lines.extend(all(spec.required_together, "Only together"));
    for (name, value, needed) in spec.required_if {
        lines.push(format!("{name}={value} needs: {}.", needed.join(", ")));
    }
    for (name, needed) in spec.required_by {
        lines.push(format!("{name} needs: {}.", needed.join(", ")));
    }
    lines
}

fn option(arg: &Arg, indent: &str) -> String {
    let mark = if arg.required { '=' } else { '-' };
    let inner = format!("{indent}        ");
    let mut text = format!("{indent}{mark} {}\n{}", arg.name, wrapped(arg.help, &inner));
    if !arg.aliases.is_empty() {
        text.push_str(&format!("{inner}aliases: [{}]\n", arg.aliases.join(", ")));
    }
    if !arg.choices.is_empty() {
        text.push_str(&format!("{inner}choices: [{}]\n", arg.choices.join(", ")));
    }
    if !arg.required {
        text.push_str(&format!("{inner}default: {}\n", default(arg)));
    }
    if let Some(kind) = arg.elements {
        text.push_str(&format!("{inner}elements: {}\n", convert::name(kind)));
    }
    text.push_str(&format!("{inner}type: {}\n", convert::name(arg.kind)));
    if !arg.options.is_empty() {
        text.push_str(&format!("{inner}suboptions:\n"));
        for inside in arg.options {
            text.push_str(&option(inside, &inner));
        }
    }
    text.push('\n');
    text
}

/// The default as a play would write it.
pub(super) fn default(arg: &Arg) -> String {
    match arg.default {
        None => "null".to_owned(),
        Some("") if arg.elements.is_some() => "[]".to_owned(),
        Some(text) if arg.elements.is_some() => format!("[{}]", text.replace(',', ", ")),
        Some("") => "''".to_owned(),
        Some(text) => text.escape_default().to_string(),
    }
}

/// A task that names every argument.
pub(super) fn snippet(spec: &Spec) -> String {
    let mut text = format!("- name: {}\n  {}:\n", spec.summary, full_name(spec));
    for arg in spec.arguments().filter(|a| !a.name.starts_with('_')) {
        let required = if arg.required { "(required) " } else { "" };
        text.push_str(&format!("      {:<22} # {required}{}\n", format!("{}:", arg.name), arg.help));
    }
    text
}

fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut line = indent.to_owned();
    for word in text.split_whitespace() {
        if line.len() > indent.len() && line.len() + 1 + word.len() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            indent.clone_into(&mut line);
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}
