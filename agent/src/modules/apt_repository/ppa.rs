//! Personal package archives of Launchpad: their source and the key that signs them.

use crate::args::Args;
use crate::command::Command;
use crate::http::Request;
use crate::module::{Context, Failed};
use crate::program;
use crate::python;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where keys are kept, best first.
const KEYS: [&str; 3] = ["/etc/apt/keyrings", "/etc/apt/trusted.gpg.d", "/usr/share/keyrings"];

/// What says for which release a source is.
const RELEASE: &str = "/etc/os-release";

/// One of them.
pub(super) struct Ppa {
    owner: String,
    name: String,
    release: String,
    /// What its list is named after.
    pub line: String,
}

impl Ppa {
    /// The archive that `ppa:OWNER/NAME` names; nothing for another source.
    pub fn of(repo: &str, args: &Args) -> Option<Self> {
        let place = repo.strip_prefix("ppa:")?;
        let place = place.split(':').next().unwrap_or_default();
        let mut parts = place.split('/');
        let owner = parts.next().unwrap_or_default().to_owned();
        let name = parts.next().unwrap_or("ppa").to_owned();
        let release = args.str("codename").filter(|name| !name.is_empty()).map(str::to_owned);
        let release = release.unwrap_or_else(|| {
            let text = fs::read_to_string(RELEASE).unwrap_or_default();
            let value = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
            value.unwrap_or_default().trim_matches('"').to_owned()
        });
        let line = format!("{repo}_{release}");
        Some(Ppa { owner, name, release, line })
    }

    /// As a line of a list.
    pub fn source(&self) -> String {
        let Ppa { owner, name, release, .. } = self;
        format!("deb https://ppa.launchpadcontent.net/{owner}/{name}/ubuntu {release} main")
    }

    /// Fetches the key that signs it, unless apt has it already.
    ///
    /// # Errors
    /// Launchpad, or the key server, does not answer as it should.
    pub fn trust(&self, cx: &mut Context<'_>, args: &Args) -> Result<(), Failed> {
        let key = self.fingerprint(cx, args)?;
        let apt_key = program::find(cx, "apt-key");
        let known = match &apt_key {
            Some(program) => {
                let words = [program.as_os_str(), "export".as_ref(), key.as_ref()];
                let err = cx.run_checked(&Command::new(words).english())?.stderr_text();
                !err.contains("nothing exported")
            }
            None => has_key(cx, &key)?,
        };
        if known || cx.mode.check {
            return Ok(());
        }
        let server = ["--no-tty", "--keyserver", "hkp://keyserver.ubuntu.com:80"];
        if let Some(program) = apt_key {
            let words = ["adv", "--recv-keys"].into_iter().chain(server).chain([key.as_str()]);
            let words = std::iter::once(program.into_os_string()).chain(words.map(Into::into));
            return cx.run_checked(&Command::new(words)).map(drop);
        }
        let gpg = program::require(cx, "gpg")?;
        let words = server.into_iter().chain(["--export", &key]);
        let words = std::iter::once(gpg.into_os_string()).chain(words.map(Into::into));
        let output = cx.run_checked(&Command::new(words))?;
        if output.stdout.is_empty() {
            return Err(Failed::new("Unable to get required signing key")
                .with("rc", output.rc)
                .with("stderr", output.stderr_text()));
        }
        let dir = KEYS.iter().find(|dir| Path::new(dir).exists()).ok_or_else(|| {
            Failed::new(format!(
                "Unable to find any existing apt gpgp repo directories, tried the following: {}",
                KEYS.join(", ")
            ))
        })?;
        let base = self.source().rsplit('/').next().unwrap_or_default().replace(' ', "-");
        let file = format!("{dir}/{base}-{}-{}.gpg", self.owner, self.name);
        cx.write_file(Path::new(&file), &output.stdout, None, false)
    }

    fn fingerprint(&self, cx: &mut Context<'_>, args: &Args) -> Result<String, Failed> {
        let url = format!("https://api.launchpad.net/1.0/~{}/+archive/{}", self.owner, self.name);
        let mut request = Request::get(cx, &url);
        request.route.trust.anybody = !args.flag("validate_certs");
        request.headers.push(("Accept".to_owned(), "application/json".to_owned()));
        let mut fetched = request.fetch(cx)?;
        let wrong = |why: &str| Failed::new(format!("failed to fetch PPA information, error was: {why}"));
        if fetched.status != 200 {
            return Err(wrong(&fetched.msg));
        }
        let mut text = String::new();
        fetched.body.read_to_string(&mut text).map_err(|e| wrong(&e.to_string()))?;
        let info = serde_json::from_str(&text).map(python::from_json).map_err(|e| wrong(&e.to_string()))?;
        let key = info.as_map().and_then(|info| info.get("signing_key_fingerprint")?.as_str());
        key.map(str::to_owned).ok_or_else(|| wrong("it names no signing key"))
    }
}

/// Whether a key is in any of apt's keyrings.
fn has_key(cx: &mut Context<'_>, key: &str) -> Result<bool, Failed> {
    let gpg = program::require(cx, "gpg")?;
    let mut files = vec![PathBuf::from("/etc/apt/trusted.gpg")];
    for dir in KEYS {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        files.extend(
            entries
                .map(|e| e.path())
                .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))),
        );
    }
    for file in files.into_iter().filter(|file| file.exists()) {
        let words = [gpg.as_os_str(), "--list-packets".as_ref(), file.as_os_str()];
        if cx.run(&Command::new(words))?.stdout_text().contains(key) {
            return Ok(true);
        }
    }
    Ok(false)
}
