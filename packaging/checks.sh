# Part of ./dev, which sources it: the sections of `./dev test` that judge what `./dev dist` makes.
# shellcheck shell=bash

# cross_possible NAME: else NAME is left out, and said to be.
cross_possible() {
  case $(uname -sm):$system in
    'Linux x86_64:debian12' | 'Linux x86_64:debian13') return 0 ;;
  esac
  left_out "$1" 'tools for other machines are known for Debian on x86-64'
  return 1
}

# The static programs as others get them: that they need nothing of a system is tried in a root that holds nothing else.
test_linux_static() {
  step 'papers of the distribution' "$python" -B tests/house/papers_test.py
  cross_possible 'static programs for Linux' || return 0
  dist_require linux-x86_64
  needs 'static program for Linux on x86-64' dist_make linux-x86_64 || return 0
  if unshare --user --map-root-user --net true 2>/dev/null; then
    step 'linux: alone in a root' unshare --user --map-root-user --net \
      "$python" -B tests/house/alone_check.py dist/liteginx-linux-x86_64
  elif [ "$(id -u)" = 0 ]; then
    step 'linux: alone in a root' "$python" -B tests/house/alone_check.py dist/liteginx-linux-x86_64
  else
    left_out 'linux: alone in a root' 'this kernel lets only root change the root'
  fi
}

# By hand, before programs are given to others, as it takes some ten minutes: that the same source makes the same bytes, and
# that the distributed program for arm64 does what the one does that `arm64` builds.
test_release() {
  cross_possible release || return 0
  dist_require 'linux-x86_64 linux-arm64' qemu-user-static
  needs 'programs for Linux' dist_lacking linux || return 0
  step 'linux: built twice, equal bytes' check_same_bytes
  run_arm64_e2e 'e2e on arm64, static' 'qemu-aarch64-static' dist/liteginx-linux-arm64
}

# A second clone, as far as building goes, whose path is longer and stranger. The C library that zig has compiled of its own
# sources is taken over, as that takes minutes; nothing that was made of ours is. One target stands for both: tools and
# options are the same.
check_same_bytes() (
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  other="$work/somewhere else, ü"
  mkdir -p "$other/.deps"
  tar cf - --exclude='./build*' --exclude=./.deps --exclude=./.cache --exclude=./.git --exclude=./dist . |
    tar xf - -C "$other"
  ln -s "$root"/.deps/zig-cache "$root"/.deps/zig-[0-9]* "$other/.deps/"
  SOURCE_DATE_EPOCH=$(dist_epoch)
  export SOURCE_DATE_EPOCH
  if ! (cd "$other" && ./dev dist linux-x86_64 >"$work/log" 2>&1); then
    cat "$work/log" >&2
    return 1
  fi
  for file in "$other"/dist/liteginx-*linux-x86_64*; do cmp "$file" "dist/${file##*/}" || return 1; done
)

# arm64: the unit tests, and the end-to-end tests by a choice that meets each room, of what Debian's compiler makes. Both run
# under qemu, which is slow: times are allowed for as under a sanitizer. The distributed program, for which zig has to
# compile a C library first, is the matter of `release`.
test_arm64() {
  cross_possible arm64 || return 0
  dist_require '' gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
  needs 'unit tests for arm64' build_arm64 || return 0
  LITEGINX_SANITIZED=1 run_unit build-dist/arm64-tests 'unit on arm64'
  run_arm64_e2e 'e2e on arm64' 'qemu-aarch64-static -L /usr/aarch64-linux-gnu' build-dist/arm64-tests/liteginx
}

run_arm64_e2e() { # run_arm64_e2e NAME QEMU PROGRAM
  mkdir -p build-dist/arm64-qemu
  cat >build-dist/arm64-qemu/liteginx <<END
#!/bin/sh
exec $2 "\$(dirname "\$0")/../../$3" "\$@"
END
  chmod 755 build-dist/arm64-qemu/liteginx
  heading "$1"
  LITEGINX_SANITIZED=1 run_pytest build-dist/arm64-qemu "$1" -n "$(getconf _NPROCESSORS_ONLN)" --dist loadfile \
    tests/e2e/cli_check.py tests/e2e/http_routing.py tests/e2e/http_framing.py tests/e2e/tcp_relay.py \
    tests/e2e/upstream_hold.py tests/e2e/workers_stop.py
}

# Quick to build rather than quick to run.
build_arm64() {
  cross_build arm64-tests linux-arm64 --cross-file packaging/cross/qemu-arm64.txt -Dbuildtype=plain -Doptimization=1 \
    -Dtests=true
}

# macOS: nothing runs here, so what can be judged is judged: all of it compiles without a warning and links, the tests too,
# and the program wants nothing but what every Mac has.
test_macos() {
  cross_possible macos || return 0
  dist_require macos-universal
  needs 'unit tests for macOS on arm64' \
    cross_build macos-arm64-tests macos-arm64 -Dbuildtype=plain -Doptimization=1 -Dtests=true &&
    record 1 0 0 'macos: unit tests link'
  step 'macos: one program for arm64 and x86-64, signed, of libSystem alone' dist_make macos-universal
}

