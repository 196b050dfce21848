#!@shell@
# Calls the compiler with the store's places added; see default.nix.
link=1
compile=1
shared=
for arg in "$@"; do
    case $arg in
    -c | -S | -E | -M | -MM) link= ;;
    -shared) shared=1 ;;
    -v | -V | --version | -dumpversion | -dumpmachine | -print-*) if (($# == 1)); then exec @program@ "$@"; fi ;;
    -nostdinc) compile= ;;
    -nostdlib | -r) link= ;;
    esac
done

before=(-B@out@/bin/ -B@libc@/lib/ -B@libcDev@/lib/)
after=()
if [[ -n $compile ]]; then after+=($NIX_CFLAGS_COMPILE -idirafter @libcDev@/include); fi
if [[ -n $link ]]; then
    after+=(-L@libcDev@/lib -L@libc@/lib)
    if [[ -z $shared ]]; then after+=(-Wl,-dynamic-linker=@interpreter@); fi
    IFS=: read -ra folders <<<"@runtimeLibraries@"
    for folder in @libc@/lib "${folders[@]}"; do after+=(-L"$folder" -Wl,-rpath,"$folder"); done
    for flag in $NIX_LDFLAGS; do after+=(-Xlinker "$flag"); done
fi
exec @program@ "${before[@]}" "$@" "${after[@]}"
