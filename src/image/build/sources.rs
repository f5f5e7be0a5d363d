//! Where the machine gets its own packages from.

use super::tool;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// The machine's distribution with the package sources and the fetch settings that it is configured with.
#[derive(Debug)]
pub struct Suite {
    /// `debian` or `ubuntu`.
    pub distribution: String,
    /// The release's code name.
    pub codename: String,
    /// As dpkg names it.
    pub architecture: String,
    /// The sources, in sources.list's one-line form.
    pub sources: String,
    /// Settings like proxies, in apt.conf's form.
    pub options: Vec<String>,
}

impl Suite {
    /// Reads os-release and asks apt.
    ///
    /// # Errors
    /// Neither Debian nor Ubuntu, or no source of the distribution among apt's indexes.
    pub fn of_this_machine() -> Result<Self> {
        let release = std::fs::read_to_string("/etc/os-release")
            .map_err(|e| Error::other(format!("/etc/os-release cannot be read: {e}")))?;
        let distribution = field(&release, "ID").unwrap_or_default();
        let codename = field(&release, "VERSION_CODENAME").unwrap_or_default();
        if !matches!(distribution.as_str(), "debian" | "ubuntu") || codename.is_empty() {
            return Err(Error::other(format!("an image cannot be built on \"{distribution} {codename}\""))
                .note("the default image is made of the machine's own packages, on Debian and Ubuntu")
                .help("place an undercloud.qcow2 in IMAGECACHE to use that instead"));
        }
        let architecture = tool::output(tool::command("dpkg").arg("--print-architecture"))?.trim().to_owned();
        let targets = tool::output(tool::command("apt-get").args([
            "indextargets",
            "--format",
            "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)",
            "Created-By: Packages",
        ]))?;
        let sources = sources(&targets, &distribution, &codename);
        if sources.is_empty() {
            return Err(Error::other(format!("apt knows no packages of {distribution} {codename}"))
                .help("run: apt-get update"));
        }
        let options = tool::output(tool::command("apt-config").args([
            "dump",
            "--format",
            "%F \"%v\";%n",
            "Acquire::http",
            "Acquire::https",
            "Acquire::Retries",
        ]))?;
        let options = options.lines().filter(|l| !l.ends_with("\"\";")).map(str::to_owned).collect();
        Ok(Suite { distribution, codename, architecture, sources, options })
    }
}

/// A field of os-release, without quotes.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines()
        .find_map(|l| l.strip_prefix(name)?.strip_prefix('='))
        .map(|v| v.trim_matches(['"', '\'']).to_owned())
}

/// The distribution's own release, updates and security suites among apt's indexes; third parties' are left out.
fn sources(targets: &str, distribution: &str, codename: &str) -> String {
    let mut suites: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for line in targets.lines() {
        let mut words = line.split(' ');
        let (Some(origin), Some(uri), Some(release), Some(component)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let ours = release.strip_prefix(codename).is_some_and(|r| matches!(r, "" | "-updates" | "-security"));
        if ours && origin.eq_ignore_ascii_case(distribution) {
            let components = suites.entry((release, uri)).or_default();
            if !components.contains(&component) {
                components.push(component);
            }
        }
    }
    suites
        .iter()
        .map(|((release, uri), components)| format!("deb {uri} {release} {}\n", components.join(" ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_distributions_own_suites_are_taken() {
        let targets = "Debian http://a/debian/ bookworm main\n\
                       Debian http://a/debian/ bookworm contrib\n\
                       Debian http://a/debian/ bookworm-updates main\n\
                       Debian http://a/debian/ bookworm-backports main\n\
                       Other http://b/ bookworm main\n\
                       Debian http://s/ bookworm-security main\n";
        assert_eq!(
            sources(targets, "debian", "bookworm"),
            "deb http://a/debian/ bookworm main contrib\n\
             deb http://s/ bookworm-security main\n\
             deb http://a/debian/ bookworm-updates main\n"
        );
    }

    #[test]
    fn os_release_values_lose_their_quotes() {
        assert_eq!(
            field("ID=debian\nVERSION_CODENAME=\"noble\"\n", "VERSION_CODENAME").as_deref(),
            Some("noble")
        );
    }
}
