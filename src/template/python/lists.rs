//! Methods of `list` and `tuple`.

use super::arity;
use super::methods::{arg, int, need};
use super::ops;
use crate::template::fail::{Fail, R};
use crate::template::val::{Args, List, Slot, Val};
use std::cmp::Ordering;

pub(super) const NAMES: &[&str] =
    &["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"];

/// Calls one.
pub(super) fn call(list: &List, name: &str, args: &Args) -> Option<R> {
    NAMES.contains(&name).then(|| {
        arity::check("list", name, args.pos.len())?;
        run(list, name, args)
    })
}

/// Calls one of a tuple's.
pub(super) fn call_tuple(items: &[Val], name: &str, args: &Args) -> Option<R> {
    matches!(name, "count" | "index").then(|| {
        arity::check("tuple", name, args.pos.len())?;
        look(items, name, args)
    })
}

fn look(items: &[Val], name: &str, args: &Args) -> R {
    let wanted = need(args, 0, "value")?;
    match name {
        "count" => {
            let same = items.iter().map(|v| ops::eq(v, wanted)).collect::<R<Vec<bool>>>()?;
            Ok(same.into_iter().filter(|same| *same).count().into())
        }
        _ => match ops::position(items, wanted)? {
            Some(i) => Ok(i.into()),
            None => Err(Fail::new(format!("{} is not in list", super::repr(wanted)?))),
        },
    }
}

fn run(list: &List, name: &str, args: &Args) -> R {
    match name {
        "append" => list.0.borrow_mut().push(Slot::Ready(need(args, 0, "object")?.clone())),
        "clear" => list.0.borrow_mut().clear(),
        "copy" => return Ok(Val::list(list.items())),
        "count" | "index" => return look(&list.items(), name, args),
        "extend" => {
            let more = need(args, 0, "iterable")?.iter()?;
            list.0.borrow_mut().extend(more.into_iter().map(Slot::Ready));
        }
        "insert" => {
            let at = place(int(args, 0, "index", 0)?, list.len());
            list.0.borrow_mut().insert(at, Slot::Ready(need(args, 1, "object")?.clone()));
        }
        "pop" => {
            let len = list.len() as i128;
            let at = int(args, 0, "index", -1)?;
            let at = if at < 0 { at + len } else { at };
            let at = usize::try_from(at).ok().filter(|i| *i < list.len());
            let why = if len == 0 { "pop from empty list" } else { "pop index out of range" };
            let at = at.ok_or_else(|| Fail::new(why))?;
            let popped = list.get(at).unwrap_or(Val::None);
            list.0.borrow_mut().remove(at);
            return Ok(popped);
        }
        "remove" => {
            let wanted = need(args, 0, "value")?;
            match ops::position(&list.items(), wanted)? {
                Some(i) => drop(list.0.borrow_mut().remove(i)),
                None => return Err(Fail::new("list.remove(x): x not in list")),
            }
        }
        "reverse" => list.0.borrow_mut().reverse(),
        _ => {
            let reverse = arg(args, usize::MAX, "reverse").map_or(Ok(false), Val::truthy)?;
            let sorted = sorted(list.items(), reverse)?;
            *list.0.borrow_mut() = sorted.into_iter().map(Slot::Ready).collect();
        }
    }
    Ok(Val::None)
}

fn place(index: i128, len: usize) -> usize {
    let at = if index < 0 { index + len as i128 } else { index };
    usize::try_from(at.max(0)).unwrap_or(len).min(len)
}

/// `sorted(items)`, by as Python does on what has no order.
pub(crate) fn sorted(items: Vec<Val>, reverse: bool) -> R<Vec<Val>> {
    let keyed = items.into_iter().map(|v| (v.clone(), v)).collect();
    sorted_by(keyed, reverse)
}

/// Items sorted by their keys; stable both ways.
pub(crate) fn sorted_by(mut keyed: Vec<(Val, Val)>, reverse: bool) -> R<Vec<Val>> {
    // As Python does it, which is stable and tells of the same pair where one has no order.
    if reverse {
        keyed.reverse();
    }
    let keys: Vec<Val> = keyed.iter().map(|(key, _)| key.clone()).collect();
    let mut failed = None;
    keyed.sort_by(|(a, _), (b, _)| match ops::order("<", a, b) {
        Ok(order) => order.unwrap_or(Ordering::Equal),
        Err(f) => {
            failed.get_or_insert(f);
            Ordering::Equal
        }
    });
    if let Some(f) = failed {
        return Err(first_refused(&keys).err().unwrap_or(f));
    }
    if reverse {
        keyed.reverse();
    }
    Ok(keyed.into_iter().map(|(_, v)| v).collect())
}

/// Compares in the order in which Python sorts a short list: a run first, then each of the rest by halving.
fn first_refused(keys: &[Val]) -> R<()> {
    let less = |a: &Val, b: &Val| Ok(ops::order("<", a, b)?.is_some_and(Ordering::is_lt));
    let mut sorted: Vec<Val> = Vec::new();
    let mut falling = None;
    for (i, key) in keys.iter().enumerate().take(64) {
        let in_run = sorted.len() == i && falling != Some(None);
        if let Some(last) = keys.get(i.wrapping_sub(1)).filter(|_| in_run) {
            let down = less(key, last)?;
            if falling.get_or_insert(Some(down)).is_some_and(|before| before == down) {
                sorted.insert(if down { 0 } else { i }, key.clone());
                continue;
            }
            falling = Some(None);
        }
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match sorted.get(middle) {
                Some(pivot) if less(key, pivot)? => high = middle,
                _ => low = middle + 1,
            }
        }
        sorted.insert(low, key.clone());
    }
    Ok(())
}
