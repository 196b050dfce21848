# Takes away the signature at the end of a kernel module. Checking one costs the hash of the whole module at each
# load, which is much where there is no hardware virtualisation, and a module from the store needs none.
# The layout (include/linux/module_signature.h): contents, signature, 12 bytes of which the last 4 are the
# signature's length with the high byte first, and the text below with a newline.
strip_signature() {
  local file=$1 size length
  case "$file" in *.ko) ;; *) return 0 ;; esac
  [ "$(tail -c 28 "$file" | tr -d '\0')" = "~Module signature appended~" ] || return 0
  size=$(stat -c %s "$file")
  length=$((16#$(tail -c 32 "$file" | head -c 4 | od -An -tx1 | tr -d ' \n')))
  truncate -s $((size - 28 - 12 - length)) "$file"
}
