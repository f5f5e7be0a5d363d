//! Reading configuration files: lines, blocks, includes; the first value of a keyword wins.

use super::super::pattern;
use super::criteria::{self, Situation};
use super::jump::Hop;
use super::keywords::{self, Effect, Keyword, Kind};
use crate::error::{Error, Result, Source, Span, did_you_mean};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How deep includes may nest, as in OpenSSH.
const DEPTH: usize = 16;

/// A keyword's value and where it was given.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub words: Vec<String>,
    pub span: Option<Span>,
}

/// What has been given for one host so far.
#[derive(Debug, Default)]
pub(super) struct Values {
    map: HashMap<&'static str, Vec<Given>>,
    ignore: Vec<String>,
    /// Whether a `Match final` asks for all files to be read once more.
    pub wants_last_pass: bool,
}

/// Keywords that add up instead.
const CUMULATIVE: &[&str] = &["identityfile", "certificatefile", "sendenv"];

impl Values {
    /// All that was given of a keyword.
    pub fn all(&self, name: &str) -> &[Given] {
        self.map.get(name).map_or(&[], Vec::as_slice)
    }

    /// The words of a keyword's only or first value.
    pub fn words(&self, name: &str) -> Option<&[String]> {
        self.all(name).first().map(|g| g.words.as_slice())
    }

    /// The first word of a keyword's value.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.words(name)?.first().map(String::as_str)
    }

    /// Takes a value unless there is one already.
    pub fn set(&mut self, keyword: &'static str, words: Vec<String>, span: Option<Span>) {
        // Whichever of the two ways round comes first silences the other.
        let rival = match keyword {
            "proxycommand" => Some("proxyjump"),
            "proxyjump" => Some("proxycommand"),
            _ => None,
        };
        if rival.is_some_and(|r| self.map.contains_key(r)) {
            return;
        }
        let given = self.map.entry(keyword).or_default();
        if given.is_empty() || (CUMULATIVE.contains(&keyword) && given.iter().all(|g| g.words != words)) {
            given.push(Given { words, span });
        }
    }

    /// Takes `Keyword=value` or `Keyword value`, as after `-o`.
    pub fn option(&mut self, text: &str, situation: Situation<'_>) -> Result<()> {
        let source = Source::new("<ssh arguments>", text);
        Reader { values: self, situation, home: None, depth: 0 }.line(&source, 0, text, &mut true)
    }

    /// Reads a file. `home` is where relative includes of the user's file are looked for.
    pub fn file(&mut self, path: &Path, situation: Situation<'_>, home: Option<&Path>) -> Result<()> {
        Reader { values: self, situation, home, depth: 0 }.file(path, true)
    }

    /// Replaces a value: what HostName has come to, for the last pass.
    pub fn replace(&mut self, keyword: &'static str, value: String) {
        self.map.insert(keyword, vec![Given { words: vec![value], span: None }]);
    }
}

/// Reads for one host.
struct Reader<'a> {
    values: &'a mut Values,
    situation: Situation<'a>,
    home: Option<&'a Path>,
    depth: usize,
}

impl Reader<'_> {
    /// Reads a file; what comes before its first block holds where `active`.
    fn file(&mut self, path: &Path, mut active: bool) -> Result<()> {
        let bytes = std::fs::read(path).map_err(|e| {
            Error::input(format!("cannot read the ssh configuration {}: {e}", path.display()))
        })?;
        let source = Source::new(path, String::from_utf8_lossy(&bytes));
        let mut start = 0;
        for line in source.text().split_inclusive('\n') {
            self.line(&source, start, line, &mut active)?;
            start += line.len();
        }
        Ok(())
    }

    fn line(&mut self, source: &Arc<Source>, start: usize, line: &str, active: &mut bool) -> Result<()> {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let end = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let rest = rest.trim_start();
        let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start();
        let indent = line.len() - line.trim_start().len();
        let span = span(source, start + indent, name.len());
        let fail = |message: String| Error::input(message).at(span.clone());

        let lower = name.to_ascii_lowercase();
        if lower == "host" || lower == "match" {
            let words = split(rest).map_err(fail)?;
            *active = self.block(&lower, &words).map_err(|e| e.at(span))?;
            return Ok(());
        }
        let Some(keyword) = keywords::find(name) else {
            if pattern::matches_list(&lower, self.values.ignore.iter().map(String::as_str)) {
                return Ok(());
            }
            let mut error = fail(format!("unknown ssh_config keyword {name}"));
            if let Some(near) = did_you_mean(&lower, keywords::TABLE.iter().map(|k| k.name)) {
                error = error.help(format!("did you mean {near}?"));
            }
            return Err(error);
        };
        let words = match keyword.kind {
            Kind::Rest => vec![rest.to_owned()],
            _ => split(rest).map_err(fail)?,
        };
        check(keyword, &words).map_err(|why| fail(format!("{name}: {why}")))?;
        if *active { self.take(keyword, name, words, span) } else { Ok(()) }
    }

    /// Whether a block is about our host.
    fn block(&mut self, keyword: &str, words: &[String]) -> Result<bool> {
        if words.is_empty() {
            return Err(Error::input(format!("{keyword} needs patterns")));
        }
        if keyword == "host" {
            return Ok(pattern::matches_list(self.situation.host, words.iter().map(String::as_str)));
        }
        let verdict = criteria::judge(words, self.situation, self.values)?;
        self.values.wants_last_pass |= verdict.wants_last_pass;
        Ok(verdict.holds)
    }

    /// Takes a keyword that holds for our host.
    fn take(&mut self, keyword: &Keyword, name: &str, words: Vec<String>, span: Option<Span>) -> Result<()> {
        match (keyword.name, keyword.effect) {
            ("include", _) => return self.include(&words).map_err(|e| e.at(span)),
            ("ignoreunknown", _) => {
                let patterns = words.iter().flat_map(|w| w.split(','));
                self.values.ignore.extend(patterns.map(|p| p.to_ascii_lowercase()));
            }
            (_, Effect::None) => {}
            (_, Effect::Later(harmless)) => {
                let value = words.join(" ");
                let stands = self.values.all(keyword.name).is_empty();
                if stands && !harmless.iter().any(|h| h.eq_ignore_ascii_case(&value)) {
                    return Err(Error::input(format!("{name} {value} is not supported yet"))
                        .at(span)
                        .help("leave it out for this host, or name another file with -F"));
                }
                self.values.set(keyword.name, words, span);
            }
            (_, Effect::Honoured) => self.values.set(keyword.name, words, span),
        }
        Ok(())
    }

    fn include(&mut self, words: &[String]) -> Result<()> {
        if self.depth >= DEPTH {
            return Err(Error::input("includes are nested too deeply"));
        }
        for word in words {
            let path = match (word.strip_prefix("~/"), self.home) {
                (Some(rest), Some(home)) => home.join(rest),
                (Some(_), None) => {
                    return Err(Error::input(format!("{word}: there is no home directory here")));
                }
                (None, Some(home)) if !word.starts_with('/') => home.join(".ssh").join(word),
                (None, None) if !word.starts_with('/') => Path::new("/etc/ssh").join(word),
                _ => PathBuf::from(word),
            };
            for file in expand(&path) {
                let (situation, home, depth) = (self.situation, self.home, self.depth + 1);
                // A block that the file opens ends with the file.
                Reader { values: &mut *self.values, situation, home, depth }.file(&file, true)?;
            }
        }
        Ok(())
    }
}

