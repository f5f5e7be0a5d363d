//! System errors as Python prints them.

use std::io;
use std::path::Path;

/// The system's word for an error, without its number.
#[must_use]
pub fn text(e: &io::Error) -> String {
    let full = e.to_string();
    full.split(" (os error ").next().unwrap_or(&full).to_owned()
}

/// `str(OSError)` with the paths it is about: `[Errno 2] No such file or directory: b'/nowhere'`.
#[must_use]
pub fn python(e: &io::Error, paths: &[&Path]) -> String {
    let Some(number) = e.raw_os_error() else { return e.to_string() };
    let names: Vec<String> = paths.iter().map(|p| format!("b'{}'", p.display())).collect();
    let about = if names.is_empty() { String::new() } else { format!(": {}", names.join(" -> ")) };
    format!("[Errno {number}] {}{about}", text(e))
}
