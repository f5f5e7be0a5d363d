//! Filters on text.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::python::{self, methods, strings};
use crate::template::val::{Args, Val};
use std::fmt::Write;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("lower", &[], |_, v, _| Ok(text(&v)?.to_lowercase().into())),
    Filter::new("upper", &[], |_, v, _| Ok(text(&v)?.to_uppercase().into())),
    Filter::new("capitalize", &[], |_, v, _| Ok(strings::capitalize(&text(&v)?).into())),
    Filter::new("title", &[], title),
    Filter::new("trim", &["chars"], trim),
    Filter::new("replace", &["old", "new", "count"], replace),
    Filter::new("center", &["width"], |_, v, b| {
        let width = usize::try_from(b.int("width", 80)?.min(1 << 20)).unwrap_or(0);
        Ok(strings::centered(&text(&v)?, width, ' ').into())
    }),
    Filter::new("indent", &["width", "first", "blank"], indent),
    Filter::new("wordcount", &[], |_, v, _| {
        Ok(text(&v)?
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|w| !w.is_empty())
            .count()
            .into())
    }),
    Filter::new("wordwrap", &["width", "break_long_words", "wrapstring", "break_on_hyphens"], wordwrap),
    Filter::new("truncate", &["length", "killwords", "end", "leeway"], truncate),
    Filter::new("format", &["*args", "**kwargs"], format),
    Filter::new("escape", &[], |_, v, _| Ok(escape(&text(&v)?).into())),
    Filter::new("e", &[], |_, v, _| Ok(escape(&text(&v)?).into())),
    Filter::new("forceescape", &[], |_, v, _| Ok(escape(&text(&v)?).into())),
    Filter::new("safe", &[], |_, v, _| text(&v).map(Val::from)),
    Filter::new("striptags", &[], striptags),
    Filter::new("urlencode", &[], urlencode),
    Filter::new("urldecode", &[], |_, v, _| Ok(unquote_plus(having(&v, "replace")?).into())),
    Filter::new("xmlattr", &["autospace"], xmlattr),
    Filter::new("filesizeformat", &["binary"], filesize),
    Filter::new("split", &["sep", "maxsplit"], split),
    Filter::new("quote", &[], |_, v, _| {
        Ok(quote(&if v.is_none() { String::new() } else { text(&v)? }).into())
    }),
    Filter::new("comment", &["style", "**kw"], comment),
];

fn text(v: &Val) -> R<String> {
    python::to_str(v)
}

/// A text whose method Python calls: nothing else has it.
fn having<'a>(v: &'a Val, method: &str) -> R<&'a str> {
    let none = || Fail::new(format!("'{}' object has no attribute '{method}'", v.type_name()));
    v.as_str().ok_or_else(none)
}

fn title(_: &Env, v: Val, _: Bound) -> R {
    let mut out = String::new();
    let mut start = true;
    for c in text(&v)?.chars() {
        if start {
            out.extend(c.to_uppercase())
        } else {
            out.extend(c.to_lowercase())
        }
        start = c.is_whitespace() || "-({[<".contains(c);
    }
    Ok(out.into())
}

fn trim(_: &Env, v: Val, b: Bound) -> R {
    let set: Option<Vec<char>> = b.some("chars").map(text).transpose()?.map(|s| s.chars().collect());
    Ok(strings::strip(&text(&v)?, set.as_deref(), true, true).into())
}

fn replace(_: &Env, v: Val, b: Bound) -> R {
    let (old, new) = (b.need_text("old")?, b.need_text("new")?);
    let text = text(&v)?;
    Ok(match b.maybe_int("count")?.and_then(|n| usize::try_from(n).ok()) {
        Some(n) => text.replacen(&old, &new, n).into(),
        None => text.replace(&old, &new).into(),
    })
}

