//! Where configuration comes from, in the order of its say: variables, arguments, the user's file, the machine's.

use super::criteria::Situation;
use super::read::Values;
use super::tokens::{self, Tokens};
use super::{Account, args};
use crate::connect::SshTarget;
use crate::error::{Error, Result};
use std::path::Path;

/// All that is given for a target, first things first, and the file of -F.
pub(super) fn gather(
    target: &SshTarget,
    account: &Account,
    system: &Path,
) -> Result<(Values, Option<String>)> {
    let mut values = Values::default();
    let mut set = |keyword, value: String| values.set(keyword, vec![value], None);
    if let Some(port) = target.port {
        set("port", port.to_string());
    }
    if let Some(user) = &target.user {
        set("user", user.clone());
    }
    if let Some(key) = &target.key_file {
        set("identityfile", key.display().to_string());
    }
    if let Some(timeout) = target.timeout {
        set("connecttimeout", timeout.as_secs().max(1).to_string());
    }
    if target.host_key_checking == Some(false) {
        set("stricthostkeychecking", "no".to_owned());
    }
    let name = target.address.as_str();
    let situation = Situation { original: name, host: name, account, last_pass: false };
    let file = args::apply(&target.args, situation, &mut values)?;
    read_files(file.as_deref(), situation, system, &mut values)?;
    if values.wants_last_pass {
        let host = match values.word("hostname") {
            Some(pattern) => Tokens::new(name, 22, "", account).host_name(pattern)?,
            None => name.to_owned(),
        };
        // From here on it stands: a HostName that only the last pass finds comes too late, as in ssh.
        values.replace("hostname", host.replace('%', "%%"));
        let situation = Situation { host: &host, last_pass: true, ..situation };
        read_files(file.as_deref(), situation, system, &mut values)?;
    }
    Ok((values, file))
}

/// Reads the file of -F, or the user's and the machine's.
fn read_files(
    file: Option<&str>,
    situation: Situation<'_>,
    system: &Path,
    values: &mut Values,
) -> Result<()> {
    let account = situation.account;
    match file {
        Some("none") => {}
        Some(path) => values.file(&tokens::home(path, account), situation, Some(&account.home))?,
        None => {
            let user = account.home.join(".ssh/config");
            if user.exists() {
                refuse_foreign(&user, account)?;
                values.file(&user, situation, Some(&account.home))?;
            }
            if system.exists() {
                values.file(system, situation, None)?;
            }
        }
    }
    Ok(())
}

/// A configuration that another account can write could run commands as us.
fn refuse_foreign(path: &Path, account: &Account) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = std::fs::metadata(path)
        .map_err(|e| Error::input(format!("cannot read the ssh configuration {}: {e}", path.display())))?;
    if (meta.uid() != 0 && meta.uid() != account.uid) || meta.mode() & 0o022 != 0 {
        return Err(Error::input(format!(
            "the ssh configuration {} can be written by others",
            path.display()
        ))
        .help(format!("chmod go-w {0}, and see that you own it", path.display())));
    }
    Ok(())
}
