//! Upgrading all that is installed.

use super::install::ZERO;
use super::run::{Apt, failed};
use crate::module::Failed;
use crate::outcome::Outcome;
use crate::program;

/// aptitude's words when there was nothing to do.
const APTITUDE_ZERO: &str = "\n0 packages upgraded, 0 newly installed, 0 to remove";

/// Upgrades by apt-get, or by aptitude where that is, as Ansible does.
pub fn run(apt: &mut Apt<'_, '_>, mode: &str) -> Result<Outcome, Failed> {
    let aptitude = program::find(apt.cx, "aptitude").filter(|_| !apt.args.flag("force_apt_get"));
    let aptitude = aptitude.filter(|_| mode != "dist");
    let auto_remove = apt.word("autoremove", "--auto-remove");
    let (path, command, force) = match &aptitude {
        Some(path) => {
            for (flag, option) in
                [("fail_on_autoremove", "--no-remove"), ("allow_downgrade", "--allow-downgrades")]
            {
                if apt.args.flag(flag) {
                    let warning =
                        format!("APTITUDE does not support '{option}', ignoring the '{flag}' parameter.");
                    apt.warnings.push(warning);
                }
            }
            let command = if mode == "full" { "full-upgrade" } else { "safe-upgrade" };
            (path.clone(), command.to_owned(), "--assume-yes --allow-untrusted")
        }
        None => {
            let command = match mode {
                "dist" | "full" => format!("dist-upgrade {auto_remove}"),
                _ => format!("upgrade --with-new-pkgs {auto_remove}"),
            };
            (apt.apt_get.clone(), command, "--force-yes")
        }
    };
    let by_apt_get = |word: &'static str| if aptitude.is_none() { word } else { "" };
    let release =
        apt.args.str("default_release").map(|release| format!(" -t '{release}'")).unwrap_or_default();
    let line = format!(
        "{} -y {} {} {} {} {} {} {command}{release}",
        path.display(),
        apt.dpkg_options(),
        apt.word("force", force),
        by_apt_get(apt.word("fail_on_autoremove", "--no-remove")),
        apt.word("allow_unauthenticated", "--allow-unauthenticated"),
        by_apt_get(apt.word("allow_downgrade", "--allow-downgrades")),
        apt.simulate(),
    );
    let ran = apt.run(line)?;
    let out = ran.output.stdout_text();
    if ran.output.rc != 0 {
        let msg = format!("'{} {command}' failed: {}", path.display(), ran.output.stderr_text());
        return Err(failed(msg, &ran.output));
    }
    let zero = if aptitude.is_some() { APTITUDE_ZERO } else { ZERO };
    let changed = !out.contains(zero);
    let mut outcome = apt.tell(changed, &ran.output).with("msg", out);
    if !changed {
        outcome.values.shift_remove("diff");
    }
    Ok(outcome)
}
