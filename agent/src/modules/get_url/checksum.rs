//! The hash that a download must have, given or found in a file of hashes.

use super::{download, with_all};
use crate::args::Args;
use crate::digest::{self, ALGORITHMS};
use crate::http::Request;
use crate::http::url::{self, Url};
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::paths;
use std::path::Path;

/// A hash.
pub(super) struct Expected {
    algorithm: String,
    hash: String,
}

impl Expected {
    /// What the argument asks for; `known` is said along with an argument that makes no sense.
    pub(super) fn wanted(args: &Args, cx: &mut Context<'_>, known: &Outcome) -> Result<Option<Self>, Failed> {
        let given = args.text("checksum");
        if given.is_empty() {
            return Ok(None);
        }
        let Some((algorithm, value)) = given.split_once(':') else {
            let msg = "The checksum parameter has to be in format <algorithm>:<checksum>";
            return Err(with_all(Failed::new(msg), known.clone()));
        };
        let scheme = Url::parse(value).map(|u| u.scheme).unwrap_or_default();
        let value = if matches!(scheme.as_str(), "http" | "https" | "ftp" | "file") {
            listed(args, cx, value)?
        } else {
            value.to_owned()
        };
        let hash: String =
            value.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect::<String>().to_lowercase();
        if hash.is_empty() || !hash.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(with_all(Failed::new("The checksum format is invalid"), known.clone()));
        }
        if !ALGORITHMS.contains(&algorithm) {
            return Err(Failed::new(format!(
                "Could not hash file '{}' with algorithm '{algorithm}'. Available algorithms: {}",
                args.text("dest"),
                ALGORITHMS.join(", ")
            )));
        }
        Ok(Some(Expected { algorithm: algorithm.to_owned(), hash }))
    }

    /// Whether a file has it.
    pub(super) fn is_of(&self, path: &Path) -> Result<bool, Failed> {
        let found = digest::named(&self.algorithm, path);
        found.map(|f| f == self.hash).map_err(|e| Failed::new(format!("cannot read {}: {e}", path.display())))
    }

    /// Why a download is not what it is to be.
    pub(super) fn check(&self, path: &Path) -> Result<(), String> {
        let found = digest::named(&self.algorithm, path).map_err(|e| e.to_string())?;
        if found == self.hash {
            return Ok(());
        }
        Err(format!("The checksum for {} did not match {}; it was {found}.", path.display(), self.hash))
    }
}

/// The hash of the file in the file of hashes that is at `list`.
fn listed(args: &Args, cx: &mut Context<'_>, list: &str) -> Result<String, Failed> {
    let request = Request::from_args(args, cx, "GET", list)?;
    let name = file_name(args.text("url"));
    let missing =
        || Failed::new(format!("Unable to find a checksum for file '{name}' in '{}'", url::masked(list)));
    let file = download::start(args, cx, request, args.text("dest"))?.map_err(|_| missing())?;
    let text = std::fs::read(file.path()).map_err(|e| Failed::new(e.to_string()))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    if let [line] = lines.as_slice()
        && line.split_whitespace().count() == 1
    {
        return Ok(line.trim().to_owned());
    }
    lines
        .iter()
        .filter_map(|l| bsd(l).or_else(|| gnu(l)))
        .find(|(_, f)| *f == name)
        .map(|(h, _)| h)
        .ok_or_else(missing)
}

/// The name that a URL's path ends in.
pub(super) fn file_name(url: &str) -> String {
    let path = Url::parse(url).map(|u| u.path().to_owned()).unwrap_or_default();
    let name = paths::basename(&path);
    if name.is_empty() { "index.html".to_owned() } else { name.to_owned() }
}

/// `SHA256 (FILE) = HASH`.
fn bsd(line: &str) -> Option<(String, String)> {
    let (head, hash) = line.rsplit_once(") = ").or_else(|| line.rsplit_once(")= "))?;
    let (algorithm, path) = head.split_once('(')?;
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    (word(algorithm.trim_end()) && word(hash)).then(|| (hash.to_owned(), path.to_owned()))
}

/// `HASH  FILE`, `HASH *FILE` or `HASH  ./FILE`.
fn gnu(line: &str) -> Option<(String, String)> {
    let (hash, rest) = line.split_once(char::is_whitespace)?;
    let path = rest.trim_start();
    let path = path.strip_prefix('*').unwrap_or(path).trim_start_matches(['.', '/']);
    (!path.is_empty()).then(|| (hash.to_owned(), path.to_owned()))
}
