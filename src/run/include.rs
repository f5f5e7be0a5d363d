//! Dynamic includes: loaded when hosts get there, equal ones of several hosts run together.

use super::end::{HostEnd, Include};
use super::play::PlayRun;
use super::steps::{Around, Hosts, Ran};
use super::vars::write;
use crate::error::{Error, Exit, Result};
use crate::event::{By, Event, Status, StepInfo};
use crate::play::{Errors, IncludedRole, IncludedTasks, Loaded, Role, RoleRequest, Step, Task};
use crate::value::{Map, Value, Vars};
use std::path::Path;
use std::sync::Arc;

/// What several hosts include at once.
struct Group {
    include: Include,
    hosts: Hosts,
}

/// What was loaded for a group.
struct Brought {
    /// The file's path, or the role's name.
    shown: Arc<str>,
    steps: Vec<Step>,
    handlers: Vec<Arc<Task>>,
    roles: Vec<Arc<Role>>,
    warnings: Vec<Error>,
}

/// What a task's hosts include, loaded.
#[derive(Default)]
pub(super) struct Includes {
    loaded: Vec<(Group, Brought)>,
    /// Hosts whose include could not be loaded.
    pub failed: Hosts,
}

impl PlayRun {
    /// Loads what hosts asked to include. Under `run_once` one host asked, and it is for that one alone.
    pub(super) fn load_includes(
        &self,
        task: &Arc<Task>,
        ended: &[HostEnd],
        step: &Arc<StepInfo>,
        ran: &mut Ran,
        around: Around,
    ) -> Result<Includes, Errors> {
        let mut includes = Includes::default();
        for group in groups(ended, &ran.live) {
            match self.bring(task, &group.include) {
                Ok(brought) => includes.loaded.push((group, brought)),
                Err(errors) if errors.exit() != Exit::Missing => return Err(errors),
                Err(errors) => {
                    self.failed_include(task, step, &group, &errors);
                    includes.failed.extend(group.hosts.iter().cloned());
                }
            }
        }
        for host in &includes.failed {
            self.fail(host, around);
        }
        ran.live.retain(|h| !includes.failed.contains(h));
        ran.failed.extend(includes.failed.iter().cloned());
        for (group, brought) in &includes.loaded {
            super::load::warn(&self.run.events, &brought.warnings);
            write(&self.handlers).extend(brought.handlers.iter().cloned());
            write(&self.vars.roles).extend(brought.roles.iter().cloned());
            for host in &group.hosts {
                self.run.tally(host, Status::Ok, false);
            }
            // What was included before was told then.
            let before = |host: &Arc<str>| ended.iter().any(|e| e.host == *host && e.replayed);
            if !group.hosts.iter().all(before) {
                self.run.events.emit(&Event::Included {
                    step: Arc::clone(step),
                    file: Arc::clone(&brought.shown),
                    hosts: group.hosts.clone(),
                    label: group.include.label.clone(),
                });
            }
        }
        Ok(includes)
    }

    /// Runs what was included on the hosts that are still there, group after group.
    pub(super) async fn run_includes(
        self: &Arc<Self>,
        includes: Includes,
        mut ran: Ran,
        around: Around,
    ) -> Result<Ran, Errors> {
        for (group, brought) in includes.loaded {
            let (on, others): (Hosts, Hosts) = ran.live.into_iter().partition(|h| group.hosts.contains(h));
            let after = self.steps(&brought.steps, on, around.inside()).await?;
            ran.failed.extend(after.failed);
            ran.live = after.live;
            if after.fatal {
                ran.fatal = true;
                ran.failed.extend(others);
            } else {
                ran.live.extend(others);
            }
            ran.live = self.in_order(ran.live);
        }
        Ok(ran)
    }

