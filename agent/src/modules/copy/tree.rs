//! A directory that is on the target, with all that is in it.

use crate::args::Args;
use crate::digest;
use crate::effects::FileArgs;
use crate::errno;
use crate::module::{Context, Failed};
use crate::stream;
use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;

/// Makes `to` hold what `from` holds; what else is in it stays. Whether anything changed.
pub(super) fn copy(args: &Args, cx: &mut Context<'_>, from: &Path, to: &Path) -> Result<bool, Failed> {
    let owners =
        FileArgs { mode: None, attributes: None, context: Default::default(), ..FileArgs::from_args(args) };
    let missing = to.ancestors().skip(1).take_while(|d| !d.as_os_str().is_empty() && !d.exists());
    for dir in missing.collect::<Vec<_>>().into_iter().rev() {
        cx.effects.make_dir(dir, 0o777).map_err(|e| words(from, to, &e, dir))?;
    }
    let copy = Copy { follow: args.bool("local_follow"), owners };
    copy.directory(cx, from, to).map_err(|(e, path)| match e {
        Problem::System(e) => words(from, to, &e, Path::new(&path)),
        Problem::Module(failed) => failed,
    })
}

fn words(from: &Path, to: &Path, e: &io::Error, at: &Path) -> Failed {
    Failed::new(format!("Failed to copy '{}' to '{}'.", from.display(), to.display()))
        .because(errno::python(e, &[at]))
}

enum Problem {
    System(io::Error),
    Module(Failed),
}

type Done = Result<bool, (Problem, String)>;

struct Copy {
    /// Whether links lead on; without a word they stay links inside directories that are new.
    follow: Option<bool>,
    owners: FileArgs,
}

impl Copy {
    fn directory(&self, cx: &mut Context<'_>, from: &Path, to: &Path) -> Done {
        let told = |e: io::Error| (Problem::System(e), from.display().to_string());
        // Listed before anything is made, which may be in here.
        let entries: Vec<DirEntry> = fs::read_dir(from).and_then(Iterator::collect).map_err(told)?;
        let mut changed = false;
        if !to.exists() {
            let mode = fs::metadata(from).map_err(told)?.permissions();
            cx.effects.make_dir(to, 0o777).map_err(told)?;
            cx.effects.set_permissions(to, mode).map_err(told)?;
            changed = true;
        }
        changed |= self.own(cx, to)?;
        for entry in entries {
            changed |= self.entry(cx, &entry.path(), &to.join(entry.file_name()))?;
        }
        Ok(changed)
    }

    fn entry(&self, cx: &mut Context<'_>, from: &Path, to: &Path) -> Done {
        let told = |e: io::Error| (Problem::System(e), from.display().to_string());
        if from.is_symlink() && self.follow != Some(true) {
            let target = fs::read_link(from).map_err(told)?;
            if fs::read_link(to).is_ok_and(|there| there == target) {
                return self.own(cx, to);
            }
            cx.effects.replace_link(&target, to).map_err(told)?;
            self.own(cx, to)?;
            return Ok(true);
        }
        if from.is_dir() {
            return self.directory(cx, from, to);
        }
        let same = to.is_file() && digest::sha1(from).map_err(told)? == digest::sha1(to).map_err(told)?;
        if !same {
            let mut source = File::open(from).map_err(told)?;
            let mut temp = cx.effects.temp_beside(to, false).map_err(told)?;
            if let Some(temp) = &mut temp {
                stream::copy(&mut source, temp.file()).map_err(told)?;
            }
            cx.effects.replace(temp, to, false).map_err(told)?;
            let mode = source.metadata().map_err(told)?.permissions();
            cx.effects.set_permissions(to, mode).map_err(told)?;
        }
        Ok(self.own(cx, to)? || !same)
    }

    fn own(&self, cx: &mut Context<'_>, path: &Path) -> Done {
        cx.effects
            .set_attributes(path, &self.owners)
            .map_err(|failed| (Problem::Module(failed), path.display().to_string()))
    }
}
