//! JSON writes characters beyond U+FFFF as two escapes, which YAML does not know.

use crate::error::Source;
use std::sync::Arc;

/// A JSON text with each pair of surrogate escapes replaced by the character that it means.
pub(super) fn join(source: &Arc<Source>) -> Arc<Source> {
    let text = source.text();
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Arc::clone(source);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let used = match pair(escape) {
            Some(c) => {
                out.push(c);
                12
            }
            None => {
                let plain = escape.chars().take(2).map(char::len_utf8).sum();
                out.push_str(escape.get(..plain).unwrap_or_default());
                plain
            }
        };
        rest = escape.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    source.with_text(out)
}

/// The character that `\uD83D\uDE00` at the beginning of a text means.
fn pair(text: &str) -> Option<char> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    char::decode_utf16([unit(0)?, unit(6)?]).next()?.ok().filter(|c| c.len_utf16() == 2)
}
