//! YAML as PyYAML writes and reads it.

use super::anchors::{Anchors, Written};
use super::depth::Nested;
use super::dump;
use super::fail::{Fail, R};
use super::python;
use super::val::Val;
use crate::error::Source;
use crate::value::{Key, Map, Moment, Value, is_plain_string, yaml};
use libyaml_safer::{
    Emitter, Encoding, Event, EventData, MappingStyle, Mark, Parser, ScalarStyle, SequenceStyle,
};

/// When a list or map is written in brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Never,
    Always,
    /// Where all that is in it are plain scalars.
    Leaves,
}

/// How `yaml.dump` is asked to write.
pub(crate) struct Style {
    pub(crate) indent: i32,
    pub(crate) width: i32,
    pub(crate) flow: Flow,
    pub(crate) sort_keys: bool,
    pub(crate) explicit_start: bool,
    pub(crate) explicit_end: bool,
    pub(crate) unicode: bool,
    /// Whether strings of several lines are written as blocks.
    pub(crate) blocks: bool,
    /// The quotes of every scalar, where asked for.
    pub(crate) quotes: Option<char>,
    /// Whether what is one list or map in several places is written once, with an anchor.
    pub(crate) anchors: bool,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            indent: 2,
            width: 80,
            flow: Flow::Leaves,
            sort_keys: true,
            explicit_start: false,
            explicit_end: false,
            unicode: true,
            blocks: false,
            quotes: None,
            anchors: false,
        }
    }
}

/// What stands in for a character beyond the first plane while libyaml writes: it escapes this one, as libyaml in C
/// escapes those.
const BEYOND: char = '\u{fffe}';

/// What libyaml takes for the end of a line.
pub(super) const BREAKS: [char; 4] = ['\n', '\u{85}', '\u{2028}', '\u{2029}'];

/// `yaml.dump`.
pub(crate) fn dump(v: &Val, style: &Style) -> R<String> {
    let mut events = Vec::new();
    let mut anchors = if style.anchors { Anchors::of(v, style) } else { Anchors::default() };
    represent(v, style, &mut anchors, &mut events)?;
    let mut beyond = Vec::new();
    for event in &mut events {
        if let EventData::Scalar { value, .. } = &mut event.data
            && value.chars().any(|c| c > '\u{ffff}' || c == BEYOND)
        {
            beyond.extend(value.chars().filter(|c| *c > '\u{ffff}' || *c == BEYOND));
            *value = value.chars().map(|c| if c > '\u{ffff}' { BEYOND } else { c }).collect();
        }
    }
    let mut bytes = Vec::new();
    let mut emitter = Emitter::new();
    emitter.set_output_string(&mut bytes);
    emitter.set_indent(style.indent);
    emitter.set_width(style.width);
    emitter.set_unicode(style.unicode);
    let around =
        [Event::stream_start(Encoding::Utf8), Event::document_start(None, &[], !style.explicit_start)];
    let after = [Event::document_end(!style.explicit_end), Event::stream_end()];
    for event in around.into_iter().chain(events).chain(after) {
        emitter.emit(event).map_err(|e| Fail::new(e.to_string()))?;
    }
    emitter.flush().map_err(|e| Fail::new(e.to_string()))?;
    drop(emitter);
    let text = String::from_utf8(bytes).map_err(|_| Fail::new("the YAML written is not UTF-8"))?;
    let mut parts = text.split("\\uFFFE");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, beyond) in parts.zip(beyond) {
        out.push_str(&format!("\\U{:08X}", beyond as u32));
        out.push_str(part);
    }
    Ok(out)
}

const STR: &str = "tag:yaml.org,2002:str";

/// The events of a value; whether it is a scalar.
fn represent(v: &Val, style: &Style, anchors: &mut Anchors, events: &mut Vec<Event>) -> R<bool> {
    let _nested = Nested::enter()?;
    let anchor = match anchors.at(v) {
        Some(Written::Before(name)) => {
            events.push(Event::alias(&name));
            return Ok(false);
        }
        Some(Written::Here(name)) => Some(name),
        None => None,
    };
    let anchor = anchor.as_deref();
    let mut scalar = |tag: &str, text: &str, is_string: bool| {
        let plain = if is_string { is_plain_string(text) } else { true };
        let quotes = match style.quotes {
            Some('\'') => ScalarStyle::SingleQuoted,
            Some('"') => ScalarStyle::DoubleQuoted,
            Some('|') => ScalarStyle::Literal,
            Some('>') => ScalarStyle::Folded,
            _ if style.blocks && is_string && text.contains(BREAKS) => ScalarStyle::Literal,
            _ => ScalarStyle::Any,
        };
        events.push(Event::scalar(None, Some(tag), text, plain, is_string, quotes));
        Ok(true)
    };
    match v {
        Val::Marker(f) => Err(f.clone()),
        Val::None => scalar("tag:yaml.org,2002:null", "null", false),
        Val::Bool(b) => scalar("tag:yaml.org,2002:bool", if *b { "true" } else { "false" }, false),
        Val::Int(i) => scalar("tag:yaml.org,2002:int", &i.to_string(), false),
        Val::Float(f) => scalar("tag:yaml.org,2002:float", &number(*f), false),
        Val::Str(s) => scalar(STR, s, true),
        Val::List(_) | Val::Tuple(_) => {
            let items = v.as_seq().unwrap_or_default();
            let at = events.len();
            let mut leaves = style.quotes.is_none();
            for item in &items {
                leaves &= represent(item, style, anchors, events)?;
            }
            let flow = if in_brackets(style, leaves) { SequenceStyle::Flow } else { SequenceStyle::Block };
            events.insert(at, Event::sequence_start(anchor, Some("tag:yaml.org,2002:seq"), true, flow));
            events.push(Event::sequence_end());
            Ok(false)
        }
        other => match other.entries() {
            Some(entries) => {
                let at = events.len();
                let mut leaves = style.quotes.is_none();
                for (key, value) in ordered(entries, style.sort_keys) {
                    represent(&Val::from(key), style, anchors, events)?;
                    leaves &= represent(&value, style, anchors, events)?;
                }
                let flow = if in_brackets(style, leaves) { MappingStyle::Flow } else { MappingStyle::Block };
                events.insert(at, Event::mapping_start(anchor, Some("tag:yaml.org,2002:map"), true, flow));
                events.push(Event::mapping_end());
                Ok(false)
            }
            None => match other {
                Val::Object(o) if matches!(o.moment(), Some(Moment::Date(_) | Moment::At(..))) => {
                    scalar("tag:yaml.org,2002:timestamp", &o.show(), false)
                }
                Val::Object(o) if o.type_name() == dump::SEALED => {
                    let (text, style) = (o.show(), ScalarStyle::Literal);
                    events.push(Event::scalar(None, Some("!vault"), &text, false, false, style));
                    Ok(true)
                }
                Val::Object(o) if o.type_name() == "datetime" => {
                    scalar("tag:yaml.org,2002:timestamp", &o.show(), false)
                }
                _ => Err(Fail::new(format!("cannot represent an object of type '{}'", other.type_name()))),
            },
        },
    }
}

