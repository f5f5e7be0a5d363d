//! Asks the user for what must not be shown.

use crate::console::{Answer, Question};
use crate::error::{Error, Exit, Result};
use zeroize::Zeroizing;

/// Asks on the terminal without showing what is typed; without a terminal the answer is a line of standard input.
///
/// # Errors
/// The end of input before an answer, and Ctrl-C.
pub(super) fn hidden(words: &str) -> Result<Zeroizing<String>> {
    answer(Question { prompt: words.to_owned(), hidden: true }.ask_on_terminal()?)
}

/// Asks and shows what is typed.
///
/// # Errors
/// As `hidden`.
pub(super) fn shown(words: &str) -> Result<Zeroizing<String>> {
    answer(Question { prompt: words.to_owned(), hidden: false }.ask()?)
}

fn answer(answer: Answer) -> Result<Zeroizing<String>> {
    match answer {
        Answer::Line(line) => Ok(Zeroizing::new(line)),
        Answer::End => Err(Error::other("EOFError (ctrl-d) on prompt")),
        Answer::Interrupted => Err(Error::new(Exit::Interrupted, "User interrupted execution")),
    }
}
