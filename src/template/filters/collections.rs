//! Ansible's filters on lists and dicts.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::depth::Nested;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::python::{self, access, ops};
use crate::template::random;
use crate::template::val::Val;
use crate::value::Key;
use indexmap::IndexMap;
use std::collections::HashSet;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("combine", &["*terms", "**kwargs"], combine),
    Filter::new("dict2items", &["key_name", "value_name"], dict2items),
    Filter::new("items2dict", &["key_name", "value_name"], items2dict),
    Filter::new("flatten", &["levels", "skip_nulls"], |_, v, b| {
        let levels = b.maybe_int("levels")?;
        flattened(&v.iter()?, levels, b.flag("skip_nulls", true)?).map(Val::list)
    }),
    Filter::new("unique", &["case_sensitive", "attribute"], unique),
    Filter::new("union", &["b"], |_, v, b| {
        let mut all = v.iter()?;
        all.extend(b.need("b")?.iter()?);
        Ok(Val::list(distinct(all)))
    }),
    Filter::new("intersect", &["b"], |_, v, b| {
        let kept = v.iter()?;
        let other = Members::of(searched(&b.need("b")?)?);
        Ok(Val::list(distinct(kept.into_iter().filter(|v| other.has(v)).collect())))
    }),
    Filter::new("difference", &["b"], |_, v, b| {
        let kept = v.iter()?;
        let other = Members::of(searched(&b.need("b")?)?);
        Ok(Val::list(distinct(kept.into_iter().filter(|v| !other.has(v)).collect())))
    }),
    Filter::new("symmetric_difference", &["b"], symmetric_difference),
    Filter::new("subelements", &["subelements", "skip_missing"], |_, v, b| {
        subelements(&v, &b.need("subelements")?, b.flag("skip_missing", false)?)
    }),
    Filter::new("extract", &["container", "morekeys"], extract),
    Filter::new("zip", &["*args", "strict"], zip),
    Filter::new("zip_longest", &["*args", "**kwargs"], zip_longest),
    Filter::new("product", &["*args", "**kwargs"], product),
    Filter::new("permutations", &["r"], |_, v, b| {
        let items = v.iter()?;
        let r = b.maybe_int("r")?.map_or(items.len(), |r| usize::try_from(r).unwrap_or(0));
        arrangements(&items, r, false)
    }),
    Filter::new("combinations", &["r"], |_, v, b| {
        let r = usize::try_from(b.int("r", 0)?).map_err(|_| Fail::new("r must be non-negative"))?;
        arrangements(&v.iter()?, r, true)
    }),
    Filter::new("rekey_on_member", &["key", "duplicates"], rekey),
    Filter::new("shuffle", &["seed"], shuffle),
];

/// How lists are merged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendRp,
    PrependRp,
}

fn combine(_: &Env, v: Val, b: Bound) -> R {
    let mut recursive = false;
    let mut lists = Lists::Replace;
    for (name, value) in &b.extra {
        match &**name {
            "recursive" => recursive = value.truthy()?,
            "list_merge" => {
                lists = match python::to_str(value)?.as_str() {
                    "replace" => Lists::Replace,
                    "keep" => Lists::Keep,
                    "append" => Lists::Append,
                    "prepend" => Lists::Prepend,
                    "append_rp" => Lists::AppendRp,
                    "prepend_rp" => Lists::PrependRp,
                    _ => {
                        return Err(Fail::new(
                            "merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'",
                        ));
                    }
                };
            }
            _ => return Err(Fail::new("'recursive' and 'list_merge' are the only valid keyword arguments")),
        }
    }
    let mut terms = vec![v];
    terms.extend(b.rest);
    if let Some(fail) = terms.iter().filter_map(Val::as_seq).flatten().find_map(|v| v.ok().err()) {
        return Err(fail);
    }
    let mut dicts = flattened(&terms, Some(1), true)?.into_iter();
    let Some(mut merged) = dicts.next() else { return Ok(Val::dict([])) };
    for over in dicts {
        merged = merge(&merged, &over, recursive, lists)?;
    }
    Ok(merged)
}

