# The shell side of `stdenv.mkDerivation`, with the names of phases, hooks and functions that packages of nixpkgs use.
# Nothing here starts a process before a phase needs one: trivial builders source this file as well.

set -e -o pipefail
shopt -s nullglob inherit_errexit

: "${outputs:=out}"
# the output that each kind of file goes to, by name
_mainOutput=out
if [[ " $outputs " != *" out "* ]]; then _mainOutput=${outputs%% *}; fi
for _output in bin dev lib; do
    if [[ " $outputs " == *" $_output "* ]]; then printf -v "output${_output^}" '%s' "$_output"; else printf -v "output${_output^}" '%s' "$_mainOutput"; fi
done
prefix=${prefix:-${!_mainOutput}}
export SOURCE_DATE_EPOCH=1
export LC_ALL=C TZ=UTC
NIX_BUILD_CORES=${NIX_BUILD_CORES:-1}
export NIX_BUILD_CORES CONFIG_SHELL="$shell" SHELL="$shell"

# ---- hooks ----------------------------------------------------------------------------------------------------------

# Runs the hook `name`: what packages and setup hooks added to `nameHooks`, then the function or variable `name`.
runHook() {
    local name=$1 hook
    shift
    local -n _hooks="${name%Hook}Hooks"
    for hook in "${_hooks[@]}"; do _evalHook "$hook" "$@"; done
    _runImplicitHook "$name" "$@"
}

_runImplicitHook() {
    local name=$1
    shift
    if declare -F "$name" >/dev/null; then "$name" "$@"
    elif [[ -n ${!name:-} ]]; then eval "${!name}"; fi
}

_evalHook() {
    local hook=$1
    shift
    if declare -F "$hook" >/dev/null; then "$hook" "$@"; else eval "$hook"; fi
}

runOneHook() {
    local name=$1 hook
    shift
    local -n _hooks="${name%Hook}Hooks"
    for hook in "${_hooks[@]}" "$name"; do if _evalHook "$hook" "$@"; then return 0; fi; done
    return 1
}

# ---- messages -------------------------------------------------------------------------------------------------------

nixLog() { echo "$*" >&2; }
nixErrorLog() { echo "error: $*" >&2; }
nixWarnLog() { echo "warning: $*" >&2; }
nixInfoLog() { nixLog "$@"; }
echoCmd() { printf '%s:' "$1"; shift; printf ' %q' "$@"; echo; }
die() { nixErrorLog "$@"; exit 1; }

# ---- inputs ---------------------------------------------------------------------------------------------------------

addToSearchPathWithCustomDelimiter() {
    local delimiter=$1 name=$2 folder=$3
    if [[ -d $folder && "$delimiter${!name:-}$delimiter" != *"$delimiter$folder$delimiter"* ]]; then
        export "$name=${!name:+${!name}$delimiter}$folder"
    fi
}
addToSearchPath() { addToSearchPathWithCustomDelimiter ":" "$@"; }
appendToVar() { local -n _var=$1; shift; if [[ "$(declare -p "${!_var}" 2>/dev/null)" == "declare -a"* ]]; then _var+=("$@"); else _var="${_var:-} $*"; fi; }
prependToVar() { local -n _var=$1; shift; if [[ "$(declare -p "${!_var}" 2>/dev/null)" == "declare -a"* ]]; then _var=("$@" "${_var[@]}"); else _var="$* ${_var:-}"; fi; }
concatTo() {
    local -n _target=$1
    shift
    local name
    for name in "$@"; do
        local -n _source=${name%%=*}
        if [[ "$(declare -p "${name%%=*}" 2>/dev/null)" == "declare -a"* ]]; then _target+=("${_source[@]}")
        elif [[ -n ${_source:-} ]]; then local IFS=$' \t\n'; _target+=($_source)
        elif [[ $name == *=* ]]; then _target+=("${name#*=}"); fi
    done
}

declare -A _seenInputs
_hostInputs=()
_allInputs=()

