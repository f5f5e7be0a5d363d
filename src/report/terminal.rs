//! What may be shown on a terminal.

use std::borrow::Cow;
use warp_agent::utf8;

/// A text with every control character but newlines and tabs replaced by a visible sign: nothing that a target says can
/// move the cursor, change colours or forge lines elsewhere.
#[must_use]
pub fn visible(text: &str) -> String {
    // Bytes that are no text are shown as Ansible shows them.
    let text = utf8::replaced(text, '?').map_or(Cow::Borrowed(text), Cow::Owned);
    text.replace("\r\n", "\n").chars().map(sign).collect()
}

/// The same on one line.
#[must_use]
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "⏎").replace('\t', " ")
}

/// JSON with escapes for the control characters above ASCII, which it lets pass, and signs for bytes that are no text, of which
/// it knows nothing.
#[must_use]
pub fn escaped(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        match c {
            c if utf8::escaped(c).is_some() => out.push(char::REPLACEMENT_CHARACTER),
            c if c == '\x7f' || is_high_control(c) => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
        out
    })
}

/// C1 controls, and the marks that turn the direction of text around.
pub(super) fn is_high_control(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn sign(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('?'),
        '\x7f' => '\u{2421}',
        c if is_high_control(c) => '?',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_not_obeyed() {
        assert_eq!(
            visible("a\x1b[31mb\rc\u{9b}d\u{202e}e\r\nf\x07"),
            "a\u{241b}[31mb\u{240d}c?d?e\nf\u{2407}"
        );
        assert_eq!(visible_line("a\nb\tc"), "a⏎b c");
    }
}
