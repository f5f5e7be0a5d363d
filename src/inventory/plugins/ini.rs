//! INI inventories.

use super::{Given, expand, words};
use crate::error::{Error, Result, Source, Span, did_you_mean};
use crate::inventory::Inventory;
use crate::value::{Text, Value, literal, read_source};
use std::sync::Arc;

/// What a section's lines are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hosts,
    Children,
    Vars,
}

/// A group that is named before any section declares it.
struct Pending {
    group: String,
    /// The groups whose `children` name it; empty where it has a `vars` section only.
    parents: Vec<String>,
    span: Span,
}

pub(super) fn read_file(given: &Given<'_>, inventory: &mut Inventory) -> Result<()> {
    read(&read_source(given.path())?, inventory).map_err(|e| e.context("Failed to parse inventory"))
}

/// Adds what an INI text says to an inventory.
pub(super) fn read(source: &Arc<Source>, inventory: &mut Inventory) -> Result<()> {
    let mut reader = Reader { inventory, pending: Vec::new() };
    let mut group = "ungrouped".to_owned();
    let mut kind = Kind::Hosts;
    let mut start = 0;
    for (index, line) in source.text().split('\n').enumerate() {
        let text = line.trim();
        let indent = line.len() - line.trim_start().len();
        let span = Span {
            source: Arc::clone(source),
            start: start + indent,
            end: start + indent + text.len(),
            line: index as u32 + 1,
            column: line.chars().take_while(|c| c.is_whitespace()).count() as u32 + 1,
        };
        start += line.len() + 1;
        if text.is_empty() || text.starts_with([';', '#']) {
            continue;
        }
        if let Some(section) = section(text) {
            (group, kind) = section.map_err(|e| e.at(span.clone()))?;
            group = reader.inventory.safe_group_name(&group);
            reader.declare(&group, kind, &span)?;
            continue;
        }
        let read = match kind {
            Kind::Hosts => reader.host(text, &group, &span),
            Kind::Vars => reader.variable(text, &group, &span),
            Kind::Children => reader.child(text, &group, &span),
        };
        read.map_err(|e| e.at(span))?;
    }
    reader.finish()
}

/// A section's group and kind, if a line is one.
fn section(line: &str) -> Option<Result<(String, Kind)>> {
    let inner = line.strip_prefix('[')?;
    let wrong = || {
        Error::input(format!(
            "Invalid section entry: '{line}'. Please make sure that there are no spaces in the section entry, and that \
             there are no other invalid characters"
        ))
            .help("write `[GROUP]`, `[GROUP:children]` or `[GROUP:vars]`, without blanks")
    };
    let Some((title, rest)) = inner.split_once(']') else {
        return line.ends_with(']').then(|| Err(wrong()));
    };
    let rest = rest.trim_start();
    if !(rest.is_empty() || rest.starts_with('#')) {
        // A host's name may begin with a range.
        return line.ends_with(']').then(|| Err(wrong()));
    }
    let (group, kind) = title.split_once(':').unwrap_or((title, "hosts"));
    let word = kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    if group.is_empty() || group.contains(char::is_whitespace) || !word || kind.is_empty() {
        return Some(Err(wrong()));
    }
    let kind = match kind {
        "hosts" => Kind::Hosts,
        "children" => Kind::Children,
        "vars" => Kind::Vars,
        _ => {
            let error = Error::input(format!("Section [{title}] has unknown type: {kind}"));
            return Some(Err(match did_you_mean(kind, ["hosts", "children", "vars"]) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.hint("it is `hosts`, `children` or `vars`"),
            }));
        }
    };
    Some(Ok((group.to_owned(), kind)))
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    pending: Vec<Pending>,
}