# Gathers an input and what it propagates, once.
_gatherInput() {
    local path=$1 kind=$2 propagated next
    if [[ -n ${_seenInputs[$kind$path]:-} ]]; then return 0; fi
    _seenInputs[$kind$path]=1
    if [[ ! -e $path ]]; then die "Build input '$path' does not exist"; fi
    if [[ $kind == host ]]; then _hostInputs+=("$path"); fi
    _allInputs+=("$path")
    for propagated in propagated-build-inputs propagated-native-build-inputs; do
        if [[ -f $path/nix-support/$propagated ]]; then
            local inherited=$kind
            if [[ $propagated == propagated-native-build-inputs ]]; then inherited=build; fi
            for next in $(<"$path/nix-support/$propagated"); do _gatherInput "$next" "$inherited"; done
        fi
    done
}

_gatherInputs() {
    local path
    for path in ${nativeBuildInputs:-} ${propagatedNativeBuildInputs:-}; do _gatherInput "$path" build; done
    for path in ${buildInputs:-} ${propagatedBuildInputs:-}; do _gatherInput "$path" host; done
}

envHostTargetHooks=()
envBuildHostHooks=()
envHostHostHooks=()
addEnvHooks() { shift; envHostTargetHooks+=("$@"); }

_useInput() {
    local path=$1
    if [[ -d $path/bin ]]; then PATH=${PATH:+$PATH:}$path/bin; fi
    addToSearchPath XDG_DATA_DIRS "$path/share"
    if [[ -f $path/nix-support/setup-hook ]]; then source "$path/nix-support/setup-hook"; elif [[ -f $path ]]; then source "$path"; fi
}

_useHostInput() {
    local path=$1
    if [[ -d $path/include ]]; then NIX_CFLAGS_COMPILE+=" -isystem $path/include"; fi
    if [[ -d $path/lib ]]; then NIX_LDFLAGS+=" -L$path/lib -rpath $path/lib"; fi
    addToSearchPath PKG_CONFIG_PATH "$path/lib/pkgconfig"
    addToSearchPath PKG_CONFIG_PATH "$path/share/pkgconfig"
}

PATH=
unset _path
_gatherInputs
for _path in "${_allInputs[@]}"; do _useInput "$_path"; done
for _path in $initialPath; do PATH=${PATH:+$PATH:}$_path/bin; done
: "${NIX_CFLAGS_COMPILE:=}" "${NIX_LDFLAGS:=}"
for _path in "${_hostInputs[@]}"; do _useHostInput "$_path"; done
for _path in "${_hostInputs[@]}"; do for _hook in "${envHostTargetHooks[@]}"; do "$_hook" "$_path"; done; done
export PATH NIX_CFLAGS_COMPILE NIX_LDFLAGS

# ---- substitution ---------------------------------------------------------------------------------------------------

# substitute <input> <output> [--replace(-fail|-warn|-quiet) from to] [--subst-var name] [--subst-var-by name value]
substitute() {
    local input=$1 target=$2 text mode from to
    shift 2
    [[ -f $input ]] || die "substitute(): file '$input' does not exist"
    text=$(cat "$input"; printf x)
    text=${text%x}
    while (($# > 0)); do
        mode=$1
        case $mode in
        --replace | --replace-fail | --replace-warn | --replace-quiet) from=$2 to=$3; shift 3 ;;
        --subst-var) from="@$2@" to=${!2}; shift 2 ;;
        --subst-var-by) from="@$2@" to=$3; shift 3 ;;
        *) die "substitute(): Invalid command line argument: $1" ;;
        esac
        if [[ $text != *"$from"* ]]; then
            case $mode in
            --replace-fail) die "substitute(): ERROR: pattern '$from' doesn't match anything in file '$input'" ;;
            --replace | --replace-warn) nixWarnLog "pattern '$from' doesn't match anything in file '$input'" ;;
            esac
        fi
        text=${text//"$from"/"$to"}
    done
    printf '%s' "$text" >"$target"
}

