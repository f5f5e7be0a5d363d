//! `service` by init scripts.

use crate::harness::{Agent, CHECK, DIFF, msg, value};
use crate::oracle::{self, Case, World};
use crate::private;
use crate::sandbox::Sandbox;
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = r"cat > /etc/init.d/zz <<'X'
#!/bin/sh
### BEGIN INIT INFO
# Provides: zz
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
case $1 in
start) touch /etc/zz.run;;
stop) rm -f /etc/zz.run;;
status) test -e /etc/zz.run || exit 3;;
*) echo cannot >&2; exit 1;;
esac
X
chmod +x /etc/init.d/zz";

#[test]
fn a_script_is_started_enabled_and_left_alone_then() {
    if std::path::Path::new("/run/systemd/system").exists() {
        eprintln!("nothing was tested: systemd manages services here");
        return;
    }
    let Some(mut sandbox) = Sandbox::start(&["/etc"], SCRIPT) else { return };
    let on = r#"{"name": "zz", "state": "started", "enabled": true}"#;
    let runs = |sandbox: &Sandbox| sandbox.place("/etc", "zz.run").exists();
    assert!(sandbox.agent.call_in("service", on, &CHECK).changed);
    assert!(!runs(&sandbox));
    let outcome = sandbox.agent.call("service", on);
    assert!(outcome.changed, "{}", msg(&outcome));
    assert_eq!((value(&outcome, "state"), value(&outcome, "enabled")), ("started".into(), "True".into()));
    assert!(runs(&sandbox) && sandbox.place("/etc", "rc2.d/S01zz").symlink_metadata().is_ok());
    assert!(!sandbox.agent.call("service", on).changed);
    assert!(sandbox.agent.call("service", r#"{"name": "zz", "state": "restarted"}"#).changed);
    assert_eq!(msg(&sandbox.agent.call("service", r#"{"name": "zz", "state": "reloaded"}"#)), "cannot\n");
    let off = r#"{"name": "zz", "state": "stopped", "enabled": false}"#;
    assert!(sandbox.agent.call("service", off).changed);
    assert!(!runs(&sandbox));
    assert!(!sandbox.agent.call("service", off).changed);
}

#[test]
fn what_is_not_there_is_named() {
    let mut agent = Agent::start();
    let outcome = agent.call("service", r#"{"name": "warp-none", "state": "started", "use": "sysvinit"}"#);
    assert_eq!(msg(&outcome), "Could not find the requested service warp-none: host");
    let outcome = agent.call("service", r#"{"name": "x", "state": "started", "use": "runit"}"#);
    assert_eq!(msg(&outcome), "services by runit are not supported; systemd and sysvinit are");
}

/// The script, neither enabled nor running.
macro_rules! scripted {
    ($more:literal) => {
        concat!(
            "rm -f /etc/zz.run /etc/rc?.d/*zz; cat > /etc/init.d/zz <<'X'\n\
             #!/bin/sh\n### BEGIN INIT INFO\n# Provides: zz\n# Required-Start:\n# Required-Stop:\n\
             # Default-Start: 2 3 4 5\n# Default-Stop: 0 1 6\n### END INIT INFO\ncase $1 in\n\
             start) touch /etc/zz.run; echo up $2;;\nstop) rm -f /etc/zz.run;;\n\
             status) test -e /etc/zz.run || exit 3;;\n*) echo cannot >&2; exit 1;;\nesac\nX\n\
             chmod +x /etc/init.d/zz; exec >/dev/null 2>&1; ",
            $more,
            "; true"
        )
    };
}

const SCRIPTS: &[Case] = &[
    (scripted!(":"), "sysvinit", r#"{"name": "zz", "state": "started", "arguments": "quick"}"#),
    (scripted!("/etc/init.d/zz start"), "sysvinit", r#"{"name": "zz", "state": "started"}"#),
    (scripted!("/etc/init.d/zz start"), "sysvinit", r#"{"name": "zz", "state": "stopped"}"#),
    (scripted!(":"), "sysvinit", r#"{"name": "zz", "state": "stopped"}"#),
    (scripted!(":"), "sysvinit", r#"{"name": "zz", "state": "restarted", "sleep": 0}"#),
    (scripted!("/etc/init.d/zz start"), "sysvinit", r#"{"name": "zz", "state": "reloaded"}"#),
    (scripted!(":"), "sysvinit", r#"{"name": "zz", "state": "reloaded"}"#),
    (scripted!(":"), "sysvinit", r#"{"name": "zz", "enabled": true}"#),
    (
        scripted!("update-rc.d zz defaults"),
        "sysvinit",
        r#"{"name": "zz", "enabled": true, "state": "started"}"#,
    ),
    (scripted!("update-rc.d zz defaults"), "sysvinit", r#"{"name": "zz", "enabled": false}"#),
    (
        scripted!("update-rc.d zz defaults"),
        "sysvinit",
        r#"{"name": "zz", "enabled": false, "runlevels": ["2", "3"]}"#,
    ),
    (scripted!(":"), "sysvinit", r#"{"name": "warp-none", "enabled": false}"#),
];

#[test]
fn scripts_are_run_as_by_ansible() {
    if Path::new("/run/systemd/system").exists() {
        eprintln!("nothing was tested: systemd manages services here");
        return;
    }
    private::files(&["/etc"], || {
        let listing = |_: &Path| {
            let script = "cd /etc; ls zz.run; find rc?.d -name '*zz' | sort";
            let output = Command::new("sh").args(["-c", script]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
        };
        let modes = &[CHECK, DIFF];
        oracle::compare_in(
            &World { python: None, environment: &[], base: "", modes, unequal: &[], listing },
            SCRIPTS,
        );
    });
}
