//! The two sides: each writes its files for a set of variables.

use crate::document::{self, Items};
use crate::support;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What a side wrote, by file.
pub type Written = BTreeMap<String, Items>;

/// Who writes.
#[derive(Clone, Copy)]
pub enum Side {
    /// The unmodified roles under real Ansible.
    Roles,
    /// warp's plays under warp.
    Warp,
}

/// An ansible-core that is near to the roles' day and runs under today's Python: what they test without having it
/// defined is an error under 2.19.
const CORE: &str = "ansible-core==2.16.14";
const ROLES: [&str; 2] = ["tripleo-quickstart==2.1.1", "tripleo-quickstart-extras==2.1.1"];
/// How a file's text becomes what is compared.
type Reader = fn(&str) -> Items;
/// The files below the home directory that are compared.
const FILES: [(&str, Reader); 10] = [
    ("undercloud.conf", document::ini),
    ("network-environment.yaml", document::yaml),
    ("cloud-names.yaml", document::yaml),
    ("overcloud-selinux-config.yaml", document::yaml),
    ("overcloud-topology-config.yaml", document::yaml),
    ("overcloud_services.yaml", document::yaml),
    ("hostnamemap.yaml", document::yaml),
    ("neutronl3ha.yaml", document::yaml),
    ("overcloud_network_params.yaml", document::yaml),
    ("containers-prepare-parameter.yaml", document::yaml),
];

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agreement")
}

/// The names of the sets.
pub fn sets() -> Vec<String> {
    // One alone while something is mended.
    if let Ok(set) = std::env::var("AGREEMENT_SET") {
        return vec![set];
    }
    let mut sets: Vec<String> = fs::read_dir(here().join("sets"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    sets.sort();
    sets
}

/// The folder with the roles and the Ansible that runs them, after fetching them if they are not there yet.
pub fn roles() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(fetched)
}

fn fetched() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("roles-oracle");
    fs::create_dir_all(&root).unwrap();
    let root = root.canonicalize().unwrap();
    let lock = File::create(root.join("lock")).unwrap();
    lock.lock().unwrap();
    let (stamp, wanted) = (root.join("fetched"), format!("{CORE} {ROLES:?}"));
    if fs::read_to_string(&stamp).is_ok_and(|s| s == wanted) {
        return root;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(root.join("venv")));
    let pip = root.join("venv/bin/pip");
    run(Command::new(&pip).args(["install", "--quiet", "--disable-pip-version-check", CORE, "netaddr"]));
    for package in ROLES {
        run(Command::new(&pip)
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--only-binary",
                ":all:",
            ])
            .arg(package));
    }
    fs::write(&stamp, wanted).unwrap();
    root
}

