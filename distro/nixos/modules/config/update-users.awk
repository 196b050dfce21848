# From the declared users and groups and the present files to the new files.
#
# Ids: a declared one is used; else the one that the name had before (uid-map, gid-map, the present files);
# else a free one: users of the system get the highest below 1000, others the lowest from 1000 on. What is
# there and not declared stays if it was added by hand and users are mutable; what was declared by a former
# configuration goes. A name's id stays reserved in the map after it is gone, so that its files never
# become somebody else's.
BEGIN { FS = "\t" }

$1 == "group" { group_order[++groups] = $2; group_gid[$2] = $3; group_members[$2] = $4 == "-" ? "" : $4 }
$1 == "user" {
  user_order[++users] = $2
  uid[$2] = $3; primary[$2] = $4; gecos[$2] = $5 == "-" ? "" : $5; home[$2] = $6; shell[$2] = $7
  system_user[$2] = $8; create_home[$2] = $9; home_mode[$2] = $10; kind[$2] = $11; secret[$2] = $12 == "EMPTY" ? "" : $12
}

function read_map(file, map, taken,    line, part) {
  while ((getline line < file) > 0) { split(line, part, "\t"); map[part[1]] = part[2]; taken[part[2]] = 1 }
  close(file)
}
function read_names(file, set,    line) {
  while ((getline line < file) > 0) set[line] = 1
  close(file)
}
function free_id(from, to, step, taken,    id) {
  for (id = from; id != to; id += step) if (!(id in taken)) { taken[id] = 1; return id }
  print "no free id between " from " and " to > "/dev/stderr"
  exit 1
}
function join_members(a, b,    list, n, i, seen, text) {
  n = split(a "," b, list, ",")
  for (i = 1; i <= n; i++) if (list[i] != "" && !(list[i] in seen)) { seen[list[i]] = 1; text = text (text == "" ? "" : ",") list[i] }
  return text
}

END {
  read_map("/var/lib/nixos/uid-map", uid_map, uid_taken)
  read_map("/var/lib/nixos/gid-map", gid_map, gid_taken)
  read_names("/var/lib/nixos/declared-users", was_declared_user)
  read_names("/var/lib/nixos/declared-groups", was_declared_group)

  while ((getline line < "/etc/passwd") > 0) {
    split(line, p, ":")
    if (p[1] == "") continue
    old_user[++old_users] = p[1]; old_passwd[p[1]] = line
    uid_taken[p[3]] = 1
    if (!(p[1] in uid_map)) uid_map[p[1]] = p[3]
  }
  while ((getline line < "/etc/group") > 0) {
    split(line, p, ":")
    if (p[1] == "") continue
    old_group[++old_groups] = p[1]; old_group_line[p[1]] = line; old_members[p[1]] = p[4]
    gid_taken[p[3]] = 1
    if (!(p[1] in gid_map)) gid_map[p[1]] = p[3]
  }
  while ((getline line < "/etc/shadow") > 0) { split(line, p, ":"); old_shadow[p[1]] = line }

  for (i = 1; i <= groups; i++) if (group_gid[group_order[i]] != "-") gid_taken[group_gid[group_order[i]]] = 1
  for (i = 1; i <= users; i++) if (uid[user_order[i]] != "-") uid_taken[uid[user_order[i]]] = 1

  for (i = 1; i <= groups; i++) {
    name = group_order[i]
    if (group_gid[name] == "-") group_gid[name] = (name in gid_map) ? gid_map[name] : free_id(999, 399, -1, gid_taken)
    gid_map[name] = group_gid[name]
    members = group_members[name]
    if (mutable && name in old_members) members = join_members(members, old_members[name])
    print name ":x:" group_gid[name] ":" members > (work "/group")
    print name > (work "/declared-groups")
    declared_group[name] = 1
  }
  if (mutable) for (i = 1; i <= old_groups; i++) {
    name = old_group[i]
    if (name in declared_group || name in was_declared_group) continue
    print old_group_line[name] > (work "/group")
  }

  printf "" > (work "/plain")
  printf "" > (work "/homes")
  for (i = 1; i <= users; i++) {
    name = user_order[i]
    if (uid[name] == "-") {
      if (name in uid_map) uid[name] = uid_map[name]
      else if (system_user[name] == 1) uid[name] = free_id(999, 399, -1, uid_taken)
      else uid[name] = free_id(1000, 30000, 1, uid_taken)
    }
    uid_map[name] = uid[name]
    gid = (primary[name] in group_gid) ? group_gid[primary[name]] : gid_map[primary[name]]
    print name ":x:" uid[name] ":" gid ":" gecos[name] ":" home[name] ":" shell[name] > (work "/passwd")
    print name > (work "/declared-users")
    declared_user[name] = 1
    if (create_home[name] == 1) print name "\t" home_mode[name] "\t" home[name] > (work "/homes")

    is_new = !(name in old_shadow)
    hash = is_new ? "!" : ""
    if (!is_new) { split(old_shadow[name], p, ":"); hash = p[2] }
    if (is_new || !mutable) {
      if (kind[name] == "hash" || (kind[name] == "initial-hash" && is_new)) hash = secret[name]
      if (kind[name] == "plain" || (kind[name] == "initial-plain" && is_new)) {
        if (secret[name] == "") hash = ""; else print name ":" secret[name] > (work "/plain")
      }
      if (kind[name] == "none" && !mutable) hash = "!"
      if (kind[name] == "file") {
        if ((getline line < secret[name]) > 0) hash = line
        else print "the password file '" secret[name] "' of '" name "' cannot be read" > "/dev/stderr"
        close(secret[name])
      }
    }
    changed = is_new ? today : p[3]
    print name ":" hash ":" (name == "root" && is_new ? 1 : changed) "::::::" > (work "/shadow")
  }
  if (mutable) for (i = 1; i <= old_users; i++) {
    name = old_user[i]
    if (name in declared_user || name in was_declared_user) continue
    print old_passwd[name] > (work "/passwd")
    if (name in old_shadow) print old_shadow[name] > (work "/shadow")
  }
  for (name in uid_map) print name "\t" uid_map[name] > (work "/uid-map")
  for (name in gid_map) print name "\t" gid_map[name] > (work "/gid-map")
}
