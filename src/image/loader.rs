//! What an image's boot loader starts by default: an entry of the Boot Loader Specification, or of grub.cfg.

use super::files::System;
use std::collections::BTreeMap;
use std::path::Path;

/// An entry of a boot loader's menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, of which `saved_entry` is one: the file's without `.conf`, or the menu's title.
    pub id: String,
    /// What the menu shows.
    pub title: String,
    /// The kernel's path, as the loader has it.
    pub kernel: String,
    /// The initrd's path, where it has one.
    pub initrd: Option<String>,
    /// The kernel's arguments.
    pub arguments: String,
}

/// The largest configuration that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The entries of an image in the loader's order, the one it starts by default first.
#[must_use]
pub fn entries(system: &System) -> Vec<Entry> {
    let environment = grubenv(system);
    let mut found = specified(system, &environment);
    if found.is_empty() {
        found = ["/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"]
            .into_iter()
            .find_map(|path| text(system, Path::new(path)))
            .map(|config| menu(&config))
            .unwrap_or_default();
    }
    let default = environment.get("saved_entry").and_then(|saved| {
        let by_name = found.iter().position(|e| e.id == *saved || e.title == *saved);
        by_name.or_else(|| saved.parse().ok().filter(|number| *number < found.len()))
    });
    if let Some(default) = default {
        let entry = found.remove(default);
        found.insert(0, entry);
    }
    found
}

/// The files of /boot/loader/entries, newest version first as grub's blscfg sorts them.
fn specified(system: &System, environment: &BTreeMap<String, String>) -> Vec<Entry> {
    let folder = Path::new("/boot/loader/entries");
    let mut found = Vec::new();
    for (name, _) in system.list(folder).unwrap_or_default() {
        let file = folder.join(&name);
        let Some(id) = name.to_str().and_then(|n| n.strip_suffix(".conf")) else { continue };
        let Some(text) = text(system, &file) else { continue };
        let field = |key: &str| {
            let values: Vec<&str> = text
                .lines()
                .filter_map(|line| line.trim().split_once(char::is_whitespace))
                .filter(|(name, _)| *name == key)
                .map(|(_, value)| value.trim())
                .collect();
            (!values.is_empty()).then(|| values.join(" "))
        };
        let Some(kernel) = field("linux") else { continue };
        found.push(Entry {
            id: id.to_owned(),
            title: field("title").unwrap_or_else(|| id.to_owned()),
            kernel,
            initrd: field("initrd").and_then(|i| i.split_whitespace().next().map(ToOwned::to_owned)),
            arguments: expand(&field("options").unwrap_or_default(), environment),
        });
    }
    found.sort_by(|a, b| super::kernel::compare_versions(&b.id, &a.id));
    found
}

/// The entries of a grub.cfg, those of submenus too.
fn menu(config: &str) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    for line in config.lines().map(str::trim) {
        let words: Vec<String> = shlex::split(line).unwrap_or_default();
        let Some((command, rest)) = words.split_first() else { continue };
        match (command.as_str(), rest, found.last_mut()) {
            ("menuentry", [title, ..], _) => {
                let id = words.iter().skip_while(|w| *w != "$menuentry_id_option").nth(1).unwrap_or(title);
                found.push(Entry {
                    id: id.clone(),
                    title: title.clone(),
                    kernel: String::new(),
                    initrd: None,
                    arguments: String::new(),
                });
            }
            ("linux" | "linux16" | "linuxefi", [kernel, arguments @ ..], Some(entry)) => {
                entry.kernel.clone_from(kernel);
                entry.arguments = arguments.join(" ");
            }
            ("initrd" | "initrd16" | "initrdefi", [initrd, ..], Some(entry)) => {
                entry.initrd = Some(initrd.clone());
            }
            _ => {}
        }
    }
    found.retain(|entry| !entry.kernel.is_empty());
    found
}

/// The variables that grub keeps.
fn grubenv(system: &System) -> BTreeMap<String, String> {
    ["/boot/grub2/grubenv", "/boot/grub/grubenv"]
        .into_iter()
        .find_map(|path| text(system, Path::new(path)))
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Arguments with grub's variables filled in: `$kernelopts` is where older systems keep them all.
fn expand(arguments: &str, environment: &BTreeMap<String, String>) -> String {
    let words = arguments.split_whitespace().map(|word| match word.strip_prefix('$') {
        Some(name) => environment.get(name).map_or("", String::as_str).trim(),
        None => word,
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn text(system: &System, path: &Path) -> Option<String> {
    system.read(path, LARGEST).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grub_menu_is_read_with_its_submenus() {
        let config = "
menuentry 'Debian' --class os $menuentry_id_option 'simple-1' {
    search --fs-uuid --set=root 1
    linux /vmlinuz-6.1 root=UUID=1 ro quiet
    initrd /initrd.img-6.1
}
submenu 'More' $menuentry_id_option 'more' {
    menuentry 'Old' $menuentry_id_option 'old-1' {
        linux16 /vmlinuz-5.10 root=UUID=1 single
    }
}
menuentry 'Firmware' { fwsetup }
";
        let found = menu(config);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].id.as_str(), found[0].kernel.as_str()), ("simple-1", "/vmlinuz-6.1"));
        assert_eq!(found[0].initrd.as_deref(), Some("/initrd.img-6.1"));
        assert_eq!(found[0].arguments, "root=UUID=1 ro quiet");
        assert_eq!((found[1].title.as_str(), found[1].initrd.as_deref()), ("Old", None));
    }
}
