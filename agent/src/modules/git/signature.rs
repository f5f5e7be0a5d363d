//! The signature of the commit or tag.

use super::program::{Git, failed};
use crate::module::Failed;

impl Git<'_, '_> {
    /// Has git check the version's signature, and compares the key with those allowed.
    ///
    /// # Errors
    /// There is no good signature, or it is another key's.
    pub fn verify(&mut self) -> Result<(), Failed> {
        let version = self.args.text("version");
        let allowed: Vec<&str> = self.args.strings("gpg_allowlist").collect();
        let verb = if self.is_annotated_tag(version)? { "verify-tag" } else { "verify-commit" };
        let mut words = vec![verb, version];
        if !allowed.is_empty() {
            words.push("--raw");
        }
        let output = self.here(&words)?;
        if output.rc != 0 {
            let msg = format!("Failed to verify GPG signature of commit/tag \"{version}\"");
            return Err(failed(msg, &output));
        }
        if allowed.is_empty() {
            return Ok(());
        }
        let text = output.stderr_text();
        let key = fingerprint(&text);
        if key.is_some_and(|key| allowed.contains(&key)) {
            return Ok(());
        }
        let key = key.unwrap_or("None");
        let msg = format!("The gpg_allowlist does not include the public key \"{key}\" for this commit");
        Err(failed(msg, &output))
    }
}

/// The fingerprint of the primary key in what gpg tells: the last field, where a subkey signed.
fn fingerprint(text: &str) -> Option<&str> {
    let fields: Vec<&str> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .find(|fields: &Vec<&str>| fields.get(1) == Some(&"VALIDSIG"))?;
    fields.get(11).or_else(|| fields.get(2)).copied()
}
