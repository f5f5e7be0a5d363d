//! Extra vars: `-e k=v`, `-e @file`, `-e '{json}'`.

use crate::error::{Error, Exit, Result, Source, Span};
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
            map(&value::read_source(Path::new(path))?, argument)?
        } else if argument.starts_with(['/', '.']) {
            return Err(Error::new(
                Exit::Usage,
                format!("Please prepend extra_vars filename '{argument}' with '@'"),
            ));
        } else if argument.starts_with(['{', '[']) {
            map(&Source::new("<extra vars>", argument.as_str()), argument)?
        } else {
            pairs(argument)?
        };
        extend(&mut vars, &own);
    }
    Ok(vars)
}

/// The variables of a YAML or JSON text that an argument names or is.
fn map(source: &Arc<Source>, argument: &str) -> Result<Vars> {
    let refused = |span: Option<Span>| {
        let what =
            format!("Invalid extra vars data supplied. '{argument}' could not be made into a dictionary");
        Err(Error::new(Exit::Usage, what).at(span).help("write each as `name: value`"))
    };
    match value::yaml::parse(source)?.root {
        Some(root) if root.as_map().is_some() => value::vars_of(&root),
        root => refused(root.map(|root| root.span)),
    }
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
