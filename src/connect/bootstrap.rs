//! Starting the agent on a target that has nothing but sh.
//!
//! One command on one channel: a script finds the agent by its hash in a directory of the account's own, or takes it
//! from its standard input, and becomes it. An agent that is there already costs no round trip of its own.

use super::agent::{AgentImage, Packing};
use super::link::{Input, Link, one_line};
use super::random;
use crate::error::Error;
use crate::failpoint;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// The command that runs the script: short, since sudo logs it, and the same to every login shell.
pub(super) const COMMAND: &str = "read -r s; eval \"$s\"";

/// How long the script may take to say anything, and each piece of the upload to move. Names that do not resolve
/// make sudo wait.
const LIMIT: Duration = Duration::from_secs(60);

/// How much a login shell may print before the script's answer, in bytes.
const NOISE: usize = 4 << 20;

/// The piece of the agent that must move within `LIMIT`, in bytes.
const PIECE: usize = 16 << 10;

/// The longest answer of the script.
const LINE: usize = 4 << 10;

/// What may stand between us and sh.
const NO_SHELL: &str = "see that the account has a login shell that runs commands, and that no forced command \
    (command= in authorized_keys, ForceCommand in sshd_config) runs instead";

/// Brings the agent to life over a link on which `COMMAND` runs; afterwards the agent speaks on it.
///
/// # Errors
/// Whatever kept it from starting, with what the target said. Nothing has run then.
pub(super) async fn start(link: &mut Link, agent: &AgentImage) -> Result<(), Error> {
    let mark = random::word();
    let script = script(agent, &mark);
    write(link, script.as_bytes()).await?;
    let verdict = loop {
        let said = heard(link, &mark).await?;
        match said.split_once(' ') {
            // Once more where a place did not take it.
            Some(("need", with)) => upload(link, agent, with).await?,
            _ => break said,
        }
    };
    match verdict.split_once(' ').unwrap_or((&verdict, "")) {
        ("have", _) => Ok(()),
        ("other", system) => Err(Error::other(format!(
            "the agent does not run on {system}: this warp carries one for Linux {}",
            agent.arch()
        ))
        .help("run these tasks by `raw`, which needs no agent, or warp on a machine of that kind")),
        (_, places) => Err(Error::other(format!(
            "found no directory for the agent: {}",
            one_line(places.as_bytes())
        ))
        .help(format!(
            "one is needed that is writable, has {} MB of space, may hold programs (no noexec) and lies under \
             directories that no other account can change",
            agent.size().div_ceil(1_000_000)
        ))),
    }
}

fn script(agent: &AgentImage, mark: &str) -> String {
    let lines = include_str!("bootstrap.sh").lines().map(str::trim);
    let mut script = lines.filter(|l| !l.is_empty() && !l.starts_with('#')).collect::<Vec<_>>().join(" ");
    for (name, value) in [
        ("@MARK@", mark),
        ("@HASH@", agent.sha256()),
        ("@SIZE@", &agent.size().to_string()),
        ("@ARCH@", agent.arch()),
    ] {
        script = script.replace(name, value);
    }
    script + "\n"
}

/// Writes, as long as the other side is there.
async fn write(link: &mut Link, bytes: &[u8]) -> Result<(), Error> {
    let Link { input, output, .. } = link;
    let written = async {
        output.write_all(bytes).await?;
        output.flush().await
    };
    // Who waits for room on a link that has ended waits in vain; only its other direction tells of the end.
    let ended = async {
        while input.buffer.len() < NOISE && matches!(input.fill().await, Ok(true)) {}
        if input.buffer.len() >= NOISE {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        written = tokio::time::timeout(LIMIT, written) => match written {
            // What went wrong is said where the answer is read: a command that ends at once takes no input.
            Ok(Ok(()) | Err(_)) => Ok(()),
            Err(_) => Err(Error::other(format!("the target took no input for {} s", LIMIT.as_secs()))),
        },
        () = ended => Ok(()),
    }
}

/// How the agent is packed for a command that unpacks it.
fn packing(command: &str) -> Packing {
    match command.split(' ').next() {
        Some("zstd") => Packing::Zstd,
        Some("gzip") => Packing::Gzip,
        _ => Packing::None,
    }
}

/// Sends the agent, for the target to unpack `with` what it has.
async fn upload(link: &mut Link, agent: &AgentImage, with: &str) -> Result<(), Error> {
    let bytes = agent.packed(packing(with))?;
    write(link, format!("{}\n", bytes.len()).as_bytes()).await?;
    for piece in bytes.chunks(PIECE) {
        write(link, piece).await?;
        failpoint::reach("mid-upload");
    }
    Ok(())
}

/// What follows our mark on a line of the output; everything before it is the login shell's.
async fn heard(link: &mut Link, mark: &str) -> Result<String, Error> {
    let mut noise: Vec<u8> = Vec::new();
    let mut dropped = 0;
    loop {
        if let Some((said, used)) = find(&link.input, mark) {
            link.input.buffer.drain(..used);
            return Ok(said);
        }
        if find(&link.input, &format!("m={mark};")).is_some() {
            return Err(
                Error::other("what runs there is no shell: it repeats what it is sent").help(NO_SHELL)
            );
        }
        // Keep what may be the beginning of our line.
        let old = link.input.buffer.len().saturating_sub(LINE);
        noise.extend(link.input.buffer.drain(..old));
        let excess = noise.len().saturating_sub(1024);
        noise.drain(..excess);
        dropped += excess;
        if dropped > NOISE {
            return Err(Error::other(format!("what answers is not sh: it printed more than {NOISE} bytes"))
                .note(format!("it printed: {}", one_line(&noise)))
                .help(NO_SHELL));
        }
        let mut error = match tokio::time::timeout(LIMIT, link.input.fill()).await {
            Ok(Ok(true)) => continue,
            Ok(Ok(false)) => format!("could not start the agent: {}", link.ending.describe()),
            Ok(Err(e)) => {
                return Err(Error::other(format!("the link broke while the agent was started: {e}")));
            }
            Err(_) => format!("no answer to the agent's start in {} s", LIMIT.as_secs()),
        };
        noise.append(&mut link.input.buffer);
        if !noise.is_empty() {
            error += &format!("; it printed: {}", one_line(&noise));
        }
        return Err(Error::other(error).help(NO_SHELL));
    }
}

/// The answer in the buffer, and the bytes up to its end.
fn find(input: &Input, mark: &str) -> Option<(String, usize)> {
    let needle = format!("{mark} ");
    let at = input.buffer.windows(needle.len()).position(|w| w == needle.as_bytes())?;
    let rest = input.buffer.get(at + needle.len()..)?;
    let end = rest.iter().position(|b| *b == b'\n')?;
    let said = String::from_utf8_lossy(rest.get(..end)?).into_owned();
    Some((said, at + needle.len() + end + 1))
}

#[cfg(test)]
mod tests;
