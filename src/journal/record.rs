//! What a journal holds, one record after the other.

use super::Head;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// A record. Fields may be added; none is renamed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A warp began, or took the run up.
    Begun(Box<Head>),
    /// A playbook began.
    Playbook {
        /// Its path as given.
        path: String,
    },
    /// A play began on these hosts.
    Play {
        /// Its name.
        name: String,
        /// The hosts.
        hosts: Vec<String>,
    },
    /// A stage of a deployment began.
    Stage {
        /// Its name.
        name: String,
    },
    /// A stage ended, or was found done.
    StageDone {
        /// Its name.
        name: String,
        /// Whether there was nothing to do.
        skipped: bool,
        /// Why, or what it made.
        note: String,
    },
    /// A module is about to be called.
    Started(Place),
    /// An item of a loop ended.
    Item(Ended),
    /// A step ended on a host.
    Ended(Ended),
    /// A detached step is over, and what came of it is about to be forgotten where it ran.
    Collected {
        /// The place.
        place: Place,
        /// Its outcome as the agent told it, in base64.
        outcome: String,
    },
    /// An attempt failed, and another follows.
    Retry {
        /// The host.
        host: String,
        /// Attempts made.
        attempt: u32,
        /// Attempts allowed.
        of: u32,
    },
    /// A line that a detached step printed.
    Output {
        /// The host.
        host: String,
        /// The line.
        line: String,
    },
    /// These hosts failed for another's sake: what they do from here on is not part of what a resumed run keeps.
    Out(Vec<String>),
    /// The errors of these hosts were cleared.
    Forgiven(Vec<String>),
    /// What the user said when asked for a variable of a play.
    Answer {
        /// The play and the variable.
        prompt: String,
        /// The answer.
        value: Json,
    },
    /// A text that no report may show.
    Secret(String),
    /// What the user was warned of.
    Warning(String),
    /// The run is over.
    Finished {
        /// Its exit code.
        exit: u8,
    },
}

/// A step's place in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The step's identity.
    pub step: String,
    /// The host.
    pub host: String,
    /// The how many-th time it is run there, from 1.
    pub nth: u32,
    /// The item of its loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// How a step, or one item of its loop, ended on a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    /// The place.
    pub place: Place,
    /// Its name as shown.
    pub name: String,
    /// Its module as written.
    pub module: String,
    /// Where it is written.
    pub at: Option<String>,
    /// How it ended, as a word.
    pub status: String,
    /// Whether a run that is taken up keeps this end; else the step is run again.
    pub keep: bool,
    /// Seconds it took.
    pub seconds: f64,
    /// The items of its loop, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<String>>,
    /// Everything that the engine made of it; absent for a loop, which is its items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<Box<RawValue>>,
}
