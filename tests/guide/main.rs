//! The guide's commands work: every block marked `sh` is run, in order, in one shell session per block.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The blocks of a Markdown text that are fenced as `sh`, with the line they begin on.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            None if line == "```sh" => open = Some((number + 2, String::new())),
            None => {}
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

#[test]
fn the_guides_commands_work() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = checkout.join("docs/guide.md");
    let blocks = blocks(&fs::read_to_string(&guide).unwrap());
    assert!(blocks.len() > 5, "the guide shows hardly any commands");

    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let lwd = root.join("guide");
    let _ = fs::remove_dir_all(&lwd);
    fs::create_dir_all(&lwd).unwrap();
    // The smallest guest that works: the machine that runs the tests is small.
    fs::write(lwd.join("custom.yaml"), "undercloud_memory: 512\nundercloud_vcpu: 1\nundercloud_disk: 4\n")
        .unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_warp")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let shell = |script: &str| {
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(checkout)
            .env("PATH", &path)
            .env("HOME", &lwd)
            .env("LWD", &lwd)
            .env("IMAGECACHE", root.join("images"))
            .env_remove("WORKSPACE")
            .env_remove("TEARDOWN")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    for (line, block) in &blocks {
        let output = shell(block);
        if !output.status.success() {
            let _ = shell("warp teardown all --yes");
            panic!(
                "docs/guide.md:{line}: ended with {:?}\n{block}\n{}\n{}",
                output.status.code(),
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}
