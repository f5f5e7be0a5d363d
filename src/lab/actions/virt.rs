//! `community.libvirt.virt`: domains.

use super::call::{Args, Failed, IntoEffect, Reach, Session, URI, run};
use super::predict;
use super::virt_define::define;
use crate::action::{Action, BoxFuture, Context, Effect};
use crate::connect::CallError;
use crate::error::Result;
use crate::failpoint;
use crate::lab::xml::Element;
use crate::value::Map;
use ::virt::domain::Domain;
use ::virt::sys;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::value::{Map as Wire, Value};
use warp_agent::wire::Mode;

/// What `undefine` may take along, and libvirt's flag for it.
const UNDEFINE_FLAGS: [(&str, u32); 6] = [
    ("managed_save", 1),
    ("snapshots_metadata", 2),
    ("nvram", 4),
    ("keep_nvram", 8),
    ("checkpoints_metadata", 16),
    ("delete_volumes", 32),
];

/// `force: true`: all of them but `keep_nvram`.
const UNDEFINE_ALL: u32 = 1 + 2 + 4 + 16 + 32;

static SPEC: Spec = Spec {
    collection: "community.libvirt",
    ..Spec::new(
        "virt",
        "Manages virtual machines supported by libvirt.",
        &[
            Arg::new("name", Kind::Str).aliases(&["guest"]).help("The domain."),
            Arg::new("state", Kind::Str)
                .choices(&["destroyed", "paused", "running", "shutdown"])
                .help("The state it is to be in; with list_vms, the state of those to list."),
            Arg::new("autostart", Kind::Bool).help("Whether it starts when the daemon does."),
            Arg::new("command", Kind::Str)
                .choices(&[
                    "create",
                    "define",
                    "destroy",
                    "get_xml",
                    "get_interfaces",
                    "pause",
                    "shutdown",
                    "status",
                    "start",
                    "stop",
                    "undefine",
                    "unpause",
                    "uuid",
                    "freemem",
                    "info",
                    "list_vms",
                    "nodeinfo",
                    "virttype",
                ])
                .help("A command to carry out instead of reaching a state."),
            Arg::new("flags", Kind::List)
                .elements(Kind::Str)
                .choices(&[
                    "managed_save",
                    "snapshots_metadata",
                    "nvram",
                    "keep_nvram",
                    "checkpoints_metadata",
                    "delete_volumes",
                ])
                .help("What undefine takes along."),
            Arg::new("force", Kind::Bool).help("Whether undefine takes everything along."),
            URI,
            Arg::new("xml", Kind::Str).help("The description that define uses."),
            Arg::new("mutate_flags", Kind::List)
                .elements(Kind::Str)
                .choices(&["ADD_UUID", "ADD_MAC_ADDRESSES", "ADD_MAC_ADDRESSES_FUZZY"])
                .default("ADD_UUID")
                .help("What define takes over from a domain of the same name."),
        ],
    )
};

/// The module.
pub struct Virt(pub Reach);

impl Action for Virt {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        let reach = self.0.clone();
        run(&context, args, move |args, mode| {
            let session = reach.open(&args)?;
            let mut outcome = core(&session, &args, &mode)?;
            predict::note(&mut outcome, &session, &mode, "domain", &args);
            Ok(outcome.into_effect())
        })
    }
}

fn core(session: &Session, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let (name, state, command) = (args.text("name")?, args.text("state")?, args.text("command")?);
    if command == Some("list_vms") {
        return list(session, state);
    }
    let mut changed = false;
    if let Some(wanted) = args.flag("autostart").filter(|_| command != Some("define")) {
        let name = name.ok_or("autostart requires 1 argument: name")?;
        if session.predicts_made(name, mode)? {
            return Ok(Outcome::changed(true));
        }
        session.find(name).map_err(|_| Failed(format!("domain {name} not found")))?;
        changed = session.autostart(name, wanted, mode)?;
        if command.is_none() && state.is_none() {
            return Ok(Outcome::changed(changed));
        }
    }
    match (state, command) {
        (Some(state), _) => {
            let name = name.ok_or("state change requires a guest specified")?;
            reach_state(session, name, state, changed, mode)
        }
        (None, Some("define")) => define(session, args, mode),
        (None, Some(command)) => {
            let mut outcome = carry_out(session, command, name, args, mode)?;
            outcome.changed |= changed;
            Ok(outcome)
        }
        (None, None) => Err("expected state or command parameter to be specified".into()),
    }
}

