//! A rule as iptables takes it.

use crate::args::Args;
use crate::value::Value;

/// The words of a rule; `jump` is the argument, or what stands in for it.
pub(super) fn words(args: &Args, jump: Option<&str>) -> Vec<String> {
    let mut rule = Rule { args, words: Vec::new() };
    let is = |name: &str| jump.is_some_and(|jump| jump.eq_ignore_ascii_case(name));
    rule.option("protocol", "-p");
    rule.option("source", "-s");
    rule.option("destination", "-d");
    for extension in args.strings("match") {
        rule.given("-m", extension);
    }
    rule.tcp_flags();
    if let Some(jump) = jump {
        rule.given("-j", jump);
    }
    if is("tee") {
        rule.option("gateway", "--gateway");
    }
    rule.option("log_prefix", "--log-prefix");
    rule.option("log_level", "--log-level");
    rule.option("to_destination", "--to-destination");
    rule.with_match(&["destination_ports"], "multiport");
    rule.joined("destination_ports", "--dports");
    rule.option("to_source", "--to-source");
    rule.option("goto", "-g");
    rule.option("in_interface", "-i");
    rule.option("out_interface", "-o");
    rule.option("fragment", "-f");
    rule.option("set_counters", "-c");
    rule.option("source_port", "--source-port");
    rule.option("destination_port", "--destination-port");
    rule.option("to_ports", "--to-ports");
    for (mark, flag) in [("set_dscp_mark", "--set-dscp"), ("set_dscp_mark_class", "--set-dscp-class")] {
        rule.option(mark, flag);
        if rule.set(mark) && !is("dscp") {
            rule.given("-j", "DSCP");
        }
    }
    rule.flag("syn", "match", &["--syn"]);
    rule.flag("syn", "negate", &["!", "--syn"]);
    rule.states();
    rule.unless_matched(&["src_range", "dst_range"], "iprange");
    rule.option("src_range", "--src-range");
    rule.option("dst_range", "--dst-range");
    rule.unless_matched(&["match_set"], "set");
    rule.option("match_set", "--match-set");
    if rule.set("match_set") || rule.matches("set") {
        rule.words.extend(args.str("match_set_flags").map(str::to_owned));
    }
    rule.with_match(&["limit", "limit_burst"], "limit");
    rule.option("limit", "--limit");
    rule.option("limit_burst", "--limit-burst");
    for (owner, flag) in [("uid_owner", "--uid-owner"), ("gid_owner", "--gid-owner")] {
        rule.with_match(&[owner], "owner");
        rule.option(owner, flag);
    }
    if jump.is_none() && rule.set("reject_with") {
        rule.given("-j", "REJECT");
    }
    rule.option("reject_with", "--reject-with");
    let icmp = match args.text("ip_version") {
        "ipv4" => "--icmp-type",
        "ipv6" => "--icmpv6-type",
        _ => "--icmp-type --icmpv6-type",
    };
    rule.option("icmp_type", icmp);
    rule.with_match(&["comment"], "comment");
    rule.option("comment", "--comment");
    rule.words
}

struct Rule<'a> {
    args: &'a Args,
    words: Vec<String>,
}

impl Rule<'_> {
    fn given(&mut self, flag: &str, value: &str) {
        self.words.extend([flag.to_owned(), value.to_owned()]);
    }

    /// An option with its argument; `!` before the argument goes before the option.
    fn option(&mut self, name: &str, flag: &str) {
        let Some(value) = self.args.str(name) else { return };
        match value.strip_prefix('!') {
            Some(value) => self.words.extend(["!", flag, value].map(str::to_owned)),
            None => self.given(flag, value),
        }
    }

    /// Whether an argument is given, and not empty.
    fn set(&self, name: &str) -> bool {
        match self.args.get(name) {
            Value::List(items) => !items.is_empty(),
            value => value.as_str().is_some_and(|text| !text.is_empty()),
        }
    }

    fn matches(&self, extension: &str) -> bool {
        self.args.strings("match").any(|given| given == extension)
    }

    /// An extension where any of these arguments needs it.
    fn with_match(&mut self, names: &[&str], extension: &str) {
        if names.iter().any(|name| self.set(name)) {
            self.given("-m", extension);
        }
    }

    /// Such an extension, unless `match` names it.
    fn unless_matched(&mut self, names: &[&str], extension: &str) {
        if !self.matches(extension) {
            self.with_match(names, extension);
        }
    }

    fn joined(&mut self, name: &str, flag: &str) {
        let items: Vec<&str> = self.args.strings(name).collect();
        if !items.is_empty() {
            self.given(flag, &items.join(","));
        }
    }

    fn flag(&mut self, name: &str, value: &str, words: &[&str]) {
        if self.args.text(name) == value {
            self.words.extend(words.iter().map(|word| (*word).to_owned()));
        }
    }

    fn tcp_flags(&mut self) {
        let Some(given) = self.args.get("tcp_flags").as_map() else { return };
        let list = |name: &str| -> Option<String> {
            let items = given.get(name)?.as_list()?;
            Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))
        };
        if let (Some(flags), Some(set)) = (list("flags"), list("flags_set")) {
            self.words.extend(["--tcp-flags".to_owned(), flags, set]);
        }
    }

    fn states(&mut self) {
        if self.matches("conntrack") {
            self.joined("ctstate", "--ctstate");
        } else if self.matches("state") {
            self.joined("ctstate", "--state");
        } else {
            self.with_match(&["ctstate"], "conntrack");
            self.joined("ctstate", "--ctstate");
        }
    }
}
