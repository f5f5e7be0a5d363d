//! The sums at the end.

use super::Default;
use crate::event::Recap;
use crate::report::colour::coloured;
use crate::report::display::Stream;
use crate::report::log::Grade;
use std::sync::Arc;

impl Default {
    pub(super) fn recap(&mut self, recap: &[(Arc<str>, Recap)]) {
        self.display.banner("PLAY RECAP");
        let mut hosts: Vec<_> = recap.iter().collect();
        hosts.sort_by(|a, b| a.0.cmp(&b.0));
        for (host, sums) in hosts {
            let line = self.sums(host, sums, self.display.colours);
            self.display.write(&line, Stream::Out);
            let plain = self.sums(host, sums, false);
            self.display.log(&plain, Grade::Info);
        }
        self.display.write("", Stream::Out);
    }

    fn sums(&self, host: &str, r: &Recap, colours: bool) -> String {
        let look = &self.look;
        let counts = [
            ("ok", r.ok, &look.ok),
            ("changed", r.changed, &look.changed),
            ("unreachable", r.unreachable, &look.unreachable),
            ("failed", r.failed, &look.error),
            ("skipped", r.skipped, &look.skip),
            ("rescued", r.rescued, &look.ok),
            ("ignored", r.ignored, &look.warn),
        ];
        let counts: Vec<String> = counts
            .into_iter()
            .map(|(word, n, colour)| {
                let text = format!("{word}={n:<4}");
                if n > 0 && colours { coloured(&text, colour) } else { text }
            })
            .collect();
        let host = if colours {
            let colour = if r.failed > 0 || r.unreachable > 0 {
                &look.error
            } else if r.changed > 0 {
                &look.changed
            } else {
                &look.ok
            };
            // The codes count into the width, as they do in Ansible.
            format!("{:<37}", coloured(host, colour))
        } else {
            format!("{host:<26}")
        };
        format!("{host} : {}", counts.join(" "))
    }
}
