# Wrappers around programs: `makeWrapper <program> <wrapper> [--set name value] [--prefix name separator value] ...`.

makeWrapper() {
    local program=$1 wrapper=$2 name separator value
    shift 2
    [[ -x $program ]] || die "makeWrapper: '$program' is not an executable file"
    mkdir -p "$(dirname "$wrapper")"
    local argv0='' flags='' appended=''
    {
        echo "#!$shell -e"
        while (($# > 0)); do
            case $1 in
            --set) printf 'export %s=%q\n' "$2" "$3"; shift 3 ;;
            --set-default) printf 'export %s=${%s-%q}\n' "$2" "$2" "$3"; shift 3 ;;
            --unset) printf 'unset %s\n' "$2"; shift 2 ;;
            --chdir) printf 'cd %q\n' "$2"; shift 2 ;;
            --run) printf '%s\n' "$2"; shift 2 ;;
            --prefix) name=$2 separator=$3 value=$4; printf 'export %s=%q${%s:+%q}$%s\n' "$name" "$value" "$name" "$separator" "$name"; shift 4 ;;
            --suffix) name=$2 separator=$3 value=$4; printf 'export %s=$%s${%s:+%q}%q\n' "$name" "$name" "$name" "$separator" "$value"; shift 4 ;;
            --add-flags) flags+=" $2"; shift 2 ;;
            --add-flag) printf -v value ' %q' "$2"; flags+=$value; shift 2 ;;
            --append-flags) appended+=" $2"; shift 2 ;;
            --argv0) printf -v argv0 ' -a %q' "$2"; shift 2 ;;
            --inherit-argv0) argv0=' -a "$0"'; shift ;;
            *) die "makeWrapper: unknown argument '$1'" ;;
            esac
        done
        printf 'exec%s %q%s "$@"%s\n' "$argv0" "$program" "$flags" "$appended"
    } >"$wrapper"
    chmod +x "$wrapper"
}

wrapProgram() {
    local program=$1 hidden
    shift
    hidden="$(dirname "$program")/.$(basename "$program")-wrapped"
    mv "$program" "$hidden"
    makeWrapper "$hidden" "$program" --inherit-argv0 "$@"
}
