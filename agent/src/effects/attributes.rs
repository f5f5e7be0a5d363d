//! Owner, group and permissions: the common arguments of modules that make files.

use super::{Effects, ModeArg};
use crate::accounts;
use crate::args::Args;
use crate::errno;
use crate::fs_flags;
use crate::module::Failed;
use crate::value::Value;
use std::fs::{self, Metadata, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;

/// The attributes that a file is to have; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileArgs {
    /// Permissions.
    pub mode: Option<ModeArg>,
    /// The user, by name or id.
    pub owner: Option<String>,
    /// The group, by name or id.
    pub group: Option<String>,
    /// Flags of the file system, as chattr takes them.
    pub attributes: Option<String>,
    /// The parts of its SELinux context: user, role, type, level.
    pub context: [Option<String>; 4],
}

impl FileArgs {
    /// Reads the common arguments.
    #[must_use]
    pub fn from_args(args: &Args) -> Self {
        FileArgs {
            mode: ModeArg::from_value(args.get("mode")),
            owner: args.str("owner").map(str::to_owned),
            group: args.str("group").map(str::to_owned),
            attributes: args.str("attributes").map(str::to_owned),
            context: ["seuser", "serole", "setype", "selevel"].map(|name| args.str(name).map(str::to_owned)),
        }
    }
}

impl Effects {
    /// Gives `path` the attributes it does not have yet; whether any changed. A link itself is meant, not its target.
    ///
    /// # Errors
    /// As Ansible words them, with `path`.
    pub fn set_attributes(&mut self, path: &Path, wanted: &FileArgs) -> Result<bool, Failed> {
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            // What check mode did not make has no attributes yet.
            Err(e) if e.kind() == ErrorKind::NotFound && self.check() => {
                let any = *wanted != FileArgs::default();
                self.changed |= any;
                return Ok(any);
            }
            Err(e) => return Err(failed_at(path, format!("cannot look at the file: {e}"))),
        };
        let context = self.set_context(path, &wanted.context)?;
        let owner = self.set_owner(path, &meta, wanted.owner.as_deref())?;
        let group = self.set_group(path, &meta, wanted.group.as_deref())?;
        let mode = self.set_mode(path, wanted.mode.as_ref())?;
        let flags = self.set_flags(path, wanted.attributes.as_deref())?;
        Ok(context || owner || group || mode || flags)
    }

    fn set_owner(&mut self, path: &Path, meta: &Metadata, owner: Option<&str>) -> Result<bool, Failed> {
        let Some(owner) = owner else { return Ok(false) };
        let by_name = || accounts::user_by_name(owner).map(|u| u.uid);
        let uid = owner
            .trim()
            .parse()
            .ok()
            .or_else(by_name)
            .ok_or_else(|| failed_at(path, format!("chown failed: failed to look up user {owner}")))?;
        if meta.uid() == uid {
            return Ok(false);
        }
        self.note("owner", meta.uid().into(), uid.into());
        if self.begin() {
            lchown(path, Some(uid), None)
                .map_err(|e| failed_at(path, "chown failed").because(errno::python(&e, &[path])))?;
        }
        Ok(true)
    }

    fn set_group(&mut self, path: &Path, meta: &Metadata, group: Option<&str>) -> Result<bool, Failed> {
        let Some(group) = group else { return Ok(false) };
        let by_name = || accounts::group_by_name(group).map(|g| g.gid);
        let gid = group
            .trim()
            .parse()
            .ok()
            .or_else(by_name)
            .ok_or_else(|| failed_at(path, format!("chgrp failed: failed to look up group {group}")))?;
        if meta.gid() == gid {
            return Ok(false);
        }
        self.note("group", meta.gid().into(), gid.into());
        if self.begin() {
            lchown(path, None, Some(gid)).map_err(|_| failed_at(path, "chgrp failed"))?;
        }
        Ok(true)
    }

    fn set_mode(&mut self, path: &Path, mode: Option<&ModeArg>) -> Result<bool, Failed> {
        let Some(mode) = mode else { return Ok(false) };
        // Looked at again: a change of owner may have taken set-id bits away.
        let meta = fs::symlink_metadata(path).map_err(|e| failed_at(path, e.to_string()))?;
        let before = meta.mode() & 0o7777;
        let wanted = mode
            .resolve(before, meta.is_dir())
            .map_err(|f| f.with("path", path.to_string_lossy().into_owned()))?;
        if before == wanted {
            return Ok(false);
        }
        self.note("mode", format!("0{before:03o}").into(), format!("0{wanted:03o}").into());
        if self.check() {
            self.changed = true;
            return Ok(true);
        }
        if meta.is_symlink() {
            // Linux keeps no permissions on links, and those of the target are not meant.
            return Ok(false);
        }
        fs::set_permissions(path, Permissions::from_mode(wanted))
            .map_err(|e| failed_at(path, "chmod failed").because(errno::python(&e, &[path])))?;
        let after = fs::symlink_metadata(path).map(|m| m.mode() & 0o7777).unwrap_or(wanted);
        self.changed |= after != before;
        Ok(after != before)
    }

    fn set_flags(&mut self, path: &Path, attributes: Option<&str>) -> Result<bool, Failed> {
        let Some(text) = attributes else { return Ok(false) };
        let (operator, letters) = match text.strip_prefix(['+', '-', '=']) {
            Some(letters) => (text.chars().next().unwrap_or('='), letters),
            None => ('=', text),
        };
        let failed = |why: String| failed_at(path, "chattr failed").with("details", why);
        let asked = fs_flags::parse(letters).map_err(|c| failed(format!("there is no attribute {c}")))?;
        // A file system without flags has the empty set.
        let before = fs_flags::flags(path).unwrap_or(0);
        let wanted = match operator {
            '+' => before | asked,
            '-' => before & !asked,
            _ => asked,
        };
        if letters.is_empty() || before == wanted {
            return Ok(false);
        }
        self.note("attributes", fs_flags::letters(before).into(), format!("{operator}{letters}").into());
        if self.begin() {
            fs_flags::write(path, wanted)
                .map_err(|e| failed(format!("Error while setting attributes: {}", errno::text(&e))))?;
        }
        Ok(true)
    }

    /// Records an attribute as it was and as it becomes.
    pub(super) fn note(&mut self, name: &str, before: Value, after: Value) {
        self.before.insert(name.to_owned(), before);
        self.after.insert(name.to_owned(), after);
    }
}

pub(super) fn failed_at(path: &Path, msg: impl Into<String>) -> Failed {
    Failed::new(msg).with("path", path.to_string_lossy().into_owned())
}
