//! Making an image of the machine's own distribution's packages, without loop devices or a boot loader.
//!
//! mmdebstrap fills a folder on a tmpfs, `mke2fs -d` makes a whole-disk ext4 of it, and qemu-img turns that into a
//! compressed qcow2. All of it happens on one thread in a mount namespace of its own: however the build ends,
//! the tmpfs and every mount of the tools go with the thread.

mod recipe;
mod sources;
mod tool;

pub use recipe::Recipe;
pub use sources::Suite;

use crate::error::{Error, Result};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::{Mode, umask};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tool::Log;

/// Told what is being done, in a few words each.
pub type Tell<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// The memory that the build needs to run on a tmpfs, in KiB: the packages, the file system made of them, and room.
const TMPFS_KIB: u64 = 3 << 20;

/// Makes the image that `recipe` describes at `to`, which must not exist; `log` gets every tool's output.
///
/// # Errors
/// Missing tools or rights, and failures of the tools with the end of their output. `to` may then be left incomplete.
pub fn build(recipe: &Recipe, suite: &Suite, to: &Path, log: &Path, tell: Tell<'_>) -> Result<()> {
    tool::require()?;
    if !nix::unistd::geteuid().is_root() {
        return Err(Error::other(
            "building an image needs root: it makes files of other accounts and mounts",
        )
        .help("run warp as root once; the image stays in IMAGECACHE"));
    }
    let mut log = Log::create(log)?;
    // On the cache's own disk where memory is short.
    let scratch = tempfile::Builder::new()
        .prefix(".building-")
        .tempdir_in(to.parent().unwrap_or(Path::new("/")))
        .map_err(|e| Error::other(format!("no scratch folder can be made beside {}: {e}", to.display())))?;
    let work =
        Work { recipe, suite, root: scratch.path().join("root"), scratch: scratch.path().to_owned(), tell };
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            work.enter_private_mounts()?;
            work.install(&mut log)?;
            work.configure()?;
            work.finish(&mut log)?;
            work.pack(to, &mut log)
        });
        thread
            .join()
            .unwrap_or_else(|_| Err(Error::new(crate::error::Exit::Unexpected, "the image build panicked")))
    })
    .map_err(|e| e.context(format!("the image \"{}\" cannot be built", recipe.name)))
}

/// A build under way.
struct Work<'a> {
    recipe: &'a Recipe,
    suite: &'a Suite,
    /// The folder that all is made in; covered by a tmpfs where memory allows.
    scratch: PathBuf,
    /// The guest's root.
    root: PathBuf,
    tell: Tell<'a>,
}

