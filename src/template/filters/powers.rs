//! Logarithms, powers and roots, with the errors of Python's `math`.

use super::Filter;
use super::basics::real;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::val::Val;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("log", &["base"], log),
    Filter::new("pow", &["y"], |_, v, b| {
        let y = b.need("y")?;
        power(number("pow", &v)?, number("pow", &y)?).map(Val::Float)
    }),
    Filter::new("root", &["base"], root),
];

fn log(_: &Env, v: Val, b: Bound) -> R {
    let natural = |x: f64| if x > 0.0 { Ok(x.ln()) } else { Err(Fail::new("math domain error")) };
    let x = number("log", &v)?;
    Ok(Val::Float(match b.get("base").map(|base| number("log", base)).transpose()? {
        None => natural(x)?,
        Some(10.0) if x > 0.0 => x.log10(),
        Some(base) => quotient(natural(x)?, natural(base)?)?,
    }))
}

fn root(_: &Env, v: Val, b: Bound) -> R {
    let x = number("root", &v)?;
    let domain = || only("root", "math domain error");
    match b.get("base").map(|base| number("root", base)).transpose()?.unwrap_or(2.0) {
        2.0 if x < 0.0 => Err(domain()),
        2.0 => Ok(Val::Float(x.sqrt())),
        base => {
            let exponent = quotient(1.0, base)?;
            if is_outside(x, exponent) { Err(domain()) } else { power(x, exponent).map(Val::Float) }
        }
    }
}

fn power(x: f64, y: f64) -> R<f64> {
    let result = x.powf(y);
    if is_outside(x, y) {
        Err(Fail::new("math domain error"))
    } else if result.is_infinite() && x.is_finite() && y.is_finite() {
        Err(Fail::new("math range error"))
    } else {
        Ok(result)
    }
}

/// Whether no real number is this power.
fn is_outside(x: f64, y: f64) -> bool {
    x.is_finite() && y.is_finite() && ((x < 0.0 && y.fract() != 0.0) || (x == 0.0 && y < 0.0))
}

fn quotient(x: f64, y: f64) -> R<f64> {
    if y == 0.0 { Err(Fail::new("float division by zero")) } else { Ok(x / y) }
}

fn number(filter: &str, v: &Val) -> R<f64> {
    real(v).map_err(|f| only(filter, f.message()))
}

fn only(filter: &str, why: &str) -> Fail {
    Fail::new(format!("{filter}() can only be used on numbers: {why}"))
}
