//! The same calls of virt, virt_net and virt_pool by warp and by community.libvirt, on one daemon: every result is the
//! same but for what differs from call to call.

use crate::bench::Bench;
use crate::support::oracle;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use warp_agent::wire::Mode;

const NETWORK: &str = "<network><name>net</name><forward mode='nat'/><bridge name='brnet' stp='off' delay='0'/>\
    <mac address='52:54:00:00:00:01'/><domain name='lab.test'/><ip address='192.168.99.1' netmask='255.255.255.0'>\
    <dhcp><range start='192.168.99.10' end='192.168.99.20'/></dhcp></ip></network>";

const DOMAIN: &str = "<domain type='qemu'><name>dom</name><memory unit='MiB'>16</memory><os>\
    <type arch='x86_64' machine='pc'>hvm</type></os><devices><interface type='network'>\
    <mac address='52:54:00:00:00:02'/><source network='net'/></interface></devices></domain>";

/// What may differ: identities that libvirt makes up, clocks, and what only Ansible or only a report reads.
const VARYING: [&str; 9] = [
    "cpuTime",
    "freemem",
    "phymemory",
    "invocation",
    "exception",
    "diff",
    "warnings",
    "size_used",
    "size_available",
];

/// Each call in turn: the module, its arguments, and whether it is in check mode.
fn calls(pool: &str) -> Vec<(&'static str, Value, bool)> {
    let mut calls = Vec::new();
    networks(&mut |args, check| calls.push(("virt_net", args, check)));
    pools(pool, &mut |args, check| calls.push(("virt_pool", args, check)));
    calls.push(("virt_net", json!({"state": "present", "name": "net", "xml": NETWORK}), false));
    calls.push(("virt_net", json!({"state": "active", "name": "net"}), false));
    domains(&mut |args, check| calls.push(("virt", args, check)));
    calls.push(("virt_net", json!({"state": "absent", "name": "net"}), false));
    calls
}

fn networks(call: &mut dyn FnMut(Value, bool)) {
    let command = |name: &str| json!({"command": name, "name": "net"});
    let state = |name: &str| json!({"state": name, "name": "net"});
    let define = json!({"command": "define", "name": "net", "xml": NETWORK});
    let host = |ip: &str| {
        let xml = format!("<host mac='52:54:00:00:00:09' name='h' ip='{ip}'/>");
        json!({"command": "modify", "name": "net", "xml": xml})
    };
    for absent in ["status", "create", "destroy", "get_xml", "undefine"] {
        call(command(absent), false);
    }
    for absent in ["status", "create"] {
        call(command(absent), true);
    }
    for absent in ["active", "inactive", "present", "absent"] {
        call(state(absent), false);
    }
    call(json!({"autostart": true, "name": "net"}), false);
    call(json!({"command": "define", "name": "net"}), false);
    call(define.clone(), true);
    call(define.clone(), false);
    call(define, false);
    for check in [true, false, false] {
        call(command("create"), check);
        call(json!({"autostart": true, "name": "net"}), check);
    }
    call(host("192.168.99.5"), true);
    for ip in ["192.168.99.5", "192.168.99.5", "192.168.99.6"] {
        call(host(ip), false);
    }
    call(json!({"command": "modify", "name": "net", "xml": "<dns/>"}), false);
    call(json!({"command": "list_nets"}), false);
    call(json!({"command": "list_nets", "state": "inactive"}), false);
    call(json!({"command": "facts"}), false);
    call(json!({"command": "facts", "name": "net"}), false);
    call(json!({"command": "info"}), false);
    call(command("get_xml"), false);
    call(command("status"), false);
    call(json!({"autostart": false, "name": "net"}), false);
    for check in [true, false, false] {
        call(state("inactive"), check);
        call(command("stop"), check);
        call(state("active"), check);
    }
    for check in [true, false, false] {
        call(state("absent"), check);
    }
    call(json!({"name": "net"}), false);
    call(json!({"state": "active"}), false);
}

