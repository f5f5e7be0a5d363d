//! System errors as Python prints them.

use std::io;
use std::path::Path;

/// The system's word for an error, without its number.
#[must_use]
pub fn text(e: &io::Error) -> String {
    let full = e.to_string();
    full.split(" (os error ").next().unwrap_or(&full).to_owned()
}

/// `str(OSError)` with the paths it is about: `[Errno 2] No such file or directory: b'/nowhere'`. Nearly all of
/// Ansible's modules name paths as bytes.
#[must_use]
pub fn python(e: &io::Error, paths: &[&Path]) -> String {
    about(e, &paths.iter().map(|p| format!("b'{}'", p.display())).collect::<Vec<_>>())
}

/// As `python`, for a module that names its path as text.
#[must_use]
pub fn python_text(e: &io::Error, path: &str) -> String {
    about(e, &[crate::python::quoted(path)])
}

fn about(e: &io::Error, names: &[String]) -> String {
    let Some(number) = e.raw_os_error() else { return e.to_string() };
    let about = if names.is_empty() { String::new() } else { format!(": {}", names.join(" -> ")) };
    format!("[Errno {number}] {}{about}", text(e))
}
