//! `iptables`, each case under both, in a network of its own.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use crate::private;
use std::path::Path;
use std::process::Command;

fn rules(_: &Path) -> String {
    let script = "for p in iptables ip6tables; do for t in filter nat mangle; do $p -t $t -S; done; done";
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().replace('\n', "; ")
}

/// Empty tables, and what else a case begins with.
macro_rules! from {
    ($more:literal) => {
        concat!(
            "exec 2>&1; for p in iptables ip6tables; do for t in filter nat mangle; do $p -t $t -F; $p -t $t -X; done; \
             $p -P INPUT ACCEPT; done; ",
            $more
        )
    };
}

const SSH: &str = from!("iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -p udp -j DROP");

const CASES: &[Case] = &[
    (
        from!(""),
        "iptables",
        r#"{"chain": "INPUT", "protocol": "tcp", "destination_port": "22", "jump": "ACCEPT"}"#,
    ),
    (SSH, "iptables", r#"{"chain": "INPUT", "protocol": "tcp", "destination_port": "22", "jump": "ACCEPT"}"#),
    (
        SSH,
        "iptables",
        r#"{"chain": "INPUT", "protocol": "tcp", "destination_port": "22", "jump": "ACCEPT", "state": "absent"}"#,
    ),
    (SSH, "iptables", r#"{"chain": "INPUT", "source": "8.8.8.8", "jump": "DROP", "action": "insert"}"#),
    (
        SSH,
        "iptables",
        r#"{"chain": "INPUT", "source": "!8.8.8.8", "jump": "DROP", "action": "insert", "rule_num": "2", "wait": "5"}"#,
    ),
    (SSH, "iptables", r#"{"chain": "INPUT", "flush": true}"#),
    (SSH, "iptables", r#"{"flush": true}"#),
    (SSH, "iptables", r#"{"chain": "INPUT", "policy": "DROP"}"#),
    (SSH, "iptables", r#"{"chain": "INPUT", "policy": "ACCEPT"}"#),
    (from!("iptables -N own"), "iptables", r#"{"chain": "own", "policy": "ACCEPT"}"#),
    (SSH, "iptables", r#"{"chain": "own", "chain_management": true}"#),
    (
        from!("iptables -N own"),
        "iptables",
        r#"{"chain": "own", "chain_management": true, "state": "absent"}"#,
    ),
    (from!("iptables -N own"), "iptables", r#"{"chain": "own", "numeric": true}"#),
    (SSH, "iptables", r#"{"chain": "nowhere", "jump": "ACCEPT"}"#),
    (SSH, "iptables", r#"{"chain": "INPUT", "protocol": "tcp", "jump": "ACCEPT", "ip_version": "ipv6"}"#),
    (SSH, "iptables", r#"{"chain": "INPUT", "protocol": "tcp", "jump": "ACCEPT", "ip_version": "both"}"#),
    (SSH, "iptables", r#"{"chain": "INPUT", "protocol": "tcp", "jump": "ACCEPT", "log_prefix": "x"}"#),
    (SSH, "iptables", r#"{"chain": "INPUT", "protocol": "tcp", "log_prefix": "x ", "log_level": "info"}"#),
    (
        SSH,
        "iptables",
        r#"{"chain": "INPUT", "ctstate": ["ESTABLISHED", "RELATED"], "jump": "ACCEPT", "comment": "let it in"}"#,
    ),
    (
        SSH,
        "iptables",
        r#"{"chain": "INPUT", "match": ["state"], "ctstate": "NEW", "protocol": "tcp", "syn": "negate", "jump": "ACCEPT"}"#,
    ),
    (
        SSH,
        "iptables",
        r#"{"chain": "INPUT", "protocol": "tcp", "destination_ports": ["80", "8081:8083"], "jump": "ACCEPT"}"#,
    ),
    (
        SSH,
        "iptables",
        r#"{"chain": "INPUT", "protocol": "tcp", "tcp_flags": {"flags": ["ACK", "RST"], "flags_set": ["ACK"]}, "jump": "DROP"}"#,
    ),
    (SSH, "iptables", r#"{"chain": "INPUT", "src_range": "10.0.0.1-10.0.0.9", "jump": "ACCEPT"}"#),
    (SSH, "iptables", r#"{"chain": "INPUT", "limit": "2/second", "limit_burst": "20", "jump": "ACCEPT"}"#),
    (SSH, "iptables", r#"{"chain": "OUTPUT", "uid_owner": "0", "jump": "ACCEPT"}"#),
    (
        SSH,
        "iptables",
        r#"{"chain": "INPUT", "protocol": "icmp", "icmp_type": "8", "reject_with": "icmp-host-prohibited"}"#,
    ),
    (
        SSH,
        "iptables",
        r#"{"table": "mangle", "chain": "PREROUTING", "protocol": "tcp", "set_dscp_mark": "8", "jump": "DSCP"}"#,
    ),
    (
        SSH,
        "iptables",
        r#"{"table": "nat", "chain": "PREROUTING", "in_interface": "lo", "protocol": "tcp", "match": ["tcp"],
            "destination_port": "80", "jump": "REDIRECT", "to_ports": "8600"}"#,
    ),
    (
        SSH,
        "iptables",
        r#"{"table": "nat", "chain": "POSTROUTING", "out_interface": "lo", "jump": "SNAT", "to_source": "1.2.3.4"}"#,
    ),
];

#[test]
fn rules_chains_and_policies_are_those_of_ansible() {
    if !Path::new("/usr/sbin/iptables").exists() {
        eprintln!("nothing was tested: this machine has no iptables");
        return;
    }
    private::network(|| {
        let modes = &[CHECK, DIFF];
        oracle::compare_in(
            &World { python: None, environment: &[], base: "", modes, unequal: &[], listing: rules },
            CASES,
        );
    });
}
