//! `warp image info`.

use crate::error::Result;
use crate::image::disk::{self, Link, Volume};
use crate::image::files::{Mount, System, has_cloud_init, os_release};
use crate::image::{kernel, loader};
use crate::report::terminal::visible_line;
use indicatif::BinaryBytes;
use serde_json::{Map, Value, json};
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    image: super::Image,
    /// Print one JSON object: path, size (of the disk), files (the image and what it is laid over: path, format, length,
    /// and of qcow2 cluster, compression, snapshots), volumes (number, start, size, holds, uuid, label, mounted), os
    /// (fields of os-release), cloud_init, selinux, kernels (version, kernel, initrd; newest first) and entries
    /// (id, title, kernel, initrd, arguments; the boot loader's default first). Sizes are in bytes.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let chain = disk::chain(&args.image.image)?;
    let system = args.image.open()?;
    if args.json {
        anstream::println!("{}", as_json(&chain, &system)?);
    } else {
        print(&chain, &system)?;
    }
    Ok(())
}

fn print(chain: &[Link], system: &System) -> Result<()> {
    for (i, link) in chain.iter().enumerate() {
        let what = if i == 0 { "image" } else { "laid over" };
        let length = link.path.metadata()?.len();
        anstream::println!("{what:<11} {}", visible_line(&link.path.display().to_string()));
        let details = link.header.as_ref().map_or_else(String::new, |h| {
            format!(", clusters of {}, {} snapshots", BinaryBytes(h.cluster), h.snapshots)
        });
        anstream::println!("{:<11} {}, {}{details}", "", link.format().name(), BinaryBytes(length));
    }
    anstream::println!("{:<11} {}", "disk", BinaryBytes(system.size()));
    for volume in system.volumes() {
        let name = volume.number.map_or_else(|| "whole disk".to_owned(), |n| format!("partition {n}"));
        let mount = system.mount_of(volume);
        let details = mount.map_or_else(String::new, |m| {
            let at =
                m.at.as_ref().map_or_else(|| "not mounted".to_owned(), |at| format!("on {}", at.display()));
            format!(", UUID {}, {at}", m.tree.uuid())
        });
        let details = visible_line(&details);
        anstream::println!("{name:<11} {}, {}{details}", volume.holds.name(), BinaryBytes(volume.size));
    }
    let os = os_release(system);
    let field = |name: &str| os.get(name).map(|v| visible_line(v));
    anstream::println!("{:<11} {}", "system", field("PRETTY_NAME").unwrap_or_else(|| "not told".to_owned()));
    let seed = if has_cloud_init(system) { "cloud-init" } else { "no cloud-init" };
    let label = selinux(system).map_or_else(|| "no SELinux".to_owned(), |mode| format!("SELinux {mode}"));
    anstream::println!("{:<11} {seed}, {}", "", visible_line(&label));
    for found in kernel::list(system) {
        anstream::println!(
            "{:<11} {} with {}",
            "kernel",
            visible_line(&found.kernel),
            visible_line(&found.initrd)
        );
    }
    for (i, entry) in loader::entries(system).iter().enumerate() {
        let what = if i == 0 { "starts" } else { "or" };
        anstream::println!("{what:<11} {}", visible_line(&entry.title));
        anstream::println!("{:<11} {} {}", "", visible_line(&entry.kernel), visible_line(&entry.arguments));
    }
    Ok(())
}

fn as_json(chain: &[Link], system: &System) -> Result<Value> {
    let mut files = Vec::new();
    for link in chain {
        let mut file = json!({
            "path": link.path, "format": link.format().name(), "length": link.path.metadata()?.len(),
        });
        if let (Some(header), Some(file)) = (&link.header, file.as_object_mut()) {
            file.insert("cluster".into(), header.cluster.into());
            file.insert("compression".into(), (if header.compression == 0 { "zlib" } else { "zstd" }).into());
            file.insert("snapshots".into(), header.snapshots.into());
        }
        files.push(file);
    }
    let kernels: Vec<_> = kernel::list(system)
        .iter()
        .map(|k| json!({"version": k.version, "kernel": k.kernel, "initrd": k.initrd}))
        .collect();
    let entries: Vec<_> = loader::entries(system)
        .iter()
        .map(|e| {
            json!({
                "id": e.id, "title": e.title, "kernel": e.kernel, "initrd": e.initrd, "arguments": e.arguments,
            })
        })
        .collect();
    Ok(json!({
        "path": system.image(),
        "size": system.size(),
        "files": files,
        "volumes": system.volumes().iter().map(|v| volume(v, system.mount_of(v))).collect::<Vec<_>>(),
        "os": os_release(system),
        "cloud_init": has_cloud_init(system),
        "selinux": selinux(system),
        "kernels": kernels,
        "entries": entries,
    }))
}

fn volume(volume: &Volume, mount: Option<&Mount>) -> Value {
    let mut told = Map::new();
    told.insert("number".into(), volume.number.into());
    told.insert("start".into(), volume.start.into());
    told.insert("size".into(), volume.size.into());
    told.insert("holds".into(), volume.holds.name().into());
    told.insert("uuid".into(), mount.map(|m| m.tree.uuid()).into());
    told.insert("label".into(), mount.map(|m| m.tree.label()).into());
    told.insert("mounted".into(), mount.and_then(|m| m.at.as_ref()?.to_str()).into());
    told.into()
}

/// What /etc/selinux/config says: enforcing, permissive or disabled.
fn selinux(system: &System) -> Option<String> {
    let config = system.read(Path::new("/etc/selinux/config"), 64 << 10).ok()?;
    let config = String::from_utf8_lossy(&config);
    config.lines().find_map(|line| line.trim().strip_prefix("SELINUX=")).map(|mode| mode.trim().to_owned())
}
