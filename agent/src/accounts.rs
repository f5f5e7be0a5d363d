//! Users and groups of this machine: /etc/passwd and /etc/group, and `getent` for what other sources know.
//!
//! The C library is not asked: in a static binary it would load its name services at run time.

use std::fs;
use std::process;

/// A user account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its id.
    pub uid: u32,
    /// Its primary group.
    pub gid: u32,
    /// The comment field.
    pub gecos: String,
    /// Its home directory.
    pub home: String,
    /// Its login shell.
    pub shell: String,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its id.
    pub gid: u32,
    /// The users it lists; those that have it as primary group are not among them.
    pub members: Vec<String>,
}

/// The effective user id of this process.
#[must_use]
pub fn effective_uid() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// The effective group id of this process.
#[must_use]
pub fn effective_gid() -> u32 {
    // SAFETY: getegid has no preconditions and cannot fail.
    unsafe { libc::getegid() }
}

/// The user of this name.
#[must_use]
pub fn user_by_name(name: &str) -> Option<User> {
    find("passwd", name, |line| parse_user(line).filter(|u| u.name == name))
}

/// The user of this id.
#[must_use]
pub fn user_by_id(uid: u32) -> Option<User> {
    find("passwd", &uid.to_string(), |line| parse_user(line).filter(|u| u.uid == uid))
}

/// The group of this name.
#[must_use]
pub fn group_by_name(name: &str) -> Option<Group> {
    find("group", name, |line| parse_group(line).filter(|g| g.name == name))
}

/// The group of this id.
#[must_use]
pub fn group_by_id(gid: u32) -> Option<Group> {
    find("group", &gid.to_string(), |line| parse_group(line).filter(|g| g.gid == gid))
}

/// The first entry of a database that `pick` takes: from the file, else from `getent`.
fn find<T>(database: &str, key: &str, pick: impl Fn(&str) -> Option<T>) -> Option<T> {
    let file = fs::read(format!("/etc/{database}")).unwrap_or_default();
    let found = String::from_utf8_lossy(&file).lines().find_map(&pick);
    if found.is_some() || key.starts_with('-') {
        return found;
    }
    let asked = process::Command::new("getent")
        .args([database, key])
        .stdin(process::Stdio::null())
        .stderr(process::Stdio::null())
        .output()
        .ok()?;
    String::from_utf8_lossy(&asked.stdout).lines().find_map(pick)
}

fn parse_user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|n| !n.is_empty())?.to_owned();
    let _password = fields.next()?;
    Some(User {
        name,
        uid: fields.next()?.parse().ok()?,
        gid: fields.next()?.parse().ok()?,
        gecos: fields.next()?.to_owned(),
        home: fields.next()?.to_owned(),
        shell: fields.next().unwrap_or_default().to_owned(),
    })
}

fn parse_group(line: &str) -> Option<Group> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|n| !n.is_empty())?.to_owned();
    let _password = fields.next()?;
    let gid = fields.next()?.parse().ok()?;
    let members = fields.next().unwrap_or_default();
    Some(Group {
        name,
        gid,
        members: members.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect(),
    })
}
