//! An account's ssh key.

use super::change::exists;
use crate::accounts::User;
use crate::acting::{self, Acting};
use crate::args::Args;
use crate::command::Command;
use crate::effects::{FileArgs, ModeArg};
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::program;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes the key that `generate_ssh_key` asks for where there is none, and tells of the one that is there.
pub fn ensure(args: &Args, cx: &mut Context<'_>, user: &User, outcome: &mut Outcome) -> Result<(), Failed> {
    let key = path(args, cx, user)?;
    if generate(args, cx, user, &key, outcome)? {
        outcome.changed = true;
    }
    let shown = key.to_string_lossy().into_owned();
    let mut fingerprint = String::new();
    if key.exists() {
        let argv = [
            program::require(cx, "ssh-keygen")?.into_os_string(),
            "-l".into(),
            "-f".into(),
            key.clone().into(),
        ];
        let output = cx.run(&Command::new(argv))?;
        fingerprint = if output.rc == 0 { output.stdout_text() } else { output.stderr_text() };
    }
    let public = fs::read_to_string(public(&key)).ok().map(|text| text.trim().to_owned());
    outcome.values.insert("ssh_fingerprint".to_owned(), fingerprint.trim().into());
    outcome.values.insert("ssh_key_file".to_owned(), shown.into());
    outcome.values.insert("ssh_public_key".to_owned(), public.into());
    Ok(())
}

fn fail(args: &Args, msg: impl Into<String>) -> Failed {
    Failed::new(msg).with("name", args.text("name")).with("rc", 1)
}

fn public(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn path(args: &Args, cx: &Context<'_>, user: &User) -> Result<PathBuf, Failed> {
    let default = format!(".ssh/id_{}", args.text("ssh_key_type"));
    let file = args.str("ssh_key_file").unwrap_or(&default);
    if !file.starts_with('/') && !exists(&user.home) && !cx.mode.check {
        return Err(fail(args, format!("User {} home directory does not exist", user.name)));
    }
    Ok(Path::new(&user.home).join(file))
}

/// Whether a key was made, or in check mode would have been.
fn generate(
    args: &Args,
    cx: &mut Context<'_>,
    user: &User,
    key: &Path,
    outcome: &mut Outcome,
) -> Result<bool, Failed> {
    let force = args.flag("force");
    let owned = |mode: Option<u32>| FileArgs {
        mode: mode.map(ModeArg::Bits),
        owner: Some(user.uid.to_string()),
        group: Some(user.gid.to_string()),
        ..FileArgs::default()
    };
    let public = public(key);
    for (file, kind) in [(key, "private"), (&public, "public")] {
        if !file.exists() {
            continue;
        }
        let shown = file.display();
        if !force {
            outcome.warnings.push(format!(
                "Found existing ssh key {kind} file \"{shown}\", no force, so skipping ssh-keygen generation"
            ));
            return Ok(false);
        }
        outcome.warnings.push(format!("Overwriting existing ssh key {kind} file \"{shown}\""));
    }
    if !cx.effects.other() {
        return Ok(true);
    }
    let dir = key.parent().unwrap_or(Path::new("/"));
    {
        let _acting = Acting::for_path(key);
        if !dir.exists() {
            cx.effects
                .make_dir(dir, 0o700)
                .map_err(|e| fail(args, format!("Failed to create {}: {e}", dir.display())))?;
            cx.effects.set_attributes(dir, &owned(None))?;
        }
        for file in [key, &public].into_iter().filter(|file| file.exists()) {
            cx.effects.remove_file(file).map_err(|e| fail(args, format!("{}: {e}", file.display())))?;
        }
    }
    let account = acting::controlling(key).filter(|_| crate::accounts::effective_uid() == 0);
    let output = cx.run(&command(args, cx, key)?.account(account))?;
    if output.rc != 0 {
        return Err(fail(args, output.stderr_text()).with("rc", output.rc));
    }
    let _acting = Acting::for_path(key);
    for file in [key, &public] {
        cx.effects.set_attributes(file, &owned(None))?;
    }
    Ok(true)
}

fn command(args: &Args, cx: &Context<'_>, key: &Path) -> Result<Command, Failed> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let comment = args.str("ssh_key_comment").map(str::to_owned);
    let comment = comment.unwrap_or_else(|| format!("ansible-generated on {}", host.trim()));
    let mut argv: Vec<OsString> = vec![program::require(cx, "ssh-keygen")?.into_os_string()];
    argv.extend(["-t".into(), args.text("ssh_key_type").into()]);
    if let Some(bits) = args.int::<u32>("ssh_key_bits").filter(|bits| *bits > 0) {
        argv.extend(["-b".into(), bits.to_string().into()]);
    }
    argv.extend(["-C".into(), comment.into(), "-f".into(), key.into()]);
    match args.str("ssh_key_passphrase") {
        // On a command line every account could read it. ssh-keygen, without a terminal, asks its standard input.
        Some(passphrase) => Ok(Command::new(argv).stdin(format!("{passphrase}\n{passphrase}\n"))),
        None => {
            argv.extend(["-N".into(), OsString::new()]);
            Ok(Command::new(argv))
        }
    }
}
