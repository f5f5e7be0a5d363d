//! The file of the output `junit`.

use std::fmt::Write as _;

/// How a case ended.
pub(super) enum Verdict {
    /// It passed, with what it printed.
    Passed(String),
    /// It failed: a message, and what it printed.
    Failed(String, String),
    /// An error ended it: a message, and the whole of it.
    Error(String, String),
    /// It was skipped, and why.
    Skipped(String),
}

/// A case.
pub(super) struct Case {
    pub class: String,
    pub name: String,
    pub seconds: f64,
    pub verdict: Verdict,
}

/// The whole file, with one suite.
pub(super) fn file(suite: &str, cases: &[Case]) -> String {
    let count = |meant: fn(&Verdict) -> bool| cases.iter().filter(|c| meant(&c.verdict)).count();
    let errors = count(|v| matches!(v, Verdict::Error(..)));
    let failures = count(|v| matches!(v, Verdict::Failed(..)));
    let skipped = count(|v| matches!(v, Verdict::Skipped(_)));
    let (tests, time) = (cases.len(), cases.iter().map(|c| c.seconds).sum::<f64>());
    let mut out = String::from("<?xml version=\"1.0\" ?>\n");
    let sums = format!("disabled=\"0\" errors=\"{errors}\" failures=\"{failures}\"");
    // Writing to a text does not fail.
    let _ = writeln!(out, "<testsuites {sums} tests=\"{tests}\" time=\"{time}\">");
    let name = escaped(suite);
    let _ = writeln!(
        out,
        "\t<testsuite {sums} name=\"{name}\" skipped=\"{skipped}\" tests=\"{tests}\" time=\"{time}\">"
    );
    for case in cases {
        let (class, name, time) = (escaped(&case.class), escaped(&case.name), case.seconds);
        let _ = writeln!(out, "\t\t<testcase classname=\"{class}\" name=\"{name}\" time=\"{time}\">");
        let _ = writeln!(out, "\t\t\t{}", inside(&case.verdict));
        out.push_str("\t\t</testcase>\n");
    }
    out.push_str("\t</testsuite>\n</testsuites>\n");
    out
}

fn inside(verdict: &Verdict) -> String {
    let with = |tag: &str, message: &str, text: &str| {
        format!("<{tag} message=\"{}\" type=\"{tag}\">{}</{tag}>", escaped(message), escaped(text))
    };
    match verdict {
        Verdict::Passed(text) => format!("<system-out>{}</system-out>", escaped(text)),
        Verdict::Skipped(why) => format!("<skipped>{}</skipped>", escaped(why)),
        Verdict::Failed(message, text) => with("failure", message, text),
        Verdict::Error(message, text) => with("error", message, text),
    }
}

/// Text as XML has it. What XML cannot have at all is told by the character that stands for such.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
        out
    })
}
