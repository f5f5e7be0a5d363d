//! The table of settings, and the values that it gives.

use super::command::{self, Command};
use super::file::{Entries, Entry, expand_home, find, read};
use super::{screen, vault};
use crate::error::{Error, Result, Span};
use crate::value::yaml::{Duplicates, set_duplicates};
use crate::value::{normal, set_merge};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a setting's value came from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Nobody said.
    Default,
    /// An environment variable.
    Environment(&'static str),
    /// The configuration file.
    File(Span),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Environment(name) => write!(f, "environment {name}"),
            Origin::File(span) => write!(f, "{span}"),
        }
    }
}

/// A setting as it was found.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value as text; absent where it has neither value nor default.
    pub text: Option<String>,
    /// Where that came from.
    pub origin: Origin,
}

/// When facts are gathered that no play asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathering {
    /// Always.
    Implicit,
    /// Never.
    Explicit,
    /// For hosts without facts.
    Smart,
}

/// A row: name, environment variables, section and key pairs in the file, default. What comes first wins.
pub(super) type Row =
    (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)], Option<&'static str>);

const TABLE: &[Row] = &[
    ("home", &["ANSIBLE_HOME"], &[("defaults", "home")], Some("~/.ansible")),
    ("roles_path", &["ANSIBLE_ROLES_PATH"], &[("defaults", "roles_path")], None),
    ("library", &["ANSIBLE_LIBRARY"], &[("defaults", "library")], None),
    ("module_utils", &["ANSIBLE_MODULE_UTILS"], &[("defaults", "module_utils")], None),
    ("action_plugins", &["ANSIBLE_ACTION_PLUGINS"], &[("defaults", "action_plugins")], None),
    ("collections_path", &["ANSIBLE_COLLECTIONS_PATH"], &[("defaults", "collections_path")], None),
    ("inventory", &["ANSIBLE_INVENTORY"], &[("defaults", "inventory")], Some("/etc/ansible/hosts")),
    ("forks", &["ANSIBLE_FORKS"], &[("defaults", "forks")], Some("5")),
    ("transport", &["ANSIBLE_TRANSPORT"], &[("defaults", "transport")], Some("ssh")),
    ("remote_user", &["ANSIBLE_REMOTE_USER"], &[("defaults", "remote_user")], None),
    ("remote_port", &["ANSIBLE_REMOTE_PORT"], &[("defaults", "remote_port")], None),
    ("private_key_file", &["ANSIBLE_PRIVATE_KEY_FILE"], &[("defaults", "private_key_file")], None),
    (
        "host_key_checking",
        &["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"],
        &[("defaults", "host_key_checking"), ("ssh_connection", "host_key_checking")],
        Some("true"),
    ),
    (
        "timeout",
        &["ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT"],
        &[("defaults", "timeout"), ("ssh_connection", "timeout")],
        Some("10"),
    ),
    ("ssh_args", &["ANSIBLE_SSH_ARGS"], &[("ssh_connection", "ssh_args")], None),
    ("ssh_common_args", &["ANSIBLE_SSH_COMMON_ARGS"], &[("ssh_connection", "ssh_common_args")], None),
    ("ssh_extra_args", &["ANSIBLE_SSH_EXTRA_ARGS"], &[("ssh_connection", "ssh_extra_args")], None),
    (
        "ssh_retries",
        &["ANSIBLE_SSH_RETRIES"],
        &[("connection", "retries"), ("ssh_connection", "retries")],
        Some("0"),
    ),
    ("ssh_reconnect", &["WARP_SSH_RECONNECT"], &[("ssh_connection", "reconnect")], Some("60")),
    ("become", &["ANSIBLE_BECOME"], &[("privilege_escalation", "become")], Some("false")),
    ("become_method", &["ANSIBLE_BECOME_METHOD"], &[("privilege_escalation", "become_method")], Some("sudo")),
    (
        "become_user",
        &["ANSIBLE_BECOME_USER", "ANSIBLE_SUDO_USER"],
        &[("privilege_escalation", "become_user"), ("sudo_become_plugin", "user")],
        Some("root"),
    ),
    (
        "become_flags",
        &["ANSIBLE_BECOME_FLAGS", "ANSIBLE_SUDO_FLAGS"],
        &[("privilege_escalation", "become_flags"), ("sudo_become_plugin", "flags")],
        None,
    ),
    (
        "become_exe",
        &["ANSIBLE_BECOME_EXE", "ANSIBLE_SUDO_EXE"],
        &[("privilege_escalation", "become_exe"), ("sudo_become_plugin", "executable")],
        None,
    ),
    (
        "become_allow_same_user",
        &["ANSIBLE_BECOME_ALLOW_SAME_USER"],
        &[("privilege_escalation", "become_allow_same_user")],
        Some("false"),
    ),
    ("facts_modules", &["ANSIBLE_FACTS_MODULES"], &[("defaults", "facts_modules")], Some("smart")),
    ("gathering", &["ANSIBLE_GATHERING"], &[("defaults", "gathering")], Some("implicit")),
    ("strategy", &["ANSIBLE_STRATEGY"], &[("defaults", "strategy")], Some("linear")),
    (
        "error_on_missing_handler",
        &["ANSIBLE_ERROR_ON_MISSING_HANDLER"],
        &[("defaults", "error_on_missing_handler")],
        Some("true"),
    ),
    ("async_dir", &["ANSIBLE_ASYNC_DIR"], &[("defaults", "async_dir")], Some("~/.ansible_async")),
    ("any_errors_fatal", &["ANSIBLE_ANY_ERRORS_FATAL"], &[("defaults", "any_errors_fatal")], Some("false")),
    ("force_handlers", &["ANSIBLE_FORCE_HANDLERS"], &[("defaults", "force_handlers")], Some("false")),
    ("debug", &["ANSIBLE_DEBUG"], &[("defaults", "debug")], Some("false")),
    ("no_log", &["ANSIBLE_NO_LOG"], &[("defaults", "no_log")], Some("false")),
    (
        "module_strict_utf8_response",
        &["ANSIBLE_MODULE_STRICT_UTF8_RESPONSE"],
        &[("defaults", "module_strict_utf8_response")],
        Some("true"),
    ),
    ("task_timeout", &["ANSIBLE_TASK_TIMEOUT"], &[("defaults", "task_timeout")], Some("0")),
    ("poll_interval", &["ANSIBLE_POLL_INTERVAL"], &[("defaults", "poll_interval")], Some("15")),
    ("run_tags", &["ANSIBLE_RUN_TAGS"], &[("tags", "run")], Some("")),
    ("skip_tags", &["ANSIBLE_SKIP_TAGS"], &[("tags", "skip")], Some("")),
    ("diff", &["ANSIBLE_DIFF_ALWAYS"], &[("diff", "always")], Some("false")),
    (
        "duplicate_dict_key",
        &["ANSIBLE_DUPLICATE_YAML_DICT_KEY"],
        &[("defaults", "duplicate_dict_key")],
        Some("warn"),
    ),
    ("ask_vault_pass", &["ANSIBLE_ASK_VAULT_PASS"], &[("defaults", "ask_vault_pass")], Some("false")),
    ("vault_password_file", &["ANSIBLE_VAULT_PASSWORD_FILE"], &[("defaults", "vault_password_file")], None),
    ("vault_identity_list", &["ANSIBLE_VAULT_IDENTITY_LIST"], &[("defaults", "vault_identity_list")], None),
    ("vault_identity", &["ANSIBLE_VAULT_IDENTITY"], &[("defaults", "vault_identity")], Some("default")),
    ("vault_id_match", &["ANSIBLE_VAULT_ID_MATCH"], &[("defaults", "vault_id_match")], Some("false")),
    (
        "vault_encrypt_identity",
        &["ANSIBLE_VAULT_ENCRYPT_IDENTITY"],
        &[("defaults", "vault_encrypt_identity")],
        None,
    ),
    ("vault_encrypt_salt", &["ANSIBLE_VAULT_ENCRYPT_SALT"], &[("defaults", "vault_encrypt_salt")], None),
    ("editor", &["ANSIBLE_EDITOR", "EDITOR"], &[("defaults", "editor")], Some("vi")),
    ("pager", &["ANSIBLE_PAGER", "PAGER"], &[("defaults", "pager")], Some("less")),
];

