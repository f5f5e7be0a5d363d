//! An undercloud on a VM becomes an overcloud's: first of nodes that warp makes, then of servers that exist.

use crate::lab::Lab;
use crate::{alone, servers};
use std::fs;

/// Files that the client asks for before it takes images; nothing boots from them here.
const IMAGES: &str = "for file in overcloud-full.qcow2 overcloud-full.vmlinuz overcloud-full.initrd \
    ironic-python-agent.kernel ironic-python-agent.initramfs; do echo image >$file; done";

#[test]
#[ignore = "two guests more: run by `make soak`"]
fn an_undercloud_gets_an_overcloud_of_made_nodes_and_of_servers() {
    let _turn = alone();
    let lab = Lab::new("overcloud");
    lab.deploy(&[("MAKE_SNAPSHOTS", "false")]).succeeds();
    // They boot while the nodes are made.
    servers::start(&lab);
    nodes_are_made_and_switched(&lab);
    servers_become_an_overcloud(&lab);
    servers::end(&lab);
    lab.end();
    lab.assert_nothing_left();
}

fn nodes_are_made_and_switched(lab: &Lab) {
    lab.ssh(IMAGES).succeeds();
    let small = ["-e", "default_memory=256", "-e", "default_disk=2", "-e", "default_vcpu=1"];
    let args = [&["deploy", "overcloud", "--controllers", "1", "--computes", "1"][..], &small].concat();
    lab.warp(&args).succeeds();
    assert_eq!(lab.outcome()["overcloud_deploy_result"], "passed");

    // The undercloud has them as tripleo-common reads them, and has asked their BMCs.
    let imported = lab.ssh("cat overcloud_prep_images.log").succeeds().stdout;
    for node in ["control-0", "compute-0"] {
        assert!(imported.contains(&format!("{node}: Chassis Power is off")), "{imported}");
        assert!(imported.contains(&format!("{node} is available")), "{imported}");
    }
    // The deployment has switched them on; ipmitool, not warp's and not the client's, switches one off and on.
    let state = |node: &str| lab.virsh(&["domstate", node]).succeeds().stdout.trim().to_owned();
    for (node, port) in [("control_0", "6230"), ("compute_0", "6231")] {
        assert_eq!(state(node), "running");
        assert_eq!(
            lab.ipmi(port, &["power", "off"]).succeeds().stdout.trim(),
            "Chassis Power Control: Down/Off"
        );
        assert_eq!(state(node), "shut off");
    }
    lab.ipmi("6230", &["power", "on"]).succeeds();
    assert_eq!((state("control_0"), state("compute_0")), ("running".to_owned(), "shut off".to_owned()));
    lab.ipmi("6230", &["power", "off"]).succeeds();
    // Its password is asked for.
    lab.ipmi_as("6230", "wrong", &["power", "status"]).fails();

    // A second time there is nothing to do, and the same VirtualBMC answers.
    let pid = fs::read_to_string(lab.lwd().join(".warp/virtualbmc/master.pid")).unwrap();
    let again = lab.warp(&args).succeeds();
    assert!(!again.stdout.contains("changed:"), "{}", again.stdout);
    assert_eq!(fs::read_to_string(lab.lwd().join(".warp/virtualbmc/master.pid")).unwrap(), pid);
}

fn servers_become_an_overcloud(lab: &Lab) {
    let addresses = servers::addresses(lab);
    let key = lab.lwd().join("id_rsa_undercloud");
    let env = [("SUBNODES_SSH_KEY", key.to_str().unwrap())];
    let args = ["deploy", "overcloud", "--controllers", &addresses[0], "--computes", &addresses[1]];

    // One that cannot be logged in to is told, with the end of its own log, before OpenStack is asked for anything.
    let nobody = ["deploy", "overcloud", "--controllers", &addresses[0], "--computes", "192.168.23.9"];
    let failed = lab.warp_with(&nobody, &env).fails_with(2);
    assert!(failed.said().contains("not prepared: compute-0"), "{}", failed.said());

    lab.warp_with(&args, &env).succeeds();
    assert_eq!(lab.outcome()["overcloud_deploy_result"], "passed");
    let overcloudrc = lab.ssh("cat overcloudrc").succeeds().stdout;
    assert!(overcloudrc.contains("OS_PASSWORD"), "{overcloudrc}");
    assert_eq!(fs::read_to_string(lab.lwd().join("overcloudrc")).unwrap(), overcloudrc);
    let prepared = lab.ssh("cat deployed_server_prepare-controller-0.txt").succeeds().stdout;
    assert!(prepared.contains("server-a"), "each has a log of its own: {prepared}");

    // Plain OpenSSH and real Ansible reach the nodes through the undercloud, by the files that warp wrote.
    let node = |name: &str, script: &str| lab.openssh(name, script).succeeds().stdout;
    assert_eq!(node("controller-0", "cat /etc/openstack-stand-in"), "role=Controller\nname=controller-0\n");
    assert_eq!(
        node("compute-0", "cat /etc/openstack-stand-in; hostname"),
        "role=Compute\nname=compute-0\nserver-b\n"
    );
    lab.ansible(&["-i", "hosts", "-m", "raw", "-a", "sudo -n true", "overcloud"]).succeeds();
    let listed = lab.ansible(&["-i", "hosts", "--list-hosts", "controller:compute"]).succeeds().stdout;
    assert!(listed.contains("controller-0") && listed.contains("compute-0"), "{listed}");

    // A deployment that fails is told with its exit code, and leaves its log here.
    lab.ssh("printf '[stand-in]\\nfail_at = overcloud-configuration\\n' >openstack-stand-in.conf").succeeds();
    let stack = lab.warp_with(&[&args[..], &["-e", "deploy_timeout=30"]].concat(), &env).fails_with(9);
    assert!(stack.said().contains("failed at overcloud-configuration"), "{}", stack.said());
    assert_eq!(lab.outcome()["outcome"], "stack failed");
    assert!(lab.lwd().join("collected_files/undercloud/home/stack/overcloud_deploy.log").exists());
    assert!(lab.lwd().join("collected_files/controller-0").exists());

    // What the client refuses was never started.
    let refused = [&args[..], &["-e", "extra_args=--no-such-option"]].concat();
    let never = lab.warp_with(&refused, &env).fails_with(8);
    assert!(never.said().contains("unrecognized arguments: --no-such-option"), "{}", never.said());
}
