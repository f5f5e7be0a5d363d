//! `warp.lab.*`: what Ansible's collection has no module for.

use super::call::{Args, Failed, IntoEffect, run};
use super::{predict, shape};
use crate::action::{Action, BoxFuture, Context, Effect};
use crate::connect::CallError;
use crate::error::Result;
use crate::lab::difference::Difference;
use crate::lab::xml::Element;
use crate::lab::{DaemonKind, Lab, Names, WantedVolume, mac};
use crate::value::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use virt::error::ErrorNumber;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::value::Map as Wire;
use warp_agent::wire::Mode;

/// The work of one of the modules.
type Work = fn(&Lab, &Args, &Mode) -> Result<Outcome, Failed>;

struct LabModule {
    lab: Arc<Lab>,
    spec: &'static Spec,
    work: Work,
}

impl Action for LabModule {
    fn spec(&self) -> &'static Spec {
        self.spec
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        let (lab, work) = (Arc::clone(&self.lab), self.work);
        run(&context, args, move |args, mode| Ok(work(&lab, &args, &mode)?.into_effect()))
    }
}

/// The modules, working on `lab`.
pub fn actions(lab: &Arc<Lab>) -> Vec<Box<dyn Action>> {
    let table: [(&'static Spec, Work); 8] = [
        (&NAMES, names),
        (&FACTS, facts),
        (&MACS, macs),
        (&VOLUME, volume),
        (&LEASE, lease),
        (&SNAPSHOT, snapshot),
        (&shape::NETWORK, shape::network),
        (&shape::DOMAIN, shape::domain),
    ];
    table
        .into_iter()
        .map(|(spec, work)| Box::new(LabModule { lab: Arc::clone(lab), spec, work }) as Box<dyn Action>)
        .collect()
}

pub(super) const fn spec(name: &'static str, summary: &'static str, args: &'static [Arg]) -> Spec {
    Spec { collection: "warp.lab", ..Spec::new(name, summary, args) }
}

const fn of_names(name: &'static str) -> Arg {
    Arg::new(name, Kind::List).elements(Kind::Str).default("")
}

static NAMES: Spec = spec(
    "names",
    "Fails when something that is not the lab's has one of these names; makes nothing.",
    &[
        of_names("networks").help("Names of networks."),
        of_names("pools").help("Names of pools."),
        of_names("domains").help("Names of domains."),
    ],
);

fn names(lab: &Lab, args: &Args, _: &Mode) -> Result<Outcome, Failed> {
    let list = |name: &str| args.list(name).iter().filter_map(|n| n.as_str().map(str::to_owned)).collect();
    lab.check_names(&Names { networks: list("networks"), pools: list("pools"), domains: list("domains") })?;
    Ok(Outcome::ok())
}

static FACTS: Spec = spec(
    "facts",
    "Tells how the lab reaches libvirt and what its domains run on.",
    &[Arg::new("domain_type", Kind::Str)
        .choices(&["kvm", "qemu"])
        .help("What domains run on, taken as told; else KVM is tried once for a lab.")],
);

fn facts(lab: &Lab, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let domain_type = match args.text("domain_type")? {
        Some(told) => told.to_owned(),
        None => lab.domain_type()?.as_str().to_owned(),
    };
    let connect = lab.connect()?;
    let capabilities = match connect.domain_capabilities(None, Some("x86_64"), None, Some(&domain_type), 0) {
        Ok(capabilities) => Some(Element::parse(&capabilities)?),
        // Who only looks may not ask, and the daemon that could tell may not be there yet.
        Err(e)
            if mode.check
                && [ErrorNumber::NoSupport, ErrorNumber::OperationDenied]
                    .into_iter()
                    .any(|n| e.code().is(n)) =>
        {
            None
        }
        Err(e) => return Err(e.into()),
    };
    let text = |name: &str| capabilities.as_ref()?.first(name).map(|e| e.text.clone());
    let private = lab.daemon_kind() == Some(DaemonKind::Private);
    Ok(Outcome::ok()
        .with("id", lab.id())
        .with("uri", lab.uri()?)
        .with("domain_type", domain_type)
        .with("namespace", private.then(|| lab.namespace()))
        .with("emulator", text("path"))
        .with("machine", text("machine")))
}

/// In the place of an address that comes from the identity of a lab which is only looked at and has none yet.
const NOT_YET: &str = "(known when deployed)";

static MACS: Spec = spec(
    "macs",
    "Gives each node a MAC address on each network, the same at every run: {node: {network: mac}}.",
    &[
        Arg::new("nodes", Kind::List).required().help("Nodes: names, or maps with a name."),
        Arg::new("networks", Kind::List).required().help("Networks: names, or maps with a name."),
    ],
);

fn macs(lab: &Lab, args: &Args, _: &Mode) -> Result<Outcome, Failed> {
    let mut outcome = Outcome::ok();
    for node in args.list("nodes") {
        let node = name_of("nodes", node)?;
        let mut addresses = Wire::new();
        for network in args.list("networks") {
            let network = name_of("networks", network)?;
            let address =
                if lab.is_new() { NOT_YET.to_owned() } else { mac::address(&lab.id(), node, network) };
            addresses.insert(network.to_owned(), address.into());
        }
        outcome = outcome.with(node, addresses);
    }
    Ok(outcome)
}

fn name_of<'a>(list: &str, entry: &'a Value) -> Result<&'a str, Failed> {
    let name = entry.as_str().or_else(|| entry.get("name").and_then(Value::as_str));
    name.ok_or_else(|| Failed(format!("an entry of {list} is neither a name nor a map with a name")))
}

