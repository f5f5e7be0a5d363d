//! Bytes that are no text. A result is JSON in Ansible, which says what is not UTF-8 in Python's words and fails the step.

use std::fmt::Write as _;

/// What Python says of the first bytes here that are not UTF-8; nothing where all are.
#[must_use]
pub fn fault(bytes: &[u8]) -> Option<String> {
    let mut at = 0;
    let mut chunks = bytes.utf8_chunks();
    let mut wrong = Vec::new();
    for chunk in chunks.by_ref() {
        at += chunk.valid().chars().count();
        wrong.extend_from_slice(chunk.invalid());
        if !wrong.is_empty() {
            break;
        }
    }
    // Those that follow at once are told of together.
    for chunk in chunks.take_while(|chunk| chunk.valid().is_empty()) {
        wrong.extend_from_slice(chunk.invalid());
    }
    let mut said = "'utf-8' codec can't encode ".to_owned();
    match wrong.as_slice() {
        [] => return None,
        [byte] => drop(write!(said, "character '\\udc{byte:02x}' in position {at}")),
        several => drop(write!(said, "characters in position {at}-{}", at + several.len() - 1)),
    }
    Some(said + ": surrogates not allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_says() {
        assert_eq!(fault("é\0\u{1f600}".as_bytes()), None);
        let said = |what: &str| Some(format!("'utf-8' codec can't encode {what}: surrogates not allowed"));
        assert_eq!(fault(b"\xc3\xa9a\xff"), said("character '\\udcff' in position 2"));
        assert_eq!(fault(b"a\xff\xfe\xe2\x82b\xff"), said("characters in position 1-4"));
        assert_eq!(fault(b"\xed\xa0\x80"), said("characters in position 0-2"));
    }
}