/// `over` merged onto `base`.
fn merge(base: &Val, over: &Val, recursive: bool, lists: Lists) -> R {
    let (Some(a), Some(b)) = (base.entries(), over.entries()) else {
        return Err(Fail::new(format!(
            "failed to combine variables, expected dicts but got a '{}' and a '{}'.",
            base.type_name(),
            over.type_name()
        )));
    };
    // Equal ones are not merged: their lists stay as they are.
    if ops::eq(base, over)? {
        return Ok(over.clone());
    }
    let mut merged: IndexMap<Key, Val> = a.into_iter().map(|(k, v)| Ok((k, v.ok()?))).collect::<R<_>>()?;
    for (key, over) in b {
        let over = over.ok()?;
        let value = match merged.get(&key) {
            Some(base) if recursive && base.is_mapping() && over.is_mapping() => {
                merge(base, &over, true, lists)?
            }
            Some(Val::List(x)) if matches!(over, Val::List(_)) => {
                join_lists(x.items(), over.each()?, &over, lists)?
            }
            _ => over,
        };
        merged.insert(key, value);
    }
    Ok(Val::dict(merged))
}

fn join_lists(base: Vec<Val>, over: Vec<Val>, whole: &Val, lists: Lists) -> R {
    let without = |from: Vec<Val>, these: &[Val]| -> R<Vec<Val>> {
        let kept = from.into_iter().map(|v| Ok((ops::position(these, &v)?.is_none(), v)));
        Ok(kept.collect::<R<Vec<_>>>()?.into_iter().filter_map(|(kept, v)| kept.then_some(v)).collect())
    };
    Ok(Val::list(match lists {
        Lists::Replace => return Ok(whole.clone()),
        Lists::Keep => base,
        Lists::Append => [base, over].concat(),
        Lists::Prepend => [over, base].concat(),
        Lists::AppendRp => [without(base, &over)?, over].concat(),
        Lists::PrependRp => {
            let rest = without(base, &over)?;
            [over, rest].concat()
        }
    }))
}

fn dict2items(_: &Env, v: Val, b: Bound) -> R {
    let Some(entries) = v.entries() else {
        return Err(Fail::new(format!(
            "dict2items requires a dictionary, got <class '{}'> instead.",
            v.type_name()
        )));
    };
    let (key, value) = (b.text("key_name", "key")?, b.text("value_name", "value")?);
    let item =
        |(k, v): (Key, Val)| Ok(Val::record([(key.as_str(), Val::from(k)), (value.as_str(), v.ok()?)]));
    entries.into_iter().map(item).collect::<R<_>>().map(Val::list)
}

fn items2dict(_: &Env, v: Val, b: Bound) -> R {
    let Some(items) = v.as_seq() else {
        return Err(Fail::new(format!(
            "items2dict requires a list, got <class '{}'> instead.",
            v.type_name()
        )));
    };
    let (key, value) = (b.text("key_name", "key")?, b.text("value_name", "value")?);
    let mut made = Vec::new();
    for item in items {
        if !item.is_mapping() && matches!(&v, Val::Tuple(items) if items.len() > 1) {
            // Python's `%` takes the tuple for its values.
            return Err(Fail::new("not all arguments converted during string formatting"));
        }
        let no_maps = || -> R<Fail> {
            let shown = python::repr(&v)?;
            Ok(Fail::new(format!("items2dict requires a list of dictionaries, got {shown} instead.")))
        };
        if !item.is_mapping() {
            return Err(no_maps()?);
        }
        let (Some(k), Some(found)) =
            (super::sequences::under(&item, &key), super::sequences::under(&item, &value))
        else {
            return Err(Fail::new(format!(
                "items2dict requires each dictionary in the list to contain the keys '{key}' and '{value}', got {} instead.",
                python::repr(&v)?
            )));
        };
        let Ok(key) = k.key() else { return Err(no_maps()?) };
        made.push((key, found));
    }
    Ok(Val::dict(made))
}