fn pools(path: &str, call: &mut dyn FnMut(Value, bool)) {
    let command = |name: &str| json!({"command": name, "name": "pool"});
    let state = |name: &str| json!({"state": name, "name": "pool"});
    let xml = format!("<pool type='dir'><name>pool</name><target><path>{path}</path></target></pool>");
    let define = json!({"command": "define", "name": "pool", "xml": xml});
    for absent in ["status", "create", "refresh", "build"] {
        call(command(absent), false);
        if absent != "refresh" {
            call(command(absent), true);
        }
    }
    for absent in ["active", "inactive", "present", "absent"] {
        call(state(absent), false);
    }
    call(define.clone(), true);
    call(define.clone(), false);
    call(define, false);
    call(json!({"command": "info"}), false);
    for name in ["create", "build", "create"] {
        call(command(name), false);
    }
    for check in [true, false, false] {
        call(json!({"autostart": true, "name": "pool"}), check);
    }
    for name in ["create", "refresh", "status", "get_xml"] {
        call(command(name), false);
    }
    for name in ["list_pools", "facts", "info"] {
        call(json!({"command": name}), false);
    }
    call(json!({"command": "list_pools", "state": "inactive"}), false);
    for check in [true, false, false] {
        call(state("inactive"), check);
        call(state("active"), check);
    }
    call(command("stop"), true);
    call(command("stop"), false);
    call(command("delete"), true);
    call(command("delete"), false);
    for check in [true, false, false] {
        call(state("absent"), check);
    }
    call(command("undefine"), false);
    call(json!({"command": "define", "name": "pool"}), false);
}

fn domains(call: &mut dyn FnMut(Value, bool)) {
    let command = |name: &str| json!({"command": name, "name": "dom"});
    let state = |name: &str| json!({"state": name, "name": "dom"});
    let define = |xml: &str| json!({"command": "define", "xml": xml, "mutate_flags": ["ADD_UUID"]});
    for absent in ["status", "start", "destroy", "get_xml", "uuid", "undefine"] {
        call(command(absent), false);
    }
    call(state("running"), false);
    call(json!({"autostart": true, "name": "dom"}), false);
    call(json!({"command": "define"}), false);
    call(json!({"command": "define", "xml": DOMAIN, "name": "other"}), false);
    call(define(DOMAIN), true);
    for _ in 0..2 {
        call(define(DOMAIN), false);
    }
    call(define(&DOMAIN.replace(">16<", ">17<")), false);
    let other = DOMAIN.replace("<name>", "<uuid>11111111-2222-8333-8444-555555555555</uuid><name>");
    call(define(&other), false);
    call(json!({"command": "define", "xml": DOMAIN, "mutate_flags": []}), false);
    for name in ["list_vms", "info", "virttype", "nodeinfo", "freemem"] {
        call(json!({"command": name}), false);
    }
    for wanted in ["shutdown", "running"] {
        call(json!({"command": "list_vms", "state": wanted}), false);
    }
    for check in [true, false, false] {
        call(json!({"autostart": true, "name": "dom"}), check);
        call(state("running"), check);
    }
    for name in ["start", "status", "get_interfaces", "uuid", "pause", "status", "unpause"] {
        call(command(name), false);
    }
    for wanted in ["paused", "paused", "running", "running"] {
        call(state(wanted), false);
    }
    call(command("undefine"), true);
    for check in [true, false, false] {
        call(state("destroyed"), check);
    }
    call(command("destroy"), false);
    call(json!({"command": "undefine", "name": "dom", "flags": ["nvram", "keep_nvram"]}), false);
    call(json!({"command": "undefine", "name": "dom", "flags": ["nvram"], "force": true}), false);
    call(json!({"command": "start"}), false);
    call(json!({}), false);
    call(define(DOMAIN), false);
    call(json!({"command": "undefine", "name": "dom", "force": true}), false);
}

