//! A scope of given variables and nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use warp::template::Scope;
use warp::value::{Value, Vars};

/// These variables.
pub struct Names(pub Vars);

impl Scope for Names {
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
