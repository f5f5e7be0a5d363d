//! What a deployment takes from the environment, as oooq's users set it.

use crate::error::{Error, Exit, Result};
use crate::lab::Place;
use crate::value::{Text, Value, Vars};
use std::path::{Path, PathBuf};

/// What is removed before a deployment, or by `warp teardown`. Each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Teardown {
    /// Nothing.
    None,
    /// The lab's VMs with their snapshots, their volumes and the pool.
    Nodes,
    /// And the networks.
    Virthost,
    /// And warp's own libvirt daemon, its network namespace and the lab's files. Cached images stay.
    All,
}

/// The settings of a deployment. Paths are absolute.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `LWD`: the local working directory, with keys, inventory, ssh configurations and the lab's state.
    pub local_working_dir: PathBuf,
    /// `WORKSPACE`: where disks and definitions are kept.
    pub workspace: PathBuf,
    /// `IMAGECACHE`: where images are found and kept.
    pub image_cache: PathBuf,
    /// `TEARDOWN`: what is removed first.
    pub teardown: Teardown,
    /// `MAKE_SNAPSHOTS`: whether the snapshots `ready` and `deployed` are made.
    pub make_snapshots: bool,
    /// `WARP_OFFLINE`: whether no server may be asked for images.
    pub offline: bool,
    /// The stage from which nothing is taken from the journal of a run that is resumed.
    pub from: Option<String>,
    /// The stage after which the run ends.
    pub to: Option<String>,
    /// `INTERACTIVE`: whether warp may ask before it rebuilds.
    pub interactive: bool,
    /// `LOG_LEVEL`: how much to tell where no option says.
    pub verbosity: u8,
    /// `PLAY`: a playbook of the user's own in place of the undercloud's stages.
    pub play: Option<PathBuf>,
    /// `OOOQ_PATH`: a checkout of tripleo-quickstart, for what such a playbook uses of it.
    pub quickstart: Option<PathBuf>,
    /// `OOOQE_FORK` and `OOOQE_BRANCH`: which tripleo-quickstart-extras such a playbook uses.
    pub extras: Option<Extras>,
    /// What is set and means nothing to warp, with the reason.
    pub notes: Vec<String>,
}

/// A repository of tripleo-quickstart-extras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extras {
    /// Its address.
    pub repository: String,
    /// The branch.
    pub branch: String,
}

/// The playbooks of oooq-warp itself, which warp has as stages.
const PROVISION: &str = "oooq-warp.yaml";
const UNDERCLOUD: &str = "oooq-under.yaml";

impl Settings {
    /// Reads the environment through `var`.
    ///
    /// # Errors
    /// `Exit::Usage` for a value that is not understood, and where no home directory is known.
    pub fn from_environment(var: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let var = |name: &str| var(name).filter(|v| !v.is_empty());
        let home = var("HOME").map(PathBuf::from);
        let local_working_dir = match (var("LWD"), &home) {
            (Some(lwd), _) => absolute(&lwd)?,
            (None, Some(home)) => home.join(".quickstart"),
            (None, None) => {
                return Err(Error::new(Exit::Usage, "neither LWD nor HOME is set")
                    .help("set LWD to the folder that is to hold the lab's keys, inventory and state"));
            }
        };
        let workspace =
            var("WORKSPACE").map_or_else(|| Ok(local_working_dir.join("workspace")), |w| absolute(&w))?;
        let image_cache = match var("IMAGECACHE") {
            Some(cache) => absolute(&cache)?,
            None if nix::unistd::geteuid().is_root() => PathBuf::from("/var/cache/warp/images"),
            None => home.unwrap_or_else(|| local_working_dir.clone()).join(".cache/warp/images"),
        };
        let play = var("PLAY");
        Ok(Settings {
            teardown: var("TEARDOWN").map_or(Ok(Teardown::None), |t| teardown(&t))?,
            make_snapshots: var("MAKE_SNAPSHOTS").map_or(Ok(true), |v| boolean("MAKE_SNAPSHOTS", &v))?,
            offline: var("WARP_OFFLINE").map_or(Ok(false), |v| boolean("WARP_OFFLINE", &v))?,
            interactive: var("INTERACTIVE").map_or(Ok(true), |v| boolean("INTERACTIVE", &v))?,
            verbosity: var("LOG_LEVEL").map_or(Ok(0), |v| verbosity(&v))?,
            from: None,
            to: (play.as_deref() == Some(PROVISION)).then(|| "ready".to_owned()),
            play: play.filter(|play| ![PROVISION, UNDERCLOUD].contains(&play.as_str())).map(PathBuf::from),
            quickstart: var("OOOQ_PATH").map(|path| absolute(&path)).transpose()?,
            extras: extras(var("OOOQE_FORK"), var("OOOQE_BRANCH")),
            notes: ["VENV", "VPATH"].into_iter().filter(|name| var(name).is_some()).map(unused).collect(),
            local_working_dir,
            workspace,
            image_cache,
        })
    }

