//! Removing packages, what nothing needs, and fetched files.

use super::query;
use super::run::{Apt, failed};
use crate::module::Failed;
use crate::outcome::Outcome;

/// Removes packages by name.
pub fn packages(apt: &mut Apt<'_, '_>, specs: &[String]) -> Result<Outcome, Failed> {
    let mut chosen = Vec::new();
    for one in query::expand(apt, specs)? {
        let status = query::for_removal(apt, &one)?;
        if status.satisfied || (status.has_files && apt.args.flag("purge")) {
            chosen.push(format!("'{}'", one.text));
        }
    }
    if chosen.is_empty() {
        return Ok(Outcome::changed(false));
    }
    let packages = chosen.join(" ");
    let line = format!(
        "{} -q -y {} {} {} {} {} {} remove {packages}",
        apt.apt_get.display(),
        apt.dpkg_options(),
        apt.word("purge", "--purge"),
        apt.word("force", "--force-yes"),
        apt.word("autoremove", "--auto-remove"),
        apt.simulate(),
        apt.word("allow_change_held_packages", "--allow-change-held-packages"),
    );
    let ran = apt.run(line)?;
    if ran.output.rc != 0 {
        let msg = format!("'apt-get remove {packages}' failed: {}", ran.output.stderr_text());
        return Err(failed(msg, &ran.output));
    }
    Ok(apt.tell(true, &ran.output))
}

/// `autoremove` or `autoclean`.
pub fn tidy(apt: &mut Apt<'_, '_>, operation: &str) -> Result<Outcome, Failed> {
    let line = format!(
        "{} -y {} {} {} {operation} {}",
        apt.apt_get.display(),
        apt.dpkg_options(),
        apt.word("purge", "--purge"),
        apt.word("force", "--force-yes"),
        apt.simulate(),
    );
    let ran = apt.run(line)?;
    if ran.output.rc != 0 {
        return Err(failed(
            format!("'apt-get {operation}' failed: {}", ran.output.stderr_text()),
            &ran.output,
        ));
    }
    let sign = if operation == "autoremove" { "The following packages will be REMOVED" } else { "Del " };
    let changed = ran.output.stdout_text().contains(sign);
    Ok(apt.tell(changed, &ran.output))
}

/// Removes all fetched package files.
pub fn clean(apt: &mut Apt<'_, '_>) -> Result<Outcome, Failed> {
    if !apt.cx.effects.other() {
        return Ok(Outcome::changed(true)
            .with("msg", "")
            .with("stdout", "")
            .with("stderr", "")
            .with("diff", apt.diff("")));
    }
    let line = format!("{} clean", apt.apt_get.display());
    let ran = apt.run(line)?;
    let why = ran.output.stderr_text();
    if ran.output.rc != 0 || !why.is_empty() {
        return Err(failed(format!("apt-get clean failed: {why}"), &ran.output));
    }
    Ok(apt.tell(true, &ran.output).with("msg", ran.output.stdout_text()))
}
