//! `community.libvirt.virt_net`: networks.

use super::call::{Args, Failed, IntoEffect, Reach, Session, URI, run};
use super::predict;
use super::wish::{Wish, fulfilled};
use crate::action::{Action, BoxFuture, Context, Effect, FactKind};
use crate::connect::CallError;
use crate::error::Result;
use crate::lab::lease::{Lease, leases};
use crate::lab::own::foreign;
use crate::lab::xml::Element;
use crate::lab::{difference, libvirt, mark};
use crate::value::{self, Map};
use ::virt::network::Network;
use ::virt::sys;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::value::{Map as Wire, Value};
use warp_agent::wire::Mode;

static SPEC: Spec = Spec {
    collection: "community.libvirt",
    required_if: &[
        ("command", "create", &["name"]),
        ("command", "status", &["name"]),
        ("command", "start", &["name"]),
        ("command", "stop", &["name"]),
        ("command", "undefine", &["name"]),
        ("command", "destroy", &["name"]),
        ("command", "get_xml", &["name"]),
        ("command", "define", &["name"]),
        ("command", "modify", &["name"]),
    ],
    ..Spec::new(
        "virt_net",
        "Manages libvirt networks.",
        &[
            Arg::new("name", Kind::Str).aliases(&["network"]).help("The network."),
            Arg::new("state", Kind::Str)
                .choices(&["active", "inactive", "present", "absent"])
                .help("The state it is to be in; with list_nets, the state of those to list."),
            Arg::new("command", Kind::Str)
                .choices(&[
                    "create",
                    "status",
                    "start",
                    "stop",
                    "undefine",
                    "destroy",
                    "get_xml",
                    "define",
                    "modify",
                    "list_nets",
                    "facts",
                    "info",
                ])
                .help("A command to carry out instead of reaching a state."),
            URI,
            Arg::new("xml", Kind::Str)
                .help("The description that define and present use; the host that modify adds."),
            Arg::new("autostart", Kind::Bool).help("Whether it starts when the daemon does."),
        ],
    )
};

/// The module.
pub struct VirtNet(pub Reach);

impl Action for VirtNet {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        let reach = self.0.clone();
        run(&context, args, move |args, mode| {
            let session = reach.open(&args)?;
            let mut effect = core(&session, &args, &mode)?;
            predict::note(&mut effect.outcome, &session, &mode, "network", &args);
            Ok(effect)
        })
    }
}

fn core(session: &Session, args: &Args, mode: &Mode) -> Result<Effect, Failed> {
    let (state, command) = (args.text("state")?, args.text("command")?);
    if command == Some("list_nets") {
        let mut names = Vec::new();
        for network in all(session)? {
            if state.is_none() || state == Some(status(&network)?) {
                names.push(network.name()?);
            }
        }
        return Ok(Outcome::ok().with("list_nets", names).into_effect());
    }
    if state.is_none() && matches!(command, Some("facts" | "info")) {
        return facts(session, command == Some("facts"), args.text("name")?);
    }
    fulfilled(args, |name, wish| match wish {
        Wish::State(state) => reach_state(session, name, state, args, mode),
        Wish::Command(command) => carry_out(session, name, command, args, mode),
        Wish::Autostart(wanted) => autostart(session, name, wanted, mode),
    })
}

fn reach_state(
    session: &Session,
    name: &str,
    state: &str,
    args: &Args,
    mode: &Mode,
) -> Result<Outcome, Failed> {
    let found = libvirt::network(&session.connect, name)?;
    let active = found.as_ref().map(Network::is_active).transpose()?.unwrap_or(false);
    let reached = || Outcome::changed(true).with("msg", 0);
    match (state, found) {
        ("present", found) => {
            let missing = || Failed(format!("network '{name}' not present, but xml not specified"));
            match found {
                Some(found) => compare(session, &found, args, mode),
                None => define(session, name, args.text("xml")?.ok_or_else(missing)?, mode),
            }
        }
        ("active", None) if mode.check => Ok(Outcome::changed(true)),
        ("active", None) => Err(absent(name)),
        ("active", Some(_)) if active => Ok(Outcome::ok()),
        ("inactive", Some(_)) if !active => Ok(Outcome::ok()),
        ("active" | "inactive" | "absent", Some(_)) if mode.check => Ok(Outcome::changed(true)),
        ("active", Some(found)) => Ok(found.create().map(|()| reached())?),
        ("inactive", Some(found)) => Ok(found.destroy().map(|()| reached())?),
        ("absent", Some(found)) => {
            if active {
                found.destroy()?;
            }
            Ok(found.undefine().map(|()| reached())?)
        }
        _ => Ok(Outcome::ok()),
    }
}

