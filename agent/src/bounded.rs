//! What one frame may make of memory: a few bytes of a stranger's could stand for a list in a list in a list, or for
//! millions of values.

use crate::value::{Map, Value};
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt::{self, Formatter};
use std::marker::PhantomData;

/// How deep lists and maps may nest: deeper than JSON's readers let anything in, and far from the end of a stack.
const DEEPEST: usize = 200;

/// How many values a result may hold, and how many lines a command may print: a million, and what else there is to say.
pub const MOST_VALUES: usize = 1_050_000;

/// How many lines of output a result holds.
pub const MOST_LINES: usize = 1_000_000;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static VALUES: Cell<usize> = const { Cell::new(0) };
}

/// Reads a list within the bounds.
///
/// # Errors
/// The reader's, or more than the bounds allow.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Vec<T>, D::Error> {
    nested(|| from.deserialize_seq(List(PhantomData)))
}

/// Reads a map within the bounds.
///
/// # Errors
/// As `list`.
pub fn map<'de, D: Deserializer<'de>>(from: D) -> Result<Map, D::Error> {
    nested(|| from.deserialize_map(Entries))
}

fn nested<T, E: Error>(read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let depth = DEPTH.get();
    if depth >= DEEPEST {
        return Err(E::custom("lists and maps are nested too deep"));
    }
    if depth == 0 {
        VALUES.set(0);
    }
    DEPTH.set(depth + 1);
    let value = read();
    DEPTH.set(depth);
    value
}

fn count<E: Error>() -> Result<(), E> {
    let values = VALUES.get() + 1;
    VALUES.set(values);
    if values > MOST_VALUES { Err(E::custom("there are too many values")) } else { Ok(()) }
}

struct List<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            count()?;
            list.push(item);
        }
        Ok(list)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Map;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Map, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            count()?;
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Value, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    #[test]
    fn what_is_within_the_bounds_is_read_and_nothing_else() {
        // A list of one list of one list ...: two bytes each, the innermost an empty one.
        let deep = |depth: usize| [[5, 1].repeat(depth - 1), vec![5, 0]].concat();
        assert!(read(&deep(DEEPEST)).is_ok());
        assert!(read(&deep(DEEPEST + 1)).is_err());
        assert!(read(&deep(8 << 20)).is_err());
        let many = |count: usize| postcard::to_stdvec(&Value::List(vec![Value::Null; count])).unwrap();
        assert!(read(&many(MOST_VALUES)).is_ok());
        assert!(read(&many(MOST_VALUES + 1)).is_err());
        // One that failed leaves nothing behind for the next.
        assert!(read(&deep(DEEPEST)).is_ok());
        assert!(read(&many(MOST_VALUES)).is_ok());
    }
}