impl Work<'_> {
    /// Gives this thread, and the tools it starts, mounts that nobody else sees.
    fn enter_private_mounts(&self) -> Result<()> {
        let failed = |what: &str, e: nix::errno::Errno| {
            Error::other(format!("{what}: {e}")).help("building needs CAP_SYS_ADMIN")
        };
        unshare(CloneFlags::CLONE_NEWNS).map_err(|e| failed("no mount namespace can be made", e))?;
        // The umask, too, is this thread's own now: the guest's folders must not take the user's.
        umask(Mode::from_bits_truncate(0o022));
        mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)
            .map_err(|e| failed("the mount namespace cannot be made private", e))?;
        if available_kib() > TMPFS_KIB {
            let options = format!("mode=0755,size={TMPFS_KIB}k");
            mount(Some("tmpfs"), &self.scratch, Some("tmpfs"), MsFlags::empty(), Some(options.as_str()))
                .map_err(|e| failed("no tmpfs can be mounted", e))?;
        }
        Ok(())
    }

    /// Installs the packages.
    fn install(&self, log: &mut Log) -> Result<()> {
        (self.tell)("installing packages");
        let early = self.scratch.join("early");
        for file in self.recipe.image.files.iter().filter(|f| f.early) {
            write(&early, &file.path, self.recipe.content(file)?, file.mode()?)?;
        }
        fs::create_dir_all(&early)?;
        let sources = self.scratch.join("sources.list");
        fs::write(&sources, &self.suite.sources)?;
        let packages = &self.recipe.image.packages;
        let own = if self.suite.distribution == "ubuntu" { &packages.ubuntu } else { &packages.debian };
        let include: Vec<&str> = packages.all.iter().chain(own).map(String::as_str).collect();
        let mut command = tool::command("mmdebstrap");
        command.args([
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            "--aptopt=Apt::Install-Recommends \"false\"",
            "--dpkgopt=force-unsafe-io",
        ]);
        command.args(self.recipe.image.exclude.iter().map(|path| format!("--dpkgopt=path-exclude={path}")));
        command.args(self.suite.options.iter().map(|o| format!("--aptopt={o}")));
        command.arg(format!("--architectures={}", self.suite.architecture));
        let copied = format!("{}/.", early.display());
        let copied =
            shlex::try_quote(&copied).map_err(|e| Error::other(format!("{}: {e}", early.display())))?;
        command.arg(format!("--essential-hook=cp -r {copied} \"$1\""));
        command.arg(format!("--include={}", include.join(",")));
        command.arg(&self.suite.codename).arg(&self.root).arg(&sources);
        log.run(&mut command)
    }

    /// Writes the description's files and removes what it wants gone.
    fn configure(&self) -> Result<()> {
        let image = &self.recipe.image;
        for file in image.files.iter().filter(|f| !f.early) {
            write(&self.root, &file.path, self.recipe.content(file)?, file.mode()?)?;
        }
        for unit in &image.mask {
            let link = inside(&self.root, &format!("/etc/systemd/system/{unit}"));
            remove(&link)?;
            symlink("/dev/null", &link)?;
        }
        for path in &image.remove {
            remove(&inside(&self.root, path))?;
        }
        // An empty one tells systemd to make an id at the first boot; each guest has its own.
        fs::write(self.root.join("etc/machine-id"), "")?;
        Ok(())
    }

    /// What needs the guest's own programs, or pip.
    fn finish(&self, log: &mut Log) -> Result<()> {
        let image = &self.recipe.image;
        for (verb, units) in [("disable", &image.disable), ("enable", &image.enable)] {
            if !units.is_empty() {
                log.run(tool::command("chroot").arg(&self.root).args(["systemctl", verb]).args(units))?;
            }
        }
        if let Some(python) = &image.python {
            (self.tell)("installing Python packages");
            let requirements = self.scratch.join("requirements.txt");
            fs::write(&requirements, self.recipe.beside(&python.requirements)?)?;
            tool::output(tool::command("/usr/bin/python3").args(["-m", "pip", "--version"])).map_err(
                |e| e.context("Python packages cannot be installed").help("run: apt-get install python3-pip"),
            )?;
            // The machine's own python3 is the guest's too: both are of the same release.
            let mut pip = tool::command("/usr/bin/python3");
            pip.args([
                "-m",
                "pip",
                "install",
                "--no-deps",
                "--no-compile",
                "--no-input",
                "--root-user-action=ignore",
            ]);
            pip.args(["--disable-pip-version-check", "--only-binary=:all:", "--target"]);
            log.run(pip.arg(inside(&self.root, &python.target)).arg("--requirement").arg(&requirements))?;
            for source in &python.sources {
                self.lay_out(source, log)?;
            }
        }
        for line in &image.commands {
            log.run(tool::command("chroot").arg(&self.root).args(["sh", "-ec", line]))?;
        }
        Ok(())
    }

    /// A package's source archive, as a folder of the image.
    fn lay_out(&self, source: &recipe::SourcePackage, log: &mut Log) -> Result<()> {
        let archives = self.scratch.join("sources");
        let mut pip = tool::command("/usr/bin/python3");
        pip.args(["-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check"]);
        log.run(pip.args(["--no-binary=:all:", "--dest"]).arg(&archives).arg(&source.package))?;
        let target = inside(&self.root, &source.target);
        fs::create_dir_all(&target)?;
        for archive in fs::read_dir(&archives)? {
            let mut tar = tool::command("tar");
            tar.args(["--extract", "--strip-components=1", "--no-same-owner", "--directory"]).arg(&target);
            log.run(tar.arg("--file").arg(archive?.path()))?;
        }
        Ok(fs::remove_dir_all(&archives)?)
    }

    /// Makes the file system and the image.
    fn pack(&self, to: &Path, log: &mut Log) -> Result<()> {
        (self.tell)("making the disk image");
        let raw = self.scratch.join("disk.raw");
        fs::File::create(&raw)?.set_len(self.recipe.image.disk_gib << 30)?;
        let mut mke2fs = tool::command("mke2fs");
        mke2fs.args(["-q", "-F", "-t", "ext4", "-m", "0"]);
        mke2fs.args(["-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-d"]);
        log.run(mke2fs.arg(&self.root).arg(&raw))?;
        fs::remove_dir_all(&self.root)?;
        let mut convert = tool::command("qemu-img");
        convert.args(["convert", "-f", "raw", "-O", "qcow2", "-c", "-W", "-m", "4"]);
        log.run(convert.arg(&raw).arg(to))
    }
}

/// A path of the guest as a path below its root.
fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// Writes a file below `root`, never through a link that is there: one to an absolute path would leave the root.
fn write(root: &Path, path: &str, content: &[u8], mode: u32) -> Result<()> {
    let file = inside(root, path);
    let failed = |e: std::io::Error| Error::other(format!("{path} cannot be written into the image: {e}"));
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    remove(&file)?;
    fs::write(&file, content).map_err(failed)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).map_err(failed)
}

/// Removes a file that may not be there.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::other(format!("{} cannot be removed: {e}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Memory that can be taken without swapping, in KiB.
fn available_kib() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    text.lines()
        .find_map(|l| l.strip_prefix("MemAvailable:")?.trim().strip_suffix("kB")?.trim().parse().ok())
        .unwrap_or(0)
}
