//! Bodies of `multipart/form-data`, byte for byte as Python's `email` writes them.

use crate::digest::hex;
use crate::paths;
use crate::python;
use crate::value::{Map, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The types of files that are commonly sent, by what their names end in.
const TYPES: &[(&str, &str)] = &[
    ("bin", "application/octet-stream"),
    ("c", "text/plain"),
    ("crt", "application/x-x509-ca-cert"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("gif", "image/gif"),
    ("h", "text/plain"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("py", "text/x-python"),
    ("sh", "application/x-sh"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("txt", "text/plain"),
    ("xml", "text/xml"),
    ("zip", "application/zip"),
];

/// The `Content-Type` and the body for these fields: texts, or maps of filename, content, mime_type and
/// multipart_encoding.
///
/// # Errors
/// A field is neither, or its file cannot be read.
pub fn body(fields: &Value) -> Result<(String, Vec<u8>), String> {
    let Value::Map(fields) = fields else {
        return Err(format!("Mapping is required, cannot be type {}", python::type_name(fields)));
    };
    let boundary = boundary()?;
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort();
    let mut body = Vec::new();
    for name in names {
        let part = match fields.get(name) {
            Some(Value::Str(text)) => Part::text(text),
            Some(Value::Map(map)) => Part::from_map(map)?,
            other => {
                let kind = python::type_name(other.unwrap_or(&Value::Null));
                return Err(format!("value must be a string, or mapping, cannot be type {kind}"));
            }
        };
        let mut disposition = format!("form-data; name=\"{}\"", escaped(name));
        if let Some(file) = &part.filename {
            disposition.push_str(&format!("; filename=\"{}\"", escaped(file)));
        }
        body.extend_from_slice(format!("--{boundary}\r\n{}", part.head).as_bytes());
        body.extend_from_slice(format!("Content-Disposition: {disposition}\r\n\r\n").as_bytes());
        body.extend_from_slice(&part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary=\"{boundary}\""), body))
}

struct Part {
    head: String,
    filename: Option<String>,
    content: Vec<u8>,
}

impl Part {
    fn text(text: &str) -> Self {
        Part {
            head: "Content-Type: text/plain\r\n".to_owned(),
            filename: None,
            content: lines(text.as_bytes()),
        }
    }

    fn from_map(map: &Map) -> Result<Self, String> {
        let given =
            |key: &str| map.get(key).filter(|v| !v.is_null()).map(python::str).filter(|t| !t.is_empty());
        let (filename, content) = (given("filename"), given("content"));
        let mime = given("mime_type").unwrap_or_else(|| guessed(filename.as_deref().unwrap_or_default()));
        let name = filename.as_deref().map(|f| paths::basename(f).to_owned());
        let path = match (content, &filename) {
            (None, None) => return Err("at least one of filename or content must be provided".to_owned()),
            (Some(content), _) => {
                let head = format!("Content-Type: {mime}\r\n");
                return Ok(Part { head, filename: name, content: lines(content.as_bytes()) });
            }
            (None, Some(path)) => path,
        };
        let bytes = fs::read(path).map_err(|e| crate::errno::python(&e, &[Path::new(path)]))?;
        let (encoding, content) = match given("multipart_encoding").as_deref() {
            None | Some("base64") => ("base64", in_base64(&bytes)),
            Some("7or8bit") => (if bytes.is_ascii() { "7bit" } else { "8bit" }, lines(&bytes)),
            Some(_) => {
                return Err("multipart_encoding must be one of dict_keys(['base64', '7or8bit']).".to_owned());
            }
        };
        let head = format!("Content-Transfer-Encoding: {encoding}\r\nContent-Type: {mime}\r\n");
        Ok(Part { head, filename: name, content })
    }
}

/// With every kind of line end as CRLF.
fn lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut before = 0;
    for byte in bytes {
        match byte {
            b'\n' if before == b'\r' => {}
            b'\r' | b'\n' => out.extend_from_slice(b"\r\n"),
            other => out.push(*other),
        }
        before = *byte;
    }
    out
}

/// In lines of 76, each ended.
fn in_base64(bytes: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(bytes);
    text.as_bytes().chunks(76).flat_map(|line| [line, b"\r\n"].concat()).collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The type that a file's name tells.
fn guessed(name: &str) -> String {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_lowercase()).unwrap_or_default();
    let known = TYPES.iter().find(|(e, _)| *e == extension).map(|(_, mime)| (*mime).to_owned());
    known.unwrap_or_else(|| "application/octet-stream".to_owned())
}

fn boundary() -> Result<String, String> {
    let mut bytes = [0; 10];
    File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut bytes)).map_err(|e| e.to_string())?;
    Ok(format!("==============={}==", hex(&bytes)))
}
