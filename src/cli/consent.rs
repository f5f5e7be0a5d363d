//! Asking before something is done.

use crate::error::{Error, Exit, Result};
use std::io::{BufRead, IsTerminal, Write};

/// How to agree to what changes a lab, without a terminal.
pub(super) const LAB: &str = "say so with --yes or INTERACTIVE=false";

/// Asks on the terminal whether to go on; `help` says how else to agree.
///
/// # Errors
/// `refused`, when the answer is no or nobody is there to answer.
pub(super) fn agreed(question: &str, refused: &str, help: &str) -> Result<()> {
    let refused = |why: &str| Error::new(Exit::Usage, refused).note(why).help(help);
    if !std::io::stdin().is_terminal() {
        return Err(refused("there is no terminal to ask on"));
    }
    anstream::eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(refused("the answer was no")),
    }
}
