//! The arguments of ssh(1) that inventories hand over.

use super::criteria::Situation;
use super::read::Values;
use crate::error::{Error, Result};

/// Applies the arguments in their order; gives the file of -F.
///
/// # Errors
/// An argument that is not understood, by its name.
pub(super) fn apply(
    args: &[String],
    situation: Situation<'_>,
    values: &mut Values,
) -> Result<Option<String>> {
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
                'A' => values.set("forwardagent", vec!["yes".into()], None),
                'a' => values.set("forwardagent", vec!["no".into()], None),
                // What ssh would say, which terminal it would ask for, and methods for people: no concern of ours.
                'q' | 'v' | 'T' | 'k' | 'x' => {}
                '4' => values.set("addressfamily", vec!["inet".into()], None),
                '6' => values.set("addressfamily", vec!["inet6".into()], None),
                'F' | 'o' | 'i' | 'p' | 'l' | 'J' | 'b' | 'c' | 'm' => {
                    let glued = rest.as_str();
                    let value = if glued.is_empty() { words.next().map(String::as_str) } else { Some(glued) };
                    let value = value
                        .ok_or_else(|| Error::input(format!("the ssh argument -{letter} needs a value")))?;
                    match letter {
                        'F' => file = Some(value.to_owned()),
                        'o' => values.option(value, situation)?,
                        'i' => values.set("identityfile", vec![value.to_owned()], None),
                        'p' => values.option(&format!("Port={value}"), situation)?,
                        'c' => values.option(&format!("Ciphers={value}"), situation)?,
                        'm' => values.option(&format!("MACs={value}"), situation)?,
                        'b' => values.set("bindaddress", vec![value.to_owned()], None),
                        'l' => values.set("user", vec![value.to_owned()], None),
                        _ => jump(value, values)?,
                    }
                    break;
                }
                other => {
                    return Err(Error::input(format!("the ssh argument -{other} is not supported"))
                        .note(format!("in `{word}`"))
                        .help("understood are -F, -o, -i, -p, -l, -J, -A, -a, -b, -c, -m, -C, -4, -6, -k, -q, -v, -x and -T"));
                }
            }
        }
    }
    Ok(file)
}

fn jump(value: &str, values: &mut Values) -> Result<()> {
    if !values.all("proxyjump").is_empty() {
        return Err(Error::input("the ssh argument -J is given twice")
            .help("write all hosts on the way into one, separated by commas"));
    }
    if !values.all("proxycommand").is_empty() {
        return Err(Error::input("the ssh arguments have both -J and a ProxyCommand")
            .help("give one of them: each is a way of its own"));
    }
    values.set("proxyjump", vec![value.to_owned()], None);
    Ok(())
}
