//! Initrds: what made them, and how a script of ours is added.
//!
//! An initrd is a row of cpio archives, some compressed, that the kernel unpacks over one another; a plain one at
//! the end may add files or replace earlier ones.

use super::lz4::Lz4;
use crate::error::{Error, Result};
use cpio::newc;
use std::io::{BufRead, Read};

/// Who made an initrd, which decides how it is extended.
#[derive(Debug, PartialEq, Eq)]
enum Maker {
    /// Debian's initramfs-tools, with the `ORDER` of its `local-bottom` scripts.
    InitramfsTools { order: String },
    /// dracut, with the folder of its hooks.
    Dracut { hooks: String },
}

/// Where the script is in the running initrd.
const SCRIPT: &str = "warp-injection.sh";

/// The folder of initramfs-tools' scripts that run when the root is mounted.
const LOCAL_BOTTOM: &str = "scripts/local-bottom";

/// initramfs-tools puts this line after each script's: scripts talk to later ones through that file.
const PARAM_CONF: &str = "[ -e /conf/param.conf ] && . /conf/param.conf";

/// The helper that grows the root and runs the script in it, linked statically: few initrds have the tools for that.
const HELPER: &[u8] = include_bytes!(env!("WARP_INITRD_PATH"));

/// Where the helper is in the running initrd.
const HELPER_NAME: &str = "warp-initrd";

/// The initrd with `script` added, to run as root in the mounted root of the guest.
///
/// # Errors
/// Who made it is not known, or it is compressed in a way that is not read.
pub fn append(mut initrd: Vec<u8>, script: &[u8]) -> Result<Vec<u8>> {
    let maker = inspect(&initrd)?;
    // The kernel looks for the next archive at a multiple of 4.
    initrd.resize(initrd.len().next_multiple_of(4), 0);
    let mut archive = Archive { bytes: initrd, next: 1 };
    archive.file(SCRIPT, 0o600, script)?;
    archive.file(HELPER_NAME, 0o700, HELPER)?;
    match maker {
        Maker::InitramfsTools { order } => {
            let hook = format!(
                "#!/bin/sh\n[ \"$1\" = prereqs ] && exit 0\n/{HELPER_NAME} \"$rootmnt\" /{SCRIPT}\nexit 0\n"
            );
            archive.folder("scripts")?;
            archive.folder(LOCAL_BOTTOM)?;
            archive.file(&format!("{LOCAL_BOTTOM}/warp"), 0o755, hook.as_bytes())?;
            let order = format!("{order}/{LOCAL_BOTTOM}/warp \"$@\"\n{PARAM_CONF}\n");
            archive.file(&format!("{LOCAL_BOTTOM}/ORDER"), 0o644, order.as_bytes())?;
        }
        Maker::Dracut { hooks } => {
            // A hook is sourced: it must not exit.
            let hook = format!("/{HELPER_NAME} \"$NEWROOT\" /{SCRIPT}\n");
            archive.file(&format!("{hooks}/pre-pivot/99-warp.sh"), 0o755, hook.as_bytes())?;
        }
    }
    archive.finish()
}

