//! Mounted file systems, their sizes and ids.

use super::platform::one;
use super::{Gather, read};
use crate::command::Command;
use crate::module::Failed;
use crate::program;
use crate::value::{Map, Value};
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::mpsc;
use std::thread;

pub fn collect(gather: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let bound = bind_mounts(gather)?;
    let ids = ids(gather)?;
    let table = if read::exists("/etc/mtab") { "/etc/mtab" } else { "/proc/mounts" };
    let mut mounts: Vec<Value> = Vec::new();
    for line in read::lines(table) {
        let fields: Vec<String> = line.split_whitespace().map(unescaped).collect();
        let [device, mount, fstype, options, dump, passno, ..] = fields.as_slice() else {
            continue;
        };
        let is_device = device.starts_with(['/', '\\']) || device.contains(":/");
        if !is_device || fstype == "none" {
            continue;
        }
        let mut options = options.clone();
        if bound.contains(mount) {
            options.push_str(",bind");
        }
        let number = |text: &str| text.parse::<i64>().unwrap_or_default();
        let mut facts = Map::new();
        let mut put = |name: &str, value: Value| facts.insert(name.to_owned(), value);
        put("mount", mount.as_str().into());
        put("device", device.as_str().into());
        put("fstype", fstype.as_str().into());
        put("options", options.into());
        put("dump", number(dump).into());
        put("passno", number(passno).into());
        // A file system of a server that is gone does not answer; nothing else may wait for it.
        let (send, receive) = mpsc::channel();
        let path = mount.clone();
        thread::spawn(move || send.send(size(&path)));
        match receive.recv_timeout(gather.timeout) {
            Ok(size) => {
                facts.extend(size);
                let id = match ids.get(device) {
                    Some(id) => Some(id.clone()),
                    None => udev_id(gather, device)?,
                };
                facts.insert("uuid".to_owned(), id.unwrap_or_else(|| "N/A".to_owned()).into());
            }
            Err(_) => {
                gather.warnings.push(format!("Timeout exceeded when getting mount info for {mount}"));
                facts.insert("note".to_owned(), "Could not get extra information due to timeout".into());
            }
        }
        mounts.push(facts.into());
    }
    Ok(one("mounts", mounts))
}

/// Replaces `\040` and the like.
pub fn unescaped(field: &str) -> String {
    let mut out = String::new();
    let mut rest = field;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        out.push(code.map_or('\\', char::from));
        rest = code.and_then(|_| after.get(3..)).unwrap_or(after);
    }
    out.push_str(rest);
    out
}

/// The mount points that `findmnt` shows with a part of another file system.
fn bind_mounts(gather: &mut Gather<'_, '_>) -> Result<Vec<String>, Failed> {
    if program::find(gather.cx, "findmnt").is_none() {
        return Ok(Vec::new());
    }
    let output = gather.cx.run(&Command::new(["findmnt", "--list", "--noheadings", "--notruncate"]))?;
    let text = if output.rc == 0 { output.stdout_text() } else { String::new() };
    let bound = text.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (target, source) = (fields.next()?, fields.next()?);
        source.contains(']').then(|| target.to_owned())
    });
    Ok(bound.collect())
}

/// File systems' ids by device.
fn ids(gather: &mut Gather<'_, '_>) -> Result<HashMap<String, String>, Failed> {
    let mut ids = HashMap::new();
    if program::find(gather.cx, "lsblk").is_none() {
        return Ok(ids);
    }
    let words = ["lsblk", "--list", "--noheadings", "--paths", "--output", "NAME,UUID", "--exclude", "2"];
    let output = gather.cx.run(&Command::new(words))?;
    if output.rc == 0 {
        for line in output.stdout_text().lines() {
            let mut fields = line.split_whitespace();
            if let (Some(device), Some(id)) = (fields.next(), fields.next()) {
                ids.entry(device.to_owned()).or_insert_with(|| id.to_owned());
            }
        }
    }
    Ok(ids)
}

fn udev_id(gather: &mut Gather<'_, '_>, device: &str) -> Result<Option<String>, Failed> {
    if program::find(gather.cx, "udevadm").is_none() {
        return Ok(None);
    }
    let command = Command::new(["udevadm", "info", "--query", "property", "--name", device]);
    let output = gather.cx.run(&command)?;
    let text = if output.rc == 0 { output.stdout_text() } else { String::new() };
    Ok(text.lines().find_map(|line| line.strip_prefix("ID_FS_UUID=")).map(str::to_owned))
}

/// Sizes of a file system; none where it does not tell.
pub fn size(mount: &str) -> Map {
    let Ok(path) = CString::new(mount) else {
        return Map::new();
    };
    // SAFETY: statvfs is plain data, for which all zeroes is valid; the path is a C string.
    let stat = unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        if libc::statvfs(path.as_ptr(), &mut stat) != 0 {
            return Map::new();
        }
        stat
    };
    let entries = [
        ("size_total", stat.f_frsize * stat.f_blocks),
        ("size_available", stat.f_frsize * stat.f_bavail),
        ("block_size", stat.f_bsize),
        ("block_total", stat.f_blocks),
        ("block_available", stat.f_bavail),
        ("block_used", stat.f_blocks.saturating_sub(stat.f_bavail)),
        ("inode_total", stat.f_files),
        ("inode_available", stat.f_favail),
        ("inode_used", stat.f_files.saturating_sub(stat.f_favail)),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}
