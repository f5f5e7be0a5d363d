//! What reads texts.

use crate::command_line;
use crate::frames;
use crate::images::Image;
use crate::names::Names;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use warp::connect::{CallError, Sessions, SshTarget, Target as Host, Transport};
use warp::error::{Source, Span};
use warp::inventory::Sources;
use warp::template::{Engine, Scope};
use warp::value::vault::{self, Secret, Secrets};
use warp::value::{Text, Value, parse_vars, split, yaml};

/// A reader and what its inputs look like.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Files that end so are mutated.
    pub endings: &'static [&'static str],
    /// Whether each of their lines is an input of its own.
    pub lines: bool,
    /// More to mutate.
    pub seeds: &'static [&'static str],
    /// More to mutate, that must be made.
    pub more: fn() -> Vec<Vec<u8>>,
    /// Reads an input, which is also in a file.
    pub read: fn(&[u8], &Path),
}

/// A target that reads images.
macro_rules! image_target {
    ($name:literal, $kind:literal) => {
        Target {
            name: $name,
            endings: &[],
            lines: false,
            seeds: &["abcde", "\0\0\0\0\0"],
            more: places,
            read: |input, _| {
                static IMAGE: LazyLock<Image> = LazyLock::new(|| Image::new($kind));
                IMAGE.read(input);
            },
        }
    };
}

/// Inputs that change a byte somewhere in an image, or several.
fn places() -> Vec<Vec<u8>> {
    let byte =
        |i: u32| [(i.wrapping_mul(2_654_435_761)).to_le_bytes().as_slice(), &[(i % 256) as u8]].concat();
    (0..400).map(|i| (i..=i + i % 4).flat_map(byte).collect()).collect()
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "yaml",
        endings: &[".yml", ".yaml"],
        lines: false,
        seeds: &[
            "a: |\n  b",
            "? [a]\n: {b: c}",
            "&x [*x]",
            "a: !unsafe '{{ b }}'",
            "{a: 1, <<: {b: 2}}",
            "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c]",
        ],
        more: Vec::new,
        read: |input, _| {
            let source = Source::new("fuzz.yml", String::from_utf8_lossy(input).into_owned());
            if let Err(error) = yaml::parse(&source) {
                let _ = error.to_string();
            }
            let _ = parse_vars(&source).map_err(|error| error.to_string());
        },
    },
    Target {
        name: "template",
        endings: &["expressions.in", ".j2"],
        lines: true,
        seeds: &[
            "{{ a }}",
            "{% for x in b %}{{ x }}{% endfor %}",
            "{{ b | map('upper') | join }}",
            "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(9) }}",
            "{{ range(10**9) | list }}",
        ],
        more: Vec::new,
        read: |input, _| template(&String::from_utf8_lossy(input)),
    },
    Target {
        name: "inventory",
        endings: &["hosts", ".ini"],
        lines: false,
        seeds: &[
            "a[01:09:2].example x=1 y='[1, 2]'\n[g:children]\nh\n[h:vars]\nz={'a': (1, 2)}\n",
            "all: {hosts: {a: {x: 1}}}\n",
        ],
        more: Vec::new,
        read: |input, file| {
            if harmless(&String::from_utf8_lossy(input)) {
                let given = vec![file.to_string_lossy().into_owned()];
                let _ = Sources::new(given, Arc::default()).load().map_err(|error| error.to_string());
            }
        },
    },
    Target {
        name: "vault",
        endings: &[],
        lines: false,
        seeds: &["$ANSIBLE_VAULT;1.2;AES256;id\n61\n", "$ANSIBLE_VAULT;1.1;AES256\n"],
        more: || {
            let secret = Secret::new("password");
            let made =
                |plain: &[u8], id| vault::encrypt(plain, &secret, id, Some("salt")).unwrap().into_bytes();
            vec![made(b"", "default"), made(b"plain", "default"), made(&[0xff; 300], "other")]
        },
        read: |input, _| {
            static SECRETS: LazyLock<Secrets> = LazyLock::new(|| Secrets {
                known: vec![("default".to_owned(), Secret::new("password"))],
                ..Secrets::default()
            });
            let _ = vault::is_vault(input);
            let _ = SECRETS.open(input).map_err(|error| error.to_string());
        },
    },
    Target {
        name: "arguments",
        endings: &[".yml"],
        lines: true,
        seeds: &[
            "a=1 b='x y' c=\"{{ d }}\" \\= e\\=f",
            "echo 'a' creates=/x chdir=\"/a b\"",
            "-e @file 'a b'",
        ],
        more: Vec::new,
        read: |input, _| {
            let text = String::from_utf8_lossy(input);
            let _ = split::parse_pairs(&text, false);
            let _ = split::parse_pairs(&text, true);
            if let Some(words) = split::split_args(&text) {
                let _ = split::split_args(&split::join_args(&words));
            }
        },
    },
    Target {
        name: "command_line",
        endings: &[],
        lines: false,
        seeds: command_line::SEEDS,
        more: Vec::new,
        read: command_line::read,
    },
    image_target!("image-ext4", "ext4"),
    image_target!("image-xfs4", "xfs4"),
    image_target!("image-xfs5", "xfs5"),
    image_target!("image-qcow2", "qcow2"),
    Target {
        name: "answers",
        endings: &[],
        lines: false,
        seeds: &[],
        more: frames::answers,
        read: frames::hear,
    },
    Target {
        name: "requests",
        endings: &[],
        lines: false,
        seeds: &[],
        more: frames::requests,
        read: frames::serve,
    },
    Target {
        name: "ssh_config",
        endings: &["ssh_config"],
        lines: false,
        seeds: &[
            "Host a b* !c\n  HostName %h.example\n  Port 22\n  User me\nMatch final host a,b user me\n  ProxyJump u@h:1,i\n",
            "Include ~/.ssh/x /etc/ssh/*.conf\nIdentityFile ~/%r@%h\nIdentitiesOnly=yes\nCertificateFile \"a b\"\n",
            "Ciphers +aes*\nMACs -hmac-sha1\nKexAlgorithms ^curve25519-sha256\nHostKeyAlgorithms ssh-*\nRekeyLimit 1G 1h\n",
            "SetEnv A=b C=\"d e\"\nSendEnv LANG LC_*\nServerAliveInterval 1m30s\nStrictHostKeyChecking accept-new\n",
            "ProxyCommand nc %h %p ${HOME}\nUserKnownHostsFile /a ~/b none\nConnectTimeout 5\nBindAddress ::1\n",
            "IgnoreUnknown foo*\nFooBar x\nAddressFamily inet6\nCanonicalizeHostname no\nTag x\nMatch tagged x\nCompression yes\n",
        ],
        more: Vec::new,
        read: |input, file| {
            let text = String::from_utf8_lossy(input).to_ascii_lowercase();
            // A command of `Match exec` would run; a file that includes itself ten times is its author's doing.
            if !text.contains("exec") && !text.contains("include /work") {
                reach(file);
            }
        },
    },
];

