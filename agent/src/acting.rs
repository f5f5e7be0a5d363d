//! Acting on files as the account that controls their place.
//!
//! Root that writes below another account's directory follows whatever links that account lays there. So it first
//! becomes that account, for files only and in this thread only: what the account may not do, it cannot have done.

use crate::accounts;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// While it lives, this thread's files are those of another account.
#[derive(Debug)]
pub struct Acting {
    account: Option<(u32, u32)>,
}

impl Acting {
    /// Becomes the account in whose hands `path` is; nobody else where that is root, or where we are not.
    #[must_use]
    pub fn for_path(path: &Path) -> Self {
        let account = controlling(path).filter(|_| accounts::effective_uid() == 0);
        if let Some((uid, gid)) = account {
            // The group first: without root's id it could not be taken any more.
            assume(uid, gid);
        }
        Acting { account }
    }

    /// The account's ids, when it is another than ours.
    #[must_use]
    pub fn account(&self) -> Option<(u32, u32)> {
        self.account
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        if self.account.is_some() {
            // SAFETY: plain numbers; the user first, which gives the right to change the group back.
            unsafe {
                libc::setfsuid(0);
                libc::setfsgid(accounts::effective_gid());
            }
        }
    }
}

fn assume(uid: u32, gid: u32) {
    // SAFETY: plain numbers; both calls affect the calling thread's view of files only.
    unsafe {
        libc::setfsgid(gid);
        libc::setfsuid(uid);
    }
}

/// The first account but root's on the way down to `path`: all below its directory is in its hands.
#[must_use]
pub fn controlling(path: &Path) -> Option<(u32, u32)> {
    let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
    above.reverse();
    let owners = above.into_iter().filter_map(|dir| fs::symlink_metadata(dir).ok());
    owners.map(|meta| (meta.uid(), meta.gid())).find(|(uid, _)| *uid != 0)
}
