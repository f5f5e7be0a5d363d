//! Questions and answers.

use crate::bounded::MOST_LINES;
use crate::command::{Heard, KEPT, Terminal};
use crate::module::Failed;
use crate::pyregex::{Flags, Pattern, Subject};
use crate::python;
use crate::value::Value;
use std::io::Write;
use std::time::{Duration, Instant};

/// How long after a question the answer is typed: programs that ask for passwords forget what came before they had
/// turned the echo off.
const DELAY: Duration = Duration::from_millis(50);

/// A question and its answers.
struct Question<'a> {
    text: &'a str,
    pattern: Pattern,
    answers: Answers,
}

/// What is typed at a question.
enum Answers {
    /// The same each time.
    Same(Vec<u8>),
    /// One each time, as long as there are some.
    Each(std::vec::IntoIter<Vec<u8>>),
}

/// A command's questions, and what it printed.
pub(super) struct Dialogue<'a> {
    questions: Vec<Question<'a>>,
    /// How long to wait for a question or the end.
    timeout: Option<Duration>,
    heard: Vec<u8>,
    lines: usize,
    /// Where in that the last question ended.
    answered: usize,
}

impl<'a> Dialogue<'a> {
    /// # Errors
    /// A question is no pattern.
    pub fn new(responses: &'a Value, timeout: Option<Duration>) -> Result<Self, Failed> {
        let question = |(text, answer): (&'a String, &Value)| {
            let flags = Flags { dotall: true, ..Flags::default() };
            let pattern =
                Pattern::new(text, Subject::Bytes, flags).map_err(|e| Failed::new(e.to_string()))?;
            let answers = match answer {
                Value::List(each) => Answers::Each(each.iter().map(typed).collect::<Vec<_>>().into_iter()),
                same => Answers::Same(typed(same)),
            };
            Ok(Question { text, pattern, answers })
        };
        let questions = responses.as_map().into_iter().flatten().map(question).collect::<Result<_, _>>()?;
        Ok(Dialogue { questions, timeout, heard: Vec::new(), lines: 0, answered: 0 })
    }

    /// All that the command printed.
    pub fn heard(&self) -> &[u8] {
        &self.heard
    }

    /// Answers until the command has ended, or asks nothing that is known for too long. Whether it has ended.
    ///
    /// # Errors
    /// There is no answer left, or the step was cancelled.
    pub fn hold(
        &mut self,
        terminal: &mut Terminal<'_>,
        mut sink: Option<&mut (dyn Write + Send)>,
    ) -> Result<bool, Failed> {
        let mut deadline = self.deadline();
        loop {
            while let Some(answer) = self.answer()? {
                std::thread::sleep(DELAY);
                terminal.type_in(&answer)?;
                deadline = self.deadline();
            }
            match terminal.hear(deadline)? {
                Heard::Bytes(bytes) => {
                    if let Some(sink) = &mut sink {
                        // A spool that cannot be written to loses the live view, not the step.
                        let _ = sink.write_all(&bytes);
                    }
                    self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
                    self.heard.extend(bytes);
                    if self.heard.len() > KEPT || self.lines > MOST_LINES {
                        return Err(Failed::new(format!(
                            "the command printed more than the {KEPT} bytes or {MOST_LINES} lines that a result holds"
                        )));
                    }
                }
                Heard::End => return Ok(true),
                Heard::Silence => return Ok(false),
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }

    /// The answer to the first question in what was heard since the last.
    fn answer(&mut self) -> Result<Option<Vec<u8>>, Failed> {
        let window = self.heard.get(self.answered..).unwrap_or_default();
        let mut first: Option<(std::ops::Range<usize>, &mut Question<'_>)> = None;
        for question in &mut self.questions {
            let found = question.pattern.search(window).map_err(|e| Failed::new(e.to_string()))?;
            if let Some(at) = found.map(|found| found.whole())
                && first.as_ref().is_none_or(|(earlier, _)| at.start < earlier.start)
            {
                first = Some((at, question));
            }
        }
        let Some((at, question)) = first else { return Ok(None) };
        let seen = window.get(..at.end).unwrap_or_default();
        let answer = match &mut question.answers {
            Answers::Same(answer) => answer.clone(),
            Answers::Each(answers) => answers.next().ok_or_else(|| {
                let seen = python::quoted_bytes(seen);
                let text = question.text;
                Failed::new(format!("No remaining responses for '{text}', output was '{seen}'"))
            })?,
        };
        self.answered += at.end;
        Ok(Some(answer))
    }
}

/// An answer as it is typed: with one line end.
fn typed(answer: &Value) -> Vec<u8> {
    format!("{}\n", python::str(answer).trim_end_matches('\n')).into_bytes()
}
