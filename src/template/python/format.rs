//! `'%s' % x` and `'{}'.format(x)`.

use super::{access, float, repr, to_str};
use crate::template::fail::{Fail, R};
use crate::template::val::{Args, Val};
use std::iter::Peekable;
use std::str::Chars;

/// How one value is to be laid out.
#[derive(Default)]
struct Layout {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    grouping: Option<char>,
    width: usize,
    precision: Option<usize>,
}

/// `template % values`.
pub(crate) fn percent(template: &str, values: &Val) -> R<String> {
    let single = [values.clone()];
    let tuple = match values {
        Val::Tuple(t) => t.to_vec(),
        _ => single.to_vec(),
    };
    let mut used = 0;
    let mut by_name = false;
    let mut out = String::new();
    let length = template.chars().count();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut value = None;
        if chars.next_if_eq(&'(').is_some() {
            let name: String = chars.by_ref().take_while(|c| *c != ')').collect();
            if !values.is_mapping() {
                return Err(Fail::new("format requires a mapping"));
            }
            let found = access::by_key(values, &name.as_str().into());
            value = Some(found.ok_or_else(|| Fail::new(format!("'{name}'")))?);
            by_name = true;
        }
        let mut next = || {
            let v = tuple.get(used).cloned();
            used += 1;
            v.ok_or_else(|| Fail::new("not enough arguments for format string"))
        };
        let mut layout = Layout { align: Some('>'), ..Layout::default() };
        while let Some(flag) = chars.next_if(|c| "#0- +".contains(*c)) {
            match flag {
                '#' => layout.alternate = true,
                '0' => layout.zero = true,
                '-' => layout.align = Some('<'),
                sign => layout.sign = Some(sign),
            }
        }
        layout.width = count(&mut chars, &mut next)?.unwrap_or(0);
        if chars.next_if_eq(&'.').is_some() {
            layout.precision = Some(count(&mut chars, &mut next)?.unwrap_or(0));
        }
        while chars.next_if(|c| "hlL".contains(*c)).is_some() {}
        let Some(kind) = chars.next() else { return Err(Fail::new("incomplete format")) };
        let index = length - chars.clone().count() - 1;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match value {
            Some(v) => v,
            None => next()?,
        };
        out.push_str(&percent_one(kind, &value, &layout, index)?);
    }
    if !by_name && used < tuple.len() && !(used == 0 && values.is_mapping()) {
        return Err(Fail::new("not all arguments converted during string formatting"));
    }
    Ok(out)
}

/// A width or precision, `*` taking it from the values.
fn count(chars: &mut Peekable<Chars<'_>>, next: &mut impl FnMut() -> R) -> R<Option<usize>> {
    if chars.next_if_eq(&'*').is_some() {
        return match next()? {
            Val::Int(i) => Ok(Some(bounded(usize::try_from(i).unwrap_or(0))?)),
            _ => Err(Fail::new("* wants int")),
        };
    }
    let mut digits = String::new();
    while let Some(d) = chars.next_if(char::is_ascii_digit) {
        digits.push(d);
    }
    if digits.is_empty() {
        return Ok(None);
    }
    digits.parse().map_err(|_| Fail::new("width too big")).and_then(bounded).map(Some)
}

fn bounded(n: usize) -> R<usize> {
    if n > 1 << 20 { Err(Fail::new("width too big")) } else { Ok(n) }
}

