//! Extra vars: `-e k=v`, `-e @file`, `-e '{json}'`.

use crate::error::{Error, Result, Source};
use crate::value::{self, Text, Value, Vars};
use std::path::Path;
use std::sync::Arc;

/// The variables that `-e` arguments give, later ones winning. Values of `k=v` are texts.
///
/// # Errors
/// A file that cannot be read or understood, text that is no mapping.
pub fn extra_vars(given: &[String]) -> Result<Vars> {
    let mut vars = Vars::new();
    for argument in given {
        if let Some(path) = argument.strip_prefix('@') {
            vars.extend(value::read_vars(Path::new(path))?);
        } else if argument.starts_with(['{', '[']) {
            let source = Source::new("<extra vars>", argument.as_str());
            vars.extend(value::parse_vars(&source)?);
        } else {
            vars.extend(pairs(argument)?);
        }
    }
    Ok(vars)
}

/// `k=v` pairs, split as a shell would.
fn pairs(argument: &str) -> Result<Vars> {
    let words = shlex::split(argument)
        .ok_or_else(|| Error::input(format!("the quotes of extra vars `{argument}` do not match")))?;
    let mut vars = Vars::new();
    for word in words {
        let Some((name, text)) = word.split_once('=') else {
            return Err(Error::input(format!("`{word}` in extra vars `{argument}` is not `name=value`"))
                .help("give `-e name=value`, `-e @file.yml` or `-e '{\"name\": \"value\"}'`"));
        };
        vars.insert(Arc::from(name), Value::Text(Text::source(text, None)));
    }
    Ok(vars)
}
