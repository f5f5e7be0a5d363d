//! One integration target: its surroundings as ansible-core's own test runner makes them, its run, its recaps.

use super::support::oracle;
use fancy_regex::Regex;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

/// A target may take so many seconds; the slowest takes a tenth of that.
const PATIENCE: &str = "120";

/// Runs the target `name` out of the folder `targets` with the programs in `programs`; `scratch` is its own.
pub fn run(name: &str, targets: &Path, programs: &Path, scratch: &Path) -> Output {
    let at = |part: &str| scratch.join(part);
    for folder in ["home", "output", "junit"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    let integration = targets.parent().unwrap();
    let inventory = integration.join("inventory");
    let folder = targets.join(name);
    let aliases = fs::read_to_string(folder.join("aliases")).unwrap_or_default();
    let script = folder.join("runme.sh").exists();
    let (begin, command) = match script {
        true => (folder.clone(), vec!["./runme.sh".to_owned()]),
        false => {
            let gather = !aliases.lines().any(|alias| alias == "gather_facts/no");
            let play = json!([{
                "hosts": "testhost", "gather_facts": gather, "vars": { "output_dir": at("output") }, "roles": [name],
            }]);
            let playbook = at("play.yml");
            fs::write(&playbook, play.to_string()).unwrap();
            let (play, hosts) = (playbook.display().to_string(), inventory.display().to_string());
            (scratch.to_owned(), vec!["ansible-playbook".to_owned(), play, "-i".to_owned(), hosts])
        }
    };
    let mut run = Command::new("timeout");
    run.args([
        "--kill-after=5",
        PATIENCE,
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--net",
        "--ipc",
        "--uts",
    ]);
    run.args(["--kill-child", "sh"]).arg(Path::new(file!()).with_file_name("sandbox.sh"));
    run.current_dir(env!("CARGO_MANIFEST_DIR"));
    run.arg(integration).arg(env!("CARGO_TARGET_TMPDIR")).arg(begin).args(command);
    run.env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", at("home"))
        .env(
            "PATH",
            format!("{}:{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display(), oracle::bin().display()),
        )
        .env("PAGER", "/bin/cat")
        .env("ANSIBLE_FORCE_COLOR", "false")
        .env("ANSIBLE_FORCE_HANDLERS", "true")
        .env("ANSIBLE_HOST_PATTERN_MISMATCH", "error")
        .env("ANSIBLE_INVENTORY", "/dev/null")
        .env("ANSIBLE_DEPRECATION_WARNINGS", "false")
        .env("ANSIBLE_RETRY_FILES_ENABLED", "false")
        .env("ANSIBLE_CONFIG", integration.join("integration.cfg"))
        .env("ANSIBLE_LIBRARY", "/dev/null")
        .env("ANSIBLE_PYTHON_INTERPRETER", "/set/ansible_python_interpreter/in/inventory")
        .env("ANSIBLE_TEST_PYTHON_INTERPRETER", oracle::bin().join("python"))
        .env("ANSIBLE_PLAYBOOK_DIR", if script { &folder } else { scratch })
        .env("JUNIT_OUTPUT_DIR", at("junit"))
        .env("OUTPUT_DIR", at("output"))
        .env("INVENTORY_PATH", &inventory);
    if !script {
        run.env("ANSIBLE_ROLES_PATH", targets);
    }
    run.output().unwrap()
}

/// The lines of the recaps, without what pads them.
pub fn recaps(output: &Output) -> Vec<String> {
    static RECAP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\S+ +: ok=\d+ +changed=\d+ +unreachable=\d+ +failed=\d+.*$").unwrap()
    });
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = RECAP.find_iter(&*text).map(|found| found.unwrap().as_str().to_owned());
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}