    fn bring(&self, task: &Task, include: &Include) -> Result<Brought, Errors> {
        let loader = super::load::loader(&self.run.settings, &self.run.modules, &self.run.load_time);
        let play = &self.vars.play;
        let item = include.loop_vars.clone();
        if &*task.action.module == "include_role" {
            let request = RoleRequest::from_args(&variables(&include.args), &task.action.written)?;
            let name = request.name.as_str().into();
            let Loaded { value, warnings, imported } = loader.include_role(play, task, request, item)?;
            super::load::tell_imported(&self.run.events, &imported);
            let IncludedRole { role, steps, handlers, imported: mut roles } = value;
            roles.push(role);
            return Ok(Brought { shown: name, steps, handlers, roles, warnings });
        }
        let file = file_of(&include.args)
            .ok_or_else(|| Error::input("No include file was specified to the include"))?;
        let Loaded { value, warnings, imported } = loader.include_tasks(play, task, file, item)?;
        super::load::tell_imported(&self.run.events, &imported);
        let IncludedTasks { file, steps, handlers, imported: roles } = value;
        Ok(Brought { shown: file.to_string_lossy().into(), steps, handlers, roles, warnings })
    }

    /// An include whose file or role is not there fails its hosts; what is there but wrong ends the run.
    fn failed_include(&self, task: &Task, step: &Arc<StepInfo>, group: &Group, errors: &Errors) {
        let Some(first) = errors.all().first() else { return };
        let file = file_of(&group.include.args);
        let error = match file.filter(|_| &*step.module != "include_role") {
            Some(file) => not_found(&self.vars.play.basedir.join(file), first),
            None => {
                let name = ["name", "role"].iter().find_map(|n| task.action.args.get(*n)?.span().cloned());
                first.clone().in_text(name)
            }
        };
        let reason = Value::data(error.message());
        self.run.events.emit(&Event::Error(Arc::new(error)));
        for host in &group.hosts {
            let mut result = Map::new();
            super::result::put(&mut result, "changed", false);
            if let Some(file) = file {
                super::result::put(&mut result, "include", Value::data(file));
            }
            super::result::put(&mut result, "failed", true);
            super::result::put(&mut result, "reason", reason.clone());
            self.run.tally(host, Status::Failed, false);
            self.run.events.emit(&Event::StepDone {
                step: Arc::clone(step),
                host: Arc::clone(host),
                delegated_to: None,
                status: Status::Failed,
                result: Value::map(result),
                no_log: false,
                error: None,
                by: By::Task,
                seconds: 0.0,
            });
        }
    }
}

/// The file that the arguments of an include name.
fn file_of(args: &Map) -> Option<&str> {
    ["_raw_params", "file"].iter().find_map(|name| args.get(*name).and_then(Value::as_str))
}

/// Ansible's words for a file that is not there.
fn not_found(path: &Path, error: &Error) -> Error {
    let path = crate::value::normal(path);
    let path = path.display();
    let access = format!("Could not find or access '{path}' on the Ansible Controller");
    let words = format!(
        "{access}: Unable to retrieve file contents.\n{access}.\nIf you are using a module and expect the file to \
         exist on the remote, see the remote_src option: [Errno 2] No such file or directory: '{path}'"
    );
    error.note_lines().iter().fold(Error::new(Exit::Missing, words), |e, note| e.note(note.clone()))
}

fn variables(args: &Map) -> Vars {
    args.iter().filter_map(|(k, v)| Some((Arc::from(k.as_str()?), v.clone()))).collect()
}

/// Equal includes together, in the order hosts came to them. A host that includes the same twice, in a loop, gets it
/// twice.
fn groups(ended: &[HostEnd], live: &Hosts) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for host in live {
        let Some(end) = ended.iter().find(|e| e.host == *host) else { continue };
        for include in end.effects.iter().filter_map(|e| e.include.as_ref()) {
            let same = |g: &&mut Group| g.include == *include && !g.hosts.contains(host);
            match groups.iter_mut().find(same) {
                Some(group) => group.hosts.push(Arc::clone(host)),
                None => groups.push(Group { include: include.clone(), hosts: vec![Arc::clone(host)] }),
            }
        }
    }
    groups
}
