//! Made-up inventories, as files by name, and questions about them.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Files by their names below the inventory's folder; a single one is the inventory itself.
pub type Files = BTreeMap<String, String>;

fn one(of: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(of).prop_map(str::to_owned).boxed()
}

fn host() -> BoxedStrategy<String> {
    prop_oneof![
        6 => one(&["h1", "h2", "h3", "web1", "db.example", "localhost", "127.0.0.1"]),
        2 => one(&[
            "w[1:3]", "w[01:03]", "n[a:c].x", "w[1:9:4]", "r[0:1]s[1:2]", "h[1:3]", "w[3:1]", "w[1:]", "e[:2]", "W[A:C]",
        ]),
        1 => one(&["h1:22", "[::1]:2222", "h2:port", "fe80::1", "ü1", "a_b-c", "h 4", "1234", "host.", "w[1:2]:5000"]),
    ]
    .boxed()
}

fn group() -> BoxedStrategy<String> {
    prop_oneof![
        8 => one(&["g1", "g2", "g3", "g4"]),
        1 => one(&["all", "ungrouped", "my-group", "h1", "2nd"]),
    ]
    .boxed()
}

fn value() -> BoxedStrategy<String> {
    one(&[
        "1",
        "x",
        "'a b'",
        "\"q\"",
        "True",
        "yes",
        "[1, 'a']",
        "{'k': 1}",
        "1.5",
        "'#no'",
        "a#b",
        "x # comment",
        "010",
        "None",
        "",
        "a=b",
        "'{{ v }}'",
        "{{ v }}",
        "0x1F",
        "1_000",
        "'it''s'",
        "\\n",
        "(1, 2)",
        "2020-01-01",
        "é",
        "1e3",
        "-5",
        "b'x'",
    ])
}

fn name() -> BoxedStrategy<String> {
    one(&["v", "w", "ansible_port", "ansible_host", "x1", "ansible_group_priority", "ansible_connection"])
}

fn pair() -> BoxedStrategy<String> {
    (name(), value(), prop::bool::weighted(0.1))
        .prop_map(
            |(name, value, spaced)| {
                if spaced { format!("{name} = {value}") } else { format!("{name}={value}") }
            },
        )
        .boxed()
}

fn ini() -> BoxedStrategy<String> {
    let member =
        (host(), prop::collection::vec(pair(), 0..3)).prop_map(|(h, v)| format!("{h} {}", v.join(" ")));
    let odd = one(&["# comment", "; comment", "", "  ", "h1 v=1 # c", "garbage [", "=x", "h1 v", "- a"]);
    let members = prop::collection::vec(prop_oneof![9 => member.boxed(), 1 => odd], 0..4);
    let section = prop_oneof![
        4 => (group(), members.clone()).prop_map(|(g, lines)| format!("[{g}]\n{}", lines.join("\n"))),
        2 => (group(), prop::collection::vec(pair(), 0..3)).prop_map(|(g, v)| format!("[{g}:vars]\n{}", v.join("\n"))),
        2 => (group(), prop::collection::vec(group(), 0..3))
            .prop_map(|(g, children)| format!("[{g}:children]\n{}", children.join("\n"))),
        1 => one(&["[g1:hosts]\nh1", "[g1:other]", "[ g1 ]\nh2", "[g1] # c\nh1", "[g1", "[]"]),
    ];
    (members, prop::collection::vec(section, 0..5))
        .prop_map(|(first, sections)| format!("{}\n{}\n", first.join("\n"), sections.join("\n")))
        .boxed()
}

fn variables() -> BoxedStrategy<Json> {
    let values = vec![
        json!(1),
        json!("x"),
        json!([1, {"a": null}]),
        json!({"k": [true]}),
        json!(null),
        json!(1.5),
        json!("{{ v }}"),
        json!("10"),
        json!({"z": 1, "a": 2}),
        json!(""),
    ];
    prop::collection::btree_map(name(), prop::sample::select(values), 0..3)
        .prop_map(|vars| json!(vars))
        .boxed()
}

fn groups(depth: u32) -> BoxedStrategy<Json> {
    let hosts = prop_oneof![
        8 => prop::collection::btree_map(host(), prop_oneof![Just(json!(null)), variables()], 0..3).prop_map(|h| json!(h)),
        1 => prop::sample::select(vec![json!(null), json!("h1"), json!(["h1"]), json!({"h1": 3})]),
    ];
    let children = if depth == 0 { Just(json!({})).boxed() } else { groups(depth - 1) };
    let one = (prop::option::of(hosts), prop::option::of(variables()), prop::option::of(children), 0..20)
        .prop_map(|(hosts, vars, children, odd)| {
            let mut group = Map::new();
            group.extend(hosts.map(|h| ("hosts".to_owned(), h)));
            group.extend(vars.map(|v| ("vars".to_owned(), v)));
            group.extend(children.map(|c| ("children".to_owned(), c)));
            match odd {
                0 => json!(null),
                1 => {
                    group.insert("other".to_owned(), json!(1));
                    json!(group)
                }
                _ => json!(group),
            }
        });
    prop::collection::btree_map(group(), one, 0..3).prop_map(|groups| json!(groups)).boxed()
}

