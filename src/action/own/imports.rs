//! What Python code imports: read off its statements, without running it.

/// A name that is imported, from its package down, and whether only some of its parts may be modules.
pub(super) type Dotted = Vec<String>;

/// The full names that code imports, each as far as it may name a module: `from a import b` means `a` or `a.b`.
/// `package` is that of the code, for names that begin with dots.
pub(super) fn of(code: &str, package: &[String]) -> Vec<Dotted> {
    let mut found = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let mut statement = line.trim().to_owned();
        if !(statement.starts_with("import ") || statement.starts_with("from ")) {
            continue;
        }
        // Names within parentheses, or before a backslash, go on in the next line.
        while statement.ends_with('\\') || (statement.contains('(') && !statement.contains(')')) {
            let Some(more) = lines.next() else { break };
            let more = more.split('#').next().unwrap_or_default();
            statement = format!("{} {}", statement.trim_end_matches('\\'), more.trim());
        }
        let statement = statement.split('#').next().unwrap_or_default();
        match statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
            Some((from, names)) => {
                let Some(base) = absolute(from.trim(), package) else { continue };
                found.push(base.clone());
                found.extend(listed(names).map(|name| [base.as_slice(), &[name]].concat()));
            }
            None => {
                let names = listed(statement.strip_prefix("import ").unwrap_or_default());
                found.extend(names.map(|name| parts(&name)));
            }
        }
    }
    found
}

/// The names of a list, without what they are called here.
fn listed(names: &str) -> impl Iterator<Item = String> {
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    let names = names.split(',').filter_map(|name| name.split_whitespace().next());
    names.map(str::to_owned)
}

fn parts(name: &str) -> Dotted {
    name.split('.').map(str::to_owned).collect()
}

/// A name that may begin with dots, which count folders upwards.
fn absolute(name: &str, package: &[String]) -> Option<Dotted> {
    let below = name.trim_start_matches('.');
    let dots = name.len() - below.len();
    let own = below.trim();
    let own = if own.is_empty() { Vec::new() } else { parts(own) };
    if dots == 0 {
        return Some(own);
    }
    let base = package.get(..package.len().checked_sub(dots - 1)?)?;
    Some([base, own.as_slice()].concat())
}