fn carry_out(
    session: &Session,
    name: &str,
    command: &str,
    args: &Args,
    mode: &Mode,
) -> Result<Outcome, Failed> {
    let found = libvirt::network(&session.connect, name)?;
    if matches!(command, "define" | "modify") {
        let xml = args.text("xml")?.filter(|xml| !xml.is_empty());
        let xml = xml.ok_or_else(|| Failed(format!("{command} requires xml argument")))?;
        return match found {
            None => define(session, name, xml, mode),
            Some(found) if command == "modify" => modify(&found, name, xml, mode),
            Some(found) => compare(session, &found, args, mode),
        };
    }
    let Some(found) = found else {
        return match command {
            "create" | "start" if mode.check => Ok(Outcome::changed(true)),
            // The collection's own word, in check mode, for what does not exist.
            "status" if mode.check => Ok(Outcome::ok().with(command, "unknown")),
            "undefine" => Ok(Outcome::ok().with(command, Value::Null)),
            _ => Err(absent(name)),
        };
    };
    let active = found.is_active()?;
    let done = Outcome::ok().with(command, 0);
    let nothing = Outcome::ok().with(command, Value::Null);
    match command {
        "create" | "start" if active => Ok(nothing),
        "stop" | "destroy" if !active => Ok(nothing),
        "create" | "start" | "stop" | "destroy" | "undefine" if mode.check => Ok(Outcome::changed(true)),
        "create" | "start" => Ok(found.create().map(|()| done)?),
        "stop" | "destroy" => Ok(found.destroy().map(|()| done)?),
        "undefine" => Ok(found.undefine().map(|()| done)?),
        "get_xml" => Ok(done.with(command, found.xml_desc(0)?)),
        _ => Ok(done.with(command, status(&found)?)),
    }
}

fn define(session: &Session, name: &str, xml: &str, mode: &Mode) -> Result<Outcome, Failed> {
    if mode.check {
        let outcome = Outcome::changed(true);
        return Ok(if session.lab.is_some() { outcome.with("definition", xml) } else { outcome });
    }
    match &session.lab {
        Some(lab) => session.connect.define_network_xml(&mark::stamp(&lab.id(), xml)?.to_xml())?,
        None => session.connect.define_network_xml(xml)?,
    };
    Ok(Outcome::changed(true).with("created", name))
}

/// A network that is there already stays as it is, as Ansible has it; in a lab its user is told what differs.
fn compare(session: &Session, found: &Network, args: &Args, mode: &Mode) -> Result<Outcome, Failed> {
    let mut outcome = Outcome::ok();
    let Some(lab) = &session.lab else { return Ok(outcome) };
    let name = found.name()?;
    if !lab.owns_network(found)? {
        return Err(foreign(&format!("the network {name}")).into());
    }
    let Some(xml) = args.text("xml")?.filter(|_| !mode.check) else { return Ok(outcome) };
    let actual = Element::parse(&found.xml_desc(sys::VIR_NETWORK_XML_INACTIVE)?)?;
    let differences = difference::of_networks(&Element::parse(xml)?, &actual);
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    if !lines.is_empty() {
        outcome.warnings.push(format!(
            "the network {name} is there already and differs from what is wanted: {}. It stays as it is; \
             `warp plan --apply` changes it",
            lines.join("; ")
        ));
    }
    Ok(outcome)
}

/// Adds a static DHCP host, or changes the one with its MAC address.
fn modify(network: &Network, name: &str, xml: &str, mode: &Mode) -> Result<Outcome, Failed> {
    let host = Element::parse(xml)?;
    if host.name != "host" {
        return Err(Failed(format!("updating this is not supported yet {xml}")));
    }
    let description = Element::parse(&network.xml_desc(0)?)?;
    let known =
        description.all("ip/dhcp/host").into_iter().find(|h| h.attribute("mac") == host.attribute("mac"));
    let command = match known {
        None => sys::VIR_NETWORK_UPDATE_COMMAND_ADD_LAST,
        Some(known) if ["name", "ip"].iter().all(|a| known.attribute(a) == host.attribute(a)) => {
            return Ok(Outcome::ok().with("modified", name));
        }
        Some(_) => sys::VIR_NETWORK_UPDATE_COMMAND_MODIFY,
    };
    if !mode.check {
        let live = if network.is_active()? { sys::VIR_NETWORK_UPDATE_AFFECT_LIVE } else { 0 };
        let flags = sys::VIR_NETWORK_UPDATE_AFFECT_CONFIG | live;
        network.update(command, sys::VIR_NETWORK_SECTION_IP_DHCP_HOST, -1, xml, flags)?;
    }
    Ok(Outcome::changed(true).with("modified", name))
}

