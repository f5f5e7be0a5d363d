//! What answers in place of the agent: this test program, which sshd starts for whatever it is asked to run.

use std::io::{BufRead, Write};
use std::time::Duration;
use warp_agent::outcome::Outcome;
use warp_agent::value::{Map, Value};
use warp_agent::wire::{MAX_FRAME, Request, ToAgent, ToController, VERSION};

/// The controller's side of the conversation, on standard streams.
struct Guest {
    input: std::io::StdinLock<'static>,
    output: std::io::StdoutLock<'static>,
}

impl Guest {
    /// Takes warp's script and says that the agent is there.
    fn new() -> Self {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
        let mut script = String::new();
        input.read_line(&mut script).unwrap();
        let (_, rest) = script.split_once("m=").unwrap();
        let mark = rest.split(';').next().unwrap();
        if case() == "noise" {
            loop {
                output.write_all(&[b'x'; 4096]).unwrap();
            }
        }
        writeln!(output, "{mark} have").unwrap();
        output.flush().unwrap();
        Guest { input, output }
    }

    /// Sends bytes; the end of the link is the end of the guest.
    fn send(&mut self, bytes: &[u8]) {
        if self.output.write_all(bytes).and_then(|()| self.output.flush()).is_err() {
            std::process::exit(0);
        }
    }

    fn say(&mut self, frame: &ToController) {
        self.send(&framed(&postcard::to_stdvec(frame).unwrap()));
    }

    /// The next frame of the controller's.
    fn hear(&mut self) -> ToAgent {
        let mut read = |size: usize| {
            let mut bytes = vec![0; size];
            match std::io::Read::read_exact(&mut self.input, &mut bytes) {
                Ok(()) => bytes,
                Err(_) => std::process::exit(0),
            }
        };
        let prefix = read(4);
        let length = u32::from_le_bytes(prefix.try_into().unwrap());
        postcard::from_bytes(&read(length as usize)).unwrap()
    }

    /// The next request and its id; pings are answered.
    fn request(&mut self) -> (u64, Request) {
        loop {
            match self.hear() {
                ToAgent::Start(id, request) => return (id, request),
                ToAgent::Ping(n) => self.say(&ToController::Pong(n)),
                ToAgent::Bye => std::process::exit(0),
                _ => {}
            }
        }
    }

    /// Answers everything as if all were well, until the end.
    fn agree(&mut self) -> ! {
        loop {
            let (id, request) = self.request();
            self.answer(id, &request);
        }
    }

    fn answer(&mut self, id: u64, request: &Request) {
        let mut outcome = Outcome::ok();
        match request {
            Request::Run { call, .. } if call.module == "stat" => {
                let stat: Map = [("exists", true), ("isdir", false), ("isreg", true)]
                    .map(|(name, value)| (name.to_owned(), Value::Bool(value)))
                    .into_iter()
                    .collect();
                outcome = outcome.with("stat", stat);
            }
            Request::Read { .. } => {
                self.say(&ToController::Data { id, bytes: b"guest\n".to_vec(), last: true });
                // Of that content.
                let sum = "649b9c4f6931a6d274d0309eddb6da50fbcc92c9";
                outcome = outcome.with("checksum", sum).with("size", 6).with("dest", "/etc/elsewhere");
            }
            _ => {}
        }
        self.say(&ToController::Done(id, outcome));
    }
}

fn case() -> String {
    std::env::var("HOSTILE").unwrap()
}

fn framed(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_le_bytes(), body].concat()
}

fn hello(version: u32) -> ToController {
    ToController::Hello { version, uid: 0, home: "/\u{1b}[2J".into() }
}

