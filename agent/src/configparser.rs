//! INI files as Python's `configparser` reads them, strictly, with its words where they cannot be read.

use crate::python;
use indexmap::IndexMap;
use std::fmt;

/// How often a value may refer to others that refer to others.
const DEPTH: usize = 10;

/// The section whose values all others have too.
const DEFAULT: &str = "DEFAULT";

/// Keys with their values; one without `=` has none.
type Section = IndexMap<String, Option<String>>;

/// Keys of a section with their values, in order.
pub type Items = Vec<(String, Option<String>)>;

/// How a file is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Form {
    /// Keys differ by case.
    pub case_sensitive: bool,
    /// A key may have no value.
    pub no_value: bool,
}

/// A file's sections.
#[derive(Debug)]
pub struct Ini {
    sections: IndexMap<String, Section>,
    defaults: Section,
    form: Form,
}

/// Why a text is no such file.
#[derive(Debug)]
pub enum Misread {
    /// A key is there twice.
    Twice(String),
    /// Anything else.
    Other(String),
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misread::Twice(why) | Misread::Other(why) => f.write_str(why),
        }
    }
}

impl Ini {
    /// Reads a text.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str, form: Form) -> Result<Self, Misread> {
        let mut ini = Ini { sections: IndexMap::new(), defaults: Section::new(), form };
        let mut section: Option<String> = None;
        // The key whose value goes on, and how far its line or its section's is indented.
        let mut open: Option<String> = None;
        let mut indent = 0;
        // What of it is no option: told when all of it has been read.
        let mut bogus = String::new();
        for (number, line) in text.split_inclusive('\n').enumerate().map(|(index, line)| (index + 1, line)) {
            let trimmed = line.trim();
            if trimmed.starts_with(['#', ';']) {
                continue;
            }
            if trimmed.is_empty() {
                ini.extend(section.as_deref(), open.as_deref(), "");
                continue;
            }
            let here = line.len() - line.trim_start().len();
            if open.is_some() && here > indent {
                ini.extend(section.as_deref(), open.as_deref(), trimmed);
                continue;
            }
            indent = here;
            if let Some(name) = header(trimmed) {
                if ini.sections.contains_key(name) {
                    let why = format!("section {} already exists", python::quoted(name));
                    return Err(Misread::Other(format!(
                        "While reading from '<???>' [line {number:2}]: {why}"
                    )));
                }
                if name != DEFAULT {
                    ini.sections.insert(name.to_owned(), Section::new());
                }
                section = Some(name.to_owned());
                open = None;
                continue;
            }
            let Some(section) = &section else {
                return Err(Misread::Other(format!(
                    "File contains no section headers.\nfile: '<???>', line: {number}\n{}",
                    python::quoted(line)
                )));
            };
            let (key, value) = match trimmed.split_once(['=', ':']) {
                Some((key, value)) if !key.is_empty() => (key.trim(), Some(value.trim().to_owned())),
                None if form.no_value => (trimmed, None),
                _ => {
                    bogus += &format!("\n\t[line {number:2}]: {}", python::quoted(line));
                    continue;
                }
            };
            let key = ini.folded(key);
            if ini.section_mut(section).insert(key.clone(), value).is_some() {
                let (key, section) = (python::quoted(&key), python::quoted(section));
                return Err(Misread::Twice(format!(
                    "While reading from '<???>' [line {number:2}]: option {key} in section {section} already exists"
                )));
            }
            open = Some(key);
        }
        if !bogus.is_empty() {
            return Err(Misread::Other(format!("Source contains parsing errors: '<???>'{bogus}")));
        }
        for value in
            ini.sections.values_mut().chain([&mut ini.defaults]).flat_map(Section::values_mut).flatten()
        {
            value.truncate(value.trim_end().len());
        }
        Ok(ini)
    }

    fn folded(&self, key: &str) -> String {
        if self.form.case_sensitive { key.to_owned() } else { key.to_lowercase() }
    }

    fn section_mut(&mut self, name: &str) -> &mut Section {
        match self.sections.get_mut(name) {
            Some(section) => section,
            None => &mut self.defaults,
        }
    }

    /// Goes on with a value in the next line.
    fn extend(&mut self, section: Option<&str>, key: Option<&str>, line: &str) {
        if let (Some(section), Some(key)) = (section, key)
            && let Some(Some(value)) = self.section_mut(section).get_mut(key)
        {
            value.push('\n');
            value.push_str(line);
        }
    }

    /// The names of its sections, but for the one whose values all have.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }

    /// The keys of a section, its own first.
    pub fn options(&self, section: &str) -> impl Iterator<Item = &str> {
        let own = self.sections.get(section);
        let others = self.defaults.keys().filter(move |key| !own.is_some_and(|own| own.contains_key(*key)));
        own.into_iter().flat_map(Section::keys).chain(others).map(String::as_str)
    }

    /// A key's value in a section, if it has both: `None` inside where the key has none.
    ///
    /// # Errors
    /// What it refers to is not there.
    pub fn get(&self, section: &str, key: &str, interpolate: bool) -> Result<Option<Option<String>>, String> {
        let Some(values) = self.sections.get(section) else { return Ok(None) };
        let key = self.folded(key);
        let reference = Reference { ini: self, section, values, key: &key };
        match reference.value(&key) {
            Some(Some(value)) if interpolate => Ok(Some(Some(reference.filled(value, 1)?))),
            other => Ok(other.cloned()),
        }
    }

    /// All keys of a section with their values, those that all sections have first; nothing where there is no such
    /// section.
    ///
    /// # Errors
    /// What one refers to is not there.
    pub fn items(&self, section: &str, interpolate: bool) -> Option<Result<Items, String>> {
        let own = self.sections.get(section)?.keys().filter(|key| !self.defaults.contains_key(*key));
        let item = |key: &String| Ok((key.clone(), self.get(section, key, interpolate)?.flatten()));
        Some(self.defaults.keys().chain(own).map(item).collect())
    }
}

