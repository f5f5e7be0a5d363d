//! Making, changing and removing an account with the system's own programs.

use super::account::{self, Account};
use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed};
use crate::program;
use std::ffi::OsString;
use std::path::Path;

/// What the programs that were run left, together.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The last one's exit code.
    pub rc: i32,
    /// Their output.
    pub stdout: String,
    /// Their complaints.
    pub stderr: String,
}

impl Done {
    fn add(&mut self, output: &Output) {
        self.rc = output.rc;
        self.stdout.push_str(&output.stdout_text());
        self.stderr.push_str(&output.stderr_text());
    }
}

/// A program's options.
#[derive(Default)]
struct Words(Vec<OsString>);

impl Words {
    fn flag(&mut self, word: &str) {
        self.0.push(word.into());
    }

    fn pair(&mut self, option: &str, value: impl Into<OsString>) {
        self.0.push(option.into());
        self.0.push(value.into());
    }
}

fn run(cx: &mut Context<'_>, program: &str, words: Words, name: &str, done: &mut Done) -> Result<(), Failed> {
    let path = program::require(cx, program)?;
    let argv = std::iter::once(path.into_os_string()).chain(words.0).chain([OsString::from(name)]);
    let output = cx.run(&Command::new(argv))?;
    done.add(&output);
    Ok(())
}

/// Hands over an encrypted password on standard input: on a command line every account could read it.
fn set_password(cx: &mut Context<'_>, name: &str, password: &str, done: &mut Done) -> Result<(), Failed> {
    if password.contains('\n') {
        return Err(Failed::new("a password hash is one line"));
    }
    let path = program::require(cx, "chpasswd")?;
    let command = Command::new([path.into_os_string(), "-e".into()]).stdin(format!("{name}:{password}\n"));
    let output = cx.run(&command)?;
    done.add(&output);
    Ok(())
}

/// The hash as it is to be stored.
fn stored(args: &Args) -> Option<String> {
    let lock = if args.flag("password_lock") { "!" } else { "" };
    args.str("password").map(|password| format!("{lock}{password}"))
}

fn primary(args: &Args) -> Result<Option<crate::accounts::Group>, Failed> {
    match args.str("group") {
        None => Ok(None),
        Some(text) => match account::group(text) {
            Some(group) => Ok(Some(group)),
            None => Err(Failed::new(format!("Group {text} does not exist"))),
        },
    }
}

/// The supplementary groups asked for, by name; nothing where the argument is absent.
fn groups(args: &Args) -> Result<Option<Vec<String>>, Failed> {
    if !args.has("groups") {
        return Ok(None);
    }
    let mut names = Vec::new();
    for text in
        args.strings("groups").flat_map(|text| text.split(',')).map(str::trim).filter(|t| !t.is_empty())
    {
        match account::group(text) {
            Some(group) => names.push(group.name),
            None => return Err(Failed::new(format!("Group {text} does not exist"))),
        }
    }
    names.sort();
    names.dedup();
    Ok(Some(names))
}

/// Makes the account.
pub fn create(args: &Args, cx: &mut Context<'_>) -> Result<Done, Failed> {
    let name = args.text("name");
    let mut words = Words::default();
    identity(args, &mut words);
    if let Some(user) = args.str("seuser") {
        words.pair("-Z", user);
    }
    match primary(args)? {
        Some(_) => words.pair("-g", args.text("group")),
        // useradd would make a group of the account's name, and fail where there is one.
        None if account::group(name).is_some() => words.flag("-N"),
        None => {}
    }
    if let Some(groups) = groups(args)?.filter(|groups| !groups.is_empty()) {
        words.pair("-G", groups.join(","));
    }
    for (option, argument) in [("-c", "comment"), ("-d", "home"), ("-s", "shell")] {
        if let Some(value) = args.str(argument) {
            words.pair(option, value);
        }
    }
    if let Some(home) = args.path("home").filter(|_| args.flag("create_home")) {
        // useradd makes a home, but not what leads to it.
        super::super::edit::make_parents(cx, home)?;
    }
    if let Some(expires) = args.float("expires") {
        words.pair("-e", date(expires));
    }
    if let Some(days) = args.int::<i64>("password_expire_account_disable") {
        words.pair("-f", days.to_string());
    }
    if args.flag("create_home") {
        words.flag("-m");
        if let Some(skeleton) = args.str("skeleton") {
            words.pair("-k", skeleton);
        }
        if let Some(umask) = args.str("umask") {
            words.pair("-K", format!("UMASK={umask}"));
        }
    } else {
        words.flag("-M");
    }
    if args.flag("system") {
        words.flag("-r");
    }
    for (argument, key) in [("uid_min", "UID_MIN"), ("uid_max", "UID_MAX")] {
        if let Some(value) = args.int::<u32>(argument) {
            words.pair("-K", format!("{key}={value}"));
        }
    }
    let mut done = Done::default();
    run(cx, "useradd", words, name, &mut done)?;
    if let (0, Some(password)) = (done.rc, stored(args)) {
        set_password(cx, name, &password, &mut done)?;
    }
    Ok(done)
}

