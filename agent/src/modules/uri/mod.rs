//! `uri`: a request to a server, and what it answered.

mod body;

use crate::args::Args;
use crate::digest;
use crate::effects::FileArgs;
use crate::http::{self, Fetched, Request, url};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::python;
use crate::spec::{Arg, CheckSupport, Kind, Spec};
use crate::value::{Map, Value};
use sha1::{Digest, Sha1};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

/// The module.
pub struct Uri;

/// Its table, which the controller's half shares.
pub static SPEC: Spec = Spec {
    file_args: true,
    http_args: true,
    check: CheckSupport::None,
    mutually_exclusive: &[&["body", "src"]],
    ..Spec::new("uri", "Sends a request to a server", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("url", Kind::Str).required().help("An http or https URL."),
    Arg::new("dest", Kind::Path).help("A file or directory to keep the answer in."),
    Arg::new("url_username", Kind::Str).aliases(&["user"]).help("The user to log in as."),
    Arg::new("body", Kind::Raw).help("The body of the request."),
    Arg::new("body_format", Kind::Str)
        .default("raw")
        .choices(&["form-urlencoded", "json", "raw", "form-multipart"])
        .help("How the body is written, and the Content-Type that tells it."),
    Arg::new("src", Kind::Path).help("A file that is the body."),
    Arg::new("method", Kind::Str).default("GET").help("The method, one word."),
    Arg::new("return_content", Kind::Bool).default("false").help("Return the answer as `content`."),
    Arg::new("follow_redirects", Kind::Str)
        .default("safe")
        .choices(&["all", "no", "none", "safe", "urllib2", "yes"])
        .help("Which redirects to follow; safe means those of GET and HEAD."),
    Arg::new("creates", Kind::Path).help("Nothing is done where this path exists."),
    Arg::new("removes", Kind::Path).help("Nothing is done where this path does not exist."),
    Arg::new("status_code", Kind::List)
        .elements(Kind::Int)
        .default("200")
        .help("The statuses that count for success."),
    Arg::new("timeout", Kind::Int).default("30").help("Seconds that the server may be silent."),
    Arg::new("headers", Kind::Dict).default("{}").help("Further headers of the request."),
    Arg::new("unix_socket", Kind::Path).help("A Unix socket to connect to instead of the URL's host."),
    Arg::new("remote_src", Kind::Bool).default("false").help("`src` is on the target."),
    Arg::new("ca_path", Kind::Path).help("A PEM file with the only certificates to trust."),
    Arg::new("force", Kind::Bool).default("false").help("Ask for a fresh answer."),
];

impl Module for Uri {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let method = args.text("method").to_uppercase();
        if method.is_empty() || !method.chars().all(|c| c.is_ascii_uppercase()) {
            let msg = "Parameter 'method' needs to be a single word in uppercase, like GET or POST.";
            return Err(Failed::new(msg));
        }
        let mut request = Request::from_args(args, cx, &method, args.text("url"))?;
        body::add(args, &mut request)?;
        for (name, kept, why) in [("creates", true, "exists"), ("removes", false, "does not exist")] {
            if let Some(path) = args.str(name)
                && Path::new(path).exists() == kept
            {
                return Ok(Outcome::ok().with("stdout", format!("skipped, since '{path}' {why}")));
            }
        }
        if let Some(path) = args.path("src").filter(|p| !p.as_os_str().is_empty()) {
            let opened = fs::read(path).map_err(|_| {
                Failed::new(format!("Unable to open source file {}", path.display())).with("elapsed", 0)
            });
            request.body = Some(opened?);
        }
        let dest = args.path("dest").filter(|d| d.is_file());
        let modified = dest.and_then(|d| fs::metadata(d).ok()).and_then(|m| m.modified().ok());
        request.freshness(args.flag("force"), modified);
        if matches!(args.text("follow_redirects"), "no" | "yes") {
            cx.warnings
                .push("Using 'yes' or 'no' for 'follow_redirects' parameter is deprecated.".to_owned());
        }
        let started = Instant::now();
        let fetched = request.fetch(cx)?;
        answered(args, cx, fetched, started.elapsed().as_secs())
    }
}

/// What is known of the content from its type.
struct Content {
    json: bool,
    charset: String,
}

