//! `a.b`, `a[b]` and slices, with Jinja's falling back from one to the other.

use super::{methods, repr};
use crate::error::did_you_mean;
use crate::template::fail::{Fail, R};
use crate::template::val::Val;
use crate::value::Key;
use std::sync::Arc;

/// What is not there.
pub(crate) fn absent(of: &Val, key: &Val) -> Val {
    let shown = repr(key).unwrap_or_default();
    let keys: Vec<String> = match of {
        Val::Dict(d) => d.keys().iter().filter_map(|k| k.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let near = key.as_str().and_then(|k| did_you_mean(k, keys.iter().map(String::as_str)));
    // Ansible's words are for what Python takes for true; of the rest Jinja speaks.
    let fail = Fail::undefined(match (of, key) {
        (_, key) if key.truthy().unwrap_or(true) => {
            format!("object of type '{}' has no attribute {shown}", of.type_name())
        }
        (_, Val::Str(_)) => format!("'{} object' has no attribute {shown}", of.type_name()),
        (Val::None, _) => format!("None has no element {shown}"),
        _ => format!("{} object has no element {shown}", of.type_name()),
    });
    Val::Marker(fail.near(near))
}

fn entry(of: &Val, key: &Val) -> Option<Val> {
    match of {
        Val::Dict(d) => d.get(&key.key().ok()?),
        Val::Object(o) => o.entry(&key.key().ok()?),
        Val::List(_) | Val::Tuple(_) | Val::Str(_) | Val::Range(..) => {
            let i = match key {
                Val::Int(i) => i,
                Val::Bool(b) => &i128::from(*b),
                _ => return None,
            };
            match of {
                Val::List(l) => l.get(index(*i, l.len())?),
                Val::Str(s) => {
                    let at = index(*i, s.chars().count())?;
                    s.chars().nth(at).map(|c| Val::str(c.to_string()))
                }
                other => {
                    let items = other.as_seq()?;
                    items.get(index(*i, items.len())?).cloned()
                }
            }
        }
        _ => None,
    }
}

fn index(i: i128, len: usize) -> Option<usize> {
    let len = len as i128;
    let at = if i < 0 { i + len } else { i };
    if (0..len).contains(&at) { usize::try_from(at).ok() } else { None }
}

/// An attribute proper, never an item.
pub(crate) fn own_attribute(of: &Val, name: &str) -> Option<Val> {
    match of {
        Val::Object(o) => o.attr(name).or_else(|| methods::bound(of, name)),
        _ => methods::bound(of, name),
    }
}

/// `of.name`.
pub(crate) fn attr(of: &Val, name: &Arc<str>) -> Val {
    if matches!(of, Val::Marker(_)) {
        return of.clone();
    }
    let key = Val::str(Arc::clone(name));
    own_attribute(of, name).or_else(|| entry(of, &key)).unwrap_or_else(|| absent(of, &key))
}

/// `of[key]`.
pub(crate) fn item(of: &Val, key: &Val) -> Val {
    match (of, key) {
        (Val::Marker(_), _) => of.clone(),
        (_, Val::Marker(_)) => key.clone(),
        _ => entry(of, key).or_else(|| own_attribute(of, key.as_str()?)).unwrap_or_else(|| absent(of, key)),
    }
}

/// The value at a dotted path of names and indices, as `map(attribute='a.b.0')` takes it.
pub(crate) fn path(of: &Val, path: &Val) -> Val {
    match path {
        Val::Str(s) => s.split('.').fold(of.clone(), |of, part| match part.parse::<i128>() {
            Ok(i) if part.bytes().all(|b| b.is_ascii_digit()) => {
                let by_index = item(&of, &Val::Int(i));
                if matches!(by_index, Val::Marker(_)) && !matches!(of, Val::Marker(_)) {
                    entry(&of, &Val::str(part)).unwrap_or(by_index)
                } else {
                    by_index
                }
            }
            _ => item(&of, &Val::str(part)),
        }),
        other => item(of, other),
    }
}

/// `of[start:stop:step]`.
pub(crate) fn slice(of: &Val, bounds: &[Option<Val>; 3]) -> R {
    let mut numbers = [None; 3];
    for (number, bound) in numbers.iter_mut().zip(bounds) {
        *number = match bound {
            None | Some(Val::None) => None,
            Some(Val::Int(i)) => Some(*i),
            Some(Val::Bool(b)) => Some(i128::from(*b)),
            Some(_) => {
                return Err(Fail::new("slice indices must be integers or None or have an __index__ method"));
            }
        };
    }
    let [start, stop, step] = numbers;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Fail::new("slice step cannot be zero"));
    }
    match of {
        Val::Str(s) => {
            let chars: Vec<char> = s.chars().collect();
            Ok(Val::str(
                picks(chars.len(), start, stop, step).filter_map(|i| chars.get(i)).collect::<String>(),
            ))
        }
        Val::List(_) | Val::Tuple(_) | Val::Range(..) => {
            let items = of.as_seq().unwrap_or_default();
            let picked =
                picks(items.len(), start, stop, step).filter_map(|i| items.get(i).cloned()).collect();
            Ok(if matches!(of, Val::Tuple(_)) { Val::tuple(picked) } else { Val::list(picked) })
        }
        other => Err(Fail::new(format!("'{}' object is not subscriptable", other.type_name()))),
    }
}

/// The indices that a slice takes.
fn picks(len: usize, start: Option<i128>, stop: Option<i128>, step: i128) -> impl Iterator<Item = usize> {
    let len = len as i128;
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |i: i128| (if i < 0 { i + len } else { i }).clamp(low, high);
    let from = start.map_or(if step > 0 { low } else { high }, clamp);
    let to = stop.map_or(if step > 0 { high } else { low }, clamp);
    let mut at = from;
    std::iter::from_fn(move || {
        let more = if step > 0 { at < to } else { at > to };
        let here = at;
        at = at.saturating_add(step);
        more.then(|| usize::try_from(here).ok()).flatten()
    })
}

/// A key as a value's attribute shows it.
pub(crate) fn by_key(of: &Val, key: &Key) -> Option<Val> {
    entry(of, &Val::from(key.clone()))
}
