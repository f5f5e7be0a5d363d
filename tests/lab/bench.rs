//! A lab on a private daemon of its own, the modules called as the scheduler calls them, and observers that are not
//! warp: virsh, /proc, the mount table.

use crate::support;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use warp::action::{Action, Context, Effect};
use warp::connect::{AgentImage, LocalAgent, Sessions, Target, Transport};
use warp::error::{Source, Span};
use warp::event::Events;
use warp::lab::{self, Lab};
use warp::template::{Engine, Scope};
use warp::value::{Key, Map, Text, Value};
use warp_agent::wire::Mode;

pub struct Bench {
    pub lwd: PathBuf,
    id: String,
    pub lab: Arc<Lab>,
    actions: Vec<Box<dyn Action>>,
    sessions: Sessions,
    engine: Engine,
    runtime: tokio::runtime::Runtime,
    _alone: MutexGuard<'static, ()>,
}

/// Tests look at the whole machine, so they follow one another.
static ALONE: Mutex<()> = Mutex::new(());

impl Bench {
    /// A new lab. Its manifest is written here, so that the machine's own daemon is not used even where there is one.
    pub fn new(name: &str, id: &str) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let lwd = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lab-{name}"));
        if lwd.exists() {
            // A run that was cut off may have left a daemon.
            if let Some(lab) = Lab::find(&lwd).unwrap() {
                lab.connect().unwrap();
                remove_foreign_objects(&lab);
                assert!(lab.teardown(lab::Level::All).unwrap().kept.is_empty());
            }
        }
        let lwd = support::scratch(&format!("lab-{name}"));
        fs::create_dir_all(lwd.join(".warp")).unwrap();
        fs::write(lwd.join(".warp/lab.yaml"), format!("version: 1\nid: {id}\ndaemon: private\n")).unwrap();
        let lab = Arc::new(Lab::open(&lwd).unwrap());
        Bench {
            actions: lab::actions(Arc::clone(&lab)),
            lwd,
            id: id.to_owned(),
            lab,
            sessions: Sessions::new(AgentImage::new(b""), LocalAgent::default()),
            engine: Engine::new(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
            _alone: alone,
        }
    }

    /// Calls a module.
    pub fn call(&self, module: &str, args: &str, mode: Mode) -> Effect {
        let action = self.actions.iter().find(|a| a.spec().name == module).unwrap();
        let args: serde_json::Value = serde_json::from_str(args).unwrap_or_else(|e| panic!("{args}: {e}"));
        let args = Value::from(args).as_map().unwrap().clone();
        let host = Arc::from("localhost");
        let scope: Arc<dyn Scope> = Arc::new(Vars(Map::new()));
        let context = Context {
            host: &host,
            target: &Target {
                host: Arc::clone(&host),
                transport: Transport::Local(std::path::PathBuf::new()),
                become_: None,
            },
            sessions: &self.sessions,
            engine: &self.engine,
            config: &warp::config::Settings::of_process().unwrap(),
            scope: &scope,
            mode,
            environment: &[],
            search_path: &[],
            verbosity: 0,
            span: &Span { source: Source::new("test", ""), start: 0, end: 0, line: 1, column: 1 },
            name: module,
            events: &Events::new(Vec::new()),
            no_log: false,
        };
        self.runtime.block_on(action.run(context, args)).unwrap()
    }

    /// Calls a module that must not fail; gives its outcome's values with `changed` and `warnings`.
    #[track_caller]
    pub fn ok(&self, module: &str, args: &str) -> serde_json::Value {
        shown(module, args, self.call(module, args, Mode::default()))
    }

    /// The same in check mode.
    #[track_caller]
    pub fn checked(&self, module: &str, args: &str) -> serde_json::Value {
        shown(module, args, self.call(module, args, Mode { check: true, ..Mode::default() }))
    }

    /// Calls a module that must fail; gives its message.
    #[track_caller]
    pub fn fails(&self, module: &str, args: &str) -> String {
        let outcome = self.call(module, args, Mode::default()).outcome;
        assert!(outcome.failed, "{module} {args} did not fail: {outcome:?}");
        outcome.values["msg"].as_str().unwrap().to_owned()
    }

    /// A template of the deployment, rendered.
    pub fn render(&self, template: &str, vars: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(template);
        let text = fs::read_to_string(&path).unwrap();
        let source = Source::new(path, text.clone());
        let span = Span { source, start: 0, end: text.len(), line: 1, column: 1 };
        let vars: serde_json::Value = serde_json::from_str(vars).unwrap_or_else(|e| panic!("{vars}: {e}"));
        let scope: Arc<dyn Scope> = Arc::new(Vars(Value::from(vars).as_map().unwrap().clone()));
        self.engine.render_file(&Text::source(text, span), &scope).unwrap_or_else(|e| panic!("{e}"))
    }

    /// The lab's libvirt, asked by virsh.
    #[track_caller]
    pub fn virsh(&self, args: &[&str]) -> String {
        let output = virsh(&self.lab, args);
        assert!(output.status.success(), "virsh {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The names that a listing of virsh holds.
    pub fn names(&self, listing: &str) -> BTreeSet<String> {
        self.virsh(&[listing, "--all", "--name"]).split_whitespace().map(str::to_owned).collect()
    }

    /// A description in a file, for virsh.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.lwd.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The processes of this lab's private daemon: they see its run directory as libvirt's own.
    pub fn processes(&self, comm: &str) -> Vec<u32> {
        let namespace = fs::metadata(format!("/run/netns/warp-{}", self.id)).unwrap();
        processes(comm)
            .into_iter()
            .filter(|pid| {
                fs::metadata(format!("/proc/{pid}/ns/net")).is_ok_and(|m| {
                    use std::os::unix::fs::MetadataExt;
                    (m.dev(), m.ino()) == (namespace.dev(), namespace.ino())
                })
            })
            .collect()
    }
}

fn virsh(lab: &Lab, args: &[&str]) -> Output {
    Command::new("virsh").args(["-q", "-c", &lab.uri().unwrap()]).args(args).output().unwrap()
}

/// Removes those of the objects that tests make beside the lab's which are there.
pub fn remove_foreign_objects(lab: &Lab) {
    for args in [
        ["undefine", "foreign"],
        ["net-undefine", "foreign"],
        ["pool-destroy", "default"],
        ["pool-undefine", "default"],
    ] {
        virsh(lab, &args);
    }
}

fn processes(comm: &str) -> Vec<u32> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|c| c.trim().starts_with(comm))
                && fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| !s.contains(") Z "))
        })
        .collect()
}

#[track_caller]
fn shown(module: &str, args: &str, effect: Effect) -> serde_json::Value {
    let outcome = effect.outcome;
    assert!(!outcome.failed, "{module} {args}: {outcome:?}");
    let values = warp_agent::value::Value::Map(outcome.values);
    let mut shown = serde_json::Value::from(&Value::from(values));
    shown["changed"] = outcome.changed.into();
    shown["warnings"] = outcome.warnings.into();
    shown
}

struct Vars(Map);

impl Scope for Vars {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().filter_map(|k| if let Key::Str(s) = k { Some(Arc::clone(s)) } else { None }).collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}
