//! A question on a terminal, answered key by key.

use super::line::{Answer, Line, Typed};
use super::{Question, Tty};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks, until the line is done or nobody wants it any more.
pub(super) fn ask(tty: &Tty, question: &Question, given_up: &AtomicBool) -> io::Result<Answer> {
    tty.show(&question.prompt)?;
    let mut line = Line::default();
    while !given_up.load(Ordering::Relaxed) {
        let Some(bytes) = tty.bytes()? else { return Ok(Answer::End) };
        for byte in bytes {
            match line.take(byte) {
                Typed::More(shown) if !question.hidden => tty.show(&shown)?,
                Typed::More(_) => {}
                Typed::Done(answer) => {
                    tty.show("\n")?;
                    return Ok(answer);
                }
            }
        }
    }
    Ok(Answer::Interrupted)
}
