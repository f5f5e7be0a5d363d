//! Which distribution this is, told by the files that distributions keep about themselves.

use super::{Gather, read};
use crate::module::Failed;
use crate::pyregex::{Flags, Pattern, Subject};
use crate::value::Map;
use std::path::Path;

/// Families and the distributions that belong to them; others are a family of their own.
const FAMILIES: &[(&str, &[&str])] = &[
    (
        "RedHat",
        &[
            "RedHat",
            "RHEL",
            "Fedora",
            "CentOS",
            "Scientific",
            "SLC",
            "Ascendos",
            "CloudLinux",
            "PSBM",
            "OracleLinux",
            "OVS",
            "OEL",
            "Amazon",
            "Amzn",
            "Virtuozzo",
            "XenServer",
            "Alibaba",
            "EulerOS",
            "openEuler",
            "AlmaLinux",
            "Rocky",
            "TencentOS",
            "EuroLinux",
            "Kylin Linux Advanced Server",
            "MIRACLE",
        ],
    ),
    (
        "Debian",
        &[
            "Debian",
            "Ubuntu",
            "Raspbian",
            "Neon",
            "KDE neon",
            "Linux Mint",
            "SteamOS",
            "Devuan",
            "Kali",
            "Cumulus Linux",
            "Pop!_OS",
            "Parrot",
            "Pardus GNU/Linux",
            "Uos",
            "Deepin",
            "OSMC",
            "Linux Mint Debian Edition",
        ],
    ),
    (
        "Suse",
        &[
            "SuSE",
            "SLES",
            "SLED",
            "openSUSE",
            "openSUSE Tumbleweed",
            "SLES_SAP",
            "SUSE_LINUX",
            "openSUSE Leap",
            "ALP-Dolomite",
            "SL-Micro",
            "openSUSE MicroOS",
        ],
    ),
    ("Archlinux", &["Archlinux", "Antergos", "Manjaro"]),
    ("Gentoo", &["Gentoo", "Funtoo"]),
];

/// What is known of the distribution.
#[derive(Default)]
struct Facts {
    name: String,
    version: String,
    release: String,
    major: String,
    minor: Option<String>,
    /// The file it was told by, and the kind of file that is.
    file: Option<(&'static str, &'static str)>,
    /// Whether the file's content said it, and the words that did.
    parsed: bool,
    search: Option<&'static str>,
}

pub fn collect(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let os_release = OsRelease::read();
    let mut facts = guess(&os_release);
    for (path, variety) in FILES {
        let there = Path::new(path).is_file();
        if let (true, Some(content)) = (there, read::content(path))
            && tell(variety, path, &content, &mut facts)
        {
            facts.file = Some((path, variety));
            facts.parsed = true;
            break;
        }
        if there && *variety == "Archlinux" && *path == "/etc/arch-release" {
            facts.name = (*variety).to_owned();
            facts.file = Some((path, variety));
            break;
        }
    }
    let family = FAMILIES.iter().find(|(_, names)| names.contains(&facts.name.as_str()));
    let mut map = Map::new();
    let mut put = |name: &str, value: crate::value::Value| map.insert(name.to_owned(), value);
    put("os_family", family.map_or(facts.name.clone(), |(family, _)| (*family).to_owned()).into());
    put("distribution", facts.name.into());
    put("distribution_version", facts.version.into());
    put("distribution_release", facts.release.into());
    put("distribution_major_version", facts.major.into());
    if let Some(minor) = facts.minor {
        put("distribution_minor_version", minor.into());
    }
    if let Some((path, variety)) = facts.file {
        put("distribution_file_path", path.into());
        put("distribution_file_variety", variety.into());
    }
    if facts.parsed {
        put("distribution_file_parsed", true.into());
    }
    if let Some(search) = facts.search {
        put("distribution_file_search_string", search.into());
    }
    Ok(map)
}

/// The files looked at, in order, and whose they are.
const FILES: &[(&str, &str)] = &[
    ("/etc/oracle-release", "OracleLinux"),
    ("/etc/centos-release", "CentOS"),
    ("/etc/redhat-release", "RedHat"),
    ("/etc/os-release", "Amazon"),
    ("/etc/system-release", "Amazon"),
    ("/etc/alpine-release", "Alpine"),
    ("/etc/arch-release", "Archlinux"),
    ("/etc/os-release", "Archlinux"),
    ("/etc/os-release", "SUSE"),
    ("/etc/gentoo-release", "Gentoo"),
    ("/etc/os-release", "Debian"),
    ("/etc/lsb-release", "Debian"),
    ("/etc/os-release", "NA"),
];

