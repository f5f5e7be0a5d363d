//! Host patterns: names, globs, `~` regular expressions, lists, `&`, `!` and subscripts.

use super::{Inventory, LOCALHOST, address};
use crate::config::Mismatch;
use crate::error::{Error, Exit, Result, did_you_mean};
use crate::value::{Text, Value};
use fancy_regex::Regex;
use indexmap::IndexSet;
use std::path::Path;
use std::sync::Arc;

/// What `--limit` says: patterns, none of which is split any further.
#[derive(Clone, Debug)]
pub struct Limit(Vec<Text>);

impl Limit {
    /// The patterns of a text, its `@FILE`s replaced by the lines of the files.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn parse(text: &str) -> Result<Self> {
        let mut patterns = Vec::new();
        for part in split(text) {
            match part.strip_prefix('@') {
                Some(file) => {
                    patterns.extend(lines_of(Path::new(file))?.lines().map(|l| Text::data(l.trim())));
                }
                None => patterns.push(Text::data(part)),
            }
        }
        Ok(Limit(patterns))
    }
}

fn lines_of(file: &Path) -> Result<String> {
    if !file.exists() {
        return Err(Error::other(format!("Unable to find limit file {}", file.display())));
    }
    if !file.is_file() {
        let file = file.display();
        return Err(Error::other(format!(
            "Limit starting with \"@\" must be a file, not a directory: {file}"
        )));
    }
    std::fs::read_to_string(file)
        .map_err(|e| Error::other(format!("cannot read the limit file {}: {e}", file.display())))
}

/// The order in which a play's hosts are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As in the inventory.
    #[default]
    Inventory,
    /// The other way round.
    ReverseInventory,
    /// By name.
    Sorted,
    /// By name, the last first.
    ReverseSorted,
    /// By chance.
    Shuffle,
}

impl Order {
    /// The order of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "inventory" => Order::Inventory,
            "reverse_inventory" => Order::ReverseInventory,
            "sorted" => Order::Sorted,
            "reverse_sorted" => Order::ReverseSorted,
            "shuffle" => Order::Shuffle,
            _ => return None,
        })
    }

    /// Puts hosts that are in the inventory's order into this one.
    pub fn apply(self, hosts: &mut [Arc<str>]) {
        match self {
            Order::Inventory => {}
            Order::ReverseInventory => hosts.reverse(),
            Order::Sorted => hosts.sort(),
            Order::ReverseSorted => {
                hosts.sort();
                hosts.reverse();
            }
            // Hashes with fresh keys order by chance.
            Order::Shuffle => {
                let chance = std::hash::RandomState::new();
                hosts.sort_by_cached_key(|host| std::hash::BuildHasher::hash_one(&chance, host));
            }
        }
    }
}

impl Inventory {
    /// The hosts that a pattern (text, or a list of texts) means, in Ansible's order. Of what matches nothing, nothing is
    /// said: see `matching_or_warn`.
    ///
    /// # Errors
    /// A pattern that cannot be understood.
    pub fn matching(&self, pattern: &Value) -> Result<Vec<Arc<str>>> {
        self.matching_or_warn(pattern, &mut Vec::new())
    }

    /// As `matching`, with a warning for each part that matches neither host nor group.
    ///
    /// # Errors
    /// As `matching`.
    pub fn matching_or_warn(&self, pattern: &Value, warnings: &mut Vec<Error>) -> Result<Vec<Arc<str>>> {
        let mut parts = Vec::new();
        collect(pattern, &mut parts)?;
        self.of_parts(&parts, warnings)
    }

    /// The hosts that a limit leaves.
    ///
    /// # Errors
    /// A pattern that cannot be understood.
    pub fn within(&self, limit: &Limit, warnings: &mut Vec<Error>) -> Result<Vec<Arc<str>>> {
        self.of_parts(&limit.0, warnings)
    }

    fn of_parts(&self, parts: &[Text], warnings: &mut Vec<Error>) -> Result<Vec<Arc<str>>> {
        let (mut regular, mut narrowing) = (Vec::new(), Vec::new());
        for part in parts {
            match part.as_str().chars().next() {
                Some('&' | '!') => narrowing.push(part),
                Some(_) => regular.push(part),
                None => {}
            }
        }
        // Intersections go before exclusions.
        narrowing.sort_by_key(|p| p.as_str().starts_with('!'));
        let all = Text::data("all");
        if regular.is_empty() {
            regular.push(&all);
        }
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        for part in regular {
            hosts.extend(self.one(part, part.as_str(), warnings)?);
        }
        for part in narrowing {
            let name = part.as_str();
            let matched: IndexSet<Arc<str>> =
                self.one(part, name.get(1..).unwrap_or_default(), warnings)?.into_iter().collect();
            if name.starts_with('&') {
                hosts.retain(|h| matched.contains(h));
            } else {
                hosts.retain(|h| !matched.contains(h));
            }
        }
        Ok(hosts.into_iter().collect())
    }

