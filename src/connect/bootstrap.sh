# Finds or places the agent in a directory that is this account's alone, and becomes it.
# Sent as one line (comments and line ends removed), so each statement ends in a separator.
# @...@ are filled in: a random word that marks our answers among what login shells print,
# the agent's SHA-256 and size in bytes, and the processor it is built for.
# What steps make later gets the account's own umask, not the one that guards the directory.
set -f; k=$(umask); umask 077;
m=@MARK@; h=@HASH@; s=@SIZE@; u=$(id -u);

# Prints a directory's physical path if no other account can change what is on the way to it:
# every part belongs to root or to us, and is writable by others only where it is sticky.
safe() {
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
};

# Whether a file is there whole and may be executed (which it may not on a noexec file system).
whole() { [ -x "$1" ] && [ $(wc -c <"$1") -eq $s ]; };

for c in "$HOME/.cache" /var/tmp /tmp; do
  case $c in
    */.cache) w=warp; [ -d "$c" ] || { safe "$HOME" >/dev/null && mkdir "$c" 2>/dev/null; } ;;
    *) w=warp-$u ;;
  esac;
  if [ -h "$c/$w" ]; then continue; fi;
  [ -d "$c/$w" ] || { safe "$c" >/dev/null && mkdir "$c/$w" 2>/dev/null; };
  d=$(safe "$c/$w") || continue;
  set -- $(ls -ldn "$d");
  case $1:$3 in drwx------*:"$u") ;; *) continue ;; esac;
  f=$d/agent-$h;
  if whole "$f"; then echo "$m have"; umask "$k"; exec "$f"; fi;
  t=$d/.$m;
  { (set -C; : >"$t") 2>/dev/null && chmod 700 "$t" && [ -x "$t" ]
    && df -Pk "$d" | { read -r x; read -r x y z a x; [ "$a" -gt $((s / 1024 + 64)) ]; };
  } || { rm -f "$t" 2>/dev/null; continue; };
  case $(uname -sm) in "Linux @ARCH@") ;; *) rm -f "$t"; echo "$m other $(uname -sm)"; exit 1 ;; esac;
  echo "$m need";
  head -c $s >"$t"; e=$?;
  if command -v sha256sum >/dev/null; then x=$(sha256sum <"$t"); else x=$h; fi;
  if [ $e -eq 0 ] && whole "$t" && [ "${x%% *}" = $h ] && mv -f "$t" "$f"; then echo "$m have"; umask "$k"; exec "$f"; fi;
  rm -f "$t"; echo "$m torn $d"; exit 1;
done;
echo "$m none"; exit 1;