fn yaml(value: &Json) -> String {
    // By way of text: serde_json's numbers are its own.
    let value: serde_yaml::Value = serde_yaml::from_str(&value.to_string()).unwrap();
    serde_yaml::to_string(&value).unwrap()
}

fn folder() -> BoxedStrategy<Files> {
    let file = prop_oneof![
        2 => (one(&["01-hosts", "hosts", "hosts.ini", "zz", "b.cfg", ".hidden", "x~", "old.bak", "noext.retry"]), ini()),
        2 => (one(&["02.yml", "10.yaml", "a.json"]), groups(1).prop_map(|g| yaml(&g))),
        2 => (
            one(&["group_vars/all", "group_vars/all.yml", "group_vars/g1.yml", "group_vars/g1/x.yml", "group_vars/g2.yaml",
                "group_vars/g1/sub/y.yml", "group_vars/g2.json", "group_vars/ungrouped.yml", "group_vars/g1/.z.yml"]),
            variables().prop_map(|v| yaml(&v)),
        ),
        2 => (
            one(&["host_vars/h1.yml", "host_vars/h1/y", "host_vars/h2.json", "host_vars/w1.yml", "host_vars/localhost.yml"]),
            variables().prop_map(|v| yaml(&v)),
        ),
    ];
    prop::collection::vec(file, 1..5)
        .prop_map(|files| {
            let mut kept = Files::new();
            for (name, text) in files {
                // A name cannot be a file and a folder.
                let inside = |a: &str, b: &str| a.starts_with(&format!("{b}/"));
                if !kept.keys().any(|other| inside(other, &name) || inside(&name, other)) {
                    kept.insert(format!("inv/{name}"), text);
                }
            }
            kept
        })
        .boxed()
}

/// The files of an inventory that is `inv`.
pub fn files() -> BoxedStrategy<Files> {
    let single = |text: String| Files::from([("inv".to_owned(), text)]);
    prop_oneof![
        3 => ini().prop_map(single),
        2 => groups(2).prop_map(move |g| Files::from([("inv".to_owned(), yaml(&g))])),
        2 => folder(),
    ]
    .boxed()
}

fn pattern() -> BoxedStrategy<String> {
    let term = one(&[
        "all",
        "g1",
        "g2",
        "g3",
        "h1",
        "h*",
        "*",
        "w?",
        "~h[12]",
        "~^w",
        "g1[0]",
        "g1[-1]",
        "all[1:2]",
        "all[0:]",
        "nobody",
        "ungrouped",
        "w1",
        "*.example",
        "g?",
        "g1[5]",
        "db.example",
        "localhost",
        "all[:1]",
        "w[1:2]",
        "h1:22",
    ]);
    let joint = one(&[":", ",", ":&", ":!", ",!", ",&"]);
    (term.clone(), prop::collection::vec((joint, term), 0..3))
        .prop_map(|(first, more)| more.into_iter().fold(first, |made, (joint, term)| made + &joint + &term))
        .boxed()
}

/// A question: a program of Ansible's and its arguments.
pub fn question() -> BoxedStrategy<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>();
    let asked = move |first: &[&str], more: Vec<String>| [words(first), more].concat();
    prop_oneof![
        3 => Just(words(&["ansible-inventory", "--list"])),
        1 => Just(words(&["ansible-inventory", "--list", "--export"])),
        1 => Just(words(&["ansible-inventory", "--list", "--yaml"])),
        1 => Just(words(&["ansible-inventory", "--list", "--yaml", "--export"])),
        2 => Just(words(&["ansible-inventory", "--graph", "--vars"])),
        1 => group().prop_map(move |g| asked(&["ansible-inventory", "--graph"], vec![g])),
        2 => one(&["h1", "h2", "w1", "w01", "localhost", "nobody"])
            .prop_map(move |h| asked(&["ansible-inventory", "--host"], vec![h])),
        4 => pattern().prop_map(move |p| asked(&["ansible", "--list-hosts"], vec![p])),
        2 => (pattern(), pattern()).prop_map(move |(p, l)| asked(&["ansible", "--list-hosts", "-l"], vec![l, p])),
        1 => pattern().prop_map(move |l| asked(&["ansible-inventory", "--list", "--limit"], vec![l])),
    ]
    .boxed()
}
