//! Methods of `str`.

use super::arity;
use super::format::braces;
use super::methods::{arg, int, need, need_str};
use super::{splitlines, splitlines_keeping_ends};
use crate::template::fail::{Fail, R};
use crate::template::val::{Args, Val};

pub(super) const NAMES: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "zfill",
];

/// Calls one.
pub(super) fn call(s: &str, name: &str, args: &Args) -> Option<R> {
    NAMES.contains(&name).then(|| {
        arity::check("str", name, args.pos.len())?;
        run(s, name, args)
    })
}

fn run(s: &str, name: &str, args: &Args) -> R {
    Ok(match name {
        "capitalize" => capitalize(s).into(),
        "casefold" | "lower" => s.to_lowercase().into(),
        "upper" => s.to_uppercase().into(),
        "swapcase" => s
            .chars()
            .flat_map(|c| -> Vec<char> {
                if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
            })
            .collect::<String>()
            .into(),
        "title" => title(s).into(),
        "center" => centered(s, width(args)?, fill(args)?).into(),
        "ljust" => {
            let missing = width(args)?.saturating_sub(s.chars().count());
            format!("{s}{}", fill(args)?.to_string().repeat(missing)).into()
        }
        "rjust" => {
            let missing = width(args)?.saturating_sub(s.chars().count());
            format!("{}{s}", fill(args)?.to_string().repeat(missing)).into()
        }
        "zfill" => {
            let missing = width(args)?.saturating_sub(s.chars().count());
            let signed = s.starts_with(['+', '-']);
            let (sign, rest) = s.split_at(usize::from(signed));
            format!("{sign}{}{rest}", "0".repeat(missing)).into()
        }
        "count" => {
            let of = need_str(args, 0, "sub")?;
            if of.is_empty() { (s.chars().count() + 1).into() } else { s.matches(of).count().into() }
        }
        "startswith" => affix(args, name, |p| s.starts_with(p))?,
        "endswith" => affix(args, name, |p| s.ends_with(p))?,
        "removeprefix" => s
            .strip_prefix(text(args, 0, &|kind| format!("{name}() argument must be str, not {kind}"))?)
            .unwrap_or(s)
            .into(),
        "removesuffix" => s
            .strip_suffix(text(args, 0, &|kind| format!("{name}() argument must be str, not {kind}"))?)
            .unwrap_or(s)
            .into(),
        "expandtabs" => expand_tabs(s, usize::try_from(int(args, 0, "tabsize", 8)?).unwrap_or(0)).into(),
        "find" | "index" | "rfind" | "rindex" => found(s, name, args)?,
        "format" => braces(s, args)?.into(),
        "isalnum" => every(s, char::is_alphanumeric),
        "isalpha" => every(s, char::is_alphabetic),
        "isascii" => s.is_ascii().into(),
        "isdecimal" | "isdigit" | "isnumeric" => every(s, char::is_numeric),
        "isidentifier" => {
            let part = |c: char| c == '_' || c.is_alphanumeric();
            (s.starts_with(|c: char| c == '_' || c.is_alphabetic()) && s.chars().all(part)).into()
        }
        "isspace" => every(s, char::is_whitespace),
        "islower" => (s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase)).into(),
        "isupper" => (s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase)).into(),
        "istitle" => (s.chars().any(char::is_alphabetic) && title(s) == s).into(),
        "join" => {
            let items = need(args, 0, "iterable")?;
            join(s, &items.each().map_err(|_| Fail::new("can only join an iterable"))?)?
        }
        "partition" => {
            let sep = separator(args)?;
            match s.split_once(sep) {
                Some((a, b)) => Val::tuple(vec![a.into(), sep.into(), b.into()]),
                None => Val::tuple(vec![s.into(), "".into(), "".into()]),
            }
        }
        "rpartition" => {
            let sep = separator(args)?;
            match s.rsplit_once(sep) {
                Some((a, b)) => Val::tuple(vec![a.into(), sep.into(), b.into()]),
                None => Val::tuple(vec!["".into(), "".into(), s.into()]),
            }
        }
        "replace" => {
            let part =
                |at| text(args, at, &|kind| format!("replace() argument {} must be str, not {kind}", at + 1));
            let (old, new) = (part(0)?, part(1)?);
            match usize::try_from(int(args, 2, "count", -1)?) {
                Ok(n) => s.replacen(old, new, n).into(),
                Err(_) => s.replace(old, new).into(),
            }
        }
        "strip" | "lstrip" | "rstrip" => {
            let set: Option<Vec<char>> = match arg(args, 0, "chars") {
                None | Some(Val::None) => None,
                Some(_) => {
                    let wrong = |_: &str| format!("{name} arg must be None or str");
                    Some(text(args, 0, &wrong)?.chars().collect())
                }
            };
            strip(s, set.as_deref(), name != "rstrip", name != "lstrip").into()
        }
        "split" | "rsplit" => split(s, args, name == "rsplit")?,
        "splitlines" => {
            let keep = arg(args, 0, "keepends").map_or(Ok(false), Val::truthy)?;
            let lines = if keep { splitlines_keeping_ends(s) } else { splitlines(s) };
            Val::list(lines.into_iter().map(Val::from).collect())
        }
        _ => return Err(Fail::new(format!("'str' object has no attribute '{name}'"))),
    })
}

