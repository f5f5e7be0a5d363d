//! The lines of an authorized_keys file.

use indexmap::IndexMap;

/// The key types that sshd knows.
const TYPES: &[&str] = &[
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-dss",
    "ssh-rsa",
    "ssh-xmss@openssh.com",
    "ssh-xmss-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-512",
    "ssh-rsa-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
];

/// Options before a key: each name with its values, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Options(Vec<(String, Option<String>)>);

impl PartialEq for Options {
    /// The order of different options does not matter.
    fn eq(&self, other: &Self) -> bool {
        let sorted = |options: &Options| {
            let mut list = options.0.clone();
            list.sort_by(|a, b| a.0.cmp(&b.0));
            list
        };
        sorted(self) == sorted(other)
    }
}

impl Options {
    /// Parts `a,b="c,d"` at commas outside quotes.
    pub fn parse(text: &str) -> Self {
        let (mut options, mut part, mut quote) = (Vec::new(), String::new(), None);
        for c in text.chars() {
            match quote {
                Some(open) if c == open => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                None if c == ',' => {
                    options.push(std::mem::take(&mut part));
                    continue;
                }
                _ => {}
            }
            part.push(c);
        }
        options.push(part);
        let options =
            options.into_iter().filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (part, None),
            });
        Options(options.collect())
    }

    fn text(&self) -> String {
        let parts = self.0.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        });
        parts.collect::<Vec<_>>().join(",")
    }
}

/// A key with all that its line says.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its type.
    pub kind: String,
    /// The key itself, base64.
    pub key: String,
    /// What is before it.
    pub options: Options,
    /// What is after it.
    pub comment: String,
}

impl Key {
    /// Reads a line; nothing where it holds no key.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.replace("\\#", "#");
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first() == Some(&"#") {
            return None;
        }
        let at = words.iter().position(|word| TYPES.contains(word))?;
        let options = words.get(..at).unwrap_or_default().join(" ");
        Some(Key {
            kind: (*words.get(at)?).to_owned(),
            key: (*words.get(at + 1)?).to_owned(),
            options: Options::parse(&options),
            comment: words.get(at + 2..).unwrap_or_default().join(" "),
        })
    }

    fn line(&self) -> String {
        let options = self.options.text();
        let blank = if options.is_empty() { "" } else { " " };
        format!("{options}{blank}{} {} {}\n", self.kind, self.key, self.comment)
    }
}

/// A line of the file.
#[derive(Clone, Debug)]
enum Line {
    Key(Key),
    /// A comment or what else sshd passes over, as it is.
    Other(String),
}

/// The whole file: lines by their key, or by themselves where they have none, each with its place.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    lines: IndexMap<String, (usize, Line)>,
}

impl Keys {
    /// Reads a file.
    pub fn parse(text: &str) -> Self {
        let mut lines = IndexMap::new();
        for (place, line) in text.split_inclusive('\n').enumerate() {
            let (name, entry) = match Key::parse(line) {
                Some(key) => (key.key.clone(), Line::Key(key)),
                None => (line.to_owned(), Line::Other(line.to_owned())),
            };
            lines.insert(name, (place, entry));
        }
        Keys { lines }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The line of this key.
    pub fn get(&self, key: &str) -> Option<&Key> {
        match self.lines.get(key) {
            Some((_, Line::Key(key))) => Some(key),
            _ => None,
        }
    }

    /// Puts a key at a place, in place of the line it has.
    pub fn put(&mut self, key: Key, place: usize) {
        self.lines.shift_remove(&key.key);
        self.lines.insert(key.key.clone(), (place, Line::Key(key)));
    }

    /// Takes a key away; whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        self.lines.shift_remove(key).is_some()
    }

    /// Takes everything away but these keys; whether anything was.
    pub fn keep_only(&mut self, keys: &[String]) -> bool {
        let before = self.lines.len();
        self.lines.retain(|name, _| keys.contains(name));
        self.lines.len() < before
    }

    /// The file's text: every line at its place.
    pub fn text(&self) -> String {
        let mut lines: Vec<&(usize, Line)> = self.lines.values().collect();
        lines.sort_by_key(|(place, _)| *place);
        let mut text = String::new();
        for (_, line) in lines {
            // A line that ended the file without an end of its own would swallow the next.
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            match line {
                Line::Key(key) => text.push_str(&key.line()),
                Line::Other(line) => text.push_str(line),
            }
        }
        text
    }
}
