//! `urlize`: addresses in a text become links of HTML.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::python::{self, regex};
use crate::template::val::Val;
use std::collections::BTreeSet;

pub(super) const TABLE: &[Filter] =
    &[Filter::new("urlize", &["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"], urlize)];

/// What counts as an address of the web.
const WEB: &str = concat!(
    r"^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})",
    r"|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)",
    r"|(https?://)((([\d]{1,3})(\.[\d]{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\])))",
    r"(?::[\d]{1,5})?(?:[/?#]\S*)?$"
);
const MAIL: &str = r"^\S+@\w[\w.-]*\.\w+$";

struct Links {
    limit: Option<usize>,
    attributes: String,
    schemes: Vec<String>,
}

fn urlize(_: &Env, v: Val, b: Bound) -> R {
    let mut rels: BTreeSet<String> =
        b.text("rel", "")?.split_whitespace().chain(["noopener"]).map(str::to_owned).collect();
    if b.flag("nofollow", false)? {
        rels.insert("nofollow".to_owned());
    }
    let rel: Vec<String> = rels.into_iter().collect();
    let mut attributes = format!(" rel=\"{}\"", escaped(&rel.join(" ")));
    if let Some(target) = b.some("target") {
        attributes.push_str(&format!(" target=\"{}\"", escaped(&python::to_str(target)?)));
    }
    let schemes = match b.some("extra_schemes") {
        None => Vec::new(),
        Some(list) => list.iter()?.iter().map(python::to_str).collect::<R<Vec<_>>>()?,
    };
    let valid = regex::compile(r"^([\w.+-]{2,}:(/){0,2})$", false, false)?;
    for scheme in &schemes {
        if regex::search(&valid, scheme)?.is_none() {
            return Err(Fail::new(format!("{} is not a valid URI scheme prefix.", python::repr_str(scheme))));
        }
    }
    let limit = b.maybe_int("trim_url_limit")?.map(|n| usize::try_from(n).unwrap_or(0));
    let links = Links { limit, attributes, schemes };
    let text = escaped(&python::to_str(&v)?);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let blank = rest.starts_with(char::is_whitespace);
        let end = rest.find(|c: char| c.is_whitespace() != blank).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if blank {
            out.push_str(run)
        } else {
            out.push_str(&links.word(run)?)
        }
        rest = after;
    }
    Ok(out.into())
}

impl Links {
    fn word(&self, word: &str) -> R<String> {
        let mut head = 0;
        while let Some(rest) = word.get(head..) {
            match ["(", "<", "&lt;"].iter().find(|m| rest.starts_with(**m)) {
                Some(mark) => head += mark.len(),
                None => break,
            }
        }
        let (head, rest) = word.split_at(head);
        let mut middle = rest.to_owned();
        let mut tail = String::new();
        while let Some(mark) = [")", ">", ".", ",", "&gt;"].iter().find(|m| middle.ends_with(**m)) {
            middle.truncate(middle.len() - mark.len());
            tail.insert_str(0, mark);
        }
        // Brackets that were opened inside are closed inside.
        for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
            let opened = middle.matches(open).count();
            if opened <= middle.matches(close).count() {
                continue;
            }
            for _ in 0..opened.min(tail.matches(close).count()) {
                let end = tail.find(close).map_or(0, |at| at + close.len());
                let (inside, outside) = tail.split_at(end);
                middle.push_str(inside);
                tail = outside.to_owned();
            }
        }
        Ok(format!("{head}{}{tail}", self.link(middle)?))
    }

    fn link(&self, text: String) -> R<String> {
        let attributes = &self.attributes;
        let is = |pattern: &str, s: &str, fold| {
            Ok(regex::search(&regex::compile(pattern, fold, false)?, s)?.is_some())
        };
        if is(WEB, &text, true)? {
            let scheme =
                if text.starts_with("https://") || text.starts_with("http://") { "" } else { "https://" };
            return Ok(format!("<a href=\"{scheme}{text}\"{attributes}>{}</a>", self.trimmed(&text)));
        }
        if let Some(address) = text.strip_prefix("mailto:")
            && is(MAIL, address, false)?
        {
            return Ok(format!("<a href=\"{text}\">{address}</a>"));
        }
        let address = text.contains('@') && !text.starts_with("www.") && !text.starts_with('@');
        if address && !text.contains(':') && is(MAIL, &text, false)? {
            return Ok(format!("<a href=\"mailto:{text}\">{text}</a>"));
        }
        if self.schemes.iter().any(|s| text != *s && text.starts_with(s.as_str())) {
            return Ok(format!("<a href=\"{text}\"{attributes}>{text}</a>"));
        }
        Ok(text)
    }

    fn trimmed(&self, text: &str) -> String {
        match self.limit {
            Some(limit) if text.chars().count() > limit => {
                format!("{}...", text.chars().take(limit).collect::<String>())
            }
            _ => text.to_owned(),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}
