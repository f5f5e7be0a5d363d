//! The frames between controller and agent.
//!
//! A frame is a little-endian `u32` length and that many bytes of postcard. Every request carries an id of the
//! controller's choosing; answers to different ids may interleave. Streams of bytes (file contents) belong to a
//! request's id and move only as far as the receiver has granted credit: from the start `WINDOW` bytes to the agent and
//! `FIRST` from it, then what `Credit` adds. `Done` is the end of a request in every way; what crosses it on the way is dropped.
//!
//! The agent speaks first, with `Hello`. The controller refuses any version but its own and then sends nothing; the
//! agent ends at a frame that it cannot read. An agent whose input ends stops what runs and exits, at once or, where the
//! controller asked for it by `Keep`, when no other link has taken over from the one that was cut. Then both sides go on
//! where they were: each keeps what the other has not acknowledged. Frames are counted for that, all but `Hello`,
//! `Resume`, `Resumed` and `Gone`, which belong to one link.

use crate::bounded;
use crate::outcome::Outcome;
use crate::value::Map;
use serde::{Deserialize, Serialize};

/// The protocol's version.
pub const VERSION: u32 = 3;

/// The largest frame either side accepts, in bytes.
pub const MAX_FRAME: usize = 16 << 20;

/// The largest piece of a stream in one frame, in bytes: a frame of it fits in one packet of SSH.
pub const CHUNK: usize = (16 << 10) - 64;

/// How many bytes of a stream may be under way before the receiver grants more.
pub const WINDOW: u64 = 1 << 20;

/// How many bytes of a stream an agent may send at first. A controller has many hosts: it grants the rest of a window to as
/// many streams as it has memory for.
pub const FIRST: u64 = 64 << 10;

/// How many bytes of frames may have come before they are acknowledged; a piece of a stream is acknowledged at once.
pub const ACKNOWLEDGE: usize = 16 << 10;

/// How a step is to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mode {
    /// Predict, do not change.
    pub check: bool,
    /// Say what changes.
    pub diff: bool,
}

/// A module call with final, checked arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The module's short name.
    pub module: String,
    /// Its arguments, named by their canonical names.
    #[serde(deserialize_with = "bounded::map")]
    pub args: Map,
    /// Check and diff mode.
    pub mode: Mode,
    /// Variables added to the environment of the module and of what it starts.
    #[serde(deserialize_with = "bounded::list")]
    pub environment: Vec<(String, String)>,
}

/// A detached call: it survives the link, the agent and warp, and is collected once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detach {
    /// The run's and the step's identity: starting the same key again attaches to what is already there.
    pub key: String,
    /// The call.
    pub call: Call,
    /// The time limit in seconds; there is always one.
    pub limit_secs: u64,
    /// Where its result goes when nobody waits for it.
    pub results: ResultsFile,
    /// Whether somebody waits for it: then its outcome is kept until it is collected, and that file is not made.
    pub waited: bool,
}

/// The file that tells of a call which nobody waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultsFile {
    /// Its folder, in which `~` is the home folder of the account that runs the call.
    pub dir: String,
    /// Its name: the job's identity.
    pub jid: String,
}

/// From controller to agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Run a module. `blob` says that a stream of this many bytes follows for the module to use as its content.
    Run {
        /// The call.
        call: Call,
        /// The length of the stream that follows as `ToAgent::Data`, if one does.
        blob: Option<u64>,
    },
    /// Send a file's bytes as `ToController::Data`, then `Done` with its `size` and `checksum` (SHA-1).
    Read {
        /// Its path.
        path: String,
    },
    /// Start a detached call or attach to it; answered by `Done` at once.
    Detach(Detach),
    /// Ask after a detached call: output from `offset` comes as `ToController::Data`, then `Done` with `finished`
    /// (0 or 1), `offset` and, once finished, the module's own values, or `lost` where it ended without an outcome.
    Poll {
        /// The key given to `Detach`.
        key: String,
        /// The first byte of output not yet seen.
        offset: u64,
    },
    /// Forget a detached call that has been collected, and its files.
    Forget {
        /// The key given to `Detach`.
        key: String,
    },
}

/// A frame to the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToAgent {
    /// Begin a request.
    Start(u64, Request),
    /// A piece of a request's stream; `last` ends it.
    Data {
        /// The request.
        id: u64,
        /// The bytes.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        /// Whether the stream ends here.
        last: bool,
    },
    /// The controller has consumed this many more bytes of the request's stream.
    Credit {
        /// The request.
        id: u64,
        /// Bytes.
        bytes: u64,
    },
    /// End the request: its process group is killed and it is answered as failed.
    Cancel(u64),
    /// Answer with `Pong`.
    Ping(u64),
    /// Finish what runs and exit.
    Bye,
    /// Outlive a cut link.
    Keep(Keep),
    /// The first frame on a link that is to take over from one that was cut.
    Resume {
        /// The owner, as `Keep` gave it.
        owner: String,
        /// The name of the session, as `Keep` gave it.
        session: String,
        /// How many of the agent's frames have come.
        had: u64,
    },
    /// How many of the agent's frames have come.
    Ack(u64),
}

/// How an agent outlives its link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keep {
    /// Whose it is: by one owner there is one run at a time. A new one ends what earlier ones left behind.
    pub owner: String,
    /// By which name another link asks for it.
    pub session: String,
    /// How long it waits for that link, in seconds.
    pub limit_secs: u64,
    /// After how many seconds of silence a link counts as cut: the controller never stays silent for as long.
    pub silence_secs: u64,
}

/// A frame to the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToController {
    /// The first frame: who is there.
    Hello {
        /// `VERSION` of the agent.
        version: u32,
        /// The effective user id it runs as.
        uid: u32,
        /// The home directory of that account.
        home: String,
    },
    /// A piece of a request's stream.
    Data {
        /// The request.
        id: u64,
        /// The bytes.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        /// Whether the stream ends here.
        last: bool,
    },
    /// The agent has consumed this many more bytes of the request's stream.
    Credit {
        /// The request.
        id: u64,
        /// Bytes.
        bytes: u64,
    },
    /// The request is done.
    Done(u64, Outcome),
    /// Answer to `Ping`.
    Pong(u64),
    /// This link has taken over.
    Resumed {
        /// How many of the controller's frames have come.
        had: u64,
    },
    /// No agent goes by the name that `Resume` gave. The one that answers is ready to serve.
    Gone,
    /// How many of the controller's frames have come.
    Ack(u64),
}
