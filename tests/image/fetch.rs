//! `warp image fetch`, from servers that the tests make.

use crate::fixture::{Fixture, read, run};
use crate::server::{Answer, Server, md5, sum};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An image of some 4 MB, as bytes.
fn image() -> Vec<u8> {
    read(&Fixture::new().qcow2("u.qcow2", &[]))
}

/// Another one.
fn other() -> Vec<u8> {
    read(&Fixture::new().qcow2("u.qcow2", &["-c"]))
}

/// A cache that is removed with it.
pub struct Cache(TempDir);

impl Cache {
    pub fn new() -> Cache {
        Cache(TempDir::new().unwrap())
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    /// `warp image` with these arguments, in an environment without proxies.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warp"));
        command.arg("image").args(args).env("IMAGECACHE", self.path()).env("HOME", self.0.path());
        for name in ["http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "WARP_OFFLINE", "NETRC"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// The file that a fetch gives.
    pub fn fetched(&self, args: &[&str]) -> PathBuf {
        printed(&self.run(&[&["fetch"], args].concat()))
    }

    /// What a fetch that fails says.
    pub fn refused(&self, args: &[&str]) -> String {
        let out = self.run(&[&["fetch"], args].concat());
        let text = String::from_utf8(out.stderr).unwrap();
        assert!(!out.status.success() && out.stdout.is_empty(), "{text}");
        text
    }

    /// The names in the cache but its lock and records.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path())
            .into_iter()
            .flatten()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n != ".lock" && n != ".records")
            .collect();
        names.sort();
        names
    }
}

pub fn printed(out: &Output) -> PathBuf {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout.clone()).unwrap().trim_end().into()
}

