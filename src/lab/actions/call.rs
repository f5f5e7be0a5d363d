//! What a call of one of the lab's modules is made of.

use crate::action::{BoxFuture, Context, Effect};
use crate::connect::CallError;
use crate::error::{Error, Result};
use crate::lab::{Lab, daemon, libvirt};
use crate::value::{Map, Value};
use ::virt::connect::Connect;
use std::sync::Arc;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind};

/// Which libvirt is meant where no uri is given.
#[derive(Clone)]
pub enum Reach {
    /// The lab's.
    Lab(Arc<Lab>),
    /// The machine's.
    System,
}

/// A connection, and the lab whose own it is.
pub struct Session {
    /// The connection.
    pub connect: Connect,
    /// The lab that what is defined here belongs to.
    pub lab: Option<Arc<Lab>>,
}

impl Reach {
    /// Connects: to the uri that the task gives, else to what is meant without.
    ///
    /// # Errors
    /// The daemon cannot be reached.
    pub fn open(&self, args: &Args) -> Result<Session, Failed> {
        match (args.text("uri")?, self) {
            (None, Reach::Lab(lab)) => Ok(Session { connect: lab.connect()?, lab: Some(Arc::clone(lab)) }),
            (uri, _) => Ok(Session { connect: daemon::open(uri.unwrap_or(daemon::SYSTEM))?, lab: None }),
        }
    }
}

/// The argument that all of community.libvirt's modules have.
pub const URI: Arg = Arg::new("uri", Kind::Str)
    .help("The libvirt to connect to; the lab's own in a deployment, else qemu:///system, when absent.");

/// Why a module failed: what `msg` becomes.
pub struct Failed(pub String);

impl From<::virt::error::Error> for Failed {
    fn from(e: ::virt::error::Error) -> Self {
        Failed(e.message().to_owned())
    }
}

impl From<Error> for Failed {
    fn from(e: Error) -> Self {
        // A module's msg is one line: no frame is drawn in it.
        let parts = [e.message()].into_iter();
        let parts = parts.chain(e.note_lines().iter().chain(e.help_lines()).map(String::as_str));
        Failed(parts.collect::<Vec<_>>().join("; "))
    }
}

impl From<String> for Failed {
    fn from(msg: String) -> Self {
        Failed(msg)
    }
}

impl From<&str> for Failed {
    fn from(msg: &str) -> Self {
        Failed(msg.to_owned())
    }
}

/// A task's arguments, checked against the module's table before.
pub struct Args(Map);

impl Args {
    /// A text; an empty one counts as given.
    ///
    /// # Errors
    /// A text that C would cut short.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Failed> {
        match self.0.get(name).and_then(Value::as_str) {
            Some(text) => Ok(Some(libvirt::c_text(name, text)?)),
            None => Ok(None),
        }
    }

    /// A text that the table says is required.
    ///
    /// # Errors
    /// It is absent.
    pub fn required(&self, name: &str) -> Result<&str, Failed> {
        self.text(name)?.ok_or_else(|| Failed(format!("missing required arguments: {name}")))
    }

    /// A boolean.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i128> {
        self.0.get(name).and_then(Value::as_int)
    }

    /// A list; empty when absent.
    pub fn list(&self, name: &str) -> &[Value] {
        self.0.get(name).and_then(Value::as_list).unwrap_or_default()
    }

    /// Whether it was given.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|v| !v.is_null())
    }
}

/// Runs a module's blocking work away from the threads that serve tasks.
pub fn run<'a>(
    context: &Context<'a>,
    args: Map,
    work: impl FnOnce(Args, warp_agent::wire::Mode) -> Result<Effect, Failed> + Send + 'static,
) -> BoxFuture<'a, Result<Effect, CallError>> {
    let mode = context.mode.clone();
    Box::pin(async move {
        let done = tokio::task::spawn_blocking(move || work(Args(args), mode)).await;
        Ok(match done {
            Ok(Ok(effect)) => effect,
            Ok(Err(Failed(msg))) => Outcome::failed(msg).into_effect(),
            Err(e) => Outcome::failed(format!("the module died: {e}")).into_effect(),
        })
    })
}

/// An outcome that does nothing else to the run.
pub trait IntoEffect {
    /// As an effect.
    fn into_effect(self) -> Effect;
}

impl IntoEffect for Outcome {
    fn into_effect(self) -> Effect {
        Effect { outcome: self, ..Effect::default() }
    }
}
