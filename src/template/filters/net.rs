//! ansible.utils' filters on addresses and networks.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::network::Network;
use crate::template::python;
use crate::template::val::Val;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("ipaddr", &["query", "version", "alias"], |_, v, b| {
        let version = b.some("version").filter(|v| v.truthy().unwrap_or(false));
        let version = version.map(|_| b.int("version", 0)).transpose()?;
        ipaddr(&v, &query(&b)?, version, "ipaddr")
    })
    .of("ansible.utils"),
    Filter::new("ipv4", &["query"], |_, v, b| ipaddr(&v, &query(&b)?, Some(4), "ipv4")).of("ansible.utils"),
    Filter::new("ipv6", &["query"], |_, v, b| ipaddr(&v, &query(&b)?, Some(6), "ipv6")).of("ansible.utils"),
    Filter::new("ipwrap", &["query"], wrap).of("ansible.utils"),
    Filter::new("nthhost", &["query"], nthhost).of("ansible.utils"),
    Filter::new("ipsubnet", &["query", "index"], subnet).of("ansible.utils"),
];

fn query(b: &Bound) -> R<String> {
    b.text("query", "")
}

/// What a query makes of an address; `False` where it is none, a list element by element.
fn ipaddr(v: &Val, query: &str, version: Option<i128>, alias: &str) -> R {
    if let Some(items) = v.as_seq() {
        let mut kept = Vec::new();
        for item in items {
            let made = ipaddr(&item, query, version, alias)?;
            if made.truthy()? {
                kept.push(made);
            }
        }
        return Ok(Val::list(kept));
    }
    if !v.truthy()? || matches!(v, Val::Bool(_)) {
        return Ok(Val::Bool(false));
    }
    let text = python::to_str(v)?;
    let Some(network) = Network::parse(&text, version == Some(6)) else { return Ok(Val::Bool(false)) };
    if version.is_some_and(|wanted| wanted != network.version()) {
        return Ok(Val::Bool(false));
    }
    // A number is an address written as one.
    let value: Val =
        if text.bytes().all(|b| b.is_ascii_digit()) { network.show().into() } else { text.as_str().into() };
    let named = text.contains('/');
    answer(&network, query, value, named, alias)
}

/// The answer to one query. `None` and `False` mean the same to a play; which it is follows the collection.
fn answer(n: &Network, query: &str, value: Val, named: bool, alias: &str) -> R {
    let when = |holds: bool, v: Val| Ok(if holds { v } else { Val::None });
    let whole = || -> Val { n.show().into() };
    let own = n.ip != n.first();
    let needs_network = |v: Val| {
        if named { Ok(v) } else { Err(Fail::new("Not a network address")) }
    };
    match query {
        "" => Ok(if named { whole() } else { n.address().into() }),
        "address" | "ip" => {
            when(n.single() || own || !n.has_broadcast() || n.version() == 6, n.address().into())
        }
        "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            Ok(if n.bits() > 1 && (n.ip == n.first() || (n.ip == n.last() && n.has_broadcast())) {
                Val::Bool(false)
            } else {
                whole()
            })
        }
        "bool" => Ok(Val::Bool(true)),
        "broadcast" => {
            when(n.bits() > 1, if n.has_broadcast() { n.shown(n.last()).into() } else { "None".into() })
        }
        "cidr" => Ok(whole()),
        "host" => when(n.single() || own || !n.has_broadcast(), whole()),
        "hostmask" | "wildcard" => Ok(n.shown(n.hostmask()).into()),
        "int" => Ok(if named { format!("{}/{}", n.number(), n.prefix).into() } else { number(&n.number()) }),
        "ip/prefix" => when(n.bits() == 1 || (!n.single() && own), whole()),
        "ip_netmask" => when(
            n.bits() == 1 || (!n.single() && own),
            format!("{} {}", n.address(), n.shown(n.netmask())).into(),
        ),
        "link-local" => when(n.link_local(), value),
        "lo" | "loopback" => when(n.loopback(), value),
        "multicast" => when(n.multicast(), value),
        "unicast" => when(!n.multicast(), value),
        "private" => when(!n.global(), value),
        "public" => when(!n.multicast() && n.global() && !n.loopback() && !n.looks_like_mask(), value),
        "net" => when(!n.single() && !own, format!("{}/{}", n.shown(n.first()), n.prefix).into()),
        "netmask" => Ok(n.shown(n.netmask()).into()),
        "network" | "network_id" => Ok(n.shown(n.first()).into()),
        "network/prefix" | "subnet" => Ok(format!("{}/{}", n.shown(n.first()), n.prefix).into()),
        "network_netmask" => Ok(format!("{} {}", n.shown(n.first()), n.shown(n.netmask())).into()),
        "network_wildcard" => Ok(format!("{} {}", n.shown(n.first()), n.shown(n.hostmask())).into()),
        "first_usable" => {
            needs_network(Val::None).and_then(|_| when(!n.single(), n.shown(n.usable().0).into()))
        }
        "last_usable" => {
            needs_network(Val::None).and_then(|_| when(!n.single(), n.shown(n.usable().1).into()))
        }
        "range_usable" => needs_network(Val::None).and_then(|_| {
            when(!n.single(), format!("{}-{}", n.shown(n.usable().0), n.shown(n.usable().1)).into())
        }),
        "next_usable" | "previous_usable" => {
            needs_network(Val::None)?;
            let (low, high) = n.usable();
            let near = if query == "next_usable" { n.ip.checked_add(1) } else { n.ip.checked_sub(1) };
            Ok(near
                .filter(|i| !n.single() && (low..=high).contains(i))
                .map_or(Val::None, |i| n.shown(i).into()))
        }
        "peer" => {
            needs_network(Val::None)?;
            match (n.bits(), n.ip % 4) {
                (1, _) => Ok(n.shown(n.ip ^ 1).into()),
                (2, 0) => Err(Fail::new("Network address of /30 has no peer")),
                (2, 3) => Err(Fail::new("Broadcast address of /30 has no peer")),
                (2, _) => Ok(n.shown(n.ip ^ 3).into()),
                _ => Err(Fail::new("Not a point-to-point network")),
            }
        }
        "prefix" => Ok(Val::Int(n.prefix.into())),
        "revdns" => Ok(n.reverse().into()),
        "size" => Ok(n.size(0)),
        "size_usable" => Ok(n.size(if n.bits() > 1 { 2 } else { u8::from(n.single()) })),
        "type" => Ok(if n.single() || own { "address" } else { "network" }.into()),
        "version" => Ok(Val::Int(n.version())),
        "v4" | "ipv4" if n.version() == 4 => Ok(value),
        "v6" | "ipv6" if n.version() == 6 => Ok(value),
        "wrap" if n.version() == 4 => Ok(value),
        "wrap" if named => Ok(format!("[{}]/{}", n.address(), n.prefix).into()),
        "wrap" => Ok(format!("[{}]", n.address()).into()),
        other => {
            if let Ok(index) = other.parse::<i128>() {
                return Ok(match n.nth(index) {
                    _ if n.single() => {
                        if named {
                            whole()
                        } else {
                            n.address().into()
                        }
                    }
                    Some(i) => format!("{}/{}", n.shown(i), n.prefix).into(),
                    None => Val::Bool(false),
                });
            }
            match Network::parse(other, false) {
                Some(wide) => when(wide.contains(n), value),
                None => Err(Fail::new(format!("{alias}: unknown filter type: {other}"))),
            }
        }
    }
}

