//! SELinux contexts that modules are asked to set.

use super::Effects;
use super::attributes::failed_at;
use crate::errno;
use crate::module::Failed;
use crate::selinux;
use crate::value::Value;
use std::path::Path;

impl Effects {
    /// Gives `path` the parts of a context that it does not have yet; `_default` is what the policy has for the path.
    /// Where SELinux is off the parts mean nothing, as with Ansible.
    pub(super) fn set_context(&mut self, path: &Path, wanted: &[Option<String>; 4]) -> Result<bool, Failed> {
        if wanted.iter().all(Option::is_none) || !selinux::enabled() {
            return Ok(false);
        }
        let levels = selinux::has_levels();
        let current = selinux::context(path).map_err(|e| {
            failed_at(path, "Failed to retrieve selinux context.").because(errno::python(&e, &[path]))
        })?;
        let by_policy = selinux::default_context(path).unwrap_or_default();
        let part = |(at, had): (usize, &String)| match wanted.get(at).and_then(Option::as_deref) {
            Some(_) if at == 3 && !levels => had.clone(),
            Some("_default") => by_policy.get(at).unwrap_or(had).clone(),
            Some(given) => given.to_owned(),
            None => had.clone(),
        };
        let new: selinux::Context = match selinux::special(path) {
            Some(of_mount) => of_mount.unwrap_or_else(|_| current.clone()),
            None => current.iter().enumerate().map(part).collect(),
        };
        if current == new {
            return Ok(false);
        }
        self.note("secontext", current.clone().into(), new.clone().into());
        if self.begin() {
            selinux::set_context(path, &new).map_err(|e| {
                let asked = wanted.iter().take(if levels { 4 } else { 3 }).cloned();
                let asked: Vec<Value> = asked.map(Value::from).collect();
                failed_at(path, format!("invalid selinux context: {}", errno::python(&e, &[path])))
                    .with("new_context", new)
                    .with("cur_context", current)
                    .with("input_was", Value::List(asked))
            })?;
        }
        Ok(true)
    }
}
