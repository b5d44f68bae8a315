#!/usr/bin/env bash
# Makes packages of what `./dev dist` has built: takes the archives in dist/, leaves packages and recipes beside them.
# Promises: builds nothing, asks no network, needs no root; the same archives and the same SOURCE_DATE_EPOCH (without it: the
# time of the last commit) give the same bytes; an archive or a tool that is missing is an error that says which; what it
# leaves is whole or not there.
# The program in each package is the one of its archive, byte for byte, and so are the documents and the notices of the
# libraries in it; the manual page and the recipes are this checkout's.
set -eu
set -o pipefail
umask 022
export LC_ALL=C TZ=UTC
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")

usage() {
  cat <<'END'
usage: packaging/packages.sh [--dist FOLDER] [KIND…]

  deb        liteginx_VERSION-1_{amd64,arm64}.deb               needs dpkg-deb
  rpm        liteginx-VERSION-1.{x86_64,aarch64}.rpm            needs rpmbuild (Debian: rpm)
  recipes    recipes/{arch,homebrew,scoop,winget}/: the templates with version, address and hashes put in
  container  container/: what `podman build` or `docker build` is to be pointed at
  (default: all of them; FOLDER: dist/ of this checkout)
END
}

die() {
  printf 'packages: %s\n' "$*" >&2
  exit 1
}

needs() { command -v "$1" >/dev/null || die "there is no $1 (Debian: apt install $2)"; }

# archive NAME: where the archive liteginx-VERSION-NAME lies.
archive() {
  [ -f "$dist/liteginx-$version-$1" ] || die "$dist/liteginx-$version-$1 is not there (./dev dist makes it)"
  printf '%s\n' "$dist/liteginx-$version-$1"
}

# unpack ARCH: the Linux archive's one folder, unpacked; prints its path.
unpack() {
  local from
  from=$(archive "linux-$1.tar.gz") || exit 1
  mkdir -p "$work/$1"
  tar xzf "$from" -C "$work/$1" --no-same-owner
  printf '%s\n' "$work/$1/liteginx-$version"
}

# hash_of NAME: as SHA256SUMS has it, which has to be true.
hash_of() {
  local file sum real
  file=$(archive "$1") || exit 1
  sum=$(awk -v name="$(basename "$file")" '$2 == name || $2 == "*" name { print $1 }' "$dist/SHA256SUMS")
  real=$(sha256sum "$file" | cut -d ' ' -f 1)
  [ "$sum" = "$real" ] || die "SHA256SUMS says '$sum' for $(basename "$file"), but it is $real"
  printf '%s\n' "$sum"
}

# licence TARGET…: theirs and ours, as the bill of materials says it.
licence() { python3 -B "$here/papers.py" licence "$@"; }

