#!/bin/sh
# zigcc.sh TARGET ARGUMENT…: `zig cc` for TARGET, as the compiler of the cross files in packaging/cross/. It answers itself
# what meson asks a compiler to ask its linker: zig has none of the linkers that meson knows for every target, and passes
# none of these questions on. What zig makes of its own sources is kept in .deps/zig-cache, what of others in
# .deps/zig-objects.
#
# Always stripped, and on Linux always one unit for the linker: zig compiles the C library for each combination of such
# options anew, which takes minutes; so meson's questions and the program share one.
target=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
zig=$root/$(awk '$1 == "zig" { print $5; exit }' "$root/packaging/sources.txt")/zig
export ZIG_GLOBAL_CACHE_DIR="$root/.deps/zig-cache" ZIG_LOCAL_CACHE_DIR="$root/.deps/zig-objects"
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
case $target in
  *linux*) exec "$zig" cc -target "$target" -flto -s "$@" ;;
  *) exec "$zig" cc -target "$target" -s "$@" ;;
esac
