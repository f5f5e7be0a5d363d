//! Golden tests of errors: each file of cases/ is loaded, and what warp says of it is compared with the text beside it.
//!
//! `WARP_GOLDEN=update cargo test --test golden` writes the texts anew; read the difference before you commit it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

mod beside;
mod includes;

use std::path::Path;
use warp::error::Error;
use warp::inventory::Sources;
use warp::play::{Catalogue, Loader, Render};
use warp::template::{Engine, Scope};
use warp::value::{Text, Value, Vars};
use warp_agent::spec::{Arg, Kind, Spec};

/// Modules with tables of their own, so that the texts do not change with the real ones.
struct Modules;

static COMMAND: Spec = Spec {
    free_form: Some("_raw_params"),
    ..Spec::new("command", "", &[Arg::new("_raw_params", Kind::Str), Arg::new("chdir", Kind::Path)])
};

static COPY: Spec = Spec::new(
    "copy",
    "",
    &[Arg::new("src", Kind::Path), Arg::new("content", Kind::Str), Arg::new("dest", Kind::Path).required()],
);

static FILE: Spec = Spec::new(
    "file",
    "",
    &[
        Arg::new("path", Kind::Path).required().aliases(&["dest", "name"]),
        Arg::new("state", Kind::Str).choices(&["absent", "directory", "file", "hard", "link", "touch"]),
    ],
);

static META: Spec = Spec { free_form: Some("_raw_params"), open: true, ..Spec::new("meta", "", &[]) };

impl Catalogue for Modules {
    fn spec(&self, module: &str) -> Option<&'static Spec> {
        let short = module.strip_prefix("ansible.builtin.").unwrap_or(module);
        [&COMMAND, &COPY, &FILE, &META].into_iter().find(|s| s.name == short)
    }

    fn names(&self) -> Vec<&'static str> {
        vec!["command", "copy", "file", "meta"]
    }
}

struct Templates(Engine);

struct Names(Vars);

impl Scope for Names {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<std::sync::Arc<str>> {
        self.0.keys().cloned().collect()
    }

    fn search_path(&self) -> Vec<std::path::PathBuf> {
        Vec::new()
    }
}

impl Render for Templates {
    fn render(&self, text: &Text, vars: &Vars) -> warp::error::Result<Value> {
        let scope: std::sync::Arc<dyn Scope> = std::sync::Arc::new(Names(vars.clone()));
        self.0.render(&Value::Text(text.clone()), &scope)
    }

    fn check_template(&self, text: &Text) -> warp::error::Result<()> {
        self.0.check_template(text)
    }

    fn check_expression(&self, text: &Text) -> warp::error::Result<()> {
        self.0.check_expression(text)
    }
}

/// What warp says of a playbook or inventory, its folder's name replaced.
fn said(path: &Path) -> String {
    let folder = path.parent().unwrap().to_string_lossy().into_owned();
    let text = if path.extension().is_some_and(|e| e == "ini") {
        match Sources::new(vec![path.to_string_lossy().into_owned()], std::sync::Arc::default()).load() {
            Ok(_) => "accepted".to_owned(),
            Err(e) => e.to_string(),
        }
    } else {
        let templates = Templates(Engine::new());
        let loader = Loader {
            catalogue: &Modules,
            render: &templates,
            search: warp::play::Search::default(),
            early: true,
            private_role_vars: None,
        };
        match loader.playbook(path) {
            Err(errors) => errors.to_string(),
            Ok(loaded) => {
                let warnings: Vec<String> = loaded.warnings.iter().map(Error::as_warning).collect();
                format!("accepted, with the warnings:\n{}", warnings.join("\n\n"))
            }
        }
    };
    text.replace(&folder, "DIR") + "\n"
}

#[test]
fn every_case_is_told_as_its_golden_text_has_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cases");
    let update = std::env::var("WARP_GOLDEN").is_ok_and(|v| v == "update");
    let mut cases: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    cases.retain(|p| p.extension().is_some_and(|e| e == "yml" || e == "ini"));
    cases.sort();
    assert!(cases.len() > 40, "the cases are there");
    let mut wrong = Vec::new();
    for case in cases {
        let said = said(&case);
        let golden = format!("{}.txt", case.display());
        if update {
            std::fs::write(&golden, &said).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "these cases are told otherwise now:\n{}", wrong.join("\n"));
}