/// The files of a path whose components may hold `*` and `?`, in order; none where nothing is there.
fn expand(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in path.components() {
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '?']) {
            found.iter_mut().for_each(|p| p.push(part));
            continue;
        }
        let mut next = Vec::new();
        for directory in &found {
            let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
            next.extend(
                entries
                    .filter(|e| {
                        let entry = e.file_name().to_string_lossy().into_owned();
                        (!entry.starts_with('.') || name.starts_with('.')) && pattern::matches(&entry, &name)
                    })
                    .map(|e| e.path()),
            );
        }
        next.sort();
        found = next;
    }
    found.retain(|p| p.is_file());
    found
}

fn check(keyword: &Keyword, words: &[String]) -> std::result::Result<(), String> {
    let first = match words.first() {
        Some(first) if !first.is_empty() => first,
        _ => return Err("a value is missing".into()),
    };
    let wrong = |expected: &str| Err(format!("{first} is not {expected}"));
    match keyword.kind {
        Kind::Flag if !is_flag(first) => return wrong("yes or no"),
        Kind::Strict if !is_flag(first) && !["ask", "accept-new", "off"].contains(&first.as_str()) => {
            return wrong("yes, accept-new, ask, no or off");
        }
        Kind::Integer if first.parse::<u32>().is_err() => return wrong("a whole number"),
        Kind::Port if first.parse::<u16>().is_ok_and(|p| p > 0) => {}
        Kind::Port => return wrong("a port"),
        Kind::Time if first != "none" && super::time::parse(first).is_none() => {
            return wrong("a time in seconds");
        }
        Kind::Algorithms(family) => family.check(first)?,
        Kind::Jump if !first.eq_ignore_ascii_case("none") && Hop::parse_list(first).is_none() => {
            return wrong("a list of hosts");
        }
        _ => {}
    }
    match (keyword.kind, words) {
        (Kind::List | Kind::Rest, _) | (_, [_]) => Ok(()),
        (_, [_, extra, ..]) => Err(format!("{extra} is one word too many")),
        (_, []) => Ok(()),
    }
}

fn is_flag(word: &str) -> bool {
    ["yes", "no", "true", "false"].contains(&word)
}

/// Words as OpenSSH splits them: double and single quotes, a backslash before a quote, blank or backslash, and a
/// comment from a word that begins with `#`.
fn split(text: &str) -> std::result::Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        match chars.peek() {
            None | Some('#') => return Ok(words),
            Some(_) => {}
        }
        let mut word = String::new();
        let mut quote = None;
        while let Some(c) = chars.next() {
            match (c, quote) {
                ('\\', _) => match chars.peek() {
                    Some('\'' | '"' | '\\') => word.extend(chars.next()),
                    Some(' ') if quote.is_none() => word.extend(chars.next()),
                    _ => word.push('\\'),
                },
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(q)) if c == q => quote = None,
                (c, None) if c.is_whitespace() => break,
                _ => word.push(c),
            }
        }
        if quote.is_some() {
            return Err("a quote is not closed".into());
        }
        words.push(word);
    }
}

fn span(source: &Arc<Source>, start: usize, length: usize) -> Option<Span> {
    let before = source.text().get(..start)?;
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    Some(Span {
        source: source.clone(),
        start,
        end: start + length,
        line: u32::try_from(before.matches('\n').count() + 1).ok()?,
        column: u32::try_from(before.get(line_start..)?.chars().count() + 1).ok()?,
    })
}