/// A result that would lead elsewhere, were any of it believed.
fn tempting() -> Outcome {
    let text = |t: &str| Value::from(t);
    let facts: Map = [
        ("ansible_host", "192.0.2.1"),
        ("ansible_connection", "local"),
        ("ansible_become", "yes"),
        ("ansible_become_exe", "touch owned;"),
        ("ansible_user", "nobody"),
        ("ansible_python_interpreter", "/evil"),
        ("ansible_ssh_common_args", "-o ProxyCommand=touch${IFS}owned"),
        ("ansible_ssh_executable", "/evil"),
        ("inventory_hostname", "good"),
        ("playbook_dir", "/evil"),
        ("role_path", "/evil"),
        ("harmless", "{{ lookup('pipe', 'touch owned') }}"),
        ("\u{1b}]0;name\u{7}", "\u{9b}2J\u{1b}[31m \u{202e} \0"),
    ]
    .map(|(name, value)| (name.to_owned(), text(value)))
    .into_iter()
    .collect();
    let host: Map = [("host_name".to_owned(), text("made-up"))].into_iter().collect();
    let vars: Map = [("ansible_host".to_owned(), text("192.0.2.2"))].into_iter().collect();
    let mut outcome = Outcome::ok()
        .with("ping", "\u{1b}[2J{{ lookup('pipe', 'touch owned') }}")
        .with("ansible_facts", facts)
        .with("add_host", host)
        .with("add_group", "made_up")
        .with("_ansible_delegated_vars", vars)
        .with("_ansible_no_log", true)
        .with("include", "/etc/passwd")
        .with("exception", "\u{1b}[2J")
        .with("ansible_job_id", "../../x")
        .with("results_file", "/etc/passwd");
    outcome.warnings.push("\u{1b}]0;warned\u{7}\u{9b}2J".to_owned());
    outcome
}

#[test]
#[ignore = "started by sshd in place of the agent"]
fn plays_the_agent() {
    let mut guest = Guest::new();
    let case = case();
    let stranger = ToController::Done(99, Outcome::ok().with("ping", "stranger"));
    match case.as_str() {
        "version" => guest.say(&hello(VERSION + 1)),
        "answers first" => guest.say(&stranger),
        "not frames" => guest.send(b"Welcome to this machine! It is not what you think.\n"),
        _ => guest.say(&hello(VERSION)),
    }
    if case == "answers unasked" {
        guest.say(&stranger);
    }
    let (id, request) = guest.request();
    let done = |outcome: Outcome| framed(&postcard::to_stdvec(&ToController::Done(id, outcome)).unwrap());
    match case.as_str() {
        "cut" => {
            let whole = done(Outcome::ok());
            guest.send(&whole[..whole.len() - 1]);
            std::process::exit(0);
        }
        "repeated" => {
            for _ in 0..3 {
                guest.answer(id, &request);
            }
            guest.agree();
        }
        "a second hello" => guest.say(&hello(VERSION)),
        "oversized" => guest.send(&(MAX_FRAME as u32 + 1).to_le_bytes()),
        "never asked" => guest.say(&stranger),
        "a stream" => loop {
            guest.say(&ToController::Data { id, bytes: vec![0; 1 << 16], last: false });
        },
        "nested" => {
            let body = [vec![3, 1, 0, 0, 0, 1, 1, b'x'], [5, 1].repeat(8_000_000)].concat();
            guest.send(&framed(&body));
        }
        "many" => {
            // Fifteen million values of one byte each.
            let mut body = vec![3, id as u8, 0, 0, 0, 1, 1, b'x', 5];
            body.extend([0xc0, 0xc3, 0x93, 0x07]);
            body.extend(vec![0; 15_000_000]);
            guest.send(&framed(&body));
        }
        "not text" => {
            // A message that is no UTF-8.
            let body = [vec![3, id as u8, 0, 0, 0, 1, 1, b'x', 4, 2, 0xff, 0xfe], vec![0; 3]].concat();
            guest.send(&framed(&body));
        }
        "endless" => loop {
            guest.say(&ToController::Pong(7));
        },
        "tempting" => {
            guest.say(&ToController::Done(id, tempting()));
            guest.agree();
        }
        other => panic!("no case {other}"),
    }
    // What was sent must be read before the link ends.
    std::thread::sleep(Duration::from_secs(20));
}
