//! `community.libvirt.virt_pool`: storage pools.

use super::call::{Args, Failed, IntoEffect, Reach, Session, URI, run};
use super::predict;
use super::virt_net::with_facts;
use super::wish::{Wish, fulfilled};
use crate::action::{Action, BoxFuture, Context, Effect};
use crate::connect::CallError;
use crate::error::Result;
use crate::lab::own::foreign;
use crate::lab::xml::Element;
use crate::lab::{libvirt, mark};
use crate::value::Map;
use ::virt::storage_pool::StoragePool;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::value::{Map as Wire, Value};
use warp_agent::wire::Mode;

static SPEC: Spec = Spec {
    collection: "community.libvirt",
    ..Spec::new(
        "virt_pool",
        "Manages libvirt storage pools.",
        &[
            Arg::new("name", Kind::Str).aliases(&["pool"]).help("The pool."),
            Arg::new("state", Kind::Str)
                .choices(&["active", "inactive", "present", "absent", "undefined", "deleted"])
                .help("The state it is to be in; with list_pools, the state of those to list."),
            Arg::new("command", Kind::Str)
                .choices(&[
                    "create",
                    "status",
                    "start",
                    "stop",
                    "build",
                    "delete",
                    "undefine",
                    "destroy",
                    "get_xml",
                    "define",
                    "refresh",
                    "list_pools",
                    "facts",
                    "info",
                ])
                .help("A command to carry out instead of reaching a state."),
            URI,
            Arg::new("xml", Kind::Str).help("The description that define and present use."),
            Arg::new("autostart", Kind::Bool).help("Whether it starts when the daemon does."),
            Arg::new("mode", Kind::Str)
                .choices(&["new", "repair", "resize", "no_overwrite", "overwrite", "normal", "zeroed"])
                .help("How build or delete works."),
        ],
    )
};

/// The module.
pub struct VirtPool(pub Reach);

impl Action for VirtPool {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        let reach = self.0.clone();
        run(&context, args, move |args, mode| {
            let session = reach.open(&args)?;
            let mut effect = core(&session, &args, &mode)?;
            predict::note(&mut effect.outcome, &session, &mode, "pool", &args);
            Ok(effect)
        })
    }
}