/// All settings, typed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is the setting of its name in ansible.cfg")]
pub struct Settings {
    pub file: Option<PathBuf>,
    pub roles_path: Vec<PathBuf>,
    pub library: Vec<PathBuf>,
    pub module_utils: Vec<PathBuf>,
    pub action_plugins: Vec<PathBuf>,
    pub collections_path: Vec<PathBuf>,
    pub inventory: Vec<String>,
    pub forks: usize,
    pub transport: String,
    pub remote_user: Option<String>,
    pub remote_port: Option<u16>,
    pub private_key_file: Option<PathBuf>,
    pub host_key_checking: bool,
    /// Seconds.
    pub timeout: u64,
    pub ssh_args: Option<String>,
    pub ssh_common_args: Option<String>,
    pub ssh_extra_args: Option<String>,
    /// How often a connection that cannot be made is tried again.
    pub ssh_retries: u32,
    /// How many seconds steps that run outlive a cut link.
    pub ssh_reconnect: u64,
    pub become_: bool,
    pub become_method: String,
    pub become_user: String,
    pub become_flags: Option<String>,
    pub become_exe: Option<String>,
    /// Whether an account becomes itself.
    pub become_allow_same_user: bool,
    pub facts_modules: Vec<String>,
    pub gathering: Gathering,
    pub strategy: String,
    pub error_on_missing_handler: bool,
    /// Where targets keep the results of detached steps.
    pub async_dir: String,
    pub any_errors_fatal: bool,
    pub force_handlers: bool,
    /// Whether to tell what the engine does by itself.
    pub debug: bool,
    pub no_log: bool,
    /// Seconds; 0 for no limit.
    pub task_timeout: u64,
    /// Whether a result that is not UTF-8 fails its step.
    pub strict_utf8: bool,
    /// Seconds.
    pub poll_interval: u64,
    pub run_tags: Vec<String>,
    pub skip_tags: Vec<String>,
    pub diff: bool,
    pub duplicates: Duplicates,
    pub vault: vault::Settings,
    pub editor: String,
    pub pager: String,
    /// What stands beneath command-line options.
    pub command: Command,
    /// What is printed in Ansible's way.
    pub screen: screen::Screen,
    /// What is written in JUnit's form.
    pub junit: super::Junit,
    /// Inventories, and the variables that lie beside them.
    pub inventories: super::Inventory,
    /// Variables and facts.
    pub variables: super::Variables,
    /// Templates.
    pub templates: super::Templates,
    /// Single tasks, and what is left for those that failed.
    pub tasks: super::Tasks,
    /// Every setting as found, in the order of the table.
    pub all: Vec<Setting>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What they use that goes away, each until which version of ansible-core.
    pub deprecated: Vec<(Error, String)>,
}

