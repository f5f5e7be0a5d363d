//! Jinja's filters on sequences.

use super::{Filter, find};
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, Kind, R};
use crate::template::python::{self, access, lists, ops};
use crate::template::val::{Args, Val};
use crate::template::{random, tests};
use crate::value::Key;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("map", &["*args", "**kwargs"], map),
    Filter::new("select", &["*args", "**kwargs"], |env, v, b| chosen(env, v, b, false, true)),
    Filter::new("reject", &["*args", "**kwargs"], |env, v, b| chosen(env, v, b, false, false)),
    Filter::new("selectattr", &["*args", "**kwargs"], |env, v, b| chosen(env, v, b, true, true)),
    Filter::new("rejectattr", &["*args", "**kwargs"], |env, v, b| chosen(env, v, b, true, false)),
    Filter::new("join", &["d", "attribute"], join),
    Filter::new("length", &[], length),
    Filter::new("count", &[], length),
    Filter::new("first", &[], |_, v, _| end(v.each()?.into_iter().next(), "first")),
    Filter::new("last", &[], last),
    Filter::new("reverse", &[], reverse),
    Filter::new("sort", &["reverse", "case_sensitive", "attribute"], sort),
    Filter::new("dictsort", &["case_sensitive", "by", "reverse"], dictsort),
    Filter::new("items", &[], items),
    Filter::new("sum", &["attribute", "start"], sum),
    Filter::new("min", &["attribute", "case_sensitive"], |env, v, b| extreme(env, v, b, false)),
    Filter::new("max", &["attribute", "case_sensitive"], |env, v, b| extreme(env, v, b, true)),
    Filter::new("batch", &["linecount", "fill_with"], batch),
    Filter::new("slice", &["slices", "fill_with"], slice),
    Filter::new("groupby", &["attribute", "default", "case_sensitive"], groupby),
    Filter::new("attr", &["name"], |_, v, b| {
        let name = b.need_text("name")?;
        Ok(access::own_attribute(&v, &name).unwrap_or_else(|| access::absent(&v, &name.into())))
    }),
    Filter::new("random", &["end", "start", "step", "seed"], pick),
];

/// The filter or test that `map`, `select` and their kin name, with what follows the name.
fn named(args: &mut Vec<Val>) -> R<Option<String>> {
    if args.is_empty() { Ok(None) } else { python::to_str(&args.remove(0)).map(Some) }
}

fn map(env: &Env, v: Val, mut b: Bound) -> R {
    // Whatever counts as false has nothing in it.
    let items = if v.truthy()? { v.each()? } else { Vec::new() };
    let mut args = std::mem::take(&mut b.rest);
    if args.is_empty() {
        let mut taken = |key: &str| {
            let at = b.extra.iter().position(|(k, _)| &**k == key)?;
            Some(b.extra.remove(at).1)
        };
        let attribute = taken("attribute").ok_or_else(|| Fail::new("map requires a filter argument"))?;
        let default = taken("default").filter(|v| !v.is_none());
        if let Some((name, _)) = b.extra.first() {
            return Err(Fail::new(format!("Unexpected keyword argument '{name}'")));
        }
        return Ok(Val::list(
            items
                .iter()
                .map(|item| match (access::path(item, &attribute), &default) {
                    (Val::Marker(f), Some(default)) if f.kind() == Kind::Undefined => default.clone(),
                    (found, _) => found,
                })
                .collect(),
        ));
    }
    let name = named(&mut args)?.unwrap_or_default();
    let filter = find(&name).ok_or_else(|| Fail::new(format!("No filter named '{name}'.")))?;
    let mut made = Vec::with_capacity(items.len());
    for item in items {
        made.push(filter.apply(env, item, Args { pos: args.clone(), kw: b.extra.clone() }).ok()?);
    }
    Ok(Val::list(made))
}

fn chosen(env: &Env, v: Val, mut b: Bound, by_attribute: bool, keep: bool) -> R {
    // Whatever counts as false has nothing in it.
    let items = if v.truthy()? { v.each()? } else { Vec::new() };
    let mut args = std::mem::take(&mut b.rest);
    let attribute = if by_attribute {
        if args.is_empty() {
            return Err(Fail::new("Missing parameter for attribute name"));
        }
        Some(args.remove(0))
    } else {
        None
    };
    let test = match named(&mut args)? {
        Some(name) => Some(tests::find(&name).ok_or_else(|| Fail::new(format!("No test named '{name}'.")))?),
        None => None,
    };
    let mut made = Vec::new();
    for item in items {
        let looked = match &attribute {
            Some(attribute) => access::path(&item, attribute),
            None => item.clone(),
        };
        let holds = match test {
            Some(test) => {
                test.apply(env, looked, Args { pos: args.clone(), kw: b.extra.clone() }).truthy()?
            }
            None => looked.truthy()?,
        };
        if holds == keep {
            made.push(item.ok()?);
        }
    }
    Ok(Val::list(made))
}

