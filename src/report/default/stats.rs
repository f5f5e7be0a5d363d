//! The sums of `set_stats`.

use super::{Default, Stream};
use crate::template::dump;
use crate::value::Value;

impl Default {
    /// Shows them, where there are any: of hosts by name, then of the run.
    pub(super) fn custom_stats(&mut self, stats: &Value) {
        let Some(stats) = stats.as_map().filter(|map| !map.is_empty()) else { return };
        self.display.banner("CUSTOM STATS: ");
        let shown = |value: &Value| dump::json(value, Some(1)).unwrap_or_default().replace('\n', "");
        let mut hosts: Vec<_> = stats.iter().filter(|(host, _)| host.as_str() != Some("_run")).collect();
        hosts.sort_by_key(|(host, _)| *host);
        for (host, sums) in hosts {
            self.display.show(&format!("\t{host}: {}", shown(sums)), None, Stream::Out);
        }
        if let Some(sums) = stats.get("_run") {
            self.display.show("", None, Stream::Out);
            self.display.show(&format!("\tRUN: {}", shown(sums)), None, Stream::Out);
        }
        self.display.show("", None, Stream::Out);
    }
}
