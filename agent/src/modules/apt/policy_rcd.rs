//! /usr/sbin/policy-rc.d, which says whether packages may start their services while they are installed.

use crate::args::Args;
use crate::effects::{FileArgs, ModeArg};
use crate::module::{Context, Failed};
use std::path::Path;

const FILE: &str = "/usr/sbin/policy-rc.d";
const ASIDE: &str = "/usr/sbin/policy-rc.d.warp-aside";

/// Our answer in place, until it is taken back.
#[must_use]
pub struct PolicyRcd {
    set: bool,
    aside: bool,
}

impl PolicyRcd {
    /// Puts the answer that `policy_rc_d` asks for in place; the machine's own is laid aside.
    ///
    /// # Errors
    /// The file could not be laid aside or written.
    pub fn set(args: &Args, cx: &mut Context<'_>) -> Result<Self, Failed> {
        let Some(answer) = args.int::<i64>("policy_rc_d").filter(|_| !cx.mode.check) else {
            return Ok(PolicyRcd { set: false, aside: false });
        };
        let (file, aside) = (Path::new(FILE), Path::new(ASIDE));
        let there = std::fs::symlink_metadata(file).is_ok();
        if there {
            cx.effects
                .rename(file, aside)
                .map_err(|e| Failed::new(format!("Fail to move {FILE} to {ASIDE}: {e}")))?;
        }
        let guard = PolicyRcd { set: true, aside: there };
        let text = format!("#!/bin/sh\nexit {answer}\n");
        let mode = FileArgs { mode: Some(ModeArg::Bits(0o755)), ..FileArgs::default() };
        let written = cx.effects.write(file, text.as_bytes(), false);
        if written.is_err() || cx.effects.set_attributes(file, &mode).is_err() {
            guard.restore(cx)?;
            return Err(Failed::new(format!("Failed to create or chmod {FILE}")));
        }
        Ok(guard)
    }

    /// Takes it back.
    ///
    /// # Errors
    /// The file could not be removed, or the machine's own not be put back.
    pub fn restore(self, cx: &mut Context<'_>) -> Result<(), Failed> {
        if self.aside {
            return cx
                .effects
                .rename(Path::new(ASIDE), Path::new(FILE))
                .map_err(|e| Failed::new(format!("Fail to move back {ASIDE} to {FILE}: {e}")));
        }
        if self.set {
            return cx.effects.remove_file(Path::new(FILE)).map_err(|e| {
                Failed::new(format!("Fail to remove {FILE} (after package manipulation): {e}"))
            });
        }
        Ok(())
    }
}