fn autostart(session: &Session, name: &str, wanted: bool, mode: &Mode) -> Result<Outcome, Failed> {
    let Some(found) = libvirt::network(&session.connect, name)? else {
        return if mode.check { Ok(Outcome::changed(true)) } else { Err(absent(name)) };
    };
    if found.autostart()? == wanted {
        return Ok(Outcome::ok());
    }
    if mode.check {
        return Ok(Outcome::changed(true));
    }
    found.set_autostart(wanted)?;
    Ok(Outcome::changed(true).with("msg", 0))
}

fn facts(session: &Session, as_facts: bool, name: Option<&str>) -> Result<Effect, Failed> {
    let networks = match name.filter(|n| as_facts && !n.is_empty()) {
        Some(name) => vec![libvirt::network(&session.connect, name)?.ok_or_else(|| absent(name))?],
        None => all(session)?,
    };
    let mut entries = Wire::new();
    for network in networks {
        entries.insert(network.name()?, fact(&network)?.into());
    }
    Ok(if as_facts {
        with_facts("ansible_libvirt_networks", entries)
    } else {
        Outcome::ok().with("networks", entries).into_effect()
    })
}

/// An outcome whose facts the run keeps as gathered ones.
pub(super) fn with_facts(name: &str, entries: Wire) -> Effect {
    let facts = Wire::from_iter([(name.to_owned(), Value::Map(entries))]);
    let kept = value::Value::from(Value::Map(facts.clone())).as_map().cloned().unwrap_or_default();
    Effect {
        outcome: Outcome::ok().with("ansible_facts", facts),
        facts: Some((kept, FactKind::Gathered)),
        ..Effect::default()
    }
}

fn fact(network: &Network) -> Result<Wire, Failed> {
    let word = |yes: bool| Value::from(if yes { "yes" } else { "no" });
    let description = Element::parse(&network.xml_desc(0)?)?;
    let mut entry = Wire::from_iter([
        ("autostart".to_owned(), word(network.autostart()?)),
        ("persistent".to_owned(), word(network.is_persistent()?)),
        ("state".to_owned(), status(network)?.into()),
        ("bridge".to_owned(), network.bridge_name()?.into()),
        ("uuid".to_owned(), network.uuid_string()?.into()),
        ("dhcp_leases".to_owned(), leases(network, None)?.iter().map(lease).collect::<Vec<_>>().into()),
    ]);
    for (key, path, attribute) in
        [("forward_mode", "forward", "mode"), ("domain", "domain", "name"), ("macaddress", "mac", "address")]
    {
        if let Some(element) = description.first(path) {
            entry.insert(key.to_owned(), element.attribute(attribute).map(str::to_owned).into());
        }
    }
    Ok(entry)
}

/// As libvirt's Python binding gives a lease.
fn lease(lease: &Lease) -> Value {
    Value::Map(Wire::from_iter([
        ("iface".to_owned(), lease.interface.clone().into()),
        ("expirytime".to_owned(), lease.expires.into()),
        ("type".to_owned(), i32::from(lease.v6).into()),
        ("mac".to_owned(), lease.mac.clone().into()),
        ("iaid".to_owned(), lease.iaid.clone().into()),
        ("ipaddr".to_owned(), lease.address.clone().into()),
        ("prefix".to_owned(), lease.prefix.into()),
        ("hostname".to_owned(), lease.hostname.clone().into()),
        ("clientid".to_owned(), lease.client.clone().into()),
    ]))
}

/// The active networks, then the others.
fn all(session: &Session) -> Result<Vec<Network>, Failed> {
    let mut networks = session.connect.list_all_networks(sys::VIR_CONNECT_LIST_NETWORKS_ACTIVE)?;
    networks.extend(session.connect.list_all_networks(sys::VIR_CONNECT_LIST_NETWORKS_INACTIVE)?);
    Ok(networks)
}

fn status(network: &Network) -> Result<&'static str, Failed> {
    Ok(if network.is_active()? { "active" } else { "inactive" })
}

fn absent(name: &str) -> Failed {
    Failed(format!("network {name} not found"))
}