/// Looks up the way to a host in a file, and goes it as far as a port of this machine on which nobody listens.
fn reach(file: &Path) {
    let file = file.display().to_string();
    let mut args = vec!["-F".to_owned(), file];
    for option in ["HostName=127.0.0.1", "Port=1", "ProxyCommand=none", "ConnectionAttempts=1"] {
        args.extend(["-o".to_owned(), option.to_owned()]);
    }
    let ssh = SshTarget { address: "a".to_owned(), args, ..SshTarget::default() };
    let target = Host { host: "a".into(), transport: Transport::Ssh(ssh), become_: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reached = runtime.block_on(Sessions::default().raw(&target, "true"));
    assert!(matches!(reached, Err(CallError::Unreachable(_))), "{reached:?}");
}

/// Lookups run commands and read files: what a mutation made of them must not run.
fn harmless(text: &str) -> bool {
    !["lookup", "query", "q(", "now", "random", "fileglob", "pause"].iter().any(|word| text.contains(word))
}

fn template(text: &str) {
    if !harmless(text) {
        return;
    }
    let vars = Source::new(
        "vars.yml",
        "{a: 1, b: [x, y], name: O'Brien, numbers: [3, 1, 2], map: {k: v}, lazy: '{{ a }}', text: 'a b', people: [{name: n}]}",
    );
    let scope: Arc<dyn Scope> = Arc::new(Names(parse_vars(&vars).unwrap()));
    let engine = Engine::new();
    let span = Span { end: text.len(), source: Source::new("fuzz.j2", text), start: 0, line: 1, column: 1 };
    let source = Text::source(text, span);
    let _ = engine.render(&Value::from(source.clone()), &scope).map_err(|error| error.to_string());
    let _ = engine.test(&Value::from(source.clone()), &scope).map_err(|error| error.to_string());
    let _ = engine.render_file(&source, &scope).map_err(|error| error.to_string());
}
