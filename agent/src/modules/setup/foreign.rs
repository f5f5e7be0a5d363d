//! The facts of other fact finders, where they are installed: facter and ohai.

use super::Gather;
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::python;
use crate::value::{Map, Value};
use std::path::Path;

/// Where facter is that came with Puppet's packages.
const PUPPET: &str = "/opt/puppetlabs/bin";

pub fn facter(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let found = ["cfacter", "facter"].iter().find_map(|name| {
        let puppet = Path::new(PUPPET).join(name);
        if puppet.is_file() { Some(puppet) } else { program::find(gather.cx, name) }
    });
    let Some(program) = found else { return Ok(Map::new()) };
    for args in [&["--puppet", "--json"][..], &["--json"]] {
        let words = std::iter::once(program.as_os_str()).chain(args.iter().map(|arg| arg.as_ref()));
        let output = gather.cx.run(&Command::new(words))?;
        // Some versions know --puppet only with Puppet.
        if output.rc == 0 {
            return Ok(told(gather, "facter", &output.stdout));
        }
    }
    Ok(Map::new())
}

pub fn ohai(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let Some(program) = program::find(gather.cx, "ohai") else { return Ok(Map::new()) };
    let output = gather.cx.run(&Command::new([program]))?;
    Ok(if output.rc == 0 { told(gather, "ohai", &output.stdout) } else { Map::new() })
}

/// The facts in JSON, each with the finder's name before it.
fn told(gather: &mut Gather<'_, '_>, finder: &str, json: &[u8]) -> Map {
    match serde_json::from_slice(json).map(python::from_json) {
        Ok(Value::Map(facts)) => {
            let named =
                |(name, value): (String, Value)| (format!("{finder}_{}", name.replace('-', "_")), value);
            facts.into_iter().map(named).collect()
        }
        _ => {
            gather.warnings.push(format!("Failed to gather {finder} facts"));
            Map::new()
        }
    }
}