static VOLUME: Spec = spec(
        "volume",
        "Makes or deletes a disk of the lab: a qcow2 volume, by itself or over a backing image.",
        &[
            Arg::new("pool", Kind::Str).required().help("The pool."),
            Arg::new("name", Kind::Str)
                .required()
                .help("The volume's name in the pool, such as undercloud.qcow2."),
            Arg::new("state", Kind::Str)
                .choices(&["present", "absent"])
                .default("present")
                .help("Whether it is to be there."),
            Arg::new("capacity", Kind::Bytes).help("Its size as the guest sees it: 50G."),
            Arg::new("backing", Kind::Path).help("The qcow2 image that it is an overlay on."),
            Arg::new("source", Kind::Path).help(
                "A file of this machine whose content it has, of any format: sent there where it is not the same.",
            ),
            Arg::new("grow", Kind::Bool)
                .default("false")
                .help("Whether one that is there and smaller grows to capacity; disks are never shrunk."),
        ],
);

fn volume(lab: &Lab, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let (pool, name) = (args.required("pool")?, args.required("name")?);
    if mode.check {
        return predict_volume(lab, args, pool, name);
    }
    if args.text("state")? == Some("absent") {
        return Ok(Outcome::changed(lab.delete_volume(pool, name)?));
    }
    if let Some(source) = args.text("source")? {
        let (sent, path) = lab.upload(pool, name, Path::new(source))?;
        return Ok(Outcome::changed(sent).with("path", path.display().to_string()));
    }
    let capacity = args.int("capacity").and_then(|c| u64::try_from(c).ok());
    let capacity = capacity.ok_or("neither a source nor a size in capacity is given")?;
    let backing = args.text("backing")?.map(Path::new);
    let (made, path) = lab.create_volume(&WantedVolume { pool, name, capacity, backing })?;
    let grown = !made && args.flag("grow") == Some(true) && lab.grow_volume(pool, name, capacity)?;
    Ok(Outcome::changed(made || grown).with("made", made).with("path", path.display().to_string()))
}

fn predict_volume(lab: &Lab, args: &Args, pool: &str, name: &str) -> Result<Outcome, Failed> {
    let is = lab.capacity(pool, name)?;
    if args.text("state")? == Some("absent") {
        return Ok(Outcome::changed(is.is_some()));
    }
    if args.has("source") {
        let mut outcome = Outcome::changed(is.is_none());
        predict::object(&mut outcome, "volume", name, "create");
        return Ok(outcome);
    }
    let wanted = args.int("capacity").and_then(|c| u64::try_from(c).ok());
    let wanted = wanted.ok_or("neither a source nor a size in capacity is given")?;
    let bytes = |size: u64| Some(format!("{size} bytes"));
    let smaller = args.flag("grow") == Some(true) && is.is_some_and(|is| is < wanted);
    let mut outcome = Outcome::changed(is.is_none() || smaller).with("made", is.is_none());
    if outcome.changed {
        let size = Difference { path: "capacity".to_owned(), is: is.and_then(bytes), wanted: bytes(wanted) };
        outcome = outcome.with("differences", predict::told(&[size]));
    }
    predict::object(&mut outcome, "volume", name, if is.is_none() { "create" } else { "change" });
    Ok(outcome)
}

static LEASE: Spec = spec(
    "lease",
    "Waits for the address that a running domain gets by DHCP.",
    &[
        Arg::new("domain", Kind::Str).required().help("The domain."),
        Arg::new("network", Kind::Str)
            .help("The network; the first of the domain's that gives an address when absent."),
        Arg::new("timeout", Kind::Int).default("300").help("How long to wait, in seconds."),
    ],
);

fn lease(lab: &Lab, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    // A domain that would only be started in this run will not get one in check mode.
    let seconds =
        if mode.check { 0 } else { args.int("timeout").and_then(|s| u64::try_from(s).ok()).unwrap_or(300) };
    let found =
        lab.wait_for_address(args.required("domain")?, args.text("network")?, Duration::from_secs(seconds))?;
    Ok(Outcome::ok()
        .with("ip", found.ip.to_string())
        .with("mac", found.card.mac)
        .with("network", found.card.network))
}

static SNAPSHOT: Spec = spec(
    "snapshot",
    "Takes, deletes or goes back to a snapshot of all of the lab's domains.",
    &[
        Arg::new("name", Kind::Str).required().help("The snapshot."),
        Arg::new("state", Kind::Str)
            .choices(&["present", "absent", "reverted"])
            .default("present")
            .help("present takes it, and replaces an older one of the name; reverted goes back to it."),
    ],
);

fn snapshot(lab: &Lab, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let name = args.required("name")?;
    match args.text("state")? {
        Some("absent") if mode.check || !lab.has_snapshot(name)? => {
            Ok(Outcome::changed(lab.has_snapshot(name)?))
        }
        Some("absent") => Ok(lab.delete_snapshot(name).map(|_| Outcome::changed(true))?),
        _ if mode.check => Ok(Outcome::changed(true)),
        Some("reverted") => Ok(lab.revert_snapshot(name, false).map(|_| Outcome::changed(true))?),
        _ => Ok(lab.replace_snapshot(name).map(|()| Outcome::changed(true))?),
    }
}
