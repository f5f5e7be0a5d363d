//! Builds the static agent and the static helper for initrds, and tells the compiler where they are.
//!
//! `WARP_INITRD_PATH` is the helper's, which `image` embeds. `WARP_AGENT_PATH` (packed by gzip), `WARP_AGENT_HASH` (SHA-256
//! in hex, which `sha256sum` on a target can check) and `WARP_AGENT_SIZE` are set for `connect`, which embeds it. A ready
//! agent named by the variable `WARP_AGENT` is taken instead of a build.
//!
//! Both are built by a cargo of its own because only they, and not the procedural macros on the way, may be linked
//! with `crt-static`; in a target directory of its own because this cargo holds the lock of the other.

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    for path in [
        "agent/src",
        "agent/Cargo.toml",
        "initrd/src",
        "initrd/Cargo.toml",
        "Cargo.toml",
        "Cargo.lock",
        "images",
    ] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rerun-if-env-changed=WARP_AGENT");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    let built = match env::var_os("WARP_AGENT") {
        Some(ready) => {
            println!("cargo:rerun-if-changed={}", Path::new(&ready).display());
            PathBuf::from(ready)
        }
        None => build(&out, "warp-agent")?,
    };
    let bytes = fs::read(&built).map_err(|e| format!("{}: {e}", built.display()))?;
    // A copy: the build's own file is shared by all profiles and may be newer than the hash given here.
    let kept = out.join("warp-agent.gz");
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(&bytes)?;
    write_if_changed(&kept, &packer.finish()?)?;
    println!("cargo:rustc-env=WARP_AGENT_PATH={}", kept.display());
    println!("cargo:rustc-env=WARP_AGENT_HASH={}", hex(&Sha256::digest(&bytes))?);
    println!("cargo:rustc-env=WARP_AGENT_SIZE={}", bytes.len());
    let helper = out.join("warp-initrd");
    write_if_changed(&helper, &fs::read(build(&out, "warp-initrd")?)?)?;
    println!("cargo:rustc-env=WARP_INITRD_PATH={}", helper.display());
    Ok(())
}

/// Builds a package's binary of the same name, and gives its path.
fn build(out: &Path, name: &str) -> Result<PathBuf, Box<dyn Error>> {
    // OUT_DIR is TARGET/PROFILE/build/PACKAGE/out: one build serves every profile.
    let target = out.ancestors().nth(4).unwrap_or(out).join("warp-agent");
    let cargo = env::var_os("CARGO").ok_or("cargo sets no CARGO")?;
    let status = Command::new(cargo)
        .args(["rustc", "--locked", "--quiet", "--profile", "agent", "--package", name])
        .args(["--bin", name, "--target-dir"])
        .arg(&target)
        .args(["--", "-Ctarget-feature=+crt-static", "-Crelocation-model=static"])
        // Meant for the build of warp: flags, clippy, another target.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CARGO_BUILD_TARGET")
        .status()?;
    if !status.success() {
        return Err(format!("the static {name} does not build: {status}").into());
    }
    Ok(target.join("agent").join(name))
}

/// Leaves a file that has these bytes alone, so that nothing that embeds it is compiled again.
fn write_if_changed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) { Ok(()) } else { fs::write(path, bytes) }
}

fn hex(bytes: &[u8]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
