//! A lab on another machine, the virthost: its libvirt and its guests are reached by SSH alone.

use crate::machine::Machine;

#[test]
fn a_lab_on_a_virthost_is_reached_through_ssh_alone() {
    let _turn = crate::alone();
    // The virthost is the machine itself, with libvirt, sshd and guests; who deploys is in a network of its own, joined to
    // it by a cable, and sees none of its files of libvirt.
    let said = Machine::new("virthost").run(
        r#"system_libvirt
mkdir -p /run/sshd $ROOT/ssh
for key in host id; do ssh-keygen -q -t ed25519 -N '' -f $ROOT/ssh/$key; done
usermod --password '*' member
install -d -o member -g member -m 700 /home/member/.ssh /home/member/there
install -o member -m 600 $ROOT/ssh/id.pub /home/member/.ssh/authorized_keys
cat > $ROOT/ssh/config <<END
ListenAddress 10.99.0.1
HostKey $ROOT/ssh/host
UsePAM no
PidFile none
PasswordAuthentication no
END
unshare --net sleep infinity & away=$!; sleep 0.5
ip link add towards type veth peer name back netns $away
ip address add 10.99.0.1/24 dev towards; ip link set towards up
nsenter --net=/proc/$away/ns/net sh -c 'ip link set lo up; ip address add 10.99.0.2/24 dev back; ip link set back up'
/usr/sbin/sshd -D -e -f $ROOT/ssh/config 2> $ROOT/ssh/log &
install -d -o outsider -m 700 /home/outsider/.ssh
install -o outsider -m 600 $ROOT/ssh/id /home/outsider/.ssh/id
printf '10.99.0.1 %s\n' "$(cat $ROOT/ssh/host.pub)" > /home/outsider/.ssh/known_hosts
printf '%s\n' 'Host far' '  HostName 10.99.0.1' '  User member' '  IdentityFile ~/.ssh/id' > /home/outsider/.ssh/config
chown -R outsider: /home/outsider/.ssh
export -f as
from_away() {
  nsenter --net=/proc/$away/ns/net unshare --mount bash -c 'for folder in /run/libvirt /var/lib/libvirt; do mount -t tmpfs none $folder; done
    as outsider env VIRTHOST=$VIRTHOST "$@"' bash "$@"
}
export VIRTHOST=nowhere; echo '[unknown]'; from_away warp deploy undercloud $SMALL 2>&1; echo ended $?
VIRTHOST=far
echo '[planned]'; from_away warp plan $SMALL 2>&1 | grep '^[+~=0-9]'
echo '[deployed]'; from_away warp deploy undercloud $SMALL 2>&1; echo ended $?
echo '[who]'; from_away warp ssh undercloud -- id -un
echo '[route]'; from_away ping -c1 -W1 192.168.23.1 > /dev/null 2>&1; echo ping $?
VIRTHOST=; echo '[listed]'; from_away warp ls --json
echo '[there]'; virsh -q list --name; ls -d /var/lib/libvirt/images/*; ps -o user= -C qemu-system-x86_64
VIRTHOST=far
echo '[again]'; from_away warp deploy undercloud $SMALL 2>&1; echo ended $?
VIRTHOST=elsewhere; echo '[other]'; from_away warp deploy undercloud $SMALL 2>&1; echo ended $?
VIRTHOST=far; echo '[gone]'; from_away warp teardown all --yes 2>&1; echo ended $?
virsh -q list --all --name; virsh -q net-list --all --name; virsh -q pool-list --all --name; ls /var/lib/libvirt/images
echo '[end]'; grep -c 'Accepted publickey for member' $ROOT/ssh/log > /dev/null; echo $?
"#,
    );
    let part = |name: &str| said.part(name);
    let all = || format!("{}\n{}", said.stdout, said.stderr);
    let unknown = part("unknown");
    assert!(unknown.contains("the virthost nowhere") && !unknown.ends_with("ended 0"), "{unknown}");
    let planned = part("planned");
    assert!(planned.contains("+ domain undercloud") && planned.contains("+ network external"), "{}", all());
    assert!(part("deployed").ends_with("ended 0"), "{}", all());
    assert_eq!(part("who"), "stack", "{}", all());
    // Not by a way that is there besides ssh.
    assert_ne!(part("route"), "ping 0");
    let listed = part("listed");
    assert!(listed.contains("qemu+ssh://far/system") && listed.contains("\"running\""), "{listed}");
    let there = part("there");
    assert!(
        there.starts_with("undercloud") && there.contains("/warp-") && there.contains("libvirt"),
        "{there}"
    );
    let again = part("again");
    assert!(again.ends_with("ended 0") && !again.contains("changed:"), "{again}");
    let other = part("other");
    assert!(other.contains("VIRTHOST is elsewhere, and this lab is on far"), "{other}");
    assert!(part("gone").ends_with("ended 0"), "{}", all());
    assert_eq!(part("end"), "0", "{}", all());
}
