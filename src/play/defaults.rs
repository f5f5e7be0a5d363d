//! `module_defaults`: arguments for modules and for groups of them.

use super::collection;
use super::keywords;
use super::loader::{Load, Place};
use super::plan::{Keywords, ModuleDefaults};
use crate::error::{Error, Result};
use crate::value::yaml::Node;
use crate::value::{Value, Vars};
use std::sync::Arc;

/// The groups of ansible.builtin, which stand for those of collections.
const GROUPS: [(&str, &[&str]); 10] = [
    ("acme", &["community.crypto.acme"]),
    ("aws", &["amazon.aws.aws", "community.aws.aws"]),
    ("azure", &["azure.azcollection.azure"]),
    ("cpm", &["wti.remote.cpm"]),
    ("docker", &["community.general.docker", "community.docker.docker"]),
    ("gcp", &["google.cloud.gcp"]),
    (
        "k8s",
        &[
            "community.kubernetes.k8s",
            "community.general.k8s",
            "community.kubevirt.k8s",
            "community.okd.k8s",
            "kubernetes.core.k8s",
        ],
    ),
    ("os", &["openstack.cloud.os"]),
    ("ovirt", &["ovirt.ovirt.ovirt", "community.general.ovirt"]),
    ("vmware", &["community.vmware.vmware"]),
];

impl Load<'_> {
    /// The keywords that a level itself says.
    pub fn own(&mut self, node: &Node, vars: Option<Arc<Vars>>, place: &Place) -> Keywords {
        let mut own = keywords::own(node, vars);
        if let Some(defaults) = node.get("module_defaults").filter(|d| !d.is_null()) {
            let loaded = self.module_defaults(defaults, place);
            own.module_defaults = self.keep(loaded).unwrap_or_default();
        }
        own
    }

    fn module_defaults(&mut self, node: &Node, place: &Place) -> Result<Vec<Arc<ModuleDefaults>>> {
        let levels = node.as_list().unwrap_or(std::slice::from_ref(node));
        let mut all = Vec::new();
        for level in levels {
            let Some(entries) = level.as_map() else {
                return Err(Error::input(
                    "The field 'module_defaults' is supposed to be a dictionary or list of dictionaries, the keys of \
                     which must be static action, module, or group names. Only the values may contain templates. For \
                     example: {'ping': \"{{ ping_defaults }}\"}",
                )
                .at(level.span.clone()));
            };
            for (key, value) in entries {
                let name = key.as_str().unwrap_or_default();
                let args = value.to_value();
                match name.strip_prefix("group/") {
                    Some(group) => {
                        let modules = self.group(group, place).map_err(|e| e.at(key.span.clone()))?;
                        all.push(Arc::new(ModuleDefaults {
                            key: Arc::from(name),
                            group: true,
                            modules,
                            args,
                        }));
                    }
                    None => {
                        for full in self.defaulted(name, key, place)? {
                            let (key, modules, args) = (Arc::clone(&full), vec![full], args.clone());
                            all.push(Arc::new(ModuleDefaults { key, group: false, modules, args }));
                        }
                    }
                }
            }
        }
        Ok(all)
    }

    /// The full names of the modules that a single name is about.
    fn defaulted(&mut self, name: &str, key: &Node, place: &Place) -> Result<Vec<Arc<str>>> {
        let qualified =
            if name.matches('.').count() < 2 { format!("ansible.legacy.{name}") } else { name.to_owned() };
        let Some(found) = self.resolve(&qualified, place, &[])? else {
            return Err(Error::input(format!("Could not resolve action {qualified} in module_defaults"))
                .at(key.span.clone()));
        };
        let mut names = vec![found.full];
        // What is said of a name without a collection holds for ansible.builtin's module of that name too.
        if let Some(short) = qualified.strip_prefix("ansible.legacy.")
            && let Some(builtin) = self.resolve(&format!("ansible.builtin.{short}"), place, &[])?
            && !names.contains(&builtin.full)
        {
            names.push(builtin.full);
        }
        Ok(names)
    }

    /// The full names of a group's modules.
    fn group(&mut self, name: &str, place: &Place) -> Result<Vec<Arc<str>>> {
        let mut found = Vec::new();
        let full = match name.matches('.').count() {
            0 | 1 => format!("ansible.builtin.{name}"),
            _ => name.to_owned(),
        };
        if self.members(&full, place, &mut Vec::new(), &mut found)? {
            return Ok(found);
        }
        Err(Error::input(format!(
            "Error loading module_defaults: could not resolve the module_defaults group {full}"
        )))
    }

    /// Adds the members of a group, and of those that it extends; says whether there is such a group.
    fn members(
        &mut self,
        full: &str,
        place: &Place,
        seen: &mut Vec<String>,
        found: &mut Vec<Arc<str>>,
    ) -> Result<bool> {
        if seen.iter().any(|s| s == full) {
            return Ok(true);
        }
        seen.push(full.to_owned());
        if let Some(short) = full.strip_prefix("ansible.builtin.") {
            let Some((_, extended)) = GROUPS.iter().find(|(name, _)| *name == short) else {
                return Ok(false);
            };
            for group in *extended {
                self.members(group, place, seen, found)?;
            }
            return Ok(true);
        }
        let mut parts = full.splitn(3, '.');
        let (Some(namespace), Some(name), Some(short)) = (parts.next(), parts.next(), parts.next()) else {
            return Ok(false);
        };
        let owner = format!("{namespace}.{name}");
        let groups = self.collection(&owner).and_then(|path| collection::runtime(&path, "action_groups"));
        let Some(Value::List(items)) = groups.as_ref().and_then(|g| g.get(full).or_else(|| g.get(short)))
        else {
            return Ok(false);
        };
        let qualified = |name: &str| match name.matches('.').count() {
            0 | 1 => format!("{owner}.{name}"),
            _ => name.to_owned(),
        };
        for item in items.iter() {
            if let Some(module) = item.as_str() {
                let known = self.resolve(&qualified(module), place, &[])?;
                found.extend(known.map(|k| k.full).filter(|full| !found.contains(full)));
            } else if let Some(extended) = item.get("metadata").and_then(|m| m.get("extend_group")) {
                let names = extended.as_list().unwrap_or(std::slice::from_ref(extended));
                for group in names.iter().filter_map(Value::as_str) {
                    self.members(&qualified(group), place, seen, found)?;
                }
            }
        }
        Ok(true)
    }
}
