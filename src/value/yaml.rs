//! A YAML 1.1 reader that keeps places, accepting what PyYAML's safe loader accepts.

use super::scalar::{self, Scalar};
use super::{Key, Map, Text, Value};
use super::{surrogates, yaml_error};
use crate::error::{Error, Result, Source, Span};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as STANDARD_BASE64;
use libyaml_safer::{Event, EventData, Mark, Parser, ScalarStyle};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// How many nodes the aliases of one document may copy, against documents that grow exponentially.
const ALIAS_BUDGET: usize = 200_000;

/// How deep collections may nest; beyond it Python's own loader gives up too.
const MAX_DEPTH: usize = 200;

/// What a key that a map has twice is: the setting `duplicate_dict_key`, which holds for the whole process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// A warning; the last value wins.
    Warn,
    /// An error.
    Error,
    /// Nothing; the last value wins.
    Ignore,
}

static DUPLICATES: OnceLock<Duplicates> = OnceLock::new();

/// Sets, once, what a key that a map has twice is.
pub fn set_duplicates(duplicates: Duplicates) {
    // The first to say it is the process's configuration; there is no second.
    let _ = DUPLICATES.set(duplicates);
}

/// A piece of a document with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it is.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Null, a boolean, a number or a string.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A map, in order, merge keys resolved and every key once.
    Map(Vec<(Node, Node)>),
}

/// What was read.
#[derive(Debug)]
pub struct Document {
    /// Its content; absent where the text is empty or only comments.
    pub root: Option<Node>,
    /// What the user should know, each as an error with its place: duplicate keys.
    pub warnings: Vec<Error>,
}

/// Reads a text that holds one document, or none.
///
/// # Errors
/// Malformed YAML, a second document, tags that are not supported, with place and hint.
pub fn parse(source: &Arc<Source>) -> Result<Document> {
    let json = source.text().trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(source.text()).is_ok();
    let source = &if json { surrogates::join(source) } else { Arc::clone(source) };
    let ended = ended(source.text());
    let mut input = ended.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let mut composer = Composer {
        parser,
        places: Places { source },
        json,
        anchors: HashMap::new(),
        copied: 0,
        unsafe_depth: 0,
        warnings: Vec::new(),
    };
    let root = composer.stream()?;
    Ok(Document { root, warnings: composer.warnings })
}

/// A text whose last line has an end: the scanner panics where a block scalar ends with the text.
fn ended(text: &str) -> Cow<'_, str> {
    if text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) }
}

impl Node {
    /// As a value: strings keep their places.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => Value::list(items.iter().map(Node::to_value).collect()),
            Kind::Map(entries) => Value::map(
                entries.iter().filter_map(|(k, v)| Some((k.to_key()?, v.to_value()))).collect::<Map>(),
            ),
        }
    }

    /// As a key of a map; collections cannot be one.
    #[must_use]
    pub fn to_key(&self) -> Option<Key> {
        match &self.kind {
            Kind::Scalar(Value::Null) => Some(Key::Null),
            Kind::Scalar(Value::Bool(b)) => Some(Key::Bool(*b)),
            Kind::Scalar(Value::Int(i)) => Some(Key::Int(*i)),
            Kind::Scalar(Value::Float(f)) => Some(Key::Float(f.to_bits())),
            Kind::Scalar(Value::Text(t)) => Some(Key::Str(t.shared())),
            Kind::Scalar(Value::Moment(m)) => Some(Key::from(m.to_string())),
            _ => None,
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Scalar(Value::Text(t)) => Some(t),
            _ => None,
        }
    }

    /// The characters, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_text().map(Text::as_str)
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entry under a string key, if it is a map that has one.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(_, v)| v)
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Scalar(Value::Null))
    }

    /// What it is, in words for a message: `a list`.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(Value::Null) => "nothing",
            Kind::Scalar(Value::Bool(_)) => "a boolean",
            Kind::Scalar(Value::Int(_) | Value::Float(_)) => "a number",
            Kind::Scalar(Value::Moment(_)) => "a date",
            Kind::Scalar(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// How many nodes it is made of.
    fn size(&self) -> usize {
        1 + match &self.kind {
            Kind::Scalar(_) => 0,
            Kind::List(items) => items.iter().map(Node::size).sum(),
            Kind::Map(entries) => entries.iter().map(|(k, v)| k.size() + v.size()).sum(),
        }
    }
}

