//! What a deployment asks of the host, by its variables.

use super::{Content, Settings};
use crate::error::{Error, Result};
use crate::lab::DomainType;
use crate::lab::doctor::{Guest, Needs};
use crate::template::{Engine, Scope};
use crate::value::{self, Value, Vars, extend};
use std::path::PathBuf;
use std::sync::Arc;

/// Where guests' name servers are set, in WORKSPACE.
const NAMESERVERS: &str = "vars/warp-nameservers.yml";

/// What the undercloud needs. `given` are the user's variables and those of the settings.
///
/// # Errors
/// A variable that cannot be rendered, or has no such form.
pub fn needs(engine: &Engine, content: &Content, settings: &Settings, given: &Vars) -> Result<Needs> {
    let mut vars = Vars::new();
    for file in ["common", "virthost"] {
        extend(&mut vars, &value::read_vars(&content.vars(file))?);
    }
    extend(&mut vars, given);
    let scope: Arc<dyn Scope> = Arc::new(Flat(vars));
    let get = |name: &str| scope.get(name).map(|value| engine.render(&value, &scope)).transpose();
    let required = |name: &str| -> Result<Value> {
        get(name)?.ok_or_else(|| Error::input(format!("the variable {name} is not set")))
    };
    let text = |name: &str| Ok::<_, Error>(words(&required(name)?));

    let node = required("undercloud_node")?;
    let field = |map: &Value, of: &str, name: &str| {
        map.get(name)
            .cloned()
            .ok_or_else(|| Error::input(format!("{of} has no {name}")).at(map.span().cloned()))
    };
    let flavor = words(&field(&node, "undercloud_node", "flavor")?);
    let flavor_map = field(&required("flavors")?, "flavors", &flavor)?;
    let size = |name: &str| {
        let value = field(&flavor_map, &format!("the flavor {flavor}"), name)?;
        words(&value).parse::<u64>().map_err(|_| {
            Error::input(format!("the {name} of the flavor {flavor} is no whole number: {}", words(&value)))
                .at(value.span().cloned())
        })
    };
    let guest = Guest {
        name: words(&field(&node, "undercloud_node", "name")?),
        memory: size("memory")?,
        disk: size("disk")?,
    };
    let domain_type = match get("libvirt_domain_type")?.as_ref().and_then(Value::as_str) {
        Some("kvm") => Some(DomainType::Kvm),
        Some("qemu") => Some(DomainType::Qemu),
        // Another is libvirt's to refuse.
        _ => None,
    };
    let nameservers = get("undercloud_undercloud_nameservers")?
        .map(|list| list.as_list().unwrap_or_default().iter().map(words).collect());
    Ok(Needs {
        guests: vec![guest],
        domain_type,
        nested: required("nested")?.truthy(),
        machine: text("libvirt_machine")?,
        pool: PathBuf::from(text("libvirt_volume_path")?),
        images: PathBuf::from(text("image_cache_dir")?),
        settings: settings.workspace.join(NAMESERVERS),
        nameservers,
    })
}

/// As templates write it.
fn words(value: &Value) -> String {
    value::python_str(value)
}

/// Variables without a host.
struct Flat(Vars);

impl Scope for Flat {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}
