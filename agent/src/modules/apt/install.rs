//! Installing packages, by name or from files.

use super::cache::Cache;
use super::query::{self, Installable};
use super::run::{Apt, failed};
use crate::module::Failed;
use crate::outcome::Outcome;
use std::path::Path;

/// apt-get's words when there was nothing to do.
pub const ZERO: &str = "\n0 upgraded, 0 newly installed, 0 to remove";

/// Installs packages by name.
pub fn packages(apt: &mut Apt<'_, '_>, specs: &[String], cache: &Cache) -> Result<Outcome, Failed> {
    let state = apt.args.text("state").to_owned();
    let build_dep = state == "build-dep";
    let wanted = query::expand(apt, specs)?;
    let mut chosen = Vec::new();
    for one in &wanted {
        if build_dep {
            chosen.push(one.text.clone());
        } else if let Some(spec) = choose(apt, one, state == "latest", cache)? {
            chosen.push(spec);
        }
    }
    let outcome = if chosen.is_empty() {
        Outcome::changed(false)
    } else {
        get(apt, &chosen, build_dep, &state).map_err(|failure| cache.fail(failure))?
    };
    if !build_dep && !apt.cx.mode.check {
        let names: Vec<&str> = wanted.iter().map(|one| one.name.as_str()).collect();
        mark_manual(apt, &names)?;
    }
    Ok(cache.tell(outcome))
}

/// What to ask of apt-get for one package; nothing when it is as wanted.
fn choose(
    apt: &mut Apt<'_, '_>,
    wanted: &query::Wanted,
    latest: bool,
    cache: &Cache,
) -> Result<Option<String>, Failed> {
    let only_upgrade = apt.args.flag("only_upgrade");
    let status = query::for_install(apt, wanted)?;
    if !status.installed && only_upgrade {
        return Ok(None);
    }
    if !status.satisfied && status.installable == Installable::Nothing {
        let failure = Failed::new(format!("no available installation candidate for {}", wanted.text));
        return Err(cache.fail(failure));
    }
    let needed = !status.installed || latest || !status.satisfied;
    let version = wanted.version.as_ref().map(|(_, version)| version);
    Ok(match status.installable {
        Installable::Nothing => None,
        Installable::Version(best) if needed => Some(format!("{}={best}", wanted.name)),
        Installable::Provided if needed => Some(match version {
            Some(version) => format!("{}={version}", wanted.name),
            None => wanted.name.clone(),
        }),
        // Installed as asked by a pattern, while another version fits it too.
        _ => match &wanted.version {
            Some((operator, version)) if operator == "=" => Some(format!("{}={version}", wanted.name)),
            _ => None,
        },
    })
}

/// Options that follow the packages.
fn tail(apt: &Apt<'_, '_>) -> String {
    let mut tail = String::new();
    if let Some(release) = apt.args.str("default_release") {
        tail.push_str(&format!(" -t '{release}'"));
    }
    match apt.args.bool("install_recommends") {
        Some(false) => tail.push_str(" -o APT::Install-Recommends=no"),
        Some(true) => tail.push_str(" -o APT::Install-Recommends=yes"),
        None => {}
    }
    for (flag, word) in [
        ("allow_unauthenticated", " --allow-unauthenticated"),
        ("allow_downgrade", " --allow-downgrades"),
        ("allow_change_held_packages", " --allow-change-held-packages"),
    ] {
        tail.push_str(apt.word(flag, word));
    }
    tail
}

/// Has apt-get install, or fetch what building needs.
fn get(apt: &mut Apt<'_, '_>, specs: &[String], build_dep: bool, state: &str) -> Result<Outcome, Failed> {
    let quoted: Vec<String> = specs.iter().map(|spec| format!("'{spec}'")).collect();
    let fixed = if state == "fixed" { "--fix-broken" } else { "" };
    let auto_remove =
        if build_dep { String::new() } else { format!("{} ", apt.word("autoremove", "--auto-remove")) };
    let line = format!(
        "{} -y {} {} {fixed} {} {auto_remove}{} {} {} {}{}",
        apt.apt_get.display(),
        apt.dpkg_options(),
        apt.word("only_upgrade", "--only-upgrade"),
        apt.word("force", "--force-yes"),
        apt.word("fail_on_autoremove", "--no-remove"),
        apt.simulate(),
        if build_dep { "build-dep" } else { "install" },
        quoted.join(" "),
        tail(apt),
    );
    let ran = apt.run(line)?;
    if ran.output.rc != 0 {
        let msg = format!("'{}' failed: {}", ran.shown, ran.output.stderr_text());
        return Err(failed(msg, &ran.output));
    }
    let changed = !build_dep || !ran.output.stdout_text().contains(ZERO);
    Ok(apt.tell(changed, &ran.output))
}

/// Marks packages as wanted for themselves, so that autoremove spares them.
fn mark_manual(apt: &mut Apt<'_, '_>, names: &[&str]) -> Result<(), Failed> {
    let marked = apt.ask(&["apt-mark", "showmanual"])?.stdout_text();
    let missing: Vec<&str> =
        names.iter().filter(|name| !marked.lines().any(|line| line == **name)).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-mark manual {}", missing.join(" "));
    let ran = apt.run(line)?;
    if ran.output.rc != 0 {
        return Err(failed(format!("'{}' failed: {}", ran.shown, ran.output.stderr_text()), &ran.output));
    }
    Ok(())
}

/// Installs package files of this machine, with what they depend on.
pub fn files(apt: &mut Apt<'_, '_>, files: &str) -> Result<Outcome, Failed> {
    if apt.args.text("state") != "present" {
        return Err(Failed::new("deb only supports state=present"));
    }
    let mut chosen = Vec::new();
    for file in files.split(',') {
        if file.contains("://") {
            return Err(Failed::new(format!(
                "{file}: package files are not fetched here; get them with get_url first"
            )));
        }
        let real = Path::new(file)
            .canonicalize()
            .map_err(|e| Failed::new(format!("Unable to install package: {file}: {e}")))?;
        let real = real.to_string_lossy().into_owned();
        let (name, version) = (field(apt, &real, "Package")?, field(apt, &real, "Version")?);
        let status = apt.ask(&["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "--", &name])?;
        if status.stdout_text() != format!("installed {version}") {
            chosen.push(real);
        }
    }
    if chosen.is_empty() {
        return Ok(Outcome::changed(false).with("stdout", "").with("stderr", "").with("diff", ""));
    }
    get(apt, &chosen, false, "present")
}

/// A field of a package file.
fn field(apt: &mut Apt<'_, '_>, file: &str, field: &str) -> Result<String, Failed> {
    let output = apt.ask(&["dpkg-deb", "--field", file, field])?;
    if output.rc != 0 {
        let why = output.stderr_text();
        return Err(failed(format!("Unable to install package: {}", why.trim()), &output));
    }
    Ok(output.stdout_text().trim().to_owned())
}
