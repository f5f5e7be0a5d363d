//! What is known of an account: its entry, its shadow entry, its groups.

use crate::accounts::{self, Group, User};
use crate::command::Command;
use crate::module::{Context, Failed};
use crate::program;
use std::fs;

/// The fields of a shadow entry; numbers are absent where the field is empty.
#[derive(Clone, Debug, Default)]
pub struct Shadow {
    /// The encrypted password.
    pub password: String,
    /// Days before which it may not be changed.
    pub min: Option<i64>,
    /// Days after which it must be changed.
    pub max: Option<i64>,
    /// Days of warning before that.
    pub warn: Option<i64>,
    /// Days after that until the account is disabled.
    pub inactive: Option<i64>,
    /// The day on which the account expires, counted from the epoch.
    pub expire: Option<i64>,
}

/// An account as it is.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its entry in passwd.
    pub user: User,
    /// Its entry in shadow; nothing where it has none or we may not read it.
    pub shadow: Shadow,
}

/// The account of this name.
///
/// # Errors
/// The step was cancelled.
pub fn find(cx: &mut Context<'_>, name: &str) -> Result<Option<Account>, Failed> {
    let Some(user) = accounts::user_by_name(name) else {
        return Ok(None);
    };
    let file = fs::read_to_string("/etc/shadow").unwrap_or_default();
    let line = |text: &str| text.lines().find_map(|line| parse(line, name));
    let shadow = match line(&file) {
        Some(shadow) => shadow,
        None => line(&database(cx, &["shadow", name])?).unwrap_or_default(),
    };
    Ok(Some(Account { user, shadow }))
}

fn parse(line: &str, name: &str) -> Option<Shadow> {
    let fields: Vec<&str> = line.split(':').collect();
    if fields.first() != Some(&name) {
        return None;
    }
    let number = |index: usize| fields.get(index).and_then(|text| text.parse().ok());
    Some(Shadow {
        password: (*fields.get(1)?).to_owned(),
        min: number(3),
        max: number(4),
        warn: number(5),
        inactive: number(6),
        expire: number(7),
    })
}

/// What `getent` prints of a database.
fn database(cx: &mut Context<'_>, words: &[&str]) -> Result<String, Failed> {
    if program::find(cx, "getent").is_none() || words.iter().any(|word| word.starts_with('-')) {
        return Ok(String::new());
    }
    Ok(cx.run(&Command::new(std::iter::once("getent").chain(words.iter().copied())))?.stdout_text())
}

/// The group meant by an id or a name.
pub fn group(text: &str) -> Option<Group> {
    let by_id = text.parse().ok().and_then(accounts::group_by_id);
    by_id.or_else(|| accounts::group_by_name(text))
}

/// The groups that list the account, by name; its primary group need not be among them.
///
/// # Errors
/// The step was cancelled.
pub fn memberships(cx: &mut Context<'_>, name: &str) -> Result<Vec<String>, Failed> {
    let mut text = database(cx, &["group"])?;
    if text.is_empty() {
        text = fs::read_to_string("/etc/group").unwrap_or_default();
    }
    let lists = |line: &&str| {
        line.rsplit(':').next().is_some_and(|list| list.split(',').any(|member| member == name))
    };
    let names = text.lines().filter(lists).filter_map(|line| line.split(':').next());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}