/// The name in a line that begins a section.
fn header(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    Some(name).filter(|name| !name.is_empty())
}

/// A key whose value may refer to others.
struct Reference<'a> {
    ini: &'a Ini,
    section: &'a str,
    values: &'a Section,
    key: &'a str,
}

impl Reference<'_> {
    fn value(&self, key: &str) -> Option<&Option<String>> {
        self.values.get(key).or_else(|| self.ini.defaults.get(key))
    }

    /// A value with `%(key)s` replaced and `%%` halved.
    fn filled(&self, value: &str, depth: usize) -> Result<String, String> {
        let place =
            || format!("option {} in section {}", python::quoted(self.key), python::quoted(self.section));
        let raw = || python::quoted(self.value(self.key).and_then(Option::as_deref).unwrap_or_default());
        if depth > DEPTH {
            return Err(format!(
                "Recursion limit exceeded in value substitution: {} contains an interpolation key which cannot be \
                 substituted in {DEPTH} steps. Raw value: {}",
                place(),
                raw()
            ));
        }
        let mut out = String::new();
        let mut rest = value;
        while let Some(at) = rest.find('%') {
            let (before, sign) = rest.split_at_checked(at).unwrap_or((rest, ""));
            out.push_str(before);
            if let Some(after) = sign.strip_prefix("%%") {
                out.push('%');
                rest = after;
                continue;
            }
            let Some(named) = sign.strip_prefix("%(") else {
                let found = python::quoted(sign);
                return Err(format!("'%' must be followed by '%' or '(', found: {found}"));
            };
            let named = named.split_once(')').filter(|(name, _)| !name.is_empty());
            let Some((name, after)) = named.and_then(|(name, after)| Some((name, after.strip_prefix('s')?)))
            else {
                return Err(format!("bad interpolation variable reference {}", python::quoted(sign)));
            };
            let name = self.ini.folded(name);
            let Some(Some(found)) = self.value(&name) else {
                return Err(format!(
                    "Bad value substitution: {} contains an interpolation key {} which is not a valid option name. Raw \
                     value: {}",
                    place(),
                    python::quoted(&name),
                    raw()
                ));
            };
            out.push_str(&self.filled(found, depth + 1)?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}
