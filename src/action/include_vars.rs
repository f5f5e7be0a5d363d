//! `include_vars`: reads variables from a file or a folder's files.

use super::{Action, BoxFuture, Context, Effect, arg, flag, search, text, texts};
use crate::connect::CallError;
use crate::error::{Error, Result};
use crate::value::{Key, Map, Value, Vars, extend, merged, merges, read_source, vars_of, yaml};
use fancy_regex::Regex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    free_form: Some("_raw_params"),
    mutually_exclusive: &[&["dir", "file"], &["dir", "_raw_params"]],
    ..Spec::new(
        "include_vars",
        "Reads variables from a file, or from the files of a folder.",
        &[
            Arg::new("file", Kind::Str).help("The file."),
            Arg::new("_raw_params", Kind::Str).help("The file, as free form."),
            Arg::new("dir", Kind::Str).help("The folder."),
            Arg::new("name", Kind::Str).help("A variable that takes all of them as a map."),
            Arg::new("depth", Kind::Int).default("0").help("How deep to go; 0 for all."),
            Arg::new("files_matching", Kind::Str).help("Take only files whose name matches."),
            Arg::new("ignore_files", Kind::List).elements(Kind::Str).help("Leave out files that end so."),
            Arg::new("extensions", Kind::List)
                .elements(Kind::Str)
                .default("yaml,yml,json")
                .help("The extensions taken."),
            Arg::new("hash_behaviour", Kind::Str)
                .choices(&["replace", "merge"])
                .help("What becomes of maps that are there already; the setting of that name where it is not given."),
            Arg::new("ignore_unknown_extensions", Kind::Bool)
                .default("false")
                .help("Leave out files of other extensions, instead of by."),
        ],
    )
};

/// The action.
pub(super) struct IncludeVars;

impl Action for IncludeVars {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(include_vars(&context, &args)) })
    }
}

/// The files that were read.
#[derive(Default)]
struct Files {
    read: Vec<PathBuf>,
    encrypted: bool,
}

impl Files {
    /// The variables of one more.
    fn vars(&mut self, path: PathBuf) -> Result<Vars> {
        let source = read_source(&path)?;
        self.encrypted |= source.shown().is_none();
        let vars = match yaml::parse(&source)?.root {
            Some(root) if root.as_map().is_none() && !root.is_null() => {
                let what = format!("{} must be stored as a dictionary/hash", path.display());
                return Err(Error::input(what).at(root.span).help("write each variable as `name: value`"));
            }
            Some(root) => vars_of(&root)?,
            None => Vars::new(),
        };
        self.read.push(path);
        Ok(vars)
    }
}

fn include_vars(context: &Context<'_>, args: &Map) -> Effect {
    let mut files = Files::default();
    let read = match text(args, "dir") {
        Some(dir) => from_folder(context, args, dir, &mut files),
        None => from_file(context, args, &mut files),
    };
    let Files { read: files, encrypted: hidden } = files;
    let (vars, error) = match read {
        Ok(vars) => (vars, None),
        Err(e) => (Vars::new(), Some(e)),
    };
    let vars = match text(args, "name") {
        Some(name) => {
            let map = vars.into_iter().map(|(k, v)| (Key::from(k), v)).collect();
            Vars::from_iter([(Arc::from(name), Value::map(map))])
        }
        None => vars,
    };
    let merge = text(args, "hash_behaviour") == Some("merge") && !merges();
    let over = |name: &Arc<str>, value: Value| match context.scope.get(name) {
        Some(old) if merge => merged(&old, &value),
        _ => value,
    };
    let vars: Vars = vars.into_iter().map(|(name, value)| (Arc::clone(&name), over(&name, value))).collect();
    // As they are written: rendering is for whoever uses them.
    let shown = vars.iter().map(|(name, value)| (Key::from(Arc::clone(name)), value.clone()));
    let mut values = Map::new();
    let files = files.iter().map(|f| Value::data(f.to_string_lossy())).collect();
    values.insert(Key::from("ansible_included_var_files"), Value::list(files));
    values.insert(Key::from("ansible_facts"), Value::map(shown.collect()));
    if let Some(e) = &error {
        values.insert(Key::from("message"), Value::data(e.message()));
    }
    let outcome = Outcome { failed: error.is_some(), ..Outcome::ok() };
    let included_vars = error.is_none().then_some(vars);
    Effect { outcome, values, included_vars, hidden, error, ..Effect::default() }
}

fn from_file(context: &Context<'_>, args: &Map, files: &mut Files) -> Result<Vars> {
    let name = text(args, "file").or_else(|| text(args, "_raw_params")).ok_or_else(|| {
        Error::other(
            "Could not find file on the Ansible Controller.\nIf you are using a module and expect the \
             file to exist on the remote, see the remote_src option",
        )
    })?;
    let path = search::find(context, "vars", name.trim_end_matches('\n'))?;
    files.vars(path)
}

fn from_folder(context: &Context<'_>, args: &Map, dir: &str, files: &mut Files) -> Result<Vars> {
    let role = context.scope.get("role_path").and_then(|v| Some(PathBuf::from(v.as_str()?)));
    let root = match &role {
        Some(role) if Path::new(dir).starts_with("vars") => role.join(dir),
        Some(role) => role.join("vars").join(dir),
        None => {
            let beside = context.span.source.name().parent().unwrap_or(Path::new("."));
            crate::value::normal(&beside.join(search::expanded(dir)))
        }
    };
    if !root.exists() {
        return Err(Error::other(format!("{} directory does not exist", root.display())));
    }
    if !root.is_dir() {
        return Err(Error::other(format!("{} is not a directory", root.display())));
    }
    let pattern =
        |p: &str| Regex::new(p).map_err(|_| Error::input(format!("Invalid regular expression: {p}")));
    let wanted = text(args, "files_matching").map(pattern).transpose()?;
    let ignored =
        texts(args, "ignore_files").map(|p| pattern(&format!("{p}$"))).collect::<Result<Vec<_>>>()?;
    let depth = arg(args, "depth").as_int().unwrap_or(0);
    let mut vars = Vars::new();
    for (folder, level) in folders(&root) {
        if depth != 0 && level > depth {
            continue;
        }
        for path in sorted(&folder).into_iter().filter(|p| p.is_file()) {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let matches = |r: &Regex| r.is_match(&name).unwrap_or(false);
            let is_main = role.as_ref().is_some_and(|r| path == r.join("vars/main.yml"));
            if is_main || wanted.as_ref().is_some_and(|w| !matches(w)) || ignored.iter().any(matches) {
                continue;
            }
            let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
            if !texts(args, "extensions").any(|e| e == extension) {
                if flag(args, "ignore_unknown_extensions") {
                    continue;
                }
                let valid: Vec<&str> = texts(args, "extensions").collect();
                return Err(Error::other(format!(
                    "{} does not have a valid extension: {}",
                    path.display(),
                    valid.join(", ")
                )));
            }
            extend(&mut vars, &files.vars(path)?);
        }
    }
    Ok(vars)
}

/// A folder and those beneath it, sorted by path, with their level from 1.
fn folders(root: &Path) -> Vec<(PathBuf, i128)> {
    let mut found = vec![(root.to_owned(), 1)];
    let mut at = 0;
    while let Some((folder, level)) = found.get(at).cloned() {
        found.extend(sorted(&folder).into_iter().filter(|p| p.is_dir()).map(|p| (p, level + 1)));
        at += 1;
    }
    found.sort();
    found
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    entries
}
