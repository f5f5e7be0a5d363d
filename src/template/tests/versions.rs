//! Comparing versions.

use super::Test;
use crate::template::bind::Bound;
use crate::template::fail::{Fail, R};
use crate::template::python;
use crate::template::val::Val;
use std::cmp::Ordering;

pub(super) const TABLE: &[Test] = &[
    Test::new("version", PARAMS, |_, v, b| version(&v, &b)),
    Test::new("version_compare", PARAMS, |_, v, b| version(&v, &b)),
];

const PARAMS: &[&str] = &["version", "operator", "strict", "version_type"];

fn version(v: &Val, b: &Bound) -> R<bool> {
    let strict = b.some("strict").map(Val::truthy).transpose()?;
    let kind = b.some("version_type").map(python::to_str).transpose()?;
    if strict.is_some() && kind.is_some() {
        return Err(Fail::new("Cannot specify both 'strict' and 'version_type'"));
    }
    let (left, right) = (python::to_str(v)?, b.need_text("version")?);
    if !v.truthy()? {
        return Err(Fail::new("Input version value cannot be empty"));
    }
    if right.is_empty() {
        return Err(Fail::new("Version parameter to compare against cannot be empty"));
    }
    let compare = match kind.as_deref() {
        _ if strict == Some(true) => strict_order,
        None | Some("loose") => loose_order,
        Some("strict") => strict_order,
        Some("semver" | "semantic") => semantic_order,
        Some("pep440") => super::pep440::order,
        Some(other) => {
            return Err(Fail::new(format!(
                "Invalid version type ({other}). Must be one of 'loose', 'strict', 'semver', 'semantic', 'pep440'"
            )));
        }
    };
    let order =
        compare(&left, &right).map_err(|why| Fail::new(format!("Version comparison failed: {why}")))?;
    Ok(match b.text("operator", "eq")?.as_str() {
        "==" | "=" | "eq" => order.is_eq(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        "!=" | "<>" | "ne" => order.is_ne(),
        other => {
            return Err(Fail::new(format!(
                "Invalid operator type ({other}). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'"
            )));
        }
    })
}

/// A part of a loose version: digits are a number, letters a word; dots part.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Number(u128),
    Word(String),
}

fn loose_parts(v: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = v;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| (c.is_ascii_digit(), c.is_ascii_lowercase(), c == '.');
        let end = rest.find(|c| class(c) != class(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if first.is_ascii_digit() {
            parts.push(run.parse().map_or_else(|_| Part::Word(run.to_owned()), Part::Number));
        } else if first != '.' {
            parts.push(Part::Word(run.to_owned()));
        }
        rest = after;
    }
    parts
}

fn loose_order(a: &str, b: &str) -> Result<Ordering, String> {
    let (a, b) = (loose_parts(a), loose_parts(b));
    for (x, y) in a.iter().zip(&b) {
        let order = match (x, y) {
            (Part::Number(x), Part::Number(y)) => x.cmp(y),
            (Part::Word(x), Part::Word(y)) => x.cmp(y),
            (Part::Number(_), Part::Word(_)) => {
                return Err("'<' not supported between instances of 'int' and 'str'".to_owned());
            }
            (Part::Word(_), Part::Number(_)) => {
                return Err("'<' not supported between instances of 'str' and 'int'".to_owned());
            }
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(a.len().cmp(&b.len()))
}

/// `1.2`, `1.2.3`, with `a1` or `b1` behind for what comes before.
fn strict_order(a: &str, b: &str) -> Result<Ordering, String> {
    let parse = |v: &str| {
        let bad = || format!("invalid version number '{v}'");
        let (numbers, pre) = match v.find(['a', 'b']) {
            Some(i) => v.split_at(i),
            None => (v, ""),
        };
        let numbers: Result<Vec<u64>, _> = numbers.split('.').map(str::parse).collect();
        let mut numbers = numbers.map_err(|_| bad())?;
        if !(2..=3).contains(&numbers.len()) {
            return Err(bad());
        }
        numbers.resize(3, 0);
        let mut letters = pre.chars();
        // A release comes after all that precede it.
        let pre = match letters.next() {
            Some(letter) => (0, letter, letters.as_str().parse::<u64>().map_err(|_| bad())?),
            None => (1, ' ', 0),
        };
        Ok((numbers, pre))
    };
    Ok(parse(a)?.cmp(&parse(b)?))
}

/// Semantic Versioning 2.0: numeric identifiers below alphanumeric ones, a release above its pre-releases.
fn semantic_order(a: &str, b: &str) -> Result<Ordering, String> {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Identifier {
        Number(u128),
        Word(String),
    }
    let parse = |v: &str| {
        let bad = || format!("invalid semantic version '{v}'");
        let core = v.split('+').next().unwrap_or_default();
        let (numbers, pre) = core.split_once('-').map_or((core, None), |(n, p)| (n, Some(p)));
        let numbers: Result<Vec<u128>, _> = numbers.split('.').map(str::parse).collect();
        let numbers = numbers.ok().filter(|n| n.len() == 3).ok_or_else(bad)?;
        let identifiers: Option<Vec<Identifier>> = pre.map(|p| {
            p.split('.')
                .map(|i| i.parse().map_or_else(|_| Identifier::Word(i.to_owned()), Identifier::Number))
                .collect()
        });
        Ok::<_, String>((numbers, identifiers))
    };
    let ((x, pre_x), (y, pre_y)) = (parse(a)?, parse(b)?);
    Ok(x.cmp(&y).then_with(|| match (pre_x, pre_y) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(x), Some(y)) => x.cmp(&y),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order() {
        assert_eq!(loose_order("1.10", "1.9"), Ok(Ordering::Greater));
        assert_eq!(loose_order("1.2", "1.2.0"), Ok(Ordering::Less));
        assert_eq!(loose_order("2.0rc1", "2.0rc2"), Ok(Ordering::Less));
        assert!(loose_order("1.a", "1.2").is_err());
        assert_eq!(strict_order("1.2a1", "1.2"), Ok(Ordering::Less));
        assert_eq!(semantic_order("1.0.0-alpha.1", "1.0.0-alpha.beta"), Ok(Ordering::Less));
        assert_eq!(semantic_order("1.0.0", "1.0.0-rc.1"), Ok(Ordering::Greater));
    }
}
