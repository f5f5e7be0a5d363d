//! `user`: an account.

mod account;
mod change;
mod home;
mod ssh_key;

use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use account::Account;
use change::Done;
use std::path::Path;

/// The module.
pub struct User;

static SPEC: Spec = Spec::new("user", "Make sure that an account is there, or is not", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the account is to be there."),
    Arg::new("name", Kind::Str).required().aliases(&["user"]).help("Its name."),
    Arg::new("uid", Kind::Int).help("Its id."),
    Arg::new("non_unique", Kind::Bool).default("false").help("The id may be another account's too."),
    Arg::new("group", Kind::Str).help("Its primary group, by name or id."),
    Arg::new("groups", Kind::List).elements(Kind::Str).help("Its other groups; an empty list leaves none."),
    Arg::new("comment", Kind::Str).help("Its comment field."),
    Arg::new("home", Kind::Path).help("Its home directory."),
    Arg::new("shell", Kind::Path).help("Its login shell."),
    Arg::new("password", Kind::Str).secret().help("Its password, encrypted as crypt(3) has it."),
    Arg::new("login_class", Kind::Str).help("Only BSD has it; refused here."),
    Arg::new("password_expire_max", Kind::Int).help("Days after which the password must be changed."),
    Arg::new("password_expire_min", Kind::Int).help("Days before which the password may not be changed."),
    Arg::new("password_expire_warn", Kind::Int).help("Days of warning before the password must be changed."),
    Arg::new("hidden", Kind::Bool).help("Only macOS has it; refused here."),
    Arg::new("seuser", Kind::Str).help("The SELinux user of a new account."),
    Arg::new("force", Kind::Bool).default("false").help("Remove it in use; overwrite its ssh key."),
    Arg::new("remove", Kind::Bool).default("false").help("Remove its home and mail with it."),
    Arg::new("create_home", Kind::Bool)
        .default("true")
        .aliases(&["createhome"])
        .help("Make its home directory."),
    Arg::new("skeleton", Kind::Str).help("What a new home is copied from."),
    Arg::new("system", Kind::Bool).default("false").help("Take an id from those of system accounts."),
    Arg::new("move_home", Kind::Bool).default("false").help("Move what is in the old home to the new."),
    Arg::new("append", Kind::Bool).default("false").help("Add groups, take none away."),
    Arg::new("generate_ssh_key", Kind::Bool).help("Make an ssh key."),
    Arg::new("ssh_key_bits", Kind::Int)
        .default("0")
        .help("The ssh key's size; 0 for ssh-keygen's own choice."),
    Arg::new("ssh_key_type", Kind::Str).default("rsa").help("The ssh key's type."),
    Arg::new("ssh_key_file", Kind::Path).help("The ssh key's file; below the home unless absolute."),
    Arg::new("ssh_key_comment", Kind::Str).help("The ssh key's comment."),
    Arg::new("ssh_key_passphrase", Kind::Str).secret().help("The ssh key's passphrase; none without."),
    Arg::new("update_password", Kind::Str)
        .default("always")
        .choices(&["always", "on_create"])
        .help("When the password is set."),
    Arg::new("expires", Kind::Float)
        .help("When the account expires, in seconds of the epoch; negative for never."),
    Arg::new("password_lock", Kind::Bool).help("Whether the password is locked."),
    Arg::new("local", Kind::Bool).help("The programs of libuser; refused here."),
    Arg::new("profile", Kind::Str).help("Only Solaris has it; refused here."),
    Arg::new("authorization", Kind::Str).help("Only Solaris has it; refused here."),
    Arg::new("role", Kind::Str).help("Only Solaris has it; refused here."),
    Arg::new("umask", Kind::Str).help("The umask by which a new home is made."),
    Arg::new("password_expire_account_disable", Kind::Int)
        .help("Days after which an account with an expired password is disabled."),
    Arg::new("uid_min", Kind::Int).help("The lowest id to take."),
    Arg::new("uid_max", Kind::Int).help("The highest id to take."),
];

