#!/bin/sh
# Makes two trees of the machine's own distribution's packages in DIR, $1: `with`, which has cloud-init, and `without`,
# the same after its removal. Both have a kernel and two initrds beside it: one of initramfs-tools, one of dracut.
set -eu
dir=$1
export PATH=/usr/local/sbin:/usr/sbin:/sbin:$PATH LC_ALL=C.UTF-8
. /etc/os-release
case $ID in ubuntu) kernel=linux-image-virtual ;; *) kernel=linux-image-cloud-amd64 ;; esac

apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    while read -r origin uri release component; do
        case $release in "$VERSION_CODENAME" | "$VERSION_CODENAME-updates" | "$VERSION_CODENAME-security") ;; *) continue ;; esac
        [ "$(echo "$origin" | tr A-Z a-z)" != "$ID" ] || echo "deb $uri $release $component"
    done | sort -u > "$dir/sources.list"

mkdir -p "$dir/early/etc/initramfs-tools/conf.d"
cat > "$dir/early/etc/initramfs-tools/conf.d/test" <<END
MODULES=list
BUSYBOX=n
COMPRESS=gzip
END
printf '%s\n' virtio_pci virtio_blk ext4 xfs crc32c > "$dir/early/etc/initramfs-tools/modules"

mmdebstrap --quiet --mode=root --variant=minbase --format=directory \
    --aptopt='Apt::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --essential-hook="cp -r $dir/early/. \"\$1\"" \
    --include="systemd,systemd-sysv,udev,initramfs-tools,dracut-core,openssh-server,sudo,iproute2,xfsprogs,e2fsprogs,cloud-init,cloud-guest-utils,fdisk,zstd,kmod,dbus,$kernel" \
    "$VERSION_CODENAME" "$dir/with" "$dir/sources.list"

root=$dir/with
version=$(basename "$root"/lib/modules/*)
mount --bind /dev "$root/dev"; mount -t proc proc "$root/proc"
chroot "$root" dracut --quiet --force --no-hostonly --gzip --kver "$version" \
    --modules "base udev-rules rootfs-block fs-lib" --drivers "virtio_pci virtio_blk ext4 xfs crc32c" \
    --filesystems "ext4 xfs" /boot/dracut.img || status=$?
umount "$root/proc"; umount "$root/dev"
[ "${status:-0}" = 0 ]
mv "$root/boot/initrd.img-$version" "$root/boot/initramfs-tools.img"

# A guest of a lab has no resolver of its own; without these two, sudo waits for a name server.
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' > "$root/etc/resolv.conf"
printf '127.0.0.1 localhost\n' > "$root/etc/hosts"
echo localhost > "$root/etc/hostname"
: > "$root/etc/machine-id"
cat > "$root/etc/systemd/network/10-management.network" <<END
[Match]
Name=eth0
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
ClientIdentifier=mac
UseDNS=no
UseHostname=no
END
chroot "$root" systemctl enable systemd-networkd.service
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer getty@tty1.service getty-static.service \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    systemd-pstore.service systemd-firstboot.service systemd-binfmt.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# An image's own host keys would be shared by all guests of it.
rm -f "$root"/etc/ssh/ssh_host_* "$root"/var/cache/apt/*.bin
# The management network is systemd-networkd's, not cloud-init's.
mkdir -p "$root/etc/cloud/cloud.cfg.d"
echo 'network: {config: disabled}' > "$root/etc/cloud/cloud.cfg.d/90_network.cfg"

cp -a "$root" "$dir/without"
chroot "$dir/without" dpkg --purge cloud-init
rm -rf "$dir/without/var/lib/cloud" "$dir/without/etc/cloud"
touch "$dir/with/etc/.updated" "$dir/with/var/.updated" "$dir/without/etc/.updated" "$dir/without/var/.updated"
