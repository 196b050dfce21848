# Writes /etc/passwd, /etc/group and /etc/shadow as declared; sourced by the activation script.
update_users() {
  local spec=$1 program=$2 mutable=$3 work=/var/lib/nixos/users.new now name mode home
  [ -d "$work" ] || $bb mkdir -m 0700 "$work"
  printf -v now '%(%s)T' -1
  # Nobody else may read it, from the first moment on.
  umask 0077
  : > "$work/shadow"
  : > "$work/plain"
  umask 0022
  $bb awk -v work="$work" -v mutable="$mutable" -v today="$((now / 86400))" -f "$program" "$spec" || return 1
  if [ -s "$work/plain" ]; then hash_passwords "$work"; fi
  # Each file is complete before it takes its place.
  $bb mv "$work/group" "$work/passwd" "$work/shadow" /etc/
  $bb mv "$work/uid-map" "$work/gid-map" "$work/declared-users" "$work/declared-groups" /var/lib/nixos/
  while IFS='	' read -r name mode home; do
    if [ ! -e "$home" ]; then
      mkdir -p "$home"
      chown "$name:" "$home"
      chmod "$mode" "$home"
    fi
  done < "$work/homes"
}

# Puts the hashes of passwords given in clear text into the new shadow file.
hash_passwords() {
  local work=$1 name password line rest
  local -A hashes=()
  while IFS=: read -r name password; do
    hashes[$name]=$(printf '%s' "$password" | $bb mkpasswd -m sha512 -P 0)
  done < "$work/plain"
  (
    umask 0077
    while IFS= read -r line; do
      name=${line%%:*}
      if [ -n "${hashes[$name]-}" ]; then
        rest=${line#*:}
        line="$name:${hashes[$name]}:${rest#*:}"
      fi
      printf '%s\n' "$line"
    done < "$work/shadow" > "$work/shadow.hashed"
  )
  $bb mv "$work/shadow.hashed" "$work/shadow"
  : > "$work/plain"
}
