#!@runtimeShell@
# Runs the driver on copies of the test files, in a folder where their imports are found.
set -e
NIX_STORE=${NIX_STORE:-/nix/store}
PATH=$PATH:@coreutils@/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/firn-driver.XXXXXX")
trap 'rm -rf "$work"' EXIT
ln -s @out@/driver @out@/store @out@/package.json @out@/node_modules "$work/"

args=()
for arg in "$@"; do
    if [[ $arg == *.ts && -f $arg ]]; then
        mkdir -p "$work/vm-tests"
        folder=$(dirname "$arg")
        # a file of its own in the store has the whole store beside it
        if [[ $folder == "$NIX_STORE" ]]; then cp "$arg" "$work/vm-tests/"; else cp -r "$folder/." "$work/vm-tests/"; fi
        chmod -R u+w "$work/vm-tests"
        arg=$work/vm-tests/${arg##*/}
    fi
    args+=("$arg")
done
@nodejs@/bin/node @out@/driver/cli/main.ts "${args[@]}"
