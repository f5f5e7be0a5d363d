//! A line as it is typed, and what it comes to.

/// What an answer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line, without its end.
    Line(String),
    /// The end of the input: Ctrl-D on an empty line.
    End,
    /// Ctrl-C.
    Interrupted,
}

/// What a byte did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The line goes on; this is to be shown.
    More(String),
    /// The line is done.
    Done(Answer),
}

/// A line that is being typed.
#[derive(Debug, Default)]
pub(super) struct Line {
    bytes: Vec<u8>,
    /// Bytes of it that were shown: characters are shown once they are whole.
    shown: usize,
}

impl Line {
    /// Takes a byte in.
    pub(super) fn take(&mut self, byte: u8) -> Typed {
        match byte {
            b'\n' | b'\r' => Typed::Done(Answer::Line(self.text())),
            0x03 => Typed::Done(Answer::Interrupted),
            0x04 if self.bytes.is_empty() => Typed::Done(Answer::End),
            0x04 => Typed::More(String::new()),
            0x08 | 0x7f => {
                let mut text = self.text();
                if text.pop().is_none() {
                    return Typed::More(String::new());
                }
                self.set(text);
                Typed::More("\u{8} \u{8}".to_owned())
            }
            // Ctrl-U empties the line.
            0x15 => {
                let wipe = "\u{8} \u{8}".repeat(self.text().chars().count());
                self.set(String::new());
                Typed::More(wipe)
            }
            byte => {
                self.bytes.push(byte);
                let new = self.bytes.get(self.shown..).and_then(|new| std::str::from_utf8(new).ok());
                let new = new.unwrap_or_default().to_owned();
                self.shown += new.len();
                Typed::More(new.chars().filter(|c| !c.is_control()).collect())
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn set(&mut self, text: String) {
        self.bytes = text.into_bytes();
        self.shown = self.bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> (String, Option<Answer>) {
        let (mut line, mut echo) = (Line::default(), String::new());
        for key in keys {
            match line.take(*key) {
                Typed::More(shown) => echo.push_str(&shown),
                Typed::Done(answer) => return (echo, Some(answer)),
            }
        }
        (echo, None)
    }

    #[test]
    fn keys_edit_the_line() {
        let line = |text: &str| Some(Answer::Line(text.to_owned()));
        assert_eq!(typed(b"ab\n"), ("ab".to_owned(), line("ab")));
        assert_eq!(typed("aé\x7fc\r".as_bytes()).1, line("ac"));
        assert_eq!(typed("é".as_bytes()).0, "é");
        assert_eq!(typed(b"ab\x15c\n").1, line("c"));
        assert_eq!(typed(b"\x7f\n").1, line(""));
        assert_eq!(typed(b"a\x03").1, Some(Answer::Interrupted));
        assert_eq!(typed(b"\x04").1, Some(Answer::End));
        assert_eq!(typed(b"a\x04b\n").1, line("ab"));
    }
}
