//! The colours in use.

use crate::config::Colours;
use crate::report::colour::{Colour, code};

/// The code of every kind of line.
pub(super) struct Look {
    pub changed: Colour,
    pub debug: Colour,
    pub deprecate: Colour,
    pub diff_add: Colour,
    pub diff_lines: Colour,
    pub diff_remove: Colour,
    pub error: Colour,
    pub included: Colour,
    pub ok: Colour,
    pub skip: Colour,
    pub unreachable: Colour,
    pub verbose: Colour,
    pub warn: Colour,
}

impl Look {
    pub(super) fn of(names: &Colours) -> Self {
        let of = |name: &str| code(name).unwrap_or_else(|| "0".to_owned());
        Look {
            changed: of(&names.changed),
            debug: of(&names.debug),
            deprecate: of(&names.deprecate),
            diff_add: of(&names.diff_add),
            diff_lines: of(&names.diff_lines),
            diff_remove: of(&names.diff_remove),
            error: of(&names.error),
            included: of(&names.included),
            ok: of(&names.ok),
            skip: of(&names.skip),
            unreachable: of(&names.unreachable),
            verbose: of(&names.verbose),
            warn: of(&names.warn),
        }
    }

    pub(super) fn ok_or_changed(&self, changed: bool) -> (&'static str, Colour) {
        if changed { ("changed", self.changed.clone()) } else { ("ok", self.ok.clone()) }
    }
}
