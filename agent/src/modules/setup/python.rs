//! The Python that there is here. No module needs it, but plays ask for its version.

use super::Gather;
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::python;
use crate::value::{Map, Value};

/// What it says of itself, under Ansible's names.
const QUESTION: &str = "\
import json, platform, sys
try:
    from ssl import create_default_context
    tls = True
except ImportError:
    tls = False
print(json.dumps({
    'python': {
        'version': dict(zip(('major', 'minor', 'micro', 'releaselevel', 'serial'), sys.version_info)),
        'version_info': list(sys.version_info),
        'executable': sys.executable,
        'has_sslcontext': tls,
        'type': sys.implementation.name,
    },
    'python_version': platform.python_version(),
}))";

/// Nothing where there is none, or one that does not answer.
pub fn collect(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let Some(program) = program::find(gather.cx, "python3") else { return Ok(Map::new()) };
    let words = [program.as_os_str(), "-I".as_ref(), "-c".as_ref(), QUESTION.as_ref()];
    let output = gather.cx.run(&Command::new(words))?;
    let said = serde_json::from_slice(&output.stdout).map(python::from_json);
    Ok(match said {
        Ok(Value::Map(facts)) if output.rc == 0 => facts,
        _ => Map::new(),
    })
}