fn kind(fetched: &Fetched) -> Content {
    let header = fetched.headers.get("content-type").and_then(Value::as_str).unwrap_or_default();
    let mime = header.split([';', ',']).next().unwrap_or_default().trim().to_lowercase();
    let sub = mime.split_once('/').map_or("", |(_, sub)| sub);
    let sub = sub.split_once('+').map_or(sub, |(_, suffix)| suffix);
    let charset = http::parameter(header, "charset").unwrap_or_else(|| "utf-8".to_owned());
    Content { json: matches!(sub, "json" | "javascript"), charset }
}

fn answered(
    args: &Args,
    cx: &mut Context<'_>,
    mut fetched: Fetched,
    elapsed: u64,
) -> Result<Outcome, Failed> {
    let wanted: Vec<i128> = args.list("status_code").iter().filter_map(Value::as_int).collect();
    let fits = wanted.contains(&i128::from(fetched.status));
    let kind = kind(&fetched);
    let return_content = args.flag("return_content");
    let dest = args.path("dest").map(|dest| match dest.is_dir() {
        true => dest.join(fetched.named().unwrap_or_else(|| last_name(&fetched.url))),
        false => dest.to_owned(),
    });
    let answered = fetched.status != -1;
    let mut content = Vec::new();
    fetched.body.read_to_end(&mut content).map_err(|e| {
        Failed::new(format!("HTTP Error while fetching {}: {e}", url::masked(args.text("url"))))
    })?;
    let mut outcome = described(args, &fetched, elapsed);
    if kind.json || return_content || !fits {
        let text = decoded(&content, &kind.charset);
        if let (true, Ok(json)) = (kind.json, serde_json::from_str(&text)) {
            outcome = outcome.with("json", python::from_json(json));
        }
        if return_content {
            outcome = outcome.with("content", text);
        }
    } else if fetched.failed {
        // A failure that is wanted: the answer is part of the result, whether it is asked for or not.
        outcome = outcome.with("body", decoded(&content, "utf-8"));
    }
    if let Some(dest) = dest.filter(|_| answered) {
        if fits && fetched.status != 304 {
            write(cx, &dest, &content)?;
            outcome.changed = true;
            cx.effects.set_attributes(&dest, &FileArgs::from_args(args))?;
        }
        outcome = outcome.with("path", dest.to_string_lossy().into_owned());
    }
    if !fits {
        let list = Value::List(args.list("status_code").to_vec());
        let msg =
            format!("Status code was {} and not {}: {}", fetched.status, python::repr(&list), fetched.msg);
        return Ok(Outcome { failed: true, ..outcome }.with("msg", msg));
    }
    Ok(outcome)
}

/// The result as far as it is about the answer's head.
fn described(args: &Args, fetched: &Fetched, elapsed: u64) -> Outcome {
    let mut outcome = Outcome::ok().with("redirected", fetched.url != url::masked(args.text("url")));
    for (name, value) in &fetched.headers {
        outcome = outcome.with(&name.replace('-', "_"), value.clone());
    }
    if !fetched.failed {
        let cookies: Map =
            fetched.cookies.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect();
        let joined: Vec<String> = fetched.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        outcome = outcome.with("cookies_string", joined.join("; ")).with("cookies", cookies);
    }
    if let Some(Value::Str(location)) = outcome.values.get("location") {
        let whole = url::join(&url::masked(args.text("url")), location);
        outcome = outcome.with("location", whole);
    }
    outcome
        .with("msg", fetched.msg.as_str())
        .with("url", fetched.url.as_str())
        .with("status", fetched.status)
        .with("elapsed", elapsed)
}

/// The name at the end of a URL's path.
fn last_name(url: &str) -> String {
    let path = url::Url::parse(url).map(|u| u.path().to_owned()).unwrap_or_default();
    let name = url::unquote(paths::basename(path.trim_end_matches('/')));
    if name.is_empty() { "index.html".to_owned() } else { name }
}

fn decoded(content: &[u8], charset: &str) -> String {
    match charset.to_ascii_lowercase().as_str() {
        "latin-1" | "latin1" | "iso-8859-1" | "windows-1252" => {
            content.iter().map(|b| char::from(*b)).collect()
        }
        _ => String::from_utf8_lossy(content).into_owned(),
    }
}

fn write(cx: &mut Context<'_>, dest: &Path, content: &[u8]) -> Result<(), Failed> {
    let sum = digest::hex(&Sha1::digest(content));
    if digest::sha1(dest).is_ok_and(|known| known == sum) {
        return Ok(());
    }
    cx.effects
        .write(dest, content, false)
        .map_err(|e| Failed::new(format!("failed to copy to {}: {e}", dest.display())))
}
