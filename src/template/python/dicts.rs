//! Methods of `dict`.

use super::methods::{arg, need};
use super::{access, arity};
use crate::template::fail::{Fail, R};
use crate::template::val::{Args, Dict, Slot, Val};
use crate::value::Key;

pub(super) const NAMES: &[&str] =
    &["clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"];

/// Calls one.
pub(super) fn call(dict: &std::rc::Rc<Dict>, name: &str, args: &Args) -> Option<R> {
    if let Err(fail) = arity::check("dict", name, args.pos.len()) {
        return Some(Err(fail));
    }
    let changed = match name {
        "clear" => {
            dict.0.borrow_mut().clear();
            Ok(Val::None)
        }
        "pop" => pop(dict, args),
        "popitem" => popitem(dict),
        "setdefault" => set_default(dict, args),
        "update" => update(dict, args),
        _ => return call_mapping(&Val::Dict(std::rc::Rc::clone(dict)), name, args),
    };
    Some(changed)
}

/// Calls one that only reads, of any mapping.
pub(super) fn call_mapping(of: &Val, name: &str, args: &Args) -> Option<R> {
    let entries = || of.entries().unwrap_or_default();
    Some(match name {
        "copy" => Ok(Val::dict(entries())),
        "items" => {
            Ok(Val::list(entries().into_iter().map(|(k, v)| Val::tuple(vec![Val::from(k), v])).collect()))
        }
        "keys" => of.iter().map(Val::list),
        "values" => Ok(Val::list(entries().into_iter().map(|(_, v)| v).collect())),
        "get" => get(of, args),
        _ => return None,
    })
}

fn get(of: &Val, args: &Args) -> R {
    let key = need(args, 0, "key")?.key()?;
    Ok(access::by_key(of, &key).unwrap_or_else(|| arg(args, 1, "default").cloned().unwrap_or(Val::None)))
}

fn pop(dict: &Dict, args: &Args) -> R {
    let key = need(args, 0, "key")?.key()?;
    let found = dict.get(&key);
    dict.0.borrow_mut().shift_remove(&key);
    match found.or_else(|| arg(args, 1, "default").cloned()) {
        Some(v) => Ok(v),
        None => Err(Fail::new(super::repr(&Val::from(key))?)),
    }
}

fn popitem(dict: &Dict) -> R {
    let last: Option<Key> = dict.keys().pop();
    let Some(key) = last else { return Err(Fail::new("'popitem(): dictionary is empty'")) };
    let value = dict.get(&key).unwrap_or(Val::None);
    dict.0.borrow_mut().pop();
    Ok(Val::tuple(vec![Val::from(key), value]))
}

fn set_default(dict: &Dict, args: &Args) -> R {
    let key = need(args, 0, "key")?.key()?;
    if let Some(found) = dict.get(&key) {
        return Ok(found);
    }
    let value = arg(args, 1, "default").cloned().unwrap_or(Val::None);
    dict.insert(key, value.clone());
    Ok(value)
}

fn update(dict: &Dict, args: &Args) -> R {
    if let Some(other) = args.pos.first() {
        // Read first: it may be the dict itself.
        let more = pairs(other)?;
        dict.0.borrow_mut().extend(more.into_iter().map(|(k, v)| (k, Slot::Ready(v))));
    }
    for (k, v) in &args.kw {
        dict.insert(Key::Str(k.clone()), v.clone());
    }
    Ok(Val::None)
}

/// The entries of a mapping, or of a list of pairs.
pub(crate) fn pairs(of: &Val) -> R<Vec<(Key, Val)>> {
    if let Some(entries) = of.entries() {
        return Ok(entries);
    }
    let mut made = Vec::new();
    for (i, pair) in of.iter()?.into_iter().enumerate() {
        let items = pair.each().map_err(|_| {
            Fail::new(format!("cannot convert dictionary update sequence element #{i} to a sequence"))
        })?;
        let [key, value] = items.as_slice() else {
            return Err(Fail::new(format!(
                "dictionary update sequence element #{i} has length {}; 2 is required",
                items.len()
            )));
        };
        made.push((key.key()?, value.clone().ok()?));
    }
    Ok(made)
}
