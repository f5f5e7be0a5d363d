//! `repr`, as Python prints it.

use crate::template::depth::Nested;
use crate::template::fail::R;
use crate::template::val::Val;
use warp_agent::python::{float, quoted};

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
        Val::Str(s) => out.push_str(&quoted(s)),
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
                    out.push_str(&o.moment().map_or_else(|| o.show(), |m| m.repr()));
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
