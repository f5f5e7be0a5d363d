//! Values as JSON that loses nothing: what JSON has no word for stands under a mark, with what is known of texts.

use crate::value::{Key, Map, Moment, Origin, Sealing, Tags, Text, Value};
use jiff::tz::Offset;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The key of a map that stands for something else.
const MARK: &str = "~";

/// A value as JSON.
#[must_use]
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) => serde_json::Number::from_i128(*i).map_or(Json::Null, Json::Number),
        Value::Float(f) => match serde_json::Number::from_f64(*f) {
            Some(number) => Json::Number(number),
            None => json!({MARK: "float", "v": f.to_string()}),
        },
        Value::Moment(moment) => of_moment(moment),
        Value::Text(text) => of_text(text),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(map) => match plain(map) {
            Some(object) => Json::Object(object),
            None => {
                let entry = |(k, v): (&Key, &Value)| json!([to_json(&Value::from(k.clone())), to_json(v)]);
                json!({MARK: "map", "v": map.iter().map(entry).collect::<Vec<_>>()})
            }
        },
    }
}

/// A value that `to_json` wrote; what it did not write is as plain JSON says.
#[must_use]
pub fn from_json(json: Json) -> Value {
    match json {
        Json::Array(items) => Value::list(items.into_iter().map(from_json).collect()),
        Json::Object(map) => match map.get(MARK).and_then(Json::as_str) {
            Some(mark) => marked(mark, &map).unwrap_or_default(),
            None => Value::map(map.into_iter().map(|(k, v)| (Key::from(k), from_json(v))).collect()),
        },
        scalar => Value::from(scalar),
    }
}

fn plain(map: &Map) -> Option<serde_json::Map<String, Json>> {
    let mut object = serde_json::Map::new();
    for (key, value) in map {
        let key = key.as_str().filter(|key| *key != MARK)?;
        object.insert(key.to_owned(), to_json(value));
    }
    Some(object)
}

fn of_text(text: &Text) -> Json {
    let Some(tags) = text.tags() else { return text.as_str().into() };
    let mut object = serde_json::Map::new();
    object.insert(MARK.to_owned(), "text".into());
    object.insert("v".to_owned(), text.as_str().into());
    for (name, holds) in [
        ("trusted", tags.trusted),
        ("encrypted", tags.encrypted_source),
        ("sealed", matches!(tags.sealing, Some(Sealing::Sealed))),
    ] {
        if holds {
            object.insert(name.to_owned(), true.into());
        }
    }
    if let Some(Sealing::Opened(vault)) = &tags.sealing {
        object.insert("vault".to_owned(), (**vault).into());
    }
    if let Some(origin) = &tags.origin {
        object.insert("at".to_owned(), origin.to_string().into());
    }
    Json::Object(object)
}

fn of_moment(moment: &Moment) -> Json {
    match moment {
        Moment::Date(date) => json!({MARK: "date", "v": date.to_string()}),
        Moment::Time(time) => json!({MARK: "time", "v": time.to_string()}),
        Moment::At(at, offset) => {
            json!({MARK: "datetime", "v": at.to_string(), "offset": offset.map(Offset::seconds)})
        }
    }
}

fn marked(mark: &str, map: &serde_json::Map<String, Json>) -> Option<Value> {
    let text = map.get("v").and_then(Json::as_str);
    Some(match mark {
        "text" => {
            let has = |name: &str| map.get(name) == Some(&Json::Bool(true));
            let named = |name: &str| map.get(name).and_then(Json::as_str).map(Arc::from);
            let sealing = match named("vault") {
                Some(vault) => Some(Sealing::Opened(vault)),
                None => has("sealed").then_some(Sealing::Sealed),
            };
            let origin = named("at").map(Origin::Named);
            let tags = Tags { trusted: has("trusted"), encrypted_source: has("encrypted"), origin, sealing };
            Value::Text(Text::tagged(text?, tags))
        }
        "float" => Value::Float(text?.parse().ok()?),
        "date" => Value::Moment(Moment::Date(text?.parse().ok()?)),
        "time" => Value::Moment(Moment::Time(text?.parse().ok()?)),
        "datetime" => {
            let offset = map.get("offset").and_then(|seconds| seconds.to_string().parse().ok());
            let offset = offset.and_then(|seconds| Offset::from_seconds(seconds).ok());
            Value::Moment(Moment::At(text?.parse().ok()?, offset))
        }
        "map" => {
            let entries = map.get("v")?.as_array()?.iter().filter_map(|entry| {
                let [key, value] = entry.as_array()?.as_slice() else { return None };
                Some((key_of(&from_json(key.clone()))?, from_json(value.clone())))
            });
            Value::map(entries.collect())
        }
        _ => return None,
    })
}

fn key_of(value: &Value) -> Option<Key> {
    Some(match value {
        Value::Null => Key::Null,
        Value::Bool(b) => Key::Bool(*b),
        Value::Int(i) => Key::Int(*i),
        Value::Float(f) => Key::Float(f.to_bits()),
        Value::Text(text) => Key::Str(text.shared()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(value: &Value) -> Value {
        from_json(serde_json::from_str(&to_json(value).to_string()).unwrap())
    }

    #[test]
    fn what_json_has_no_word_for_comes_back() {
        let strange = [
            (Key::Int(1), Value::data("one")),
            (Key::Null, Value::Float(f64::INFINITY)),
            (Key::Bool(true), Value::Float(2.0)),
            (Key::Str("~".into()), Value::Int(i128::MAX)),
            (Key::Str("d".into()), Value::Moment(Moment::Date("2026-11-23".parse().unwrap()))),
            (
                Key::Str("t".into()),
                Value::Moment(Moment::At(
                    "2026-11-23T01:02:03.5".parse().unwrap(),
                    Some(Offset::from_seconds(-3600).unwrap()),
                )),
            ),
            (Key::Str("\0\u{1b}[31m\u{fffd}".into()), Value::list(vec![Value::Null, Value::data("é\u{7f}")])),
        ];
        let value = Value::map(strange.into_iter().collect());
        assert_eq!(there_and_back(&value), value);
    }

    #[test]
    fn a_text_keeps_whether_it_may_be_rendered() {
        let source = Value::Text(Text::source("{{ x }}", None));
        let Value::Text(back) = there_and_back(&source) else { panic!() };
        assert!(back.is_template());
        let Value::Text(back) = there_and_back(&Value::data("{{ x }}")) else { panic!() };
        assert!(!back.is_source());
        let Value::Text(back) = there_and_back(&Value::Text(Text::vault("$ANSIBLE_VAULT", None))) else {
            panic!()
        };
        assert!(back.is_vault());
    }
}
