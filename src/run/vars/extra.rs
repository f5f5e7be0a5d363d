//! Extra vars: `-e k=v`, `-e @file`, `-e '{json}'`.

use crate::error::{Error, Result, Source};
use crate::value::split::parse_pairs;
use crate::value::{self, Text, Value, Vars, extend};
use std::path::Path;
use std::sync::Arc;

/// The variables that `-e` arguments give, later ones winning. Values of `k=v` are texts.
///
/// # Errors
/// A file that cannot be read or understood, text that is no mapping.
pub fn extra_vars(given: &[String]) -> Result<Vars> {
    let mut vars = Vars::new();
    for argument in given {
        let own = if let Some(path) = argument.strip_prefix('@') {
            value::read_vars(Path::new(path))?
        } else if argument.starts_with(['/', '.']) {
            return Err(Error::other(format!("Please prepend extra_vars filename '{argument}' with '@'")));
        } else if argument.starts_with(['{', '[']) {
            value::parse_vars(&Source::new("<extra vars>", argument.as_str()))?
        } else {
            pairs(argument)?
        };
        if let Some(name) = own.keys().find(|name| !value::is_variable_name(name)) {
            return Err(Error::other(format!("Invalid variable name '{name}'.")).help(
                "Variable names must be strings starting with a letter or underscore character, and contain only \
                 letters, numbers and underscores.",
            ));
        }
        extend(&mut vars, &own);
    }
    Ok(vars)
}

/// `k=v` pairs, split at blanks outside of quotes and templates.
fn pairs(argument: &str) -> Result<Vars> {
    let pairs = parse_pairs(argument, false)
        .ok_or_else(|| Error::other(format!("the quotes of extra vars `{argument}` do not match")))?;
    let mut vars = Vars::new();
    for (name, text) in pairs.pairs {
        vars.insert(Arc::from(name), Value::Text(Text::source(text, None)));
    }
    if let Some(rest) = pairs.rest.filter(|rest| !rest.trim().is_empty()) {
        return Err(Error::input(format!("`{rest}` in extra vars `{argument}` is not `name=value`"))
            .help("give `-e name=value`, `-e @file.yml` or `-e '{\"name\": \"value\"}'`"));
    }
    Ok(vars)
}