/// Reads every archive of an initrd for what tells its maker.
fn inspect(initrd: &[u8]) -> Result<Maker> {
    let mut found = Found::default();
    let mut rest = initrd;
    loop {
        while let [0, after @ ..] = rest {
            rest = after;
        }
        let broken = |e: std::io::Error| Error::input(format!("the initrd cannot be unpacked: {e}"));
        match rest {
            [] => break,
            [b'0', b'7', b'0', b'7', b'0', ..] => found.read(&mut rest).map_err(broken)?,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let decoder = zstd::stream::read::Decoder::with_buffer(rest).map_err(broken)?;
                let mut decoder = decoder.single_frame();
                found.read_all(&mut decoder).map_err(broken)?;
                rest = decoder.finish();
            }
            [0x1f, 0x8b, ..] => {
                let mut decoder = flate2::bufread::GzDecoder::new(rest);
                found.read_all(&mut decoder).map_err(broken)?;
                rest = decoder.into_inner();
            }
            [0xfd, b'7', b'z', b'X', b'Z', ..] => {
                let mut decoder = lzma_rust2::XzReader::new(rest, false);
                found.read_all(&mut decoder).map_err(broken)?;
                rest = decoder.into_inner();
            }
            [0x02, 0x21, 0x4c, 0x18, blocks @ ..] => {
                let mut decoder = Lz4::new(blocks);
                found.read_all(&mut decoder).map_err(broken)?;
                rest = decoder.rest();
            }
            [0x89, b'L', b'Z', b'O', ..] => return Err(unread("lzop")),
            [b'B', b'Z', b'h', ..] => return Err(unread("bzip2")),
            [0x5d, 0, 0, ..] => return Err(unread("lzma")),
            _ => {
                let at = initrd.len() - rest.len();
                return Err(Error::input(format!("it is no initrd: what is at byte {at} is no archive")));
            }
        }
    }
    found.maker()
}

fn unread(compression: &str) -> Error {
    Error::input(format!("the initrd is compressed with {compression}; gzip, lz4, xz and zstd are read"))
}

/// What was found in the archives so far.
#[derive(Default)]
struct Found {
    initramfs_tools: bool,
    order: String,
    hooks: Option<String>,
}

impl Found {
    /// Reads the archives of a compressed stream to its very end, so that what follows it can be found.
    fn read_all(&mut self, stream: &mut dyn Read) -> std::io::Result<()> {
        let mut stream = std::io::BufReader::new(stream);
        loop {
            match stream.fill_buf()? {
                [] => return Ok(()),
                [0, ..] => stream.consume(1),
                _ => self.read(&mut stream)?,
            }
        }
    }

    /// Reads one archive up to its trailer.
    fn read(&mut self, stream: &mut dyn Read) -> std::io::Result<()> {
        loop {
            let mut entry = newc::Reader::new(&mut *stream)?;
            if entry.entry().is_trailer() {
                entry.finish()?;
                return Ok(());
            }
            let name = entry.entry().name().trim_start_matches("./").to_owned();
            if name == "scripts/local" {
                self.initramfs_tools = true;
            } else if name == format!("{LOCAL_BOTTOM}/ORDER") {
                self.order.clear();
                entry.read_to_string(&mut self.order)?;
            } else if name.ends_with("/dracut/hooks/pre-pivot") {
                self.hooks = name.strip_suffix("/pre-pivot").map(str::to_owned);
            }
            entry.finish()?;
        }
    }

    fn maker(self) -> Result<Maker> {
        if let Some(hooks) = self.hooks {
            return Ok(Maker::Dracut { hooks });
        }
        if self.initramfs_tools {
            let mut order = self.order;
            if !order.is_empty() && !order.ends_with('\n') {
                order.push('\n');
            }
            return Ok(Maker::InitramfsTools { order });
        }
        Err(Error::input("neither initramfs-tools nor dracut made this initrd"))
    }
}

/// An archive that is added at the end.
struct Archive {
    bytes: Vec<u8>,
    next: u32,
}

impl Archive {
    fn folder(&mut self, name: &str) -> Result<()> {
        self.entry(name, 0o040_755, &[])
    }

    fn file(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<()> {
        self.entry(name, 0o100_000 | mode, content)
    }

    fn entry(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<()> {
        let size = u32::try_from(content.len())
            .map_err(|_| Error::input(format!("{name}: 4 GiB and more cannot be injected")))?;
        let header = newc::Builder::new(name).ino(self.next).nlink(1).mode(mode);
        let mut entry = header.write(&mut self.bytes, size);
        std::io::Write::write_all(&mut entry, content)?;
        entry.finish()?;
        self.next += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>> {
        newc::trailer(&mut self.bytes)?;
        Ok(self.bytes)
    }
}
