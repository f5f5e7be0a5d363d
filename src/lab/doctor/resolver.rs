//! Name servers that only this machine can ask.

use super::{Finding, Host, Mend};
use crate::error::{Error, Result};
use std::net::IpAddr;

const RESOLV_CONF: &str = "/etc/resolv.conf";

/// What systemd-resolved itself asks.
const UPSTREAM: &str = "/run/systemd/resolve/resolv.conf";

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    if let Some(chosen) = &host.needs.nameservers {
        let bad = chosen.iter().find(|server| server.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()));
        return Ok(bad.map_or_else(Vec::new, |bad| {
            let why = "a guest that asks it asks itself";
            vec![
                Finding::error(
                    format!("guests are given the name server {bad}"),
                    "undercloud_undercloud_nameservers",
                    why,
                )
                .advise("name a server that answers to others"),
            ]
        }));
    }
    let text = match std::fs::read_to_string(RESOLV_CONF) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Error::other(format!("cannot read {RESOLV_CONF}: {e}"))),
    };
    let (servers, usable) = (servers(&text), usable(&text));
    if !usable.is_empty() {
        return Ok(Vec::new());
    }
    let what = match servers.first() {
        Some(stub) => format!("this machine asks itself for names ({stub}): guests cannot ask there"),
        None => "this machine knows no name server".to_owned(),
    };
    let finding =
        Finding::warning(what, RESOLV_CONF, "guests ask 8.8.8.8, which not every network lets them");
    let upstream = self::usable(&std::fs::read_to_string(UPSTREAM).unwrap_or_default());
    Ok(vec![if upstream.is_empty() {
        finding.advise("set undercloud_undercloud_nameservers to servers that guests can ask")
    } else {
        let list = upstream.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let text =
            format!("# By warp doctor, from {UPSTREAM}.\nundercloud_undercloud_nameservers: [{list}]\n");
        finding.mend(Mend::write_own(&host.needs.settings, &text))
    }])
}

fn servers(text: &str) -> Vec<IpAddr> {
    let values = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    values.filter_map(|value| value.split_whitespace().next()?.parse().ok()).collect()
}

/// Those that others can ask too: neither loopback nor of a link, which means nothing elsewhere.
fn usable(text: &str) -> Vec<IpAddr> {
    let mut servers = servers(text);
    servers.retain(|ip| !ip.is_loopback() && !matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local()));
    servers
}
