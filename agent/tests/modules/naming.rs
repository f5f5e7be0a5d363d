//! `hostname`, each case under both, on a machine whose name only the test sees changed.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use crate::private;
use std::path::Path;
use std::process::Command;

/// The same name before each case, kept in the file of every system.
macro_rules! named {
    ($more:literal) => {
        concat!(
            "echo before > /etc/hostname; hostname before; mkdir -p /etc/sysconfig /etc/conf.d; \
             printf 'NETWORKING=yes\\nHOSTNAME=before\\n' > /etc/sysconfig/network; \
             echo before > /etc/HOSTNAME; printf '# name\\nhostname=\"before\"\\n' > /etc/conf.d/hostname; ",
            $more
        )
    };
}

const CASES: &[Case] = &[
    (named!(""), "hostname", r#"{"name": "after"}"#),
    (named!(""), "hostname", r#"{"name": "before"}"#),
    (named!(""), "hostname", r#"{"name": "after.example.com"}"#),
    (named!(""), "hostname", r#"{"name": "after", "use": "alpine"}"#),
    (named!("hostname other"), "hostname", r#"{"name": "before", "use": "alpine"}"#),
    (named!(""), "hostname", r#"{"name": "after", "use": "redhat"}"#),
    (named!("echo > /etc/sysconfig/network"), "hostname", r#"{"name": "after", "use": "redhat"}"#),
    (named!(""), "hostname", r#"{"name": "after", "use": "openrc"}"#),
    (named!(""), "hostname", r#"{"name": "before", "use": "openrc"}"#),
    (named!(""), "hostname", r#"{"name": "after", "use": "sles"}"#),
];

fn names(_: &Path) -> String {
    let script = "cd /etc; uname -n; head hostname HOSTNAME sysconfig/network conf.d/hostname";
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
}

#[test]
fn machines_are_named_as_by_ansible() {
    if Path::new("/run/systemd/system").exists() {
        eprintln!("nothing was tested: systemd keeps this machine's name, and for all of its namespaces");
        return;
    }
    private::name_and_files(&["/etc"], || {
        let modes = &[CHECK, DIFF];
        oracle::compare_in(
            &World { python: None, environment: &[], base: "", modes, unequal: &[], listing: names },
            CASES,
        );
    });
}
