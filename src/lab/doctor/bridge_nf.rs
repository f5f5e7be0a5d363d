//! Bridges whose frames go through the machine's firewall.

use super::{Finding, Host, Mend};
use crate::error::Result;
use std::path::Path;

const FOLDER: &str = "/proc/sys/net/bridge";
const SETTINGS: [&str; 3] =
    ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-call-arptables"];

/// Ours. The module may be loaded after the machine's settings were made, by Docker for one: a rule makes them again.
const SYSCTL: &str = "/etc/sysctl.d/99-warp-bridge-nf.conf";
const RULE: &str = "/etc/udev/rules.d/99-warp-bridge-nf.rules";

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    // A private daemon's bridges are in a network namespace with a firewall of its own.
    if !host.uses_system() {
        return Ok(Vec::new());
    }
    let on: Vec<&str> = SETTINGS
        .into_iter()
        .filter(|name| {
            // Without the module there is no such file, and frames go by unseen.
            std::fs::read_to_string(Path::new(FOLDER).join(name)).is_ok_and(|value| value.trim() == "1")
        })
        .collect();
    if on.is_empty() {
        return Ok(Vec::new());
    }
    let sysctl = SETTINGS.map(|name| format!("net.bridge.{name} = 0\n")).concat();
    let rule = format!(
        "ACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"br_netfilter\", RUN+=\"/sbin/sysctl -p {SYSCTL}\"\n"
    );
    let mut finding = Finding::warning(
        format!(
            "what guests send each other over a bridge goes through the firewall: {} is 1",
            on.join(", ")
        ),
        FOLDER,
        "where the firewall forwards nothing, as Docker sets it, guests do not reach each other",
    )
    .advise(
        "leave it on where Kubernetes runs on this machine, and let the firewall forward the lab's bridges",
    );
    for (path, content) in [(SYSCTL, sysctl), (RULE, rule)] {
        if std::fs::read_to_string(path).ok().as_deref() != Some(&content) {
            finding = finding.mend(Mend::write(path, &content));
        }
    }
    Ok(vec![finding.mend(Mend::as_root(["sysctl", "-q", "-p", SYSCTL]))])
}
