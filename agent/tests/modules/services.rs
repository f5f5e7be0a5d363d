//! `service` by init scripts.

use crate::harness::{Agent, CHECK, msg, value};
use crate::sandbox::Sandbox;

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
