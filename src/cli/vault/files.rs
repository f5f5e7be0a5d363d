//! Encrypts, decrypts, shows and rekeys files.

use super::{Common, Desk, EncryptId, Output, open, usage};
use crate::cli::options::Vault;
use crate::config::vault::Wanted;
use crate::error::{Error, Result};
use std::fs::{File, Permissions};
use std::io::{IsTerminal as _, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Encrypt {
    /// The files; none, or `-`, is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    id: EncryptId,
    #[command(flatten)]
    common: Common,
}

impl Encrypt {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<()> {
        one_output(&self.files, &self.output)?;
        let sealer = desk.sealer(&self.common, &self.id)?;
        for place in places(&self.files, "plaintext") {
            let sealed = sealer.seal(&place.read()?)?;
            place.target(&self.output).write(sealed.as_bytes(), Old::Shred)?;
        }
        told("Encryption successful");
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Decrypt {
    /// The files; none, or `-`, is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    common: Common,
}

impl Decrypt {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<()> {
        one_output(&self.files, &self.output)?;
        let secrets = desk.secrets(&self.common)?;
        for place in places(&self.files, "ciphertext") {
            let opened = open(&secrets, &place.read()?, place.name())?;
            place.target(&self.output).write(&opened.plain, Old::Drop)?;
        }
        told("Decryption successful");
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct View {
    /// The files; `-` is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl View {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<()> {
        let secrets = desk.secrets(&self.common)?;
        for file in &self.files {
            let place = Place::given(file);
            let opened = open(&secrets, &place.read()?, file)?;
            show(&opened.plain, &desk.config.pager)?;
        }
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Rekey {
    /// The files.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A file with the new password, or a script that prints it.
    #[arg(long, value_name = "FILE", conflicts_with = "new_vault_id")]
    new_vault_password_file: Option<PathBuf>,
    /// The new secret: ID@SOURCE.
    #[arg(long, value_name = "ID@SOURCE")]
    new_vault_id: Option<String>,
    #[command(flatten)]
    id: EncryptId,
    #[command(flatten)]
    common: Common,
}

impl Rekey {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<()> {
        let secrets = desk.secrets(&self.common)?;
        let wanted = desk.encrypt_id(&self.id);
        let mut settings = desk.config.vault.clone();
        if wanted.is_none() {
            // Only a wanted id can mean one of the configuration's secrets.
            settings.identity_list.clear();
        }
        let new = Vault {
            ids: self.new_vault_id.iter().cloned().collect(),
            password_files: self.new_vault_password_file.iter().cloned().collect(),
            ask_vault_password: self.common.secrets.ask_vault_password,
        };
        let asked = Wanted { ask_if_none: true, new: true, ..Wanted::default() };
        let fresh = new.secrets(&settings, asked, desk.warn)?;
        if fresh.known.is_empty() {
            return Err(usage("A new vault password is required to use Ansible's Vault rekey"));
        }
        let sealer = desk.sealer_of(&fresh, wanted.as_deref())?;
        for file in &self.files {
            let place = Place::given(file);
            let opened = open(&secrets, &place.read()?, place.name())?;
            place.write(sealer.seal(&opened.plain)?.as_bytes(), Old::Keep)?;
        }
        anstream::eprintln!("Rekey successful");
        Ok(())
    }
}

/// Where bytes come from and go to: a file with its links followed, or a standard stream.
pub(super) struct Place(PathBuf);

/// What becomes of a file that is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Old {
    /// It held a secret: it is overwritten.
    Shred,
    /// It goes; the new file is its owner's alone.
    Drop,
    /// The new file gets its mode and owner.
    Keep,
}

impl Place {
    pub(super) fn given(path: &Path) -> Self {
        Place(real(path))
    }

    fn is_stream(&self) -> bool {
        self.0.as_os_str() == "-"
    }

    pub(super) fn name(&self) -> &Path {
        &self.0
    }

    fn target(self, output: &Output) -> Self {
        output.file.as_deref().map_or(self, Place::given)
    }

    pub(super) fn read(&self) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = if self.is_stream() {
            std::io::stdin().read_to_end(&mut bytes)
        } else {
            File::open(&self.0).and_then(|mut file| file.read_to_end(&mut bytes))
        };
        let shown = self.0.display();
        read.map_err(|e| Error::other(format!("Unable to read source file ({shown}): {e}")))?;
        Ok(bytes)
    }

    /// Replaces the file as a whole; nobody sees a part of it, and nobody else can read it.
    pub(super) fn write(&self, bytes: &[u8], old: Old) -> Result<()> {
        if self.is_stream() {
            let mut output = std::io::stdout();
            return Ok(output.write_all(bytes).and_then(|()| output.flush())?);
        }
        let folder = self.0.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if nix::unistd::access(folder, nix::unistd::AccessFlags::W_OK).is_err() {
            return Err(Error::other(format!("Destination '{}' not writable", folder.display())));
        }
        let shown = self.0.display();
        let failed = |e: std::io::Error| Error::other(format!("Unable to write to vault file {shown}: {e}"));
        let before = File::options().read(true).write(old == Old::Shred).open(&self.0).ok();
        // Made with mode 0600.
        let mut new = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        new.write_all(bytes).map_err(failed)?;
        if let (Old::Keep, Some(before)) = (old, &before) {
            let metadata = before.metadata().map_err(failed)?;
            let owner = std::os::unix::fs::fchown(new.as_file(), Some(metadata.uid()), Some(metadata.gid()));
            owner.map_err(failed)?;
            new.as_file().set_permissions(Permissions::from_mode(metadata.mode())).map_err(failed)?;
        }
        new.as_file().sync_all().map_err(failed)?;
        new.persist(&self.0).map_err(|e| failed(e.error))?;
        match before {
            Some(mut before) if old == Old::Shred => shred(&mut before).map_err(failed),
            _ => Ok(()),
        }
    }
}

/// The path that a name leads to, links followed as far as they lead; `-` is none.
fn real(path: &Path) -> PathBuf {
    if path.as_os_str() == "-" {
        return path.to_owned();
    }
    let absolute = crate::value::normal(path);
    absolute.canonicalize().unwrap_or(absolute)
}

/// Overwrites a file that has no name any more, or soon has none; one with other names is somebody's still.
pub(super) fn shred(file: &mut File) -> std::io::Result<()> {
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.nlink() > 1 {
        return Ok(());
    }
    file.rewind()?;
    let mut noise = [0; 4096];
    let mut left = metadata.len();
    while left > 0 {
        getrandom::fill(&mut noise).map_err(std::io::Error::other)?;
        let part = noise.get(..left.min(4096) as usize).unwrap_or(&noise);
        file.write_all(part)?;
        left -= part.len() as u64;
    }
    file.sync_all()
}

fn places(files: &[PathBuf], what: &str) -> Vec<Place> {
    if files.is_empty() {
        if std::io::stdin().is_terminal() {
            anstream::eprintln!("Reading {what} input from stdin");
        }
        return vec![Place("-".into())];
    }
    files.iter().map(|file| Place::given(file)).collect()
}

fn one_output(files: &[PathBuf], output: &Output) -> Result<()> {
    if output.file.is_some() && files.len() > 1 {
        return Err(usage("At most one input file may be used with the --output option"));
    }
    Ok(())
}

/// Tells people, not programs, that it worked.
pub(super) fn told(words: &str) {
    if std::io::stdout().is_terminal() {
        anstream::eprintln!("{words}");
    }
}

/// Shows a text: through the pager on a terminal.
fn show(text: &[u8], pager: &str) -> Result<()> {
    let mut output = std::io::stdout();
    if output.is_terminal()
        && let Some((program, args)) = shlex::split(pager).as_deref().and_then(<[String]>::split_first)
        && let Ok(mut child) =
            Command::new(program).args(args).env("LESS", "FRSX").stdin(Stdio::piped()).spawn()
    {
        if let Some(mut input) = child.stdin.take() {
            // A pager that is left early reads no further.
            let _ = input.write_all(text);
        }
        child.wait()?;
        return Ok(());
    }
    output.write_all(text)?;
    if !text.ends_with(b"\n") {
        output.write_all(b"\n")?;
    }
    Ok(output.flush()?)
}