fn number(text: &str) -> Val {
    text.parse().map_or_else(|_| text.into(), Val::Int)
}

fn wrap(_: &Env, v: Val, b: Bound) -> R {
    let one = |v: &Val| -> R {
        match ipaddr(v, &query(&b)?, None, "ipwrap") {
            Ok(found) if found.truthy()? => ipaddr(&found, "wrap", None, "ipwrap"),
            _ => Ok(v.clone()),
        }
    };
    match v.as_seq() {
        Some(items) => Ok(Val::list(items.iter().map(one).collect::<R<_>>()?)),
        None => one(&v),
    }
}

fn nthhost(_: &Env, v: Val, b: Bound) -> R {
    let found = Network::parse(&python::to_str(&v)?, false);
    let index = query(&b)?
        .parse::<i128>()
        .ok()
        .filter(|_| b.get("query").is_some_and(|q| q.truthy().unwrap_or(false)));
    let nth = found.zip(index).and_then(|(n, i)| n.nth(i).map(|at| n.shown(at)));
    Ok(nth.map_or(Val::Bool(false), Val::from))
}

fn subnet(_: &Env, v: Val, b: Bound) -> R {
    let Some(n) = Network::parse(&python::to_str(&v)?, false) else { return Ok(Val::Bool(false)) };
    // An address with a prefix stands for its network.
    let own = n.ip != n.first();
    let base = n.widened(n.prefix);
    let query = query(&b)?;
    if query.is_empty() {
        return Ok(base.show().into());
    }
    let Ok(prefix) = query.parse::<u8>() else {
        return Err(Fail::new(format!("ipsubnet by another network ({query}) is not supported")));
    };
    if prefix > base.width() {
        return Ok(Val::Bool(false));
    }
    let single = base.single() && !own;
    let index = b.some("index").map(|_| b.int("index", 0)).transpose()?;
    if single {
        // Networks around an address, the widest first.
        let steps = i128::from(base.width()) - i128::from(prefix);
        let at = index.unwrap_or(0);
        let at = if at < 0 { at + steps } else { at };
        if !(0..steps).contains(&at) {
            return Ok(Val::Bool(false));
        }
        return Ok(base.widened(prefix + u8::try_from(at).unwrap_or(0)).show().into());
    }
    if prefix < base.prefix {
        return Err(Fail::new(format!("Requested subnet size of {prefix} is invalid")));
    }
    let count = 1u128.checked_shl(u32::from(prefix - base.prefix)).and_then(|c| i128::try_from(c).ok());
    let count = count.ok_or_else(|| Fail::new("there are too many subnets to count"))?;
    let Some(index) = index else { return Ok(Val::Int(count)) };
    let at = if index < 0 { index + count } else { index };
    if !(0..count).contains(&at) {
        return Ok(Val::Bool(false));
    }
    let shift = u32::from(base.width() - prefix);
    let offset = u128::try_from(at).unwrap_or(0).checked_shl(shift).unwrap_or(0);
    Ok(format!("{}/{prefix}", base.shown(base.ip | offset)).into())
}