fn wait_for(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < Duration::from_secs(60), "it never came to that");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Kills a fetch, as `kill -9` does, when it has so many bytes.
fn kill_at(cache: &Cache, mut child: Child, bytes: u64) {
    let part = || {
        let name = cache.names().into_iter().find(|n| n.starts_with(".part-") && !n.ends_with(".json"));
        name.map_or(0, |n| fs::metadata(cache.path().join(n)).unwrap().len())
    };
    wait_for(|| part() >= bytes);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_image_comes_once_and_is_found_by_its_checksum() {
    let (body, cache) = (image(), Cache::new());
    let (sum, server) = (md5(&body), Server::of_image(body.clone()));
    let path = cache.fetched(&[&server.url("/u.qcow2"), "--name", "undercloud"]);
    assert_eq!(path, cache.path().join(format!("{sum}.qcow2")));
    assert!(read(&path) == body);
    assert_eq!(server.targets(), ["/u.qcow2.md5", "/u.qcow2"]);
    assert_eq!(cache.names(), [format!("{sum}.qcow2"), "latest-undercloud.qcow2".to_owned()]);
    let link = fs::read_link(cache.path().join("latest-undercloud.qcow2")).unwrap();
    assert_eq!(link, Path::new(&format!("{sum}.qcow2")));

    // Only the checksum is asked for again; not even that where it is known, or the newest will do.
    assert_eq!(cache.fetched(&[&server.url("/u.qcow2")]), path);
    assert_eq!(server.targets(), ["/u.qcow2.md5"]);
    assert_eq!(cache.fetched(&[&server.url("/u.qcow2"), "--checksum", &sum]), path);
    assert_eq!(cache.fetched(&[&server.url("/moved"), "--name", "undercloud", "--cached"]), path);
    assert_eq!(cache.fetched(&[&server.url("/u.qcow2"), "--name", "undercloud", "--offline"]), path);
    assert_eq!(server.targets(), [""; 0]);
    let text = cache.refused(&[&server.url("/u.qcow2"), "--name", "another", "--offline"]);
    assert!(text.contains("is not in") && text.contains("no server is asked"), "{text}");
    assert_eq!(server.targets(), [""; 0]);

    // What was damaged since comes anew.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1000).unwrap();
    assert_eq!(cache.fetched(&[&server.url("/u.qcow2")]), path);
    assert!(read(&path) == body);
}

#[test]
fn a_cut_download_goes_on_where_it_was() {
    let (body, cache) = (image(), Cache::new());
    let (sum, sent, tries) = (md5(&body), body.clone(), AtomicUsize::new(0));
    let server = Server::start(move |asked| match asked.target() {
        "/u.qcow2" => {
            let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
            Answer { cut: first.then_some(1_000_000), ..Answer::ranged(asked, &sent, "\"one\"") }
        }
        _ => Answer::ok(sum.clone()),
    });
    assert!(read(&cache.fetched(&[&server.url("/u.qcow2")])) == body);
    let asked = server.asked();
    assert_eq!((asked.len(), asked[2].from()), (3, Some(1_000_000)));
    assert_eq!(asked[2].header("if-range"), Some("\"one\""));
}

#[test]
fn a_killed_fetch_goes_on_and_no_part_is_seen() {
    let (body, cache) = (image(), Cache::new());
    let (sum, sent, tries) = (md5(&body), body.clone(), AtomicUsize::new(0));
    let server = Server::start(move |asked| match asked.target() {
        "/u.qcow2" => {
            let stall = tries.fetch_add(1, Ordering::SeqCst) == 0;
            Answer { cut: stall.then_some(1_500_000), stall, ..Answer::ranged(asked, &sent, "\"one\"") }
        }
        _ => Answer::ok(sum.clone()),
    });
    let url = server.url("/u.qcow2");
    kill_at(&cache, cache.command(&["fetch", &url]).stderr(Stdio::null()).spawn().unwrap(), 1_500_000);
    assert!(cache.names().iter().all(|name| name.starts_with(".part-")), "{:?}", cache.names());
    assert!(read(&cache.fetched(&[&url])) == body);
    assert_eq!(server.asked().last().unwrap().from(), Some(1_500_000));
    assert!(cache.names().iter().all(|name| !name.starts_with(".part-")), "{:?}", cache.names());
}

/// Servers that do not go on where it was cut: one that knows no ranges, and one that has another image by now.
#[test]
fn what_cannot_go_on_comes_whole() {
    let (one, two) = (image(), other());
    for change in [false, true] {
        let cache = Cache::new();
        let last = if change { two.clone() } else { one.clone() };
        let (first, then, tries) = (one.clone(), last.clone(), AtomicUsize::new(0));
        let server = Server::start(move |asked| {
            let first_sum = tries.load(Ordering::SeqCst) == 0;
            match asked.target() {
                "/u.qcow2" if tries.fetch_add(1, Ordering::SeqCst) == 0 => {
                    Answer { cut: Some(900_000), stall: true, ..Answer::ok(first.clone()) }
                        .header("ETag: \"one\"")
                }
                "/u.qcow2" if change => Answer::ranged(asked, &then, "\"two\""),
                "/u.qcow2" => Answer::ok(then.clone()),
                _ => Answer::ok(md5(if first_sum { &first } else { &then })),
            }
        });
        let url = server.url("/u.qcow2");
        kill_at(&cache, cache.command(&["fetch", &url]).stderr(Stdio::null()).spawn().unwrap(), 900_000);
        assert!(read(&cache.fetched(&[&url])) == last);
        assert_eq!(server.asked().last().unwrap().from(), Some(900_000), "it was asked to go on");
    }
}

#[test]
fn without_its_checksum_nothing_is_taken_and_nothing_lost() {
    let (good, bad, cache) = (image(), other(), Cache::new());
    let right = md5(&good);
    let sums = right.clone();
    let (first, then) = (good.clone(), bad.clone());
    let server = Server::start(move |asked| match asked.target() {
        "/u.qcow2" => Answer::ok(first.clone()),
        "/bad/u.qcow2" | "/bare/u.qcow2" => Answer::ok(then.clone()),
        "/u.qcow2.md5" => Answer::ok(sums.clone()),
        "/bad/u.qcow2.md5" => Answer::ok("0".repeat(32)),
        "/html/u.qcow2.md5" => Answer::ok("<html>log in first</html>"),
        _ => Answer::status("404 Not Found"),
    });
    let path = cache.fetched(&[&server.url("/u.qcow2")]);
    let before = cache.names();
    let text = cache.refused(&[&server.url("/bad/u.qcow2"), "--name", "u"]);
    assert!(text.contains("the checksum is wrong: md5:") && text.contains("was removed"), "{text}");
    server.targets();
    let text = cache.refused(&[&server.url("/bare/u.qcow2"), "--name", "u"]);
    assert!(text.contains("there is no checksum of http://127.0.0.1"), "{text}");
    let asked = server.targets();
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(!asked.contains(&"/bare/u.qcow2".to_owned()), "nothing is fetched that cannot be checked");
    let text = cache.refused(&[&server.url("/html/u.qcow2"), "--name", "u"]);
    assert!(text.contains("it has no checksum in it"), "{text}");
    assert!(read(&path) == good);
    assert_eq!(cache.names(), before);

    // One that somebody put there under a name that is not its checksum is neither taken nor replaced.
    let wrong = cache.path().join(format!("{}.qcow2", md5(&bad)));
    fs::write(&wrong, "mine").unwrap();
    let text = cache.refused(&[&server.url("/bad/u.qcow2"), "--checksum", &md5(&bad)]);
    assert!(text.contains("does not have the checksum that its name says"), "{text}");
    assert_eq!(read(&wrong), b"mine");
}

#[test]
fn checksums_come_in_all_forms() {
    let body = image();
    let (sha256, sha512, sha1) = (sum("sha256sum", &body), sum("sha512sum", &body), sum("sha1sum", &body));
    let zeros = "0".repeat(64);
    let (sent, sums) = (body.clone(), [sha256.clone(), sha512.clone(), sha1.clone()]);
    let server = Server::start(move |asked| {
        let [sha256, sha512, sha1] = &sums;
        match asked.target() {
            "/SHA256SUMS" => Answer::ok(format!("{zeros} *other.qcow2\n{sha256} *u.qcow2\n")),
            "/CHECKSUM" => {
                Answer::ok(format!("# u\nSHA512 (u.qcow2) = {sha512}\nSHA256 (v.qcow2) = {zeros}\n"))
            }
            "/b/u.qcow2.sha1" => Answer::ok(sha1.clone()),
            "/a/u.qcow2.sha256?x=1" => Answer::ok(format!("{sha256}  /srv/u.qcow2\n")),
            path if path.contains("u.qcow2.") => Answer::status("404 Not Found"),
            _ => Answer::ok(sent.clone()),
        }
    });
    let fetched = |url: &str, sum: Option<&str>| {
        let cache = Cache::new();
        let url = server.url(url);
        let mut args = vec![url.as_str()];
        if let Some(sum) = sum {
            args.extend(["--checksum", sum]);
        }
        let path = cache.fetched(&args);
        assert!(read(&path) == body);
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(fetched("/u.qcow2", Some(&server.url("/SHA256SUMS"))), sha256);
    assert_eq!(fetched("/u.qcow2", Some(&server.url("/CHECKSUM"))), sha512);
    assert_eq!(fetched("/u.qcow2", Some(&format!("sha256:{sha256}"))), sha256);
    assert_eq!(fetched("/a/u.qcow2?x=1", None), sha256);
    assert_eq!(fetched("/b/u.qcow2", None), sha1);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let cache = Cache::new();
    let server = Server::start(|asked| match asked.target() {
        "/gone" => Answer::status("404 Not Found"),
        "/secret" => Answer::status("403 Forbidden"),
        "/round" => Answer::status("302 Found").header("Location: /round"),
        "/away" => Answer::status("302 Found").header("Location: ftp://127.0.0.1/x"),
        _ => Answer::status("500 Internal Server Error"),
    });
    let told = |path: &str, words: &[&str]| {
        let text = cache.refused(&[&server.url(path), "--checksum", &"0".repeat(32)]);
        words.iter().for_each(|word| assert!(text.contains(word), "{path}: {text}"));
    };
    told("/gone", &["404: Not Found", "see that the address is right"]);
    told("/secret", &["403: Forbidden", "~/.netrc"]);
    told("/broken", &["500: Internal Server Error", "try again later"]);
    told("/round", &["leads in a circle"]);
    told("/away", &["which is no address of http or https"]);
    let text = cache.refused(&["http://127.0.0.1:1/u.qcow2"]);
    assert!(text.contains("cannot be reached: Connection refused") && text.contains("http_proxy"), "{text}");
    let text = cache.refused(&["ftp://127.0.0.1/u.qcow2"]);
    assert!(text.contains("images are not fetched by ftp"), "{text}");
    assert_eq!(cache.names().len(), 0);
}

#[test]
fn what_came_must_be_an_image_of_its_own() {
    let (f, cache) = (Fixture::new(), Cache::new());
    let base = f.qcow2("base.qcow2", &[]);
    f.overlay(&f.path("over.qcow2"), &base, 24 << 20);
    let (over, html) = (read(&f.path("over.qcow2")), b"<html>please log in</html>".to_vec());
    let sums = [md5(&over), md5(&html)];
    let server = Server::start(move |asked| match asked.target() {
        "/over.qcow2" => Answer::ok(over.clone()),
        _ => Answer::ok(html.clone()),
    });
    let text = cache.refused(&[&server.url("/over.qcow2"), "--checksum", &sums[0]]);
    assert!(text.contains("laid over another file, which is not taken from elsewhere"), "{text}");
    let text = cache.refused(&[&server.url("/html.qcow2"), "--checksum", &sums[1]]);
    assert!(text.contains("what came is no qcow2 image"), "{text}");
    assert_eq!(cache.names().len(), 0);
}

#[test]
fn two_at_once_fetch_it_once() {
    let (body, cache) = (image(), Cache::new());
    let (sum, sent) = (md5(&body), body.clone());
    let server = Server::start(move |asked| match asked.target() {
        "/u.qcow2" => {
            thread::sleep(Duration::from_secs(2));
            Answer::ok(sent.clone())
        }
        _ => Answer::ok(sum.clone()),
    });
    let url = server.url("/u.qcow2");
    let start =
        || cache.command(&["fetch", &url]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let [one, two] = both.each_ref().map(printed);
    assert_eq!(one, two);
    assert!(read(&one) == body);
    assert_eq!(server.targets().iter().filter(|t| *t == "/u.qcow2").count(), 1);
    let told =
        both.iter().any(|out| String::from_utf8_lossy(&out.stderr).contains("waiting for another warp"));
    assert!(told);
}

#[test]
fn proxies_of_the_environment_are_used() {
    let (body, cache) = (image(), Cache::new());
    let (sum, sent) = (md5(&body), body.clone());
    let proxy = Server::start(move |asked| match asked.target() {
        "http://images.invalid/u.qcow2" => Answer::ok(sent.clone()),
        "http://images.invalid/u.qcow2.md5" => Answer::ok(sum.clone()),
        _ => Answer::status("404 Not Found"),
    });
    let url = "http://images.invalid/u.qcow2";
    let with = |no_proxy: &str| {
        let mut command = cache.command(&["fetch", url]);
        command.env("http_proxy", format!("http://u:p@127.0.0.1:{}", proxy.port));
        command.env("no_proxy", no_proxy).output().unwrap()
    };
    assert!(read(&printed(&with("other"))) == body);
    assert_eq!(proxy.asked()[0].header("proxy-authorization"), Some("Basic dTpw"));
    let out = with("other,.invalid");
    assert!(String::from_utf8_lossy(&out.stderr).contains("cannot be reached"), "{out:?}");
}

/// A login goes to its own server only, and is neither shown nor kept.
#[test]
fn a_login_stays_with_its_server() {
    let (body, cache) = (image(), Cache::new());
    let (sum, sent) = (md5(&body), body.clone());
    let mirror = Server::start(move |asked| match asked.header("authorization") {
        None => Answer::ok(sent.clone()).header("WWW-Authenticate: Basic realm=\"x\""),
        Some(_) => Answer::status("500 A login came along"),
    });
    let to = mirror.url("/u.qcow2");
    let server = Server::start(move |asked| match (asked.header("authorization"), asked.target()) {
        (None, _) => Answer::status("401 Unauthorized").header("WWW-Authenticate: Basic realm=\"x\""),
        (Some(_), "/u.qcow2.md5") => Answer::ok(sum.clone()),
        (Some(_), _) => Answer::status("302 Found").header(format!("Location: {to}")),
    });
    let url = format!("http://me:s3cr3t@127.0.0.1:{}/u.qcow2", server.port);
    let out = cache.run(&["fetch", &url]);
    assert!(read(&printed(&out)) == body);
    assert!(!String::from_utf8_lossy(&out.stderr).contains("s3cr3t"));
    for record in fs::read_dir(cache.path().join(".records")).unwrap() {
        let text = fs::read_to_string(record.unwrap().path()).unwrap();
        assert!(text.contains("127.0.0.1") && !text.contains("s3cr3t"), "{text}");
    }
    assert!(!cache.names().concat().contains("s3cr3t"));
}

#[test]
fn tls_is_checked() {
    let (body, cache) = (image(), Cache::new());
    let dir = TempDir::new().unwrap();
    let text = |name: &str| dir.path().join(name).display().to_string();
    fs::write(text("u.qcow2"), &body).unwrap();
    fs::write(text("u.qcow2.md5"), md5(&body)).unwrap();
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=ca",
            "-keyout",
            &text("ca.key"),
            "-out",
            &text("ca.pem"),
        ],
    );
    run(
        "openssl",
        &[
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-keyout",
            &text("key.pem"),
            "-out",
            &text("request.pem"),
        ],
    );
    fs::write(text("ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
    run(
        "openssl",
        &[
            "x509",
            "-req",
            "-in",
            &text("request.pem"),
            "-CA",
            &text("ca.pem"),
            "-CAkey",
            &text("ca.key"),
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            &text("ext"),
            "-out",
            &text("cert.pem"),
        ],
    );
    let mut server = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem", "-WWW"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let accept = lines.map_while(Result::ok).find(|line| line.starts_with("ACCEPT ")).unwrap();
    let url = format!("https://127.0.0.1:{}/u.qcow2", accept.rsplit(':').next().unwrap());
    let stranger = cache.refused(&[&url]);
    let out = cache.command(&["fetch", &url]).env("SSL_CERT_FILE", text("ca.pem")).output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(stranger.contains("certificate") && stranger.contains("SSL_CERT_FILE"), "{stranger}");
    assert!(read(&printed(&out)) == body);
}

/// On a file system of 1 MiB in a mount namespace: as root.
#[test]
fn a_full_disk_is_told_and_what_came_is_kept() {
    let body = image();
    let sent = body.clone();
    let server = Server::start(move |asked| Answer {
        endless: asked.target() == "/endless",
        ..Answer::ok(sent.clone())
    });
    let fetch = |path: &str| {
        let dir = TempDir::new().unwrap();
        let script = "mount -t tmpfs -o size=1m,mode=0755 warp \"$IMAGECACHE\"; \
                      \"$1\" image fetch \"$2\" --checksum \"$3\"; ls -A \"$IMAGECACHE\"";
        let mut command = Command::new("unshare");
        command.args([
            "-m",
            "sh",
            "-c",
            script,
            "sh",
            env!("CARGO_BIN_EXE_warp"),
            &server.url(path),
            &md5(&body),
        ]);
        let out = command.env("IMAGECACHE", dir.path()).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
    };
    let text = fetch("/told");
    assert!(
        text.contains("has no room for the image: it needs") && text.contains("warp image prune"),
        "{text}"
    );
    let text = fetch("/endless");
    assert!(text.contains("No space left on device") && text.contains("it goes on from there"), "{text}");
    assert!(text.contains(".part-") && !text.contains(&md5(&body)), "{text}");
}

/// A file of this machine is used where it is, and hashed when it is new or was changed.
#[test]
fn a_file_of_this_machine_stays_where_it_is() {
    let (f, cache) = (Fixture::new(), Cache::new());
    let image = f.qcow2("u.qcow2", &[]);
    let url = format!("file://{}", image.display());
    assert_eq!(cache.fetched(&[&url]), image);
    assert!(!cache.path().exists());

    // Another account of the user's group must not write where guests are booted from.
    let server = Server::of_image(read(&image));
    let mut fetch = Command::new("sh");
    fetch.args(["-c", "umask 002; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_warp"), "image", "fetch"]);
    printed(&fetch.arg(server.url("/u.qcow2")).env("IMAGECACHE", cache.path()).output().unwrap());
    cache.fetched(&[&server.url("/u.qcow2")]);

    fs::write(f.path("u.qcow2.md5"), md5(&read(&image))).unwrap();
    let checked = || {
        let out = cache.run(&["fetch", &url]);
        assert_eq!(printed(&out), image);
        String::from_utf8(out.stderr).unwrap().contains("checking")
    };
    assert!(checked() && !checked());
    let file = fs::OpenOptions::new().append(true).open(&image).unwrap();
    file.set_len(fs::metadata(&image).unwrap().len() + 65536).unwrap();
    let text = cache.refused(&[&url]);
    assert!(text.contains("the checksum is wrong"), "{text}");
    assert!(cache.refused(&[&format!("{url}.gone")]).contains("there is no file"));
}
