# Part of ./dev, which sources it: the verb "dist" makes the programs that others get, each in an archive with the licences
# of what is in it. Leaves them in dist/, what they are built in below build-dist/.
# Promises: the same commit gives the same bytes for Linux whatever the folder is called; a program that needs more of a
# system than every such system has is no success; before a target's build begins its old files are gone, and with them
# all that was made of them.
# shellcheck shell=bash

dist_version() { sed -n "s/^  version: '\(.*\)',\$/\1/p" meson.build; }

# The time that everything in an archive carries: the commit's; that of meson.build where there is no repository.
dist_epoch() {
  echo "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y meson.build)}"
}

# dist_targets [linux|macos|windows|all|TARGET]: the programs meant. Without a word: all.
dist_targets() {
  case ${1:-all} in
    linux) echo linux-x86_64 linux-arm64 ;;
    macos) echo macos-universal ;;
    windows) echo windows-x86_64 windows-arm64 ;;
    all) echo linux-x86_64 linux-arm64 macos-universal windows-x86_64 windows-arm64 ;;
    linux-x86_64 | linux-arm64 | macos-universal | windows-x86_64 | windows-arm64) echo "$1" ;;
    *) die "no such system: $1 (linux macos windows all)" ;;
  esac
}

# dist_require TARGETS [PACKAGE…]
dist_require() {
  local targets=$1
  shift
  case $targets in *windows-x86_64*) set -- "$@" gcc-mingw-w64-x86-64-win32 ;; esac
  case $targets in *macos* | *windows*) set -- "$@" llvm ;; esac
  system=$(system_name)
  cross_require "$@"
  python=/usr/bin/python3 # meson's own
}

# cross_build FOLDER CROSS OPTION…: FOLDER and CROSS.txt below build-dist/ and packaging/cross/. The compiler is in the cross
# files, so that of the environment is not asked.
cross_build() {
  local folder=build-dist/$1 cross=$2 here
  shift 2
  here=$(here_file)
  (
    unset CC CFLAGS CPPFLAGS LDFLAGS PKG_CONFIG_PATH
    configure "$folder" --cross-file "$here" --cross-file "packaging/cross/$cross.txt" --wrap-mode=forcefallback \
      -Dtls=disabled -Dhttp2=disabled -Dwerror=true "$@" && compile "$folder"
  )
}