/// Turns libyaml's marks into places. Its indices count bytes after a byte order mark, its columns characters, both
/// from 0.
struct Places<'a> {
    source: &'a Arc<Source>,
}

impl Places<'_> {
    /// The length of the byte order mark.
    fn mark(&self) -> usize {
        if self.source.text().starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
    }

    fn span(&self, start: Mark, end: Mark) -> Span {
        Span {
            source: Arc::clone(self.source),
            start: start.index as usize + self.mark(),
            end: end.index as usize + self.mark(),
            line: start.line as u32 + 1,
            column: start.column as u32 + 1,
        }
    }
}

struct Composer<'a, 'b> {
    parser: Parser<&'a mut &'b [u8]>,
    places: Places<'a>,
    json: bool,
    /// By name; `None` while the anchored node is still being read.
    anchors: HashMap<String, Option<Node>>,
    copied: usize,
    unsafe_depth: usize,
    warnings: Vec<Error>,
}

impl Composer<'_, '_> {
    fn next(&mut self) -> Result<Event> {
        self.parser
            .parse()
            .map_err(|e| yaml_error::explain(&e, |a, b| self.places.span(a, b), self.places.source))
    }

    fn stream(&mut self) -> Result<Option<Node>> {
        let mut root = None;
        loop {
            let event = self.next()?;
            match event.data {
                EventData::StreamEnd => return Ok(root),
                EventData::DocumentStart { .. } if root.is_some() => {
                    return Err(Error::input("this file holds more than one YAML document")
                        .at(self.places.span(event.start_mark, event.end_mark))
                        .label("a second document begins here")
                        .help("keep one document in each file"));
                }
                EventData::StreamStart { .. }
                | EventData::DocumentStart { .. }
                | EventData::DocumentEnd { .. } => {}
                _ => root = Some(self.node(event, 0)?),
            }
        }
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event, depth: usize) -> Result<Node> {
        let span = self.places.span(event.start_mark, event.end_mark);
        if depth > MAX_DEPTH {
            return Err(Error::input(format!("nested more than {MAX_DEPTH} levels deep")).at(span));
        }
        match event.data {
            EventData::Alias { anchor } => self.alias(&anchor, span),
            EventData::Scalar { anchor, tag, mut value, plain_implicit, style, .. } => {
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    self.unend(&mut value, event.end_mark);
                }
                let tag = self.enter_tag(tag.as_deref(), &span)?;
                let node = self.scalar(tag, &value, plain_implicit, span);
                self.leave_tag(tag);
                self.anchored(anchor, node)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                let tag = self.enter_tag(tag.as_deref(), &span)?;
                self.collection_tag(tag, "seq", &span)?;
                self.open(anchor.as_ref());
                let node = self.sequence(span, depth);
                self.leave_tag(tag);
                self.anchored(anchor, node)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                let tag = self.enter_tag(tag.as_deref(), &span)?;
                self.collection_tag(tag, "map", &span)?;
                self.open(anchor.as_ref());
                let node = self.mapping(span, depth);
                self.leave_tag(tag);
                self.anchored(anchor, node)
            }
            _ => Err(Error::input("unexpected end of the document").at(span)),
        }
    }

    /// Takes back the line end that `ended` gave to a block scalar's last line.
    fn unend(&self, value: &mut String, end: Mark) {
        let text = self.places.source.text();
        let last = text.rsplit('\n').next().unwrap_or_default().trim();
        if end.index as usize + self.places.mark() > text.len() && !last.is_empty() && value.ends_with('\n') {
            value.pop();
        }
    }

    fn open(&mut self, anchor: Option<&String>) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor.clone(), None);
        }
    }

    fn anchored(&mut self, anchor: Option<String>, node: Result<Node>) -> Result<Node> {
        let node = node?;
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Some(node.clone()));
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: &str, span: Span) -> Result<Node> {
        match self.anchors.get(anchor) {
            Some(Some(node)) => {
                self.copied += node.size();
                if self.copied > ALIAS_BUDGET {
                    return Err(Error::input("the aliases of this document copy too much")
                        .at(span)
                        .note(format!("together they would make more than {ALIAS_BUDGET} nodes")));
                }
                Ok(node.clone())
            }
            Some(None) => Err(Error::input(format!("`*{anchor}` is used inside of what it names")).at(span)),
            None => {
                let known = self.anchors.keys().map(String::as_str);
                let near = crate::error::did_you_mean(anchor, known).map(|n| format!("did you mean `*{n}`?"));
                let error = Error::input(format!("`*{anchor}` refers to an anchor that is not defined"))
                    .at(span)
                    .note(format!("an anchor is set by `&{anchor}` further up; a literal `*` needs quotes"));
                Err(match near {
                    Some(near) => error.help(near),
                    None => error,
                })
            }
        }
    }

    /// Understands a tag and refuses the unknown; `!unsafe` holds until `leave_tag`.
    fn enter_tag(&mut self, tag: Option<&str>, span: &Span) -> Result<Tag> {
        const STANDARD: &str = "tag:yaml.org,2002:";
        let tag = match tag {
            None => Tag::None,
            Some("!unsafe") => {
                self.unsafe_depth += 1;
                Tag::Unsafe
            }
            Some(name @ ("!vault" | "!vault-encrypted")) => {
                if name == "!vault-encrypted" {
                    self.warnings.push(
                        Error::input("Use of the YAML `!vault-encrypted` tag is deprecated.")
                            .at(span.clone())
                            .help("Use the `!vault` tag instead."),
                    );
                }
                Tag::Vault
            }
            Some(tag) => match tag.strip_prefix(STANDARD) {
                Some("str") => Tag::Standard("str"),
                Some("binary") => Tag::Standard("binary"),
                Some("int") => Tag::Standard("int"),
                Some("float") => Tag::Standard("float"),
                Some("bool") => Tag::Standard("bool"),
                Some("null") => Tag::Standard("null"),
                Some("seq") => Tag::Standard("seq"),
                Some("map") => Tag::Standard("map"),
                Some(known @ ("set" | "omap" | "pairs" | "timestamp")) => {
                    return Err(
                        Error::input(format!("the YAML tag `!!{known}` is not supported")).at(span.clone())
                    );
                }
                _ => {
                    let shown =
                        tag.strip_prefix(STANDARD).map_or_else(|| tag.to_owned(), |t| format!("!!{t}"));
                    return Err(Error::input(format!("unknown YAML tag `{shown}`"))
                        .at(span.clone())
                        .help("a value that begins with `!` needs quotes"));
                }
            },
        };
        Ok(tag)
    }

    fn leave_tag(&mut self, tag: Tag) {
        if tag == Tag::Unsafe {
            self.unsafe_depth -= 1;
        }
    }

    fn collection_tag(&self, tag: Tag, wanted: &str, span: &Span) -> Result<()> {
        match tag {
            Tag::Standard(name) if name != wanted => {
                Err(Error::input(format!("the YAML tag `!!{name}` does not fit what follows"))
                    .at(span.clone()))
            }
            Tag::Vault => {
                Err(Error::input("the '!vault' tag requires a string value").at(span.clone()).help(
                    "`warp vault encrypt_string` writes one; to encrypt more than a string, encrypt its file",
                ))
            }
            _ => Ok(()),
        }
    }

    fn scalar(&self, tag: Tag, text: &str, plain: bool, span: Span) -> Result<Node> {
        let misfit = |name: &str| Error::input(format!("{text:?} is not of the type that `!!{name}` says"));
        let meaning = match tag {
            Tag::Standard("str") => Scalar::Str(text.to_owned()),
            // Bytes are text here, as everywhere; it is never a template.
            Tag::Standard("binary") => {
                let packed: String = text.split_whitespace().collect();
                let bytes = STANDARD_BASE64.decode(packed).map_err(|_| misfit("binary").at(span.clone()))?;
                let text = Text::data(String::from_utf8_lossy(&bytes).into_owned());
                return Ok(Node { kind: Kind::Scalar(Value::Text(text)), span });
            }
            Tag::Standard("null") => Scalar::Null,
            Tag::Standard("int") => scalar::int(text).ok_or_else(|| misfit("int").at(span.clone()))?,
            Tag::Standard("float") => {
                Scalar::Float(scalar::float(text).ok_or_else(|| misfit("float").at(span.clone()))?)
            }
            Tag::Standard("bool") => {
                Scalar::Bool(scalar::boolean(text).ok_or_else(|| misfit("bool").at(span.clone()))?)
            }
            Tag::Standard(name) => return Err(misfit(name).at(span)),
            Tag::Vault => {
                return Ok(Node { kind: Kind::Scalar(Value::Text(Text::vault(text, span.clone()))), span });
            }
            // PyYAML resolves what `!unsafe` marks as if it were plain, quoted or not.
            Tag::Unsafe => scalar::resolve(text),
            Tag::None if plain && self.json => scalar::resolve_json(text),
            Tag::None if plain => scalar::resolve(text),
            Tag::None => Scalar::Str(text.to_owned()),
        };
        let value = match meaning {
            Scalar::Null => Value::Null,
            Scalar::Bool(b) => Value::Bool(b),
            Scalar::Int(i) => Value::Int(i),
            Scalar::Float(f) => Value::Float(f),
            Scalar::Moment(m) => Value::Moment(m),
            Scalar::Str(s) => self.text(&s, &span),
            Scalar::Merge => self.text(text, &span),
            Scalar::Invalid(why) => {
                return Err(Error::input(format!("{text:?} cannot be read")).at(span).note(why));
            }
        };
        Ok(Node { span, kind: Kind::Scalar(value) })
    }

    fn text(&self, chars: &str, span: &Span) -> Value {
        let span = span.clone();
        Value::Text(if self.unsafe_depth > 0 {
            Text::untrusted(chars, span)
        } else {
            Text::source(chars, span)
        })
    }

    fn sequence(&mut self, mut span: Span, depth: usize) -> Result<Node> {
        let mut items = Vec::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::SequenceEnd) {
                span.end = event.end_mark.index as usize;
                return Ok(Node { span, kind: Kind::List(items) });
            }
            items.push(self.node(event, depth + 1)?);
        }
    }

    fn mapping(&mut self, mut span: Span, depth: usize) -> Result<Node> {
        let mut own: Vec<(Node, Node)> = Vec::new();
        let mut merged: Vec<(Node, Node)> = Vec::new();
        let mut seen: HashMap<Key, usize> = HashMap::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::MappingEnd) {
                span.end = event.end_mark.index as usize;
                break;
            }
            let merge =
                matches!(&event.data, EventData::Scalar { value, plain_implicit: true, .. } if value == "<<");
            let key = self.node(event, depth + 1)?;
            let event = self.next()?;
            let value = self.node(event, depth + 1)?;
            if merge && !self.json {
                merged.extend(merge_entries(value)?);
                continue;
            }
            let Some(name) = key.to_key() else {
                return Err(yaml_error::collection_key(&key));
            };
            match seen.get(&name).and_then(|i| own.get_mut(*i)) {
                Some(earlier) => {
                    let repeated =
                        Error::input(format!("Found duplicate mapping key '{name}'.")).at(key.span.clone());
                    match DUPLICATES.get() {
                        Some(Duplicates::Error) => return Err(repeated),
                        Some(Duplicates::Ignore) => {}
                        Some(Duplicates::Warn) | None => {
                            self.warnings.push(repeated.help("Using last defined value only."));
                        }
                    }
                    *earlier = (key, value);
                }
                None => {
                    seen.insert(name, own.len());
                    own.push((key, value));
                }
            }
        }
        if self.json
            && let [(key, value)] = own.as_slice()
            && let (Some(mark), Some(text)) = (key.as_str(), value.as_text())
        {
            // As Ansible marks texts in JSON.
            match mark {
                "__ansible_unsafe" => {
                    return Ok(text_node(Text::untrusted(text.shared(), span.clone()), span));
                }
                "__ansible_vault" => return Ok(text_node(Text::vault(text.shared(), span.clone()), span)),
                _ => {}
            }
        }
        Ok(Node { span, kind: Kind::Map(combine(merged, own)) })
    }
}

