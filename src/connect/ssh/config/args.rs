//! The arguments of ssh(1) that inventories hand over.

use super::read::Values;
use crate::error::{Error, Result};

/// Applies the arguments in their order; gives the file of -F.
///
/// # Errors
/// An argument that is not understood, by its name.
pub(super) fn apply(args: &[String], host: &str, values: &mut Values) -> Result<Option<String>> {
    let mut file = None;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty()) else {
            return Err(Error::input(format!("the ssh argument {word} is not an option"))
                .help("ansible_ssh_common_args and the like hold options of ssh(1), no host or command"));
        };
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            match letter {
                'C' => values.set("compression", vec!["yes".into()], None),
                // How much ssh would say, and which terminal it would ask for: nothing that concerns us.
                'q' | 'v' | 'T' => {}
                '4' => values.set("addressfamily", vec!["inet".into()], None),
                '6' => values.set("addressfamily", vec!["inet6".into()], None),
                'F' | 'o' | 'i' | 'p' | 'l' | 'J' => {
                    let glued = rest.as_str();
                    let value = if glued.is_empty() { words.next().map(String::as_str) } else { Some(glued) };
                    let value = value
                        .ok_or_else(|| Error::input(format!("the ssh argument -{letter} needs a value")))?;
                    match letter {
                        'F' => file = Some(value.to_owned()),
                        'o' => values.option(value, host)?,
                        'i' => values.set("identityfile", vec![value.to_owned()], None),
                        'p' => values.option(&format!("Port={value}"), host)?,
                        'l' => values.set("user", vec![value.to_owned()], None),
                        _ => values.set("proxyjump", vec![value.to_owned()], None),
                    }
                    break;
                }
                other => {
                    return Err(Error::input(format!("the ssh argument -{other} is not supported"))
                        .note(format!("in `{word}`"))
                        .help("understood are -F, -o, -i, -p, -l, -J, -C, -4, -6, -q, -v and -T"));
                }
            }
        }
    }
    Ok(file)
}
