//! `repr`, as Python prints it.

use crate::template::depth::Nested;
use crate::template::fail::R;
use crate::template::val::Val;
use std::fmt::Write;

/// `repr(v)`.
pub(crate) fn repr(v: &Val) -> R<String> {
    let mut out = String::new();
    write_repr(v, &mut out)?;
    Ok(out)
}

fn write_repr(v: &Val, out: &mut String) -> R<()> {
    let _nested = Nested::enter()?;
    match v {
        Val::Marker(f) => return Err(f.clone()),
        Val::None => out.push_str("None"),
        Val::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Val::Int(i) => out.push_str(&i.to_string()),
        Val::Float(f) => out.push_str(&float(*f)),
        Val::Str(s) => out.push_str(&repr_str(s)),
        Val::List(_) => sequence("[", "]", &v.as_seq().unwrap_or_default(), out)?,
        Val::Tuple(t) => sequence("(", if t.len() == 1 { ",)" } else { ")" }, t, out)?,
        Val::Range(a, b, 1) => out.push_str(&format!("range({a}, {b})")),
        Val::Range(a, b, c) => out.push_str(&format!("range({a}, {b}, {c})")),
        Val::Omit => out.push_str("<<Omit>>"),
        Val::Dict(_) | Val::Object(_) => match v.entries() {
            Some(entries) => {
                out.push('{');
                for (i, (k, v)) in entries.into_iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    write_repr(&Val::from(k), out)?;
                    out.push_str(": ");
                    write_repr(&v, out)?;
                }
                out.push('}');
            }
            None => {
                if let Val::Object(o) = v {
                    out.push_str(&o.show());
                }
            }
        },
    }
    Ok(())
}

fn sequence(open: &str, close: &str, items: &[Val], out: &mut String) -> R<()> {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_repr(item, out)?;
    }
    out.push_str(close);
    Ok(())
}

/// A float's shortest digits, with an exponent where Python uses one.
pub(crate) fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{f}");
        if plain.contains('.') { plain } else { plain + ".0" }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs())
    }
}

/// A string in the quotes that Python would choose.
pub(crate) fn repr_str(s: &str) -> String {
    let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(s.len() + 2);
    out.push(quote);
    for c in s.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if printable(c) => out.push(c),
            c => {
                let code = c as u32;
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// Python's idea of printable: no control, format, private or separator characters but the space.
pub(crate) fn printable(c: char) -> bool {
    !(c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{f0000}'..='\u{10ffff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_python() {
        let shown = [1e20, 1e16, 1e15, 0.0001, 0.00001, 1.5, -0.0, 123456789.123, 5e-324, 1.0].map(float);
        let python = [
            "1e+20",
            "1e+16",
            "1000000000000000.0",
            "0.0001",
            "1e-05",
            "1.5",
            "-0.0",
            "123456789.123",
            "5e-324",
            "1.0",
        ];
        assert_eq!(shown, python);
    }

    #[test]
    fn strings_are_quoted_as_in_python() {
        assert_eq!(repr_str("it's"), "\"it's\"");
        assert_eq!(repr_str("it's \"x\""), "'it\\'s \"x\"'");
        assert_eq!(repr_str("a\u{7f}\u{a0}é"), "'a\\x7f\\xa0é'");
    }
}
