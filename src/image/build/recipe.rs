//! The description of an image, `images/NAME/image.yaml`.

use crate::error::{Error, Result, Source, Span};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The descriptions that come with warp.
static IMAGES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/images");

/// A description with the files that it names.
#[derive(Debug)]
pub struct Recipe {
    /// The name of its folder.
    pub name: String,
    /// What `image.yaml` says.
    pub image: Image,
    /// Every file of the folder by its path below it, in order.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What `image.yaml` may say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The packages to install, besides the essential ones.
    pub packages: Packages,
    /// Paths that packages may not install, as dpkg's `path-exclude` has them.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// The size of the disk and its file system, in GiB.
    pub disk_gib: u64,
    /// Files to write.
    #[serde(default)]
    pub files: Vec<File>,
    /// Systemd units to enable.
    #[serde(default)]
    pub enable: Vec<String>,
    /// Systemd units to disable.
    #[serde(default)]
    pub disable: Vec<String>,
    /// Systemd units to mask.
    #[serde(default)]
    pub mask: Vec<String>,
    /// Files to remove, if they are there.
    #[serde(default)]
    pub remove: Vec<String>,
    /// Python packages to install into a folder of their own.
    pub python: Option<Python>,
    /// Commands to run inside the image when all else is done, by `sh -c`.
    #[serde(default)]
    pub commands: Vec<String>,
}

/// Packages by distribution.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// On every distribution.
    pub all: Vec<String>,
    /// On Debian.
    #[serde(default)]
    pub debian: Vec<String>,
    /// On Ubuntu.
    #[serde(default)]
    pub ubuntu: Vec<String>,
}

/// A file of the image; its content is `content`, or that of the file `source` beside `image.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where it goes, absolute.
    pub path: String,
    /// Its content.
    pub content: Option<String>,
    /// The file beside `image.yaml` that has its content.
    pub source: Option<String>,
    /// Its mode in octal.
    #[serde(default = "plain_mode")]
    pub mode: String,
    /// Whether it must be there before packages are installed.
    #[serde(default)]
    pub early: bool,
}

fn plain_mode() -> String {
    "0644".to_owned()
}

/// Python packages, installed by pip without their dependencies: `requirements` names them all, with versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Python {
    /// The requirements file beside `image.yaml`.
    pub requirements: String,
    /// The folder of the image that they go to.
    pub target: String,
    /// Packages whose sources are data, laid out as they are.
    #[serde(default)]
    pub sources: Vec<SourcePackage>,
}

/// A package of the Python registry that is no Python: the folder of its source archive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcePackage {
    /// Name and version: `name==1.0`.
    pub package: String,
    /// The folder of the image that it becomes.
    pub target: String,
}

impl Recipe {
    /// The names of the descriptions that came with warp.
    #[must_use]
    pub fn names() -> Vec<String> {
        IMAGES.dirs().map(|d| d.path().display().to_string()).collect()
    }

    /// The description of this name that came with warp, or in a folder: what has a slash in it is one.
    ///
    /// # Errors
    /// No such description, or one that cannot be understood.
    pub fn named(name: &str) -> Result<Self> {
        if name.contains('/') { Self::in_folder(Path::new(name)) } else { Self::embedded(name) }
    }

    /// The description of this name that came with warp.
    ///
    /// # Errors
    /// No such description, or one that cannot be understood.
    pub fn embedded(name: &str) -> Result<Self> {
        let dir = IMAGES.get_dir(name).ok_or_else(|| {
            Error::input(format!("there is no image description \"{name}\""))
                .help(format!("the descriptions are: {}", Self::names().join(", ")))
                .hint("a folder of your own with an image.yaml is named with a slash, as ./NAME")
        })?;
        let mut files = BTreeMap::new();
        collect(dir, dir.path(), &mut files);
        Self::parse(name, &format!("images/{name}"), files)
    }

