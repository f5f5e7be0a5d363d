//! `iptables`: rules, chains and policies of the packet filter.

mod arguments;
mod rule;

use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::Spec;

/// The module.
pub struct Iptables;

impl Module for Iptables {
    fn spec(&self) -> &'static Spec {
        &arguments::SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let words = rule::words(args, args.str("jump"));
        let programs: &[&str] = match args.text("ip_version") {
            "ipv4" => &["iptables"],
            "ipv6" => &["ip6tables"],
            _ => &["iptables", "ip6tables"],
        };
        let mut paths = Vec::new();
        for name in programs {
            paths.push(program::require(cx, name)?.display().to_string());
        }
        let logs = ["log_prefix", "log_level"].iter().any(|name| !args.text(name).is_empty());
        let jump = match args.str("jump") {
            None if logs => Some("LOG"),
            Some(jump) if logs && jump != "LOG" => {
                return Err(Failed::new("Logging options can only be used with the LOG jump target."));
            }
            jump => jump,
        };
        let mut changed = false;
        for program in paths {
            let wait = wait(cx, &program, args.str("wait"))?;
            let tables = Tables { program, wait, args, rule: rule::words(args, jump) };
            changed |= tables.bring(cx, words.is_empty())?;
        }
        let mut outcome = Outcome::changed(changed).with("rule", words.join(" "));
        for name in ["ip_version", "table", "chain", "flush", "state", "chain_management", "wait"] {
            outcome = outcome.with(name, args.get(name).clone());
        }
        Ok(outcome)
    }
}

/// The `-w` that this iptables knows: since 1.4.20, with seconds since 1.6.
fn wait(cx: &mut Context<'_>, program: &str, given: Option<&str>) -> Result<Option<String>, Failed> {
    let output = cx.run_checked(&Command::new([program, "--version"]))?;
    let text = output.stdout_text();
    let number = text.split('v').nth(1).unwrap_or_default();
    let parts: Vec<u32> =
        number.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok()).collect();
    let known = parts.as_slice() >= [1, 6, 0].as_slice();
    Ok(given.filter(|given| known && !given.is_empty()).map(str::to_owned))
}

/// One protocol's tables, and what is asked of them.
struct Tables<'a> {
    program: String,
    wait: Option<String>,
    args: &'a Args,
    rule: Vec<String>,
}

impl Tables<'_> {
    /// Brings them to what is asked; whether that changed them. `bare` says that no rule is.
    fn bring(&self, cx: &mut Context<'_>, bare: bool) -> Result<bool, Failed> {
        let wanted = self.args.text("state") == "present";
        if self.args.flag("flush") {
            if cx.effects.other() {
                self.must(cx, "-F", &[])?;
            }
            return Ok(true);
        }
        if let Some(policy) = self.args.str("policy") {
            let current = self.policy(cx)?;
            let changed = current != policy;
            if changed && cx.effects.other() {
                self.must(cx, "-P", &[policy.to_owned()])?;
            }
            return Ok(changed);
        }
        if bare {
            let changed = (self.call(cx, "-L", &self.numeric())?.rc == 0) != wanted;
            if changed && self.args.flag("chain_management") && cx.effects.other() {
                self.must(cx, if wanted { "-N" } else { "-X" }, &[])?;
            }
            return Ok(changed);
        }
        let changed = (self.call(cx, "-C", &self.rule)?.rc == 0) != wanted;
        if changed && cx.effects.other() {
            let verb = match (wanted, self.args.text("action")) {
                (false, _) => "-D",
                (true, "insert") => "-I",
                (true, _) => "-A",
            };
            self.must(cx, verb, &self.rule)?;
        }
        Ok(changed)
    }

    fn policy(&self, cx: &mut Context<'_>) -> Result<String, Failed> {
        let text = self.must(cx, "-L", &self.numeric())?.stdout_text();
        let header = text.lines().next().unwrap_or_default();
        let after = header.split("(policy ").nth(1).unwrap_or_default();
        let policy: String = after.chars().take_while(char::is_ascii_uppercase).collect();
        if policy.is_empty() { Err(Failed::new("Can't detect current policy")) } else { Ok(policy) }
    }

    fn numeric(&self) -> Vec<String> {
        self.args.flag("numeric").then(|| "--numeric".to_owned()).into_iter().collect()
    }

    fn command(&self, verb: &str, more: &[String]) -> Command {
        let mut words = vec![self.program.as_str(), "-t", self.args.text("table"), verb];
        words.extend(self.args.str("chain"));
        words.extend(self.args.str("rule_num").filter(|_| verb == "-I"));
        if let Some(wait) = &self.wait {
            words.extend(["-w", wait]);
        }
        words.extend(more.iter().map(String::as_str));
        Command::new(words)
    }

    fn call(&self, cx: &mut Context<'_>, verb: &str, more: &[String]) -> Result<Output, Failed> {
        cx.run(&self.command(verb, more))
    }

    fn must(&self, cx: &mut Context<'_>, verb: &str, more: &[String]) -> Result<Output, Failed> {
        cx.run_checked(&self.command(verb, more))
    }
}