    /// What the plays must know of these, as variables.
    #[must_use]
    pub fn variables(&self) -> Vars {
        let path = |p: &Path| Value::Text(Text::data(p.to_string_lossy()));
        let warp = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("warp"));
        Vars::from_iter([
            ("local_working_dir".into(), path(&self.local_working_dir)),
            ("workspace".into(), path(&self.workspace)),
            ("image_cache_dir".into(), path(&self.image_cache)),
            ("warp_exe".into(), path(&warp)),
            ("warp_offline".into(), Value::Bool(self.offline)),
        ])
    }

    /// What the plays must know of where the lab is on its daemon, beneath what the user says.
    #[must_use]
    pub fn place(place: &Place, virthost: Option<&str>) -> Vars {
        let text = |text: &str| Value::Text(Text::data(text));
        let mut vars = Vars::from_iter([
            ("lab_prefix".into(), text(&place.prefix)),
            ("lab_virthost".into(), text(virthost.unwrap_or_default())),
        ]);
        if let Some(cidr) = &place.external_network_cidr {
            vars.insert("external_network_cidr".into(), text(cidr));
        }
        if let Some(folder) = &place.volume_path {
            vars.insert("libvirt_volume_path".into(), text(folder));
        }
        if let Some(port) = place.ssh_port {
            vars.insert("user_networking".into(), Value::Bool(true));
            vars.insert("undercloud_ssh_port".into(), Value::Int(port.into()));
        }
        vars
    }

    /// The files of variables that a deployment reads, the later ones winning: `vars/*.yml` of the workspace by name,
    /// and the nearest `custom.yaml`: of the current directory, the workspace, the local working directory.
    #[must_use]
    pub fn variable_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.workspace.join("vars"))
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "yml" || e == "yaml"))
            .collect();
        files.sort();
        let places = [Path::new("."), &self.workspace, &self.local_working_dir];
        files.extend(places.iter().map(|dir| dir.join("custom.yaml")).find(|file| file.exists()));
        files
    }

    /// The folder of warp's own state in the local working directory.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.local_working_dir.join(".warp")
    }
}

fn absolute(path: &str) -> Result<PathBuf> {
    Ok(std::path::absolute(Path::new(path))?)
}

fn boolean(name: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(Error::new(Exit::Usage, format!("{name}={value} is neither true nor false"))),
    }
}

/// `-v`, `-vv` and so on, as Ansible's option.
fn verbosity(value: &str) -> Result<u8> {
    let letters = value.strip_prefix('-').unwrap_or(value);
    match u8::try_from(letters.len()) {
        Ok(count) if letters.chars().all(|c| c == 'v') => Ok(count),
        _ => Err(Error::new(Exit::Usage, format!("LOG_LEVEL={value} is not understood"))
            .help("use -v, -vv and so on")),
    }
}

