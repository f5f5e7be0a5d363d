//! `--graph`: groups and hosts as a tree.

use super::shown::Shown;
use crate::error::{Error, Exit, Result};
use crate::report::terminal;
use crate::value::{Map, python_str};

/// Draws the tree beneath a group.
pub(super) fn draw(shown: &Shown, group: &str, vars: bool) -> Result<String> {
    if !shown.inventory.groups.contains_key(group) {
        let error = Error::new(Exit::Usage, "Pattern must be valid group name when using --graph");
        let names = shown.inventory.groups.keys().map(|n| &**n);
        return Err(match crate::error::did_you_mean(group, names) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        });
    }
    let mut graph = Graph { shown, vars, lines: Vec::new() };
    graph.group(group, 0)?;
    Ok(graph.lines.iter().map(|line| format!("{}\n", terminal::visible_line(line))).collect())
}

struct Graph<'a> {
    shown: &'a Shown,
    vars: bool,
    lines: Vec<String>,
}

impl Graph<'_> {
    fn line(&mut self, text: &str, depth: usize) {
        let line = match depth {
            0 => text.to_owned(),
            _ => format!("{}--{text}", "  |".repeat(depth)),
        };
        self.lines.push(line);
    }

    fn group(&mut self, name: &str, depth: usize) -> Result<()> {
        self.line(&format!("@{name}:"), depth);
        for child in self.shown.children(name) {
            self.group(&child, depth + 1)?;
        }
        if name != "all" {
            let hosts = self.shown.inventory.groups.get(name).map(|g| g.hosts.clone()).unwrap_or_default();
            for host in hosts {
                self.line(&host, depth + 1);
                if self.vars {
                    let vars = self.shown.host_vars(&host)?;
                    self.variables(&vars, depth + 2);
                }
            }
        }
        if self.vars {
            let vars = self.shown.group_vars(name)?;
            self.variables(&vars, depth + 1);
        }
        Ok(())
    }

    fn variables(&mut self, vars: &Map, depth: usize) {
        let mut sorted: Vec<_> = vars.iter().collect();
        sorted.sort_by_key(|(name, _)| *name);
        for (name, value) in sorted {
            self.line(&format!("{{{name} = {}}}", python_str(value)), depth);
        }
    }
}