fn join(_: &Env, v: Val, b: Bound) -> R {
    let separator = b.text("d", "")?;
    let mut parts = Vec::new();
    for item in v.iter()? {
        let item = match b.some("attribute") {
            Some(attribute) => access::path(&item, attribute),
            None => item,
        };
        parts.push(python::to_str(&item)?);
    }
    Ok(parts.join(&separator).into())
}

fn length(_: &Env, v: Val, _: Bound) -> R {
    match &v {
        Val::Str(s) => Ok(s.chars().count().into()),
        Val::List(l) => Ok(l.len().into()),
        Val::Dict(d) => Ok(d.len().into()),
        Val::Tuple(_) | Val::Range(..) => Ok(v.iter()?.len().into()),
        Val::Object(o) if o.keys().is_some() => Ok(o.keys().unwrap_or_default().len().into()),
        other => Err(Fail::new(format!("object of type '{}' has no len()", other.type_name()))),
    }
}

fn end(item: Option<Val>, which: &str) -> R {
    Ok(item.unwrap_or_else(|| Val::Marker(Fail::undefined(format!("No {which} item, sequence was empty.")))))
}

fn last(_: &Env, v: Val, _: Bound) -> R {
    let unordered = |_| Fail::new(format!("'{}' object is not reversible", v.type_name()));
    end(v.each().map_err(unordered)?.pop(), "last")
}

fn reverse(_: &Env, v: Val, _: Bound) -> R {
    match &v {
        Val::Str(s) => Ok(s.chars().rev().collect::<String>().into()),
        other => {
            let mut items = other.each().map_err(|f| f.prefixed("argument must be iterable: "))?;
            items.reverse();
            let items = items.into_iter().map(Val::ok).collect::<R<_>>()?;
            Ok(Val::list(items))
        }
    }
}

/// What a value sorts by: text without its case, unless asked.
fn folded(v: &Val, case_sensitive: bool) -> Val {
    match v {
        Val::Str(s) if !case_sensitive => s.to_lowercase().into(),
        other => other.clone(),
    }
}

fn attribute_key(item: &Val, attribute: Option<&Val>, case_sensitive: bool) -> R {
    match attribute {
        None => item.clone().ok().map(|v| folded(&v, case_sensitive)),
        // `a,b.c`: several attributes, compared in turn.
        Some(Val::Str(paths)) => {
            let keys: R<Vec<Val>> = paths
                .split(',')
                .map(|p| access::path(item, &Val::str(p)).ok().map(|v| folded(&v, case_sensitive)))
                .collect();
            keys.map(Val::list)
        }
        Some(other) => access::path(item, other).ok().map(|v| folded(&v, case_sensitive)),
    }
}

fn keyed(items: Vec<Val>, attribute: Option<&Val>, case_sensitive: bool) -> R<Vec<(Val, Val)>> {
    items.into_iter().map(|v| Ok((attribute_key(&v, attribute, case_sensitive)?, v))).collect()
}

fn sort(_: &Env, v: Val, b: Bound) -> R {
    let keyed = keyed(v.iter()?, b.some("attribute"), b.flag("case_sensitive", false)?)?;
    lists::sorted_by(keyed, b.flag("reverse", false)?).map(Val::list)
}

fn dictsort(_: &Env, v: Val, b: Bound) -> R {
    let entries = v
        .entries()
        .ok_or_else(|| Fail::new(format!("'{}' object has no attribute 'items'", v.type_name())))?;
    let case_sensitive = b.flag("case_sensitive", false)?;
    let by_value = match b.text("by", "key")?.as_str() {
        "key" => false,
        "value" => true,
        _ => return Err(Fail::new("You can only sort by either \"key\" or \"value\"")),
    };
    let keyed = entries.into_iter().map(|(k, v)| {
        let key = Val::from(k);
        let sorted_by = folded(if by_value { &v } else { &key }, case_sensitive);
        (sorted_by, Val::tuple(vec![key, v]))
    });
    lists::sorted_by(keyed.collect(), b.flag("reverse", false)?).map(Val::list)
}

fn items(_: &Env, v: Val, _: Bound) -> R {
    let entries = v.entries().ok_or_else(|| Fail::new("Can only get item pairs from a mapping."))?;
    let pair = |(k, v): (Key, Val)| Ok(Val::tuple(vec![Val::from(k), v.ok()?]));
    entries.into_iter().map(pair).collect::<R<_>>().map(Val::list)
}

