//! The lookup `url`: what servers give.

use super::Lookup;
use crate::config::definitions::{ConfigFile, Definition, Undefined, direct, resolve};
use crate::error::Error;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::notice::Notice;
use crate::template::python;
use crate::template::val::Val;
use crate::value::{Map, Value, python_str};
use std::io::Read;
use std::time::Duration;
use warp_agent::command::Cancel;
use warp_agent::http::{Follow, Request, set, url};
use warp_agent::module::Context;
use warp_agent::wire::Mode;

pub(super) const TABLE: &[Lookup] = &[Lookup::new(
    "url",
    &[
        "validate_certs",
        "split_lines",
        "use_proxy",
        "username",
        "password",
        "headers",
        "force",
        "timeout",
        "http_agent",
        "force_basic_auth",
        "follow_redirects",
        "use_gssapi",
        "use_netrc",
        "unix_socket",
        "ca_path",
        "unredirected_headers",
        "ciphers",
        "**others",
    ],
    fetch,
)];

/// The most that is read of an answer.
const LONGEST: u64 = 256 << 20;

fn fetch(env: &Env, terms: Vec<Val>, given: &Bound) -> R<Vec<Val>> {
    let options = Options { env, given, known: Definition::of_plugin("lookup", "url").unwrap_or_default() };
    let split = options.flag("split_lines")?;
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(asked) = &term else {
            let kind = term.type_name();
            return Err(Fail::new(format!("'{kind}' object has no attribute 'decode'")));
        };
        let bytes = get(&options, asked)?;
        if split {
            let lines = Lines(&bytes).map(|line| Val::str(String::from_utf8_lossy(line).into_owned()));
            found.extend(lines);
        } else {
            found.push(Val::str(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(found)
}

/// What is at a URL.
fn get(options: &Options<'_>, asked: &str) -> R<Vec<u8>> {
    let cancel = Cancel::new();
    let mut cx = Context::new(Mode { check: false, diff: false }, &[], &cancel);
    let request = options.request(&cx, asked)?;
    let shown = url::masked(asked);
    let fetched = request.fetch(&mut cx).map_err(|failed| Fail::new(failed.msg()))?;
    if !fetched.failed {
        let mut bytes = Vec::new();
        let read = fetched.body.take(LONGEST + 1).read_to_end(&mut bytes);
        read.map_err(|e| Fail::new(format!("Error connecting to {shown}: {e}")))?;
        if bytes.len() as u64 > LONGEST {
            return Err(Fail::new(format!("{shown} gives more than {} MiB", LONGEST >> 20)));
        }
        return Ok(bytes);
    }
    let msg = fetched.msg;
    // As Python's exceptions say it that open_url raises; the agent's words are those of modules.
    Err(Fail::new(if msg.starts_with("HTTP Error") {
        format!("Received HTTP error for {shown}: {msg}")
    } else if let Some(why) = msg.strip_prefix("Request failed: ") {
        format!("Failed lookup url for {shown}: {why}")
    } else {
        let why = msg.strip_prefix("Connection failure: ").unwrap_or(&msg);
        why.strip_prefix("connection was closed before a valid response was received: ")
            .unwrap_or(why)
            .to_owned()
    }))
}

/// What the lookup was told: in its call, by variables, the environment, the configuration file.
struct Options<'a> {
    env: &'a Env,
    given: &'a Bound,
    known: Map,
}

impl Options<'_> {
    fn value(&self, name: &str) -> R<Value> {
        let Some(definition) = Definition::among(&self.known, name) else { return Ok(Value::Null) };
        let label = format!("{} for 'url' lookup plugin", python::repr_str(name));
        let variable = |name: &str| self.env.scope().get(name).and_then(|v| self.env.lift(&v).finish().ok());
        let resolved = match self.given.get(name) {
            Some(given) => direct(&definition, &label, given.finish()?),
            None => resolve(&definition, &label, ConfigFile::of_process(), &variable),
        };
        resolved.map(|resolved| resolved.value).map_err(|undefined| match undefined {
            Undefined::Required => Fail::new(format!("Required config {label} not provided.")),
            Undefined::Invalid(error) => Fail::new(error.message()).help(error.help_lines().first().cloned()),
        })
    }

    fn flag(&self, name: &str) -> R<bool> {
        Ok(self.value(name)?.truthy())
    }

    /// A text that says something.
    fn text(&self, name: &str) -> R<Option<String>> {
        Ok(self.value(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
    }

    fn request(&self, cx: &Context<'_>, asked: &str) -> R<Request> {
        for (name, why) in [
            ("use_gssapi", "warp does not log in by Kerberos"),
            ("ciphers", "TLS here has only ciphers that are safe"),
        ] {
            if self.flag(name)? {
                return Err(Fail::new(format!("{name} is not supported: {why}")));
            }
        }
        let mut request = Request::get(cx, asked);
        let agent = self.text("http_agent")?.unwrap_or_default();
        set(&mut request.headers, "User-Agent", agent);
        if let Value::Map(headers) = self.value("headers")? {
            headers.iter().for_each(|(name, value)| {
                set(&mut request.headers, &name.to_string(), python_str(value));
            });
        }
        request.freshness(self.flag("force")?, None);
        request.follow = self.follow()?;
        if let Some(user) = self.text("username")? {
            request.login = Some((user, self.text("password")?.unwrap_or_default()));
        }
        request.force_basic_auth = self.flag("force_basic_auth")?;
        request.use_netrc = self.flag("use_netrc")?;
        let unredirected = self.value("unredirected_headers")?;
        request.unredirected = unredirected.as_list().unwrap_or_default().iter().map(python_str).collect();
        request.unredirected.iter_mut().for_each(|name| *name = name.to_lowercase());
        let seconds = match self.value("timeout")? {
            Value::Float(seconds) => seconds,
            _ => 10.0,
        };
        let timeout =
            Duration::try_from_secs_f64(seconds).map_err(|_| Fail::new("Timeout value out of range"))?;
        request.route.timeout = timeout.max(Duration::from_millis(1));
        request.route.use_proxy = self.flag("use_proxy")?;
        request.route.unix_socket = self.text("unix_socket")?.map(Into::into);
        request.route.trust.anybody = !self.flag("validate_certs")?;
        request.route.trust.roots = self.text("ca_path")?.map(Into::into);
        Ok(request)
    }

    fn follow(&self) -> R<Follow> {
        let how = self.text("follow_redirects")?.unwrap_or_default();
        if matches!(how.as_str(), "yes" | "no") {
            let what = Error::other(
                "Using 'yes' or 'no' for 'follow_redirects' parameter is deprecated. This feature will be removed from \
                 lookup plugin 'url' in ansible-core version 2.22.",
            );
            self.env.tell(Notice::deprecated(what, "2.22"));
        }
        Ok(match how.as_str() {
            "all" | "yes" => Follow::All,
            "none" | "no" => Follow::None,
            "safe" => Follow::Safe,
            _ => Follow::Urllib,
        })
    }
}

/// Lines as Python's `bytes.splitlines` gives them: only `\n`, `\r` and both end one.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at_checked(end)?;
        let ends = [&b"\r\n"[..], b"\n", b"\r"];
        self.0 = ends.iter().find_map(|end| rest.strip_prefix(*end)).unwrap_or(rest);
        Some(line)
    }
}
