//! Ordinary accounts: in libvirt's group on the machine's daemon, two labs of theirs on it; and without any daemon or root.

use crate::machine::Machine;

#[test]
fn a_member_of_libvirts_group_has_labs_on_the_machines_daemon_that_leave_each_other_alone() {
    let _turn = crate::alone();
    let said = Machine::new("member").run(
        r#"system_libvirt
echo '[outsider]'; as outsider warp deploy undercloud $SMALL 2>&1; echo ended $?; ls -A /home/outsider/.quickstart 2>&1
echo '[closed]'; as member warp deploy undercloud $SMALL 2>&1; echo ended $?; virsh -q list --all --name; virsh -q net-list --all --name
# What needs root was told, with the command.
command=$(as member warp deploy undercloud $SMALL 2>&1 | grep -o 'sudo setfacl.*\|sudo chmod .*')
echo '[command]'; echo "$command"; eval "${command#sudo }"
echo '[first]'; as member warp deploy undercloud $SMALL 2>&1; echo ended $?
echo '[who]'; as member warp ssh undercloud -- id -un
echo '[snapshots]'; as member warp snapshot list
boot=$(as member warp ssh undercloud -- cat /proc/sys/kernel/random/boot_id)
echo '[second]'; LWD=/home/member/other as member warp plan --apply --yes $SMALL 2>&1; echo ended $?
echo '[names]'; virsh -q list --name; virsh -q net-list --name | sort; virsh -q pool-list --name | sort
echo '[reached]'; LWD=/home/member/other as member warp ssh undercloud -- cat /proc/sys/kernel/random/boot_id; echo "$boot"
echo '[torn]'; LWD=/home/member/other as member warp teardown all --yes 2>&1; echo ended $?
echo '[left]'; virsh -q list --name; virsh -q net-list --name | sort; virsh -q pool-list --name
echo '[unharmed]'; [ "$(as member warp ssh undercloud -- cat /proc/sys/kernel/random/boot_id)" = "$boot" ]; echo same $?
as member warp plan --json --detailed-exitcode $SMALL; echo ended $?
echo '[gone]'; as member warp teardown all --yes 2>&1; echo ended $?; virsh -q list --all --name; virsh -q net-list --all --name
find /home/member/.quickstart /home/member/other ! -user member
"#,
    );
    let part = |name: &str| said.part(name);

    // Who is not in the group is told so, and of the way that needs no group; nothing was made.
    let outsider = part("outsider");
    assert!(outsider.contains("group libvirt") && outsider.contains("WARP_LIBVIRT=session"), "{outsider}");
    // A home that guests may not go through stops a deployment before anything is made.
    let closed = part("closed");
    assert!(closed.contains("libvirt-qemu may not go through /home/member"), "{closed}");
    assert!(closed.ends_with("ended 2"), "{closed}");
    let command = part("command");
    assert!(command.ends_with(" /home/member") && command.lines().count() == 1, "{command}");

    let all = || format!("{}\n{}", said.stdout, said.stderr);
    assert!(part("first").ends_with("ended 0"), "{}", all());
    assert_eq!(part("who"), "stack", "{}", all());
    let snapshots = part("snapshots");
    assert!(snapshots.contains("\nready ") && snapshots.contains("\ndeployed "), "{snapshots}");
    assert!(part("second").ends_with("ended 0"), "{}", all());
    let names: Vec<&str> = part("names").split_whitespace().collect();
    for first in ["undercloud", "external", "overcloud", "oooq_pool"] {
        assert!(names.contains(&first), "{first} in {names:?}");
        let others = |name: &&&str| name.ends_with(&format!("-{first}"));
        assert_eq!(names.iter().filter(others).count(), 1, "{first} of the second in {names:?}");
    }
    let boots: Vec<&str> = part("reached").lines().collect();
    assert!(boots.len() == 2 && boots[0] != boots[1] && boots[0].len() == boots[1].len(), "{boots:?}");

    assert!(part("torn").ends_with("ended 0"), "{}", all());
    let left: Vec<&str> = part("left").split_whitespace().collect();
    assert_eq!(left, ["undercloud", "external", "overcloud", "oooq_pool"]);
    let unharmed = part("unharmed");
    assert!(unharmed.starts_with("same 0") && unharmed.ends_with("ended 0"), "{unharmed}");
    // Nothing is left, not even a file that the account could not remove.
    let gone = part("gone");
    assert!(gone.ends_with("ended 0"), "{gone}");
}

#[test]
fn an_account_without_any_daemon_or_root_gets_an_undercloud_on_user_mode_networking() {
    let _turn = crate::alone();
    let said = Machine::new("session").run(
        r#"echo '[planned]'; as outsider warp plan $SMALL 2>&1; echo ended $?; ls -d /home/outsider/.quickstart
echo '[deployed]'; as outsider warp deploy undercloud $SMALL 2>&1; echo ended $?
echo '[who]'; as outsider warp ssh undercloud -- 'id -un; ip -4 -o address show eth0'
echo '[listed]'; as outsider warp ls; as outsider warp ls --json
echo '[openssh]'; as outsider ssh -F /home/outsider/.quickstart/ssh.config.local.ansible undercloud-root id -un
echo '[root]'; ps -o user= -C qemu-system-x86_64; ps -o user= -C libvirtd
echo '[again]'; as outsider warp deploy undercloud $SMALL 2>&1; echo ended $?
echo '[nodes]'; as outsider warp deploy overcloud $SMALL 2>&1 | grep -m1 'user-mode networking'
echo '[root-session]'; WARP_LIBVIRT=session LWD=$ROOT/lwd warp deploy undercloud 2>&1; echo ended $?
echo '[gone]'; as outsider warp teardown all --yes 2>&1; echo ended $?; pgrep -a qemu-system
"#,
    );
    let part = |name: &str| said.part(name);
    let all = || format!("{}\n{}", said.stdout, said.stderr);

    let planned = part("planned");
    assert!(planned.contains("+ domain undercloud") && !planned.contains("network external"), "{}", all());
    assert!(planned.ends_with("ended 0"), "a plan made something: {planned}");
    assert!(part("deployed").ends_with("ended 0"), "{}", all());
    let who = part("who");
    assert!(who.starts_with("stack") && who.contains("192.168.23.10/24"), "{}", all());
    let listed = part("listed");
    assert!(listed.contains(" 127.0.0.1:") && listed.contains("qemu:///session"), "{listed}");
    assert_eq!(part("openssh"), "root", "{}", all());
    let users: Vec<&str> = part("root").split_whitespace().collect();
    assert_eq!(users, ["outsider", "outsider"]);
    let again = part("again");
    assert!(again.ends_with("ended 0") && !again.contains("changed:"), "{again}");
    assert!(!part("nodes").is_empty(), "{}", all());
    assert!(part("root-session").contains("run warp as an ordinary user"), "{}", all());
    assert!(part("gone").ends_with("ended 0"), "{}", all());
}
