//! Who runs here and who the machine is: the account, its environment, the machine's ssh keys.

use super::platform::one;
use super::{Gather, read};
use crate::accounts;
use crate::module::Failed;
use crate::program;
use crate::value::Map;

pub fn user(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    // SAFETY: getuid and getgid have no preconditions and cannot fail.
    let (uid, gid) = unsafe { (libc::getuid(), libc::getgid()) };
    let by_id = accounts::user_by_id(uid);
    let named = ["LOGNAME", "USER", "LNAME", "USERNAME"]
        .iter()
        .find_map(|name| program::variable(gather.cx, name).filter(|v| !v.is_empty()));
    let name = named.or_else(|| by_id.as_ref().map(|u| u.name.clone())).unwrap_or_default();
    let account = accounts::user_by_name(&name).or(by_id);
    let mut facts = one("user_id", name);
    let mut put = |name: &str, value: crate::value::Value| facts.insert(name.to_owned(), value);
    if let Some(account) = account {
        put("user_uid", account.uid.into());
        put("user_gid", account.gid.into());
        put("user_gecos", account.gecos.into());
        put("user_dir", account.home.into());
        put("user_shell", account.shell.into());
    }
    put("real_user_id", uid.into());
    put("effective_user_id", accounts::effective_uid().into());
    put("real_group_id", gid.into());
    // As Ansible has it: the real one, under both names.
    put("effective_group_id", gid.into());
    Ok(facts)
}

pub fn env(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let own = std::env::vars_os()
        .map(|(k, v)| (k.to_string_lossy().into_owned(), v.to_string_lossy().into_owned()));
    let mut env: Map = own.map(|(name, value)| (name, value.into())).collect();
    for (name, value) in gather.cx.environment {
        env.insert(name.clone(), value.clone().into());
    }
    Ok(one("env", env))
}

pub fn ssh_host_keys(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let mut facts = Map::new();
    for dir in ["/etc/ssh", "/etc/openssh", "/etc"] {
        for algorithm in ["dsa", "rsa", "ecdsa", "ed25519"] {
            let Some(line) = read::content(format!("{dir}/ssh_host_{algorithm}_key.pub")) else {
                continue;
            };
            let mut fields = line.split_whitespace().map(str::to_owned);
            if let (Some(kind), Some(key)) = (fields.next(), fields.next()) {
                let name = format!("ssh_host_key_{algorithm}_public");
                facts.insert(format!("{name}_keytype"), kind.into());
                facts.insert(name, key.into());
            }
        }
        if !facts.is_empty() {
            break;
        }
    }
    Ok(facts)
}