/// The lines of os-release.
struct OsRelease(Vec<(String, String)>);

impl OsRelease {
    fn read() -> Self {
        let path = if read::exists("/etc/os-release") { "/etc/os-release" } else { "/usr/lib/os-release" };
        let pair = |line: &String| {
            let (key, value) = line.split_once('=')?;
            Some((key.trim().to_lowercase(), value.trim().trim_matches(['"', '\'']).to_owned()))
        };
        OsRelease(read::lines(path).iter().filter_map(pair).collect())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// What os-release says, and where it is short the distribution's own release file.
fn guess(os_release: &OsRelease) -> Facts {
    let id = os_release.get("id").unwrap_or_default().to_lowercase();
    let release_file = ["/etc/centos-release", "/etc/redhat-release"].iter().find_map(read::content);
    let own = release_file.as_deref().and_then(|text| first(r"release ([\d.]+)", text));
    let mut version =
        os_release.get("version_id").map(str::to_owned).or_else(|| own.clone()).unwrap_or_default();
    // CentOS and Debian say only the major version in os-release.
    match id.as_str() {
        "centos" => {
            let best = own.filter(|own| own.matches('.').count() > version.matches('.').count());
            let best = best.unwrap_or(version);
            version = best.split('.').take(2).collect::<Vec<_>>().join(".");
        }
        "debian" => {
            let exact = read::content("/etc/debian_version");
            if let Some(exact) = exact.filter(|v| v.matches('.').count() > version.matches('.').count()) {
                version = exact;
            }
        }
        _ => {}
    }
    let codename = os_release.get("version_codename").or_else(|| os_release.get("ubuntu_codename"));
    let codename = codename.map(str::to_owned).or_else(|| {
        let text = os_release.get("version").map(str::to_owned).or(release_file)?;
        first(r"\(([^)]+)\)", &text).or_else(|| first(r",\s*(.+)", &text))
    });
    let name = match id.as_str() {
        "" => "OtherLinux".to_owned(),
        "amzn" => "Amazon".to_owned(),
        "rhel" => "Redhat".to_owned(),
        "ol" => "Oracle".to_owned(),
        other => capitalized(other),
    };
    let major = version.split('.').next().filter(|m| !m.is_empty()).unwrap_or("NA").to_owned();
    let or_na = |text: String| if text.is_empty() { "NA".to_owned() } else { text };
    Facts {
        name,
        version: or_na(version),
        release: codename.unwrap_or_else(|| "NA".to_owned()),
        major,
        ..Facts::default()
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Reads one file as that of a variety; whether it is one.
fn tell(variety: &str, path: &str, content: &str, facts: &mut Facts) -> bool {
    let content = content.trim_matches(['\'', '"', '\\']);
    let named = |facts: &mut Facts, name: &str| {
        facts.name = name.to_owned();
        true
    };
    match variety {
        "OracleLinux" | "RedHat" => {
            let words = if variety == "RedHat" { "Red Hat" } else { "Oracle Linux" };
            if content.contains(words) {
                facts.search = Some(if variety == "RedHat" { "Red Hat" } else { "Oracle Linux" });
                return named(facts, variety);
            }
            let first = content.split_whitespace().next().unwrap_or_default().to_owned();
            named(facts, &first)
        }
        "CentOS" if content.contains("CentOS Stream") => {
            facts.release = "Stream".to_owned();
            named(facts, "CentOS")
        }
        "CentOS" if content.contains("TencentOS Server") => named(facts, "TencentOS"),
        "Amazon" if content.contains("Amazon") => {
            amazon(path, content, facts);
            named(facts, "Amazon")
        }
        "Alpine" => {
            facts.version = content.to_owned();
            named(facts, "Alpine")
        }
        "Archlinux" if content.contains("Arch Linux") => named(facts, "Archlinux"),
        "SUSE" if content.to_lowercase().contains("suse") => {
            suse(content, facts);
            true
        }
        "Gentoo" => named(facts, "Gentoo"),
        "Debian" => debian(content, facts),
        "NA" => {
            if let Some(name) = first(r"(?m)^NAME=(.*)", content) {
                facts.name = name.trim_matches('"').to_owned();
            }
            if let (Some(version), "NA") = (first(r"(?m)^VERSION=(.*)", content), facts.version.as_str()) {
                facts.version = version.trim_matches('"').to_owned();
            }
            true
        }
        _ => false,
    }
}

fn amazon(path: &str, content: &str, facts: &mut Facts) {
    if path != "/etc/os-release" {
        let number = content.split_whitespace().find(|word| word.chars().all(|c| c.is_ascii_digit()));
        facts.version = number.unwrap_or("NA").to_owned();
        return;
    }
    if let Some(version) = first(r#"VERSION_ID="(.*)""#, content) {
        let (major, minor) = version.split_once('.').unwrap_or((&version, "NA"));
        (facts.major, facts.minor) = (major.to_owned(), Some(minor.to_owned()));
        facts.version = version;
    }
}

fn suse(content: &str, facts: &mut Facts) {
    if let Some(name) = first(r"(?m)^NAME=(.*)", content) {
        facts.name = name.trim_matches('"').to_owned();
    }
    if let Some(version) = first(r#"(?m)^VERSION_ID="?([0-9]+\.?[0-9]*)"?"#, content) {
        let (major, minor) = version.split_once('.').unwrap_or((&version, ""));
        let enterprise = !content.to_lowercase().contains("open");
        facts.release = if minor.is_empty() && enterprise { "0".to_owned() } else { minor.to_owned() };
        facts.major = major.to_owned();
        facts.version = version;
    }
    match first(r#"(?m)^VARIANT_ID="?([^"\n]*)"?"#, content).as_deref() {
        Some("server-sap" | "sles-sap") => facts.name = "SLES_SAP".to_owned(),
        Some("transactional") => facts.name = "SL-Micro".to_owned(),
        _ => {}
    }
}

fn debian(content: &str, facts: &mut Facts) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| content.contains(word));
    let version = || first(r#"VERSION_ID="(.*)""#, content);
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    let name = match () {
        () if has(&["Debian", "Raspbian"]) => {
            if let Some(release) = first(r"PRETTY_NAME=[^(]+ \(?([^)]+?)\)", content) {
                facts.release = release;
            }
            let lines = read::lines("/etc/debian_version");
            facts.minor = lines.iter().filter_map(|line| first(r"\d+\.(\d+)", line)).next_back();
            "Debian"
        }
        () if has(&["Ubuntu"]) => "Ubuntu",
        () if has(&["SteamOS"]) => "SteamOS",
        () if has(&["Kali", "Parrot"]) => {
            if let Some(release) = first("DISTRIB_RELEASE=(.*)", content) {
                facts.release = release;
            }
            if has(&["Kali"]) { "Kali" } else { "Parrot" }
        }
        () if has(&["Devuan"]) => {
            if let Some(release) = first(r#"PRETTY_NAME="?[^("]+ \(?([^) "]+)\)?"#, content) {
                facts.release = release;
            }
            if let Some(version) = version() {
                (facts.major, facts.version) = (version.clone(), version);
            }
            "Devuan"
        }
        () if has(&["Mint"]) => {
            if let Some(version) = version() {
                (facts.major, facts.version) = (major(&version), version);
            }
            "Linux Mint"
        }
        () if has(&["UOS", "Uos", "uos", "Deepin", "deepin"]) => {
            if let Some(release) = first(r#"VERSION_CODENAME="?([^"]+)"?"#, content) {
                facts.release = release;
            }
            if let Some(version) = version() {
                (facts.major, facts.version) = (major(&version), version);
            }
            if has(&["UOS", "Uos", "uos"]) { "Uos" } else { "Deepin" }
        }
        () if has(&["LMDE"]) => "Linux Mint Debian Edition",
        () => return false,
    };
    facts.name = name.to_owned();
    true
}

/// The first group of a pattern's first match.
fn first(pattern: &str, text: &str) -> Option<String> {
    let pattern = Pattern::new(pattern, Subject::Text, Flags::default()).ok()?;
    let range = pattern.search(text.as_bytes()).ok()??.group(1)?;
    text.get(range).map(str::to_owned)
}
