//! The options of a command line, as Ansible's screen tells them under `-vvvv`: by their names in ansible-playbook, in its
//! order, those that say nothing left out.

use super::play::Play;
use crate::config::Settings;
use crate::value::{Value, normal, python_repr};
use std::path::Path;

/// The lines for a run of playbooks.
pub(super) fn told(play: &Play, config: &Settings) -> Vec<String> {
    let options = &play.options;
    let (connect, become_, vault) = (&options.connect, &options.become_, &options.vault);
    let text = |given: &Option<String>| given.clone().unwrap_or_default();
    let flag = |set: bool| if set { "True".to_owned() } else { String::new() };
    let file = |given: &Option<std::path::PathBuf>| given.as_deref().map(absolute).unwrap_or_default();
    let tags =
        |given: &[String], configured: &[String]| tuple(if given.is_empty() { configured } else { given });
    let key = connect.private_key.clone().or_else(|| config.private_key_file.clone());
    let user = connect.user.clone().or_else(|| config.remote_user.clone());
    let variables: Vec<String> = options.extra_vars.iter().map(|given| with_place(given)).collect();
    let sources: Vec<String> = options.sources(config).iter().map(|source| of_source(source)).collect();
    let folders: Vec<String> = options.module_path.iter().map(|path| absolute(path)).collect();
    let passwords: Vec<String> = vault.password_files.iter().map(|path| absolute(path)).collect();
    let run_tags = if config.run_tags.is_empty() { vec!["all".to_owned()] } else { config.run_tags.clone() };
    let lines = [
        ("verbosity", options.verbosity(config).to_string()),
        ("private_key_file", file(&key)),
        ("remote_user", text(&user)),
        ("connection", connect.connection.clone().unwrap_or_else(|| config.transport.clone())),
        ("timeout", connect.timeout.map(|seconds| seconds.to_string()).unwrap_or_default()),
        ("ssh_common_args", text(&connect.ssh_common_args)),
        ("sftp_extra_args", text(&connect.sftp_extra_args)),
        ("scp_extra_args", text(&connect.scp_extra_args)),
        ("ssh_extra_args", text(&connect.ssh_extra_args)),
        ("ask_pass", flag(connect.ask_pass)),
        ("connection_password_file", file(&connect.connection_password_file)),
        ("force_handlers", flag(play.force_handlers || config.force_handlers)),
        ("become", flag(become_.become_ || config.become_)),
        ("become_method", become_.become_method.clone().unwrap_or_else(|| config.become_method.clone())),
        ("become_user", text(&become_.become_user)),
        ("become_ask_pass", flag(become_.ask_become_pass)),
        ("become_password_file", file(&become_.become_password_file)),
        ("tags", tags(&play.tags, &run_tags)),
        ("skip_tags", tags(&play.skip_tags, &config.skip_tags)),
        ("check", flag(options.check)),
        ("diff", flag(options.diff || config.diff)),
        ("inventory", tuple(&sources)),
        ("subset", text(&options.limit)),
        ("flush_cache", flag(options.flush_cache)),
        ("extra_vars", tuple(&variables)),
        ("vault_ids", tuple(&vault.ids)),
        ("ask_vault_pass", flag(vault.ask_vault_password)),
        ("vault_password_files", tuple(&passwords)),
        ("forks", options.forks.map_or(config.forks, Into::into).to_string()),
        ("module_path", tuple(&folders)),
        ("step", flag(play.step)),
        ("start_at_task", text(&play.start_at_task)),
    ];
    let playbooks: Vec<String> = play.playbooks.iter().map(|path| path.display().to_string()).collect();
    let told = lines.iter().filter(|(_, value)| !value.is_empty());
    std::iter::once(format!("Positional arguments: {}", playbooks.join(" ")))
        .chain(told.map(|(name, value)| format!("{name}: {value}")))
        .collect()
}

/// Texts as a tuple of Python; nothing where there are none.
fn tuple(texts: &[String]) -> String {
    let shown: Vec<String> = texts.iter().map(|text| python_repr(&Value::data(text.as_str()))).collect();
    match shown.as_slice() {
        [] => String::new(),
        [one] => format!("({one},)"),
        many => format!("({})", many.join(", ")),
    }
}

fn absolute(path: &Path) -> String {
    normal(path).display().to_string()
}

/// Variables as given; a file of them with its whole path.
fn with_place(given: &str) -> String {
    match given.strip_prefix('@') {
        Some(path) => format!("@{}", absolute(Path::new(path))),
        None => given.to_owned(),
    }
}

/// A source of the inventory: a list of hosts as given, else its whole path.
fn of_source(source: &str) -> String {
    if source.contains(',') { source.to_owned() } else { absolute(Path::new(source)) }
}
