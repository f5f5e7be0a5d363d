//! The file in which a call that nobody waits for leaves its result, where `async_status` finds it.

use super::spool::{identity, lives};
use crate::expand;
use crate::outcome::Outcome;
use crate::python;
use crate::value::{Map, Value};
use crate::wire::ResultsFile;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Whose the job is as long as it runs: nothing that Ansible's file has.
const SUPERVISOR: &str = "_warp_supervisor";

/// Takes out what says whose a job is that runs; gives whether it has been left by its supervisor.
pub(crate) fn orphaned(told: &mut Map) -> bool {
    told.shift_remove(SUPERVISOR).and_then(|kept| kept.as_str().map(|kept| !lives(kept))).unwrap_or(false)
}

/// The path of a job's results.
#[must_use]
pub(crate) fn path(dir: &str, jid: &str) -> PathBuf {
    Path::new(&expand::path(dir, &[])).join(jid)
}

/// Makes the folder of jobs' results, for those that are waited for too.
pub(super) fn folder(results: &ResultsFile) -> io::Result<PathBuf> {
    let path = path(&results.dir, &results.jid);
    if let Some(dir) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    Ok(path)
}

/// Makes the file: the job has started. Readable for this account alone, since results may hold secrets.
pub(super) fn begin(results: &ResultsFile) -> io::Result<PathBuf> {
    let path = folder(results)?;
    let mut started = Map::new();
    started.insert("started".to_owned(), true.into());
    started.insert("finished".to_owned(), false.into());
    started.insert("ansible_job_id".to_owned(), results.jid.as_str().into());
    started.insert(SUPERVISOR.to_owned(), identity("self")?.into());
    write(OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?, started)?;
    Ok(path)
}

/// Replaces it by what the call came to.
pub(super) fn finish(path: &Path, outcome: &Outcome) -> io::Result<()> {
    let mut result = Map::new();
    result.insert("changed".to_owned(), outcome.changed.into());
    for (key, told) in [("failed", outcome.failed), ("skipped", outcome.skipped)] {
        if told {
            result.insert(key.to_owned(), true.into());
        }
    }
    result.extend(outcome.values.clone());
    if !outcome.warnings.is_empty() {
        let warnings = outcome.warnings.iter().map(|w| w.as_str().into()).collect();
        result.insert("warnings".to_owned(), Value::List(warnings));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.tmp"));
    write(OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?, result)?;
    fs::rename(draft, path)
}

fn write(mut file: File, content: Map) -> io::Result<()> {
    file.write_all(python::json(&Value::Map(content)).as_bytes())
}