/// Lists in lists opened, `levels` deep or all.
pub(crate) fn flattened(items: &[Val], levels: Option<i128>, skip_nulls: bool) -> R<Vec<Val>> {
    let _nested = Nested::enter()?;
    let mut made = Vec::new();
    for item in items {
        let null = item.is_none() || matches!(item.as_str(), Some("None" | "null"));
        if skip_nulls && null {
            continue;
        }
        match (item.as_seq(), levels) {
            (Some(inner), None) => made.extend(flattened(&inner, None, skip_nulls)?),
            (Some(inner), Some(n)) if n >= 1 => made.extend(flattened(&inner, Some(n - 1), skip_nulls)?),
            _ => made.push(item.clone().ok()?),
        }
    }
    Ok(made)
}

/// What has been seen: hashed where values have keys, compared where not.
#[derive(Default)]
struct Members {
    keys: HashSet<Key>,
    rest: Vec<Val>,
}

impl Members {
    fn of(items: Vec<Val>) -> Self {
        let mut members = Members::default();
        for item in items {
            members.add(&item);
        }
        members
    }

    /// As a key, with numbers that Python holds equal made equal.
    fn key(v: &Val) -> Option<Key> {
        match v {
            Val::Bool(b) => Some(Key::Int(i128::from(*b))),
            Val::Float(f) if f.fract() == 0.0 && f.abs() < 1e30 => Some(Key::Int(*f as i128)),
            other => other.key().ok(),
        }
    }

    fn has(&self, v: &Val) -> bool {
        match Self::key(v) {
            Some(key) => self.keys.contains(&key),
            None => self.rest.iter().any(|seen| ops::eq(seen, v).unwrap_or(false)),
        }
    }

    /// Adds; whether it was new.
    fn add(&mut self, v: &Val) -> bool {
        match Self::key(v) {
            Some(key) => self.keys.insert(key),
            None if self.has(v) => false,
            None => {
                self.rest.push(v.clone());
                true
            }
        }
    }
}

/// What is asked whether it holds something.
fn searched(v: &Val) -> R<Vec<Val>> {
    let kind = v.type_name();
    v.each()
        .map_err(|_| Fail::new(format!("argument of type '{kind}' is not iterable")))?
        .into_iter()
        .map(Val::ok)
        .collect()
}

fn distinct(items: Vec<Val>) -> Vec<Val> {
    let mut seen = Members::default();
    items.into_iter().filter(|v| seen.add(v)).collect()
}

fn unique(_: &Env, v: Val, b: Bound) -> R {
    let attribute = b.some("attribute");
    let looked = |item: &Val| match attribute {
        Some(attribute) => access::path(item, attribute).ok(),
        None => Ok(item.clone()),
    };
    let items = v.iter()?;
    let keyed = items.iter().map(|item| Ok((looked(item)?, item.clone()))).collect::<R<Vec<_>>>();
    let refused = |why: &str| {
        format!(
            "Jinja2's unique filter failed and we cannot fall back to Ansible's version as it does not support the parameters supplied: {why}"
        )
    };
    let keyed = keyed.map_err(|fail| Fail::new(refused(fail.message())))?;
    // Jinja's own folds case unless told; Ansible falls back to plain comparing where what is looked at has no hash.
    let unhashable = keyed.iter().find_map(|(key, _)| key.key().err());
    let sensitive = b.flag("case_sensitive", false)?;
    let asked = (b.get("case_sensitive").is_some() && !sensitive) || attribute.is_some();
    if let Some(why) = unhashable.as_ref().filter(|_| asked) {
        return Err(Fail::new(refused(why.message())));
    }
    let fold = unhashable.is_none() && !sensitive;
    let mut seen = Members::default();
    let kept = keyed.into_iter().filter(|(key, _)| match key.as_str() {
        Some(s) if fold => seen.add(&Val::str(s.to_lowercase())),
        _ => seen.add(key),
    });
    Ok(Val::list(kept.map(|(_, item)| item).collect()))
}

