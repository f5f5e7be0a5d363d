//! Files as lists of paths and values, so that two of them can be compared without regard to layout and comments.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// What a file says: paths and their values, in the file's order where the order counts.
pub type Items = Vec<(String, String)>;

/// Sections and keys of an INI file; of a key that stands twice the last counts.
pub fn ini(text: &str) -> Items {
    let (mut section, mut items) = (String::new(), BTreeMap::new());
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with(['#', ';'])) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) => name.clone_into(&mut section),
            None => {
                let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("no value: {line}"));
                items.insert(format!("[{section}] {}", key.trim()), plain(value.trim()));
            }
        }
    }
    items.into_iter().collect()
}

/// oslo.config reads booleans in any case.
fn plain(value: &str) -> String {
    match value.to_lowercase().as_str() {
        word @ ("true" | "false") => word.to_owned(),
        _ => value.to_owned(),
    }
}

/// The leaves of a YAML or JSON file.
pub fn yaml(text: &str) -> Items {
    fn walk(path: &str, value: &serde_yaml::Value, items: &mut Items) {
        match value {
            serde_yaml::Value::Mapping(map) => {
                for (key, value) in map {
                    walk(&format!("{path}/{}", key.as_str().unwrap_or("?")), value, items);
                }
            }
            serde_yaml::Value::Sequence(list) => {
                for (n, value) in list.iter().enumerate() {
                    walk(&format!("{path}/{n}"), value, items);
                }
            }
            leaf => items.push((path.to_owned(), format!("{leaf:?}"))),
        }
    }
    let mut items = Items::new();
    walk("", &serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}")), &mut items);
    items.sort();
    items
}

/// Elements and attributes. Elements of one name count in their order, others do not.
pub fn xml(text: &str) -> Items {
    fn attributes(path: &str, tag: &BytesStart<'_>, items: &mut Items) {
        items.push((path.to_owned(), String::new()));
        for attribute in tag.attributes() {
            let attribute = attribute.unwrap();
            let name = attribute.key.as_ref();
            items.push((format!("{path}@{name}"), attribute.value.to_string()));
        }
    }
    let (mut reader, mut items) = (Reader::from_str(text), Items::new());
    let mut open: Vec<(String, BTreeMap<String, usize>)> = vec![(String::new(), BTreeMap::new())];
    loop {
        let event = reader.read_event().unwrap_or_else(|e| panic!("{e}: {text}"));
        let (tag, empty) = match &event {
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Text(text) => {
                let (text, (path, _)) = (text.xml10_content().trim().to_owned(), open.last().unwrap());
                if !text.is_empty() {
                    items.push((format!("{path}#"), text));
                }
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let name = tag.name().as_ref().to_owned();
        let (parent, seen) = open.last_mut().unwrap();
        let number = seen.entry(name.clone()).or_default();
        let path =
            format!("{parent}/{name}{}", if *number == 0 { String::new() } else { format!("[{number}]") });
        *number += 1;
        attributes(&path, tag, &mut items);
        if !empty {
            open.push((path, BTreeMap::new()));
        }
    }
    items.sort();
    items
}

/// The arguments of a command, an option with its value as one; the order counts.
pub fn arguments(words: &[String]) -> Items {
    let mut items = Items::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let value = words.next_if(|next| word.starts_with('-') && !next.starts_with('-'));
        items.push((word.clone(), value.cloned().unwrap_or_default()));
    }
    items
}
