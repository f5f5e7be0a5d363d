//! How to reach a host: connection variables above keywords above the command line.

use super::keyword::{Rendered, boolean};
use super::settings::Settings;
use crate::connect::{Become, Password, SshTarget, Target, Transport};
use crate::error::{Error, Result};
use crate::play::Keywords;
use crate::value::Value;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Resolves the target of a task whose variables `r` renders: those of the host it is delegated to, where it is.
///
/// # Errors
/// A variable or keyword that cannot be rendered, or that asks for what warp cannot do.
pub(super) fn target(
    host: &Arc<str>,
    keywords: &Keywords,
    settings: &Settings,
    r: Rendered<'_>,
) -> Result<Target> {
    let connection = variable(r, &["ansible_connection"])?
        .or(r.text("connection", keywords.connection.as_ref())?)
        .unwrap_or_else(|| settings.connection.clone());
    let transport = match connection.as_str() {
        "local" | "ansible.builtin.local" => {
            Transport::Local(variable(r, &["playbook_dir"])?.unwrap_or_default().into())
        }
        "ssh" | "smart" | "ansible.builtin.ssh" | "paramiko" | "paramiko_ssh" => {
            Transport::Ssh(ssh(host, keywords, settings, r)?)
        }
        other => {
            return Err(Error::input(format!("the connection '{other}' is not supported"))
                .help("use `ssh` or `local`"));
        }
    };
    let again = settings.config.become_allow_same_user;
    let become_ = become_(keywords, settings, r)?.filter(|b| again || !is_login_user(&b.user, &transport));
    Ok(Target { host: Arc::clone(host), transport, become_ })
}

fn ssh(host: &str, keywords: &Keywords, settings: &Settings, r: Rendered<'_>) -> Result<SshTarget> {
    let port = match variable(r, &["ansible_port", "ansible_ssh_port"])?
        .or(r.text("port", keywords.port.as_ref())?)
    {
        Some(text) => Some(
            text.trim()
                .parse()
                .map_err(|_| Error::input(format!("the port '{text}' of host '{host}' is not a port")))?,
        ),
        None => settings.config.remote_port,
    };
    let config = &settings.config;
    let mut args = Vec::new();
    let given = [
        variable(r, &["ansible_ssh_args"])?.or_else(|| config.ssh_args.clone()),
        variable(r, &["ansible_ssh_common_args"])?.or_else(|| config.ssh_common_args.clone()),
        variable(r, &["ansible_ssh_extra_args"])?.or_else(|| config.ssh_extra_args.clone()),
    ];
    for text in given.into_iter().flatten() {
        args.extend(shlex::split(&text).ok_or_else(|| {
            Error::input(format!("the quotes of the ssh arguments '{text}' of host '{host}' do not match"))
        })?);
    }
    let checking = match variable(r, &["ansible_host_key_checking", "ansible_ssh_host_key_checking"])? {
        Some(text) => boolean(&Value::data(text)),
        None => Some(config.host_key_checking),
    };
    Ok(SshTarget {
        address: variable(r, &["ansible_host", "ansible_ssh_host"])?.unwrap_or_else(|| host.to_owned()),
        port,
        user: variable(r, &["ansible_user", "ansible_ssh_user"])?
            .or(r.text("remote_user", keywords.remote_user.as_ref())?)
            .or_else(|| settings.user.clone()),
        key_file: variable(r, &["ansible_private_key_file", "ansible_ssh_private_key_file"])?
            .map(PathBuf::from)
            .or_else(|| settings.private_key.clone()),
        args,
        host_key_checking: checking,
        timeout: Some(settings.timeout),
        retries: number(r, "ansible_ssh_retries")?.unwrap_or(config.ssh_retries),
        reconnect: Duration::from_secs(number(r, "warp_ssh_reconnect")?.unwrap_or(config.ssh_reconnect)),
        key_passphrase: variable(
            r,
            &["ansible_private_key_passphrase", "ansible_ssh_private_key_passphrase"],
        )?
        .map(Password::new),
        password: variable(r, &["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"])?
            .map(Password::new)
            .or_else(|| settings.connection_password.clone()),
    })
}

fn become_(keywords: &Keywords, settings: &Settings, r: Rendered<'_>) -> Result<Option<Become>> {
    let wanted = match r.scope.get("ansible_become") {
        Some(value) => r.flag("ansible_become", Some(&value))?,
        None => r.flag("become", keywords.become_.as_ref())?,
    };
    if !wanted.unwrap_or(settings.become_) {
        return Ok(None);
    }
    let method = variable(r, &["ansible_become_method"])?
        .or(r.text("become_method", keywords.become_method.as_ref())?)
        .unwrap_or_else(|| settings.config.become_method.clone());
    let own_password = if method.ends_with("su") { "ansible_su_pass" } else { "ansible_sudo_pass" };
    let flags = variable(r, &["ansible_become_flags", "ansible_sudo_flags"])?
        .or(r.text("become_flags", keywords.become_flags.as_ref())?)
        .or_else(|| settings.config.become_flags.clone());
    let flags =
        match flags {
            Some(text) => Some(shlex::split(&text).ok_or_else(|| {
                Error::input(format!("the quotes of the become flags '{text}' do not match"))
            })?),
            None => None,
        };
    Ok(Some(Become {
        method,
        user: variable(r, &["ansible_become_user", "ansible_sudo_user"])?
            .or(r.text("become_user", keywords.become_user.as_ref())?)
            .unwrap_or_else(|| settings.become_user.clone()),
        flags,
        exe: variable(r, &["ansible_become_exe", "ansible_sudo_exe"])?
            .or(r.text("become_exe", keywords.become_exe.as_ref())?)
            .or_else(|| settings.config.become_exe.clone()),
        password: variable(r, &["ansible_become_password", "ansible_become_pass", own_password])?
            .map(Password::new)
            .or_else(|| settings.become_password.clone()),
    }))
}

/// The first of these variables that is there, as text.
fn variable(r: Rendered<'_>, names: &[&str]) -> Result<Option<String>> {
    for name in names {
        if let Some(value) = r.scope.get(name)
            && let Some(text) = r.text(name, Some(&value))?
        {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// A variable that is a whole number.
fn number<T: FromStr>(r: Rendered<'_>, name: &str) -> Result<Option<T>> {
    let Some(text) = variable(r, &[name])? else { return Ok(None) };
    let number = text.trim().parse();
    number.map(Some).map_err(|_| Error::input(format!("{name} is '{text}', which is not a whole number")))
}

/// Whether the account to become is the one that logs in: then there is nothing to become, as in Ansible.
fn is_login_user(user: &str, transport: &Transport) -> bool {
    match transport {
        Transport::Ssh(ssh) => ssh.user.as_deref() == Some(user),
        Transport::Local(_) => nix::unistd::User::from_uid(nix::unistd::geteuid())
            .ok()
            .flatten()
            .is_some_and(|account| account.name == user),
    }
}
