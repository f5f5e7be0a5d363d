//! What dpkg and apt know of packages.

use super::run::Apt;
use crate::glob;
use crate::module::Failed;

/// What a package is asked for with.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The whole, as given.
    pub text: String,
    /// Its name.
    pub name: String,
    /// `=` or `>=`, and the version.
    pub version: Option<(String, String)>,
}

impl Wanted {
    /// Parts NAME, NAME=VERSION and NAME>=VERSION.
    pub fn parse(text: &str) -> Self {
        let version = text.find(['=']).and_then(|at| {
            let at = if text.get(..at)?.ends_with('>') { at - 1 } else { at };
            let (name, rest) = text.split_at_checked(at)?;
            let operator = if rest.starts_with(">=") { ">=" } else { "=" };
            Some((name.to_owned(), (operator.to_owned(), rest.strip_prefix(operator)?.to_owned())))
        });
        match version {
            Some((name, version)) => Wanted { text: text.to_owned(), name, version: Some(version) },
            None => Wanted { text: text.to_owned(), name: text.to_owned(), version: None },
        }
    }
}

/// What can be installed.
#[derive(Clone, Debug, PartialEq)]
pub enum Installable {
    /// Nothing that is not installed already.
    Nothing,
    /// This version.
    Version(String),
    /// Whatever provides the name.
    Provided,
}

/// A package's state, measured by what is wanted.
#[derive(Clone, Debug)]
pub struct Status {
    /// Whether it is installed in any version.
    pub installed: bool,
    /// Whether it is installed in a version as wanted.
    pub satisfied: bool,
    /// What could be installed instead.
    pub installable: Installable,
    /// Whether files of it are there, installed or not.
    pub has_files: bool,
}

const ABSENT: Status =
    Status { installed: false, satisfied: false, installable: Installable::Nothing, has_files: false };

/// Replaces shell patterns by the names that match them.
pub fn expand(apt: &mut Apt<'_, '_>, specs: &[String]) -> Result<Vec<Wanted>, Failed> {
    let mut wanted = Vec::new();
    let mut names: Option<Vec<String>> = None;
    for spec in specs {
        let one = Wanted::parse(spec);
        if !one.name.contains(['*', '?', '[', ']', '!']) {
            wanted.push(one);
            continue;
        }
        if names.is_none() {
            let text = apt.ask(&["apt-cache", "pkgnames"])?.stdout_text();
            let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
            all.sort();
            names = Some(all);
        }
        let all = names.iter().flatten();
        let matching: Vec<Wanted> =
            all.filter(|name| glob::matches(&one.name, name)).map(|name| Wanted::parse(name)).collect();
        if matching.is_empty() {
            return Err(Failed::new(format!("No package(s) matching '{}' available", one.name)));
        }
        wanted.extend(matching);
    }
    Ok(wanted)
}

/// The state of a package that is to be installed.
pub fn for_install(apt: &mut Apt<'_, '_>, wanted: &Wanted) -> Result<Status, Failed> {
    if let Some(status) = known(apt, wanted)? {
        return Ok(status);
    }
    let providers = providers(apt, &wanted.name)?;
    if providers.is_empty() {
        return Err(Failed::new(format!("No package matching '{}' is available", wanted.name)));
    }
    if let [only] = providers.as_slice() {
        let other = Wanted { name: only.clone(), ..wanted.clone() };
        if let Some(status) = known(apt, &other)?.filter(|status| status.installed) {
            return Ok(status);
        }
    }
    Ok(Status { installable: Installable::Provided, ..ABSENT })
}

/// The state of a package that is to be removed.
pub fn for_removal(apt: &mut Apt<'_, '_>, wanted: &Wanted) -> Result<Status, Failed> {
    Ok(known(apt, wanted)?.unwrap_or(ABSENT))
}