impl Module for User {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        refuse(args)?;
        let (name, state) = (args.text("name"), args.text("state"));
        let now = account::find(cx, name)?;
        let mut outcome = Outcome::ok().with("name", name).with("state", state);
        outcome.warnings = warnings(args);
        let warnings = outcome.warnings.clone();
        let early = || Ok(Outcome { warnings, ..Outcome::changed(true) });
        match (state, now) {
            ("absent", None) => {}
            ("absent", Some(_)) if cx.mode.check => return early(),
            ("absent", Some(_)) => {
                let done = change::remove(args, cx)?;
                outcome = finish(args, outcome, Some(done))?
                    .with("force", args.flag("force"))
                    .with("remove", args.flag("remove"));
            }
            (_, None) if cx.mode.check => return early(),
            (_, None) => {
                let done = change::create(args, cx)?;
                outcome = finish(args, outcome, Some(done))?
                    .with("system", args.flag("system"))
                    .with("create_home", args.flag("create_home"));
                complete(args, cx, &mut outcome)?;
            }
            (_, Some(now)) => {
                let done = change::modify(args, cx, &now)?;
                outcome = finish(args, outcome, done)?
                    .with("append", args.flag("append"))
                    .with("move_home", args.flag("move_home"));
                complete(args, cx, &mut outcome)?;
            }
        }
        Ok(outcome)
    }
}

/// Arguments that mean nothing here.
fn refuse(args: &Args) -> Result<(), Failed> {
    if args.flag("local") {
        return Err(Failed::new(
            "local is not supported: libuser's programs take a password only on their command line, where every \
             account could read it",
        ));
    }
    let foreign = ["login_class", "hidden", "profile", "authorization", "role"];
    match foreign.iter().find(|name| args.has(name)) {
        Some(name) => Err(Failed::new(format!("{name} has no meaning on Linux and is not supported"))),
        None => Ok(()),
    }
}

fn warnings(args: &Args) -> Vec<String> {
    let mut warnings = Vec::new();
    if args.flag("append") && !args.has("groups") {
        warnings.push(
            "'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups.\
             This will change to an error in Ansible 2.14."
                .to_owned(),
        );
    }
    if args.str("password").is_some_and(|password| !looks_encrypted(password)) {
        warnings.push(
            "The input password appears not to have been hashed. The 'password' argument must be encrypted for this \
             module to work properly."
                .to_owned(),
        );
    }
    warnings
}

fn looks_encrypted(password: &str) -> bool {
    if matches!(password, "" | "*" | "!" | "*************") {
        return true;
    }
    let fields: Vec<&str> = password.split('$').collect();
    let (true, Some(hash)) = (fields.len() >= 3, fields.last()) else {
        return false;
    };
    let length = match fields.get(1).copied() {
        Some("1") => Some(22),
        Some("5" | "y") => Some(43),
        Some("6") => Some(86),
        _ => None,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '=');
    !password.contains([':', '*', '!'])
        && hash.chars().all(plain)
        && length.is_none_or(|length| hash.len() == length)
}

/// What the programs said.
fn finish(args: &Args, mut outcome: Outcome, done: Option<Done>) -> Result<Outcome, Failed> {
    outcome.changed = done.is_some();
    let done = done.unwrap_or_default();
    if done.rc != 0 {
        return Err(Failed::new(done.stderr).with("name", args.text("name")).with("rc", done.rc));
    }
    if args.has("password") && args.text("state") == "present" {
        outcome = outcome.with("password", "NOT_LOGGING_PASSWORD");
    }
    for (key, text) in [("stdout", done.stdout), ("stderr", done.stderr)] {
        if !text.is_empty() {
            outcome = outcome.with(key, text);
        }
    }
    Ok(outcome)
}

/// The account as it is now, its home, key and ages.
fn complete(args: &Args, cx: &mut Context<'_>, outcome: &mut Outcome) -> Result<(), Failed> {
    let name = args.text("name");
    let Some(Account { user, .. }) = account::find(cx, name)? else {
        return Err(Failed::new(format!("failed to look up user name: {name}")).with("name", name));
    };
    let mut put = |key: &str, value: crate::value::Value| outcome.values.insert(key.to_owned(), value);
    put("uid", user.uid.into());
    put("group", user.gid.into());
    put("comment", user.gecos.clone().into());
    put("home", user.home.clone().into());
    put("shell", user.shell.clone().into());
    if args.has("groups") {
        put("groups", args.strings("groups").collect::<Vec<_>>().join(",").into());
    }
    let home = args.str("home").unwrap_or(&user.home);
    if args.flag("create_home") && !change::exists(home) {
        home::make(args, cx, Path::new(home), (user.uid, user.gid))?;
        outcome.changed = true;
    }
    if args.flag("generate_ssh_key") {
        ssh_key::ensure(args, cx, &user, outcome)?;
    }
    let Some(now) = account::find(cx, name)? else { return Ok(()) };
    if let Some(done) = change::ages(args, cx, &now)? {
        if done.rc != 0 {
            return Err(Failed::new(done.stderr).with("name", name).with("rc", done.rc));
        }
        outcome.changed = true;
    }
    Ok(())
}