substituteInPlace() {
    local files=() file
    while (($# > 0)) && [[ $1 != --* ]]; do files+=("$1"); shift; done
    for file in "${files[@]}"; do
        if [[ -L $file ]]; then die "substituteInPlace(): '$file' is a symlink"; fi
        substitute "$file" "$file.substituted" "$@"
        cat "$file.substituted" >"$file"
        rm "$file.substituted"
    done
}

_allVariables() { local name; for name in $(compgen -v); do if [[ $name =~ ^[a-z][A-Za-z0-9_]*$ ]]; then echo "$name"; fi; done; }
substituteAll() {
    local input=$1 target=$2 name
    local args=()
    for name in $(_allVariables); do args+=(--subst-var "$name"); done
    substitute "$input" "$target" "${args[@]}"
}
substituteAllInPlace() { substituteAll "$1" "$1.substituted"; cat "$1.substituted" >"$1"; rm "$1.substituted"; }

# ---- phases ---------------------------------------------------------------------------------------------------------

dumpVars() { :; }

showPhaseHeader() { echo "Running phase: $1"; if [[ -n ${NIX_LOG_FD:-} ]]; then printf '@nix { "action": "setPhase", "phase": "%s" }\n' "$1" >&"$NIX_LOG_FD"; fi; }

unpackFile() {
    local file=$1
    echo "unpacking source archive $file"
    if runOneHook unpackCmd "$file" 2>/dev/null; then return 0; fi
    if [[ -d $file ]]; then
        local name=${file##*/}
        name=${name#[0-9a-z]???????????????????????????????-}
        cp -r --preserve=mode,timestamps --reflink=auto -- "$file" "$name"
        return 0
    fi
    case $file in
    *.tar | *.tar.* | *.tgz | *.tbz2 | *.txz) tar xf "$file" --mode=+w --warning=no-timestamp ;;
    *) die "do not know how to unpack source archive $file" ;;
    esac
}

unpackPhase() {
    runHook preUnpack
    local source folders=() before=" " folder
    if [[ -z ${srcs:-} ]]; then srcs=${src:-}; fi
    [[ -n $srcs ]] || die 'variable $src or $srcs should point to the source'
    for folder in */; do before+="$folder "; done
    for source in $srcs; do unpackFile "$source"; done
    if [[ -n ${setSourceRoot:-} ]]; then _evalHook "$setSourceRoot"
    elif [[ -z ${sourceRoot:-} ]]; then
        for folder in */; do if [[ $before != *" $folder "* ]]; then folders+=("${folder%/}"); fi; done
        ((${#folders[@]} == 1)) || die "unpacker produced ${#folders[@]} directories; set 'sourceRoot'"
        sourceRoot=${folders[0]}
    fi
    echo "source root is $sourceRoot"
    if [[ ${dontMakeSourcesWritable:-} != 1 ]]; then chmod -R u+w -- "$sourceRoot"; fi
    runHook postUnpack
}

patchPhase() {
    runHook prePatch
    local patch
    for patch in ${patches:-}; do
        echo "applying patch $patch"
        case $patch in
        *.gz) gzip -dc "$patch" ;;
        *.xz) xz -dc "$patch" ;;
        *.bz2) bzip2 -dc "$patch" ;;
        *) cat "$patch" ;;
        esac | patch ${patchFlags:--p1}
    done
    runHook postPatch
}

configurePhase() {
    runHook preConfigure
    : "${configureScript=}"
    if [[ -z $configureScript && -x ./configure ]]; then configureScript=./configure; fi
    if [[ -n $configureScript ]]; then
        local flags=()
        if [[ -z ${dontAddPrefix:-} ]]; then flags+=("${prefixKey:---prefix=}$prefix"); fi
        concatTo flags configureFlags configureFlagsArray
        echoCmd 'configure flags' "${flags[@]}"
        $configureScript "${flags[@]}"
    else
        echo "no configure script, doing nothing"
    fi
    runHook postConfigure
}

_makefile() { if [[ -n ${makefile:-} ]]; then echo "$makefile"; else local name; for name in GNUmakefile makefile Makefile; do if [[ -e $name ]]; then echo "$name"; return; fi; done; fi; }

# _make <parallel flag variable> <flag variables and default targets...>
_make() {
    local parallel=$1 flags=()
    shift
    if [[ -n ${!parallel:-} ]]; then flags+=("-j$NIX_BUILD_CORES"); fi
    flags+=("SHELL=$SHELL")
    concatTo flags makeFlags makeFlagsArray "$@"
    echoCmd 'make flags' "${flags[@]}"
    make ${makefile:+-f "$makefile"} "${flags[@]}"
}

: "${enableParallelBuilding=1}" "${enableParallelChecking=1}" "${enableParallelInstalling=}"

buildPhase() {
    runHook preBuild
    if [[ -z ${makeFlags:-}${makeFile:-} && -z $(_makefile) ]]; then echo "no Makefile or custom buildPhase, doing nothing"
    else _make enableParallelBuilding buildFlags buildFlagsArray; fi
    runHook postBuild
}

checkPhase() {
    runHook preCheck
    if [[ -z $(_makefile) ]]; then echo "no Makefile or custom checkPhase, doing nothing"
    else
        local checkTarget=${checkTarget:-}
        if [[ -z $checkTarget ]]; then if make -n check >/dev/null 2>&1; then checkTarget=check; elif make -n test >/dev/null 2>&1; then checkTarget=test; fi; fi
        if [[ -n $checkTarget ]]; then _make enableParallelChecking checkFlags checkFlagsArray checkTarget; else echo "no check/test target, doing nothing"; fi
    fi
    runHook postCheck
}

installPhase() {
    runHook preInstall
    if [[ -z ${makeFlags:-} && -z $(_makefile) ]]; then echo "no Makefile or custom installPhase, doing nothing"
    else mkdir -p "$prefix"; _make enableParallelInstalling installFlags installFlagsArray installTargets=install; fi
    runHook postInstall
}

installCheckPhase() { runHook preInstallCheck; if [[ -n ${installCheckTarget:-} ]]; then _make enableParallelChecking installCheckFlags installCheckTarget; fi; runHook postInstallCheck; }
distPhase() { runHook preDist; _make enableParallelBuilding distFlags distTarget=dist; runHook postDist; }

# ---- fixup ----------------------------------------------------------------------------------------------------------

isELF() { local magic; LC_ALL=C IFS= read -r -n 4 -d '' magic <"$1" 2>/dev/null || true; [[ $magic == $'\177ELF' ]]; }
isScript() { local magic; LC_ALL=C IFS= read -r -n 2 -d '' magic <"$1" 2>/dev/null || true; [[ $magic == '#!' ]]; }

getAllOutputNames() { echo "$outputs"; }

stripDirs() {
    local folder file files=()
    for folder in lib libexec bin sbin; do
        if [[ ! -d $1/$folder ]]; then continue; fi
        while IFS= read -r -d '' file; do if isELF "$file"; then files+=("$file"); fi; done < <(find "$1/$folder" -type f -print0)
    done
    if ((${#files[@]} > 0)) && type -P strip >/dev/null; then strip -S -p "${files[@]}" 2>/dev/null || true; fi
}

shrinkRunPaths() {
    local file
    type -P patchelf >/dev/null || return 0
    while IFS= read -r -d '' file; do
        if isELF "$file" && patchelf --print-rpath "$file" >/dev/null 2>&1; then patchelf --shrink-rpath "$file" 2>/dev/null || true; fi
    done < <(find "$1" -type f \( -perm -0100 -o -name '*.so*' \) -print0)
}

# patchShebangs [--build|--host|--update] <files or folders...>: interpreters become those of the path.
patchShebangs() {
    local file line interpreter args name found
    while [[ ${1:-} == --* ]]; do shift; done
    while IFS= read -r -d '' file; do
        if ! isScript "$file"; then continue; fi
        IFS= read -r line <"$file" || true
        read -r interpreter args <<<"${line#\#!}"
        if [[ $interpreter == "$NIX_STORE"/* ]]; then continue; fi
        name=${interpreter##*/}
        if [[ $name == env ]]; then
            if [[ $args == -S\ * ]]; then args=${args#-S }; fi
            name=${args%% *}
            if [[ $args == *" "* ]]; then args=${args#* }; else args=; fi
        fi
        found=$(type -P "$name" || true)
        if [[ -z $found ]]; then continue; fi
        echo "$file: interpreter directive changed from \"${line#\#!}\" to \"$found${args:+ $args}\""
        local executable=
        if [[ -x $file ]]; then executable=1; fi
        { printf '#!%s\n' "$found${args:+ $args}"; tail -n +2 "$file"; } >"$file.patched"
        cat "$file.patched" >"$file"
        rm "$file.patched"
        if [[ -n $executable ]]; then chmod +x "$file"; fi
    done < <(find "$@" -type f -perm -0100 -print0)
}

moveToOutput() {
    local pattern=$1 target=$2 output file
    for output in $outputs; do
        if [[ ${!output} == "$target" ]]; then continue; fi
        for file in "${!output}"/$pattern; do
            mkdir -p "$(dirname "$target/${file#"${!output}"/}")"
            mv "$file" "$target/${file#"${!output}"/}"
        done
    done
}

_moveSbin() {
    if [[ ! -d $1/sbin || -L $1/sbin || -n ${dontMoveSbin:-} ]]; then return 0; fi
    mkdir -p "$1/bin"
    local files=("$1"/sbin/*)
    if ((${#files[@]} > 0)); then mv "${files[@]}" "$1/bin"; fi
    rmdir "$1/sbin"
    ln -s bin "$1/sbin"
}

fixupOutput() {
    local path=$1
    if [[ ! -d $path ]]; then return 0; fi
    _moveSbin "$path"
    rm -f "$path/share/info/dir"
    if [[ -z ${dontStrip:-} ]]; then stripDirs "$path"; fi
    if [[ -z ${dontPatchELF:-} ]]; then shrinkRunPaths "$path"; fi
    if [[ -z ${dontPatchShebangs:-} ]]; then patchShebangs "$path"; fi
}

_writeNixSupport() {
    local target=${!outputDev} propagated=${propagatedBuildInputs:-} output
    # whoever asks for headers gets the libraries and programs as well
    for output in ${propagatedBuildOutputs-$outputBin $outputLib}; do
        if [[ ${!output} != "$target" && " $propagated " != *" ${!output} "* ]]; then propagated+=" ${!output}"; fi
    done
    if [[ -n $propagated ]]; then mkdir -p "$target/nix-support"; echo $propagated >"$target/nix-support/propagated-build-inputs"; fi
    if [[ -n ${propagatedNativeBuildInputs:-} ]]; then mkdir -p "$target/nix-support"; echo "$propagatedNativeBuildInputs" >"$target/nix-support/propagated-native-build-inputs"; fi
    if [[ -n ${setupHook:-} ]]; then mkdir -p "$target/nix-support"; substituteAll "$setupHook" "$target/nix-support/setup-hook"; fi
}

fixupPhase() {
    local output
    for output in $outputs; do if [[ -e ${!output} ]]; then chmod -R u+w "${!output}"; fi; done
    runHook preFixup
    for output in $outputs; do prefix=${!output} fixupOutput "${!output}"; done
    _writeNixSupport
    runHook postFixup
}

# ---- running --------------------------------------------------------------------------------------------------------

runPhase() {
    local phase=$1 skip
    case $phase in
    unpackPhase) skip=${dontUnpack:-} ;;
    patchPhase) skip=${dontPatch:-} ;;
    configurePhase) skip=${dontConfigure:-} ;;
    buildPhase) skip=${dontBuild:-} ;;
    checkPhase) if [[ -n ${doCheck:-} ]]; then skip=; else skip=1; fi ;;
    installPhase) skip=${dontInstall:-} ;;
    fixupPhase) skip=${dontFixup:-} ;;
    installCheckPhase) if [[ -n ${doInstallCheck:-} ]]; then skip=; else skip=1; fi ;;
    distPhase) if [[ -n ${doDist:-} ]]; then skip=; else skip=1; fi ;;
    *) skip= ;;
    esac
    if [[ -n $skip ]]; then return 0; fi
    showPhaseHeader "$phase"
    # a variable of the derivation wins over the function
    if [[ -n ${!phase:-} ]]; then eval "${!phase}"; else "$phase"; fi
    if [[ $phase == unpackPhase ]]; then if [[ -n ${sourceRoot:-} ]]; then cd -- "$sourceRoot"; fi; fi
}

definePhases() {
    if [[ -n ${phases:-} ]]; then return 0; fi
    phases="${prePhases:-} unpackPhase patchPhase ${preConfigurePhases:-} configurePhase ${preBuildPhases:-} buildPhase checkPhase
        ${preInstallPhases:-} installPhase ${preFixupPhases:-} fixupPhase installCheckPhase ${preDistPhases:-} distPhase ${postPhases:-}"
}

# Programs start `/bin/sh -c`, and scripts of sources begin with it before they can be patched; a sandbox may have none.
_provideShell() {
    if [[ ! -e /bin/sh ]]; then { mkdir -p /bin && ln -s "$shell" /bin/sh; } 2>/dev/null || true; fi
}

genericBuild() {
    _provideShell
    if [[ -n ${buildCommandPath:-} ]]; then source "$buildCommandPath"; return; fi
    if [[ -n ${buildCommand:-} ]]; then eval "$buildCommand"; return; fi
    definePhases
    local phase
    for phase in $phases; do runPhase "$phase"; done
}

runHook addInputsHook
runHook userHook