fn percent_one(kind: char, value: &Val, layout: &Layout, index: usize) -> R<String> {
    match kind {
        's' => Ok(pad(&cut(to_str(value)?, layout.precision), layout, '>')),
        'r' | 'a' => Ok(pad(&cut(repr(value)?, layout.precision), layout, '>')),
        'c' => match value {
            Val::Int(i) => {
                let c = u32::try_from(*i).ok().and_then(char::from_u32);
                Ok(pad(&c.map(String::from).unwrap_or_default(), layout, '>'))
            }
            other => Ok(pad(&to_str(other)?, layout, '>')),
        },
        'd' | 'i' | 'u' => match value {
            Val::Float(f) => number('d', &Val::Int(*f as i128), layout),
            Val::Int(_) | Val::Bool(_) => number('d', value, layout),
            other => Err(Fail::new(format!(
                "%{kind} format: a real number is required, not {}",
                other.type_name()
            ))),
        },
        'x' | 'X' | 'o' => match value {
            Val::Int(_) | Val::Bool(_) => number(kind, value, layout),
            other => {
                Err(Fail::new(format!("%{kind} format: an integer is required, not {}", other.type_name())))
            }
        },
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => match value {
            Val::Int(_) | Val::Bool(_) | Val::Float(_) => number(kind, value, layout),
            other => Err(Fail::new(format!("must be real number, not {}", other.type_name()))),
        },
        other => Err(Fail::new(format!(
            "unsupported format character '{other}' (0x{:x}) at index {index}",
            other as u32
        ))),
    }
}

fn cut(s: String, precision: Option<usize>) -> String {
    match precision {
        Some(n) => s.chars().take(n).collect(),
        None => s,
    }
}

fn pad(s: &str, layout: &Layout, default: char) -> String {
    let missing = layout.width.saturating_sub(s.chars().count());
    let fill = |n: usize| layout.fill.unwrap_or(' ').to_string().repeat(n);
    match layout.align.unwrap_or(default) {
        '<' => format!("{s}{}", fill(missing)),
        '^' => format!("{}{s}{}", fill(missing / 2), fill(missing - missing / 2)),
        _ => format!("{}{s}", fill(missing)),
    }
}

/// A number in a presentation, with sign, prefix, grouping and zero padding.
fn number(kind: char, value: &Val, layout: &Layout) -> R<String> {
    let (negative, mut digits) = match (value, kind) {
        (Val::Float(f), _) => (f.is_sign_negative() && !f.is_nan(), real(kind, f.abs(), layout)),
        (_, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
            let i = integer(value)?;
            (i < 0, real(kind, (i as f64).abs(), layout))
        }
        _ => {
            let i = integer(value)?;
            let n = i.unsigned_abs();
            let digits = match kind {
                'x' => format!("{n:x}"),
                'X' => format!("{n:X}"),
                'o' => format!("{n:o}"),
                'b' => format!("{n:b}"),
                _ => n.to_string(),
            };
            (i < 0, digits)
        }
    };
    if let Some(separator) = layout.grouping {
        digits = grouped(&digits, separator, if matches!(kind, 'x' | 'X' | 'o' | 'b') { 4 } else { 3 });
    }
    let prefix = match kind {
        'x' | 'X' | 'o' | 'b' if layout.alternate => format!("0{kind}"),
        _ => String::new(),
    };
    let sign = match layout.sign {
        _ if negative => "-",
        Some('+') => "+",
        Some(' ') => " ",
        _ => "",
    };
    if layout.zero && layout.align != Some('<') {
        let missing = layout.width.saturating_sub(sign.len() + prefix.len() + digits.len());
        return Ok(format!("{sign}{prefix}{}{digits}", "0".repeat(missing)));
    }
    if layout.align == Some('=') {
        let fill = layout.fill.unwrap_or(' ').to_string();
        let missing = layout.width.saturating_sub(sign.len() + prefix.len() + digits.len());
        return Ok(format!("{sign}{prefix}{}{digits}", fill.repeat(missing)));
    }
    Ok(pad(&format!("{sign}{prefix}{digits}"), layout, '>'))
}

fn integer(value: &Val) -> R<i128> {
    match value {
        Val::Int(i) => Ok(*i),
        Val::Bool(b) => Ok(i128::from(*b)),
        other => Err(Fail::new(format!("an integer is required, not {}", other.type_name()))),
    }
}

fn grouped(digits: &str, separator: char, every: usize) -> String {
    let (whole, rest) = digits.find('.').map_or((digits, ""), |i| digits.split_at(i));
    let mut out = String::new();
    let len = whole.chars().count();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (len - i).is_multiple_of(every) {
            out.push(separator);
        }
        out.push(c);
    }
    out + rest
}