#[test]
fn results_are_those_of_the_collection() {
    let bench = Bench::new("parity", "00000000feedbeef");
    bench.lab.connect().unwrap();
    let pool = bench.lwd.join("pool");
    let mut calls = calls(pool.to_str().unwrap());
    for (_, args, _) in &mut calls {
        args["uri"] = bench.lab.uri().unwrap().into();
    }
    let theirs = by_ansible(&calls);
    assert_eq!(theirs.len(), calls.len());
    let mut differences = Vec::new();
    for ((module, args, check), theirs) in calls.iter().zip(theirs) {
        let ours = by_warp(&bench, module, args, *check);
        let theirs = normal(theirs, "");
        if ours != theirs {
            differences.push(format!("{module} {args} check={check}\n  ansible {theirs}\n  warp    {ours}"));
        }
    }
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), calls.len(), differences.join("\n"));
    assert!(bench.lab.teardown(warp::lab::Level::All).unwrap().kept.is_empty());
}

fn by_warp(bench: &Bench, module: &str, args: &Value, check: bool) -> Value {
    let effect = bench.call(module, &args.to_string(), Mode { check, ..Mode::default() });
    let outcome = effect.outcome;
    let values = warp_agent::value::Value::Map(outcome.values);
    let mut shown = Value::from(&warp::value::Value::from(values));
    shown["changed"] = outcome.changed.into();
    shown["failed"] = outcome.failed.into();
    normal(shown, "")
}

/// Runs the collection's modules, each call in a process of its own as Ansible does, but forked from one that has read
/// them: a playbook takes a second for each.
const DRIVER: &str = r#"
import importlib, json, os, sys
from ansible.module_utils.testing import patch_module_args
names = ("virt", "virt_net", "virt_pool")
modules = {n: importlib.import_module("ansible_collections.community.libvirt.plugins.modules." + n) for n in names}
results = []
for module, args, check in json.load(sys.stdin):
    read, write = os.pipe()
    if os.fork() == 0:
        os.dup2(write, 1)
        with patch_module_args({**args, "_ansible_check_mode": check}):
            modules[module].main()
    os.close(write)
    with os.fdopen(read) as said:
        results.append({"changed": False, "failed": False, **json.load(said)})
    os.wait()
json.dump(results, sys.stdout)
"#;

fn by_ansible(calls: &[(&'static str, Value, bool)]) -> Vec<Value> {
    // Debian packages libvirt's binding for its own Python, which is of the version that the oracle was installed by.
    let ansible = Command::new(oracle::bin().join("python"))
        .args(["-c", "import ansible; print(ansible.__path__[0] + '/..')"])
        .output()
        .unwrap();
    let path = format!(
        "{}:{}",
        String::from_utf8_lossy(&ansible.stdout).trim(),
        oracle::bin().join("../collections").display()
    );
    let mut driver = Command::new("/usr/bin/python3")
        .args(["-W", "ignore", "-c", DRIVER])
        .env("PYTHONPATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    driver.stdin.take().unwrap().write_all(json!(calls).to_string().as_bytes()).unwrap();
    let output = driver.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "the collection needs: apt-get install python3-libvirt python3-lxml\n{}",
        crate::support::streams(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A result without what may differ.
fn normal(value: Value, key: &str) -> Value {
    match value {
        _ if key == "uuid" => "UUID".into(),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(key, _)| !VARYING.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), normal(value, &key)))
                .collect(),
        ),
        Value::Array(list) => list.into_iter().map(|v| normal(v, "")).collect(),
        Value::String(text) => {
            let varies = |line: &&str| !line.contains("<allocation") && !line.contains("<available");
            without_uuids(&text.lines().filter(varies).collect::<Vec<_>>().join("\n")).into()
        }
        other => other,
    }
}

fn without_uuids(text: &str) -> String {
    let uuid = fancy_regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    uuid.replace_all(text, "UUID").into_owned()
}