impl Reader<'_> {
    fn declare(&mut self, group: &str, kind: Kind, span: &Span) -> Result<()> {
        let waiting = self.pending.iter().position(|p| p.group == group);
        if !self.inventory.groups.contains_key(group) {
            if kind == Kind::Vars && waiting.is_none() {
                let group = group.to_owned();
                self.pending.push(Pending { group, parents: Vec::new(), span: span.clone() });
            }
            self.inventory.add_group(group);
        }
        if kind != Kind::Vars
            && let Some(at) = waiting
        {
            let pending = self.pending.remove(at);
            for parent in pending.parents {
                self.inventory.put_beneath(&parent, group).map_err(|e| e.at(span.clone()))?;
            }
        }
        Ok(())
    }

    fn host(&mut self, line: &str, group: &str, span: &Span) -> Result<()> {
        let words = words::split(line).map_err(|why| {
            Error::input(format!("Error parsing host definition '{line}': {why}"))
                .hint("close it, or put a backslash before it")
        })?;
        let Some((pattern, assignments)) = words.split_first() else { return Ok(()) };
        if pattern == "---" {
            return Err(Error::input(
                "Invalid host pattern '---' supplied, '---' is normally a sign this is a YAML file.",
            )
            .help("give the file the extension .yml"));
        }
        let (names, port) = expand(pattern).map_err(|why| {
            let error = Error::input(why);
            if pattern.contains('[') {
                error.hint("a range is written as in w[01:20] or w[a:f]")
            } else {
                error
            }
        })?;
        if pattern.ends_with(':') && port.is_none() {
            return Err(Error::input(format!(
                "Invalid host pattern '{pattern}' supplied, ending in ':' is not allowed, this character is reserved \
                 to provide a port."
            )));
        }
        let mut vars = Vec::new();
        for word in assignments {
            let Some((name, value)) = word.split_once('=') else {
                return Err(Error::input(format!(
                    "Expected key=value host variable assignment, got: {word}"
                ))
                .help("write `name=value`; a value with blanks needs quotes"));
            };
            vars.push((name, self::value(value, span)));
        }
        for name in names {
            let name: Arc<str> = Arc::from(name);
            self.inventory.new_host(&name, port);
            for (var, value) in &vars {
                self.inventory.set_host_var(&name, var, Value::clone(value));
            }
            self.inventory.join(&name, group);
        }
        Ok(())
    }

    fn variable(&mut self, line: &str, group: &str, span: &Span) -> Result<()> {
        let Some((name, text)) = line.split_once('=') else {
            return Err(Error::input(format!("Expected key=value, got: {line}")).help("write `name=value`"));
        };
        self.inventory.set_group_var(group, name.trim(), value(text.trim(), span))
    }

    fn child(&mut self, line: &str, group: &str, span: &Span) -> Result<()> {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim_start();
        let name = name.split_once('#').map_or(name, |(name, _)| name);
        if name.is_empty() || name.contains([':', ']']) || !(rest.is_empty() || rest.starts_with('#')) {
            return Err(Error::input(format!("Expected group name, got: {line}")));
        }
        if self.inventory.groups.contains_key(name) && !self.pending.iter().any(|p| p.group == name) {
            self.inventory.put_beneath(group, name)?;
        } else if let Some(pending) = self.pending.iter_mut().find(|p| p.group == name) {
            pending.parents.push(group.to_owned());
        } else {
            let parents = vec![group.to_owned()];
            self.pending.push(Pending { group: name.to_owned(), parents, span: span.clone() });
        }
        Ok(())
    }

    /// Groups that no section declares.
    fn finish(self) -> Result<()> {
        let Some(pending) = self.pending.into_iter().next() else { return Ok(()) };
        let error = match pending.parents.last() {
            None => Error::input(format!(
                "Section [{0}:vars] not valid for undefined group '{0}'.",
                pending.group
            )),
            Some(parent) => Error::input(format!(
                "Section [{parent}:children] includes undefined group '{}'.",
                pending.group
            )),
        };
        let error = error.at(pending.span).help(format!("declare it: [{}]", pending.group));
        let known = self.inventory.groups.keys().map(|n| &**n).filter(|n| *n != pending.group);
        Err(match did_you_mean(&pending.group, known) {
            Some(near) => error.help(format!("or did you mean `{near}`?")),
            None => error,
        })
    }
}

/// A value: a Python literal, else the text itself.
fn value(text: &str, span: &Span) -> Value {
    let text = Text::source(text, span.clone());
    literal::parse(&text).unwrap_or(Value::Text(text))
}
