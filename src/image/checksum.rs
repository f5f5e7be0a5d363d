//! Checksums of images, and the files that they are published in.

use std::io;
use std::path::Path;
use warp_agent::digest;

/// A checksum: how it is made, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    algorithm: &'static str,
    hex: String,
}

/// The algorithms by how many hexadecimal digits each gives; no two give as many.
const ALGORITHMS: [(&str, usize); 6] =
    [("md5", 32), ("sha1", 40), ("sha224", 56), ("sha256", 64), ("sha384", 96), ("sha512", 128)];

impl Checksum {
    /// `HEX`, or `ALGORITHM:HEX`; nothing for what is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some((algorithm, hex)) => Self::new(hex).filter(|sum| sum.algorithm == normal(algorithm)),
            None => Self::new(text),
        }
    }

    /// The algorithm is told by the number of digits.
    fn new(hex: &str) -> Option<Self> {
        let (algorithm, _) = ALGORITHMS.iter().find(|(_, digits)| *digits == hex.len())?;
        let all = hex.chars().all(|c| c.is_ascii_hexdigit());
        all.then(|| Checksum { algorithm, hex: hex.to_ascii_lowercase() })
    }

    /// Its digits, in lower case.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The checksum of a file, made as this one is.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of_file(&self, path: &Path) -> io::Result<Self> {
        Ok(Checksum { algorithm: self.algorithm, hex: digest::named(self.algorithm, path)? })
    }

    /// The checksum of the file `name` in a file of checksums, in the form of GNU's tools (`HEX  NAME`, `HEX *NAME`), in
    /// BSD's (`MD5 (NAME) = HEX`), or alone. Where there is only one, it counts whatever it calls its file; of several
    /// for one file the longest counts.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn published(text: &str, name: &str) -> Result<Self, String> {
        let mut found: Vec<(String, Checksum)> = text.lines().filter_map(line).collect();
        if let [(_, only)] = found.as_slice() {
            return Ok(only.clone());
        }
        let all: Vec<String> = found.iter().map(|(name, _)| format!("\"{name}\"")).take(5).collect();
        found.retain(|(path, _)| path.rsplit('/').next() == Some(name));
        match found.into_iter().max_by_key(|(_, sum)| sum.hex.len()) {
            Some((_, sum)) => Ok(sum),
            None if all.is_empty() => Err("it has no checksum in it".to_owned()),
            None => Err(format!("it has no checksum of \"{name}\", but of {}", all.join(", "))),
        }
    }
}

impl std::fmt::Display for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex)
    }
}

/// An algorithm's name as `ALGORITHMS` has it, of `SHA-256` and openssl's `SHA2-256` too.
fn normal(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    match name.strip_prefix("sha2-") {
        Some(digits) => format!("sha{digits}"),
        None => name.replace('-', ""),
    }
}

/// One line of a file of checksums: the name, which may be empty, and the checksum.
fn line(line: &str) -> Option<(String, Checksum)> {
    let line = line.trim();
    if let Some((algorithm, rest)) = line.split_once('(')
        && let Some((name, hex)) = rest.rsplit_once(')')
        && let Some(hex) = hex.trim_start().strip_prefix('=')
    {
        return Checksum::new(hex.trim())
            .filter(|s| s.algorithm == normal(algorithm))
            .map(|s| (name.to_owned(), s));
    }
    // A backslash before it says that the name has some.
    let (escaped, plain) = match line.strip_prefix('\\') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (hex, name) = plain.split_once(char::is_whitespace).unwrap_or((plain, ""));
    let name = name.trim_start();
    let name = name.strip_prefix('*').unwrap_or(name);
    let name = if escaped { name.replace("\\n", "\n").replace("\\\\", "\\") } else { name.to_owned() };
    Checksum::new(hex).map(|sum| (name, sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
    const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

    fn sha256() -> String {
        "AB".repeat(32)
    }

    #[test]
    fn all_forms_are_read() {
        let sha256 = sha256();
        let lower = sha256.to_lowercase();
        for text in [
            format!("{sha256}\n"),
            format!("{sha256}  whatever.qcow2\n"),
            format!("# of today\n{SHA1}  other\n{sha256}  a.qcow2\n"),
            format!("{SHA1} *other\n{sha256} *./images/a.qcow2\n"),
            format!("SHA1 (other) = {SHA1}\nSHA256 (a.qcow2) = {sha256}\n"),
            format!("SHA2-256(a.qcow2)= {sha256}\nSHA1(b)= {SHA1}\n"),
            format!("{MD5}  a.qcow2\n{sha256}  a.qcow2\r\n{SHA1}  a.qcow2\n"),
        ] {
            assert_eq!(Checksum::published(&text, "a.qcow2").unwrap().hex(), lower, "{text}");
        }
        assert_eq!(Checksum::published(&format!("\\{MD5}  a\\\\b\n{SHA1}  c\n"), "a\\b").unwrap().hex(), MD5);
    }

    #[test]
    fn what_is_no_checksum_is_told() {
        let refused = |text: &str| Checksum::published(text, "a.qcow2").unwrap_err();
        assert_eq!(refused("<html>moved</html>"), "it has no checksum in it");
        // Cut short, or not of the algorithm that is named.
        assert_eq!(refused(&format!("{}  a.qcow2", MD5.trim_end_matches('e'))), "it has no checksum in it");
        assert_eq!(refused(&format!("SHA256 (a.qcow2) = {MD5}")), "it has no checksum in it");
        assert_eq!(
            refused(&format!("{MD5}  b\n{SHA1}  c\n")),
            "it has no checksum of \"a.qcow2\", but of \"b\", \"c\""
        );
        assert_eq!(Checksum::parse(&format!("md5:{MD5}")).unwrap().to_string(), format!("md5:{MD5}"));
        assert!(Checksum::parse(&format!("sha1:{MD5}")).is_none());
    }
}