    /// The description in a folder of the user's.
    fn in_folder(folder: &Path) -> Result<Self> {
        let failed = |e: std::io::Error| Error::input(format!("{} cannot be read: {e}", folder.display()));
        let real = folder.canonicalize().map_err(failed)?;
        let name = real.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(Error::input(format!("{} has no name for an image", real.display()))
                .help("the folder's name is the image's; it has letters, digits and ._-+ only"));
        }
        let mut files = BTreeMap::new();
        read(&real, &real, &mut files).map_err(failed)?;
        Self::parse(name, &folder.display().to_string(), files)
    }

    fn parse(name: &str, folder: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Self> {
        let path = format!("{}/image.yaml", folder.trim_end_matches('/'));
        let bytes = files.get("image.yaml").ok_or_else(|| Error::input(format!("{path} is missing")))?;
        let text = String::from_utf8_lossy(bytes).into_owned();
        let source = Source::new(&path, text);
        let image: Image = serde_yaml::from_str(source.text()).map_err(|e| {
            let span = e.location().map(|at| Span {
                source: source.clone(),
                start: at.index(),
                end: at.index() + 1,
                line: u32::try_from(at.line()).unwrap_or(u32::MAX),
                column: u32::try_from(at.column()).unwrap_or(u32::MAX),
            });
            Error::input(format!("{path}: {e}")).at(span)
        })?;
        let recipe = Recipe { name: name.to_owned(), image, files };
        for file in &recipe.image.files {
            recipe.content(file)?;
            file.mode()?;
        }
        Ok(recipe)
    }

    /// The content of one of its files.
    ///
    /// # Errors
    /// Neither or both of `content` and `source`, or a source that is not there.
    pub fn content<'a>(&'a self, file: &'a File) -> Result<&'a [u8]> {
        match (&file.content, &file.source) {
            (Some(content), None) => Ok(content.as_bytes()),
            (None, Some(source)) => self.beside(source),
            _ => Err(Error::input(format!("the file {} needs either content or source", file.path))),
        }
    }

    /// A file beside `image.yaml`.
    ///
    /// # Errors
    /// It is not there.
    pub fn beside(&self, path: &str) -> Result<&[u8]> {
        self.files
            .get(path)
            .map(Vec::as_slice)
            .ok_or_else(|| Error::input(format!("images/{}/{path} is missing", self.name)))
    }
}

impl File {
    /// Its mode as a number.
    ///
    /// # Errors
    /// It is not octal.
    pub fn mode(&self) -> Result<u32> {
        u32::from_str_radix(&self.mode, 8)
            .map_err(|_| Error::input(format!("the mode of {} is not octal: \"{}\"", self.path, self.mode)))
    }
}

/// Puts the files of a folder and its sub-folders under their paths below `base`.
fn collect(dir: &Dir<'_>, base: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        let path = file.path().strip_prefix(base).unwrap_or(file.path());
        files.insert(path.display().to_string(), file.contents().to_vec());
    }
    for sub in dir.dirs() {
        collect(sub, base, files);
    }
}

/// Puts the files of a folder of the disk and its sub-folders under their paths below `base`.
fn read(dir: &Path, base: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            read(&path, base, files)?;
        } else {
            let name = path.strip_prefix(base).unwrap_or(&path).display().to_string();
            files.insert(name, std::fs::read(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<Recipe> {
        Recipe::parse(
            "lab",
            "images/lab",
            BTreeMap::from([("image.yaml".to_owned(), yaml.as_bytes().to_vec())]),
        )
    }

    #[test]
    fn every_embedded_description_is_understood() {
        for dir in IMAGES.dirs() {
            Recipe::embedded(&dir.path().display().to_string()).unwrap();
        }
    }

    #[test]
    fn an_unknown_field_is_refused_at_its_place() {
        let error = parse("packages:\n  all: []\ndisk_gib: 1\npakages: x\n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("images/lab/image.yaml:4:1"), "{text}");
        assert!(text.contains("pakages"), "{text}");
    }

    #[test]
    fn a_file_without_content_is_refused() {
        let error = parse("packages: {all: []}\ndisk_gib: 1\nfiles: [{path: /x}]\n").unwrap_err();
        assert_eq!(error.message(), "the file /x needs either content or source");
    }
}
