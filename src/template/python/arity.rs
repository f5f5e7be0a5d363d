//! How many positional arguments the methods of Python's types take, and Python's words where it is another number.

use crate::template::fail::{Fail, R};

/// A method: its name, the fewest and the most arguments.
type Method = (&'static str, usize, usize);

/// Methods by type. What takes names for its arguments is not listed.
const METHODS: &[(&str, &[Method])] = &[
    (
        "str",
        &[
            ("capitalize", 0, 0),
            ("casefold", 0, 0),
            ("center", 1, 2),
            ("count", 1, 3),
            ("endswith", 1, 3),
            ("find", 1, 3),
            ("index", 1, 3),
            ("isalnum", 0, 0),
            ("isalpha", 0, 0),
            ("isascii", 0, 0),
            ("isdecimal", 0, 0),
            ("isdigit", 0, 0),
            ("isidentifier", 0, 0),
            ("islower", 0, 0),
            ("isnumeric", 0, 0),
            ("isspace", 0, 0),
            ("istitle", 0, 0),
            ("isupper", 0, 0),
            ("join", 1, 1),
            ("ljust", 1, 2),
            ("lower", 0, 0),
            ("lstrip", 0, 1),
            ("partition", 1, 1),
            ("removeprefix", 1, 1),
            ("removesuffix", 1, 1),
            ("replace", 2, 3),
            ("rfind", 1, 3),
            ("rindex", 1, 3),
            ("rjust", 1, 2),
            ("rpartition", 1, 1),
            ("rstrip", 0, 1),
            ("startswith", 1, 3),
            ("strip", 0, 1),
            ("swapcase", 0, 0),
            ("title", 0, 0),
            ("upper", 0, 0),
            ("zfill", 1, 1),
        ],
    ),
    (
        "list",
        &[
            ("append", 1, 1),
            ("clear", 0, 0),
            ("copy", 0, 0),
            ("count", 1, 1),
            ("extend", 1, 1),
            ("index", 1, 3),
            ("insert", 2, 2),
            ("pop", 0, 1),
            ("remove", 1, 1),
            ("reverse", 0, 0),
        ],
    ),
    ("tuple", &[("count", 1, 1), ("index", 1, 3)]),
    (
        "dict",
        &[
            ("clear", 0, 0),
            ("copy", 0, 0),
            ("get", 1, 2),
            ("items", 0, 0),
            ("keys", 0, 0),
            ("pop", 1, 2),
            ("popitem", 0, 0),
            ("setdefault", 1, 2),
            ("values", 0, 0),
        ],
    ),
];

/// Methods whose arguments Python reads by a format of its own, with its own words.
const BY_FORMAT: &[&str] = &["count", "endswith", "find", "index", "rfind", "rindex", "startswith"];

/// Refuses too few or too many.
pub(super) fn check(kind: &str, name: &str, given: usize) -> R<()> {
    let methods = METHODS.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, methods)| methods);
    let Some((_, least, most)) = methods.iter().find(|(method, ..)| *method == name) else { return Ok(()) };
    if (*least..=*most).contains(&given) {
        return Ok(());
    }
    let (wanted, bound) = if given < *least { (*least, "least") } else { (*most, "most") };
    let arguments = if wanted == 1 { "argument" } else { "arguments" };
    Err(Fail::new(match (least, most) {
        (0, 0) => format!("{kind}.{name}() takes no arguments ({given} given)"),
        (1, 1) => format!("{kind}.{name}() takes exactly one argument ({given} given)"),
        _ if kind == "str" && BY_FORMAT.contains(&name) => {
            format!("{name}() takes at {bound} {wanted} {arguments} ({given} given)")
        }
        (least, most) if least == most => format!("{name} expected {wanted} {arguments}, got {given}"),
        _ => format!("{name} expected at {bound} {wanted} {arguments}, got {given}"),
    }))
}
