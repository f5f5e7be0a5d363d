//! Lookups that arrange what they are given: what `with_<name>` goes over.

use super::Lookup;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::filters::{crossed, flattened, rows, subelements};
use crate::template::python::{self, format, regex};
use crate::template::random;
use crate::template::val::{Val, range_len};
use crate::value::{Key, Value};

pub(super) const TABLE: &[Lookup] = &[
    Lookup::new("items", &[], |_, terms, _| flattened(&terms, Some(1), false)),
    Lookup::new("list", &[], |_, terms, _| Ok(terms)),
    Lookup::new("flattened", &[], |_, terms, _| flattened(&terms, None, true)),
    Lookup::new("dict", &[], dict),
    Lookup::new("indexed_items", &[], |_, terms, _| {
        let items = flattened(&terms, Some(1), false)?;
        Ok(items.into_iter().enumerate().map(|(i, v)| Val::tuple(vec![i.into(), v])).collect())
    }),
    Lookup::new("nested", &[], nested),
    Lookup::new("cartesian", &[], nested),
    Lookup::new("together", &[], together),
    Lookup::new("subelements", &[], sub),
    Lookup::new("sequence", &["start", "end", "count", "stride", "format"], sequence),
    Lookup::new("random_choice", &[], |_, terms, _| {
        Ok(terms.get(random::Source::System.below(terms.len())?).cloned().into_iter().collect())
    }),
    Lookup::new("vars", &["default"], vars),
    Lookup::new("varnames", &[], varnames),
    Lookup::new("inventory_hostnames", &[], |env, terms, _| {
        let patterns: Vec<Value> = terms.iter().map(Val::finish).collect::<R<_>>()?;
        Ok(env.scope().matching(&Value::list(patterns)).into_iter().map(Val::str).collect())
    }),
];

fn dict(_: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    let mut made = Vec::new();
    for term in flattened(&terms, Some(1), false)? {
        let entries = term.entries().ok_or_else(|| {
            Fail::new(format!(
                "the 'dict' lookup plugin expects a dictionary, got '{}' of type <class '{}'>)",
                python::to_str(&term).unwrap_or_default(),
                term.type_name()
            ))
        })?;
        made.extend(entries.into_iter().map(|(k, v)| Val::record([("key", Val::from(k)), ("value", v)])));
    }
    Ok(made)
}

fn columns(terms: &[Val]) -> R<Vec<Vec<Val>>> {
    terms
        .iter()
        .map(|t| t.as_seq().map_or_else(|| Ok(vec![t.clone()]), |items| flattened(&items, Some(0), false)))
        .collect()
}

fn nested(_: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    if terms.is_empty() {
        return Err(Fail::new("with_nested requires at least one element in the nested list"));
    }
    Ok(crossed(&columns(&terms)?)?.into_iter().map(Val::list).collect())
}

fn together(_: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    if terms.is_empty() {
        return Err(Fail::new("with_together requires at least one element in each list"));
    }
    let columns = columns(&terms)?;
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let rows = rows(&columns, longest, &Val::None).iter()?;
    Ok(rows.into_iter().map(|row| Val::list(row.as_seq().unwrap_or_default())).collect())
}

fn sub(_: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    let (list, path, flags) = match terms.as_slice() {
        [list, path] => (list, path, None),
        [list, path, flags] => (list, path, Some(flags)),
        _ => {
            return Err(Fail::new(
                "subelements lookup expects a list of two or three items, first a dict or a list, second a string pointing to the subkey",
            ));
        }
    };
    let wrong = |what: &str| {
        Err(Fail::new(format!("subelements lookup expects a list of two or three items, {what}")))
    };
    if !(matches!(list, Val::List(_) | Val::Tuple(_)) || list.is_mapping()) || path.as_str().is_none() {
        return wrong("first a dict or a list, second a string pointing to the subkey");
    }
    if flags.is_some_and(|f| !f.is_mapping()) {
        return wrong("the optional third item must be a dict with flags ('skip_missing',)");
    }
    let skip = match flags.and_then(|f| python::access::by_key(f, &Key::from("skip_missing"))) {
        Some(flag) => flag.truthy()?,
        None => false,
    };
    // What a loop skipped is no element of the next.
    let skipped = |v: &Val| {
        let flag = python::access::by_key(v, &Key::from("skipped"));
        flag.is_some_and(|f| f.truthy().unwrap_or(false))
    };
    if list.is_mapping() && skipped(list) {
        return Ok(Vec::new());
    }
    let kept = match list.as_seq() {
        Some(items) => Val::list(items.into_iter().filter(|v| !skipped(v)).collect()),
        None => list.clone(),
    };
    let path_names: Vec<String> = match path {
        Val::Str(s) => s.split('.').map(str::to_owned).collect(),
        other => other.iter()?.iter().map(python::to_str).collect::<R<_>>()?,
    };
    // The element comes without the list that its items were taken from.
    let pairs = subelements(&kept, path, skip)?.iter()?;
    pairs
        .iter()
        .map(|pair| match pair.as_seq().as_deref() {
            Some([element, item]) => Ok(Val::tuple(vec![without(element, &path_names), item.clone()])),
            _ => Err(Fail::new("no pair")),
        })
        .collect()
}

/// A mapping without what is at a path in it.
fn without(v: &Val, path: &[String]) -> Val {
    let (Some((first, rest)), Some(entries)) = (path.split_first(), v.entries()) else { return v.clone() };
    Val::dict(entries.into_iter().filter_map(|(k, v)| {
        if k.as_str() != Some(first) {
            return Some((k, v));
        }
        (!rest.is_empty()).then(|| (k, without(&v, rest)))
    }))
}