/// A non-negative float in a presentation.
fn real(kind: char, f: f64, layout: &Layout) -> String {
    if f.is_nan() || f.is_infinite() {
        return if f.is_nan() { "nan".into() } else { "inf".into() };
    }
    let precision = layout.precision.unwrap_or(6).min(400);
    match kind {
        'f' | 'F' => format!("{f:.precision$}"),
        '%' => format!("{:.precision$}%", f * 100.0),
        'e' | 'E' => {
            let s = exponent(f, precision);
            if kind == 'E' { s.to_uppercase() } else { s }
        }
        'g' | 'G' => {
            let s = general(f, precision.max(1), layout.alternate);
            if kind == 'G' { s.to_uppercase() } else { s }
        }
        _ => match layout.precision {
            Some(p) => general(f, p.max(1), false),
            None => float(f),
        },
    }
}

fn exponent(f: f64, precision: usize) -> String {
    let s = format!("{f:.precision$e}");
    let (mantissa, exponent) = s.split_once('e').unwrap_or((&s, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn general(f: f64, precision: usize, keep_zeros: bool) -> String {
    let scientific = exponent(f, precision - 1);
    let exp: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let trimmed = |s: &str| {
        if keep_zeros || !s.contains('.') {
            s.to_owned()
        } else {
            s.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exp < -4 || exp >= precision as i32 {
        let (mantissa, e) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        format!("{}e{e}", trimmed(mantissa))
    } else {
        let decimals = usize::try_from(precision as i32 - 1 - exp).unwrap_or(0);
        trimmed(&format!("{f:.decimals$}"))
    }
}

/// `template.format(*args, **kwargs)`.
pub(crate) fn braces(template: &str, args: &Args) -> R<String> {
    let mut auto = 0;
    fill(template, args, &mut auto, 0)
}

fn fill(template: &str, args: &Args, auto: &mut usize, depth: usize) -> R<String> {
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.next_if_eq(&'{').is_some() => out.push('{'),
            '}' if chars.next_if_eq(&'}').is_some() => out.push('}'),
            '}' => return Err(Fail::new("Single '}' encountered in format string")),
            '{' => {
                let field = field(&mut chars)?;
                out.push_str(&replaced(&field, args, auto, depth)?);
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

/// The text up to the brace that closes a field.
fn field(chars: &mut Peekable<Chars<'_>>) -> R<String> {
    let mut open = 1;
    let mut field = String::new();
    for c in chars.by_ref() {
        match c {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Ok(field);
        }
        field.push(c);
    }
    Err(Fail::new("expected '}' before end of string"))
}

fn replaced(field: &str, args: &Args, auto: &mut usize, depth: usize) -> R<String> {
    let (name, spec) = field.split_once(':').unwrap_or((field, ""));
    let (name, conversion) = name.split_once('!').map_or((name, None), |(n, c)| (n, c.chars().next()));
    let value = named(name, args, auto)?;
    let value = match conversion {
        Some('s') => Val::str(to_str(&value)?),
        Some('r' | 'a') => Val::str(repr(&value)?),
        _ => value,
    };
    if depth > 1 {
        return Err(Fail::new("Max string recursion exceeded"));
    }
    spec_applied(&value, &fill(spec, args, auto, depth + 1)?)
}

/// `value[key]`, of which `str.format` knows nothing but items.
fn element(value: &Val, key: &Val) -> R {
    if let Some(found) = key.key().ok().and_then(|key| access::by_key(value, &key)) {
        return found.ok();
    }
    let kind = value.type_name();
    Err(Fail::new(match (value, key) {
        (Val::Str(_), Val::Int(_)) => "string index out of range".to_owned(),
        (Val::Str(_), _) => "string indices must be integers, not 'str'".to_owned(),
        (Val::List(_) | Val::Tuple(_), Val::Int(_)) => format!("{kind} index out of range"),
        (Val::List(_) | Val::Tuple(_), _) => format!("{kind} indices must be integers or slices, not str"),
        (value, key) if value.is_mapping() => repr(key)?,
        _ => format!("'{kind}' object is not subscriptable"),
    }))
}

fn named(name: &str, args: &Args, auto: &mut usize) -> R {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut rest) = name.split_at(end);
    let missing =
        |i: usize| Fail::new(format!("Replacement index {i} out of range for positional args tuple"));
    let mut value = if first.is_empty() {
        *auto += 1;
        args.pos.get(*auto - 1).cloned().ok_or_else(|| missing(*auto - 1))?
    } else if let Ok(i) = first.parse::<usize>() {
        args.pos.get(i).cloned().ok_or_else(|| missing(i))?
    } else {
        let found = args.kw.iter().find(|(k, _)| &**k == first).map(|(_, v)| v.clone());
        found.ok_or_else(|| Fail::new(format!("'{first}'")))?
    };
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) =
                inner.split_once(']').ok_or_else(|| Fail::new("Missing ']' in format string"))?;
            let key = key.parse::<i128>().map_or_else(|_| Val::str(key), Val::Int);
            value = element(&value, &key)?;
            rest = after;
        } else {
            let inner = rest.trim_start_matches('.');
            let (attr, after) = inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()));
            value = access::own_attribute(&value, attr).ok_or_else(|| {
                Fail::new(format!("'{}' object has no attribute '{attr}'", value.type_name()))
            })?;
            rest = after;
        }
    }
    Ok(value)
}

/// `format(value, spec)`.
fn spec_applied(value: &Val, spec: &str) -> R<String> {
    if spec.is_empty() {
        return to_str(value);
    }
    let mut layout = Layout::default();
    let mut chars = spec.chars().peekable();
    let (first, second) = (spec.chars().next(), spec.chars().nth(1));
    if let (Some(fill), Some(align)) = (first, second)
        && "<>=^".contains(align)
    {
        layout.fill = Some(fill);
        layout.align = Some(align);
        chars.nth(1);
    } else if let Some(align) = chars.next_if(|c| "<>=^".contains(*c)) {
        layout.align = Some(align);
    }
    layout.sign = chars.next_if(|c| "+- ".contains(*c));
    layout.alternate = chars.next_if_eq(&'#').is_some();
    layout.zero = chars.next_if_eq(&'0').is_some();
    let mut none = || Err(Fail::new("Invalid format specifier"));
    layout.width = count(&mut chars, &mut none)?.unwrap_or(0);
    layout.grouping = chars.next_if(|c| ",_".contains(*c));
    if chars.next_if_eq(&'.').is_some() {
        layout.precision = count(&mut chars, &mut none)?;
    }
    let kind = chars.next();
    if chars.next().is_some() {
        return Err(Fail::new("Invalid format specifier"));
    }
    let unknown = |kind: char| {
        Err(Fail::new(format!("Unknown format code '{kind}' for object of type '{}'", value.type_name())))
    };
    match value {
        Val::Int(_) | Val::Bool(_) => match kind {
            None | Some('d' | 'n') => number('d', value, &layout),
            Some('c') => percent_one('c', value, &layout, 0),
            Some(k) if "xXobeEfFgG%".contains(k) => number(k, value, &layout),
            Some(k) => unknown(k),
        },
        Val::Float(_) => match kind {
            None => number('r', value, &layout),
            Some(k) if "eEfFgG%".contains(k) => number(k, value, &layout),
            Some(k) => unknown(k),
        },
        Val::Str(s) => match kind {
            None | Some('s') => {
                if layout.zero {
                    layout.fill = Some('0');
                }
                Ok(pad(&cut(s.to_string(), layout.precision), &layout, '<'))
            }
            Some(k) => unknown(k),
        },
        other => {
            Err(Fail::new(format!("unsupported format string passed to {}.__format__", other.type_name())))
        }
    }
}
