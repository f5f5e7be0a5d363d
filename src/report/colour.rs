//! Ansible's colours and their codes, and whether there are any.

use crate::config::Screen;
use anstream::ColorChoice;
use std::io::IsTerminal;

/// A colour as SGR parameters.
pub(super) type Colour = String;

/// Names and codes.
const CODES: &[(&str, &str)] = &[
    ("black", "0;30"),
    ("bright gray", "0;37"),
    ("blue", "0;34"),
    ("white", "1;37"),
    ("green", "0;32"),
    ("bright blue", "1;34"),
    ("cyan", "0;36"),
    ("bright green", "1;32"),
    ("red", "0;31"),
    ("bright cyan", "1;36"),
    ("purple", "0;35"),
    ("bright red", "1;31"),
    ("yellow", "0;33"),
    ("bright purple", "1;35"),
    ("dark gray", "1;30"),
    ("bright yellow", "1;33"),
    ("magenta", "0;35"),
    ("bright magenta", "1;35"),
    ("normal", "0"),
];

/// The code of a colour's name: one of the table, `color0` to `color255`, `rgb000` to `rgb555`, `gray0` to `gray23`.
pub(super) fn code(name: &str) -> Option<Colour> {
    if let Some((_, code)) = CODES.iter().find(|(known, _)| *known == name) {
        return Some((*code).to_owned());
    }
    if let Some(n) = name.strip_prefix("color").and_then(|n| n.parse::<u16>().ok()) {
        return Some(format!("38;5;{n}"));
    }
    if let Some(n) = name.strip_prefix("gray").and_then(|n| n.parse::<u16>().ok()) {
        return Some(format!("38;5;{}", 232 + n));
    }
    let digits: Vec<u32> = name.strip_prefix("rgb")?.chars().map(|c| c.to_digit(6)).collect::<Option<_>>()?;
    let [red, green, blue] = digits.as_slice() else { return None };
    Some(format!("38;5;{}", 16 + 36 * red + 6 * green + blue))
}

/// A text in a colour, line by line.
pub(super) fn coloured(text: &str, colour: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| format!("\x1b[{colour}m{line}\x1b[0m")).collect();
    lines.join("\n")
}

/// Whether Ansible's forms print in colours.
pub(super) fn wanted(settings: &Screen) -> bool {
    settings.force_color || (!settings.nocolor && std::io::stdout().is_terminal() && able())
}

/// Has warp's own form and messages follow the same settings; where those say nothing, each stream decides for itself.
pub fn settle(settings: &Screen) {
    if settings.force_color {
        ColorChoice::Always.write_global();
    } else if settings.nocolor || !able() {
        ColorChoice::Never.write_global();
    }
}

/// Whether the terminal, if there is one, knows colours. A build server that says `CI` does not make it one that does.
fn able() -> bool {
    std::env::var("TERM").is_ok_and(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_codes() {
        assert_eq!(code("bright purple").as_deref(), Some("1;35"));
        assert_eq!(code("color208").as_deref(), Some("38;5;208"));
        assert_eq!(code("rgb123").as_deref(), Some("38;5;67"));
        assert_eq!(code("gray3").as_deref(), Some("38;5;235"));
        assert_eq!(code("rgb678"), None);
        assert_eq!(coloured("a\nb", "0;31"), "\x1b[0;31ma\x1b[0m\n\x1b[0;31mb\x1b[0m");
    }
}
