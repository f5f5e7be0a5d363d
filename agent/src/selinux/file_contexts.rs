//! The policy's contexts of paths: `file_contexts` and what stands beside it, looked up as libselinux does.

use fancy_regex::RegexBuilder;
use std::fs;
use std::path::Path;

/// The lines of a policy, in the order in which they were given.
pub(crate) struct FileContexts {
    specs: Vec<Spec>,
    /// Paths that stand for others, the administrator's and the policy's.
    aliases: [Vec<(String, String)>; 2],
}

/// One line.
struct Spec {
    pattern: String,
    context: String,
    /// Whether it is a path itself.
    exact: bool,
}

/// What makes a pattern of a path.
const META: &str = ".^$?*+|[({";

impl FileContexts {
    /// From the policy's file and those beside it; one that is not there says nothing.
    pub(crate) fn read(file: &Path) -> Self {
        let beside = |suffix: &str| {
            let mut name = file.as_os_str().to_owned();
            name.push(suffix);
            fs::read_to_string(name).unwrap_or_default()
        };
        let lines = ["", ".homedirs", ".local"].map(beside);
        let specs = lines.iter().flat_map(|text| text.lines()).filter_map(Spec::parse).collect();
        let aliases = [".subs", ".subs_dist"].map(|suffix| aliases(&beside(suffix)));
        FileContexts { specs, aliases }
    }

    /// The context of a path, of whichever kind what is there may be: exact paths come before patterns, and what was
    /// given later before what was given earlier.
    pub(crate) fn find(&self, path: &str) -> Option<String> {
        let mut path = normal(path);
        for aliases in &self.aliases {
            if let Some(meant) = aliases.iter().rev().find_map(|alias| substituted(&path, alias)) {
                path = meant;
            }
        }
        let exact = self.specs.iter().rev().filter(|spec| spec.exact);
        let patterns = self.specs.iter().rev().filter(|spec| !spec.exact);
        let found = exact.chain(patterns).find(|spec| spec.matches(&path))?;
        (found.context != "<<none>>").then(|| found.context.clone())
    }
}

impl Spec {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let pattern = words.next().filter(|word| !word.starts_with('#'))?.to_owned();
        let (second, third) = (words.next()?, words.next());
        // The kind of file in between says nothing here: whoever asks does not know it.
        let context = third.unwrap_or(second).to_owned();
        let exact = literal(&pattern).is_some_and(|(_, whole)| whole);
        Some(Spec { pattern, context, exact })
    }

    fn matches(&self, path: &str) -> bool {
        let Some((begin, whole)) = literal(&self.pattern) else { return false };
        if whole {
            return begin == path;
        }
        // Compiling thousands of patterns would take long: few begin as the path does.
        if !self.pattern.contains('|') && !path.starts_with(&begin) {
            return false;
        }
        let pattern = format!("(?s)^{}$", self.pattern);
        let matched = RegexBuilder::new(&pattern).build().map(|regex| regex.is_match(path));
        matches!(matched, Ok(Ok(true)))
    }
}

/// What a pattern surely begins with, and whether that is all of it. A character before one that repeats is not sure.
fn literal(pattern: &str) -> Option<(String, bool)> {
    let mut begin = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if META.contains(c) {
            if "?*{".contains(c) {
                begin.pop();
            }
            return Some((begin, false));
        }
        begin.push(if c == '\\' { chars.next()? } else { c });
    }
    Some((begin, true))
}

/// Without repeated slashes and one at its end.
fn normal(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    if out.len() > 1 && out.ends_with('/') {
        out.pop();
    }
    out
}

fn aliases(text: &str) -> Vec<(String, String)> {
    let words = |line: &str| {
        let mut words = line.split_whitespace();
        let from = words.next().filter(|word| !word.starts_with('#'))?;
        Some((from.to_owned(), words.next()?.to_owned()))
    };
    text.lines().filter_map(words).collect()
}

