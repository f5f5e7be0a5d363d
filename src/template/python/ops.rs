//! Operators.

use super::{format, to_str};
use crate::template::ast::{Cmp, Op};
use crate::template::depth::Nested;
use crate::template::fail::{Fail, R};
use crate::template::val::{Val, range_len};
use std::cmp::Ordering;

fn unsupported(op: &str, a: &Val, b: &Val) -> Fail {
    let (a, b) = (a.type_name(), b.type_name());
    Fail::new(format!("unsupported operand type(s) for {op}: '{a}' and '{b}'"))
}

fn too_large() -> Fail {
    Fail::new("integer result beyond 128 bits")
}

/// A number as Python's arithmetic sees it.
#[derive(Clone, Copy)]
enum Num {
    Int(i128),
    Float(f64),
}

impl Num {
    fn of(v: &Val) -> Option<Num> {
        match v {
            Val::Int(i) => Some(Num::Int(*i)),
            Val::Bool(b) => Some(Num::Int(i128::from(*b))),
            Val::Float(f) => Some(Num::Float(*f)),
            _ => None,
        }
    }

    fn float(self) -> f64 {
        match self {
            Num::Int(i) => i as f64,
            Num::Float(f) => f,
        }
    }
}

/// `-v`.
pub(crate) fn neg(v: &Val) -> R {
    match Num::of(v) {
        Some(Num::Int(i)) => i.checked_neg().map(Val::Int).ok_or_else(too_large),
        Some(Num::Float(f)) => Ok(Val::Float(-f)),
        None => match v {
            Val::Marker(f) => Err(f.clone()),
            _ => Err(Fail::new(format!("bad operand type for unary -: '{}'", v.type_name()))),
        },
    }
}

/// `a op b`; neither is a failure.
pub(crate) fn binary(op: Op, a: &Val, b: &Val) -> R {
    match op {
        Op::Concat => return Ok(Val::str(to_str(a)? + &to_str(b)?)),
        Op::Mod if a.as_str().is_some() => {
            return format::percent(a.as_str().unwrap_or_default(), b).map(Val::str);
        }
        Op::Add => match (a, b) {
            (Val::Str(x), Val::Str(y)) => return Ok(Val::str(format!("{x}{y}"))),
            (Val::Str(_), _) => {
                return Err(Fail::new(format!(
                    "can only concatenate str (not \"{}\") to str",
                    b.type_name()
                )));
            }
            (Val::List(x), Val::List(y)) => {
                let mut items = x.items();
                items.extend(y.items());
                return Ok(Val::list(items));
            }
            (Val::List(_), _) => {
                return Err(Fail::new(format!(
                    "can only concatenate list (not \"{}\") to list",
                    b.type_name()
                )));
            }
            (Val::Tuple(x), Val::Tuple(y)) => {
                return Ok(Val::tuple(x.iter().chain(y.iter()).cloned().collect()));
            }
            _ => {}
        },
        Op::Mul => match (a, b) {
            (Val::Int(_) | Val::Bool(_), Val::Str(_) | Val::List(_) | Val::Tuple(_)) => return repeat(b, a),
            (Val::Str(_) | Val::List(_) | Val::Tuple(_), Val::Int(_) | Val::Bool(_)) => return repeat(a, b),
            (Val::Str(_) | Val::List(_) | Val::Tuple(_), other)
            | (other, Val::Str(_) | Val::List(_) | Val::Tuple(_)) => {
                let kind = other.type_name();
                return Err(Fail::new(format!("can't multiply sequence by non-int of type '{kind}'")));
            }
            _ => {}
        },
        _ => {}
    }
    if let (Some(x), Some(y), Op::Add | Op::Sub) = (a.time(), b.time(), op)
        && let Some(made) = x.plus(y, if op == Op::Sub { -1 } else { 1 })
    {
        return made;
    }
    match (Num::of(a), Num::of(b)) {
        (Some(x), Some(y)) => arithmetic(op, x, y),
        _ => Err(unsupported(symbol(op), a, b)),
    }
}

fn symbol(op: Op) -> &'static str {
    match op {
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::Div => "/",
        Op::FloorDiv => "//",
        Op::Mod => "%",
        Op::Pow => "** or pow()",
        Op::Concat => "~",
    }
}

