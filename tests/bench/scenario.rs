//! The plays that are timed.

use crate::sshd::Sshd;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A play and how many hosts it runs on; none means the local machine without a connection.
pub struct Scenario {
    pub name: &'static str,
    hosts: usize,
    facts: bool,
    tasks: fn() -> String,
}

pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "cmd100", hosts: 1, facts: false, tasks: commands },
    Scenario { name: "mixed10", hosts: 10, facts: false, tasks: || mixed(50) },
    Scenario { name: "loop300", hosts: 1, facts: false, tasks: a_loop },
    Scenario { name: "facts20", hosts: 20, facts: true, tasks: facts },
    Scenario { name: "scale50", hosts: 50, facts: false, tasks: || mixed(10) },
    Scenario { name: "engine", hosts: 0, facts: false, tasks: engine },
    Scenario { name: "tree", hosts: 1, facts: false, tasks: tree },
];

fn commands() -> String {
    "- {command: /bin/true, changed_when: false}\n".repeat(100)
}

fn a_loop() -> String {
    "- lineinfile: {path: \"{{ scratch }}/l\", create: true, line: \"item {{ item }}\"}\n  \
     loop: \"{{ range(300) | list }}\"\n"
        .to_owned()
}

fn facts() -> String {
    "- assert: {that: [ansible_hostname is defined]}\n".to_owned()
}

fn tree() -> String {
    "- copy: {src: tree/, dest: \"{{ scratch }}/tree/\"}\n".to_owned()
}

fn engine() -> String {
    let mut text = String::new();
    for i in 1..=200 {
        text += &format!("- set_fact: {{a{i}: \"{{{{ (a{} | default(0) | int) + 1 }}}}\"}}\n", i - 1);
    }
    text + "- debug: {msg: \"{{ item }} {{ a200 }}\"}\n  loop: \"{{ range(1000) | list }}\"\n\
            - assert: {that: [\"a200 | int == 200\"]}\n"
}

fn mixed(count: usize) -> String {
    const KINDS: [&str; 7] = [
        "- file: {path: \"{{ scratch }}/d@\", state: directory, mode: '0755'}\n",
        "- copy: {content: \"host {{ inventory_hostname }} line @\\n\", dest: \"{{ scratch }}/f@\", mode: '0644'}\n",
        "- template: {src: t.j2, dest: \"{{ scratch }}/t@\"}\n  vars: {n: @}\n",
        "- lineinfile: {path: \"{{ scratch }}/lines\", create: true, line: \"key@=v\", regexp: '^key@='}\n",
        "- stat: {path: \"{{ scratch }}/lines\"}\n  register: st\n",
        "- command: echo @\n  register: out\n  changed_when: false\n",
        "- set_fact: {v@: \"{{ out.stdout | default('') }}-@\"}\n",
    ];
    (0..count).map(|i| KINDS[i % KINDS.len()].replace('@', &i.to_string())).collect()
}

impl Scenario {
    /// Writes inventory, play and files into `work`; the play leaves its files below `left`.
    pub fn write(&self, work: &Path, left: &Path, server: &Sshd) {
        let mut play = format!(
            "- hosts: all\n  gather_facts: {}\n  vars:\n    scratch: \"{}/{{{{ inventory_hostname }}}}\"\n  tasks:\n",
            self.facts,
            left.display()
        );
        let tasks = format!("- file: {{path: \"{{{{ scratch }}}}\", state: directory}}\n{}", (self.tasks)());
        for line in tasks.lines() {
            play += &format!("    {line}\n");
        }
        fs::write(work.join("play.yml"), play).unwrap();
        fs::write(work.join("inventory"), inventory(server, self.hosts)).unwrap();
        fs::create_dir_all(work.join("templates")).unwrap();
        let template =
            "{% for i in range(20) %}\nline {{ i }} of {{ n }} on {{ inventory_hostname }}\n{% endfor %}\n";
        fs::write(work.join("templates/t.j2"), template).unwrap();
        for i in 0..200 {
            let dir = work.join(format!("tree/s{}", i % 10));
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join(format!("f{i}")), "x".repeat(500 + i)).unwrap();
        }
    }
}

/// An inventory of so many hosts, each an address of its own; of none, the local machine.
fn inventory(server: &Sshd, hosts: usize) -> String {
    if hosts == 0 {
        return "localhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n".to_owned();
    }
    // Addresses are many, keys known for one: neither runner checks them.
    let unchecked =
        "ansible_ssh_common_args='-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'";
    let hosts: String = (1..=hosts).map(|i| format!("h{i} ansible_host=127.1.0.{i}\n")).collect();
    format!("[hosts]\n{hosts}[all:vars]\n{}{unchecked}\n", server.variables())
}

/// Every file below a folder with its bytes.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                into.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut into = BTreeMap::new();
    walk(root, root, &mut into);
    into
}
