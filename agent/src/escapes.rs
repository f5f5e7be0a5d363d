//! Backslash escapes in text, as Python's `codecs.escape_decode` reads them.

/// The bytes that a text with escapes stands for; an unknown escape stands for itself.
#[must_use]
pub fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let Some((c, tail)) = rest.split_first() else {
            bytes.push(b'\\');
            break;
        };
        rest = tail;
        match c {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => bytes.push(*c),
            b'a' => bytes.push(7),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'v' => bytes.push(11),
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|d| (b'0'..=b'7').contains(*d)).count();
                let (digits, tail) = rest.split_at_checked(more).unwrap_or((&[], rest));
                rest = tail;
                let value = digits.iter().fold(u32::from(c - b'0'), |v, d| v * 8 + u32::from(d - b'0'));
                bytes.push((value & 0xff) as u8);
            }
            b'x' => match rest {
                [high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    rest = tail;
                    let digit = |d: &u8| char::from(*d).to_digit(16).unwrap_or_default();
                    bytes.push((digit(high) * 16 + digit(low)) as u8);
                }
                _ => bytes.extend_from_slice(b"\\x"),
            },
            other => bytes.extend_from_slice(&[b'\\', *other]),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn escapes_are_read_as_in_python() {
        assert_eq!(decode(r"a\nb\t\\\x41\101\q\"), b"a\nb\t\\AA\\q\\");
    }
}
