//! What Jinja reads and minijinja does not, spelt otherwise without moving a byte.

use super::parse::Mode;
use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// Words after which a `+` is a sign.
const KEYWORDS: [&str; 8] = ["and", "or", "not", "in", "is", "if", "elif", "else"];

/// The text with its unary pluses, which change no number, blanked; and with halves of surrogate pairs, which stand for
/// themselves in the strings of a play, replaced by escapes that minijinja takes. `None` if there are none.
pub(super) fn respelt(text: &str, mode: Mode, config: &SyntaxConfig) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    if mode != Mode::File {
        halves(&mut bytes);
    }
    let escaped = String::from_utf8(bytes.clone()).ok()?;
    let expression = matches!(mode, Mode::Expression | Mode::Conditional);
    let mut operand = false;
    for (token, at) in tokenize(&escaped, expression, config.clone()).map_while(Result::ok) {
        if matches!(token, Token::Plus)
            && !operand
            && let Some(sign) = bytes.get_mut(at.start_offset as usize)
        {
            *sign = b' ';
        }
        operand = match token {
            Token::Ident(word) => !KEYWORDS.contains(&word),
            Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => true,
            Token::ParenClose | Token::BracketClose | Token::BraceClose => true,
            _ => false,
        };
    }
    let made = String::from_utf8(bytes).ok()?;
    (made != text).then_some(made)
}

/// `\udc80` becomes `\u0080`.
fn halves(bytes: &mut [u8]) {
    for start in 0..bytes.len() {
        if let Some(
            [b'\\', b'u', first @ (b'd' | b'D'), second @ (b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'), ..],
        ) = bytes.get_mut(start..)
        {
            *first = b'0';
            *second = b'0';
        }
    }
}