pub(crate) fn capitalize(s: &str) -> String {
    let mut chars = s.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}

fn title(s: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        if inside {
            out.extend(c.to_lowercase())
        } else {
            out.extend(c.to_uppercase())
        }
        inside = c.is_alphabetic();
    }
    out
}

pub(crate) fn centered(s: &str, width: usize, fill: char) -> String {
    let len = s.chars().count();
    let missing = width.saturating_sub(len);
    // Python puts the odd one on the left when the width is odd.
    let left = missing / 2 + (missing & width & 1);
    let fill = fill.to_string();
    format!("{}{s}{}", fill.repeat(left), fill.repeat(missing - left))
}

fn width(args: &Args) -> R<usize> {
    need(args, 0, "width")?;
    match int(args, 0, "width", 0)? {
        width if width <= 1 << 20 => Ok(usize::try_from(width).unwrap_or(0)),
        _ => Err(Fail::new("the width is beyond reason")),
    }
}

fn fill(args: &Args) -> R<char> {
    match arg(args, 1, "fillchar") {
        None => Ok(' '),
        Some(v) => {
            let kind = v.type_name();
            let no_text = || Fail::new(format!("The fill character must be a unicode character, not {kind}"));
            let mut chars = v.as_str().ok_or_else(no_text)?.chars();
            match (chars.next(), chars.next()) {
                (Some(one), None) => Ok(one),
                _ => Err(Fail::new("The fill character must be exactly one character long")),
            }
        }
    }
}

fn every(s: &str, is: fn(char) -> bool) -> Val {
    (!s.is_empty() && s.chars().all(is)).into()
}

/// A text as an argument; `wrong` says what another type is.
fn text<'a>(args: &'a Args, at: usize, wrong: &dyn Fn(&str) -> String) -> R<&'a str> {
    let v = need(args, at, "")?;
    let kind = if v.is_none() { "None" } else { v.type_name() };
    v.as_str().ok_or_else(|| Fail::new(wrong(kind)))
}

fn affix(args: &Args, name: &str, is: impl Fn(&str) -> bool) -> R {
    match need(args, 0, "prefix")? {
        Val::Str(p) => Ok(is(p).into()),
        Val::Tuple(t) => {
            // Those after one that fits are not looked at.
            for prefix in t.iter() {
                match prefix.as_str() {
                    Some(prefix) if is(prefix) => return Ok(true.into()),
                    Some(_) => {}
                    None => {
                        let kind = prefix.type_name();
                        return Err(Fail::new(format!("tuple for {name} must only contain str, not {kind}")));
                    }
                }
            }
            Ok(false.into())
        }
        other => Err(Fail::new(format!(
            "{name} first arg must be str or a tuple of str, not {}",
            other.type_name()
        ))),
    }
}

