//! `warp image fetch`.

use crate::deploy::Settings;
use crate::error::Result;
use crate::image::fetch::{Fetcher, Lines, Source, Sum, Watch, deliver};
use crate::image::store::{Kind, Store};
use crate::report::terminal::visible_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Where the image is: an address of http or https, file:///PATH, or a path. Files of this machine are used where
    /// they are. Proxies are taken from http_proxy, https_proxy and no_proxy, logins from ~/.netrc, certificates to
    /// trust from SSL_CERT_FILE or the machine's own.
    url: String,
    /// What it is called; else what its file is called.
    #[arg(long)]
    name: Option<String>,
    /// What it is; else a tar where its name ends as one's.
    #[arg(long = "type", value_enum)]
    kind: Option<Kind>,
    /// Its checksum: digits of an MD5, SHA-1, SHA-256 or SHA-512, or the URL of a file with checksums. Else URL.md5,
    /// URL.sha256, URL.sha512 or URL.sha1 is asked for.
    #[arg(long, value_name = "SUM")]
    checksum: Option<String>,
    /// Put it there too, as NAME.qcow2, or what is in the archive; by reference where the file system can.
    #[arg(long, value_name = "DIRECTORY")]
    to: Option<PathBuf>,
    /// Take the newest of its name that the cache has, whatever the server has by now.
    #[arg(long)]
    cached: bool,
    /// Ask no server: only what the cache has.
    #[arg(long, env = "WARP_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    offline: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let store = Store::at(&settings.image_cache);
    let source = source(args)?;
    let tell = |words: &str| anstream::eprintln!("{}", visible_line(words));
    let watch: Box<dyn Watch> = match Bar::new() {
        Some(bar) => Box::new(bar),
        None => Box::new(Lines::new(&tell)),
    };
    let fetcher = Fetcher { store: &store, offline: args.offline, check: false, watch: &*watch };
    let image = fetcher.fetch(&source)?;
    match &args.to {
        None => anstream::println!("{}", image.path.display()),
        Some(dir) => {
            let (files, _) = deliver(&image.path, source.kind, &source.name, dir, false)?;
            files.iter().for_each(|file| anstream::println!("{}", file.display()));
        }
    }
    Ok(())
}

fn source(args: &Args) -> Result<Source> {
    let path = args.url.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    let (name, kind) = match file.split_once(".tar").or_else(|| file.split_once(".tgz")) {
        Some((name, _)) => (name, Kind::Tar),
        None => (file.strip_suffix(".qcow2").unwrap_or(file), Kind::Qcow2),
    };
    Ok(Source {
        name: args.name.clone().unwrap_or_else(|| name.to_owned()),
        url: args.url.clone(),
        kind: args.kind.unwrap_or(kind),
        checksum: args.checksum.as_deref().map(Sum::parse).transpose()?,
        cached: args.cached,
    })
}

/// A bar on the terminal.
struct Bar(ProgressBar);

impl Bar {
    /// Where standard error is a terminal.
    fn new() -> Option<Self> {
        if !std::io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let form = "{wide_bar} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} to go";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        Some(Bar(bar))
    }
}

impl Watch for Bar {
    fn tell(&self, words: &str) {
        self.0.suspend(|| anstream::eprintln!("{}", visible_line(words)));
    }

    fn begin(&self, total: Option<u64>, there: u64) {
        self.0.reset();
        match total {
            Some(total) => self.0.set_length(total),
            None => self.0.unset_length(),
        }
        self.0.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        self.0.set_position(there);
        // What was there came in no time: the speed is of what comes now.
        self.0.reset_eta();
    }

    fn at(&self, there: u64) {
        self.0.set_position(there);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