/// The state of a package that has versions; nothing where there is none of that name.
fn known(apt: &mut Apt<'_, '_>, wanted: &Wanted) -> Result<Option<Status>, Failed> {
    let (state, current) = installed(apt, &wanted.name)?;
    let is_installed = state == "installed";
    let candidate = candidate(apt, wanted)?;
    let has_files = !matches!(state.as_str(), "" | "not-installed");
    if candidate.is_none() && !has_files && !has_versions(apt, &wanted.name)? {
        return Ok(None);
    }
    let mut satisfied = is_installed;
    let mut fits = true;
    if let Some((operator, version)) = wanted.version.as_ref().filter(|_| is_installed) {
        let best = candidate.as_deref().unwrap_or_default();
        if operator == "=" {
            satisfied = glob::matches(version, &current);
            fits = glob::matches(version, best);
        } else {
            satisfied = at_least(apt, &current, version)?;
            fits = !best.is_empty() && at_least(apt, best, version)?;
        }
    }
    let installable = match candidate {
        Some(best) if !is_installed || (fits && best != current) => Installable::Version(best),
        _ => Installable::Nothing,
    };
    Ok(Some(Status { installed: is_installed, satisfied, installable, has_files }))
}

/// dpkg's word for the package's state, and its version.
fn installed(apt: &mut Apt<'_, '_>, name: &str) -> Result<(String, String), Failed> {
    let format = "${db:Status-Status} ${Version}\\n";
    let text = apt.ask(&["dpkg-query", "-W", "-f", format, "--", name])?.stdout_text();
    // With several architectures the one that is installed counts.
    let rows = text.lines().filter_map(|line| line.split_once(' '));
    let mut rows: Vec<(String, String)> = rows.map(|(s, v)| (s.to_owned(), v.to_owned())).collect();
    rows.sort_by_key(|(state, _)| state != "installed");
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Options that make apt's programs prefer the release asked for.
fn release(apt: &Apt<'_, '_>) -> Option<String> {
    apt.args.str("default_release").map(|release| format!("APT::Default-Release={release}"))
}

/// The version that apt would install.
fn candidate(apt: &mut Apt<'_, '_>, wanted: &Wanted) -> Result<Option<String>, Failed> {
    if let Some((_, version)) = wanted.version.as_ref().filter(|(operator, _)| operator == "=") {
        // A version that is asked for by name beats every preference.
        let versions = versions(apt, &wanted.name)?;
        return Ok(versions.into_iter().find(|known| glob::matches(version, known)));
    }
    let release = release(apt);
    let mut argv = vec!["apt-cache", "policy"];
    if let Some(release) = &release {
        argv.extend(["-o", release]);
    }
    argv.extend(["--", &wanted.name]);
    let text = apt.ask(&argv)?.stdout_text();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Candidate:"));
    Ok(line.map(str::trim).filter(|version| *version != "(none)").map(str::to_owned))
}

/// All versions there are, highest first.
fn versions(apt: &mut Apt<'_, '_>, name: &str) -> Result<Vec<String>, Failed> {
    let text = apt.ask(&["apt-cache", "policy", "--", name])?.stdout_text();
    let table = text.split_once("Version table:").map_or("", |(_, table)| table);
    // A version's line is indented by five, or has *** there for the one installed; its sources by more.
    let line = |line: &str| {
        let rest = line.strip_prefix("     ").or_else(|| line.strip_prefix(" *** "))?;
        if rest.starts_with(' ') { None } else { rest.split(' ').next().map(str::to_owned) }
    };
    Ok(table.lines().filter_map(line).collect())
}

fn has_versions(apt: &mut Apt<'_, '_>, name: &str) -> Result<bool, Failed> {
    Ok(!versions(apt, name)?.is_empty())
}

/// The packages that provide a name of their own accord.
fn providers(apt: &mut Apt<'_, '_>, name: &str) -> Result<Vec<String>, Failed> {
    let text = apt.ask(&["apt-cache", "showpkg", "--", name])?.stdout_text();
    let list = text.split_once("Reverse Provides:").map_or("", |(_, list)| list);
    let mut names: Vec<String> =
        list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn at_least(apt: &mut Apt<'_, '_>, version: &str, least: &str) -> Result<bool, Failed> {
    Ok(apt.ask(&["dpkg", "--compare-versions", version, "ge", least])?.rc == 0)
}
