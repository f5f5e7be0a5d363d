//! `warp ls`: the lab's machines.

use super::output;
use crate::deploy::Settings;
use crate::error::Exit;
use crate::lab::{Lab, Node};
use crate::play::Errors;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print one JSON object: lwd, id, uri (null without a daemon), namespace (null without one of its own), and nodes
    /// with name, state, ip, port (of its ssh server), mac and snapshots.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(ls(args))
}

fn ls(args: &Args) -> Result<Exit, Errors> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let lab = Lab::find(&settings.local_working_dir)?;
    let mut nodes = Vec::new();
    if let Some(lab) = &lab {
        let snapshots = lab.snapshots()?;
        for node in lab.nodes()? {
            let own = snapshots.iter().filter(|snapshot| snapshot.has(&node.name));
            let own = own.map(|snapshot| snapshot.name.clone()).collect();
            nodes.push((node, own));
        }
    }
    if args.json {
        anstream::println!("{}", as_json(&settings, lab.as_ref(), &nodes)?);
    } else if nodes.is_empty() {
        anstream::println!("no machines in {}", settings.local_working_dir.display());
    } else {
        anstream::println!("{:<16} {:<12} {:<16} {:<18} SNAPSHOTS", "NODE", "STATE", "ADDRESS", "MAC");
        for (node, snapshots) in &nodes {
            let ip = match node.ip {
                Some(ip) if node.port != 22 => format!("{ip}:{}", node.port),
                Some(ip) => ip.to_string(),
                None => "-".to_owned(),
            };
            let mac = node.mac.as_deref().unwrap_or("-");
            anstream::println!(
                "{:<16} {:<12} {ip:<16} {mac:<18} {}",
                node.name,
                node.state,
                snapshots.join(" ")
            );
        }
    }
    Ok(Exit::Ok)
}

fn as_json(
    settings: &Settings,
    lab: Option<&Lab>,
    nodes: &[(Node, Vec<String>)],
) -> Result<serde_json::Value, Errors> {
    let decided = lab.filter(|lab| lab.daemon_kind().is_some());
    let nodes: Vec<_> = nodes
        .iter()
        .map(|(n, snapshots)| {
            json!({"name": n.name, "state": n.state, "ip": n.ip, "port": n.port, "mac": n.mac, "snapshots": snapshots})
        })
        .collect();
    Ok(json!({
        "lwd": settings.local_working_dir,
        "id": lab.map(Lab::id),
        "uri": decided.map(Lab::uri).transpose()?,
        "namespace": decided.and_then(Lab::own_namespace),
        "nodes": nodes,
    }))
}