fn text_node(text: Text, span: Span) -> Node {
    Node { span, kind: Kind::Scalar(Value::Text(text)) }
}

/// A tag that was understood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    None,
    Unsafe,
    Vault,
    Standard(&'static str),
}

/// The entries that `<<: value` brings, weakest first.
fn merge_entries(value: Node) -> Result<Vec<(Node, Node)>> {
    let refuse = |node: &Node| {
        Error::input(format!("`<<` merges a map or a list of maps, not {}", node.describe()))
            .at(node.span.clone())
    };
    match value.kind {
        Kind::Map(entries) => Ok(entries),
        Kind::List(items) => {
            let mut all = Vec::new();
            for item in items.into_iter().rev() {
                let Kind::Map(entries) = item.kind else { return Err(refuse(&item)) };
                all.extend(entries);
            }
            Ok(all)
        }
        Kind::Scalar(_) => Err(refuse(&value)),
    }
}

/// Merged entries first, each key once; later ones win but keep the place of the first.
fn combine(merged: Vec<(Node, Node)>, own: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
    if merged.is_empty() {
        return own;
    }
    let mut out: indexmap::IndexMap<Key, (Node, Node)> = indexmap::IndexMap::new();
    for (key, value) in merged.into_iter().chain(own) {
        if let Some(name) = key.to_key() {
            out.insert(name, (key, value));
        }
    }
    out.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Document> {
        parse(&Source::new("t.yml", text))
    }

    fn json(text: &str) -> String {
        let root = read(text).unwrap().root.unwrap();
        serde_json::Value::from(&root.to_value()).to_string()
    }

    #[test]
    fn merges_come_first_and_earlier_maps_win() {
        let text = "x: &x {a: 1, b: 2}\nz: {a: 4, <<: [*x, {c: 5, a: 9}]}\ny: {<<: *x, '<<': q}";
        assert_eq!(json(text), r#"{"x":{"a":1,"b":2},"z":{"c":5,"a":4,"b":2},"y":{"a":1,"b":2,"<<":"q"}}"#);
    }

    #[test]
    fn duplicates_warn_and_the_last_wins() {
        let document = read("a: 1\nb: 2\na: 3\n").unwrap();
        assert_eq!(document.warnings.len(), 1);
        assert_eq!(document.warnings[0].span().unwrap().to_string(), "t.yml:3:1");
        assert_eq!(json("a: 1\nb: 2\na: 3\n"), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn unsafe_text_is_data_in_depth_and_all_else_is_source_with_its_place() {
        let root = read("é: !unsafe [{b: '{{ x }}'}]\nü: '{{ y }}'").unwrap().root.unwrap();
        let inner = root.get("é").unwrap().as_list().unwrap()[0].get("b").unwrap();
        assert!(!inner.as_text().unwrap().is_source());
        let outer = root.get("ü").unwrap();
        assert_eq!(outer.span.to_string(), "t.yml:2:4");
        assert_eq!(outer.as_text().unwrap().span(), Some(&outer.span));
        let shown = outer.span.source.text().get(outer.span.start..outer.span.end);
        assert_eq!(shown, Some("'{{ y }}'"));
    }

    #[test]
    fn json_files_have_jsons_numbers() {
        assert_eq!(json("{\"a\": \"\\ud83d\\ude00\"}"), "{\"a\":\"😀\"}");
        assert_eq!(json("{\n\t\"a\": 1e3,\n\t\"b\": [true, null, 07]}"), r#"{"a":"1e3","b":[true,null,7]}"#);
        assert_eq!(json("{\n\t\"a\": 1e3,\n\t\"b\": [true, null]}"), r#"{"a":1000.0,"b":[true,null]}"#);
    }

    #[test]
    fn aliases_cannot_blow_up() {
        let mut text = String::from("a: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..9 {
            let refs = vec![format!("*a{}", i - 1); 10].join(", ");
            text.push_str(&format!("b{i}: &a{i} [{refs}]\n"));
        }
        assert!(read(&text).unwrap_err().message().contains("copy too much"));
        assert!(read("a: &a [*a]").unwrap_err().message().contains("inside of what it names"));
        assert!(read(&"[".repeat(5000)).is_err());
    }

    #[test]
    fn a_block_scalar_may_end_with_the_text() {
        for (text, value) in [
            ("a: |\n  x", "x"),
            ("a: >\n  x\n  y", "x y"),
            ("a: |+\n  x", "x"),
            ("a: |-\n  x", "x"),
            ("a: |\n  x\n", "x\n"),
            ("a: |\n  x\n ", "x\n"),
            ("a: |", ""),
        ] {
            assert_eq!(json(text), serde_json::json!({ "a": value }).to_string(), "{text:?}");
        }
    }
}