fn in_brackets(style: &Style, leaves: bool) -> bool {
    match style.flow {
        Flow::Never => false,
        Flow::Always => true,
        Flow::Leaves => leaves,
    }
}

/// Sorted where the keys have an order among them.
pub(super) fn ordered(entries: Vec<(Key, Val)>, sort: bool) -> Vec<(Key, Val)> {
    if !sort {
        return entries;
    }
    let keys = entries.iter().map(|(k, _)| Val::from(k.clone())).collect();
    match python::lists::sorted(keys, false) {
        Ok(keys) => keys
            .iter()
            .filter_map(|k| {
                let key = k.key().ok()?;
                entries.iter().find(|(other, _)| *other == key).cloned()
            })
            .collect(),
        Err(_) => entries,
    }
}

fn number(f: f64) -> String {
    if f.is_nan() {
        return ".nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf".into() } else { "-.inf".into() };
    }
    let shown = python::float(f);
    if shown.contains('.') { shown } else { shown.replacen('e', ".0e", 1) }
}

/// `yaml.load`: one document, its strings data.
pub(crate) fn load(text: &str) -> R<Value> {
    let source = Source::new("<from_yaml>", text);
    let document = yaml::parse(&source).map_err(|e| {
        let place = e.span().map_or(String::new(), |s| format!(" (line {} column {})", s.line, s.column));
        refused(text).unwrap_or_else(|| Fail::new(format!("{}{place}", e.message())))
    })?;
    Ok(document.root.map_or(Value::Null, |root| as_data(&root.to_value())))
}

/// libyaml's complaint about a text as PyYAML prints it.
fn refused(text: &str) -> Option<Fail> {
    let mut bytes = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    loop {
        match parser.parse() {
            Ok(event) if matches!(event.data, EventData::StreamEnd) => return None,
            Ok(_) => {}
            Err(e) => return Some(complaint(&e)),
        }
    }
}

fn complaint(e: &libyaml_safer::Error) -> Fail {
    let (problem, at) = (e.problem(), e.problem_mark());
    let place =
        |mark: Mark| format!("  in \"<unicode string>\", line {}, column {}", mark.line + 1, mark.column + 1);
    let mut lines: Vec<String> = Vec::new();
    if let Some(context) = e.context().filter(|context| !context.is_empty()) {
        lines.push(context.to_owned());
        lines.extend(e.context_mark().filter(|mark| Some(*mark) != at).map(place));
    }
    lines.push(problem.to_owned());
    lines.extend(at.map(place));
    Fail::new(lines.join("\n"))
}

/// `yaml.load_all`.
pub(crate) fn load_all(text: &str) -> R<Vec<Value>> {
    let mut bytes = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    let mut starts = Vec::new();
    let mut lines = text.split_inclusive('\n').scan(0, |at, line| {
        let here = *at;
        *at += line.len();
        Some(here)
    });
    let offsets: Vec<usize> = lines.by_ref().collect();
    loop {
        let event = parser.parse().map_err(|e| complaint(&e))?;
        match event.data {
            EventData::DocumentStart { .. } => {
                let line = usize::try_from(event.start_mark.line).unwrap_or(0);
                starts.push(offsets.get(line).copied().unwrap_or(0));
            }
            EventData::StreamEnd => break,
            _ => {}
        }
    }
    let mut ends = starts.iter().skip(1).copied().collect::<Vec<_>>();
    ends.push(text.len());
    starts.iter().zip(ends).map(|(start, end)| load(text.get(*start..end).unwrap_or_default())).collect()
}

/// The same value with every string data.
fn as_data(v: &Value) -> Value {
    match v {
        Value::Text(t) => Value::data(t.shared()),
        Value::List(l) => Value::list(l.iter().map(as_data).collect()),
        Value::Map(m) => Value::map(m.iter().map(|(k, v)| (k.clone(), as_data(v))).collect::<Map>()),
        other => other.clone(),
    }
}
