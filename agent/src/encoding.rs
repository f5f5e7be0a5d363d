//! Python's encodings that need no tables: those of Unicode, ASCII and ISO 8859-1.

use crate::utf8;
use std::fmt::Write as _;

/// How a text is bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; with a mark before it, or whether or not there is one when it is read.
    Utf8 {
        /// `utf-8-sig`.
        marked: bool,
    },
    /// One byte for each character below this: ASCII and ISO 8859-1.
    Bytes(u32),
    /// Units of so many bytes, in this order; by the mark before them where there is no order.
    Units {
        /// Two or four.
        size: usize,
        /// Big-endian or not.
        big: Option<bool>,
    },
}

const ASCII: Encoding = Encoding::Bytes(0x80);
const LATIN1: Encoding = Encoding::Bytes(0x100);
/// What a mark is: a character that is none.
const MARK: char = '\u{feff}';

impl Encoding {
    /// The encoding that Python knows by this name; why there is none here.
    pub fn named(name: &str) -> Result<Self, String> {
        let units = |size, big| Encoding::Units { size, big };
        Ok(match name.to_lowercase().replace(['_', ' '], "-").as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" => Encoding::Utf8 { marked: false },
            "utf-8-sig" => Encoding::Utf8 { marked: true },
            "ascii" | "us-ascii" | "646" => ASCII,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => LATIN1,
            "utf-16" | "utf16" | "u16" => units(2, None),
            "utf-16-le" | "utf-16le" => units(2, Some(false)),
            "utf-16-be" | "utf-16be" => units(2, Some(true)),
            "utf-32" | "utf32" | "u32" => units(4, None),
            "utf-32-le" | "utf-32le" => units(4, Some(false)),
            "utf-32-be" | "utf-32be" => units(4, Some(true)),
            _ => {
                return Err(format!(
                    "unknown encoding: {name} (warp knows utf-8, utf-16, utf-32, ascii and latin-1)"
                ));
            }
        })
    }

    /// The bytes of a text; in Python's words, why it has none.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, String> {
        Ok(match self {
            Encoding::Utf8 { marked: false } => utf8::bytes(text).into_owned(),
            Encoding::Utf8 { marked: true } => [MARK.to_string().as_bytes(), &utf8::bytes(text)].concat(),
            Encoding::Bytes(limit) => {
                let byte = |c: char| u8::try_from(u32::from(c)).ok().filter(|_| u32::from(c) < limit);
                text.chars().map(byte).collect::<Option<_>>().ok_or_else(|| beyond(text, limit))?
            }
            Encoding::Units { size, big } => {
                let mark = big.is_none().then_some(MARK);
                let mut bytes = Vec::new();
                for c in mark.into_iter().chain(text.chars()) {
                    if size == 4 {
                        bytes.extend(ordered(u32::from(c).to_be_bytes(), big));
                        continue;
                    }
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        bytes.extend(ordered(unit.to_be_bytes(), big));
                    }
                }
                bytes
            }
        })
    }

    /// The text that bytes are; what is no UTF-8 is kept in it ([`utf8`]), U+FFFD stands for what is no other text.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Utf8 { marked } => {
                let text = utf8::text(bytes);
                let rest = text.strip_prefix(MARK).filter(|_| marked);
                rest.unwrap_or(&text).to_owned()
            }
            Encoding::Bytes(limit) => {
                let one = |byte: &u8| if u32::from(*byte) < limit { char::from(*byte) } else { '\u{fffd}' };
                bytes.iter().map(one).collect()
            }
            Encoding::Units { size, big } => {
                let order = big.or_else(|| marked_big(bytes, size));
                let units = bytes.chunks(size).map(|chunk| unit(chunk, size, order));
                let text: String = if size == 4 {
                    units.map(|unit| unit.and_then(char::from_u32).unwrap_or('\u{fffd}')).collect()
                } else {
                    // A surrogate alone is no character, as is what was cut off.
                    let units = units.map(|unit| unit.and_then(|u| u16::try_from(u).ok()).unwrap_or(0xdfff));
                    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
                };
                let rest = text.strip_prefix(MARK).filter(|_| big.is_none());
                rest.unwrap_or(&text).to_owned()
            }
        }
    }

    /// Whether these bytes are a text in it.
    #[must_use]
    pub fn is_of(self, bytes: &[u8]) -> bool {
        match self {
            Encoding::Utf8 { .. } => std::str::from_utf8(bytes).is_ok(),
            Encoding::Bytes(limit) => bytes.iter().all(|byte| u32::from(*byte) < limit),
            Encoding::Units { .. } => !self.decode(bytes).contains('\u{fffd}'),
        }
    }
}