/// `start=1 end=5 stride=2 format=n%02d`, `count=3`, `1-5`, `0x0-0xf/2:%x`, or the same as options.
fn sequence(_: &Env, terms: Vec<Val>, options: &Bound) -> R<Vec<Val>> {
    const NAMES: [&str; 5] = ["start", "end", "count", "stride", "format"];
    let mut made = Vec::new();
    // Options alone are a sequence too; nothing at all is none.
    let alone = terms.is_empty() && NAMES.iter().any(|name| options.some(name).is_some());
    let terms = if alone { vec![Val::str("")] } else { terms };
    for term in terms {
        let text = python::to_str(&term)?;
        let mut given: Vec<(String, String)> = Vec::new();
        for name in NAMES {
            if let Some(v) = options.some(name) {
                given.push((name.to_owned(), python::to_str(v)?));
            }
        }
        given.extend(written(&text)?);
        made.extend(counted(&given)?);
    }
    Ok(made)
}

fn written(text: &str) -> R<Vec<(String, String)>> {
    let short = regex::compile(
        r"^((?:0x|0)?[0-9a-f]+)?-?((?:0x|0)?[0-9a-f]+)(?:/((?:0x|0)?[0-9a-f]+))?(?::(.+))?$",
        true,
        false,
    )?;
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    if let Some(found) = regex::search(&short, text)?.filter(|_| !text.contains('=')) {
        // A number alone is where to end; with a dash before it comes where to start.
        let (start, end) = text
            .split(['/', ':'])
            .next()
            .and_then(|t| t.split_once('-'))
            .map_or_else(|| (None, text.split(['/', ':']).next()), |(start, end)| (Some(start), Some(end)));
        let parts = [
            ("start", start),
            ("end", end),
            ("stride", found.get(3).map(|m| m.as_str())),
            ("format", found.get(4).map(|m| m.as_str())),
        ];
        return Ok(parts.iter().filter_map(|(k, v)| Some(((*k).to_owned(), (*v)?.to_owned()))).collect());
    }
    text.split_whitespace()
        .map(|pair| {
            let (key, value) = pair
                .split_once('=')
                .filter(|(k, _)| matches!(*k, "start" | "end" | "count" | "stride" | "format"))
                .ok_or_else(|| {
                    let name = pair.split_once('=').map_or("_raw_params", |(name, _)| name);
                    Fail::new(format!("unrecognized arguments to with_sequence: ['{name}']"))
                })?;
            Ok((key.to_owned(), value.to_owned()))
        })
        .collect()
}

fn counted(given: &[(String, String)]) -> R<Vec<Val>> {
    let get = |name: &str| given.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
    let number = |name: &str| -> R<Option<i128>> {
        let Some(text) = get(name) else { return Ok(None) };
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |d| (-1, d));
        let parsed = match digits.strip_prefix("0x") {
            Some(hex) => i128::from_str_radix(hex, 16),
            None if digits.len() > 1 && digits.starts_with('0') => i128::from_str_radix(digits, 8),
            None => digits.parse(),
        };
        let bad = || {
            Fail::new(format!(
                "Config '{name}' for 'sequence' lookup plugin from 'Direct' has an invalid value: Invalid value provided for 'integer': '{text}'"
            ))
        };
        parsed.map(|n| Some(n * sign)).map_err(|_| bad())
    };
    let start = number("start")?.unwrap_or(1);
    let stride = number("stride")?.unwrap_or(1);
    let end = match (number("count")?, number("end")?) {
        (None, None) => return Err(Fail::new("must specify count or end in with_sequence")),
        (Some(_), Some(_)) => return Err(Fail::new("can't specify both count and end in with_sequence")),
        (Some(0), None) => return Ok(Vec::new()),
        (Some(count), None) => start + count * stride - 1,
        (None, Some(end)) => end,
    };
    if stride > 0 && end < start {
        return Err(Fail::new("to count backwards make stride negative"));
    }
    if stride < 0 && end > start {
        return Err(Fail::new("to count forward don't make stride negative"));
    }
    let layout = get("format").unwrap_or("%d");
    if layout.matches('%').count() != 1 {
        return Err(Fail::new(format!("bad formatting string: {layout}")));
    }
    let length = if stride == 0 { 0 } else { range_len(start, end + stride.signum(), stride) };
    if length > 1 << 22 {
        return Err(Fail::new("the sequence would be too long"));
    }
    (0..length)
        .map(|i| format::percent(layout, &Val::Int(start + stride * i as i128)).map(Val::from))
        .collect()
}

fn vars(env: &Env, terms: Vec<Val>, options: &Bound) -> R<Vec<Val>> {
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(name) = &term else {
            return Err(Fail::new(format!("Variable name must be 'str' not '{}'.", term.type_name())));
        };
        found.push(match (env.scope().get(name), options.get("default")) {
            (Some(value), _) => env.lift(&value).ok()?,
            // A default that is null is none, as in Ansible.
            (None, Some(default)) if !matches!(default, Val::None) => default.clone(),
            (None, _) => return Err(Fail::undefined(format!("No variable named '{name}' was found."))),
        });
    }
    Ok(found)
}

fn varnames(env: &Env, terms: Vec<Val>, _: &Bound) -> R<Vec<Val>> {
    let names = env.scope().names();
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(text) = &term else {
            return Err(Fail::new(format!(
                "Invalid setting identifier, \"{}\" is not a string, it is a <class '{}'>",
                python::to_str(&term)?,
                term.type_name()
            )));
        };
        let pattern = regex::compile(text, false, false).map_err(|f| {
            Fail::new(format!("Unable to use \"{text}\" as a search parameter: {}", f.message()))
        })?;
        for name in &names {
            if regex::search(&pattern, name)?.is_some() {
                found.push(Val::str(name.clone()));
            }
        }
    }
    Ok(found)
}