impl Settings {
    /// The settings of this process.
    ///
    /// # Errors
    /// As `read`.
    pub fn of_process() -> Result<Self> {
        let cwd = std::env::current_dir().unwrap_or_default();
        let settings = Self::read(&|name| std::env::var(name).ok(), &cwd)?;
        set_merge(settings.variables.merge);
        set_duplicates(settings.duplicates);
        Ok(settings)
    }

    /// The settings that an environment and a current folder give.
    ///
    /// # Errors
    /// A configuration file that cannot be read or understood, a value that is not of its setting's type.
    pub fn read(env: &dyn Fn(&str) -> Option<String>, cwd: &Path) -> Result<Self> {
        let mut warnings = Vec::new();
        let file = find(env, cwd, &mut warnings);
        let entries = match &file {
            Some(path) => read(path)?,
            None => Entries::new(),
        };
        let rows = TABLE
            .iter()
            .chain(command::TABLE)
            .chain(screen::TABLE)
            .chain(super::junit::TABLE)
            .chain(super::inventory::TABLE)
            .chain(super::variables::TABLE)
            .chain(super::templates::TABLE)
            .chain(super::tasks::TABLE);
        let all = rows.map(|row| setting(row, env, &entries)).collect();
        let found = Found { all, env, cwd };
        Ok(Settings {
            roles_path: found
                .paths("roles_path", &["~/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"]),
            library: found.paths("library", &["~/plugins/modules", "/usr/share/ansible/plugins/modules"]),
            module_utils: found.paths(
                "module_utils",
                &["~/plugins/module_utils", "/usr/share/ansible/plugins/module_utils"],
            ),
            action_plugins: found
                .paths("action_plugins", &["~/plugins/action", "/usr/share/ansible/plugins/action"]),
            collections_path: found
                .paths("collections_path", &["~/collections", "/usr/share/ansible/collections"]),
            inventory: found.inventory(),
            forks: found.number("forks")?.unwrap_or(5),
            transport: found.text("transport"),
            remote_user: found.optional("remote_user"),
            remote_port: found.number("remote_port")?,
            private_key_file: found.one_path("private_key_file"),
            host_key_checking: found.boolean("host_key_checking")?,
            timeout: found.number("timeout")?.unwrap_or(10),
            ssh_args: found.optional("ssh_args"),
            ssh_common_args: found.optional("ssh_common_args"),
            ssh_extra_args: found.optional("ssh_extra_args"),
            ssh_retries: found.number("ssh_retries")?.unwrap_or(0),
            ssh_reconnect: found.number("ssh_reconnect")?.unwrap_or(60),
            become_: found.boolean("become")?,
            become_method: found.text("become_method"),
            become_user: found.text("become_user"),
            become_flags: found.optional("become_flags"),
            become_exe: found.optional("become_exe"),
            become_allow_same_user: found.boolean("become_allow_same_user")?,
            facts_modules: found.list("facts_modules"),
            gathering: found.gathering()?,
            strategy: found.text("strategy"),
            error_on_missing_handler: found.boolean("error_on_missing_handler")?,
            async_dir: found.text("async_dir"),
            any_errors_fatal: found.boolean("any_errors_fatal")?,
            force_handlers: found.boolean("force_handlers")?,
            debug: found.boolean("debug")?,
            no_log: found.boolean("no_log")?,
            strict_utf8: found.boolean("module_strict_utf8_response")?,
            task_timeout: found.number("task_timeout")?.unwrap_or(0),
            poll_interval: found.number("poll_interval")?.unwrap_or(15),
            run_tags: found.list("run_tags"),
            skip_tags: found.list("skip_tags"),
            diff: found.boolean("diff")?,
            duplicates: found.duplicates()?,
            vault: vault::Settings {
                ask: found.boolean("ask_vault_pass")?,
                password_file: found.one_path("vault_password_file"),
                identity_list: found.list("vault_identity_list"),
                identity: found.text("vault_identity"),
                match_id: found.boolean("vault_id_match")?,
                encrypt_identity: found.optional("vault_encrypt_identity"),
                encrypt_salt: found.optional("vault_encrypt_salt"),
            },
            editor: found.text("editor"),
            pager: found.text("pager"),
            command: Command::of(&found)?,
            screen: screen::Screen::of(&found)?,
            junit: super::Junit::of(&found),
            inventories: super::Inventory::of(&found)?,
            variables: super::Variables::of(&found)?,
            templates: super::Templates::of(&found)?,
            tasks: super::Tasks::of(&found)?,
            all: found.all,
            file,
            warnings,
            deprecated: Vec::new(),
        })
    }
}