/// Bytes, of a unit that begins with the highest, in an order; in that of the machines at hand where none is told.
fn ordered<const N: usize>(mut unit: [u8; N], big: Option<bool>) -> [u8; N] {
    if big != Some(true) {
        unit.reverse();
    }
    unit
}

fn unit(chunk: &[u8], size: usize, big: Option<bool>) -> Option<u32> {
    let add = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
    let whole = (chunk.len() == size).then_some(chunk)?;
    Some(if big == Some(true) { whole.iter().fold(0, add) } else { whole.iter().rev().fold(0, add) })
}

/// The order that a mark tells.
fn marked_big(bytes: &[u8], size: usize) -> Option<bool> {
    let first = bytes.chunks(size).next()?;
    [true, false].into_iter().find(|big| unit(first, size, Some(*big)) == Some(u32::from(MARK)))
}

/// What Python says of the first characters that are beyond ASCII or ISO 8859-1.
fn beyond(text: &str, limit: u32) -> String {
    let outside = |c: &char| u32::from(*c) >= limit;
    let at = text.chars().position(|c| outside(&c)).unwrap_or_default();
    let wrong: Vec<char> = text.chars().skip(at).take_while(outside).collect();
    let name = if limit == 0x80 { "ascii" } else { "latin-1" };
    let mut said = format!("'{name}' codec can't encode ");
    let _ = match wrong.as_slice() {
        [one] => {
            let code = u32::from(*one);
            match code {
                0..=0xff => write!(said, "character '\\x{code:02x}'"),
                0x100..=0xffff => write!(said, "character '\\u{code:04x}'"),
                _ => write!(said, "character '\\U{code:08x}'"),
            }
            .and_then(|()| write!(said, " in position {at}"))
        }
        several => {
            write!(said, "characters in position {at}-{}", (at + several.len()).saturating_sub(1))
        }
    };
    said + &format!(": ordinal not in range({limit})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        for name in ["UTF-8", "utf_8_sig", "utf-16", "utf-16-le", "utf_16_be", "utf-32", "utf-32-BE"] {
            let encoding = Encoding::named(name).unwrap();
            let bytes = encoding.encode("aé€\u{1f600}").unwrap();
            assert!(encoding.is_of(&bytes), "{name}");
            assert_eq!(encoding.decode(&bytes), "aé€\u{1f600}", "{name}");
        }
        assert_eq!(Encoding::named("latin-1").unwrap().encode("é").unwrap(), b"\xe9");
        assert_eq!(Encoding::named("utf-16").unwrap().encode("a").unwrap(), b"\xff\xfea\0");
        assert_eq!(Encoding::named("utf-16").unwrap().decode(b"\xfe\xff\0a\0"), "a\u{fffd}");
    }

    #[test]
    fn what_python_says() {
        let said = |name: &str, text: &str| Encoding::named(name).unwrap().encode(text).unwrap_err();
        let first = "'ascii' codec can't encode character '\\xe9' in position 1: ordinal not in range(128)";
        assert_eq!(said("ascii", "aé"), first);
        let several = "'latin-1' codec can't encode characters in position 0-1: ordinal not in range(256)";
        assert_eq!(said("latin1", "€€é"), several);
        assert!(Encoding::named("nonesuch").unwrap_err().starts_with("unknown encoding: nonesuch"));
    }
}
