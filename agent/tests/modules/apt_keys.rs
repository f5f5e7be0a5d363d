//! `apt_key`, each case under both, on a private /etc/apt, with keys of the test's own.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use crate::private;
use std::path::Path;
use std::process::Command;

/// Two keys, one of them with a subkey: armored, binary, and their ids as shell variables.
const BASE: &str = r#"
export GNUPGHOME=$PWD/home; mkdir -m 700 home
for who in a b; do
    gpg -q --batch --pinentry-mode loopback --passphrase '' --quick-generate-key $who@example.com rsa2048 sign never
    gpg -q --armor --export $who@example.com > /etc/apt/$who.asc
    gpg -q --export $who@example.com > /etc/apt/$who.gpg
    gpg --with-colons --list-keys $who@example.com | grep -m1 ^fpr | cut -d: -f10 > /etc/apt/$who.id
done
gpgconf --kill all; rm -rf home; echo nonsense > /etc/apt/no.asc"#;

const NONE: &str = "rm -rf /etc/apt/trusted.gpg*; mkdir /etc/apt/trusted.gpg.d";
const TRUSTED: &str = "rm -rf /etc/apt/trusted.gpg*; mkdir /etc/apt/trusted.gpg.d; \
                       cp /etc/apt/a.gpg /etc/apt/trusted.gpg.d/a.gpg";

/// `ID` stands for the first key's fingerprint, `LONG` and `SHORT` for its last digits.
const CASES: &[Case] = &[
    (NONE, "apt_key", r#"{"file": "/etc/apt/a.asc"}"#),
    (NONE, "apt_key", r#"{"file": "/etc/apt/a.gpg", "keyring": "/etc/apt/trusted.gpg.d/x.gpg"}"#),
    (NONE, "apt_key", r#"{"file": "/etc/apt/a.asc", "id": "0xID"}"#),
    (NONE, "apt_key", r#"{"file": "/etc/apt/b.asc", "id": "ID"}"#),
    (NONE, "apt_key", r#"{"file": "/etc/apt/no.asc"}"#),
    (NONE, "apt_key", r#"{"file": "/etc/apt/no.asc", "id": "SHORT"}"#),
    (NONE, "apt_key", r#"{"file": "/etc/apt/gone.asc"}"#),
    (NONE, "apt_key", r#"{"data": "ARMORED"}"#),
    (NONE, "apt_key", r#"{"data": "nonsense"}"#),
    (NONE, "apt_key", r#"{"data": "nonsense", "id": "LONG"}"#),
    (NONE, "apt_key", r#"{"id": "LONG"}"#),
    (NONE, "apt_key", r#"{"id": "LONG", "state": "absent"}"#),
    (NONE, "apt_key", r#"{"id": "123", "state": "absent"}"#),
    (NONE, "apt_key", r#"{"id": "nothexad", "state": "absent"}"#),
    (NONE, "apt_key", r#"{"state": "absent"}"#),
    (NONE, "apt_key", r#"{"keyserver": "hkp://127.0.0.1:9"}"#),
    (NONE, "apt_key", r#"{"url": "http://127.0.0.1:9/key"}"#),
    (TRUSTED, "apt_key", r#"{"file": "/etc/apt/a.asc"}"#),
    (TRUSTED, "apt_key", r#"{"id": "SHORT"}"#),
    (TRUSTED, "apt_key", r#"{"id": "ID", "url": "http://127.0.0.1:9/key"}"#),
    (TRUSTED, "apt_key", r#"{"id": "ID", "state": "absent"}"#),
    (TRUSTED, "apt_key", r#"{"id": "LONG", "state": "absent", "keyring": "/etc/apt/trusted.gpg.d/a.gpg"}"#),
    (TRUSTED, "apt_key", r#"{"id": "SHORT", "state": "absent"}"#),
];

fn trusted(_: &Path) -> String {
    let script = "cd /etc/apt; for f in trusted.gpg trusted.gpg.d/*; do [ -e $f ] && echo $f && \
                  gpg --no-default-keyring --keyring /etc/apt/$f --with-colons --list-keys 2>/dev/null | grep ^fpr; done";
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
}

#[test]
fn keys_are_trusted_as_by_ansible() {
    if oracle::python().is_none() {
        return;
    }
    private::files(&["/etc/apt"], || {
        assert!(Command::new("sh").args(["-ec", BASE]).status().unwrap().success());
        let id = std::fs::read_to_string("/etc/apt/a.id").unwrap().trim().to_owned();
        let armored = std::fs::read_to_string("/etc/apt/a.asc").unwrap().replace('\n', "\\n");
        let written: Vec<String> = CASES
            .iter()
            .map(|(_, _, args)| {
                args.replace("ARMORED", &armored)
                    .replace("ID", &id)
                    .replace("LONG", id.get(24..).unwrap())
                    .replace("SHORT", id.get(32..).unwrap())
            })
            .collect();
        let cases: Vec<Case> = CASES
            .iter()
            .zip(&written)
            .map(|((setup, module, _), args)| (*setup, *module, args.as_str()))
            .collect();
        let modes = &[CHECK, DIFF];
        let world = World { python: None, environment: &[], base: "", modes, unequal: &[], listing: trusted };
        oracle::compare_in(&world, &cases);
    });
}