# fill TEMPLATE NAME=VALUE…: the template with each @NAME@ replaced. One that is left over is an error.
fill() {
  local template=$1 text pair left
  shift
  text=$(cat "$template" && printf .)
  for pair in "$@" "VERSION=$version" "HOME=$home" "HOST=${home#*://}"; do
    text=${text//"@${pair%%=*}@"/"${pair#*=}"}
  done
  text=${text%.}
  left=$(printf '%s' "$text" | { grep -o '@[A-Z_0-9]*@' || true; } | sort -u | tr '\n' ' ')
  [ -z "$left" ] || die "$template: ${left}has no value"
  printf '%s' "$text"
}

squeeze() { gzip -9 -n; }

# What both kinds of Linux package have in common: lay_out UNPACKED ROOT.
lay_out() {
  install -d "$2/usr/bin" "$2/etc/liteginx" "$2/usr/lib/systemd/system" "$2/usr/share/liteginx" "$2/usr/share/man/man1" \
    "$2/usr/share/doc/liteginx/docs"
  install -m 755 "$1/liteginx" "$2/usr/bin/"
  install -m 644 "$here/linux/liteginx.yaml" "$2/etc/liteginx/"
  install -m 644 "$here/linux/liteginx.service" "$2/usr/lib/systemd/system/"
  install -m 644 "$1/share/liteginx.schema.json" "$2/usr/share/liteginx/"
  install -m 644 "$1/README.md" "$2/usr/share/doc/liteginx/"
  install -m 644 "$1"/docs/*.md "$2/usr/share/doc/liteginx/docs/"
  squeeze <"$root/share/liteginx.1" >"$2/usr/share/man/man1/liteginx.1.gz"
}

# All files get the one time, and folders after what is in them.
stamp() { find "$1" -depth -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

# make_deb OUR-ARCHITECTURE DEBIAN'S
make_deb() {
  local from tree doc
  from=$(unpack "$1") || exit 1
  tree=$work/deb-$2
  doc=$tree/usr/share/doc/liteginx
  lay_out "$from" "$tree"
  install -m 644 "$from/THIRD-PARTY.txt" "$doc/"
  find "$doc" -type f -exec gzip -9 -n {} +
  fill "$here/debian/copyright.in" "LICENSE=$(sed -e 1,4d -e 's/^$/./' -e 's/^/ /' "$from/LICENSE")" >"$doc/copyright"
  fill "$here/debian/changelog.in" "TARBALL=$1" "DATE=$(date -R -d "@$SOURCE_DATE_EPOCH")" |
    squeeze >"$doc/changelog.Debian.gz"
  install -d "$tree/usr/share/lintian/overrides"
  install -m 644 "$here/debian/lintian-overrides" "$tree/usr/share/lintian/overrides/liteginx"
  mkdir "$tree/DEBIAN"
  install -m 755 "$here"/debian/{postinst,prerm,postrm} "$tree/DEBIAN/"
  echo /etc/liteginx/liteginx.yaml >"$tree/DEBIAN/conffiles"
  # In KiB, each file and folder rounded up, as dpkg-gencontrol counts: not what this file system happens to take.
  fill "$here/debian/control.in" "ARCH=$2" "SIZE=$(find "$tree" -path "$tree/DEBIAN" -prune -o -printf '%y %s\n' |
    awk '{ sum += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print sum }')" >"$tree/DEBIAN/control"
  (cd "$tree" && find etc usr -type f | sort | xargs md5sum) >"$tree/DEBIAN/md5sums"
  chmod 644 "$tree"/DEBIAN/{control,conffiles,md5sums}
  stamp "$tree"
  dpkg-deb --root-owner-group -Zxz -z9 --build "$tree" "$work/liteginx_$version-1_$2.deb" >/dev/null
  leave "$work/liteginx_$version-1_$2.deb"
}

# make_rpm OUR-ARCHITECTURE RPM'S
make_rpm() {
  local from tree
  from=$(unpack "$1") || exit 1
  tree=$work/rpm-$2
  lay_out "$from" "$tree"
  install -d "$tree/usr/share/licenses/liteginx"
  install -m 644 "$from/LICENSE" "$from/THIRD-PARTY.txt" "$tree/usr/share/licenses/liteginx/"
  stamp "$tree"
  fill "$here/rpm/liteginx.spec.in" "TARBALL=$1" "LICENCE=$(licence "linux-$1")" \
    "DATE=$(date -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" \
    >"$work/liteginx.spec"
  # Its own place for everything: neither ~/rpmbuild nor a database of the system is touched.
  HOME=$work rpmbuild --quiet -bb --target "$2-linux" --define "_topdir $work/rpmbuild" --define "laid_out $tree" \
    --define "_dbpath $work/rpmdb" "$work/liteginx.spec" >"$work/rpmbuild.log" 2>&1 || {
    cat "$work/rpmbuild.log" >&2
    die "rpmbuild failed"
  }
  leave "$work/rpmbuild/RPMS/$2/liteginx-$version-1.$2.rpm"
}

# leave FILE: puts it into dist/, and its hash into SHA256SUMS in place of an older one.
leave() {
  local name
  name=$(basename "$1")
  touch "$dist/SHA256SUMS"
  (
    awk -v name="$name" '$2 != name && $2 != "*" name' "$dist/SHA256SUMS"
    cd "$(dirname "$1")" && sha256sum "$name"
  ) | sort -k 2 >"$work/sums"
  replace "$1" "$dist/$name"
  replace "$work/sums" "$dist/SHA256SUMS"
  printf '%s\n' "$dist/$name"
}

# replace WHAT TARGET: a file or folder comes from another file system, perhaps, and is whole at its place or not there.
replace() {
  rm -rf "$2.new"
  cp -pR "$1" "$2.new"
  if [ -d "$2" ]; then rm -rf "$2"; fi
  mv -f "$2.new" "$2"
}

upper() { printf '%s\n' "$1" | tr '[:lower:]' '[:upper:]'; }

make_recipes() {
  local made=$work/recipes linux_x86_64 linux_arm64 macos windows_x86_64 windows_arm64 unix windows file
  linux_x86_64=$(hash_of linux-x86_64.tar.gz) || exit 1
  linux_arm64=$(hash_of linux-arm64.tar.gz) || exit 1
  macos=$(hash_of macos-universal.tar.gz) || exit 1
  windows_x86_64=$(hash_of windows-x86_64.zip) || exit 1
  windows_arm64=$(hash_of windows-arm64.zip) || exit 1
  unix=$(licence linux-x86_64 linux-arm64 macos-universal) || exit 1
  windows=$(licence windows-x86_64 windows-arm64) || exit 1
  mkdir -p "$made"/{arch,homebrew,scoop,winget}
  fill "$here/arch/PKGBUILD.in" "LINUX_X86_64=$linux_x86_64" "LINUX_ARM64=$linux_arm64" \
    "LICENCE=$(licence linux-x86_64 linux-arm64)" >"$made/arch/PKGBUILD"
  fill "$here/homebrew/liteginx.rb.in" "MACOS=$macos" "LINUX_X86_64=$linux_x86_64" "LINUX_ARM64=$linux_arm64" \
    "LICENCES=\"${unix// AND /\", \"}\"" >"$made/homebrew/liteginx.rb"
  fill "$here/scoop/liteginx.json.in" "WINDOWS_X86_64=$windows_x86_64" "WINDOWS_ARM64=$windows_arm64" \
    "LICENCES=${windows// AND /,}" >"$made/scoop/liteginx.json"
  for file in version installer locale.en-US; do
    fill "$here/winget/liteginx.liteginx.$file.yaml.in" "WINDOWS_X86_64=$(upper "$windows_x86_64")" \
      "WINDOWS_ARM64=$(upper "$windows_arm64")" "LICENCE=$windows" >"$made/winget/liteginx.liteginx.$file.yaml"
  done
  mv "$made/winget/liteginx.liteginx.version.yaml" "$made/winget/liteginx.liteginx.yaml" # its name in the registry
  replace "$made" "$dist/recipes"
  find "$dist/recipes" -type f | sort
}

make_container() {
  local made=$work/container from pair
  for pair in x86_64:amd64 arm64:arm64; do
    from=$(unpack "${pair%:*}") || exit 1
    install -d "$made/${pair#*:}"
    install -m 755 "$from/liteginx" "$made/${pair#*:}/"
  done
  install -m 644 "$here/container/Containerfile" "$from/LICENSE" "$from/THIRD-PARTY.txt" "$made/"
  stamp "$made"
  replace "$made" "$dist/container"
  find "$dist/container" -type f | sort
}

dist=$root/dist
kinds=
while [ $# -gt 0 ]; do
  case $1 in
    --dist)
      [ $# -gt 1 ] || die "--dist needs a folder"
      dist=$2
      shift
      ;;
    deb | rpm | recipes | container) kinds="$kinds $1" ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done
needs python3 python3
[ -n "$kinds" ] || kinds='deb rpm recipes container'
[ -d "$dist" ] || die "there is no folder $dist (./dev dist makes it)"
dist=$(cd "$dist" && pwd)
version=$(sed -n "s/^  version: '\([^']*\)',$/\1/p" "$root/meson.build")
[ -n "$version" ] || die "meson.build names no version"
home=$(cat "$here/home.txt")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null)} ||
  die "this is no git checkout: set SOURCE_DATE_EPOCH"
export SOURCE_DATE_EPOCH
work=$(mktemp -d) # not in dist/: rpmbuild stands no blank in a path
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
for kind in $kinds; do
  case $kind in
    deb)
      needs dpkg-deb dpkg
      make_deb x86_64 amd64
      make_deb arm64 arm64
      ;;
    rpm)
      needs rpmbuild rpm
      make_rpm x86_64 x86_64
      make_rpm arm64 aarch64
      ;;
    recipes) make_recipes ;;
    container) make_container ;;
  esac
  rm -rf "$work"/x86_64 "$work"/arm64
done