fn list(session: &Session, state: Option<&str>) -> Result<Outcome, Failed> {
    let mut names = Vec::new();
    for domain in session.connect.list_all_domains(0)? {
        if state.is_none() || state == Some(status(&domain)?) {
            names.push(domain.name()?);
        }
    }
    Ok(Outcome::ok().with("list_vms", names))
}

fn reach_state(
    session: &Session,
    name: &str,
    state: &str,
    changed: bool,
    mode: &Mode,
) -> Result<Outcome, Failed> {
    if session.predicts_made(name, mode)? {
        return Ok(Outcome::changed(true));
    }
    let domain = session.find(name)?;
    let command = match (state, status(&domain)?) {
        ("running", "paused") => "unpause",
        ("running", "running") => return Ok(Outcome::changed(changed)),
        ("running", _) => "start",
        ("shutdown" | "destroyed", "shutdown") => return Ok(Outcome::changed(changed)),
        ("shutdown", _) => "shutdown",
        ("destroyed", _) => "destroy",
        ("paused", "running") => "pause",
        _ => return Ok(Outcome::changed(changed)),
    };
    if !mode.check {
        power(&domain, command)?;
    }
    Ok(Outcome::changed(true).with("msg", 0))
}

fn carry_out(
    session: &Session,
    command: &str,
    name: Option<&str>,
    args: &Args,
    mode: &Mode,
) -> Result<Outcome, Failed> {
    let connect = &session.connect;
    match command {
        "freemem" => return Ok(Outcome::ok().with(command, connect.free_memory()?)),
        "virttype" => return Ok(Outcome::ok().with(command, connect.driver_type()?)),
        "nodeinfo" => return node_info(session),
        "info" => return info(session),
        _ => {}
    }
    let name = name.ok_or_else(|| Failed(format!("{command} requires 1 argument: guest")))?;
    match command {
        "create" | "start" | "destroy" | "shutdown" | "pause" | "unpause" => {
            if !mode.check {
                power(&session.find(name)?, command)?;
            }
            Ok(Outcome::ok().with(command, 0))
        }
        "undefine" => undefine(session, name, args, mode),
        "status" => Ok(Outcome::ok().with(command, status(&session.find(name)?)?)),
        "get_xml" => Ok(Outcome::ok().with(command, connect.lookup_domain_by_name(name)?.xml_desc(0)?)),
        "uuid" => Ok(Outcome::ok().with(command, connect.lookup_domain_by_name(name)?.uuid_string()?)),
        "get_interfaces" => interfaces(&connect.lookup_domain_by_name(name)?),
        other => Err(Failed(format!(
            "the command {other} is not supported: the collection lists it and has nothing behind it; use shutdown or destroy"
        ))),
    }
}

fn power(domain: &Domain, command: &str) -> Result<(), Failed> {
    match command {
        "create" | "start" => {
            domain.create()?;
            failpoint::reach("mid-boot");
        }
        "destroy" => domain.destroy()?,
        "shutdown" => domain.shutdown()?,
        "pause" => domain.suspend()?,
        _ => domain.resume()?,
    }
    Ok(())
}

fn undefine(session: &Session, name: &str, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let mut outcome = Outcome::ok();
    let mut flags = 0;
    if args.has("flags") {
        if args.flag("force") == Some(true) {
            outcome.warnings.push("Ignoring 'force', because 'flags' are provided.".to_owned());
        }
        for (flag, bit) in UNDEFINE_FLAGS {
            if args.list("flags").iter().any(|f| f.as_str() == Some(flag)) {
                flags |= bit;
            }
        }
        if flags & (4 | 8) == 4 | 8 {
            return Err("Flags 'nvram' and 'keep_nvram' are mutually exclusive".into());
        }
    } else if args.flag("force") == Some(true) {
        flags = UNDEFINE_ALL;
    }
    if mode.check {
        outcome.changed = session.find(name).is_ok();
        return Ok(outcome.with("command", 0));
    }
    let domain = session.find(name)?;
    if flags & 32 != 0 {
        let description = Element::parse(&domain.xml_desc(0)?)?;
        for disk in
            description.all("devices/disk").into_iter().filter(|d| d.attribute("type") == Some("file"))
        {
            if let Some(path) = disk.first("source").and_then(|s| s.attribute("file")) {
                session.connect.lookup_storage_vol_by_path(path)?.delete(0)?;
            }
        }
    }
    domain.undefine_flags(flags)?;
    outcome.changed = true;
    Ok(outcome.with("command", 0))
}

