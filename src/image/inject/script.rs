//! The script that an injection becomes. It runs as root in the guest's root, at every boot, before its init.

use super::check::key_kind;
use super::{File, HostKey, Injection, User, first_boot};
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

# Mounts what the guest has on file systems of its own: what is written beneath them would not be seen.
mount_all() {
    while read -r device place kind options rest; do
        case $device:$place:$options in
            '#'* | *:/:* | *:none:* | *:swap:* | *:/boot*:* | *:/dev*:* | *:/proc*:* | *:/sys*:* | *noauto* | *_netdev*) continue ;;
            *:/*:*) ;;
            *) continue ;;
        esac
        case $kind in ext[234] | xfs | btrfs | auto) ;; *) continue ;; esac
        grep -q " $place " /proc/mounts || mount "$place" || fail "$place of /etc/fstab cannot be mounted"
        mounted="$place $mounted"
    done < /etc/fstab
}

# Whether only root can change the folders that are on the way to this path.
root_only() {
    folder=${1%/*}
    while [ -n "$folder" ]; do
        if [ -e "$folder" ] || [ -L "$folder" ]; then
            [ -z "$(find "$folder" -maxdepth 0 ! \( -type d -uid 0 ! -perm /022 \))" ] || return 1
        fi
        folder=${folder%/*}
    done
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

# Has a guest with SELinux label its files when it boots. What enforces no policy needs no labels.
relabel() {
    [ ! -e /etc/selinux/config ] || grep -qs '^SELINUX=disabled' /etc/selinux/config || : > /.autorelabel
}

# name HOSTNAME NAMES: what the host is called, and its names for /etc/hosts.
name() {
    rm -f /etc/hostname
    (umask 022; echo "$1" > /etc/hostname)
    sed -i '/ # warp$/d' /etc/hosts
    echo "127.0.1.1 $2 # warp" >> /etc/hosts
}
"#;

/// The script of an injection that was checked.
///
/// # Errors
/// A key of a kind that is not known, or a path with a NUL.
pub fn script(injection: &Injection) -> Result<String> {
    let steps = steps(injection)?;
    let hash = blake3::hash(format!("{FUNCTIONS}{steps}").as_bytes()).to_hex();
    // One function, called at the end: the shell has read all of its input by then, and no command can eat it.
    Ok(format!(
        r#"set -eu
umask 077
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
{FUNCTIONS}
main() {{
    mounted=
    trap 'for place in $mounted; do umount "$place"; done' EXIT
    [ ! -e /etc/fstab ] || mount_all
    marker=/var/lib/warp/injection
    if [ "$(cat "$marker" 2> /dev/null)" = {hash} ]; then return; fi
{steps}    (umask 022; mkdir -p /var/lib/warp)
    echo {hash} > "$marker"
}}
main < /dev/null
"#
    ))
}

fn steps(injection: &Injection) -> Result<String> {
    let mut out = String::new();
    if let Some(name) = &injection.hostname {
        let short = name.split_once('.').map_or(String::new(), |(short, _)| format!(" {short}"));
        let _ = writeln!(out, "    name {name} '{name}{short}'");
    }
    for key in &injection.host_keys {
        out += &host_key(key)?;
    }
    if !injection.root_authorized_keys.is_empty() {
        out += &keys("root", &injection.root_authorized_keys);
    }
    for user in &injection.users {
        out += &account(user)?;
    }
    for file in &injection.files {
        out += &put(file)?;
    }
    // Another injection's are not run.
    out += "    rm -f /etc/systemd/system/multi-user.target.wants/warp-first-boot.service\n";
    if !injection.commands.is_empty() {
        out += "    [ -d /etc/systemd/system ] || fail 'commands at the first boot need systemd'\n";
        for file in first_boot::files(injection) {
            out += &put(&file)?;
        }
        let _ = writeln!(out, "    rm -f {}", first_boot::STATUS);
        out += "    mkdir -p /etc/systemd/system/multi-user.target.wants\n";
        out += "    ln -sf ../warp-first-boot.service /etc/systemd/system/multi-user.target.wants/\n";
    }
    if injection.selinux_relabel {
        out += "    relabel\n";
    }
    Ok(out)
}

fn host_key(key: &HostKey) -> Result<String> {
    let path = format!("/etc/ssh/ssh_host_{}_key", key_kind(key)?.name());
    let file = |path: String, mode: &str, content: &str| File {
        path,
        mode: mode.to_owned(),
        owner: "root".to_owned(),
        content: line(content),
    };
    Ok(put(&file(path.clone(), "0600", &key.private))? + &put(&file(path + ".pub", "0644", &key.public))?)
}

fn account(user: &User) -> Result<String> {
    let name = &user.name;
    let mut out = format!("    account {name} {} '{}'\n", quoted(&user.shell)?, user.groups.join(","));
    if !user.authorized_keys.is_empty() {
        out += &keys(name, &user.authorized_keys);
    }
    let rule = format!("/etc/sudoers.d/warp-{name}");
    out += &if user.sudo {
        put(&File {
            path: rule,
            mode: "0440".to_owned(),
            owner: "root".to_owned(),
            content: format!("{name} ALL=(ALL:ALL) NOPASSWD: ALL\n"),
        })?
    } else {
        format!("    rm -f {rule}\n")
    };
    Ok(out)
}

fn keys(name: &str, keys: &[String]) -> String {
    let lines: String = keys.iter().map(|k| line(k)).collect();
    format!("    printf %s {} | keys {name}\n", STANDARD.encode(lines))
}

fn put(file: &File) -> Result<String> {
    let (path, content) = (quoted(&file.path)?, STANDARD.encode(&file.content));
    Ok(format!("    printf %s {content} | put {path} {} {}\n", file.mode, file.owner))
}

fn quoted(text: &str) -> Result<String> {
    let quoted =
        shlex::try_quote(text).map_err(|e| Error::input(format!("\"{text}\" cannot be injected: {e}")))?;
    Ok(quoted.into_owned())
}

/// A text with exactly one line end at its end.
fn line(text: &str) -> String {
    format!("{}\n", text.trim_end())
}