fn repeat(of: &Val, times: &Val) -> R {
    let times = match Num::of(times) {
        Some(Num::Int(i)) => usize::try_from(i).unwrap_or(0),
        _ => 0,
    };
    let size = of.as_str().map_or_else(|| of.as_seq().unwrap_or_default().len(), str::len);
    // 64 MiB: more is a mistake, or an attack on the controller's memory.
    if size.saturating_mul(times) > 64 << 20 {
        return Err(Fail::new("the repeated value would be too large"));
    }
    Ok(match of {
        Val::Str(s) => Val::str(s.repeat(times)),
        other => {
            let items = other.as_seq().unwrap_or_default();
            let all: Vec<Val> = std::iter::repeat_n(items, times).flatten().collect();
            if matches!(of, Val::Tuple(_)) { Val::tuple(all) } else { Val::list(all) }
        }
    })
}

fn arithmetic(op: Op, x: Num, y: Num) -> R {
    if let (Num::Int(a), Num::Int(b)) = (x, y) {
        return integers(op, a, b);
    }
    let (a, b) = (x.float(), y.float());
    let by_zero = |what: &str| Err(Fail::new(what));
    Ok(Val::Float(match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div if b == 0.0 => return by_zero("float division by zero"),
        Op::Div => a / b,
        Op::FloorDiv if b == 0.0 => return by_zero("float floor division by zero"),
        Op::FloorDiv => (a / b).floor(),
        Op::Mod if b == 0.0 => return by_zero("float modulo"),
        Op::Mod => a - b * (a / b).floor(),
        Op::Pow => a.powf(b),
        Op::Concat => return Err(Fail::new("not a number")),
    }))
}

fn integers(op: Op, a: i128, b: i128) -> R {
    let by_zero = |what: &str| Err(Fail::new(what));
    let made = match op {
        Op::Add => a.checked_add(b),
        Op::Sub => a.checked_sub(b),
        Op::Mul => a.checked_mul(b),
        Op::Div if b == 0 => return by_zero("division by zero"),
        Op::Div => return Ok(Val::Float(a as f64 / b as f64)),
        Op::FloorDiv if b == 0 => return by_zero("integer division or modulo by zero"),
        Op::Mod if b == 0 => return by_zero("integer modulo by zero"),
        Op::FloorDiv => floor_div(a, b),
        Op::Mod => a.checked_rem(b).map(|r| if r != 0 && (r < 0) != (b < 0) { r + b } else { r }),
        Op::Pow if b < 0 && a == 0 => return by_zero("0.0 cannot be raised to a negative power"),
        Op::Pow if b < 0 => return Ok(Val::Float((a as f64).powf(b as f64))),
        Op::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Op::Concat => None,
    };
    made.map(Val::Int).ok_or_else(too_large)
}

