//! Facts kept between runs, in files that Ansible reads and writes too.

use crate::config::FactCache;
use crate::error::{Error, Result};
use crate::value::{Key, Map, Value};
use serde_json::Value as Json;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// The mark of what Ansible keeps: the form of its files.
const SCHEMA: &str = "s1_";

/// Where facts of hosts are kept.
#[derive(Clone, Debug)]
pub struct Cache(FactCache);

impl Cache {
    /// The cache that the configuration names.
    #[must_use]
    pub fn new(config: FactCache) -> Self {
        Cache(config)
    }

    /// The facts of a host, where they are kept and not too old. A file that is no such thing counts as none.
    #[must_use]
    pub fn get(&self, host: &str) -> Option<Map> {
        let (path, timeout) = self.file(host)?;
        let age = SystemTime::now().duration_since(path.metadata().ok()?.modified().ok()?);
        if timeout > 0 && age.is_ok_and(|age| age > Duration::from_secs(timeout)) {
            return None;
        }
        let outer: Json = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        let inner: Json = serde_json::from_str(outer.get("__payload__")?.as_str()?).ok()?;
        match Value::from(untagged(inner)) {
            Value::Map(map) => Some(Map::clone(&map)),
            _ => None,
        }
    }

    /// Keeps the facts of a host.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn set(&self, host: &str, facts: &Map) -> Result<()> {
        let Some((path, _)) = self.file(host) else { return Ok(()) };
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let failed = |e: std::io::Error| {
            Error::other(format!(
                "Error in 'jsonfile' cache plugin while trying to write {}: {e}",
                path.display()
            ))
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        let facts = Value::map(facts.clone());
        let payload = Json::from(&facts).to_string();
        let text = serde_json::json!({ "__payload__": payload }).to_string();
        let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o640)).map_err(failed)?;
        file.persist(&path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    /// Forgets the facts of a host.
    pub fn forget(&self, host: &str) {
        if let Some((path, _)) = self.file(host) {
            // What is not there is forgotten.
            let _ = fs::remove_file(path);
        }
    }

    /// A host's file, and how old it may be. The name of a host that is a path has none.
    fn file(&self, host: &str) -> Option<(PathBuf, u64)> {
        match &self.0 {
            FactCache::Json { folder, prefix, timeout } if !host.contains('/') => {
                Some((folder.join(format!("{prefix}{SCHEMA}{host}")), *timeout))
            }
            _ => None,
        }
    }
}

/// Values without what Ansible notes of their origin.
fn untagged(json: Json) -> Json {
    match json {
        Json::Array(items) => Json::Array(items.into_iter().map(untagged).collect()),
        Json::Object(mut map) => {
            let tagged = map
                .get("__ansible_type")
                .and_then(Json::as_str)
                .is_some_and(|t| t.starts_with("_AnsibleTagged"));
            match map.shift_remove("value") {
                Some(value) if tagged => untagged(value),
                value => {
                    map.extend(value.map(|value| ("value".to_owned(), value)));
                    Json::Object(map.into_iter().map(|(k, v)| (k, untagged(v))).collect())
                }
            }
        }
        other => other,
    }
}

/// Marks facts as those that `gather_facts` gathered, as Ansible does.
pub(super) fn gathered_key() -> Key {
    Key::from("_ansible_facts_gathered")
}
