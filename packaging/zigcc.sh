#!/bin/sh
# zigcc.sh TARGET ARGUMENT…: `zig cc` for TARGET, as the compiler of the cross files in packaging/cross/. It answers itself
# what meson asks a compiler to ask its linker: zig has none of the linkers that meson knows for every target, and passes
# none of these questions on. What it keeps goes below .deps/.
target=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
zig=$(echo "$root"/.deps/zig-*/zig)
: "${LITEGINX_ZIG_CACHE:=$root/.deps/zig-cache}"
export ZIG_GLOBAL_CACHE_DIR="$LITEGINX_ZIG_CACHE" ZIG_LOCAL_CACHE_DIR="$LITEGINX_ZIG_CACHE"
case $target in
  *macos*)
    case "$*" in
      *-Wl,--version*) echo 'ld: unknown option: --version' >&2; exit 1 ;;
      *-Wl,-v*) echo '@(#)PROGRAM:ld  PROJECT:ld64-820.1' >&2; exit 0 ;;
    esac ;;
  *)
    case "$*" in
      *-Wl,--version*) echo 'LLD 16.0.1 (compatible with GNU linkers)'; exit 0 ;;
      *-Wl,-v*) echo 'LLD 16.0.1 (compatible with GNU linkers)' >&2; exit 0 ;;
    esac ;;
esac
exec "$zig" cc -target "$target" "$@"