fn sum(_: &Env, v: Val, b: Bound) -> R {
    let mut total = b.get("start").cloned().unwrap_or(Val::Int(0));
    if total.as_str().is_some() {
        return Err(Fail::new("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    for item in v.iter()? {
        let item = match b.some("attribute") {
            Some(attribute) => access::path(&item, attribute).ok()?,
            None => item.ok()?,
        };
        total = ops::binary(crate::template::ast::Op::Add, &total, &item)?;
    }
    Ok(total)
}

fn extreme(_: &Env, v: Val, b: Bound, largest: bool) -> R {
    let keyed = keyed(v.iter()?, b.some("attribute"), b.flag("case_sensitive", false)?)?;
    let mut best: Option<(Val, Val)> = None;
    for (key, item) in keyed {
        let better = match &best {
            None => true,
            Some((top, _)) => {
                let order = ops::order(if largest { ">" } else { "<" }, &key, top)?;
                order.is_some_and(|o| if largest { o.is_gt() } else { o.is_lt() })
            }
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best
        .map_or_else(|| Val::Marker(Fail::undefined("No aggregated item, sequence was empty.")), |(_, v)| v))
}

fn batch(_: &Env, v: Val, b: Bound) -> R {
    // Only counted up to: what is no number is never reached.
    let size = match b.need("linecount")? {
        Val::Int(size) => usize::try_from(size).unwrap_or(0).max(1),
        Val::Bool(_) => 1,
        _ => usize::MAX,
    };
    if b.some("fill_with").is_some() && size > 1 << 24 {
        return Err(Fail::new("linecount is beyond reason"));
    }
    let items = v.iter()?;
    Ok(Val::list(
        items
            .chunks(size)
            .map(|chunk| {
                let mut row = chunk.to_vec();
                if let Some(fill) = b.some("fill_with") {
                    row.resize(size, fill.clone());
                }
                Val::list(row)
            })
            .collect(),
    ))
}

fn slice(_: &Env, v: Val, b: Bound) -> R {
    let items = v.iter()?;
    let slices = match b.need("slices")? {
        Val::Int(0) | Val::Bool(false) => return Err(Fail::new("integer division or modulo by zero")),
        Val::Int(slices) if slices > 1 << 24 => return Err(Fail::new("slices is beyond reason")),
        Val::Int(slices) => usize::try_from(slices).unwrap_or(0),
        Val::Bool(true) => 1,
        other => {
            let kind = other.type_name();
            return Err(Fail::new(format!("unsupported operand type(s) for //: 'int' and '{kind}'")));
        }
    };
    if slices == 0 {
        return Ok(Val::list(Vec::new()));
    }
    let (each, extra) = (items.len() / slices, items.len() % slices);
    let mut rest = items.into_iter();
    let mut made = Vec::new();
    for i in 0..slices {
        let mut row: Vec<Val> = rest.by_ref().take(each + usize::from(i < extra)).collect();
        if i >= extra
            && let Some(fill) = b.some("fill_with")
        {
            row.push(fill.clone());
        }
        made.push(Val::list(row));
    }
    Ok(Val::list(made))
}

fn groupby(_: &Env, v: Val, b: Bound) -> R {
    let attribute = b.need("attribute")?;
    let case_sensitive = b.flag("case_sensitive", false)?;
    let mut keyed = Vec::new();
    for item in v.iter()? {
        // As Ansible has it, `default` takes the place of nothing: what is missing fails.
        let found = access::path(&item, &attribute).ok()?;
        keyed.push((folded(&found, case_sensitive), Val::tuple(vec![found, item])));
    }
    let mut groups: Vec<(Val, Val, Vec<Val>)> = Vec::new();
    for pair in lists::sorted_by(keyed, false)? {
        let [key, item] = pair.iter()?.try_into().unwrap_or([Val::None, Val::None]);
        let fold = folded(&key, case_sensitive);
        match groups.last_mut() {
            Some((same, _, members)) if ops::eq(same, &fold)? => members.push(item),
            _ => groups.push((fold, key, vec![item])),
        }
    }
    Ok(Val::list(
        groups.into_iter().map(|(_, key, members)| Val::tuple(vec![key, Val::list(members)])).collect(),
    ))
}

/// Ansible's `random`: an item of a sequence, or a number below one.
fn pick(_: &Env, v: Val, b: Bound) -> R {
    let mut source = random::Source::new(b.some("seed"))?;
    match &v {
        Val::Int(stop) => {
            let (start, step) = (b.int("start", 0)?, b.int("step", 1)?);
            let candidates = crate::template::val::range_len(start, *stop, step);
            if candidates == 0 || step == 0 {
                return Err(Fail::new(format!("empty range for randrange() ({start}, {stop}, {step})")));
            }
            Ok(Val::Int(start + step * source.below(candidates)? as i128))
        }
        other => {
            if b.some("start").is_some() || b.some("step").is_some() {
                return Err(Fail::new("start and step can only be used with integer values"));
            }
            let items =
                other.iter().map_err(|_| Fail::new("random can only be used on sequences and integers"))?;
            if items.is_empty() {
                return Err(Fail::new("Cannot choose from an empty sequence"));
            }
            items.get(source.below(items.len())?).cloned().ok_or_else(|| Fail::new("list index out of range"))
        }
    }
}

/// A mapping's value under a key given as text.
pub(super) fn under(v: &Val, key: &str) -> Option<Val> {
    access::by_key(v, &Key::from(key))
}
