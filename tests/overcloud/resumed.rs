//! A deployment of an overcloud that is taken up.

use super::{SERVERS, Undercloud, ended};
use std::fs;

const WRITTEN: &str = "TASK Write the network's environment";

#[test]
fn it_goes_on_at_the_stage_that_failed_with_what_was_there_before() {
    let undercloud = Undercloud::new("resumed");
    undercloud.say("never");
    ended(&undercloud.deploy(&SERVERS, &[("EXT_NET_CIDR", "10.7.0.0/24")]), 8);
    undercloud.unsay("never");
    let lwd = undercloud.root.join("lwd");
    let lwd = lwd.to_str().unwrap();

    // One stage only, and none of its steps again; nothing is deployed.
    let part = ended(&undercloud.warp(&["resume", lwd, "--to", "config"], &[]), 0);
    assert!(part.contains("config") && !part.contains(WRITTEN), "{part}");
    assert!(!lwd.is_empty() && undercloud.calls().matches("openstack overcloud deploy").count() == 1);
    // From a stage on nothing is taken from the journal.
    let anew = ended(&undercloud.warp(&["resume", lwd, "--from", "config", "--to", "config"], &[]), 0);
    assert!(anew.contains(WRITTEN), "{anew}");
    ended(&undercloud.warp(&["resume", lwd, "--from", "configg"], &[]), 5);

    // The whole, with the environment that it was begun with.
    let resumed = ended(&undercloud.warp(&["resume", lwd, "--from", "deploy"], &[]), 0);
    assert!(!resumed.contains(WRITTEN), "{resumed}");
    assert!(undercloud.read("home/network-environment.yaml").contains("10.7.0.0/24"));
    assert_eq!(undercloud.outcome()["outcome"], "deployed");
}

#[test]
fn killed_at_any_stage_it_ends_as_if_it_had_not_been() {
    let whole = Undercloud::new("undisturbed");
    ended(&whole.deploy(&SERVERS, &[]), 0);
    for point in ["step-kept:9", "step-kept:15", "step-noted:18", "mid-install:1", "step-collected:1"] {
        let undercloud = Undercloud::new("cut");
        let cut = undercloud.deploy(&SERVERS, &[("WARP_FAILPOINT", point)]);
        assert!(cut.status.code().is_none(), "{point} was not reached: {}", super::support::streams(&cut));
        ended(&undercloud.warp(&["resume", undercloud.root.join("lwd").to_str().unwrap()], &[]), 0);
        for file in
            ["home/network-environment.yaml", "home/overcloud-topology-config.yaml", "lwd/overcloudrc"]
        {
            assert_eq!(undercloud.read(file), whole.read(file), "{point}: {file}");
        }
        let deploys = undercloud.calls().matches("openstack overcloud deploy").count();
        assert_eq!(deploys, 1, "{point}: {}", undercloud.calls());
    }
}

#[test]
fn an_undercloud_that_was_started_anew_is_looked_at_again() {
    let undercloud = Undercloud::new("rebooted");
    undercloud.say("never");
    ended(&undercloud.deploy(&SERVERS, &[]), 8);
    undercloud.unsay("never");
    // As after another start of the machine, which this test's undercloud is.
    fs::write(undercloud.root.join("lwd/.warp/boot"), "another start\n").unwrap();
    let lwd = undercloud.root.join("lwd");
    let again = ended(&undercloud.warp(&["resume", lwd.to_str().unwrap()], &[]), 0);
    assert!(again.contains(WRITTEN), "{again}");
}

#[test]
fn logs_keep_no_journal() {
    let undercloud = Undercloud::new("logs");
    ended(&undercloud.deploy(&SERVERS, &[]), 0);
    let runs = || fs::read_dir(undercloud.root.join("lwd/.warp/journal")).unwrap().count();
    let before = runs();
    let nothing = ["logs", "-e", r#"{"artcl_collect_list": ["/nothing/*.log"]}"#];
    ended(&undercloud.warp(&nothing, &[]), 0);
    assert_eq!(runs(), before);
    ended(&undercloud.deploy(&[&SERVERS[..], &["--no-journal"]].concat(), &[]), 0);
    assert_eq!(runs(), before);
}