    /// The hosts of one pattern without its `&` or `!`.
    fn one(&self, text: &Text, pattern: &str, warnings: &mut Vec<Error>) -> Result<Vec<Arc<str>>> {
        if let Some((name, _)) = self.hosts.get_key_value(pattern) {
            return Ok(vec![Arc::clone(name)]);
        }
        let (base, subscript) = subscripted(pattern);
        let hosts = self.enumerate(text, base, warnings)?;
        match subscript {
            None => Ok(hosts),
            Some(subscript) if !hosts.is_empty() => subscript.apply(&hosts).ok_or_else(|| {
                Error::input(format!("No hosts matched the subscripted pattern '{pattern}'"))
                    .at(text.span().cloned())
                    .note(format!("`{base}` matches {} hosts", hosts.len()))
                    .with_exit(Exit::Error)
            }),
            Some(_) => Ok(hosts),
        }
    }

    fn enumerate(&self, text: &Text, pattern: &str, warnings: &mut Vec<Error>) -> Result<Vec<Arc<str>>> {
        let matcher = Matcher::new(pattern).ok_or_else(|| {
            Error::input(format!("Invalid host list pattern: {pattern}")).at(text.span().cloned())
        })?;
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let mut in_groups = false;
        for name in self.groups.keys().filter(|n| matcher.matches(n)) {
            in_groups = true;
            hosts.extend(self.group_hosts(name));
        }
        if !in_groups || pattern.starts_with('~') || pattern.contains(['.', '?', '*', '[']) {
            hosts.extend(self.hosts.keys().filter(|n| matcher.matches(n)).cloned());
        }
        if hosts.is_empty() && LOCALHOST.contains(&pattern) {
            // One machine: an inventory that knows it by another of its names has it already.
            let known = LOCALHOST.iter().find_map(|n| self.hosts.get_key_value(*n));
            hosts.insert(known.map_or_else(|| Arc::from(pattern), |(name, _)| Arc::clone(name)));
        }
        if hosts.is_empty() && !in_groups && pattern != "all" {
            let mut told =
                Error::input(format!("Could not match supplied host pattern, ignoring: {pattern}"))
                    .at(text.span().cloned());
            let names = self.groups.keys().chain(self.hosts.keys()).map(|n| &**n);
            if let Some(near) = did_you_mean(pattern, names) {
                told = told.help(format!("did you mean `{near}`?"));
            }
            match self.settings.mismatch {
                Mismatch::Warning => warnings.push(told),
                Mismatch::Error => return Err(told),
                Mismatch::Ignore => {}
            }
        }
        Ok(hosts.into_iter().collect())
    }
}

fn collect(pattern: &Value, parts: &mut Vec<Text>) -> Result<()> {
    match pattern {
        Value::List(items) => items.iter().try_for_each(|item| collect(item, parts)),
        Value::Text(text) => {
            parts.extend(split(text.as_str()).into_iter().map(|p| match text.span() {
                Some(span) => Text::source(p, span.clone()),
                None => Text::data(p),
            }));
            Ok(())
        }
        Value::Int(i) => {
            parts.push(Text::data(i.to_string()));
            Ok(())
        }
        other => Err(Error::input(format!("a host pattern must be text, not {}", other.type_name()))),
    }
}

/// A pattern's parts: split at commas, else at colons that are not part of an address or range.
fn split(pattern: &str) -> Vec<String> {
    let mut parts: Vec<String> = if pattern.contains(',') {
        pattern.split(',').map(str::to_owned).collect()
    } else if address::parse(pattern).is_some() {
        vec![pattern.to_owned()]
    } else {
        at_colons(pattern)
    };
    for part in &mut parts {
        *part = part.trim().to_owned();
    }
    parts.retain(|p| !p.is_empty());
    parts
}

