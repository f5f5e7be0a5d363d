//! The module's table.

use crate::spec::{Arg, Kind, Spec};

pub(super) static SPEC: Spec = Spec {
    mutually_exclusive: &[&["set_dscp_mark", "set_dscp_mark_class"], &["flush", "policy"]],
    required_by: &[("set_dscp_mark", &["jump"]), ("set_dscp_mark_class", &["jump"])],
    required_if: &[
        ("jump", "TEE", &["gateway"]),
        ("jump", "tee", &["gateway"]),
        ("flush", "False", &["chain"]),
    ],
    ..Spec::new("iptables", "Brings a rule or a chain of the packet filter to what is asked", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("table", Kind::Str)
        .default("filter")
        .choices(&["filter", "nat", "mangle", "raw", "security"])
        .help("The table."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the rule, or the chain, is to be there."),
    Arg::new("action", Kind::Str)
        .default("append")
        .choices(&["append", "insert"])
        .help("Where a rule is put that is not there yet."),
    Arg::new("ip_version", Kind::Str)
        .default("ipv4")
        .choices(&["ipv4", "ipv6", "both"])
        .help("The protocol whose rules these are."),
    Arg::new("chain", Kind::Str).help("The chain."),
    Arg::new("rule_num", Kind::Str).help("The number that an inserted rule gets."),
    Arg::new("protocol", Kind::Str).help("The protocol; `!` before it negates, here as in what follows."),
    Arg::new("wait", Kind::Str).help("How many seconds to wait for the lock of another program."),
    Arg::new("source", Kind::Str).help("The source's address."),
    Arg::new("to_source", Kind::Str).help("The source that SNAT sets."),
    Arg::new("destination", Kind::Str).help("The destination's address."),
    Arg::new("to_destination", Kind::Str).help("The destination that DNAT sets."),
    Arg::new("match", Kind::List).elements(Kind::Str).help("Match extensions."),
    Arg::new("tcp_flags", Kind::Dict).options(TCP_FLAGS).help("TCP flags to look at."),
    Arg::new("jump", Kind::Str).help("The target."),
    Arg::new("gateway", Kind::Str).help("The host that TEE sends a copy to."),
    Arg::new("log_prefix", Kind::Str).help("What LOG begins its lines with."),
    Arg::new("log_level", Kind::Str)
        .choices(&[
            "0", "1", "2", "3", "4", "5", "6", "7", "emerg", "alert", "crit", "error", "warning", "notice",
            "info", "debug",
        ])
        .help("The level that LOG logs with."),
    Arg::new("goto", Kind::Str).help("The chain to go on in."),
    Arg::new("in_interface", Kind::Str).help("The interface that packets come by."),
    Arg::new("out_interface", Kind::Str).help("The interface that packets leave by."),
    Arg::new("fragment", Kind::Str).help("Only further fragments."),
    Arg::new("set_counters", Kind::Str).help("What the rule's counters begin with."),
    Arg::new("source_port", Kind::Str).help("The source's port or range of ports."),
    Arg::new("destination_port", Kind::Str).help("The destination's port or range of ports."),
    Arg::new("destination_ports", Kind::List).elements(Kind::Str).help("Several ports of the destination."),
    Arg::new("to_ports", Kind::Str).help("The ports that REDIRECT and MASQUERADE set."),
    Arg::new("set_dscp_mark", Kind::Str).help("The DSCP value to set."),
    Arg::new("set_dscp_mark_class", Kind::Str).help("The DSCP class to set."),
    Arg::new("comment", Kind::Str).help("A comment."),
    Arg::new("ctstate", Kind::List).elements(Kind::Str).help("States of the connection."),
    Arg::new("src_range", Kind::Str).help("A range of sources."),
    Arg::new("dst_range", Kind::Str).help("A range of destinations."),
    Arg::new("match_set", Kind::Str).help("The ipset to look in."),
    Arg::new("match_set_flags", Kind::Str)
        .choices(&["src", "dst", "src,dst", "dst,src", "src,src", "dst,dst"])
        .help("What of the packet is looked for in the set."),
    Arg::new("limit", Kind::Str).help("How often on average the rule matches."),
    Arg::new("limit_burst", Kind::Str).help("How often before the limit holds."),
    Arg::new("uid_owner", Kind::Str).help("The account whose packets these are."),
    Arg::new("gid_owner", Kind::Str).help("The group whose packets these are."),
    Arg::new("reject_with", Kind::Str).help("What REJECT answers."),
    Arg::new("icmp_type", Kind::Str).help("The type of ICMP message."),
    Arg::new("syn", Kind::Str)
        .default("ignore")
        .choices(&["ignore", "match", "negate"])
        .help("Whether packets that begin a connection match, or all others."),
    Arg::new("flush", Kind::Bool).default("false").help("Remove all rules of the chain, or of the table."),
    Arg::new("policy", Kind::Str)
        .choices(&["ACCEPT", "DROP", "QUEUE", "RETURN"])
        .help("The policy to give the chain."),
    Arg::new("chain_management", Kind::Bool)
        .default("false")
        .help("Make or remove the chain where there is no rule."),
    Arg::new("numeric", Kind::Bool).default("false").help("List without looking up names."),
];

const TCP_FLAGS: &[Arg] = &[
    Arg::new("flags", Kind::List).elements(Kind::Str).help("The flags to look at."),
    Arg::new("flags_set", Kind::List).elements(Kind::Str).help("Those of them that must be set."),
];
