//! The lists of packages that apt has fetched, and their age.

use super::run::{Apt, is_locked};
use crate::module::Failed;
use crate::outcome::Outcome;
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the time of the last fetch is, best first.
const STAMPS: [&str; 2] = ["/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists"];

/// The lists after the module looked at them.
pub struct Cache {
    /// Whether they were fetched anew and are other than before.
    pub updated: bool,
    /// When they were fetched, in seconds of the epoch.
    pub time: u64,
}

impl Cache {
    /// The outcome with what there is to say of the lists.
    pub fn tell(&self, outcome: Outcome) -> Outcome {
        outcome.with("cache_updated", self.updated).with("cache_update_time", self.time)
    }

    /// The failure with the same.
    pub fn fail(&self, failure: Failed) -> Failed {
        failure.with("cache_updated", self.updated).with("cache_update_time", self.time)
    }
}

fn fetched() -> SystemTime {
    let time = |path: &&str| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    STAMPS.iter().find_map(time).unwrap_or(UNIX_EPOCH)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Fetches the lists where that is asked and they are too old.
pub fn refresh(apt: &mut Apt<'_, '_>) -> Result<Cache, Failed> {
    let before = fetched();
    let valid = apt.args.int::<u64>("cache_valid_time").unwrap_or_default();
    let asked = apt.args.flag("update_cache") || valid > 0;
    if !asked || before + Duration::from_secs(valid) >= SystemTime::now() {
        return Ok(Cache { updated: false, time: seconds(before) });
    }
    if apt.cx.mode.check {
        return Ok(Cache { updated: true, time: seconds(before) });
    }
    fetch(apt)?;
    let after = seconds(fetched());
    Ok(Cache { updated: after != seconds(before), time: after })
}

/// Fetches them.
pub fn fetch(apt: &mut Apt<'_, '_>) -> Result<(), Failed> {
    let retries = apt.args.int::<u32>("update_cache_retries").unwrap_or(5);
    let most = apt.args.int::<u64>("update_cache_retry_max_delay").unwrap_or(12);
    let mut why = "unknown reason".to_owned();
    for retry in 0..retries {
        // Without the option apt-get calls it a success when a list could not be fetched and an old one is there.
        let line = format!("{} update -q -o APT::Update::Error-Mode=any", apt.apt_get.display());
        let output = apt.run(line)?.output;
        if output.rc == 0 {
            return Ok(());
        }
        why = output.stderr_text().trim().to_owned();
        if is_locked(&output) {
            return Err(Failed::new(format!("Failed to lock apt for exclusive operation: {why}")));
        }
        let delay = 2_u64.saturating_pow(retry).min(most);
        apt.warnings
            .push(format!("Failed to update cache after {} retries due to {why}, retrying", retry + 1));
        apt.warnings
            .push(format!("Sleeping for {delay} seconds, before attempting to refresh the cache again"));
        for _ in 0..delay * 10 {
            if apt.cx.cancel.is_cancelled() {
                return Err(Failed::new("the step was cancelled"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    Err(Failed::new(format!("Failed to update apt cache after {retries} retries: {why}")))
}
