//! What a module accepts, as one table: argument checking, `warp doc`, completion and the reference all read it.

use crate::http;

/// The type that an argument is converted to before the module sees it; the names are Ansible's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Str,
    /// A boolean; Ansible's words yes/no/on/off/1/0/true/false are taken too.
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// A list; a comma-separated string is split.
    List,
    /// A map; JSON text or `k=v` pairs are parsed.
    Dict,
    /// A path: text in which `~` and `$VAR` are expanded on the machine where the module runs.
    Path,
    /// Anything, unchanged.
    Raw,
    /// JSON text; other values are serialised.
    JsonArg,
    /// A count of bytes: `10M`, `1Gb`.
    Bytes,
}

/// What check mode does with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckSupport {
    /// Predicts all that it would change.
    Full,
    /// Predicts part of it.
    Partial,
    /// Is skipped in check mode.
    None,
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The type of a list's elements.
    pub elements: Option<Kind>,
    /// Whether it must be given.
    pub required: bool,
    /// The default as the text Ansible documents, converted like a given value; `None` is Python's `None`.
    pub default: Option<&'static str>,
    /// The values it may have; empty for any.
    pub choices: &'static [&'static str],
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Whether its value is a secret, redacted in every report.
    pub no_log: bool,
    /// The arguments that a map, or each map of a list, is made of; empty where it is not looked into.
    pub options: &'static [Arg],
    /// One sentence for `warp doc`.
    pub help: &'static str,
}

impl Arg {
    /// An optional argument with neither default nor choices.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Arg {
            name,
            kind,
            elements: None,
            required: false,
            default: None,
            choices: &[],
            aliases: &[],
            no_log: false,
            options: &[],
            help: "",
        }
    }

    /// Must be given.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Has this default.
    #[must_use]
    pub const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    /// Is one of these.
    #[must_use]
    pub const fn choices(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    /// Is also known as these.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The type of each element of a list.
    #[must_use]
    pub const fn elements(mut self, kind: Kind) -> Self {
        self.elements = Some(kind);
        self
    }

    /// Is a map, or a list of maps, of these arguments.
    #[must_use]
    pub const fn options(mut self, options: &'static [Arg]) -> Self {
        self.options = options;
        self
    }

    /// Is a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.no_log = true;
        self
    }

    /// One sentence of documentation.
    #[must_use]
    pub const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }
}

/// A module's whole table.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The short name, as in a play: `copy`. Every module is also known as `ansible.builtin.<name>`
    /// or, where `collection` is set, by that prefix.
    pub name: &'static str,
    /// The collection it belongs to: `ansible.builtin`, `ansible.posix`, `community.libvirt`.
    pub collection: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Its own arguments; `arguments` gives all.
    pub args: &'static [Arg],
    /// Whether it takes the common arguments of files (`mode`, `owner` ...) besides its own.
    pub file_args: bool,
    /// Whether it takes the common arguments of requests (`headers`, `use_proxy` ...) besides its own.
    pub http_args: bool,
    /// Whether text after the module's name is free form (`command: ls -l`), and the argument it becomes.
    pub free_form: Option<&'static str>,
    /// Whether arguments outside the table are accepted (set_fact, add_host).
    pub open: bool,
    /// Groups of which at most one may be given.
    pub mutually_exclusive: &'static [&'static [&'static str]],
    /// Groups of which at least one must be given.
    pub required_one_of: &'static [&'static [&'static str]],
    /// Groups that must be given together.
    pub required_together: &'static [&'static [&'static str]],
    /// `(argument, value, needed)`: when the argument has the value, the needed ones must be given.
    pub required_if: &'static [(&'static str, &'static str, &'static [&'static str])],
    /// `(argument, needed)`: when the argument is given, the needed ones must be given too.
    pub required_by: &'static [(&'static str, &'static [&'static str])],
    /// What check mode does.
    pub check: CheckSupport,
    /// Whether unknown arguments are told of as `Invalid options`, before all else, as some of Ansible's actions do.
    pub options: bool,
}

impl Spec {
    /// A closed table of `args` without constraints, with full check support, in ansible.builtin.
    #[must_use]
    pub const fn new(name: &'static str, summary: &'static str, args: &'static [Arg]) -> Self {
        Spec {
            name,
            collection: "ansible.builtin",
            summary,
            args,
            file_args: false,
            http_args: false,
            free_form: None,
            open: false,
            mutually_exclusive: &[],
            required_one_of: &[],
            required_together: &[],
            required_if: &[],
            required_by: &[],
            check: CheckSupport::Full,
            options: false,
        }
    }

    /// All its arguments: its own, and the common ones of requests and files where it takes them.
    pub fn arguments(&self) -> impl Iterator<Item = &'static Arg> {
        let own = self.args;
        let common: &[Arg] = if self.file_args { FILE_ARGS } else { &[] };
        let requests: &[Arg] = if self.http_args { http::ARGS } else { &[] };
        own.iter().chain(requests).chain(common.iter().filter(|c| own.iter().all(|a| a.name != c.name)))
    }

    /// The argument of this name or alias.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&'static Arg> {
        self.arguments().find(|a| a.name == name || a.aliases.contains(&name))
    }
}

/// The arguments that every module which makes files takes.
pub const FILE_ARGS: &[Arg] = &[
    Arg::new("mode", Kind::Raw).help("Permissions: octal, or symbolic as chmod takes them."),
    Arg::new("owner", Kind::Str).help("The user that owns the file, by name or id."),
    Arg::new("group", Kind::Str).help("The group that owns the file, by name or id."),
    Arg::new("seuser", Kind::Str).help("The user part of the SELinux context."),
    Arg::new("serole", Kind::Str).help("The role part of the SELinux context."),
    Arg::new("selevel", Kind::Str).help("The level part of the SELinux context."),
    Arg::new("setype", Kind::Str).help("The type part of the SELinux context."),
    Arg::new("attributes", Kind::Str)
        .aliases(&["attr"])
        .help("Flags of the file system, as chattr takes them."),
    Arg::new("unsafe_writes", Kind::Bool).help(
        "Write in place where the file cannot be replaced atomically; ANSIBLE_UNSAFE_WRITES on the target by default.",
    ),
];
