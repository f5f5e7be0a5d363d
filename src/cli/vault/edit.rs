//! Edits what is encrypted: the plain text is in a folder of its own, and overwritten afterwards.

use super::files::{Old, Place, shred};
use super::{Common, Desk, EncryptId, Sealer, open, usage};
use crate::error::{Error, Result};
use nix::sys::signal::{SigSet, Signal};
use std::fs::{DirBuilder, File};
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use zeroize::Zeroizing;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Create {
    /// The file.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Open the editor without a terminal too.
    #[arg(long)]
    skip_tty_check: bool,
    #[command(flatten)]
    id: EncryptId,
    #[command(flatten)]
    common: Common,
}

impl Create {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<()> {
        let sealer = desk.sealer(&self.common, &self.id)?;
        let [file] = self.files.as_slice() else {
            return Err(usage("ansible-vault create can take only one filename argument"));
        };
        if !std::io::stdout().is_terminal() && !self.skip_tty_check {
            return Err(usage("not a tty, editor cannot be opened"));
        }
        if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
            (desk.warn)(format!("{} does not exist, creating...", folder.display()));
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        if file.is_file() {
            return Err(Error::other(format!("{} exists, please use 'edit' instead", file.display())));
        }
        let written = edited(&[], file, &desk.config.editor)?;
        Place::given(file).write(sealer.seal(&written)?.as_bytes(), Old::Drop)
    }
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Edit {
    /// The files.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Accepted for Ansible's sake: a file keeps the id that it has.
    #[arg(long, value_name = "ID")]
    encrypt_vault_id: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Edit {
    pub(super) fn run(&self, desk: &mut Desk<'_>) -> Result<()> {
        let secrets = desk.secrets(&self.common)?;
        for file in &self.files {
            let place = Place::given(file);
            let opened = open(&secrets, &place.read()?, place.name())?;
            let written = edited(&opened.plain, file, &desk.config.editor)?;
            if *written != *opened.plain {
                let sealer: Sealer = desk.sealing(opened.id, opened.secret);
                place.write(sealer.seal(&written)?.as_bytes(), Old::Keep)?;
            }
        }
        Ok(())
    }
}

/// What an editor makes of a text. Nobody else can read the file meanwhile, and nothing of it stays.
fn edited(plain: &[u8], name: &Path, editor: &str) -> Result<Zeroizing<Vec<u8>>> {
    without_interrupts(|| edited_in_file(plain, name, editor))
}

fn edited_in_file(plain: &[u8], name: &Path, editor: &str) -> Result<Zeroizing<Vec<u8>>> {
    let folder = tempfile::Builder::new().prefix("warp-vault-").tempdir_in(memory())?;
    // Editors know a text's kind by its name's ending.
    let ending = name.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    let path = folder.path().join(format!("edit{ending}"));
    let _shredded = Shredded(path.clone());
    File::create_new(&path)?.write_all(plain)?;
    let words = shlex::split(editor).unwrap_or_default();
    let Some((program, args)) = words.split_first() else {
        return Err(Error::other(format!("the editor `{editor}` is no command"))
            .help("set EDITOR, or editor in ansible.cfg's [defaults]"));
    };
    let mut command = Command::new(program);
    command.args(args).arg(&path);
    let failed = |e: std::io::Error| {
        Error::other(format!("Unable to execute the command \"{editor} {}\": {e}", path.display()))
    };
    command.status().map_err(failed)?;
    Ok(std::fs::read(&path).map(Zeroizing::new)?)
}

/// Where what must not reach a disk is kept: the session's folder in memory, if there is one.
fn memory() -> PathBuf {
    let session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    session.filter(|folder| folder.is_dir()).unwrap_or_else(std::env::temp_dir)
}

/// Does what cleans up behind itself: signals that end a program wait until then. The editor gets them; a process
/// begins with none held.
fn without_interrupts<T>(work: impl FnOnce() -> T) -> T {
    let mut deferred = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGHUP] {
        deferred.add(signal);
    }
    let blocked = deferred.thread_block();
    let made = work();
    if blocked.is_ok() {
        // They arrive now, or never had to be held.
        let _ = deferred.thread_unblock();
    }
    made
}

/// A file that is overwritten and removed in the end, whatever happened.
struct Shredded(PathBuf);

impl Drop for Shredded {
    fn drop(&mut self) {
        // Its folder goes too; what cannot be overwritten can at least not be found.
        if let Ok(mut file) = File::options().write(true).open(&self.0) {
            let _ = shred(&mut file);
        }
        let _ = std::fs::remove_file(&self.0);
    }
}
