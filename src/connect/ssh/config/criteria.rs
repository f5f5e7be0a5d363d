//! The criteria of a `Match` block.

use super::super::{pattern, shell};
use super::Account;
use super::read::Values;
use super::tokens::Tokens;
use crate::error::{Error, Result};
use std::process::{Command, Stdio};

/// For whom a configuration is read, and at which time.
#[derive(Clone, Copy)]
pub(super) struct Situation<'a> {
    /// The name that was asked for.
    pub original: &'a str,
    /// What `Host` is matched against: the name that was asked for; in the last pass what HostName made of it.
    pub host: &'a str,
    pub account: &'a Account,
    /// Whether all files are read a second time, for `Match final`.
    pub last_pass: bool,
}

/// What a `Match` line says.
pub(super) struct Verdict {
    pub holds: bool,
    /// Whether it asks for a last pass.
    pub wants_last_pass: bool,
}

/// Judges the words after `Match`, against what has been read so far.
///
/// # Errors
/// A criterion that does not exist, lacks its argument, or cannot be asked here.
pub(super) fn judge(words: &[String], situation: Situation<'_>, values: &Values) -> Result<Verdict> {
    let mut verdict = Verdict { holds: true, wants_last_pass: false };
    let mut words = words.iter().flat_map(|word| match word.split_once('=') {
        // `host=web` is as good as `host web`.
        Some((name, value)) if is_argued(name) => vec![name, value],
        _ => vec![word.as_str()],
    });
    while let Some(word) = words.next() {
        let (negated, name) = word.strip_prefix('!').map_or((false, word), |name| (true, name));
        let name = name.to_ascii_lowercase();
        let held = match name.as_str() {
            "all" => {
                if words.next().is_some() {
                    return Err(Error::input("`all` stands last in a Match"));
                }
                true
            }
            "final" | "canonical" => {
                verdict.wants_last_pass |= name == "final";
                situation.last_pass
            }
            name if is_argued(name) => {
                let argument = words
                    .next()
                    .filter(|a| !a.is_empty())
                    .ok_or_else(|| Error::input(format!("Match {name} needs an argument")))?;
                match name {
                    // What could decide nothing any more is not run.
                    "exec" if !verdict.holds => continue,
                    "exec" => run(argument, situation, values)?,
                    _ => compare(name, argument, situation, values)?,
                }
            }
            "localnetwork" | "version" | "sessiontype" | "command" => {
                return Err(Error::input(format!("Match {name} is not supported"))
                    .help("put what is needed into a Host block, or name another file with -F"));
            }
            _ => {
                return Err(Error::input(format!("Match has no criterion {name}")).help(
                    "it has all, final, canonical, host, originalhost, user, localuser, tagged and exec",
                ));
            }
        };
        verdict.holds &= held != negated;
    }
    Ok(verdict)
}

fn is_argued(name: &str) -> bool {
    let name = name.strip_prefix('!').unwrap_or(name).to_ascii_lowercase();
    ["host", "originalhost", "user", "localuser", "tagged", "exec"].contains(&name.as_str())
}

fn compare(name: &str, patterns: &str, situation: Situation<'_>, values: &Values) -> Result<bool> {
    let text = match name {
        "host" => host(situation, values)?.to_lowercase(),
        "originalhost" => situation.original.to_lowercase(),
        "user" => values.word("user").unwrap_or(&situation.account.name).to_owned(),
        "localuser" => situation.account.name.clone(),
        _ => values.word("tag").unwrap_or_default().to_owned(),
    };
    let patterns = match name {
        "host" | "originalhost" => patterns.to_lowercase(),
        _ => patterns.to_owned(),
    };
    Ok(pattern::matches_list(&text, patterns.split(',')))
}

/// The name to connect to, as far as it is known.
fn host(situation: Situation<'_>, values: &Values) -> Result<String> {
    match values.word("hostname") {
        Some(given) => tokens(situation, values).host_name(given),
        None => Ok(situation.host.to_owned()),
    }
}

fn tokens<'a>(situation: Situation<'a>, values: &'a Values) -> Tokens<'a> {
    let port = values.word("port").and_then(|p| p.parse().ok()).unwrap_or(22);
    let user = values.word("user").unwrap_or(&situation.account.name);
    let mut tokens = Tokens::new(situation.original, port, user, situation.account);
    tokens.set_host(situation.host);
    tokens
}

/// Asks a command, by the user's shell as ssh does.
fn run(command: &str, situation: Situation<'_>, values: &Values) -> Result<bool> {
    let mut tokens = tokens(situation, values);
    tokens.set_host(&host(situation, values)?);
    tokens.set_key_alias(values.word("hostkeyalias"));
    let command = tokens.criterion(command)?;
    let status = Command::new(shell::users_own())
        .arg("-c")
        .arg(&command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|e| Error::input(format!("cannot run the command of Match exec `{command}`: {e}")))?;
    Ok(status.success())
}
