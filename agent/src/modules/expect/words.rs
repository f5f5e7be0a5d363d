//! A command's words, as pexpect reads them: quotes and backslashes, and an empty word only in the middle.

/// What the next character is read as.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Word,
    Blank,
    Escaped,
    Quoted(char),
}

/// Splits a command.
pub(super) fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut state) = (Vec::new(), String::new(), State::Word);
    for c in line.chars() {
        state = match (state, c) {
            (State::Word | State::Blank, '\\') => State::Escaped,
            (State::Word | State::Blank, '\'' | '"') => State::Quoted(c),
            (State::Blank, c) if c.is_whitespace() => State::Blank,
            (State::Word, c) if c.is_whitespace() => {
                words.push(std::mem::take(&mut word));
                State::Blank
            }
            (State::Quoted(quote), c) if c == quote => State::Word,
            (state, c) => {
                word.push(c);
                if let State::Quoted(_) = state { state } else { State::Word }
            }
        };
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
