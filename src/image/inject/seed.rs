//! A NoCloud seed: a small FAT disk by which cloud-init is told an injection.

use super::check::key_kind;
use super::{File, Injection, User, first_boot};
use crate::error::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::io::{Cursor, Write};

/// The size of the disk where what it holds is small, in bytes.
const SIZE: usize = 1 << 20;

/// The disk of an injection that was checked. The same injection has the same disk.
///
/// # Errors
/// A key of a kind that is not known.
pub fn disk(injection: &Injection) -> Result<Vec<u8>> {
    let user = format!("#cloud-config\n{:#}\n", user_data(injection)?);
    // cloud-init does its work once for each instance: other content is another one.
    let mut meta = json!({"instance-id": format!("warp-{}", blake3::hash(user.as_bytes()).to_hex())});
    if let (Some(name), Some(meta)) = (&injection.hostname, meta.as_object_mut()) {
        meta.insert("local-hostname".to_owned(), json!(name));
    }
    let meta = format!("{meta:#}\n");
    let size = SIZE.max((user.len() + meta.len()).saturating_mul(2)).next_multiple_of(SIZE);
    let mut disk = Cursor::new(vec![0; size]);
    write(&mut disk, &[("user-data", &user), ("meta-data", &meta)])
        .map_err(|e| Error::other(format!("the seed cannot be made: {e}")))?;
    Ok(disk.into_inner())
}

fn write(disk: &mut Cursor<Vec<u8>>, files: &[(&str, &str)]) -> std::io::Result<()> {
    let label = *b"CIDATA     ";
    fatfs::format_volume(&mut *disk, fatfs::FormatVolumeOptions::new().volume_label(label).volume_id(1))?;
    let system = fatfs::FileSystem::new(disk, fatfs::FsOptions::new())?;
    for (name, content) in files {
        system.root_dir().create_file(name)?.write_all(content.as_bytes())?;
    }
    system.unmount()
}

/// What cloud-init reads, JSON being YAML.
fn user_data(injection: &Injection) -> Result<Value> {
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| data.insert(name.to_owned(), value);
    if let Some(name) = &injection.hostname {
        set("hostname", json!(name));
        set("fqdn", json!(name));
        set("manage_etc_hosts", json!("localhost"));
    }
    if !injection.host_keys.is_empty() {
        let mut keys = Map::new();
        for key in &injection.host_keys {
            let kind = key_kind(key)?.name();
            keys.insert(format!("{kind}_private"), json!(key.private));
            keys.insert(format!("{kind}_public"), json!(key.public));
        }
        set("ssh_keys", Value::Object(keys));
    }
    let mut users: Vec<Value> = injection.users.iter().map(user).collect();
    if !injection.root_authorized_keys.is_empty() {
        set("disable_root", json!(false));
        let keys = &injection.root_authorized_keys;
        users.push(json!({"name": "root", "lock_passwd": false, "ssh_authorized_keys": keys}));
    }
    set("users", Value::Array(users));
    let mut files: Vec<Value> = injection.files.iter().map(file).collect();
    if !injection.commands.is_empty() {
        files.extend(first_boot::files(injection).iter().filter(|f| !f.path.starts_with("/etc/")).map(file));
        // An earlier instance's is not taken for this one's.
        set("bootcmd", json!([["cloud-init-per", "instance", "warp", "rm", "-f", first_boot::STATUS]]));
        set("runcmd", json!([[first_boot::RUNNER]]));
    }
    set("write_files", Value::Array(files));
    set("growpart", json!({"mode": "auto", "devices": ["/"]}));
    set("resize_rootfs", json!(true));
    Ok(Value::Object(data))
}

fn user(user: &User) -> Value {
    let mut value = json!({
        "name": user.name,
        "shell": user.shell,
        "lock_passwd": true,
        "ssh_authorized_keys": user.authorized_keys,
    });
    if let Some(value) = value.as_object_mut() {
        if !user.groups.is_empty() {
            value.insert("groups".to_owned(), json!(user.groups));
        }
        if user.sudo {
            value.insert("sudo".to_owned(), json!("ALL=(ALL:ALL) NOPASSWD:ALL"));
        }
    }
    value
}

/// A file; one of an account that cloud-init may have to make is written after that.
fn file(file: &File) -> Value {
    let root = file.owner == "root";
    json!({
        "path": file.path,
        "owner": if root { "root:root" } else { &file.owner },
        "permissions": format!("0{}", file.mode.trim_start_matches('0')),
        "encoding": "b64",
        "content": STANDARD.encode(&file.content),
        "defer": !root,
    })
}