fn identity(args: &Args, words: &mut Words) {
    if let Some(uid) = args.int::<u32>("uid") {
        words.pair("-u", uid.to_string());
        if args.flag("non_unique") {
            words.flag("-o");
        }
    }
}

/// Brings the account to what is asked; nothing where it is so already.
pub fn modify(args: &Args, cx: &mut Context<'_>, now: &Account) -> Result<Option<Done>, Failed> {
    let name = args.text("name");
    let mut words = Words::default();
    if args.int::<u32>("uid").is_some_and(|uid| uid != now.user.uid) {
        identity(args, &mut words);
    }
    if let Some(group) = primary(args)?.filter(|group| group.gid != now.user.gid) {
        words.pair("-g", group.gid.to_string());
    }
    if let Some(wanted) = groups(args)? {
        let current = account::memberships(cx, name)?;
        let lacking = wanted.iter().any(|group| !current.contains(group));
        let superfluous = current.iter().any(|group| !wanted.contains(group));
        if args.flag("append") && lacking {
            words.flag("-a");
            words.pair("-G", wanted.join(","));
        } else if !args.flag("append") && (lacking || superfluous) {
            words.pair("-G", wanted.join(","));
        }
    }
    let differs = |argument: &str, current: &str| args.str(argument).filter(|value| *value != current);
    if let Some(comment) = differs("comment", &now.user.gecos) {
        words.pair("-c", comment);
    }
    if let Some(home) = differs("home", &now.user.home) {
        words.pair("-d", home);
        if args.flag("move_home") {
            words.flag("-m");
        }
    }
    if let Some(shell) = differs("shell", &now.user.shell) {
        words.pair("-s", shell);
    }
    if let Some(expires) = args.float("expires") {
        let current = now.shadow.expire.filter(|day| *day >= 0);
        // A negative time means never.
        let wanted = (expires >= 0.0).then(|| day(expires));
        if wanted != current {
            words.pair("-e", date(expires));
        }
    }
    if let Some(days) = args.int::<i64>("password_expire_account_disable")
        && days != now.shadow.inactive.unwrap_or(-1)
    {
        words.pair("-f", days.to_string());
    }
    let current = &now.shadow.password;
    let password = stored(args).filter(|_| args.text("update_password") == "always");
    let password = password.filter(|p| p.trim_start_matches('!') != current.trim_start_matches('!'));
    if password.is_none() {
        match (args.bool("password_lock"), current.starts_with('!')) {
            (Some(true), false) => words.flag("-L"),
            (Some(false), true) => words.flag("-U"),
            _ => {}
        }
    }
    if words.0.is_empty() && password.is_none() {
        return Ok(None);
    }
    let mut done = Done::default();
    if !cx.effects.other() {
        return Ok(Some(done));
    }
    if !words.0.is_empty() {
        run(cx, "usermod", words, name, &mut done)?;
    }
    if let (0, Some(password)) = (done.rc, password) {
        set_password(cx, name, &password, &mut done)?;
    }
    Ok(Some(done))
}

/// Removes the account.
pub fn remove(args: &Args, cx: &mut Context<'_>) -> Result<Done, Failed> {
    let mut words = Words::default();
    if args.flag("force") {
        words.flag("-f");
    }
    if args.flag("remove") {
        words.flag("-r");
    }
    let mut done = Done::default();
    run(cx, "userdel", words, args.text("name"), &mut done)?;
    Ok(done)
}

/// Brings the password's ages to what is asked; nothing where they are so already.
pub fn ages(args: &Args, cx: &mut Context<'_>, now: &Account) -> Result<Option<Done>, Failed> {
    let mut words = Words::default();
    for (argument, option, current) in [
        ("password_expire_min", "-m", now.shadow.min),
        ("password_expire_max", "-M", now.shadow.max),
        ("password_expire_warn", "-W", now.shadow.warn),
    ] {
        if let Some(days) = args.int::<i64>(argument).filter(|days| *days != current.unwrap_or(-1)) {
            words.pair(option, days.to_string());
        }
    }
    if words.0.is_empty() {
        return Ok(None);
    }
    let mut done = Done::default();
    if cx.effects.other() {
        run(cx, "chage", words, args.text("name"), &mut done)?;
    }
    Ok(Some(done))
}

/// The day of a time in seconds, both counted from the epoch.
fn day(seconds: f64) -> i64 {
    (seconds / 86_400.0).floor() as i64
}

/// The date of a time in UTC, as useradd takes it; empty, which means never, before the epoch.
fn date(seconds: f64) -> String {
    if seconds < 0.0 {
        return String::new();
    }
    // Counted in years that begin in March, so that the leap day is a year's last.
    let days = day(seconds) + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// Whether a path leads to something.
pub fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0.0, "1970-01-01"),
            (951_782_400.0, "2000-02-29"),
            (951_868_800.0, "2000-03-01"),
            (1_767_225_599.9, "2025-12-31"),
            (4_107_542_400.0, "2100-03-01"),
            (-1.0, ""),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }
}
