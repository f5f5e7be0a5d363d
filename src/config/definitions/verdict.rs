//! What warp makes of each setting: the one table that the checks, `ansible-config` and the reference read.

use super::read;
use crate::value::{Map, Value};
use std::sync::LazyLock;

static VERDICTS: LazyLock<Map> = LazyLock::new(|| read("verdicts.yml", include_str!("verdicts.yml")));

/// Whether a setting has its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does what it does in ansible-core.
    Honoured,
    /// It is accepted, and changes nothing.
    Idle,
    /// Another value than the default is refused.
    Refused,
}

/// What warp makes of a setting.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// Whether it has its effect.
    pub effect: Effect,
    /// What it is for; where it has no effect, why.
    pub about: &'static str,
}

impl Verdict {
    /// That on the setting of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let entry = VERDICTS.get(name)?.as_list()?;
        let effect = match entry.first().and_then(Value::as_str)? {
            "honoured" => Effect::Honoured,
            "idle" => Effect::Idle,
            "refused" => Effect::Refused,
            _ => return None,
        };
        Some(Verdict { effect, about: entry.get(1)?.as_str()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Definition;
    use super::*;

    #[test]
    fn every_setting_has_a_verdict_and_every_verdict_a_setting() {
        let without: Vec<&str> = Definition::names().filter(|name| Verdict::of(name).is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
        assert_eq!(VERDICTS.len(), Definition::names().count());
    }
}
