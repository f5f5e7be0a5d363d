# Runs a command where nothing that it does outlasts it: SOURCES and the whole of / are seen through overlays that are
# thrown away, /dev has its harmless nodes only, and the only network is a loopback of its own.
# Arguments: the folder of ansible-core's sources, a folder that is shared, the folder to begin in, the command.
set -eu
sources=$1 shared=$2 begin=$3
shift 3
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root /mnt/sources-upper /mnt/sources-work
root=/mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work "$root"
# What lies on other file systems is not in the overlay of /.
mkdir -p "$root$shared" "$root$sources"
mount --rbind "$shared" "$root$shared"
mount -t overlay overlay \
    -o "lowerdir=$sources,upperdir=/mnt/sources-upper,workdir=/mnt/sources-work" "$root$sources"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
    : > "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
# Some targets ask for a locale that small machines lack: the one that they have, under that name.
locales=$root/usr/lib/locale
if [ -d "$locales/C.utf8" ] && [ ! -e "$locales/en_US.utf8" ]; then cp -a "$locales/C.utf8" "$locales/en_US.utf8"; fi
ip link set lo up
exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$begin" "$@"
