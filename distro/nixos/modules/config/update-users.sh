# Writes /etc/passwd, /etc/group and /etc/shadow as declared; sourced by the activation script.
update_users() {
  local spec=$1 program=$2 mutable=$3 work kind name rest home mode
  touch /etc/passwd /etc/group
  [ -e /etc/shadow ] || (umask 077; : > /etc/shadow)
  touch /var/lib/nixos/uid-map /var/lib/nixos/gid-map /var/lib/nixos/declared-users /var/lib/nixos/declared-groups
  work=$(mktemp -d /var/lib/nixos/users.XXXXXX)
  chmod 0700 "$work"
  gawk -v work="$work" -v mutable="$mutable" -v today="$(( $(date +%s) / 86400 ))" -f "$program" "$spec" || { rm -rf "$work"; return 1; }
  chmod 0644 "$work/passwd" "$work/group"
  chmod 0640 "$work/shadow"
  # Each file is complete before it takes its place.
  mv "$work/group" /etc/group
  mv "$work/passwd" /etc/passwd
  mv "$work/shadow" /etc/shadow
  mv "$work/uid-map" "$work/gid-map" "$work/declared-users" "$work/declared-groups" /var/lib/nixos/
  while IFS='	' read -r name mode home; do
    if [ ! -e "$home" ]; then
      mkdir -p "$home"
      chown "$name:" "$home"
      chmod "$mode" "$home"
    fi
  done < "$work/homes"
  if [ -s "$work/plain" ]; then chpasswd < "$work/plain"; fi
  rm -rf "$work"
}
