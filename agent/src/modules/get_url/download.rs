//! A download on its way: a private file that takes its place when it is whole.

use super::checksum::file_name;
use crate::args::Args;
use crate::digest::Hashing;
use crate::effects::Temp;
use crate::errno;
use crate::http::url::{self, Url};
use crate::http::{Fetched, Request};
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::stream;
use crate::value::{Map, Value};
use sha1::Sha1;
use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;
use std::time::Instant;

/// What was downloaded.
pub(super) struct Download {
    temp: Temp,
    /// Its SHA-1.
    pub sha1: String,
    /// The name that the server, or the URL that answered, gives it.
    pub name: String,
    /// The status; none where no server was asked.
    pub status: Option<i64>,
    /// What is said of it.
    pub msg: String,
    /// Seconds that it took.
    pub elapsed: u64,
}

/// Downloads into a private file. `Err` within `Ok` is the outcome where the server has nothing newer.
pub(super) fn start(
    args: &Args,
    cx: &mut Context<'_>,
    request: Request,
    dest: &str,
) -> Result<Result<Download, Outcome>, Failed> {
    let started = Instant::now();
    let (asked, decompress) = (request.url.clone(), request.decompress);
    let shown = url::masked(&asked);
    let parsed = Url::parse(&asked).unwrap_or_default();
    let answer = if parsed.scheme == "file" { local(&parsed) } else { Ok(request.fetch(cx)?) };
    let elapsed = started.elapsed().as_secs();
    let failed = |msg: String| {
        Failed::new(msg).with("url", shown.as_str()).with("dest", dest).with("elapsed", elapsed)
    };
    let mut fetched = answer.map_err(failed)?;
    match fetched.status {
        304 => {
            return Ok(Err(Outcome::ok()
                .with("url", shown.as_str())
                .with("dest", dest)
                .with("msg", fetched.msg)
                .with("status_code", 304)
                .with("elapsed", elapsed)));
        }
        -1 => return Err(failed(fetched.msg)),
        200 | 0 => {}
        status => {
            return Err(failed("Request failed".to_owned())
                .with("status_code", status)
                .with("response", fetched.msg));
        }
    }
    let folder = match args.path("tmp_dest").filter(|t| !t.as_os_str().is_empty()) {
        Some(folder) if folder.is_dir() => folder.to_owned(),
        Some(folder) => {
            let why = if folder.exists() {
                "is a file but should be a directory."
            } else {
                "directory does not exist."
            };
            return Err(Failed::new(format!("{} {why}", folder.display())).with("elapsed", elapsed));
        }
        None => std::env::temp_dir(),
    };
    let words = |e: io::Error| {
        Failed::new(format!("failed to create temporary content file: {e}")).with("elapsed", elapsed)
    };
    let mut temp = Temp::new_in(&folder).map_err(words)?;
    let mut body = Hashing::<Sha1>::new(&mut fetched.body);
    let size = stream::copy(&mut body, temp.file()).map_err(words)?;
    let sha1 = body.finish();
    let header = |name: &str| fetched.headers.get(name).and_then(Value::as_str);
    let encoded = header("content-encoding") == Some("gzip") && decompress;
    let length = header("content-length").and_then(|l| l.parse::<u64>().ok());
    if let Some(length) = length.filter(|l| !cx.mode.check && !encoded && *l != size) {
        let left = length.saturating_sub(size);
        return Err(Failed::new(format!(
            "Incomplete read, (rsp.length=0, cl={length}, st.st_size={size}) failed to read remaining {left} bytes"
        )));
    }
    let name = fetched.named().unwrap_or_else(|| file_name(&fetched.url));
    let status = Some(fetched.status).filter(|s| *s != 0);
    Ok(Ok(Download { temp, sha1, name, status, msg: fetched.msg, elapsed }))
}

/// A file of this machine, as if a server had sent it; the status is 0.
fn local(url: &Url) -> Result<Fetched, String> {
    let path = url::unquote(&url.target);
    let why = |e: &io::Error| format!("Request failed: <urlopen error {}>", errno::python_text(e, &path));
    let file = File::open(&path).map_err(|e| why(&e))?;
    let size = file.metadata().map_err(|e| why(&e))?.len();
    Ok(Fetched {
        status: 0,
        msg: format!("OK ({size} bytes)"),
        url: format!("file://{}", url.target),
        headers: Map::new(),
        cookies: Vec::new(),
        failed: false,
        body: Box::new(file),
    })
}

impl Download {
    /// Where it is for now.
    pub(super) fn path(&self) -> &Path {
        self.temp.path()
    }

    /// The same, as results show it.
    pub(super) fn file_name(&self) -> String {
        self.path().display().to_string()
    }

    /// Copies it beside its place, and puts it there.
    pub(super) fn place(&mut self, cx: &mut Context<'_>, dest: &Path, unsafe_writes: bool) -> io::Result<()> {
        let mut draft = cx.effects.temp_beside(dest, unsafe_writes)?;
        if let Some(draft) = &mut draft {
            self.temp.file().rewind()?;
            stream::copy(self.temp.file(), draft.file())?;
        }
        cx.effects.replace(draft, dest, unsafe_writes)
    }
}
