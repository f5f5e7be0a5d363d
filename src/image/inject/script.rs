//! The script that an injection becomes. It runs as root in the guest's root, at every boot, before its init.

use super::{File, HostKey, Injection, User};
use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// What the script's calls are made of. Whatever lies where another account can write is written by that account
/// itself: root would follow its links. Base64 arrives by the shell's own printf and a pipe, never as an argument.
const FUNCTIONS: &str = r#"fail() {
    echo "warp: $*"
    exit 1
}

# Whether only root can change the folders that are on the way to this path.
root_only() {
    folder=${1%/*} way=
    while [ -n "$folder" ]; do
        if [ -e "$folder" ] || [ -L "$folder" ]; then way="$way $folder"; fi
        folder=${folder%/*}
    done
    [ -z "$way" ] || [ -z "$(find $way -maxdepth 0 ! \( -type d -uid 0 ! -perm /022 \))" ]
}

# What put does as whoever has the file.
put_here='
    folder=${1%/*}
    [ -z "$folder" ] || [ -d "$folder" ] || (umask 022; mkdir -p "$folder")
    base64 -d > "$1.warp"
    chmod "$2" "$1.warp"
    mv -f "$1.warp" "$1"'

# put PATH MODE OWNER: writes what comes in as base64.
put() {
    if [ "$3" = root ]; then
        root_only "$1" || fail "$1 is not written: an account other than root can change a folder on its way"
        sh -euc "$put_here" sh "$1" "$2"
    else
        as "$3" "$put_here" "$1" "$2"
    fi
}

# Runs a shell as an account, with the rest of the arguments as $1 and so on.
as() {
    account=$1 program=$2
    shift 2
    chroot --userspec="$account:" / /bin/sh -euc "$program" sh "$@"
}

# account NAME SHELL GROUPS
account() {
    for group in "$1" $(echo "$3" | tr , ' '); do
        getent group "$group" > /dev/null || groupadd "$group"
    done
    if getent passwd "$1" > /dev/null; then
        usermod --shell "$2" --append --groups "$3" "$1"
    else
        # An asterisk is no password that can be given, and no lock either: keys may log in.
        useradd --create-home --gid "$1" --groups "$3" --shell "$2" --password '*' "$1"
    fi
}

# keys NAME: adds the lines that come in as base64 to the account's authorized keys.
keys() {
    home=$(getent passwd "$1" | cut -d: -f6)
    as "$1" '
        file=$1/.ssh/authorized_keys
        [ -d "$1/.ssh" ] || mkdir "$1/.ssh"
        chmod 0700 "$1/.ssh"
        if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then echo >> "$file"; fi
        base64 -d | while IFS= read -r line; do
            grep -qsxF -e "$line" "$file" || printf "%s\n" "$line" >> "$file"
        done
        chmod 0600 "$file"' "$home"
}

# name HOSTNAME NAMES: what the host is called, and its names for /etc/hosts.
name() {
    rm -f /etc/hostname
    (umask 022; echo "$1" > /etc/hostname)
    sed -i '/ # warp$/d' /etc/hosts
    echo "127.0.1.1 $2 # warp" >> /etc/hosts
}
"#;

/// The script of an injection.
///
/// # Errors
/// Names, paths, modes or keys that cannot be.
pub fn script(injection: &Injection) -> Result<String> {
    let steps = steps(injection)?;
    let hash = blake3::hash(format!("{FUNCTIONS}{steps}").as_bytes()).to_hex();
    // One function, called at the end: the shell has read all of its input by then, and no command can eat it.
    Ok(format!(
        "set -eu\numask 077\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C\n{FUNCTIONS}\nmain() {{\n    \
         marker=/var/lib/warp/injection\n    \
         if [ \"$(cat \"$marker\" 2> /dev/null)\" = {hash} ]; then return; fi\n\
         {steps}    \
         (umask 022; mkdir -p /var/lib/warp)\n    \
         echo {hash} > \"$marker\"\n}}\nmain < /dev/null\n"
    ))
}

fn steps(injection: &Injection) -> Result<String> {
    let mut out = String::new();
    if let Some(name) = &injection.hostname {
        out += &hostname(name)?;
    }
    for key in &injection.host_keys {
        out += &host_key(key)?;
    }
    if !injection.root_authorized_keys.is_empty() {
        out += &keys("root", &injection.root_authorized_keys)?;
    }
    for user in &injection.users {
        out += &account(user)?;
    }
    for file in &injection.files {
        out += &put(file)?;
    }
    Ok(out)
}

fn hostname(name: &str) -> Result<String> {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    if name.len() > 64 || !name.split('.').all(label) {
        return Err(Error::input(format!("\"{name}\" is no host name")));
    }
    let names = match name.split_once('.') {
        Some((short, _)) => format!("{name} {short}"),
        None => name.to_owned(),
    };
    Ok(format!("    name {name} '{names}'\n"))
}

fn host_key(key: &HostKey) -> Result<String> {
    let kind = match key.public.split(' ').next().unwrap_or_default() {
        "ssh-ed25519" => "ed25519",
        "ssh-rsa" => "rsa",
        other if other.starts_with("ecdsa-sha2-") => "ecdsa",
        other => return Err(Error::input(format!("a host key of the kind \"{other}\" cannot be injected"))),
    };
    let path = format!("/etc/ssh/ssh_host_{kind}_key");
    Ok(put_step(&path, "0600", "root", &line(&key.private))
        + &put_step(&format!("{path}.pub"), "0644", "root", &line(&key.public)))
}

fn account(user: &User) -> Result<String> {
    let name = account_name(&user.name)?;
    for group in &user.groups {
        account_name(group)?;
    }
    let shell = shlex::try_quote(&user.shell)
        .map_err(|e| Error::input(format!("the shell of the account {name}: {e}")))?;
    let mut out = format!("    account {name} {shell} '{}'\n", user.groups.join(","));
    if !user.authorized_keys.is_empty() {
        out += &keys(name, &user.authorized_keys)?;
    }
    let rule = format!("/etc/sudoers.d/warp-{name}");
    out += &if user.sudo {
        put_step(&rule, "0440", "root", &format!("{name} ALL=(ALL:ALL) NOPASSWD: ALL\n"))
    } else {
        format!("    rm -f {rule}\n")
    };
    Ok(out)
}

fn keys(name: &str, keys: &[String]) -> Result<String> {
    if let Some(bad) = keys.iter().find(|k| k.trim().is_empty() || k.trim_end().contains('\n')) {
        return Err(Error::input(format!("an authorized key of {name} is not one line: \"{}\"", bad.trim())));
    }
    let lines: String = keys.iter().map(|k| line(k)).collect();
    Ok(format!("    printf %s {} | keys {name}\n", STANDARD.encode(lines)))
}

fn put(file: &File) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:=,".contains(c);
    if !file.path.starts_with('/') || !file.path.chars().all(plain) || file.path.split('/').any(|p| p == "..")
    {
        return Err(Error::input(format!("the path \"{}\" cannot be injected", file.path))
            .note("it must be absolute, without \"..\", of letters, digits and /._-+@:=,"));
    }
    if !matches!(u32::from_str_radix(&file.mode, 8), Ok(0..=0o777)) {
        return Err(Error::input(format!(
            "the mode of {} is not octal up to 0777: \"{}\"",
            file.path, file.mode
        )));
    }
    Ok(put_step(&file.path, &file.mode, account_name(&file.owner)?, &file.content))
}

fn put_step(path: &str, mode: &str, owner: &str, content: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "    printf %s {} | put {path} {mode} {owner}", STANDARD.encode(content));
    out
}

/// A name that useradd takes and that a shell and sudo's folder of rules read as it is.
fn account_name(name: &str) -> Result<&str> {
    let good = name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-');
    if good { Ok(name) } else { Err(Error::input(format!("\"{name}\" is no name of an account or group"))) }
}

/// A text with exactly one line end at its end.
fn line(text: &str) -> String {
    format!("{}\n", text.trim_end())
}
