//! Login shells: other ones than sh, ones that print, ones that let nobody in.

use crate::run;
use crate::sshd::Sshd;

/// An account for each login shell, and what it prints whenever it starts.
const SHELLS: &[(&str, &str, &str, &str)] = &[
    ("dashed", "/bin/dash", "", ""),
    (
        "bashed",
        "/bin/bash",
        ".bashrc",
        "echo Welcome; printf 'no end'; printf '\\033[31mred\\033[0m\\n'; date >&2",
    ),
    ("loud", "/bin/bash", ".bashrc", "head -c 300000 /dev/urandom; head -c 300000 /dev/urandom | od >&2"),
    ("fishy", "/usr/bin/fish", ".config/fish/config.fish", "echo fish; set_color red"),
    ("seashell", "/usr/bin/tcsh", ".tcshrc", "echo tcsh; stty erase '^H'"),
    ("busy", "/bin/busybox-sh", "", ""),
];

fn machine(more: &str, accounts: &[(&str, &str, &str, &str)]) -> Sshd {
    Sshd::start_on_machine(more, |dir| {
        let d = dir.display();
        let mut script = format!(
            "mkdir upper work; mount -t overlay overlay -o lowerdir=/etc,upperdir={d}/upper,workdir={d}/work /etc
             mkdir bin; ln -s /bin/busybox bin/sh\n"
        );
        for (name, shell, file, line) in accounts {
            let shell = shell.replace("/bin/busybox-sh", &format!("{d}/bin/sh"));
            script += &format!(
                "useradd -M -s {shell} -d {d}/{name} {name}; mkdir -m 700 {name}; passwd -d {name} >/dev/null\n"
            );
            if !file.is_empty() {
                script +=
                    &format!("mkdir -p $(dirname {name}/{file})\ncat > {name}/{file} <<'END'\n{line}\nEND\n");
            }
            script += &format!("chown -R {name}: {name}\n");
        }
        script
    })
}

/// The server's variables for this account.
fn login(server: &Sshd, name: &str) -> String {
    server.variables().replace("ansible_user=root", &format!("ansible_user={name}"))
}

#[test]
fn shells_that_print_or_are_not_sh_start_the_agent() {
    let server = machine("", SHELLS);
    for (name, shell, ..) in SHELLS {
        for program in [shell, "/bin/busybox"] {
            let there = std::path::Path::new(program).exists() || program.ends_with("busybox-sh");
            assert!(there, "the test needs {program}");
        }
        // Placed, and then found; the shell's own words are in neither.
        for _ in 0..2 {
            let who = run(
                &server,
                &login(&server, name),
                &["far"],
                &["-m", "command", "-a", "sh -c 'id -un; pwd'"],
            );
            let said = ["far | CHANGED", name, &format!("{}/{name}", server.dir.path().display())];
            who.went(&said[1..]);
            assert!(!who.said.contains("Welcome") && !who.said.contains("tcsh"), "{}", who.said);
        }
        let agent = server.at(&format!("{name}/.cache/warp"));
        assert_eq!(std::fs::read_dir(agent).unwrap().count(), 1, "{name}");
    }
}

#[test]
fn shells_that_let_nobody_in_are_told_of() {
    let server = machine(
        "",
        &[
            ("gone", "/usr/sbin/nologin", "", ""),
            ("shut", "/bin/false", "", ""),
            ("calc", "/usr/bin/bc-none", "", ""),
        ],
    );
    let ping = |name: &str| run(&server, &login(&server, name), &["far"], &["-m", "ping"]);
    ping("gone").unreachable(&[
        "could not start the agent: exit status 1",
        "it printed: This account is currently not available.",
        "a login shell that runs commands",
    ]);
    ping("shut")
        .unreachable(&["could not start the agent: exit status 1", "a login shell that runs commands"]);
    // A shell that is not installed: sshd refuses the login itself.
    ping("calc").unreachable(&["the server does not let calc in"]);
}
