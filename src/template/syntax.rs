//! What does not parse, told in Jinja's words, at the token that is wrong.

use super::fail::Fail;
use super::parse::SyntaxFail;
use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// minijinja's finding about a text in Jinja's words.
pub(super) fn told(
    text: &str,
    error: &minijinja::Error,
    expression: bool,
    config: &SyntaxConfig,
) -> SyntaxFail {
    let range = error.range().unwrap_or_default();
    let detail = error.detail().unwrap_or("not a template");
    let before: Vec<_> = tokenize(text, expression, config.clone())
        .map_while(Result::ok)
        .take_while(|(_, at)| (at.start_offset as usize) < range.start.max(1))
        .collect();
    // Of a text that does not end, minijinja names the end of all.
    let last = before.last().map_or(0, |(_, at)| at.end_offset as usize);
    let begins = |c: char| !c.is_whitespace();
    let opened = text.get(last..).and_then(|rest| rest.find(begins)).map_or(last, |spaces| last + spaces);
    let range = if detail == "unexpected end of string" { opened..text.len() } else { range };
    let found = Found {
        token: text.get(range.clone()).unwrap_or_default(),
        at: text.get(..range.start).map_or(0, |before| before.chars().count()),
        before: before.into_iter().map(|(token, _)| token).collect(),
    };
    let message = found.words(detail);
    let open = ["unexpected end of template", "unexpected 'end of template'", "Unexpected end of template"]
        .iter()
        .any(|words| message.starts_with(words));
    let help = open.then(|| "something is still open: a bracket, a quote, `{{` or `{%`".to_owned());
    let braces = expression && ["{{", "{%", "{#"].iter().any(|d| text.contains(d));
    let fail = if braces { Fail::braces(message) } else { Fail::syntax(message) };
    let (start, end) = (range.start as u32, range.end as u32);
    SyntaxFail { fail: fail.help(help), start, end: end.max(start) }
}

/// Where minijinja stopped.
struct Found<'a> {
    /// The text of the token.
    token: &'a str,
    /// How many characters stand before it.
    at: usize,
    before: Vec<Token<'a>>,
}

impl Found<'_> {
    fn words(&self, detail: &str) -> String {
        match detail {
            "unexpected input after expression" => return "chunk after expression".to_owned(),
            "unexpected end of raw block" => return "Missing end of raw directive".to_owned(),
            "unexpected end of comment" => return "Missing end of comment tag".to_owned(),
            "unexpected character" | "unexpected end of string" => {
                let c = self.token.chars().next().unwrap_or('"');
                let quoted = super::python::repr_str(&c.to_string());
                return format!("unexpected char {quoted} at {}", self.at);
            }
            _ => {}
        }
        if let Some(tag) = detail.strip_prefix("unknown statement ") {
            let open = self.open_block().map(|open| format!(" {open}")).unwrap_or_default();
            return format!("Encountered unknown tag '{tag}'.{open}");
        }
        let Some(rest) = detail.strip_prefix("unexpected ") else { return detail.to_owned() };
        let (got, wanted) = rest.split_once(", expected ").unwrap_or((rest, ""));
        match (got, wanted) {
            ("end of input", "expression") => "unexpected 'end of template'".to_owned(),
            ("end of input", "end of block")
                if matches!(self.before.last(), Some(Token::TemplateData(_) | Token::BlockEnd))
                    && self.open_block().is_some() =>
            {
                format!("Unexpected end of template. {}", self.open_block().unwrap_or_default())
            }
            ("end of input", wanted) => format!("unexpected end of template, expected '{}'.", named(wanted)),
            (_, "identifier or integer") => "expected name or number".to_owned(),
            ("`)`" | "`]`" | "`}`", _) => match self.open_bracket() {
                Some(close) if got.trim_matches('`') != close => {
                    format!("unexpected {}, expected '{close}'", got.replace('`', "'"))
                }
                Some(_) if !wanted.is_empty() => {
                    format!("expected token '{}', got '{}'", named(wanted), self.named(got))
                }
                _ => format!("unexpected {}", got.replace('`', "'")),
            },
            ("end of variable block" | "end of block", "") if self.nothing_yet() => {
                format!("Expected an expression, got '{}'", named(got))
            }
            (got, "") if got.starts_with('`') || got.starts_with("end of ") => {
                format!("unexpected '{}'", self.named(got))
            }
            (_, "") => detail.to_owned(),
            (got, wanted) => format!("expected token '{}', got '{}'", named(wanted), self.named(got)),
        }
    }

    /// Whether the whole expression of a block is missing, not a part of it.
    fn nothing_yet(&self) -> bool {
        matches!(
            self.before.as_slice(),
            [.., Token::VariableStart]
                | [.., Token::BlockStart, Token::Ident("if" | "elif" | "print")]
                | [.., Token::BlockStart, Token::Ident("for"), _, Token::Ident("in")]
        )
    }

    /// What was got: an identifier is its own name.
    fn named<'a>(&'a self, got: &'a str) -> &'a str {
        if got == "identifier" { self.token } else { named(got) }
    }

    /// What closes the innermost open bracket.
    fn open_bracket(&self) -> Option<&'static str> {
        let mut open = Vec::new();
        for token in &self.before {
            match token {
                Token::ParenOpen => open.push(")"),
                Token::BracketOpen => open.push("]"),
                Token::BraceOpen => open.push("}"),
                Token::ParenClose | Token::BracketClose | Token::BraceClose => drop(open.pop()),
                _ => {}
            }
        }
        open.pop()
    }

    /// Jinja's words about the innermost block that is still open.
    fn open_block(&self) -> Option<String> {
        let mut open: Vec<(&str, String)> = Vec::new();
        let statements = self.before.iter().zip(self.before.iter().skip(1));
        for tag in statements.filter_map(|pair| match pair {
            (Token::BlockStart, Token::Ident(tag)) => Some(*tag),
            _ => None,
        }) {
            match tag {
                "if" => open.push((tag, "'elif' or 'else' or 'endif'".to_owned())),
                "for" => open.push((tag, "'endfor' or 'else'".to_owned())),
                "macro" | "call" | "filter" | "block" | "with" | "autoescape" => {
                    open.push((tag, format!("'end{tag}'")));
                }
                "else" => {
                    if let Some((tag, wanted)) = open.last_mut() {
                        *wanted = format!("'end{tag}'");
                    }
                }
                tag if tag.starts_with("end") => drop(open.pop()),
                _ => {}
            }
        }
        let (tag, wanted) = open.pop()?;
        Some(format!(
            "Jinja was looking for the following tags: {wanted}. The innermost block that needs to be closed is '{tag}'."
        ))
    }
}

/// Jinja's name of a kind of token.
fn named(token: &str) -> &str {
    match token {
        "identifier" => "name",
        "comma" => ",",
        "end of variable block" => "end of print statement",
        "end of block" => "end of statement block",
        "end of input" => "end of template",
        "template-data" => "template data / text",
        other => other.trim_matches('`'),
    }
}
