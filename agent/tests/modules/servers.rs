//! `get_url` and `uri`, each case under both, against a server on the loopback interface.

use crate::oracle::{self, Case};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The server; it ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Module and arguments; `URL` is the server, `@` the directory of the case.
const CALLS: &[(&str, &str, &str)] = &[
    ("", "uri", r#"{"url": "URL/echo"}"#),
    (
        "",
        "uri",
        r#"{"url": "URL/echo?a=b%20c", "method": "put", "body": "text", "headers": {"x-my": 1, "user-agent": "me"}}"#,
    ),
    (
        "",
        "uri",
        r#"{"url": "URL/echo", "method": "POST", "body_format": "json", "body": {"a": [1, null, "é"]}}"#,
    ),
    (
        "",
        "uri",
        r#"{"url": "URL/echo", "method": "POST", "body_format": "form-urlencoded", "body": {"a": "1 2", "b": ["x", "y&"], "c": null}}"#,
    ),
    (
        "",
        "uri",
        r#"{"url": "URL/echo", "method": "POST", "body_format": "form-urlencoded", "body": [["a", "1"], ["b", ["2", "3"]]]}"#,
    ),
    (
        "",
        "uri",
        r#"{"url": "URL/echo", "method": "POST", "body_format": "form-urlencoded", "body": [["a"]]}"#,
    ),
    (
        "printf 'a file' > f",
        "uri",
        r#"{"url": "URL/echo", "method": "POST", "src": "@/f", "remote_src": true}"#,
    ),
    ("", "uri", r#"{"url": "URL/echo", "method": "POST", "src": "@/f", "remote_src": true}"#),
    ("", "uri", r#"{"url": "URL/r302"}"#),
    ("", "uri", r#"{"url": "URL/r302", "follow_redirects": "none"}"#),
    ("", "uri", r#"{"url": "URL/r302", "follow_redirects": "none", "status_code": 302}"#),
    (
        "",
        "uri",
        r#"{"url": "URL/r302", "method": "POST", "body": "x", "follow_redirects": "safe", "status_code": [200, 302]}"#,
    ),
    ("", "uri", r#"{"url": "URL/r302", "method": "POST", "body": "x", "follow_redirects": "all"}"#),
    (
        "",
        "uri",
        r#"{"url": "URL/r307", "method": "POST", "body": "x", "follow_redirects": "all", "headers": {"X-A": "1", "X-B": "2"}, "unredirected_headers": ["x-a"]}"#,
    ),
    ("", "uri", r#"{"url": "URL/r301", "method": "POST", "body": "x", "follow_redirects": "urllib2"}"#),
    ("", "uri", r#"{"url": "URL/r307", "method": "POST", "body": "x", "follow_redirects": "urllib2"}"#),
    ("", "uri", r#"{"url": "URL/r303", "method": "HEAD"}"#),
    (
        "",
        "uri",
        r#"{"url": "URL/basic", "url_username": "arthur", "url_password": "swordfish", "return_content": true}"#,
    ),
    ("", "uri", r#"{"url": "URL/basic", "user": "arthur", "password": "haddock", "force_basic_auth": true}"#),
    (
        "",
        "uri",
        r#"{"url": "URL/basic", "user": "arthur", "password": "swordfish", "force_basic_auth": true}"#,
    ),
    (
        "",
        "uri",
        r#"{"url": "URL/digest", "user": "arthur", "password": "swordfish", "return_content": true}"#,
    ),
    ("", "uri", r#"{"url": "URL/gzip", "return_content": true}"#),
    ("", "uri", r#"{"url": "URL/chunked", "return_content": true}"#),
    ("", "uri", r#"{"url": "URL/latin", "return_content": true}"#),
    ("", "uri", r#"{"url": "URL/json"}"#),
    ("", "uri", r#"{"url": "URL/odd"}"#),
    ("", "uri", r#"{"url": "URL/odd", "status_code": [418]}"#),
    ("", "uri", r#"{"url": "URL/nowhere", "return_content": true}"#),
    ("", "uri", r#"{"url": "URL/close"}"#),
    ("", "uri", r#"{"url": "http://127.0.0.1:1/"}"#),
    ("", "uri", r#"{"url": "gopher://127.0.0.1/"}"#),
    ("", "uri", r#"{"url": "nothing"}"#),
    ("", "uri", r#"{"url": "URL/echo", "method": "a b"}"#),
    ("touch f", "uri", r#"{"url": "URL/echo", "creates": "@/f"}"#),
    ("", "uri", r#"{"url": "URL/echo", "removes": "@/f"}"#),
    ("", "uri", r#"{"url": "URL/file", "dest": "@/f", "mode": "0600"}"#),
    ("mkdir d", "uri", r#"{"url": "URL/file", "dest": "@/d"}"#),
    ("", "uri", r#"{"url": "http://x/", "unix_socket": "@/s"}"#),
    ("", "get_url", r#"{"url": "URL/file", "dest": "@/f"}"#),
    ("printf old > f", "get_url", r#"{"url": "URL/file", "dest": "@/f", "force": true}"#),
    ("printf old > f", "get_url", r#"{"url": "URL/file", "dest": "@/f"}"#),
    ("mkdir d", "get_url", r#"{"url": "URL/file", "dest": "@/d", "mode": "0640"}"#),
    ("mkdir d", "get_url", r#"{"url": "URL/chunked", "dest": "@/d/"}"#),
    ("", "get_url", r#"{"url": "URL/file", "dest": "@/f", "checksum": "sha256:URL/sums"}"#),
    ("", "get_url", r#"{"url": "URL/chunked", "dest": "@/f", "checksum": "sha256:URL/sums"}"#),
    (
        "printf 'file content\\n' > f",
        "get_url",
        r#"{"url": "URL/file", "dest": "@/f", "checksum": "sha256:URL/sums", "mode": "0600"}"#,
    ),
    ("", "get_url", r#"{"url": "URL/file", "dest": "@/f", "checksum": "md5"}"#),
    ("", "get_url", r#"{"url": "URL/file", "dest": "@/f", "checksum": "md5:xyz"}"#),
    ("", "get_url", r#"{"url": "URL/nowhere", "dest": "@/f"}"#),
    ("", "get_url", r#"{"url": "URL/file", "dest": "@/no/f"}"#),
    ("", "get_url", r#"{"url": "URL/file", "dest": "@/f", "tmp_dest": "@/no"}"#),
    ("printf local > x", "get_url", r#"{"url": "file://@/x", "dest": "@/f"}"#),
    ("", "get_url", r#"{"url": "http://127.0.0.1:1/", "dest": "@/f"}"#),
    ("", "get_url", r#"{"url": "URL/gzip", "dest": "@/f"}"#),
    ("", "get_url", r#"{"url": "URL/gzip", "dest": "@/f", "decompress": false}"#),
];

#[test]
fn servers_are_asked_as_ansible_asks_them() {
    let Some(python) = oracle::python() else { return };
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/server.py");
    let child = Command::new(python).args([program, "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut server = Server(child);
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let place = format!("127.0.0.1:{}", port.trim());
    // A test may leak: the cases are to live as long as those of the other tests.
    let cases: Vec<Case> = CALLS
        .iter()
        .map(|(setup, module, args)| {
            let args = args.replace("URL", &format!("http://{place}"));
            (*setup, *module, &*args.leak())
        })
        .collect();
    oracle::compare(&cases);
}
