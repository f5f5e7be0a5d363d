# Finds or places the agent in a directory that is this account's alone, and becomes it.
# Sent as one line (comments and line ends removed), so each statement ends in a separator.
# @...@ are filled in: a random word that marks our answers among what login shells print,
# the agent's SHA-256 and size in bytes, and the processor it is built for.
# What steps make later gets the account's own umask, not the one that guards the directory.
set -f; k=$(umask); umask 077;
m=@MARK@; h=@HASH@; s=@SIZE@; u=$(id -u);

# Why each place was passed over.
n=;
no() { n="$n${n:+; }$1 $2"; };

# Prints a directory's physical path if no other account can change what is on the way to it:
# every part belongs to root or to us, and is writable by others only where it is sticky.
safe() (
  cd -P "$1" 2>/dev/null && p=$(pwd -P) && q=$p || return 1;
  set -- /;
  while [ -n "$q" ]; do set -- "$@" "$q"; q=${q%/*}; done;
  ls -ldn "$@" | {
    r=0;
    while read -r o l w x; do
      case $w in 0|"$u") ;; *) r=1 ;; esac;
      case $o in d????-??-*|d????????[tT]*) ;; *) r=1 ;; esac;
    done;
    return $r;
  } && echo "$p";
);

# Whether a file is there whole and may be executed (which it may not on a noexec file system).
whole() { [ -x "$1" ] && [ $(wc -c <"$1") -eq $s ]; };

# What unpacks the agent here: the last that is found.
z=cat;
for x in zstd gzip; do command -v $x >/dev/null && z="$x -dc"; done;

for c in "$HOME/.cache" /var/tmp /tmp; do
  case $c in
    */.cache) w=$c/warp; [ -d "$c" ] || { safe "$HOME" >/dev/null && mkdir "$c" 2>/dev/null; } ;;
    *) w=$c/warp-$u ;;
  esac;
  if [ -h "$w" ]; then no "$w" "is a link"; continue; fi;
  if [ -d "$w" ]; then :; elif [ -d "$c" ] && safe "$c" >/dev/null; then mkdir "$w" 2>/dev/null; fi;
  if [ -d "$w" ]; then :; else no "$w" "cannot be made"; continue; fi;
  d=$(safe "$w") || { no "$w" "can be changed by another account"; continue; };
  set -- $(ls -ldn "$d");
  case $1:$3 in drwx------*:"$u") ;; *) no "$w" "is not this account's alone"; continue ;; esac;
  f=$d/agent-$h;
  if whole "$f"; then echo "$m have"; umask "$k"; exec "$f"; fi;
  t=$d/.$m;
  (set -C; : >"$t") 2>/dev/null && chmod 700 "$t" || { no "$w" "is not writable"; rm -f "$t" 2>/dev/null; continue; };
  # Where this shell is killed before it has put the agent in its place, nothing of it stays, nor what a program that it had
  # just started makes anew.
  ( ( while [ -e "$t" ] && kill -0 $$ && sleep 1; do :; done; kill -0 $$ || { rm -f "$t"; sleep 1; rm -f "$t"; } ) </dev/null >/dev/null 2>&1 & );
  [ -x "$t" ] || { no "$w" "may hold no programs (noexec)"; rm -f "$t"; continue; };
  case $(uname -sm) in "Linux @ARCH@") ;; *) rm -f "$t"; echo "$m other $(uname -sm)"; exit 1 ;; esac;
  df -Pk "$d" | { read -r x; read -r x y z a x; [ "$a" -gt $((s / 1024 + 64)) ]; } ||
    { no "$w" "has no space"; rm -f "$t"; continue; };
  echo "$m need $z"; read -r b || { rm -f "$t"; exit 1; };
  # All that was sent is taken, whether or not there is room for it: the next place gets it anew.
  head -c "$b" | { $z >"$t" 2>/dev/null || { cat >/dev/null; false; }; };
  if whole "$t" && x=$(sha256sum <"$t" 2>/dev/null || "$t" digest 2>/dev/null) && [ "${x%% *}" = $h ]; then
    # After a crash there is all of it or nothing; then what has long been of no use is cleared away.
    dd if=/dev/null of="$t" conv=notrunc,fsync 2>/dev/null;
    if mv -f "$t" "$f"; then
      find "$d" -maxdepth 1 -type f "(" -mtime +30 ! -name "agent-$h" -o -name ".?*" -mmin +10 ")" -exec rm -f {} + 2>/dev/null;
      echo "$m have"; umask "$k"; exec "$f";
    fi;
  fi;
  rm -f "$t"; no "$w" "did not take it whole (full, or a quota is reached)";
done;
echo "$m none $n"; exit 1;
