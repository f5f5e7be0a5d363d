//! Starting the agent on a target that has nothing but sh.
//!
//! One command on one channel: a script finds the agent by its hash in a directory of the account's own, or takes it
//! from its standard input, and becomes it. An agent that is there already costs no round trip of its own.

use super::agent::AgentImage;
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
const PIECE: usize = 32 << 10;

/// Brings the agent to life over a link on which `COMMAND` runs; afterwards the agent speaks on it.
///
/// # Errors
/// Whatever kept it from starting, with what the target said. Nothing has run then.
pub(super) async fn start(link: &mut Link, agent: &AgentImage) -> Result<(), Error> {
    let mark = random::word();
    let script = script(agent, &mark);
    write(link, script.as_bytes()).await?;
    let verdict = match heard(link, &mark).await? {
        said if said == "need" => {
            upload(link, agent, &mark).await?;
            heard(link, &mark).await?
        }
        said => said,
    };
    match verdict.split_once(' ').unwrap_or((&verdict, "")) {
        ("have", _) => Ok(()),
        ("other", system) => Err(Error::other(format!("the agent does not run on {system}"))
            .note(format!("this warp carries an agent for Linux {}", agent.arch()))),
        ("torn", directory) => Err(Error::other(format!("the agent did not arrive whole in {directory}"))
            .note(said_on_stderr(link))
            .help("see whether the file system is full or a quota is reached")),
        _ => Err(Error::other("found no directory for the agent")
            .note("tried ~/.cache/warp, /var/tmp and /tmp")
            .note(format!(
                "one is needed that is writable, has {} MB of space, may hold programs (no noexec) and lies under \
                 directories that no other account can change",
                agent.bytes().len().div_ceil(1_000_000)
            ))),
    }
}

fn said_on_stderr(link: &Link) -> String {
    match link.ending.stderr_line() {
        said if said.is_empty() => "nothing was said on standard error".to_owned(),
        said => said,
    }
}

fn script(agent: &AgentImage, mark: &str) -> String {
    let lines = include_str!("bootstrap.sh").lines().map(str::trim);
    let mut script = lines.filter(|l| !l.is_empty() && !l.starts_with('#')).collect::<Vec<_>>().join(" ");
    for (name, value) in [
        ("@MARK@", mark),
        ("@HASH@", agent.sha256()),
        ("@SIZE@", &agent.bytes().len().to_string()),
        ("@ARCH@", agent.arch()),
    ] {
        script = script.replace(name, value);
    }
    script + "\n"
}

async fn write(link: &mut Link, bytes: &[u8]) -> Result<(), Error> {
    let written = async {
        link.output.write_all(bytes).await?;
        link.output.flush().await
    };
    match tokio::time::timeout(LIMIT, written).await {
        Ok(Ok(())) => Ok(()),
        // What went wrong is said where the answer is read: a command that ends at once takes no input.
        Ok(Err(_)) => Ok(()),
        Err(_) => Err(Error::other(format!("the target took no input for {} s", LIMIT.as_secs()))),
    }
}

async fn upload(link: &mut Link, agent: &AgentImage, mark: &str) -> Result<(), Error> {
    for piece in agent.bytes().chunks(PIECE) {
        write(link, piece).await?;
        failpoint::reach("mid-upload");
        // The script says nothing while it reads, unless it has given up.
        if find(&link.input, mark).is_some() {
            break;
        }
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
        // Keep what may be the beginning of our line.
        let old = link.input.buffer.len().saturating_sub(256);
        noise.extend(link.input.buffer.drain(..old));
        let excess = noise.len().saturating_sub(1024);
        noise.drain(..excess);
        dropped += excess;
        if dropped > NOISE {
            return Err(Error::other(format!("what answers is not sh: it printed more than {NOISE} bytes"))
                .note(format!("it printed: {}", one_line(&noise)))
                .help("see that the account's login shell runs a command and prints nothing"));
        }
        let more = tokio::time::timeout(LIMIT, link.input.fill()).await;
        match more {
            Ok(Ok(true)) => continue,
            Ok(Ok(false)) => {
                noise.append(&mut link.input.buffer);
                let mut error =
                    Error::other(format!("could not start the agent: {}", link.ending.describe()));
                if !noise.is_empty() {
                    error = error.note(format!("it printed: {}", one_line(&noise)));
                }
                return Err(error);
            }
            Ok(Err(e)) => {
                return Err(Error::other(format!("the link broke while the agent was started: {e}")));
            }
            Err(_) => {
                noise.append(&mut link.input.buffer);
                let mut error =
                    Error::other(format!("no answer to the agent's start in {} s", LIMIT.as_secs()));
                if !noise.is_empty() {
                    error = error.note(format!("it printed: {}", one_line(&noise)));
                }
                return Err(
                    error.help("see that the account's login shell runs a command and prints nothing")
                );
            }
        }
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
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::process::{Child, Command, Stdio};

    /// The script under a shell of this machine, in a home of its own.
    fn run(shell: &[&str], home: &std::path::Path, script: &str) -> Child {
        let (program, args) = shell.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(args).args(["-c", COMMAND]).env("HOME", home);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(script.as_bytes()).unwrap();
        child
    }

    #[test]
    fn every_shell_places_the_agent_whole_or_not_at_all() {
        // An agent that says who it is and repeats its input.
        let agent = AgentImage::new(b"#!/bin/sh\necho hello\nexec cat\n".to_vec());
        let script = script(&agent, "mark");
        for shell in [&["dash"][..], &["bash"], &["bash", "--posix"], &["busybox", "sh"]] {
            if Command::new(shell[0]).arg("-c").arg("true").status().is_err() {
                println!("{shell:?} is not on this machine");
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            let cache = home.path().join(".cache/warp");
            let files = || std::fs::read_dir(&cache).unwrap().count();
            // Cut off in the middle, and with other bytes of the same length: nothing stays.
            for bytes in [agent.bytes().len() / 2, agent.bytes().len()] {
                let mut child = run(shell, home.path(), &script);
                child.stdin.take().unwrap().write_all(&vec![b'x'; bytes]).unwrap();
                let output = child.wait_with_output().unwrap();
                let said = String::from_utf8(output.stdout).unwrap();
                assert!(said.starts_with("mark need\nmark torn "), "{shell:?}: {said}");
                assert_eq!(files(), 0, "{shell:?}");
            }
            // Whole, and then there.
            for expected in ["mark need\nmark have\nhello\nframes", "mark have\nhello\nframes"] {
                let mut child = run(shell, home.path(), &script);
                let mut stdin = child.stdin.take().unwrap();
                if expected.contains("need") {
                    let mut need = [0; 10];
                    child.stdout.as_mut().unwrap().read_exact(&mut need).unwrap();
                    stdin.write_all(agent.bytes()).unwrap();
                }
                stdin.write_all(b"frames").unwrap();
                drop(stdin);
                let output = child.wait_with_output().unwrap();
                assert_eq!(
                    String::from_utf8_lossy(&output.stdout),
                    expected.trim_start_matches("mark need\n")
                );
                assert_eq!(files(), 1, "{shell:?}");
            }
        }
    }

    #[test]
    fn the_embedded_agent_is_known_by_its_hash() {
        let embedded = AgentImage::embedded();
        assert_eq!(AgentImage::new(embedded.bytes().to_vec()).sha256(), embedded.sha256());
    }
}
