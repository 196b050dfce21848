# Reads modules.dep and prints the files of the modules named in `wanted` (names, or folders relative to
# the version's folder), each after those that it depends on. Names that are built in print nothing.
function name_of(file,    n) { n = file; sub(/.*\//, "", n); sub(/\.ko(\.(xz|gz|zst))?$/, "", n); gsub(/-/, "_", n); return n }
function visit(file,    list, count, i) {
  if (file in done) return
  done[file] = 1
  count = split(needs[file], list, " ")
  for (i = count; i >= 1; i--) visit(list[i])
  print file
}
{
  file = $1; sub(/:$/, "", file)
  $1 = ""
  needs[file] = $0
  order[++total] = file
  by_name[name_of(file)] = file
}
END {
  words = split(wanted, want, " ")
  for (w = 1; w <= words; w++) {
    if (want[w] ~ /\//) {
      for (i = 1; i <= total; i++) if (index(order[i], want[w]) == 1) visit(order[i])
    } else {
      name = want[w]; gsub(/-/, "_", name)
      if (name in by_name) visit(by_name[name])
    }
  }
}
