//! What the user can say to the debugger.

/// A command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// Lists the commands, or explains one.
    Help(&'a str),
    /// Shows the value of an expression.
    Print(&'a str),
    /// Renders the task's arguments again, with the changed variables.
    Update,
    /// Runs the task again.
    Redo,
    /// Goes on.
    Continue,
    /// Ends the run.
    Quit,
    /// Sets what is left to the value of the expression on the right.
    Assign(&'a str, &'a str),
    /// Removes an entry.
    Delete(&'a str),
    /// An expression whose value is shown unless it is none.
    Evaluate(&'a str),
}

/// Names of commands, and what they do.
pub(super) const HELP: [(&str, &str); 12] = [
    ("EOF", "Quit"),
    ("c", "Continue to next result"),
    ("continue", "Continue to next result"),
    ("h", "List available commands with \"help\" or detailed help with \"help cmd\"."),
    ("help", "List available commands with \"help\" or detailed help with \"help cmd\"."),
    ("p", "Pretty Print"),
    ("pprint", "Pretty Print"),
    ("q", "Quit"),
    ("quit", "Quit"),
    ("r", "Schedule task for re-execution. The re-execution may not be the next result"),
    ("redo", "Schedule task for re-execution. The re-execution may not be the next result"),
    ("u", "Recreate the task from ``task._ds``, and template with updated ``task_vars``"),
];

impl<'a> Command<'a> {
    /// Reads a line; an empty one says nothing.
    pub fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len());
        let (word, rest) = line.split_at_checked(end)?;
        // `p = 1` sets a variable, `p x` prints one.
        let rest_of_line = rest.trim();
        if let Some(topic) = line.strip_prefix('?') {
            return Some(Command::Help(topic.trim()));
        }
        let assigns = assignment(line);
        Some(match word {
            _ if line.is_empty() => return None,
            "help" | "h" => Command::Help(rest_of_line),
            "p" | "pprint" => Command::Print(rest_of_line),
            "u" | "update_task" => Command::Update,
            "r" | "redo" => Command::Redo,
            "c" | "continue" => Command::Continue,
            "q" | "quit" | "EOF" => Command::Quit,
            "del" => Command::Delete(rest_of_line),
            _ => match assigns {
                Some((target, value)) => Command::Assign(target, value),
                None => Command::Evaluate(line),
            },
        })
    }
}

/// The two sides of `target = value`: at the first `=` that stands outside of quotes and brackets and is not part of a
/// comparison.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (mut quote, mut depth, mut before) = (None, 0usize, ' ');
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q && before != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(' | '{') => depth += 1,
            (None, ']' | ')' | '}') => depth = depth.saturating_sub(1),
            (None, '=') if depth == 0 => {
                let after = line.get(at + 1..)?;
                if after.starts_with('=') || matches!(before, '!' | '<' | '>') {
                    return None;
                }
                return Some((line.get(..at)?.trim(), after.trim()));
            }
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_commands_assignments_or_expressions() {
        let table = [
            ("p task.args", Command::Print("task.args")),
            ("h p", Command::Help("p")),
            ("?", Command::Help("")),
            ("r", Command::Redo),
            (r#"task.args["a=b"] = [1]"#, Command::Assign(r#"task.args["a=b"]"#, "[1]")),
            ("x == 3", Command::Evaluate("x == 3")),
            ("f(a=1)", Command::Evaluate("f(a=1)")),
            ("del task.args['x']", Command::Delete("task.args['x']")),
            ("EOF", Command::Quit),
        ];
        for (line, command) in table {
            assert_eq!(Command::parse(line).unwrap(), command, "{line}");
        }
        assert_eq!(Command::parse("  "), None);
    }
}