/// `str.expandtabs`.
pub(crate) fn expand_tabs(s: &str, size: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for c in s.chars() {
        match c {
            '\t' if size > 0 => {
                let spaces = size - column % size;
                out.push_str(&" ".repeat(spaces));
                column += spaces;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

fn found(s: &str, name: &str, args: &Args) -> R {
    let of = need_str(args, 0, "sub")?;
    let len = s.chars().count() as i128;
    let clamp = |i: i128| usize::try_from(if i < 0 { (i + len).max(0) } else { i.min(len) }).unwrap_or(0);
    let (from, to) = (clamp(int(args, 1, "start", 0)?), clamp(int(args, 2, "end", len)?));
    let part: String = s.chars().skip(from).take(to.saturating_sub(from)).collect();
    let at = if name.starts_with('r') { part.rfind(of) } else { part.find(of) };
    match at {
        Some(i) => Ok((part.get(..i).map_or(0, |h| h.chars().count()) + from).into()),
        None if name.ends_with("find") => Ok(Val::Int(-1)),
        None => Err(Fail::new("substring not found")),
    }
}

fn separator(args: &Args) -> R<&str> {
    let sep = need_str(args, 0, "sep")?;
    if sep.is_empty() { Err(Fail::new("empty separator")) } else { Ok(sep) }
}

/// `sep.join(items)`.
pub(crate) fn join(sep: &str, items: &[Val]) -> R {
    let mut out = String::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(sep);
        }
        match item {
            Val::Str(s) => out.push_str(s),
            Val::Marker(f) => return Err(f.clone()),
            other => {
                return Err(Fail::new(format!(
                    "sequence item {i}: expected str instance, {} found",
                    other.type_name()
                )));
            }
        }
    }
    Ok(out.into())
}

pub(crate) fn strip<'a>(s: &'a str, set: Option<&[char]>, left: bool, right: bool) -> &'a str {
    let gone = |c: char| set.map_or_else(|| c.is_whitespace(), |set| set.contains(&c));
    let s = if left { s.trim_start_matches(gone) } else { s };
    if right { s.trim_end_matches(gone) } else { s }
}

fn split(s: &str, args: &Args, from_right: bool) -> R {
    let limit = usize::try_from(int(args, 1, "maxsplit", -1)?).ok();
    let parts: Vec<&str> = match arg(args, 0, "sep") {
        None | Some(Val::None) => words(s, limit, from_right),
        Some(v) if v.as_str().is_none() => {
            return Err(Fail::new(format!("must be str or None, not {}", v.type_name())));
        }
        Some(_) => {
            let sep = separator(&Args { pos: vec![need(args, 0, "sep")?.clone()], kw: vec![] })
                .map(str::to_owned)?;
            let mut parts: Vec<&str> = match (limit, from_right) {
                (None, _) => s.split(&*sep).collect(),
                (Some(n), false) => s.splitn(n + 1, &*sep).collect(),
                (Some(n), true) => s.rsplitn(n + 1, &*sep).collect(),
            };
            if from_right && limit.is_some() {
                parts.reverse();
            }
            parts
        }
    };
    Ok(Val::list(parts.into_iter().map(Val::from).collect()))
}

/// Splits at runs of white space.
pub(crate) fn words(s: &str, limit: Option<usize>, from_right: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = s.trim();
    while !rest.is_empty() {
        if limit.is_some_and(|n| parts.len() >= n) {
            // What is left keeps the space at its far end.
            parts.push(if from_right {
                s.get(..s.len() - s.trim_start().len() + rest.len()).unwrap_or(rest)
            } else {
                let taken = s.trim_end().len() - rest.len();
                s.get(taken..).unwrap_or(rest)
            });
            break;
        }
        let cut = if from_right {
            rest.rsplit_once(char::is_whitespace)
        } else {
            rest.split_once(char::is_whitespace)
        };
        match (cut, from_right) {
            (Some((head, tail)), false) => {
                parts.push(head);
                rest = tail.trim_start();
            }
            (Some((head, tail)), true) => {
                parts.push(tail);
                rest = head.trim_end();
            }
            (None, _) => {
                parts.push(rest);
                break;
            }
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}
