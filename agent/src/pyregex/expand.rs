//! Python's replacement templates: `\1`, `\g<1>`, `\g<name>` and the character escapes.

use super::PatternError;

/// A piece of a replacement.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Bytes as they are.
    Literal(Vec<u8>),
    /// A group by number.
    Group(usize),
}

/// A parsed template; `groups` is how many groups the pattern has, `index` finds a group by name.
pub fn parse(
    template: &str,
    groups: usize,
    index: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<Piece>, PatternError> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let chars: Vec<char> = template.chars().collect();
    let get = |i: usize| chars.get(i).copied();
    let mut push = |literal: &mut Vec<u8>, group: usize, position: usize| {
        if group > groups {
            return Err(PatternError(format!("invalid group reference {group} at position {position}")));
        }
        pieces.push(Piece::Literal(std::mem::take(literal)));
        pieces.push(Piece::Group(group));
        Ok(())
    };
    let mut pos = 0;
    while let Some(c) = get(pos) {
        pos += 1;
        if c != '\\' {
            push_char(&mut literal, c);
            continue;
        }
        let Some(escape) = get(pos) else {
            return Err(PatternError(format!("bad escape (end of pattern) at position {}", pos - 1)));
        };
        let start = pos - 1;
        pos += 1;
        match escape {
            'g' => {
                if get(pos) != Some('<') {
                    return Err(PatternError(format!("missing < at position {pos}")));
                }
                let name: String = chars.iter().skip(pos + 1).take_while(|c| **c != '>').collect();
                let length = name.chars().count();
                if get(pos + 1 + length) != Some('>') {
                    return Err(PatternError(format!(
                        "missing >, unterminated name at position {}",
                        pos + 1
                    )));
                }
                let group = match name.parse::<usize>() {
                    Ok(number) => number,
                    Err(_) => {
                        index(&name).ok_or_else(|| PatternError(format!("unknown group name '{name}'")))?
                    }
                };
                push(&mut literal, group, pos + 1)?;
                pos += length + 2;
            }
            '0' => {
                let digits: String = octal(&chars, pos, 2);
                pos += digits.len();
                literal.push(octal_value(&digits, start)?);
            }
            '1'..='9' => {
                let mut digits = String::from(escape);
                if let Some(second) = get(pos).filter(char::is_ascii_digit) {
                    digits.push(second);
                    pos += 1;
                    let third = get(pos).filter(|c| ('0'..='7').contains(c));
                    if let (Some(third), true) = (third, octal(&chars, start + 1, 2).len() == 2) {
                        pos += 1;
                        digits.push(third);
                        literal.push(octal_value(&digits, start)?);
                        continue;
                    }
                }
                let group =
                    digits.parse().map_err(|_| PatternError(format!("invalid group reference {digits}")))?;
                push(&mut literal, group, start + 1)?;
            }
            'a' => literal.push(7),
            'b' => literal.push(8),
            'f' => literal.push(12),
            'n' => literal.push(b'\n'),
            'r' => literal.push(b'\r'),
            't' => literal.push(b'\t'),
            'v' => literal.push(11),
            '\\' => literal.push(b'\\'),
            c if c.is_ascii_alphabetic() => {
                return Err(PatternError(format!(r"bad escape \{c} at position {start}")));
            }
            c => {
                literal.push(b'\\');
                push_char(&mut literal, c);
            }
        }
    }
    pieces.push(Piece::Literal(literal));
    Ok(pieces)
}

fn octal(chars: &[char], from: usize, most: usize) -> String {
    chars.iter().skip(from).take(most).take_while(|c| ('0'..='7').contains(*c)).collect()
}

fn octal_value(digits: &str, start: usize) -> Result<u8, PatternError> {
    if digits.is_empty() {
        return Ok(0);
    }
    u8::from_str_radix(digits, 8).map_err(|_| {
        PatternError(format!(r"octal escape value \{digits} outside of range 0-0o377 at position {start}"))
    })
}

fn push_char(out: &mut Vec<u8>, c: char) {
    let mut buffer = [0; 4];
    out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
}