fn core(session: &Session, args: &Args, mode: &Mode) -> Result<Effect, Failed> {
    let (state, command) = (args.text("state")?, args.text("command")?);
    if command == Some("list_pools") {
        let mut names = Vec::new();
        for pool in session.connect.list_all_storage_pools(0)? {
            if state.is_none() || state == Some(status(&pool)?) {
                names.push(pool.name()?);
            }
        }
        return Ok(Outcome::ok().with("list_pools", names).into_effect());
    }
    if state.is_none() && matches!(command, Some("facts" | "info")) {
        return facts(session, command == Some("facts"));
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
    let found = libvirt::pool(&session.connect, name)?;
    let active = found.as_ref().map(StoragePool::is_active).transpose()?.unwrap_or(false);
    let reached = || Outcome::changed(true).with("msg", 0);
    match (state, found) {
        ("present", Some(found)) => keep(session, &found),
        ("present", None) => {
            let xml = args.text("xml")?;
            let missing = || Failed(format!("storage pool '{name}' not present, but xml not specified"));
            define(session, name, xml.ok_or_else(missing)?, mode)
        }
        ("active", None) if mode.check => Ok(Outcome::changed(true)),
        ("active", None) => Err(absent(name)),
        ("active", Some(_)) if active => Ok(Outcome::ok()),
        ("inactive", Some(_)) if !active => Ok(Outcome::ok()),
        ("absent" | "undefined", Some(_)) if mode.check && !active => {
            Ok(Outcome::changed(true).with("msg", Value::Null))
        }
        (_, Some(_)) if mode.check => Ok(Outcome::changed(true)),
        ("active", Some(found)) => Ok(found.create(0).map(|()| reached())?),
        ("inactive", Some(found)) => Ok(found.destroy().map(|()| reached())?),
        ("absent" | "undefined" | "deleted", Some(found)) => {
            if active {
                found.destroy()?;
            }
            if state == "deleted" {
                found.delete(delete_flags(args)?)?;
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
    let found = libvirt::pool(&session.connect, name)?;
    if command == "define" {
        let xml = args.text("xml")?.filter(|xml| !xml.is_empty()).ok_or("define requires xml argument")?;
        return match found {
            Some(found) => keep(session, &found),
            None => define(session, name, xml, mode),
        };
    }
    let Some(found) = found else {
        return match command {
            "create" | "start" | "build" | "delete" if mode.check => Ok(Outcome::changed(true)),
            // The collection's own word, in check mode, for what does not exist.
            "status" if mode.check => Ok(Outcome::ok().with(command, "unknown")),
            _ => Err(absent(name)),
        };
    };
    if mode.check {
        let active = found.is_active()?;
        match command {
            "create" | "start" => return Ok(Outcome::changed(!active)),
            "stop" | "destroy" => return Ok(Outcome::changed(active)),
            "undefine" | "build" | "delete" => return Ok(Outcome::changed(true)),
            _ => {}
        }
    }
    let done = Outcome::ok().with(command, 0);
    match command {
        "create" | "start" => Ok(found.create(0).map(|()| done)?),
        "stop" | "destroy" => Ok(found.destroy().map(|()| done)?),
        "undefine" => Ok(found.undefine().map(|()| done)?),
        "refresh" => Ok(found.refresh(0).map(|()| done)?),
        "build" => {
            found.build(build_flags(args)?)?;
            Ok(Outcome::changed(true).with(command, 0))
        }
        "delete" => {
            found.delete(delete_flags(args)?)?;
            Ok(Outcome::changed(true).with(command, 0))
        }
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
        Some(lab) => {
            let mut wanted = Element::parse(xml)?;
            // Not the task's name but the one in the XML, which the mark is read back by.
            let named = wanted.first("name").map_or(name, |n| n.text.as_str()).to_owned();
            wanted.child_mut("uuid").text = mark::pool_uuid(&lab.id(), &named);
            session.connect.define_storage_pool_xml(&wanted.to_xml(), 0)?
        }
        None => session.connect.define_storage_pool_xml(xml, 0)?,
    };
    Ok(Outcome::changed(true).with("created", name))
}

/// A pool that is there already stays as it is; in a lab only if it is the lab's.
fn keep(session: &Session, found: &StoragePool) -> Result<Outcome, Failed> {
    if let Some(lab) = &session.lab
        && !lab.owns_pool(found)?
    {
        return Err(foreign(&format!("the pool {}", found.name()?)).into());
    }
    Ok(Outcome::ok())
}

fn autostart(session: &Session, name: &str, wanted: bool, mode: &Mode) -> Result<Outcome, Failed> {
    let Some(found) = libvirt::pool(&session.connect, name)? else {
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

fn facts(session: &Session, as_facts: bool) -> Result<Effect, Failed> {
    let mut entries = Wire::new();
    for pool in session.connect.list_all_storage_pools(0)? {
        entries.insert(pool.name()?, fact(&pool)?.into());
    }
    Ok(if as_facts {
        with_facts("ansible_libvirt_pools", entries)
    } else {
        Outcome::ok().with("pools", entries).into_effect()
    })
}

fn fact(pool: &StoragePool) -> Result<Wire, Failed> {
    let word = |yes: bool| Value::from(if yes { "yes" } else { "no" });
    let info = pool.info()?;
    let description = Element::parse(&pool.xml_desc(0)?)?;
    let state = match info.state {
        0 => "inactive",
        1 => "building",
        2 => "running",
        3 => "degraded",
        4 => "inaccessible",
        _ => "unknown",
    };
    let mut entry = Wire::from_iter([
        ("status".to_owned(), Value::from(state)),
        ("size_total".to_owned(), info.capacity.to_string().into()),
        ("size_used".to_owned(), info.allocation.to_string().into()),
        ("size_available".to_owned(), info.available.to_string().into()),
        ("autostart".to_owned(), word(pool.autostart()?)),
        ("persistent".to_owned(), word(pool.is_persistent()?)),
        ("state".to_owned(), status(pool)?.into()),
        ("type".to_owned(), description.attribute("type").map(str::to_owned).into()),
        ("uuid".to_owned(), pool.uuid_string()?.into()),
    ]);
    if pool.is_active()? {
        entry.insert("volume_count".to_owned(), pool.num_of_volumes()?.into());
        let names: Result<Vec<String>, _> = pool.list_all_volumes(0)?.iter().map(|v| v.name()).collect();
        entry.insert("volumes".to_owned(), names?.into());
    } else {
        entry.insert("volume_count".to_owned(), (-1).into());
    }
    if let Some(path) = description.first("target/path") {
        entry.insert("path".to_owned(), path.text.as_str().into());
    }
    for (key, path, attribute) in [
        ("host", "source/host", "name"),
        ("source_path", "source/dir", "path"),
        ("format", "source/format", "type"),
    ] {
        if let Some(element) = description.first(path) {
            entry.insert(key.to_owned(), element.attribute(attribute).map(str::to_owned).into());
        }
    }
    let devices = description.all("source/device");
    if !devices.is_empty() {
        let paths: Vec<Value> =
            devices.iter().map(|d| d.attribute("path").map(str::to_owned).into()).collect();
        entry.insert("devices".to_owned(), paths.into());
    }
    Ok(entry)
}

fn build_flags(args: &Args) -> Result<u32, Failed> {
    Ok(match args.text("mode")? {
        Some("repair") => 1,
        Some("resize") => 2,
        Some("no_overwrite") => 4,
        Some("overwrite") => 8,
        _ => 0,
    })
}

fn delete_flags(args: &Args) -> Result<u32, Failed> {
    Ok(u32::from(args.text("mode")? == Some("zeroed")))
}

fn status(pool: &StoragePool) -> Result<&'static str, Failed> {
    Ok(if pool.is_active()? { "active" } else { "inactive" })
}

fn absent(name: &str) -> Failed {
    Failed(format!("storage pool {name} not found"))
}
