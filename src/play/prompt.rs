//! `vars_prompt` of a play.

use crate::error::{Error, Result, did_you_mean};
use crate::value::Value;
use crate::value::yaml::Node;

/// What an entry may say.
const KEYS: [&str; 9] =
    ["name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"];

/// The entries of a play's `vars_prompt`.
///
/// # Errors
/// An entry that is no map, has no name, or a key that is not known.
pub(super) fn vars_prompt(play: &Node) -> Result<Vec<Value>> {
    let Some(node) = play.get("vars_prompt").filter(|n| !n.is_null()) else { return Ok(Vec::new()) };
    let entries = node.as_list().unwrap_or(std::slice::from_ref(node));
    entries.iter().map(entry).collect()
}

fn entry(node: &Node) -> Result<Value> {
    let Some(keys) = node.as_map() else {
        return Err(Error::input("Invalid vars_prompt data structure, missing 'name' key")
            .at(node.span.clone())
            .note(format!("an entry must be a map, not {}", node.describe())));
    };
    if node.get("name").is_none() {
        return Err(
            Error::input("Invalid vars_prompt data structure, missing 'name' key").at(node.span.clone())
        );
    }
    for (key, _) in keys {
        let name = key.as_str().unwrap_or_default();
        if !KEYS.contains(&name) {
            let error =
                Error::input(format!("Invalid vars_prompt data structure, found unsupported key '{name}'"))
                    .at(key.span.clone());
            return Err(match did_you_mean(name, KEYS) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
    }
    Ok(node.to_value())
}
