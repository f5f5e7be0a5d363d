#!/bin/sh
# Makes a disk image TO of a tree: TREE INITRD FILE_SYSTEM LAYOUT TO. INITRD is one of those in the tree's /boot; LAYOUT is
# `disk` (no table of partitions), `mbr`, or `gpt`, which has /home on a partition of its own before the root's.
set -eu
tree=$1 initrd=$2 kind=$3 layout=$4 to=$5
export PATH=/usr/local/sbin:/usr/sbin:/sbin:$PATH LC_ALL=C.UTF-8
work=$(mktemp -d "$to.XXXXXX")
trap 'rm -rf "$work"' EXIT
raw=$work/raw root=$work/root
mkdir "$root"
truncate -s 1400M "$raw"
start=0
case $layout in
disk) ;;
mbr)
    start=2048
    printf 'label: dos\nstart=2048, type=83\n' | sfdisk -q "$raw"
    ;;
gpt)
    start=133120
    printf 'label: gpt\nstart=2048, size=131072\nstart=133120\n' | sfdisk -q "$raw"
    mke2fs -q -t ext4 -L home -E offset=1048576 "$raw" 64M
    ;;
esac
# Up to the GPT's copy at the end.
device=$(losetup --find --show --offset $((start * 512)) --sizelimit $((1399 * 1048576 - start * 512)) "$raw")
trap 'umount -R "$root" 2> /dev/null || true; losetup -d "$device"; rm -rf "$work"' EXIT
"mkfs.$kind" -q "$device"
mount "$device" "$root"
cp -a "$tree/." "$root"
echo "UUID=$(blkid -o value -s UUID "$device") / $kind defaults 0 0" > "$root/etc/fstab"
if [ "$layout" = gpt ]; then
    echo "LABEL=home /home ext4 defaults 0 0" >> "$root/etc/fstab"
fi
version=$(basename "$root"/lib/modules/*)
case $initrd in
dracut) mv "$root/boot/dracut.img" "$root/boot/initramfs-$version.img" ;;
*) mv "$root/boot/initramfs-tools.img" "$root/boot/initrd.img-$version" ;;
esac
rm -f "$root"/boot/*.img.old "$root/boot/dracut.img" "$root/boot/initramfs-tools.img" "$root/initrd.img" "$root/vmlinuz"
umount "$root"
qemu-img convert -f raw -O qcow2 "$raw" "$work/qcow2"
mv "$work/qcow2" "$to"
