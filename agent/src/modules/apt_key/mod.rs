//! `apt_key`: keys that apt trusts, by the target's own apt-key.

mod keys;

use crate::args::Args;
use crate::http::{Request, url};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use keys::{KeyId, Keyring};
use std::io::Read;

/// The module.
pub struct AptKey;

static SPEC: Spec = Spec {
    mutually_exclusive: &[&["data", "file", "keyserver", "url"]],
    ..Spec::new("apt_key", "Adds and removes keys that apt trusts, where apt-key still exists", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("id", Kind::Str).help("The key's id: 8, 16 or more hexadecimal digits."),
    Arg::new("url", Kind::Str).help("Where to download the key from."),
    Arg::new("data", Kind::Str).help("The key itself."),
    Arg::new("file", Kind::Path).help("A file on the target that holds the key."),
    Arg::new("keyring", Kind::Path).help("The keyring, below /etc/apt/trusted.gpg.d."),
    Arg::new("validate_certs", Kind::Bool).default("true").help("Check the certificate of an https server."),
    Arg::new("keyserver", Kind::Str).help("The key server to ask for the key."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the key is to be trusted."),
];

/// The most of a key that is read from a server.
const LONGEST: u64 = 16 << 20;

impl Module for AptKey {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let given = |name| args.str(name).filter(|text| !text.is_empty());
        let apt_key = program::require(cx, "apt-key")?;
        let gpg = program::require(cx, "gpg")?;
        let mut data = given("data").map(|text| text.as_bytes().to_vec());
        let id = match (given("id"), given("file")) {
            (Some(id), _) => Some(id.to_owned()),
            _ if given("keyserver").is_some() => {
                return Err(Failed::new("Missing key_id, required with keyserver."));
            }
            (None, file) => {
                if let Some(url) = given("url") {
                    data = Some(download(args, cx, url)?);
                }
                match (file, &data) {
                    (Some(file), _) => keys::first(cx, &gpg, file, None)?,
                    (None, Some(data)) => keys::first(cx, &gpg, "-", Some(data))?,
                    (None, None) => None,
                }
            }
        };
        let outcome = Outcome::ok().with("id", id.clone());
        let Some(id) = id.as_deref().and_then(KeyId::read) else {
            return Ok(failed(outcome, "Invalid key_id"));
        };
        let mut outcome = outcome
            .with("short_id", id.short())
            .with("fp", id.fingerprint())
            .with("key_id", id.whole.as_str());
        let mut keyring = Keyring { cx, program: apt_key, path: args.str("keyring") };
        let before = keyring.keys(id.is_short())?;
        outcome = outcome.with("before", before.clone());
        let present = args.text("state") == "present";
        let there = before.contains(&id.fingerprint().to_owned());
        if there == present {
            return Ok(outcome);
        }
        outcome.changed = true;
        if keyring.cx.mode.check {
            return Ok(outcome);
        }
        let undone = if present {
            match (given("file"), given("keyserver"), data, given("url")) {
                (Some(file), ..) => keyring.add_file(file)?,
                (_, Some(server), ..) => keyring.receive(server, &id.whole)?,
                (.., Some(data), _) => keyring.add(&data)?,
                (.., Some(url)) => {
                    let data = download(args, keyring.cx, url)?;
                    keyring.add(&data)?;
                }
                _ => return Ok(failed(outcome, "No key to add ... how did i get here?!?!")),
            }
            "failed to add the key"
        } else {
            keyring.remove(id.short())?;
            "the key was not removed"
        };
        let after = keyring.keys(id.is_short())?;
        let there = after.contains(&id.fingerprint().to_owned());
        outcome = outcome.with("after", after);
        if there == present {
            return Ok(outcome);
        }
        let msg = format!(
            "apt-key did not return an error, but {undone} (check that the id is correct and *not* a subkey)"
        );
        Ok(failed(outcome, msg))
    }
}

/// What is at a URL.
fn download(args: &Args, cx: &mut Context<'_>, from: &str) -> Result<Vec<u8>, Failed> {
    let mut request = Request::get(cx, from);
    request.route.trust.anybody = !args.flag("validate_certs");
    let fetched = request.fetch(cx)?;
    let shown = url::masked(from);
    if fetched.status != 200 {
        return Err(Failed::new(format!("Failed to download key at {shown}: {}", fetched.msg)));
    }
    let mut bytes = Vec::new();
    match fetched.body.take(LONGEST).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(Failed::new(format!("Error getting key id from url: {shown}"))),
    }
}

/// A failure that tells what is known besides.
fn failed(known: Outcome, msg: impl Into<String>) -> Outcome {
    Outcome { failed: true, ..known }.with("msg", msg.into())
}