impl Side {
    /// What this side writes for a set.
    pub fn write(self, set: &str) -> Written {
        let name = match self {
            Side::Roles => "roles",
            Side::Warp => "warp",
        };
        let root = support::scratch(&format!("agreement-{name}-{set}"));
        let (home, out) = (root.join("home"), root.join("out"));
        for dir in [&home, &out, &root.join("bin")] {
            fs::create_dir_all(dir).unwrap();
        }
        for name in ["extra-one.yaml", "extra-two.yaml"] {
            fs::write(root.join(name), "parameter_defaults: {}\n").unwrap();
        }
        fs::write(home.join("stackrc"), "").unwrap();
        let share = roles().join("venv/usr/local/share");
        let share = if share.is_dir() { share } else { roles().join("venv/share") };
        let quickstart = share.join("tripleo-quickstart");
        let inventory = root.join("inventory");
        fs::write(
            &inventory,
            "[all:vars]\nansible_connection=local\nansible_python_interpreter=/usr/bin/python3\n\
             [undercloud]\nuc\n[overcloud]\novercloud-controller-0\n",
        )
        .unwrap();
        let playbooks = match self {
            // What the roles write to `./` goes to the playbook's folder.
            Side::Roles => {
                let playbook = home.join("roles.yml");
                fs::copy(here().join("roles.yml"), &playbook).unwrap();
                vec![playbook]
            }
            Side::Warp => ["tasks/install.yml", "tasks/overcloud-config.yml", "tasks/overcloud-deploy.yml"]
                .iter()
                .map(|p| Path::new(env!("CARGO_MANIFEST_DIR")).join(p))
                .chain([here().join("warp.yml")])
                .collect(),
        };
        for playbook in playbooks {
            let mut command = match self {
                Side::Roles => Command::new(roles().join("venv/bin/ansible-playbook")),
                Side::Warp => {
                    let mut warp = support::warp();
                    warp.arg("play");
                    warp
                }
            };
            command
                .current_dir(&home)
                .arg(&playbook)
                .arg("-i")
                .arg(&inventory)
                .arg("-e")
                .arg(format!("@{}", here().join("base.yml").display()))
                .arg("-e")
                .arg(format!("working_dir={0} local_working_dir={0}", home.display()))
                .arg("-e")
                .arg(format!("out={} files_dir={}", out.display(), root.display()))
                .arg("-e")
                .arg(format!(
                    "roles_dir={} content={}",
                    quickstart.join("roles").display(),
                    env!("CARGO_MANIFEST_DIR")
                ))
                .arg("-e")
                .arg(format!("@{}", here().join("sets").join(format!("{set}.yml")).display()))
                .env(
                    "ANSIBLE_ROLES_PATH",
                    format!(
                        "{}:{}",
                        quickstart.join("roles").display(),
                        share.join("ansible/roles").display()
                    ),
                )
                .env("ANSIBLE_FILTER_PLUGINS", here().join("filters"))
                .env("ANSIBLE_COLLECTIONS_PATH", support::oracle::bin().join("../collections"))
                .env("ANSIBLE_PIPELINING", "1")
                .env("ANSIBLE_NOCOLOR", "1")
                .env("ANSIBLE_DEPRECATION_WARNINGS", "False")
                .env("ANSIBLE_LOCALHOST_WARNING", "False")
                .env("LC_ALL", "C.UTF-8");
            if matches!(self, Side::Warp)
                && playbook.starts_with(Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks"))
            {
                command.args(["--tags", "undercloud-scripts,overcloud-scripts"]);
            }
            run(&mut command);
        }
        read(&root, &home, &out)
    }
}

/// Everything that was written, the side's own folders under names that both sides have.
fn read(root: &Path, home: &Path, out: &Path) -> Written {
    let same = |text: String| text.replace(home.to_str().unwrap(), "~").replace(root.to_str().unwrap(), "^");
    let mut written = Written::new();
    for (name, parse) in FILES {
        if let Ok(text) = fs::read_to_string(home.join(name)) {
            written.insert(name.to_owned(), parse(&same(text)));
        }
    }
    for entry in fs::read_dir(out).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = same(fs::read_to_string(&path).unwrap());
        let parse = if name.ends_with(".xml") { document::xml } else { document::yaml };
        written.insert(name, parse(&text));
    }
    written.insert("deploy".into(), document::arguments(&deploy_command(root, home).map(same)));
    written
}

/// The arguments that the deploy script gives to `openstack overcloud deploy`, run with an `openstack` that writes them
/// down and answers as if all had gone well.
fn deploy_command(root: &Path, home: &Path) -> Words {
    let openstack = root.join("bin/openstack");
    fs::write(
        &openstack,
        "#!/bin/sh\ncase \"$*\" in\n\
         'overcloud deploy'*) printf '%s\\0' \"$@\" >\"$ARGUMENTS\"\n\
         mkdir -p overcloud-deploy/overcloud; touch overcloud-deploy/overcloud/overcloud-deployment_status.yaml ;;\n\
         'hypervisor stats show'*) echo 2 ;;\n\
         'stack list'*) echo 'overcloud CREATE_COMPLETE' ;;\n\
         'overcloud status'*) echo DEPLOY_SUCCESS ;;\n\
         *) echo \"not expected: $*\" >&2; exit 1 ;;\nesac\n",
    )
    .unwrap();
    fs::set_permissions(&openstack, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = root.join("arguments");
    let path = format!("{}:{}", root.join("bin").display(), std::env::var("PATH").unwrap());
    run(Command::new(home.join("overcloud-deploy.sh"))
        .current_dir(home)
        .env("PATH", path)
        .env("ARGUMENTS", &arguments));
    let bytes = fs::read_to_string(&arguments).unwrap();
    Words(bytes.split_terminator('\0').skip(2).map(str::to_owned).collect())
}

/// Words of a command.
struct Words(Vec<String>);

impl Words {
    fn map(self, f: impl Fn(String) -> String) -> Vec<String> {
        self.0.into_iter().map(f).collect()
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?} failed: {}", support::streams(&output));
}
