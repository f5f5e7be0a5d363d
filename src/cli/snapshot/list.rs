//! `warp snapshot list`.

use crate::error::{Exit, Result};
use crate::lab::{Part, Snapshot};
use crate::play::Errors;
use crate::report::terminal::visible_line;
use indicatif::BinaryBytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Only this one.
    name: Option<String>,
    /// Print a JSON list of objects: name, created (seconds since 1970), complete (whether all of the lab's machines are in
    /// it), missing, gone (machines that were in it and are no more), domains (domain, state, memory: bytes of it, null where that
    /// is not known).
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Errors> {
    let (settings, lab) = super::lab()?;
    let mut all = lab.snapshots()?;
    if let Some(name) = &args.name {
        all.retain(|snapshot| snapshot.name == *name);
    }
    if args.json {
        anstream::println!("{}", serde_json::Value::from(all.iter().map(as_json).collect::<Vec<_>>()));
    } else if all.is_empty() {
        anstream::println!("no snapshots in {}", settings.local_working_dir.display());
    } else {
        anstream::println!("{:<20} {:<20} {:>10}  MACHINES", "SNAPSHOT", "CREATED", "MEMORY");
        all.iter().for_each(print);
    }
    Ok(Exit::Ok)
}

fn print(snapshot: &Snapshot) {
    let memory: Option<u64> = snapshot.parts.iter().map(|part| part.size).sum();
    let created = Timestamp::from_second(snapshot.created).unwrap_or_default().to_zoned(TimeZone::system());
    let mut machines: Vec<String> =
        snapshot.parts.iter().map(|part| format!("{} ({})", part.domain, state(part))).collect();
    machines.extend(snapshot.missing.iter().map(|name| format!("{name} (not in it)")));
    machines.extend(snapshot.gone.iter().map(|name| format!("{name} (gone)")));
    anstream::println!(
        "{:<20} {:<20} {:>10}  {}",
        visible_line(&snapshot.name),
        created.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        memory.map_or_else(|| "-".to_owned(), |bytes| BinaryBytes(bytes).to_string()),
        visible_line(&machines.join(", "))
    );
}

fn state(part: &Part) -> &'static str {
    if part.ran { "running" } else { "shut off" }
}

fn as_json(snapshot: &Snapshot) -> serde_json::Value {
    let domain = |part: &Part| json!({"domain": part.domain, "state": state(part), "memory": part.size});
    json!({
        "name": snapshot.name,
        "created": snapshot.created,
        "complete": snapshot.missing.is_empty() && snapshot.gone.is_empty(),
        "missing": snapshot.missing,
        "gone": snapshot.gone,
        "domains": snapshot.parts.iter().map(domain).collect::<Vec<_>>(),
    })
}