fn floor_div(a: i128, b: i128) -> Option<i128> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// `a == b`.
pub(crate) fn eq(a: &Val, b: &Val) -> R<bool> {
    let _nested = Nested::enter()?;
    if let (Some(x), Some(y)) = (Num::of(a), Num::of(b)) {
        return Ok(match (x, y) {
            (Num::Int(i), Num::Int(j)) => i == j,
            _ => x.float() == y.float(),
        });
    }
    let all = |x: &[Val], y: &[Val]| -> R<bool> {
        if x.len() != y.len() {
            return Ok(false);
        }
        for (a, b) in x.iter().zip(y) {
            if !eq(a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    Ok(match (a, b) {
        (Val::Marker(f), _) | (_, Val::Marker(f)) => return Err(f.clone()),
        (Val::None, Val::None) | (Val::Omit, Val::Omit) => true,
        (Val::Str(x), Val::Str(y)) => x == y,
        (Val::List(x), Val::List(y)) => x.len() == y.len() && all(&x.items(), &y.items())?,
        (Val::Tuple(x), Val::Tuple(y)) => all(x, y)?,
        (Val::Range(a, b, c), Val::Range(x, y, z)) => {
            range_len(*a, *b, *c) == range_len(*x, *y, *z) && a == x && c == z
        }
        _ if a.is_mapping() && b.is_mapping() => {
            let (x, y) = (a.entries().unwrap_or_default(), b.entries().unwrap_or_default());
            if x.len() != y.len() {
                return Ok(false);
            }
            for (k, v) in &x {
                match y.iter().find(|(other, _)| other == k) {
                    Some((_, w)) if eq(v, w)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (Val::Object(x), Val::Object(y)) => {
            std::rc::Rc::ptr_eq(x, y)
                || match (x.moment(), y.moment()) {
                    (Some(x), Some(y)) => x.order(&y).is_some_and(Ordering::is_eq),
                    _ => x.time().is_some_and(|t| Some(t) == y.time()),
                }
        }
        _ => false,
    })
}

/// The place of the first of these that equals it.
pub(crate) fn position(of: &[Val], item: &Val) -> R<Option<usize>> {
    for (i, v) in of.iter().enumerate() {
        if eq(v, item)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

/// How two values order, where Python orders them.
pub(crate) fn order(op: &str, a: &Val, b: &Val) -> R<Option<Ordering>> {
    if let (Some(x), Some(y)) = (Num::of(a), Num::of(b)) {
        return Ok(match (x, y) {
            (Num::Int(i), Num::Int(j)) => Some(i.cmp(&j)),
            _ => x.float().partial_cmp(&y.float()),
        });
    }
    let lists = |x: &[Val], y: &[Val]| {
        for (a, b) in x.iter().zip(y) {
            if !eq(a, b)? {
                return order(op, a, b);
            }
        }
        Ok(Some(x.len().cmp(&y.len())))
    };
    match (a, b) {
        (Val::Marker(f), _) | (_, Val::Marker(f)) => Err(f.clone()),
        (Val::Str(x), Val::Str(y)) => Ok(Some(x.cmp(y))),
        (Val::List(x), Val::List(y)) => lists(&x.items(), &y.items()),
        (Val::Tuple(x), Val::Tuple(y)) => lists(x, y),
        _ if let (Some(x), Some(y)) = (a.moment(), b.moment())
            && x.type_name() == y.type_name() =>
        {
            let mixed = || Fail::new("can't compare offset-naive and offset-aware datetimes");
            x.order(&y).map(Some).ok_or_else(mixed)
        }
        _ if let (Some(x), Some(y)) = (a.moment(), b.moment())
            && let Some(order) = x.order(&y) =>
        {
            Ok(Some(order))
        }
        _ if let (Some(x), Some(y)) = (a.time(), b.time())
            && let Some(order) = x.order(y) =>
        {
            Ok(Some(order))
        }
        _ => Err(Fail::new(format!(
            "'{op}' not supported between instances of '{}' and '{}'",
            a.type_name(),
            b.type_name()
        ))),
    }
}

/// A comparison; neither side is a failure.
pub(crate) fn compare(op: Cmp, a: &Val, b: &Val) -> R<bool> {
    let ordered = |symbol: &str, is: fn(Ordering) -> bool| Ok(order(symbol, a, b)?.is_some_and(is));
    match op {
        Cmp::Eq => eq(a, b),
        Cmp::Ne => Ok(!eq(a, b)?),
        Cmp::Lt => ordered("<", Ordering::is_lt),
        Cmp::Le => ordered("<=", Ordering::is_le),
        Cmp::Gt => ordered(">", Ordering::is_gt),
        Cmp::Ge => ordered(">=", Ordering::is_ge),
        Cmp::In => contains(b, a),
        Cmp::NotIn => Ok(!contains(b, a)?),
    }
}

/// `item in of`.
pub(crate) fn contains(of: &Val, item: &Val) -> R<bool> {
    match of {
        Val::Str(s) => match item {
            Val::Str(part) => Ok(s.contains(&**part)),
            other => Err(Fail::new(format!(
                "'in <string>' requires string as left operand, not {}",
                other.type_name()
            ))),
        },
        Val::Dict(d) => Ok(d.0.borrow().contains_key(&item.key()?)),
        Val::Object(o) if o.keys().is_some() => Ok(o.entry(&item.key()?).is_some()),
        other => match other.as_seq() {
            Some(items) => Ok(position(&items, item)?.is_some()),
            None => Err(match other {
                Val::Marker(f) => f.clone(),
                _ => Fail::new(format!("argument of type '{}' is not iterable", other.type_name())),
            }),
        },
    }
}