# Windows: the unit tests, and the distributed program's end-to-end tests by a choice that meets each of its rooms, under
# wine. What wine cannot show is named in tests/wine/cannot.txt, whose rows are tried as far as they belong to these files.
test_windows() {
  windows_possible || return 0
  run_wine_unit
  run_wine_e2e 'e2e on Windows' tests/e2e/cli_check.py tests/e2e/cli_signals.py tests/e2e/http_routing.py \
    tests/e2e/http_framing.py tests/e2e/http_upgrade.py tests/e2e/upstream_hold.py tests/e2e/tcp_relay.py \
    tests/e2e/ends_drain.py tests/e2e/windows_files.py
  wine_pytest 'end of a session on Windows' -n 0 tests/e2e/windows_session.py
  wine_leave
}

# All of it, and all rows of the table that are ever tried, which takes some half an hour and more: by hand. The count is in
# docs/SYSTEMS.md.
test_windows_all() {
  windows_possible || return 0
  run_wine_unit
  run_wine_e2e 'e2e on Windows' tests/e2e --ignore-glob='*/example_*.py' --ignore-glob='*/demo_*.py' \
    --ignore-glob='*/abuse_slow.py' --ignore-glob='*/windows_session.py'
  wine_pytest 'e2e on Windows, alone' -n 0 tests/e2e/example_*.py tests/e2e/demo_*.py tests/e2e/windows_session.py
  wine_leave
}

windows_possible() {
  cross_possible windows || return 1
  dist_require windows-x86_64 wine64
  needs 'unit tests for Windows' build_wine_tests || return 1
  needs 'program for Windows' dist_make windows-x86_64 || return 1
  needs 'wine' wine_prefix || return 1
  wine_stay
}

build_wine_tests() {
  cross_build windows-tests windows-x86_64 --cross-file packaging/cross/wine.txt -Dbuildtype=plain -Doptimization=1 \
    -Dtests=true
}

# A wine of our own, for what it is told here; without a screen. To make one takes long, to begin one some seconds. What made
# it has to be gone before anything is tried in it: its desktop ends soon, and with it all windows that were put there.
wine_prefix() {
  LITEGINX_WINE=$root/build-dist/windows-tests
  export LITEGINX_WINE
  [ -f "$LITEGINX_WINE/prefix/ready" ] && return 0
  rm -rf "$LITEGINX_WINE/prefix"
  tests/wine/wine.sh winecfg -v win10 >"$LITEGINX_WINE/wine.log" 2>&1 &&
    tests/wine/wine.sh reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f >>"$LITEGINX_WINE/wine.log" 2>&1 &&
    WINEPREFIX=$LITEGINX_WINE/prefix timeout 120 /usr/lib/wine/wineserver64 -w &&
    touch "$LITEGINX_WINE/prefix/ready"
}

# One program stays there all the time. Else wine's own ones end with the last program, begin anew with the next, and have its
# output open, so that whoever reads that to its end waits for them.
wine_stay() {
  printf 'name: stay\nspec: [{kind: tcp, listen: 0, targets: [1]}]\n' >"$LITEGINX_WINE/stay.yaml"
  tests/wine/wine.sh dist/liteginx-windows-x86_64.exe "$LITEGINX_WINE/stay.yaml" </dev/null >/dev/null 2>&1 &
  wine_stays=$!
}

wine_stays=''

wine_leave() {
  [ -z "$wine_stays" ] || kill "$wine_stays" 2>/dev/null || true
  wine_stays=''
}

run_wine_unit() { LITEGINX_CANNOT=$root/tests/wine/cannot.txt run_unit build-dist/windows-tests 'unit on Windows'; }

# What the table names is skipped at first, and then tried by itself: a row is to go once what it names can pass.
run_wine_e2e() { # run_wine_e2e NAME ARGUMENT…
  local name=$1
  shift
  wine_pytest "$name" -n "$(getconf _NPROCESSORS_ONLN)" --dist loadfile "$@"
  LITEGINX_STALE=1 wine_pytest "$name: rows of the table" -n "$(getconf _NPROCESSORS_ONLN)" "$@"
}

# Times are allowed for as under a sanitizer: each start of a program takes a moment.
wine_pytest() { # wine_pytest NAME ARGUMENT…
  local name=$1
  shift
  heading "$name"
  mkdir -p build-dist/wine
  ln -sf ../../tests/wine/liteginx build-dist/wine/liteginx
  LITEGINX_SANITIZED=1 LITEGINX_STANDS_IN=1 LITEGINX_CANNOT=$root/tests/wine/cannot.txt \
    LITEGINX_EXE=$root/dist/liteginx-windows-x86_64.exe run_pytest build-dist/wine "$name" "$@"
}

# What package managers take. How each is judged, and what nobody could try, is in docs/PACKAGES.md.
test_packages() {
  cross_possible packages || return 0
  # shellcheck disable=SC2046 # a list of words
  dist_require all rpm lintian rpmlint yamllint shellcheck mandoc man-db ruby makepkg pacman-package-manager \
    libarchive-tools buildah systemd $(command -v npm >/dev/null || echo npm) \
    $(command -v kubectl >/dev/null || echo kubernetes-client)
  needs plain build_test || return 0
  needs 'programs for packages' dist_lacking || return 0
  LITEGINX_DIST=$root/dist run_pytest build-test packages packaging/packages_check.py
}

# Makes what other sections have not made already, of these very sources.
dist_lacking() { # dist_lacking [SYSTEM]
  local target
  for target in $(dist_targets "${1:-all}"); do
    dist_made "$target" || dist_make "$target" || return 1
  done
  dist_sum_up
}
