//! How git starts ssh.

use super::program::Git;
use crate::command::Command;
use crate::effects::Temp;
use crate::module::Failed;
use crate::program;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;

/// The option by which any host key is taken.
const ANY_KEY: &str = "-o StrictHostKeyChecking=no";
/// The option by which the key of a host that is not known yet is taken.
const NEW_KEY: &str = "-o StrictHostKeyChecking=accept-new";

impl Git<'_, '_> {
    /// Puts the options for ssh into git's environment.
    ///
    /// # Errors
    /// There is no ssh where the client must be asked what it can.
    pub fn configure_ssh(&mut self) -> Result<(), Failed> {
        let mut given = self.args.str("ssh_opts").map(str::to_owned);
        let policy = if self.args.flag("accept_hostkey") {
            Some(ANY_KEY)
        } else if self.args.flag("accept_newhostkey") {
            Some(NEW_KEY)
        } else {
            None
        };
        if let Some(policy) = policy
            && (policy != NEW_KEY || self.knows_new_keys()?)
        {
            match &mut given {
                Some(options) if options.contains(ANY_KEY) || options.contains(NEW_KEY) => {}
                Some(options) => *options += &format!(" {policy}"),
                None => given = Some(policy.to_owned()),
            }
        }
        let mut options = program::variable(self.cx, "GIT_SSH_OPTS").unwrap_or_default();
        if let Some(given) = given {
            options += &format!(" {given}");
        }
        let mut add = |sign: &str, option: &str| {
            if !options.contains(sign) {
                options += &format!(" {option}");
            }
        };
        if self.args.flag("accept_hostkey") {
            add("StrictHostKeyChecking=no", ANY_KEY);
        }
        add("BatchMode=yes", "-o BatchMode=yes");
        if let Some(key) = self.args.str("key_file").filter(|key| !key.is_empty()) {
            let key = format!("-i {key}");
            add(&key, &key);
            add("IdentitiesOnly=yes", "-o IdentitiesOnly=yes");
        }
        let own =
            program::variable(self.cx, "GIT_SSH").or_else(|| program::variable(self.cx, "GIT_SSH_COMMAND"));
        let ssh = own.unwrap_or_else(|| "ssh".to_owned());
        if self.older_than(&[2, 3]) {
            let wrapper =
                wrapper(&ssh).map_err(|e| Failed::new(format!("cannot write a script for ssh: {e}")))?;
            let path = wrapper.path().display().to_string();
            self.ssh = vec![("GIT_SSH_OPTS".to_owned(), options), ("GIT_SSH".to_owned(), path)];
            self.wrapper = Some(wrapper);
        } else {
            self.ssh = vec![("GIT_SSH_COMMAND".to_owned(), format!("{ssh} {options}"))];
        }
        Ok(())
    }

    fn knows_new_keys(&mut self) -> Result<bool, Failed> {
        let ssh = program::require(self.cx, "ssh").map_err(|e| {
            let msg = "Remote host is missing ssh command, so you cannot use acceptnewhostkey option.";
            Failed::new(msg).with("details", e.msg())
        })?;
        let words =
            [ssh.as_os_str(), "-o".as_ref(), "StrictHostKeyChecking=accept-new".as_ref(), "-V".as_ref()];
        let knows = self.cx.run(&Command::new(words))?.rc == 0;
        if !knows {
            let msg =
                "Your ssh client does not support accept_newhostkey option, therefore it cannot be used.";
            self.cx.warnings.push(msg.to_owned());
        }
        Ok(knows)
    }
}

/// A script that starts ssh with options: git before 2.3 starts a program only.
fn wrapper(ssh: &str) -> io::Result<Temp> {
    let mut temp = Temp::new_in(&std::env::temp_dir())?;
    writeln!(temp.file(), "#!/bin/sh\n{ssh} $GIT_SSH_OPTS \"$@\"")?;
    temp.file().set_permissions(Permissions::from_mode(0o700))?;
    Ok(temp)
}