fn indent(_: &Env, v: Val, b: Bound) -> R {
    let margin = match b.get("width") {
        Some(Val::Str(s)) => s.to_string(),
        _ => " ".repeat(usize::try_from(b.int("width", 4)?.min(1 << 16)).unwrap_or(0)),
    };
    let (first, blank) = (b.flag("first", false)?, b.flag("blank", false)?);
    // Jinja counts the end of the text as a line, so that a final newline is kept.
    let kind = v.type_name();
    let added = || Fail::new(format!("unsupported operand type(s) for +=: '{kind}' and 'str'"));
    let text = v.as_str().ok_or_else(added)?.to_owned() + "\n";
    let lines = python::splitlines(&text);
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        if (i > 0 && (blank || !line.is_empty())) || (i == 0 && first) {
            out.push_str(&margin);
        }
        out.push_str(line);
    }
    Ok(out.into())
}

fn truncate(_: &Env, v: Val, b: Bound) -> R {
    let kind = v.type_name();
    let s = v.as_str().ok_or_else(|| Fail::new(format!("object of type '{kind}' has no len()")))?;
    let length = usize::try_from(b.int("length", 255)?).unwrap_or(0);
    let leeway = usize::try_from(b.int("leeway", 5)?).unwrap_or(0);
    let end = b.text("end", "...")?;
    let end_len = end.chars().count();
    if length < end_len {
        return Err(Fail::new(format!("expected length >= {end_len}, got {length}")));
    }
    if s.chars().count() <= length + leeway {
        return Ok(s.into());
    }
    let cut: String = s.chars().take(length - end_len).collect();
    if b.flag("killwords", false)? {
        return Ok((cut + &end).into());
    }
    Ok(format!("{}{end}", cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head)).into())
}

/// `textwrap.wrap` on each line.
fn wordwrap(_: &Env, v: Val, b: Bound) -> R {
    let width = usize::try_from(b.int("width", 79)?).ok().filter(|w| *w > 0);
    let width = width.ok_or_else(|| Fail::new("invalid width (must be > 0)"))?;
    let (break_long, hyphens) = (b.flag("break_long_words", true)?, b.flag("break_on_hyphens", true)?);
    let newline = b.some("wrapstring").map_or(Ok("\n".to_owned()), text)?;
    let wrapped: Vec<String> = python::splitlines(having(&v, "splitlines")?)
        .iter()
        .map(|line| wrap(line, width, break_long, hyphens).join(&newline))
        .collect();
    Ok(wrapped.join(&newline).into())
}

/// A line's words in lines of a width; a word that is too long is cut if it may be.
fn wrap(line: &str, width: usize, break_long: bool, hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    for word in line.split_inclusive(char::is_whitespace) {
        let body = word.trim_end();
        let mut rest = body;
        while hyphens && let Some(i) = rest.find('-').filter(|i| *i > 0 && i + 1 < rest.len()) {
            let (head, tail) = rest.split_at(i + 1);
            chunks.push(head.to_owned());
            rest = tail;
        }
        chunks.push(rest.to_owned());
        chunks.push(word.get(body.len()..).unwrap_or_default().to_owned());
    }
    let mut lines = Vec::new();
    let mut current = String::new();
    for chunk in chunks.into_iter().filter(|c| !c.is_empty()) {
        let mut chunk = chunk;
        if current.chars().count() + chunk.chars().count() > width && !chunk.trim().is_empty() {
            // Only a word that no line can hold is cut, and its beginning fills this line.
            let cut = break_long && chunk.chars().count() > width;
            if cut {
                let room = width.saturating_sub(current.chars().count());
                current.extend(chunk.chars().take(room));
                chunk = chunk.chars().skip(room).collect();
            }
            if !current.trim().is_empty() {
                // What was cut ends the line, even where nothing of it found room: a space before it stays.
                lines.push(if cut { current } else { current.trim_end().to_owned() });
            }
            current = String::new();
            while break_long && chunk.chars().count() > width {
                lines.push(chunk.chars().take(width).collect());
                chunk = chunk.chars().skip(width).collect();
            }
        }
        if !(current.is_empty() && chunk.trim().is_empty() && !lines.is_empty()) {
            current.push_str(&chunk);
        }
    }
    if !current.trim().is_empty() {
        lines.push(current.trim_end().to_owned());
    }
    lines
}