fn setting(row: &Row, env: &dyn Fn(&str) -> Option<String>, entries: &Entries) -> Setting {
    let (name, variables, keys, default) = *row;
    if let Some((variable, text)) = variables.iter().find_map(|v| Some((*v, env(v)?))) {
        return Setting { name, text: Some(text), origin: Origin::Environment(variable) };
    }
    let entry =
        keys.iter().find_map(|(section, key)| entries.get(&((*section).to_owned(), (*key).to_owned())));
    match entry {
        Some(Entry { text, span }) => {
            let text = unquoted(text).to_owned();
            Setting { name, text: Some(text), origin: Origin::File(span.clone()) }
        }
        None => Setting { name, text: default.map(str::to_owned), origin: Origin::Default },
    }
}

/// A value of the file without quotes around it, as Ansible takes it.
fn unquoted(text: &str) -> &str {
    let quoted = |quote| text.strip_prefix(quote).and_then(|t: &str| t.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

pub(super) struct Found<'a> {
    all: Vec<Setting>,
    env: &'a dyn Fn(&str) -> Option<String>,
    cwd: &'a Path,
}

impl Found<'_> {
    /// A setting that is one of these words.
    pub(super) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T> {
        let text = self.text(name);
        choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.wrong(name, &format!("one of {}", words.join(", ")))
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Setting> {
        self.all.iter().find(|s| s.name == name)
    }

    pub(super) fn optional(&self, name: &str) -> Option<String> {
        self.get(name)?.text.clone().filter(|t| !t.is_empty())
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn wrong(&self, name: &str, kind: &str) -> Error {
        let origin = self.get(name).map_or(Origin::Default, |s| s.origin.clone());
        let error = Error::input(format!("the setting {name} must be {kind}, not `{}`", self.text(name)));
        match origin {
            Origin::File(span) => error.at(span),
            other => error.note(format!("from: {other}")),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool> {
        match self.text(name).to_lowercase().as_str() {
            "yes" | "on" | "1" | "true" | "t" | "y" => Ok(true),
            "no" | "off" | "0" | "false" | "f" | "n" | "" => Ok(false),
            _ => Err(self.wrong(name, "a boolean")),
        }
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>> {
        match self.optional(name) {
            None => Ok(None),
            Some(text) => text.trim().parse().map(Some).map_err(|_| self.wrong(name, "a whole number")),
        }
    }

    fn duplicates(&self) -> Result<Duplicates> {
        match self.text("duplicate_dict_key").as_str() {
            "warn" => Ok(Duplicates::Warn),
            "error" => Ok(Duplicates::Error),
            "ignore" => Ok(Duplicates::Ignore),
            _ => Err(self.wrong("duplicate_dict_key", "warn, error or ignore")),
        }
    }

    fn gathering(&self) -> Result<Gathering> {
        match self.text("gathering").as_str() {
            "implicit" => Ok(Gathering::Implicit),
            "explicit" => Ok(Gathering::Explicit),
            "smart" => Ok(Gathering::Smart),
            _ => Err(self.wrong("gathering", "implicit, explicit or smart")),
        }
    }

    /// A path of a setting: `~` is the home folder, and relative ones begin beside the configuration file.
    pub(super) fn path(&self, text: &str, setting: &Setting) -> PathBuf {
        let text = text.replace("{{CWD}}", &self.cwd.to_string_lossy());
        let path = expand_home(&text, self.env);
        let base = match &setting.origin {
            Origin::File(span) => span.source.name().parent().unwrap_or(self.cwd),
            _ => self.cwd,
        };
        normal(&base.join(path))
    }

    /// The folders of a setting; `~` at the beginning of a default is Ansible's own folder.
    /// The path that a setting names.
    pub(super) fn one_path(&self, name: &str) -> Option<PathBuf> {
        let setting = self.get(name)?;
        setting.text.as_deref().filter(|t| !t.is_empty()).map(|text| self.path(text, setting))
    }

    fn paths(&self, name: &str, defaults: &[&str]) -> Vec<PathBuf> {
        let Some(setting) = self.get(name) else { return Vec::new() };
        match &setting.text {
            Some(text) => text.split(':').filter(|p| !p.is_empty()).map(|p| self.path(p, setting)).collect(),
            None => {
                let home = self.one_path("home").unwrap_or_default();
                let home = home.to_string_lossy();
                defaults.iter().map(|p| self.path(&p.replacen('~', &home, 1), setting)).collect()
            }
        }
    }

    fn inventory(&self) -> Vec<String> {
        let Some(setting) = self.get("inventory") else { return Vec::new() };
        let text = setting.text.as_deref().unwrap_or_default();
        // `host,` is a list of hosts, as for -i; else each part is a path.
        if text.trim_end().ends_with(',') {
            return vec![text.trim().to_owned()];
        }
        let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
        let paths = parts.map(|p| self.path(p, setting));
        let known = |p: &PathBuf| !matches!(setting.origin, Origin::Default) || p.exists();
        paths.filter(known).map(|p| p.to_string_lossy().into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_before_the_file_and_paths_begin_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[defaults]\n# c\nforks = 7 ; seven\nroles_path = roles:~/r\ninventory=hosts\nunknown = 1\n\
                    remote_user = 'me'\n[ssh_connection]\nssh_args = -F x\n  -C\n[privilege_escalation]\nbecome=True\n";
        std::fs::write(folder.path().join("ansible.cfg"), text).unwrap();
        let env = |name: &str| match name {
            "HOME" => Some("/home/me".to_owned()),
            "ANSIBLE_FORKS" => Some("9".to_owned()),
            _ => None,
        };
        let settings = Settings::read(&env, folder.path()).unwrap();
        assert_eq!(settings.forks, 9);
        assert_eq!(settings.roles_path, [folder.path().join("roles"), PathBuf::from("/home/me/r")]);
        assert_eq!(settings.inventory, [folder.path().join("hosts").to_string_lossy()]);
        assert_eq!(settings.ssh_args.as_deref(), Some("-F x\n-C"));
        assert_eq!(settings.remote_user.as_deref(), Some("me"));
        assert!(settings.become_ && settings.host_key_checking);
        let forks = settings.all.iter().find(|s| s.name == "forks").unwrap();
        assert_eq!(forks.origin.to_string(), "environment ANSIBLE_FORKS");
    }

    #[test]
    fn a_folder_that_all_can_write_to_and_wrong_values_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ansible.cfg"), "[defaults]\nforks = many\n").unwrap();
        let error = Settings::read(&|_| None, folder.path()).unwrap_err();
        assert_eq!(error.span().unwrap().line, 2);
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let settings = Settings::read(&|_| None, folder.path()).unwrap();
        assert_eq!((settings.forks, settings.warnings.len()), (5, 1));
    }
}