fn symmetric_difference(_: &Env, v: Val, b: Bound) -> R {
    let (left, right) = (v.iter()?, b.need("b")?.iter()?);
    let (in_left, in_right) = (Members::of(left.clone()), Members::of(right.clone()));
    let mut all: Vec<Val> = left.into_iter().filter(|v| !in_right.has(v)).collect();
    all.extend(right.into_iter().filter(|v| !in_left.has(v)));
    Ok(Val::list(distinct(all)))
}

/// Each element with each item of the list at a dotted path in it.
pub(crate) fn subelements(of: &Val, path: &Val, skip_missing: bool) -> R {
    let elements = match of {
        Val::List(l) => l.items(),
        other => match other.entries() {
            Some(entries) => entries.into_iter().map(|(_, v)| v).collect(),
            None => return Err(Fail::new("obj must be a list of dicts or a nested dict")),
        },
    };
    let path: Vec<String> = match path {
        Val::Str(s) => s.split('.').map(str::to_owned).collect(),
        Val::List(l) => l.items().iter().map(python::to_str).collect::<R<_>>()?,
        _ => return Err(Fail::new("subelements must be a list or a string")),
    };
    let mut made = Vec::new();
    for element in elements {
        let mut values = element.clone();
        for (depth, part) in path.iter().enumerate() {
            if depth > 0 && !values.is_mapping() && skip_missing {
                values = Val::list(Vec::new());
                break;
            }
            if !values.is_mapping() {
                let why = match values {
                    Val::Str(_) => "string indices must be integers, not 'str'".to_owned(),
                    Val::Tuple(_) | Val::List(_) => {
                        format!("{} indices must be integers or slices, not str", values.type_name())
                    }
                    _ => format!("'{}' object is not subscriptable", values.type_name()),
                };
                return Err(Fail::new(format!(
                    "the key {part} should point to a dictionary, got '{}': {why}",
                    python::to_str(&values)?
                )));
            }
            values = match super::sequences::under(&values, part) {
                Some(found) => found.ok()?,
                None if skip_missing => Val::list(Vec::new()),
                None => {
                    return Err(Fail::new(format!(
                        "could not find '{part}' key in iterated item {}",
                        python::repr(&values)?
                    )));
                }
            };
            if matches!(&values, Val::List(l) if l.len() == 0) {
                break;
            }
        }
        let Val::List(list) = &values else {
            return Err(Fail::new(format!(
                "the key '{}' should point to a list, got {}",
                path.last().map_or("", String::as_str),
                python::repr(&values)?
            )));
        };
        made.extend(list.items().into_iter().map(|v| Val::tuple(vec![element.clone(), v])));
    }
    Ok(Val::list(made))
}

fn extract(_: &Env, v: Val, b: Bound) -> R {
    let mut keys = vec![v];
    match b.some("morekeys") {
        Some(Val::List(l)) => keys.extend(l.items()),
        Some(one) => keys.push(one.clone()),
        None => {}
    }
    Ok(keys.iter().fold(b.need("container")?, |of, key| access::item(&of, key)))
}

fn columns(v: Val, rest: Vec<Val>) -> R<Vec<Vec<Val>>> {
    std::iter::once(v).chain(rest).map(|c| c.iter()).collect()
}

fn zip(_: &Env, v: Val, b: Bound) -> R {
    let strict = b.flag("strict", false)?;
    let columns = columns(v, b.rest)?;
    let shortest = columns.iter().map(Vec::len).min().unwrap_or(0);
    if strict && columns.iter().any(|c| c.len() != shortest) {
        return Err(Fail::new("zip() argument 2 is shorter than argument 1"));
    }
    Ok(rows(&columns, shortest, &Val::None))
}

fn zip_longest(_: &Env, v: Val, b: Bound) -> R {
    let fill = b.extra.iter().find(|(k, _)| &**k == "fillvalue").map_or(Val::None, |(_, v)| v.clone());
    let columns = columns(v, b.rest)?;
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    Ok(rows(&columns, longest, &fill))
}

/// Columns as rows.
pub(crate) fn rows(columns: &[Vec<Val>], count: usize, fill: &Val) -> Val {
    let row = |i: usize| Val::tuple(columns.iter().map(|c| c.get(i).unwrap_or(fill).clone()).collect());
    Val::list((0..count).map(row).collect())
}

