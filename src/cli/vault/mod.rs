//! `warp vault`: encrypts and decrypts files and values.

mod edit;
mod files;
mod string;

use super::options::Vault;
use super::output;
use crate::config::{self, vault::Wanted};
use crate::error::{Error, Exit, Result};
use crate::value::vault::{self, Secret, Secrets};
use std::path::{Path, PathBuf};

/// What `warp vault` does; names and options are ansible-vault's.
#[derive(Debug, clap::Subcommand)]
#[command(rename_all = "snake_case")]
pub(in crate::cli) enum What {
    /// Write a new file in an editor, and encrypt it.
    Create(edit::Create),
    /// Decrypt files in their places, or to --output.
    Decrypt(files::Decrypt),
    /// Edit encrypted files.
    Edit(edit::Edit),
    /// Show what is in encrypted files.
    View(files::View),
    /// Encrypt files in their places, or to --output.
    Encrypt(files::Encrypt),
    /// Encrypt strings, as values for variable files.
    EncryptString(string::EncryptString),
    /// Encrypt encrypted files with another secret.
    Rekey(files::Rekey),
}

/// The secrets, and how much to tell.
#[derive(Debug, clap::Args)]
struct Common {
    #[command(flatten)]
    secrets: Vault,
    /// Tell more; may be given several times.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// Which secret encrypts.
#[derive(Debug, clap::Args)]
struct EncryptId {
    /// The id of the secret to encrypt with; needed where several are given.
    #[arg(long, value_name = "ID")]
    encrypt_vault_id: Option<String>,
}

/// Where results go.
#[derive(Debug, clap::Args)]
struct Output {
    /// The file to write instead; `-` is standard output.
    #[arg(long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Runs the command under warp's own name.
pub(super) fn main(what: &What) -> Exit {
    let mut warn = |warning| anstream::eprintln!("{}", Error::other(warning).as_warning());
    output::exit_of(run(what, &mut warn).map_err(Into::into))
}

/// Runs the command.
///
/// # Errors
/// Files that cannot be read or written, secrets that are missing or do not fit.
pub(super) fn run(what: &What, warn: &mut dyn FnMut(String)) -> Result<Exit> {
    let config = config::Settings::of_process()?;
    let mut desk = Desk { config, warn };
    match what {
        What::Create(args) => args.run(&mut desk),
        What::Decrypt(args) => args.run(&mut desk),
        What::Edit(args) => args.run(&mut desk),
        What::View(args) => args.run(&mut desk),
        What::Encrypt(args) => args.run(&mut desk),
        What::EncryptString(args) => args.run(&mut desk),
        What::Rekey(args) => args.run(&mut desk),
    }?;
    Ok(Exit::Ok)
}

/// What every one of the commands works with.
struct Desk<'a> {
    config: config::Settings,
    warn: &'a mut dyn FnMut(String),
}

/// A secret to encrypt with, under its id.
struct Sealer {
    id: String,
    secret: Secret,
    salt: Option<String>,
}

impl Sealer {
    fn seal(&self, plain: &[u8]) -> Result<String> {
        vault::encrypt(plain, &self.secret, &self.id, self.salt.as_deref())
    }
}

impl Desk<'_> {
    /// The secrets to decrypt with.
    fn secrets(&mut self, common: &Common) -> Result<Secrets> {
        self.known(&common.secrets, false)
    }

    fn known(&mut self, options: &Vault, new: bool) -> Result<Secrets> {
        if let Some(id) = options.ids.iter().find(|id| id.contains(';')) {
            return Err(usage(format!(
                "'{id}' is not a valid vault id. The character ';' is not allowed in vault ids"
            )));
        }
        let wanted = Wanted { ask_if_none: true, new, ..Wanted::default() };
        let secrets = options.secrets(&self.config.vault, wanted, self.warn)?;
        if secrets.known.is_empty() {
            return Err(usage("A vault password is required to use Ansible's Vault"));
        }
        Ok(secrets)
    }

    /// The secret to encrypt with.
    fn sealer(&mut self, common: &Common, id: &EncryptId) -> Result<Sealer> {
        let wanted = self.encrypt_id(id);
        let secrets = self.known(&common.secrets, true)?;
        if secrets.known.len() > 1 && wanted.is_none() {
            let ids: Vec<&str> = secrets.known.iter().map(|(id, _)| id.as_str()).collect();
            return Err(usage(format!(
                "The vault-ids {} are available to encrypt. Specify the vault-id to encrypt with --encrypt-vault-id",
                ids.join(",")
            )));
        }
        self.sealer_of(&secrets, wanted.as_deref())
    }

    fn encrypt_id(&self, id: &EncryptId) -> Option<String> {
        id.encrypt_vault_id.clone().or_else(|| self.config.vault.encrypt_identity.clone())
    }

    fn sealer_of(&self, secrets: &Secrets, id: Option<&str>) -> Result<Sealer> {
        let Some((id, secret)) = secrets.to_encrypt(id)? else {
            return Err(usage("A vault password is required to use Ansible's Vault"));
        };
        Ok(self.sealing(id.clone(), secret.clone()))
    }

    fn sealing(&self, id: String, secret: Secret) -> Sealer {
        Sealer { id, secret, salt: self.config.vault.encrypt_salt.clone() }
    }
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(Exit::Usage, message)
}

/// Decrypts what is in a file, which an error names.
fn open(secrets: &Secrets, bytes: &[u8], file: &Path) -> Result<vault::Opened> {
    secrets.open(bytes).map_err(|e| {
        let named = Error::other(format!("{} for {}", e.message(), file.display()));
        let named = e.note_lines().iter().cloned().fold(named, Error::note);
        e.help_lines().iter().cloned().fold(named, Error::help)
    })
}
