# Told to a new root shell before its first command; see shell-prologue.ts. Lines of comment and indentation are not sent.

# The answer that tells that the shell reads; it goes on reading while the host prepares its first command.
printf 'firn:%s:\n' hello

# Where outputs are gathered.
d=/run; [ -w $d ] || d=/tmp
FIRN=$d/.firn-shell.$$
trap 'rm -f "$FIRN".*' EXIT

# K SIGNAL PID: signals a process and all its descendants.
K() {
  local g=$1 l=" $2 " n= f s
  while [ "$l" != "$n" ]; do
    n=$l
    for f in /proc/[0-9]*/stat; do
      { read -r s <$f; } 2>/dev/null || continue
      # From "pid (name) state parent ...": the name may hold anything.
      set -- ${s%% *} ${s##*) }
      [[ $l == *" $3 "* && $l != *" $1 "* ]] && l+="$1 "
    done
  done
  kill -$g $l
}

# The clock: is told a process and its seconds, then its end.
coproc W {
  while read -r p t; do
    read -r -t $t x && continue
    [ $? -gt 128 ] || exit
    K TERM $p
    read -r -t 5 x && continue
    K KILL $p
    read -r x
  done 2>/dev/null
}
exec 8>&${W[1]}

# E FILE: prints an output, encoded.
E() {
  local LC_ALL=C v
  [ -s "$1" ] || return
  if IFS= read -r -d '' -n 8192 v <"$1"; then
    base64 -w 0 <"$1"
  else
    v=${v//\%/%25}; v=${v//:/%3A}; v=${v//$'\n'/%0A}
    printf =%s "${v//$'\r'/%0D}"
  fi
}

# F NUMBER SECONDS COMMAND: runs a command and prints its answer.
F() {
  local o="$FIRN.$1" s
  (
    echo $BASHPID $2 >&8
    exec 8>&-
    set -euo pipefail
    eval "$3"
  ) </dev/null >>"$o" 2>>"$o.err"
  s=$?
  echo >&8
  printf 'firn:%s:%s:' $1 $s; E "$o"; printf :; E "$o.err"; echo
  [ $(($1 % 32)) != 0 ] || rm -f "$FIRN".*
}