/// How many values may be in the rows that a filter makes.
const ROWS: usize = 1 << 22;

fn product(_: &Env, v: Val, b: Bound) -> R {
    let mut columns = columns(v, b.rest)?;
    if let Some((_, repeat)) = b.extra.iter().find(|(k, _)| &**k == "repeat") {
        let Val::Int(n) = repeat else { return Err(Fail::new("repeat must be an integer")) };
        let n = usize::try_from(*n).unwrap_or(0).min(64);
        columns = std::iter::repeat_n(columns, n).flatten().collect();
    }
    crossed(&columns).map(|rows| Val::list(rows.into_iter().map(Val::tuple).collect()))
}

/// Every choice of one of each.
pub(crate) fn crossed(columns: &[Vec<Val>]) -> R<Vec<Vec<Val>>> {
    let count = columns.iter().try_fold(1usize, |n, c| n.checked_mul(c.len())).unwrap_or(usize::MAX);
    if count.saturating_mul(columns.len()) > ROWS {
        return Err(Fail::new("the product would have too many rows"));
    }
    let mut rows = vec![Vec::new()];
    for column in columns {
        rows = rows
            .iter()
            .flat_map(|row| {
                column.iter().map(move |v| {
                    let mut row = row.clone();
                    row.push(v.clone());
                    row
                })
            })
            .collect();
    }
    Ok(rows)
}

/// Permutations, or with `ascending` combinations, in Python's order.
fn arrangements(items: &[Val], r: usize, ascending: bool) -> R {
    let mut made: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..r {
        let mut longer = Vec::new();
        for chosen in &made {
            let from = if ascending { chosen.last().map_or(0, |l| l + 1) } else { 0 };
            for i in (from..items.len()).filter(|i| !chosen.contains(i)) {
                let mut next = chosen.clone();
                next.push(i);
                longer.push(next);
            }
            if longer.len().saturating_mul(longer.last().map_or(0, Vec::len)) > ROWS {
                return Err(Fail::new("there would be too many arrangements"));
            }
        }
        made = longer;
    }
    let row =
        |chosen: Vec<usize>| Val::tuple(chosen.into_iter().filter_map(|i| items.get(i).cloned()).collect());
    Ok(Val::list(made.into_iter().map(row).collect()))
}

fn rekey(_: &Env, v: Val, b: Bound) -> R {
    let key = b.need_text("key")?;
    let overwrite = match b.text("duplicates", "error")?.as_str() {
        "error" => false,
        "overwrite" => true,
        other => {
            return Err(Fail::new(format!(
                "duplicates parameter to rekey_on_member has unknown value '{other}'"
            )));
        }
    };
    let items = match v.entries() {
        Some(entries) => entries.into_iter().map(|(_, v)| v).collect(),
        None => v.as_seq().ok_or_else(|| Fail::new("Type is not a valid list, set, or dict"))?,
    };
    let mut made: IndexMap<Key, Val> = IndexMap::new();
    for item in items {
        if !item.is_mapping() {
            return Err(Fail::new("List item is not a valid dict"));
        }
        let found = super::sequences::under(&item, &key)
            .ok_or_else(|| Fail::new(format!("Key {} was not found.", python::repr_str(&key))))?;
        let found = found.key()?;
        if !overwrite && made.contains_key(&found) {
            return Err(Fail::new(format!(
                "Key {} is not unique, cannot convert to dict.",
                python::repr(&Val::from(found))?
            )));
        }
        made.insert(found, item);
    }
    Ok(Val::dict(made))
}

fn shuffle(_: &Env, v: Val, b: Bound) -> R {
    // Ansible gives back what cannot be shuffled.
    if v.each().is_err() {
        return Ok(v);
    }
    let mut items = v.iter()?;
    let mut source = random::Source::new(b.some("seed"))?;
    for i in (1..items.len()).rev() {
        items.swap(i, source.below(i + 1)?);
    }
    Ok(Val::list(items))
}
