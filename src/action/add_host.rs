//! `add_host`: adds a host to the inventory of this run.

use super::{Action, AddHost, BoxFuture, Context, Effect};
use crate::connect::CallError;
use crate::error::Error;
use crate::value::{Key, Map, Value, Vars};
use std::sync::Arc;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    open: true,
    ..Spec::new(
        "add_host",
        "Adds a host, its groups and variables to the inventory of this run.",
        &[
            Arg::new("name", Kind::Str).aliases(&["hostname", "host"]).help("The host's name."),
            Arg::new("groups", Kind::Raw)
                .aliases(&["group", "groupname"])
                .help("Groups: a list, or a text with commas."),
        ],
    )
};

/// The action.
pub(super) struct AddHostAction;

impl Action for AddHostAction {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn once_for_all(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(add_host(&context, args)) })
    }
}

fn add_host(context: &Context<'_>, mut args: Map) -> Effect {
    let given = args.shift_remove("name").unwrap_or_default();
    let name = crate::value::python_str(&given);
    if name.trim().is_empty() || given.is_null() {
        return Effect::refused(Error::input("name, host or hostname needs to be provided"));
    }
    let (name, port) = split_port(&name);
    context.remark(2, format!("creating host via 'add_host': hostname={name}"));
    let groups = match args.shift_remove("groups") {
        Some(Value::List(groups)) => groups.iter().map(crate::value::python_str).collect(),
        Some(Value::Text(groups)) => groups.as_str().split(',').map(|g| g.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    let groups: Vec<Arc<str>> = groups.into_iter().filter(|g| !g.is_empty()).map(Arc::from).collect();
    let mut vars: Vars = args.iter().filter_map(|(k, v)| Some((Arc::from(k.as_str()?), v.clone()))).collect();
    if let Some(port) = port {
        vars.insert(Arc::from("ansible_ssh_port"), Value::Int(port));
    }
    let mut told = Map::new();
    told.insert(Key::from("host_name"), Value::data(name));
    told.insert(
        Key::from("groups"),
        Value::list(groups.iter().map(|g| Value::data(Arc::clone(g))).collect()),
    );
    told.insert(
        Key::from("host_vars"),
        Value::map(vars.iter().map(|(k, v)| (Key::from(Arc::clone(k)), v.clone())).collect()),
    );
    let changed = (Key::from("changed"), Value::Bool(true));
    let values = Map::from_iter([changed, (Key::from("add_host"), Value::map(told))]);
    Effect {
        outcome: Outcome::changed(true),
        values,
        add_host: Some(AddHost { name: Arc::from(name), groups, vars }),
        ..Effect::default()
    }
}

/// `host:port`, unless it is an IPv6 address.
fn split_port(name: &str) -> (&str, Option<i128>) {
    match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host.trim_start_matches('[').trim_end_matches(']'), Some(port)),
            Err(_) => (name, None),
        },
        _ => (name, None),
    }
}