/// A path below what an alias stands for, if it is below the alias.
fn substituted(path: &str, (from, to): &(String, String)) -> Option<String> {
    let rest = path.strip_prefix(from.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    let rest = if to == "/" { rest.strip_prefix('/').unwrap_or(rest) } else { rest };
    Some(format!("{to}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const POLICY: &str = r"
# a comment
/.*                     system_u:object_r:default_t:s0
/[^/]+          --      system_u:object_r:etc_runtime_t:s0
/a?quota\.(user|group)  --  system_u:object_r:quota_db_t:s0
/etc/.*                 system_u:object_r:etc_t:s0
/etc(/.*)?              system_u:object_r:etc_t:s0:c1,c2
/etc/passwd[-\+]?       --  system_u:object_r:passwd_file_t:s0
/etc/shadow             system_u:object_r:shadow_t:s0
/etc/.*\.conf           system_u:object_r:conf_t:s0
/etc/a\.b               system_u:object_r:dot_t:s0
/usr/(.*/)?lib(/.*)?    system_u:object_r:lib_t:s0
/usr/lib/[^/]*\.so      --  system_u:object_r:textrel_t:s0
/usr/s?bin/x+y          system_u:object_r:bin_t:s0
/var/www(/.*)?          system_u:object_r:web_t:s0
/var/lo{2}g             system_u:object_r:twice_t:s0
/home/[^/]+/.+          system_u:object_r:user_home_t:s0
/home/lost\+found/.*    <<none>>
/proc/.*                <<none>>
/run/a|/run/b           system_u:object_r:either_t:s0
/opt/broken[            system_u:object_r:never_t:s0
";

    const PATHS: &[&str] = &[
        "/",
        "/x",
        "/aquota.user",
        "/quota.group",
        "/etc",
        "/etc/",
        "/etc//shadow",
        "/etc/passwd",
        "/etc/passwd-",
        "/etc/passwd+",
        "/etc/shadow",
        "/etc/shadow/x",
        "/etc/a.b",
        "/etc/axb",
        "/etc/x.conf",
        "/etc/d/y.conf",
        "/usr/lib",
        "/usr/lib/x.so",
        "/usr/local/lib/x",
        "/usr/libx",
        "/usr/bin/xxy",
        "/usr/sbin/xy",
        "/srv",
        "/srv/index",
        "/srvx",
        "/var/www/x",
        "/var/loog",
        "/var/log",
        "/home/me/x",
        "/home/lost+found/y",
        "/proc/1",
        "/run/a",
        "/run/b",
        "/run/b/c",
        "/web/page",
        "/local/x",
        "/opt/broken",
    ];

    #[test]
    fn paths_have_the_contexts_that_libselinux_gives_them() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file_contexts");
        // One that cannot be compiled makes libselinux refuse all of them; here it matches nothing.
        let sound: String =
            POLICY.lines().filter(|l| !l.contains("broken")).map(|l| format!("{l}\n")).collect();
        std::fs::write(&file, sound).unwrap();
        std::fs::write(
            dir.path().join("file_contexts.local"),
            "/etc/d/y\\.conf system_u:object_r:own_t:s0\n",
        )
        .unwrap();
        std::fs::write(dir.path().join("file_contexts.homedirs"), "/home/me/x.* u:r:t:s0\n").unwrap();
        std::fs::write(dir.path().join("file_contexts.subs_dist"), "/srv /var/www\n/local /usr/local/lib\n")
            .unwrap();
        std::fs::write(dir.path().join("file_contexts.subs"), "# own\n/web /srv\n").unwrap();
        let ours = FileContexts::read(&file);
        let mut compared = 0;
        for path in PATHS {
            let said = Command::new("selabel_lookup")
                .args(["-b", "file", "-r", "-k", path, "-f"])
                .arg(&file)
                .output();
            let Ok(said) = said else {
                // Debian's selinux-utils, which the tests' packages have.
                assert!(std::env::var_os("CI").is_none(), "selabel_lookup is not on this machine");
                return;
            };
            let said = String::from_utf8(said.stdout).unwrap();
            let theirs = said.trim().strip_prefix("Default context: ").map(str::to_owned);
            assert_eq!(ours.find(path), theirs, "{path}");
            compared += usize::from(theirs.is_some());
        }
        assert!(compared > 25, "{compared}");
    }

    #[test]
    fn a_pattern_that_cannot_be_read_matches_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("f"), POLICY).unwrap();
        let found = FileContexts::read(&dir.path().join("f")).find("/opt/broken[");
        assert_eq!(found.as_deref(), Some("system_u:object_r:default_t:s0"));
    }
}
