//! One request and its answer over one connection, which ends with it: HTTP/1.1 as Python's `http.client` speaks it.

use flate2::read::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read, Write};

/// A connection.
pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// More than this is no answer's head.
const HEAD: usize = 256 << 10;

/// The head of an answer, and its body.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The words after it.
    pub reason: String,
    /// Names in lower case, and values, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Box<dyn Read + Send>,
}

impl Answer {
    /// The first header of this name, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Decodes a body that is compressed by gzip.
    #[must_use]
    pub fn decompressed(mut self) -> Self {
        if self.header("content-encoding").is_some_and(|e| e.eq_ignore_ascii_case("gzip")) {
            self.body = Box::new(MultiGzDecoder::new(self.body));
        }
        self
    }
}

/// Sends a request's head and body.
///
/// # Errors
/// The connection's.
pub fn send(
    stream: &mut dyn Stream,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
) -> io::Result<()> {
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        let breaks = |c| matches!(c, '\r' | '\n');
        if name.contains(breaks) || value.contains(breaks) {
            return Err(io::Error::other(format!("Invalid header value {value:?}")));
        }
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    if let Some(body) = body {
        stream.write_all(body)?;
    }
    stream.flush()
}

/// Reads the answer to a request of this method; answers that only announce another are passed over.
///
/// # Errors
/// The connection's; one that closed before anything came is `UnexpectedEof`.
pub fn receive(stream: Box<dyn Stream>, method: &str) -> io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    loop {
        let answer = head(&mut reader)?;
        if (100..200).contains(&answer.0) && answer.0 != 101 {
            continue;
        }
        let (status, reason, headers) = answer;
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim());
        let chunked = value("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
        let length = value("content-length").and_then(|v| v.parse::<u64>().ok());
        let empty = method == "HEAD" || matches!(status, 204 | 304);
        let body: Box<dyn Read + Send> = match length {
            _ if empty => Box::new(io::empty()),
            _ if chunked => Box::new(Chunked { reader, left: 0, state: State::First }),
            Some(length) => Box::new(reader.take(length)),
            None => Box::new(reader),
        };
        return Ok(Answer { status, reason, headers, body });
    }
}

type Head = (u16, String, Vec<(String, String)>);

fn head(reader: &mut BufReader<Box<dyn Stream>>) -> io::Result<Head> {
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        reader.take((HEAD - before.min(HEAD)) as u64).read_until(b'\n', &mut bytes)?;
        if bytes.len() == before {
            let words = if before == 0 {
                "Remote end closed connection without response"
            } else {
                "the answer broke off"
            };
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, words));
        }
        if bytes.ends_with(b"\r\n\r\n") || bytes.ends_with(b"\n\n") {
            break;
        }
    }
    let mut slots = vec![httparse::EMPTY_HEADER; 256];
    let mut parsed = httparse::Response::new(&mut slots);
    let bad = |e: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, e.to_string());
    httparse::ParserConfig::default()
        .allow_obsolete_multiline_headers_in_responses(true)
        .parse_response(&mut parsed, &bytes)
        .map_err(|e| bad(&e))?;
    let text = |bytes: &[u8]| bytes.iter().map(|b| char::from(*b)).collect::<String>();
    let headers = parsed.headers.iter().map(|h| (h.name.to_ascii_lowercase(), text(h.value))).collect();
    Ok((parsed.code.unwrap_or_default(), parsed.reason.unwrap_or_default().to_owned(), headers))
}

/// A body in chunks, each with its size before it.
struct Chunked {
    reader: BufReader<Box<dyn Stream>>,
    left: u64,
    state: State,
}

#[derive(PartialEq)]
enum State {
    First,
    Within,
    Done,
}

impl Chunked {
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        (&mut self.reader).take(64 << 10).read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        if self.state == State::Within {
            self.line()?;
        }
        self.state = State::Within;
        let line = self.line()?;
        let size = line.split(';').next().unwrap_or_default().trim();
        self.left = u64::from_str_radix(size, 16).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, format!("no size of a chunk: {size:?}"))
        })?;
        if self.left == 0 {
            self.state = State::Done;
            while !self.line()?.is_empty() {}
        }
        Ok(())
    }
}

impl Read for Chunked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && self.state != State::Done {
            self.next_chunk()?;
        }
        if self.state == State::Done || buffer.is_empty() {
            return Ok(0);
        }
        let size = (&mut self.reader).take(self.left).read(buffer)?;
        if size == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a chunk broke off"));
        }
        self.left -= size as u64;
        Ok(size)
    }
}
