//! Bytes that are no text, in texts: Python's `surrogateescape`, by which what a command printed can be written back
//! byte for byte.
//!
//! Python stands U+DC80 to U+DCFF for such bytes, which no text of Rust's may hold. Here the private characters U+10DC80 to
//! U+10DCFF stand for them; where a text holds one of these itself, its four bytes are taken as no text, so that every
//! sequence of bytes comes back as it was.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What is added to a byte to make the character that stands for it.
const BASE: u32 = 0x10_dc00;

/// The text of these bytes, in which a character stands for each that is not UTF-8.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let escape = |out: &mut String, bytes: &[u8]| {
        out.extend(bytes.iter().filter_map(|byte| char::from_u32(BASE + u32::from(*byte))));
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match escaped(c) {
                Some(_) => escape(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => out.push(c),
            }
        }
        escape(&mut out, chunk.invalid());
    }
    out
}

/// The byte that a character stands for.
#[must_use]
pub fn escaped(c: char) -> Option<u8> {
    u32::from(c).checked_sub(BASE).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| *byte >= 0x80)
}

/// The bytes that a text was made of.
#[must_use]
pub fn bytes(text: &str) -> Cow<'_, [u8]> {
    if !text.chars().any(|c| escaped(c).is_some()) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match escaped(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(out)
}

/// The text with `sign` in place of each sequence of bytes that are none; nothing where all of it is text.
#[must_use]
pub fn replaced(text: &str, sign: char) -> Option<String> {
    let mut before = false;
    let mut any = false;
    let mut out = String::new();
    for c in text.chars() {
        let stands = escaped(c).is_some();
        match (stands, before) {
            (false, _) => out.push(c),
            (true, false) => out.push(sign),
            (true, true) => {}
        }
        any |= stands;
        before = stands;
    }
    any.then_some(out)
}

/// What Python says of the first characters of a text that stand for bytes, where it is to be written as UTF-8; nothing
/// where there are none.
#[must_use]
pub fn fault(text: &str) -> Option<String> {
    let at = text.chars().position(|c| escaped(c).is_some())?;
    // Those that follow at once are told of together.
    let wrong: Vec<u8> = text.chars().skip(at).map_while(escaped).collect();
    let mut said = "'utf-8' codec can't encode ".to_owned();
    // Writing to a string cannot fail.
    let _ = match wrong.as_slice() {
        [byte] => write!(said, "character '\\udc{byte:02x}' in position {at}"),
        several => write!(said, "characters in position {at}-{}", at + several.len() - 1),
    };
    Some(said + ": surrogates not allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back() {
        for bytes in
            [&b"plain"[..], b"a\xff\x80b\n\xc3\n", b"\xed\xb2\x80", "\u{10dcff} \u{10dc00}".as_bytes(), b""]
        {
            assert_eq!(super::bytes(&text(bytes)), bytes);
        }
        assert_eq!(text(b"a\xff").chars().count(), 2);
        assert_eq!(replaced(&text(b"a\xff\x80b\xc3"), '?').as_deref(), Some("a?b?"));
        assert_eq!(replaced("a\u{10dc00}", '?'), None);
    }

    #[test]
    fn what_python_says() {
        assert_eq!(fault("é\0\u{1f600}"), None);
        let said = |what: &str| Some(format!("'utf-8' codec can't encode {what}: surrogates not allowed"));
        assert_eq!(fault(&text(b"\xc3\xa9a\xff")), said("character '\\udcff' in position 2"));
        assert_eq!(fault(&text(b"a\xff\xfe\xe2\x82b\xff")), said("characters in position 1-4"));
        assert_eq!(fault(&text(b"\xed\xa0\x80")), said("characters in position 0-2"));
    }
}
