//! `reboot`: starts a machine again, and waits until it is back.

use super::stage::call;
use super::{Action, BoxFuture, Context, Effect, arg, module, text};
use crate::connect::{CallError, Transport};
use crate::value::{Map, Value};
use std::time::{Duration, Instant};
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::value::{Map as WireMap, Value as WireValue};

static SPEC: Spec = Spec {
    options: true,
    ..Spec::new(
        "reboot",
        "Starts a machine again, and waits until it is back.",
        &[
            Arg::new("pre_reboot_delay", Kind::Int)
                .default("0")
                .aliases(&["pre_reboot_delay_sec"])
                .help("Seconds until it goes down; less than a minute counts as none."),
            Arg::new("post_reboot_delay", Kind::Int)
                .default("0")
                .aliases(&["post_reboot_delay_sec"])
                .help("Seconds to wait before it is looked for again."),
            Arg::new("reboot_timeout", Kind::Int)
                .default("600")
                .aliases(&["reboot_timeout_sec"])
                .help("Seconds that it may take to come back, and then to pass the test."),
            Arg::new("connect_timeout", Kind::Int)
                .aliases(&["connect_timeout_sec"])
                .help("Seconds that one attempt to connect may take."),
            Arg::new("test_command", Kind::Str)
                .default("whoami")
                .help("What must succeed before it counts as back."),
            Arg::new("msg", Kind::Str)
                .default("Reboot initiated by Ansible")
                .help("What its users are told."),
            Arg::new("search_paths", Kind::List)
                .elements(Kind::Str)
                .default("/sbin,/bin,/usr/sbin,/usr/bin,/usr/local/sbin")
                .help("Where to look for the program."),
            Arg::new("boot_time_command", Kind::Str)
                .default("cat /proc/sys/kernel/random/boot_id")
                .help("A command whose output differs after a reboot."),
            Arg::new("reboot_command", Kind::Str)
                .help("The command, instead of shutdown with the delay and message."),
        ],
    )
};

/// Between two attempts to reach the machine.
const PAUSE: Duration = Duration::from_secs(1);

/// The action.
pub(super) struct Reboot;

impl Action for Reboot {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(reboot(&context, &args).await?.into()) })
    }
}

async fn reboot(context: &Context<'_>, args: &Map) -> Result<Outcome, CallError> {
    let told =
        |rebooted: bool, elapsed: u64| Outcome::ok().with("elapsed", elapsed).with("rebooted", rebooted);
    if !matches!(context.target.transport, Transport::Ssh(_)) {
        let msg = "Running reboot with local connection would reboot the control node.";
        return Ok(Outcome { failed: true, ..told(false, 0) }.with("msg", msg));
    }
    if context.mode.check {
        return Ok(Outcome { changed: true, ..told(true, 0) });
    }
    let before = match boot_id(context, args).await? {
        Ok(id) => id,
        Err(msg) => return Ok(Outcome::failed(msg).with("reboot", false)),
    };
    let command = match command(context, args).await? {
        Ok(command) => command,
        Err(msg) => return Ok(Outcome::failed(msg)),
    };
    let started = Instant::now();
    // A machine that goes down while it answers has done what it was told.
    if let Ok(done) = shell(context, &command).await
        && done.failed
    {
        let said = |name: &str| {
            done.values.get(name).and_then(WireValue::as_str).unwrap_or_default().trim().to_owned()
        };
        let msg = format!("Reboot command failed. Error was: '{}, {}'", said("stdout"), said("stderr"));
        return Ok(Outcome { failed: true, ..told(false, started.elapsed().as_secs()) }.with("msg", msg));
    }
    tokio::time::sleep(seconds(args, "post_reboot_delay")).await;
    let limit = seconds(args, "reboot_timeout");
    for sign in [Sign::NewStart(&before), Sign::Test] {
        let (what, back) = (sign.name(), until(context, args, limit, sign).await);
        if !back {
            let msg = format!("Timed out waiting for {what} (timeout={})", limit.as_secs());
            return Ok(Outcome { failed: true, ..told(true, started.elapsed().as_secs()) }.with("msg", msg));
        }
    }
    Ok(Outcome { changed: true, ..told(true, started.elapsed().as_secs()) })
}