# dist_forget TARGET: removes its program and archive, and what holds them or names their hashes.
dist_forget() {
  rm -f "dist/liteginx-$1" "dist/liteginx-$1.exe" "dist/liteginx-$(dist_version)-$1".* dist/SHA256SUMS dist/*.spdx.json \
    "build-dist/$1.state"
  rm -rf dist/recipes
  case $1 in linux-*) rm -rf dist/*.deb dist/*.rpm dist/container ;; esac
}

# What a program and its archive are made of, as one word: contents and the time that they carry.
dist_state() {
  {
    dist_epoch
    find meson.build meson_options.txt src include share docs packaging subprojects/*.wrap subprojects/packagefiles \
      README.md LICENSE -type f -not -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum
}

# dist_program TARGET: builds it and puts it into dist/, checked.
# shellcheck disable=SC2086 # $release is a list of words
dist_program() {
  local target=$1 program release='-Dbuildtype=release -Doptimization=3 -Dtests=false'
  program=dist/liteginx-$target
  mkdir -p dist
  dist_forget "$target"
  case $target in
    linux-*)
      cross_build "$target" "musl-${target#linux-}" $release &&
        install -m 755 "build-dist/$target/liteginx" "$program" &&
        dist_check_static "$program"
      ;;
    macos-universal)
      cross_build macos-arm64 macos-arm64 $release &&
        cross_build macos-x86_64 macos-x86_64 $release &&
        "$(llvm_tool lipo)" -create build-dist/macos-arm64/liteginx build-dist/macos-x86_64/liteginx -output "$program" &&
        chmod 755 "$program" &&
        dist_check_macos "$program"
      ;;
    windows-*)
      # zig's linker has no such thing for Windows; with gcc it makes the program smaller.
      case $target in *x86_64) set -- -Db_lto=true ;; *) set -- ;; esac
      cross_build "$target" "$target" $release "$@" &&
        install -m 755 "build-dist/$target/liteginx.exe" "$program.exe" &&
        dist_check_windows "$program.exe"
      ;;
  esac
}

dist_check_static() {
  file -b "$1" | grep -Eq 'statically linked|static-pie linked' || {
    say "$1 is not static: $(file -b "$1")"
    return 1
  }
}

# What every macOS has is libSystem alone. Apple's own processors start nothing unsigned: zig signs for them, ad hoc; for
# Intel's it does not, which start it all the same.
dist_check_macos() {
  local objdump lipo libraries
  objdump=$(llvm_tool objdump)
  lipo=$(llvm_tool lipo)
  [ "$("$lipo" -archs "$1" | xargs -n 1 | sort | xargs)" = 'arm64 x86_64' ] || {
    say "$1 is for $("$lipo" -archs "$1"), not for arm64 and x86_64"
    return 1
  }
  libraries=$("$objdump" --macho --arch=all --dylibs-used "$1" | awk '/compatibility version/ { print $1 }' | sort -u)
  [ "$libraries" = /usr/lib/libSystem.B.dylib ] || {
    say "$1 wants other libraries than libSystem: $libraries"
    return 1
  }
  "$objdump" --macho --arch=arm64 --private-headers "$1" | grep -q LC_CODE_SIGNATURE || {
    say "$1: the part for arm64 is not signed, and would not be started"
    return 1
  }
}

# DLLs that every Windows 10 has; no compiler's.
dist_check_windows() {
  local name names foreign=''
  names=$("$(llvm_tool readobj)" --coff-imports "$1" | awk '/^ *Name: .*\.[dD][lL][lL]$/ { print tolower($2) }')
  for name in $(printf '%s\n' "$names" | sort -u); do
    case $name in
      kernel32.dll | ntdll.dll | msvcrt.dll | ucrtbase.dll | api-ms-win-crt-*.dll | advapi32.dll | user32.dll | \
        ws2_32.dll | iphlpapi.dll | userenv.dll | psapi.dll | dbghelp.dll | ole32.dll | shell32.dll | bcrypt.dll) ;;
      *) foreign="$foreign $name" ;;
    esac
  done
  [ -z "$foreign" ] || {
    say "$1 wants DLLs that are not the system's:$foreign"
    return 1
  }
  [ "$1" != dist/liteginx-windows-x86_64.exe ] || [ "$(wc -c <"$1")" -lt 1048576 ] || {
    say "$1 has $(wc -c <"$1") bytes; it should stay under 1 MB"
    return 1
  }
}

# dist_archive TARGET: the program with its papers. Needs dist_program.
dist_archive() {
  local target=$1 version papers program=dist/liteginx-$1 inside=liteginx kind=tar.gz manual=share/liteginx.1 file
  version=$(dist_version)
  papers=build-dist/$target-THIRD-PARTY.txt
  case $target in windows-*) program=$program.exe inside=liteginx.exe kind=zip manual= ;; esac
  set -- README.md LICENSE docs/*.md share/liteginx.schema.json $manual # the README's links lead to docs/ and share/
  for file in "$@"; do
    set -- "$@" "$file=$file"
    shift
  done
  "$python" -B packaging/papers.py third-party "$target" "$papers" &&
    "$python" -B packaging/archive.py "dist/liteginx-$version-$target.$kind" "$(dist_epoch)" "liteginx-$version" \
      "$inside=$program" "$@" "THIRD-PARTY.txt=$papers"
}

dist_make() {
  local state
  state=$(dist_state)
  dist_program "$1" && dist_archive "$1" && printf '%s\n' "$state" >"build-dist/$1.state"
}

# dist_made TARGET: whether its archive is there, of the sources as they are now.
dist_made() {
  [ -n "$(find dist -name "liteginx-$(dist_version)-$1.*" 2>/dev/null)" ] &&
    [ "$(cat "build-dist/$1.state" 2>/dev/null)" = "$(dist_state)" ]
}

# What is in dist/ as a whole: the bill of materials, and the sums last.
dist_sum_up() {
  rm -f dist/SHA256SUMS dist/*.spdx.json
  "$python" -B packaging/papers.py sbom "$(dist_version)" "$(dist_epoch)" dist "dist/liteginx-$(dist_version).spdx.json" &&
    (cd dist && LC_ALL=C sha256sum liteginx[-_]* >SHA256SUMS)
}

# The packages and recipes for package managers, of what is in dist/ already.
dist_packages() {
  cross_require rpm
  packaging/packages.sh
}

run_dist() { # run_dist [linux|macos|windows|all]
  local target targets failed=''
  targets=$(dist_targets "$@") || exit 1
  dist_require "$targets"
  for target in $targets; do
    say "dev: building for $target"
    dist_make "$target" || failed="$failed $target"
  done
  dist_sum_up || exit 1
  ls -l dist >&2
  [ -z "$failed" ] || die "could not be made:$failed"
  if [ "${1:-all}" = all ]; then dist_packages; fi
}
