//! INI files as Python's configparser reads them, strictly.

use crate::template::fail::{Fail, R};
use indexmap::IndexMap;

/// How often a value may refer to others that refer to others.
const DEPTH: usize = 10;

/// Keys with their values; one without `=` has none.
type Section = IndexMap<String, Option<String>>;

/// A file's sections.
pub(super) struct Ini {
    sections: IndexMap<String, Section>,
    defaults: Section,
    case_sensitive: bool,
}

impl Ini {
    pub(super) fn parse(text: &str, file: &str, case_sensitive: bool, no_value: bool) -> R<Ini> {
        let mut ini = Ini { sections: IndexMap::new(), defaults: Section::new(), case_sensitive };
        let mut section: Option<String> = None;
        // The key whose value goes on, and how far it was indented.
        let mut open: Option<(String, usize)> = None;
        for (number, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            let indent = line.len() - line.trim_start().len();
            if trimmed.starts_with(['#', ';']) {
                continue;
            }
            if trimmed.is_empty() {
                if let (Some((key, _)), Some(section)) = (&open, &section) {
                    ini.extend(section, key, "");
                }
                continue;
            }
            if let (Some((key, at)), Some(section)) = (&open, &section)
                && indent > *at
            {
                ini.extend(section, key, trimmed);
                continue;
            }
            if let Some(name) =
                trimmed.strip_prefix('[').and_then(|t| t.split_once(']')).map(|(name, _)| name)
            {
                if ini.sections.contains_key(name) {
                    return Err(Fail::new(format!(
                        "While reading from '{file}' [line {:2}]: section '{name}' already exists",
                        number + 1
                    )));
                }
                if name != "DEFAULT" {
                    ini.sections.insert(name.to_owned(), Section::new());
                }
                section = Some(name.to_owned());
                open = None;
                continue;
            }
            let Some(section) = &section else {
                return Err(Fail::new(format!(
                    "File contains no section headers.\nfile: '{file}', line: {}\n{line:?}",
                    number + 1
                )));
            };
            let (key, value) = match trimmed.split_once(['=', ':']) {
                Some((key, value)) => (key.trim(), Some(value.trim().to_owned())),
                None if no_value => (trimmed, None),
                None => {
                    return Err(Fail::new(format!(
                        "Source contains parsing errors: '{file}'\n\t[line {:2}]: {trimmed:?}",
                        number + 1
                    )));
                }
            };
            let key = ini.folded(key);
            if ini.section_mut(section).insert(key.clone(), value).is_some() {
                return Err(Fail::new(format!("Duplicate option in '{file}'.")));
            }
            open = Some((key, indent));
        }
        for values in ini.sections.values_mut().chain([&mut ini.defaults]) {
            for value in values.values_mut().flatten() {
                value.truncate(value.trim_end().len());
            }
        }
        Ok(ini)
    }

    fn folded(&self, key: &str) -> String {
        if self.case_sensitive { key.to_owned() } else { key.to_lowercase() }
    }

    fn section_mut(&mut self, name: &str) -> &mut Section {
        match self.sections.get_mut(name) {
            Some(section) => section,
            None => &mut self.defaults,
        }
    }

    /// Goes on with a value in the next line.
    fn extend(&mut self, section: &str, key: &str, line: &str) {
        if let Some(Some(value)) = self.section_mut(section).get_mut(key) {
            value.push('\n');
            value.push_str(line);
        }
    }

    fn section(&self, name: &str) -> R<&Section> {
        self.sections.get(name).ok_or_else(|| Fail::new(format!("No section '{name}' in the file.")))
    }

    /// A key's value: absent where the key is, `None` inside where it has none.
    pub(super) fn get(&self, section: &str, key: &str, interpolate: bool) -> R<Option<Option<String>>> {
        let values = self.section(section)?;
        let Some(value) = values.get(&self.folded(key)).or_else(|| self.defaults.get(&self.folded(key)))
        else {
            return Ok(None);
        };
        match value {
            Some(value) if interpolate => self.filled(values, key, value, DEPTH).map(|v| Some(Some(v))),
            other => Ok(Some(other.clone())),
        }
    }

    /// All keys of a section with their values, defaults included.
    pub(super) fn items(&self, section: &str, interpolate: bool) -> R<Vec<(String, Option<String>)>> {
        let mut names: Vec<&String> = self.defaults.keys().collect();
        names.extend(self.section(section)?.keys().filter(|k| !self.defaults.contains_key(*k)));
        names
            .into_iter()
            .map(|name| Ok((name.clone(), self.get(section, name, interpolate)?.flatten())))
            .collect()
    }

    /// A value with `%(name)s` replaced and `%%` halved.
    fn filled(&self, values: &Section, key: &str, value: &str, depth: usize) -> R<String> {
        if depth == 0 {
            return Err(Fail::new(format!("Recursion limit exceeded in value substitution: option '{key}'")));
        }
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                out.push('%');
                rest = after;
                continue;
            }
            let Some((name, after)) = after.strip_prefix('(').and_then(|a| a.split_once(")s")) else {
                return Err(Fail::new(format!("'%' must be followed by '%' or '(', found: '%{after}'")));
            };
            let name = self.folded(name);
            let found = values.get(&name).or_else(|| self.defaults.get(&name));
            let found = found.and_then(Option::as_ref).ok_or_else(|| {
                Fail::new(format!(
                    "Bad value substitution: option '{key}' contains an interpolation key '{name}' which is not a valid option name."
                ))
            })?;
            out.push_str(&self.filled(values, key, found, depth - 1)?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}