fn node_info(session: &Session) -> Result<Outcome, Failed> {
    let node = session.connect.node_info()?;
    Ok(Outcome::ok()
        .with("cpumodel", node.model)
        // libvirt counts KiB, its Python binding MiB.
        .with("phymemory", (node.memory >> 10).to_string())
        .with("cpus", node.cpus.to_string())
        .with("cpumhz", node.mhz.to_string())
        .with("numanodes", node.nodes.to_string())
        .with("sockets", node.sockets.to_string())
        .with("cpucores", node.cores.to_string())
        .with("cputhreads", node.threads.to_string()))
}

fn info(session: &Session) -> Result<Outcome, Failed> {
    let mut outcome = Outcome::ok();
    for domain in session.connect.list_all_domains(0)? {
        let info = domain.info()?;
        let entry = Wire::from_iter([
            ("state".to_owned(), Value::from(status(&domain)?)),
            ("maxMem".to_owned(), info.max_mem.to_string().into()),
            ("memory".to_owned(), info.memory.to_string().into()),
            ("nrVirtCpu".to_owned(), info.nr_virt_cpu.into()),
            ("cpuTime".to_owned(), info.cpu_time.to_string().into()),
            ("autostart".to_owned(), i32::from(domain.autostart()?).into()),
        ]);
        outcome.values.insert(domain.name()?, entry.into());
    }
    Ok(outcome)
}

fn interfaces(domain: &Domain) -> Result<Outcome, Failed> {
    let description = Element::parse(&domain.xml_desc(0)?)?;
    let mut list = Wire::new();
    for (i, interface) in description.all("devices/interface").into_iter().enumerate() {
        let kind = interface.attribute("type").unwrap_or_default();
        let (shown, source) = match kind {
            "network" => ("NAT", Some("network")),
            "direct" => ("macvtap", Some("dev")),
            "bridge" => ("bridge", Some("bridge")),
            other => (other, None),
        };
        let of = |child: &str, attribute: &str| {
            interface.first(child).and_then(|c| c.attribute(attribute)).map(str::to_owned)
        };
        let entry = Wire::from_iter([
            ("type".to_owned(), Value::from(shown)),
            ("mac".to_owned(), of("mac", "address").into()),
            ("pci_bus".to_owned(), of("address", "bus").into()),
            ("source".to_owned(), source.and_then(|attribute| of("source", attribute)).into()),
        ]);
        list.insert(format!("interface_{}", i + 1), entry.into());
    }
    Ok(Outcome::ok().with("network_interfaces", list))
}

impl Session {
    /// The domain of this name.
    pub(super) fn find(&self, name: &str) -> Result<Domain, Failed> {
        let found = crate::lab::libvirt::domain(&self.connect, name)?;
        found.ok_or_else(|| Failed(format!("virtual machine {name} not found")))
    }

    /// Whether a domain is not there in a lab's prediction, where an earlier step would have made it.
    fn predicts_made(&self, name: &str, mode: &Mode) -> Result<bool, Failed> {
        let predicts = mode.check && self.lab.is_some();
        Ok(predicts && crate::lab::libvirt::domain(&self.connect, name)?.is_none())
    }

    /// Sets whether a domain starts with the daemon; says whether that changes.
    pub(super) fn autostart(&self, name: &str, wanted: bool, mode: &Mode) -> Result<bool, Failed> {
        let domain = self.connect.lookup_domain_by_name(name)?;
        let changes = domain.autostart()? != wanted;
        if changes && !mode.check {
            domain.set_autostart(wanted)?;
        }
        Ok(changes)
    }
}

/// A domain's state in the collection's words.
fn status(domain: &Domain) -> Result<&'static str, Failed> {
    Ok(match domain.state()?.0.to_raw() {
        sys::VIR_DOMAIN_NOSTATE | sys::VIR_DOMAIN_RUNNING | sys::VIR_DOMAIN_BLOCKED => "running",
        sys::VIR_DOMAIN_PAUSED => "paused",
        sys::VIR_DOMAIN_SHUTDOWN | sys::VIR_DOMAIN_SHUTOFF => "shutdown",
        sys::VIR_DOMAIN_CRASHED => "crashed",
        _ => "unknown",
    })
}
