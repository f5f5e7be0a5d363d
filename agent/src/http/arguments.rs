//! The arguments of requests, which every module that makes some takes.

use crate::spec::{Arg, Kind};

/// Their table; what has another default in each module is in the modules' own.
pub const ARGS: &[Arg] = &[
    Arg::new("url_password", Kind::Str).aliases(&["password"]).secret().help("The password."),
    Arg::new("http_agent", Kind::Str).default("ansible-httpget").help("What is sent as User-Agent."),
    Arg::new("use_proxy", Kind::Bool).default("true").help("Use the proxies that the environment names."),
    Arg::new("validate_certs", Kind::Bool).default("true").help("Check the certificate of an https server."),
    Arg::new("force_basic_auth", Kind::Bool)
        .default("false")
        .help("Send user and password with the first request, not only when asked for them."),
    Arg::new("client_cert", Kind::Path)
        .help("A PEM file with the certificate to present, and maybe its key."),
    Arg::new("client_key", Kind::Path).help("A PEM file with the certificate's key."),
    Arg::new("use_gssapi", Kind::Bool).default("false").help("Log in by Kerberos; not supported."),
    Arg::new("unredirected_headers", Kind::List)
        .elements(Kind::Str)
        .default("")
        .help("Names of headers that are not sent again after a redirect."),
    Arg::new("decompress", Kind::Bool).default("true").help("Decode an answer that is compressed by gzip."),
    Arg::new("ciphers", Kind::List)
        .elements(Kind::Str)
        .help("OpenSSL's names of the ciphers to use; not supported."),
    Arg::new("use_netrc", Kind::Bool).default("true").help("Look for a login in ~/.netrc."),
];