fn format(_: &Env, v: Val, b: Bound) -> R {
    if !b.rest.is_empty() && !b.extra.is_empty() {
        return Err(Fail::new("can't handle positional and keyword arguments at the same time"));
    }
    let values = if b.extra.is_empty() {
        Val::tuple(b.rest)
    } else {
        Val::dict(b.extra.into_iter().map(|(k, v)| (k.into(), v)))
    };
    python::format::percent(&text(&v)?, &values).map(Val::from)
}

fn escape(s: &str) -> String {
    s.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

fn striptags(_: &Env, v: Val, _: Bound) -> R {
    let text = text(&v)?;
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((head, tail)) = rest.split_once('<') {
        let close = if tail.starts_with("!--") { "-->" } else { ">" };
        out.push_str(head);
        match tail.split_once(close) {
            Some((_, after)) => rest = after,
            None => {
                out.push('<');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    let words: Vec<&str> = out.split_whitespace().collect();
    let plain = words.join(" ");
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Ok(named.iter().fold(plain, |s, (from, to)| s.replace(from, to)).into())
}

/// Percent-encodes all but unreserved characters and those of `safe`.
pub(crate) fn percent_encode(s: &str, safe: &str) -> String {
    let mut out = String::new();
    for byte in s.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || safe.as_bytes().contains(&byte) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn urlencode(_: &Env, v: Val, _: Bound) -> R {
    let pairs = match &v {
        Val::Str(s) => return Ok(percent_encode(s, "/").into()),
        v if v.is_mapping() => {
            v.entries().unwrap_or_default().into_iter().map(|(k, v)| (Val::from(k), v)).collect()
        }
        Val::List(_) | Val::Tuple(_) => v.iter()?.iter().map(pair).collect::<R<Vec<_>>>()?,
        other => return Ok(percent_encode(&text(other)?, "/").into()),
    };
    let mut parts = Vec::new();
    for (k, v) in pairs {
        let encoded = |v: &Val| -> R<String> { Ok(percent_encode(&text(v)?, "").replace("%20", "+")) };
        parts.push(format!("{}={}", encoded(&k)?, encoded(&v)?));
    }
    Ok(parts.join("&").into())
}

/// What Python unpacks into two names.
fn pair(v: &Val) -> R<(Val, Val)> {
    let no_items = |_| Fail::new(format!("cannot unpack non-iterable {} object", v.type_name()));
    let [first, second]: [Val; 2] = v.each().map_err(no_items)?.try_into().map_err(|items: Vec<Val>| {
        Fail::new(match items.len() {
            few @ 0..2 => format!("not enough values to unpack (expected 2, got {few})"),
            _ => "too many values to unpack (expected 2)".to_owned(),
        })
    })?;
    Ok((first, second))
}

fn unquote_plus(s: &str) -> String {
    let bytes: Vec<u8> = s.replace('+', " ").into_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                out.push(decoded);
                i += 3;
            }
            _ => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn xmlattr(_: &Env, v: Val, b: Bound) -> R {
    let mut parts = Vec::new();
    for (k, v) in v.entries().ok_or_else(|| Fail::new("xmlattr needs a mapping"))? {
        if v.is_none() || matches!(v, Val::Marker(_)) {
            continue;
        }
        let key = text(&Val::from(k))?;
        if key.chars().any(|c| c.is_whitespace() || "/>=".contains(c)) {
            return Err(Fail::new(format!("Invalid character in attribute name: '{key}'")));
        }
        parts.push(format!("{}=\"{}\"", escape(&key), escape(&text(&v)?)));
    }
    let joined = parts.join(" ");
    Ok(if b.flag("autospace", true)? && !joined.is_empty() { format!(" {joined}") } else { joined }.into())
}

fn filesize(_: &Env, v: Val, b: Bound) -> R {
    let bytes: f64 = text(&v)?.trim().parse().map_err(|_| Fail::new("could not convert string to float"))?;
    let binary = b.flag("binary", false)?;
    let base = if binary { 1024.0 } else { 1000.0 };
    let units = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    };
    if bytes == 1.0 {
        return Ok("1 Byte".into());
    }
    if bytes < base {
        return Ok(format!("{} Bytes", bytes as i128).into());
    }
    let mut unit = base;
    let mut shown = String::new();
    for name in units {
        unit *= base;
        shown = format!("{:.1} {name}", base * bytes / unit);
        if bytes < unit {
            break;
        }
    }
    Ok(shown.into())
}

fn split(_: &Env, v: Val, b: Bound) -> R {
    let mut args = Args { pos: vec![b.get("sep").cloned().unwrap_or(Val::None)], kw: Vec::new() };
    args.pos.extend(b.get("maxsplit").cloned());
    if v.as_str().is_none() {
        let kind = v.type_name();
        return Err(Fail::new(format!(
            "descriptor 'split' for 'str' objects doesn't apply to a '{kind}' object"
        )));
    }
    methods::call(&v, "split", &args).unwrap_or(Ok(v))
}

/// `shlex.quote`.
pub(crate) fn quote(s: &str) -> String {
    if s.is_empty() {
        return "''".to_owned();
    }
    if s.chars().all(|c| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c)) {
        return s.to_owned();
    }
    format!("'{}'", s.replace('\'', "'\"'\"'"))
}

fn comment(_: &Env, v: Val, b: Bound) -> R {
    let style = b.text("style", "plain")?;
    let (beginning, decoration, end) = match style.as_str() {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        other => return Err(Fail::new(format!("Invalid style '{other}'."))),
    };
    let option = |name: &str, default: &str| -> R<String> {
        let given = b.extra.iter().find(|(k, _)| &**k == name);
        given.map_or(Ok(default.to_owned()), |(_, v)| text(v))
    };
    let count = |name: &str| -> R<usize> {
        match b.extra.iter().find(|(k, _)| &**k == name) {
            Some((_, Val::Int(i))) => Ok(usize::try_from(*i).unwrap_or(0).min(1 << 16)),
            Some((_, other)) => {
                Err(Fail::new(format!("{name} must be an integer, not {}", other.type_name())))
            }
            None => Ok(1),
        }
    };
    let known =
        ["beginning", "decoration", "end", "newline", "prefix", "prefix_count", "postfix", "postfix_count"];
    if let Some((name, _)) = b.extra.iter().find(|(k, _)| !known.contains(&&**k)) {
        return Err(Fail::new(format!("comment() got an unexpected keyword argument '{name}'")));
    }
    let decoration = option("decoration", decoration)?;
    let beginning = option("beginning", beginning)?;
    let end = option("end", end)?;
    let newline = option("newline", "\n")?;
    // An empty line of the block keeps the decoration without its final space.
    let bare = decoration.trim_end().to_owned();
    let prefix = option("prefix", &bare)?;
    let postfix = option("postfix", &bare)?;
    let mut out = String::new();
    if !beginning.is_empty() {
        out.push_str(&beginning);
        out.push_str(&newline);
    }
    for _ in 0..count("prefix_count")? {
        out.push_str(&prefix);
        out.push_str(&newline);
    }
    let body: Vec<String> =
        having(&v, "replace")?.split(&*newline).map(|line| format!("{decoration}{line}")).collect();
    out.push_str(
        &body.join(&newline).replace(&format!("{decoration}{newline}"), &format!("{bare}{newline}")),
    );
    out.push_str(&newline);
    let tail: Vec<String> = (0..count("postfix_count")?).map(|_| postfix.clone()).collect();
    out.push_str(&tail.join(&newline));
    if !end.is_empty() {
        out.push_str(&newline);
        out.push_str(&end);
    }
    Ok(out.into())
}