/// What tells that the machine is back.
#[derive(Clone, Copy)]
enum Sign<'a> {
    /// It was started anew: what told the last start has another value.
    NewStart(&'a str),
    /// The user's command succeeds.
    Test,
}

impl Sign<'_> {
    fn name(self) -> &'static str {
        match self {
            Sign::NewStart(_) => "last boot time check",
            Sign::Test => "post-reboot test command",
        }
    }

    async fn shows(self, context: &Context<'_>, args: &Map) -> bool {
        match self {
            Sign::NewStart(before) => {
                context.sessions.reset(&context.target.host).await;
                matches!(boot_id(context, args).await, Ok(Ok(id)) if !id.is_empty() && id != before)
            }
            Sign::Test => match shell(context, text(args, "test_command").unwrap_or("whoami")).await {
                Ok(done) => !done.failed,
                Err(_) => {
                    context.sessions.reset(&context.target.host).await;
                    false
                }
            },
        }
    }
}

/// Looks again and again; false when the time is over.
async fn until(context: &Context<'_>, args: &Map, limit: Duration, sign: Sign<'_>) -> bool {
    let started = Instant::now();
    loop {
        let left = limit.saturating_sub(started.elapsed());
        match tokio::time::timeout(left, sign.shows(context, args)).await {
            Ok(true) => return true,
            Ok(false) if started.elapsed() + PAUSE < limit => tokio::time::sleep(PAUSE).await,
            _ => return false,
        }
    }
}

fn seconds(args: &Map, name: &str) -> Duration {
    Duration::from_secs(arg(args, name).as_int().and_then(|s| u64::try_from(s).ok()).unwrap_or(0))
}

async fn shell(context: &Context<'_>, command: &str) -> Result<Outcome, CallError> {
    call(context, "shell", &[("cmd", command)]).await
}

/// What tells this start of the machine from the next; the inner error is why it cannot be told.
async fn boot_id(context: &Context<'_>, args: &Map) -> Result<Result<String, String>, CallError> {
    let done = shell(context, text(args, "boot_time_command").unwrap_or_default()).await?;
    let said = |name: &str| done.values.get(name).and_then(WireValue::as_str).unwrap_or_default();
    if !done.failed {
        return Ok(Ok(said("stdout").trim().to_owned()));
    }
    let rc = done.values.get("rc").and_then(WireValue::as_int).unwrap_or(-1);
    Ok(Err(format!(
        "reboot: failed to get host boot time info, rc: {rc}, stdout: {}, stderr: {}",
        said("stdout"),
        said("stderr")
    )))
}

/// The command, its program found in the search paths; the inner error is that it is nowhere.
async fn command(context: &Context<'_>, args: &Map) -> Result<Result<String, String>, CallError> {
    let given = text(args, "reboot_command").filter(|c| !c.is_empty());
    let (program, words) = match given {
        Some(command) => {
            let (program, words) = command.split_once(' ').unwrap_or((command, ""));
            (program, words.to_owned())
        }
        None => {
            let minutes = seconds(args, "pre_reboot_delay").as_secs() / 60;
            let message = text(args, "msg").unwrap_or_default().replace('\0', "");
            let message = shlex::try_quote(&message).map(std::borrow::Cow::into_owned).unwrap_or_default();
            ("shutdown", format!("-r {minutes} {message}"))
        }
    };
    if program.starts_with('/') {
        return Ok(Ok(format!("{program} {words}")));
    }
    let paths = arg(args, "search_paths").clone();
    let find = WireMap::from_iter([
        ("paths".to_owned(), WireValue::from(&paths)),
        ("patterns".to_owned(), program.into()),
        ("file_type".to_owned(), "any".into()),
    ]);
    let found = module::helper(context, "find", find, None).await?;
    let files = found.values.get("files").cloned().map(Value::from).unwrap_or_default();
    let first =
        files.as_list().and_then(|list| list.first()).and_then(|f| f.get("path")).and_then(Value::as_str);
    Ok(match first {
        Some(path) => Ok(format!("{path} {words}")),
        None => {
            let shown = warp_agent::python::repr(&WireValue::from(&paths));
            Err(format!("Unable to find command \"{program}\" in search paths: {shown}"))
        }
    })
}
