//! ansible-core in a process that answers many questions: see oracle.py.

use crate::support;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

/// A running oracle.
pub struct Oracle {
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Oracle {
    /// Starts one, for the test of this name; what it says besides goes into a file.
    pub fn start(name: &str) -> Self {
        let python = support::oracle::bin().join("python");
        let mut command = support::oracle::ansible("python");
        let log = support::scratch(&format!("oracle-{name}")).join("log");
        let mut child = command
            .env("ANSIBLE_PYTHON_INTERPRETER", python)
            .env("ANSIBLE_FORKS", "1")
            .arg(super::super::checkout().join("tests/parity/generated/oracle.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let pipes = Mutex::new((child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap())));
        Oracle { child, pipes }
    }

    /// Asks; `question` names its kind as `ask`.
    pub fn ask(&self, question: &Value) -> Value {
        let mut pipes = self.pipes.lock().unwrap();
        writeln!(pipes.0, "{question}").unwrap();
        let mut line = String::new();
        pipes.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("the oracle failed at {question}: {e}"))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