/// A fork is an account of GitHub, as oooq-warp has it, or the address of a repository.
fn extras(fork: Option<String>, branch: Option<String>) -> Option<Extras> {
    if fork.is_none() && branch.is_none() {
        return None;
    }
    let fork = fork.unwrap_or_else(|| "openstack".to_owned());
    let repository = match fork.contains('/') {
        true => fork,
        false => format!("https://github.com/{fork}/tripleo-quickstart-extras"),
    };
    Some(Extras { repository, branch: branch.unwrap_or_else(|| "master".to_owned()) })
}

fn unused(name: &str) -> String {
    format!(
        "{name} is set, and means nothing here: it chose the virtualenv that Ansible ran from, and warp needs none"
    )
}

/// `true` rebuilds the nodes, as oooq-warp did; `false` reuses; quickstart.sh's levels are taken too.
fn teardown(value: &str) -> Result<Teardown> {
    match value.to_ascii_lowercase().as_str() {
        "none" => Ok(Teardown::None),
        "nodes" => Ok(Teardown::Nodes),
        "virthost" => Ok(Teardown::Virthost),
        "all" => Ok(Teardown::All),
        other => match boolean("TEARDOWN", other) {
            Ok(true) => Ok(Teardown::Nodes),
            Ok(false) => Ok(Teardown::None),
            Err(_) => Err(Error::new(Exit::Usage, format!("TEARDOWN={value} is not understood"))
                .help("use true, false, none, nodes, virthost or all")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn read(vars: &[(&str, &str)]) -> Result<Settings> {
        let vars: HashMap<String, String> = vars.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        Settings::from_environment(|name| vars.get(name).cloned())
    }

    #[test]
    fn defaults_hang_together() {
        let s = read(&[("HOME", "/home/u")]).unwrap();
        assert_eq!(s.local_working_dir, Path::new("/home/u/.quickstart"));
        assert_eq!(s.workspace, Path::new("/home/u/.quickstart/workspace"));
        assert_eq!(s.teardown, Teardown::None);
        assert!(s.make_snapshots && s.interactive);
    }

    #[test]
    fn teardown_takes_truth_values_and_levels() {
        for (word, level) in [
            ("true", Teardown::Nodes),
            ("False", Teardown::None),
            ("none", Teardown::None),
            ("virthost", Teardown::Virthost),
            ("all", Teardown::All),
        ] {
            assert_eq!(read(&[("HOME", "/h"), ("TEARDOWN", word)]).unwrap().teardown, level, "{word}");
        }
        assert!(read(&[("HOME", "/h"), ("TEARDOWN", "maybe")]).unwrap_err().message().contains("maybe"));
    }

    #[test]
    fn play_names_stages_or_a_playbook() {
        let of = |play: &str| read(&[("HOME", "/h"), ("PLAY", play)]).unwrap();
        assert_eq!((of("oooq-warp.yaml").to.as_deref(), of("oooq-warp.yaml").play), (Some("ready"), None));
        assert_eq!((of("oooq-under.yaml").to, of("oooq-under.yaml").play), (None, None));
        assert_eq!(of("mine.yml").play.unwrap(), Path::new("mine.yml"));
    }

    #[test]
    fn a_fork_is_an_account_or_an_address() {
        let of = |name: &str, value: &str| read(&[("HOME", "/h"), (name, value)]).unwrap().extras.unwrap();
        assert_eq!(of("OOOQE_FORK", "me").repository, "https://github.com/me/tripleo-quickstart-extras");
        assert_eq!(of("OOOQE_FORK", "/srv/extras").repository, "/srv/extras");
        let branch = of("OOOQE_BRANCH", "b");
        assert_eq!(
            (branch.repository.as_str(), branch.branch.as_str()),
            ("https://github.com/openstack/tripleo-quickstart-extras", "b")
        );
    }

    #[test]
    fn no_home_is_told() {
        assert_eq!(read(&[]).unwrap_err().exit(), Exit::Usage);
    }
}
