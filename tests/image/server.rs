//! A small HTTP server on loopback that does what a test asks of it, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request's head.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, target and version.
    pub line: String,
    /// The rest, as it came.
    pub headers: Vec<String>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter_map(|h| h.split_once(": "))
            .find_map(|(n, v)| n.eq_ignore_ascii_case(name).then_some(v))
    }

    /// Where the part begins that is asked for.
    pub fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }

    /// What is asked for.
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }
}

/// An answer.
#[derive(Clone, Default)]
pub struct Answer {
    pub status: &'static str,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
    /// Only so much of the body is sent.
    pub cut: Option<usize>,
    /// The connection stays open after that.
    pub stall: bool,
    /// The length of the body is not told.
    pub endless: bool,
}

impl Answer {
    pub fn ok(body: impl Into<Vec<u8>>) -> Answer {
        Answer { status: "200 OK", body: body.into(), ..Answer::default() }
    }

    pub fn status(status: &'static str) -> Answer {
        Answer { status, ..Answer::default() }
    }

    pub fn header(mut self, line: impl Into<String>) -> Answer {
        self.headers.push(line.into());
        self
    }

    /// As a server answers that knows ranges: the part that is asked for, where it is still of this tag.
    pub fn ranged(asked: &Asked, body: &[u8], tag: &str) -> Answer {
        let same = asked.header("if-range").is_none_or(|wanted| wanted == tag);
        match asked.from().filter(|_| same) {
            Some(from) if from < body.len() => {
                let range = format!("Content-Range: bytes {from}-{}/{}", body.len() - 1, body.len());
                Answer { status: "206 Partial Content", ..Answer::ok(&body[from..]) }.header(range)
            }
            Some(_) => Answer::status("416 Range Not Satisfiable")
                .header(format!("Content-Range: bytes */{}", body.len())),
            None => Answer::ok(body),
        }
        .header(format!("ETag: {tag}"))
    }
}

/// The server; it ends with the test program.
pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (known, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (known, answer) = (Arc::clone(&known), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &known, &*answer));
            }
        });
        Server { port, asked }
    }

    /// A server with an image and its MD5 beside it, which knows ranges.
    pub fn of_image(body: Vec<u8>) -> Server {
        let sum = md5(&body);
        Server::start(move |asked| match asked.target() {
            "/u.qcow2" => Answer::ranged(asked, &body, "\"one\""),
            "/u.qcow2.md5" => Answer::ok(format!("{sum}  u.qcow2\n")),
            _ => Answer::status("404 Not Found"),
        })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The targets of what was asked for since the last time.
    pub fn targets(&self) -> Vec<String> {
        self.asked.lock().unwrap().drain(..).map(|a| a.target().to_owned()).collect()
    }
}

fn serve(mut stream: TcpStream, known: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(line) = lines.next() else { return };
    let asked = Asked { line, headers: lines.take_while(|l| !l.is_empty()).collect() };
    known.lock().unwrap().push(asked.clone());
    let answer = answer(&asked);
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status);
    for header in &answer.headers {
        head.push_str(&format!("{header}\r\n"));
    }
    if !answer.endless {
        head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
    }
    head.push_str("\r\n");
    let sent = answer.cut.unwrap_or(answer.body.len());
    // Whoever asked may be gone, as a test may have wanted.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body[..sent]));
    if answer.stall {
        // Whoever asked hangs up, or the test's end does.
        let _ = stream.read(&mut [0]);
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// An MD5, made by coreutils.
pub fn md5(bytes: &[u8]) -> String {
    sum("md5sum", bytes)
}

/// A checksum, made by coreutils.
pub fn sum(tool: &str, bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let text = crate::fixture::run(tool, &[file.path().to_str().unwrap()]);
    text.split(' ').next().unwrap().to_owned()
}