fn at_colons(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut bracket = false;
    for c in pattern.chars() {
        match c {
            ':' if !bracket => parts.push(String::new()),
            c if c.is_whitespace() && !bracket => parts.push(String::new()),
            c => {
                bracket = (bracket || c == '[') && c != ']';
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    parts
}

/// A shell glob or a regular expression.
struct Matcher(Regex);

impl Matcher {
    fn new(pattern: &str) -> Option<Self> {
        let text = match pattern.strip_prefix('~') {
            Some(regex) => format!(r"\A(?:{regex})"),
            None => format!(r"(?s)\A(?:{})\z", glob(pattern)),
        };
        Regex::new(&text).ok().map(Matcher)
    }

    fn matches(&self, name: &str) -> bool {
        self.0.is_match(name).unwrap_or(false)
    }
}

/// A glob as a regular expression, as Python's fnmatch has it.
fn glob(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '[' => {
                // A bracket right after the opening, or after `!`, belongs to the set.
                let skip = usize::from(rest.starts_with('!'));
                let skip = skip + usize::from(rest.get(skip..).is_some_and(|r| r.starts_with(']')));
                match rest.get(skip..).and_then(|r| r.find(']')) {
                    None => out.push_str(r"\["),
                    Some(end) => {
                        let (set, after) = rest.split_at_checked(skip + end).unwrap_or((rest, ""));
                        let (not, set) = set.strip_prefix('!').map_or(("", set), |s| ("^", s));
                        let set = set
                            .replace('\\', r"\\")
                            .replace('[', r"\[")
                            .replace(']', r"\]")
                            .replace('^', r"\^");
                        out.push_str(&format!("[{not}{set}]"));
                        rest = after.strip_prefix(']').unwrap_or_default();
                    }
                }
            }
            c => out.push_str(&fancy_regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

/// `[0]`, `[-1]`, `[1:3]`, `[2:]`: ends included.
enum Subscript {
    One(isize),
    Range(usize, Option<usize>),
}

impl Subscript {
    fn apply(&self, hosts: &[Arc<str>]) -> Option<Vec<Arc<str>>> {
        match self {
            Subscript::One(i) => {
                let at = if *i < 0 { hosts.len().checked_sub(i.unsigned_abs())? } else { i.unsigned_abs() };
                hosts.get(at).map(|h| vec![Arc::clone(h)])
            }
            Subscript::Range(start, end) => {
                let count = end.map_or(hosts.len(), |end| (end + 1).saturating_sub(*start));
                Some(hosts.iter().skip(*start).take(count).cloned().collect())
            }
        }
    }
}

/// A pattern without its subscript. A regular expression has none.
fn subscripted(pattern: &str) -> (&str, Option<Subscript>) {
    let found = || {
        if pattern.starts_with('~') {
            return None;
        }
        let (base, inner) = pattern.strip_suffix(']')?.rsplit_once('[')?;
        if base.is_empty() {
            return None;
        }
        if let Ok(index) = inner.parse::<isize>()
            && !inner.starts_with('+')
        {
            return Some((base, Subscript::One(index)));
        }
        let (start, end) = inner.split_once([':', '-'])?;
        let end = if end.is_empty() { None } else { Some(end.parse().ok()?) };
        // Python takes an end of 0 for no end at all, and then the start alone.
        let start: usize = start.parse().ok()?;
        match end {
            Some(0) => Some((base, Subscript::One(start.cast_signed()))),
            end => Some((base, Subscript::Range(start, end))),
        }
    };
    found().map_or((pattern, None), |(base, subscript)| (base, Some(subscript)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Sources;

    #[test]
    fn patterns_match_as_in_ansible() {
        let mut inventory = Inventory::default();
        let text = "lone\n[web]\nw[1:3]\n[db]\nd1\nw3\n[prod:children]\nweb\ndb\n";
        Sources::default().read_text("hosts", text, &mut inventory).unwrap();
        let table = [
            ("all", "lone w1 w2 w3 d1"),
            ("*", "lone w1 w2 w3 d1"),
            ("web", "w1 w2 w3"),
            ("web:db", "w1 w2 w3 d1"),
            ("web,db", "w1 w2 w3 d1"),
            ("web:&db", "w3"),
            ("web:!db", "w1 w2"),
            ("!web", "lone d1"),
            ("~w[12]", "w1 w2"),
            ("w?", "w1 w2 w3"),
            ("[wd]1", "w1 d1"),
            ("web[0]", "w1"),
            ("web[-1]", "w3"),
            ("web[1:]", "w2 w3"),
            ("web[0:1]", "w1 w2"),
            ("web[1:0]", "w2"),
            ("ungrouped", "lone"),
            ("localhost", "localhost"),
            ("nosuch", ""),
            ("w1,w1", "w1"),
        ];
        for (pattern, hosts) in table {
            let found = inventory.matching(&Value::data(pattern)).unwrap();
            assert_eq!(found.join(" "), hosts, "{pattern}");
        }
        assert!(inventory.matching(&Value::data("web[7]")).is_err());
        assert!(inventory.matching(&Value::data("~(")).is_err());
        let mut warnings = Vec::new();
        inventory.matching_or_warn(&Value::data("wev"), &mut warnings).unwrap();
        assert_eq!(warnings[0].help_lines(), ["did you mean `web`?"]);
    }
}
