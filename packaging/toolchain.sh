# Part of ./dev, which sources it: where the tools and the libraries' sources for other systems come from. All of it is
# named, with its hash, in packaging/sources.txt and lands in folders that git ignores: libraries where subprojects/*.wrap
# look for them, so that `meson setup --wrap-mode=forcefallback` finds them and asks no network, and zig below .deps/.
# Promises: what was fetched once is not fetched again; bytes with another hash are used for nothing; what cannot be had is
# said, and ends the call, with nothing left of it.
# shellcheck shell=bash

sources=packaging/sources.txt

# source_row NAME: sets row_version, row_folder, row_sha256 and row_origin. Where a name has several rows, the first.
source_row() {
  local row
  row=$(awk -v name="$1" '$1 == name { print $2, $5, $7, $8; exit }' $sources)
  [ -n "$row" ] || die "$sources does not know $1"
  read -r row_version row_folder row_sha256 row_origin <<END_OF_ROW
$row
END_OF_ROW
}

# The mirror that this machine takes its own release from.
debian_mirror() {
  # shellcheck disable=SC2016 # apt's own format
  (. /etc/os-release && apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' |
    awk -v release="${VERSION_CODENAME:-}" '$1 == release || $1 == "stable" { print $2; exit }')
}

# Sets mirror. A slim container starts without package lists.
find_mirror() {
  mirror=$(debian_mirror)
  if [ -z "$mirror" ]; then
    apt_as_root update
    mirror=$(debian_mirror)
  fi
  [ -n "$mirror" ] || die "apt knows no mirror for this release"
}

# A folder that apt may write into: as root, it downloads as a user of its own.
apt_folder() {
  local folder
  folder=$(mktemp -d)
  chmod 755 "$folder"
  [ "$(id -u)" != 0 ] || chown _apt "$folder"
  echo "$folder"
}

# not_fetched FOLDER WORD…: ends the call, after what was said in FOLDER/log, if anything was.
not_fetched() {
  local work=$1
  shift
  [ ! -f "$work/log" ] || cat "$work/log" >&2
  rm -rf "$work"
  die "$@"
}

# debian_fetch SUITE PACKAGE[=VERSION] FOLDER: downloads a package of another release through an apt configuration of its
# own, signatures checked against the stock keyring: the system's apt never hears of that release. FOLDER: by apt_folder.
debian_fetch() {
  local suite=$1 package=$2 work=$3 mirror apt
  find_mirror
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts"
  : >"$work/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
  apt="apt-get -qq -o Acquire::Retries=3 -o Acquire::Languages=none -o Dir::Etc::SourceList=$work/sources.list
    -o Dir::Etc::SourceParts=$work/parts -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=$work/parts
    -o Dir::State::Lists=$work/lists -o Dir::State::Status=$work/status -o Dir::Cache=$work/cache
    -o APT::Default-Release= -o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false
    -o Acquire::AllowWeakRepositories=false -o Acquire::AllowDowngradeToInsecureRepositories=false"
  # shellcheck disable=SC2086 # a list of words
  (cd "$work" && $apt update && $apt download "$package") >&2 ||
    not_fetched "$work" "could not fetch $package (suite $suite)"
}

# pool_fetch PATH FOLDER: downloads one file of the mirror's pool. FOLDER: by apt_folder.
pool_fetch() {
  local mirror file=$2/${1##*/}
  find_mirror
  /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "${mirror%/}/$1" "$file" >"$2/log" 2>&1 ||
    not_fetched "$2" "could not fetch $1 from this machine's mirror; is it still what $sources should name?"
}

# fetch_source NAME: fetches what NAME's row tells and checks its hash; sets fetched to the file, alone in a new folder.
fetch_source() {
  local work found
  work=$(apt_folder)
  source_row "$1"
  say "dev: fetching $1 $row_version"
  case $row_origin in
    pool/*) pool_fetch "$row_origin" "$work" ;;
    npm:*)
      (cd "$work" && npm pack --silent --cache "$work/npm" "${row_origin#npm:}" >log 2>&1) ||
        not_fetched "$work" "npm could not fetch ${row_origin#npm:}"
      ;;
    *:*) debian_fetch "${row_origin%%:*}" "${row_origin#*:}" "$work" ;;
  esac
  fetched=$(find "$work" -maxdepth 1 -type f \( -name '*.tar.*' -o -name '*.tgz' -o -name '*.deb' \))
  found=$(sha256sum <"$fetched")
  [ "$found" = "$row_sha256  -" ] ||
    not_fetched "$work" "$1: what was fetched has not the hash in $sources; it is not used: ${found%  -}"
}

# unpack_source NAME: its row's folder appears, whole. Debian's package of llhttp's source keeps the licence apart from it.
unpack_source() {
  local fetched row_version row_folder row_sha256 row_origin new
  source_row "$1"
  [ ! -d "$row_folder" ] || return 0
  fetch_source "$1"
  new=$row_folder.new
  rm -rf "$new"
  mkdir -p "$new"
  case $fetched in
    *.deb)
      dpkg-deb -x "$fetched" "$new.deb"
      mv "$new.deb"/usr/src/*/* "$new"
      cp "$new.deb"/usr/share/doc/*/copyright "$new/LICENSE"
      rm -rf "$new.deb"
      ;;
    *) tar xf "$fetched" -C "$new" --strip-components=1 --no-same-owner ;;
  esac
  rm -rf "$(dirname "$fetched")"
  mv "$new" "$row_folder"
}

# lay_overlay NAME: what subprojects/packagefiles/ has for it, as meson would lay it over what it fetches itself. A file that
# has not changed is left alone, so that nothing is built anew.
lay_overlay() {
  local row_version row_folder row_sha256 row_origin file
  source_row "$1"
  for file in subprojects/packagefiles/"$1"/*; do
    cmp -s "$file" "$row_folder/${file##*/}" || cp "$file" "$row_folder/"
  done
}

library_sources() {
  local name
  for name in libuv libyaml libcyaml llhttp cmocka; do
    unpack_source "$name"
    lay_overlay "$name"
  done
}

zig_tool() {
  local row_version row_folder row_sha256 row_origin
  source_row zig
  [ -d "$row_folder" ] || command -v npm >/dev/null || debian_install npm
  unpack_source zig
}

# The newest llvm-TOOL: Debian's package "llvm" has some of them only under the name with the version.
llvm_tool() {
  local tool
  tool=$(command -v "llvm-$1" || find /usr/bin -name "llvm-$1-[0-9]*" | sort -V | tail -n 1)
  [ -n "$tool" ] || die "there is no llvm-$1"
  echo "$tool"
}

# here_file: writes what the cross files in packaging/cross/ cannot know, meson 1.0 having no word for "this folder", and
# prints its name: it stands before them, meson setup --cross-file HERE --cross-file packaging/cross/….
here_file() {
  local file=.deps/here.txt quoted
  mkdir -p .deps
  quoted=$(printf '%s\n' "$root" | sed -e 's/[\\'"'"']/\\&/g')
  source_row zig
  printf "[constants]\nroot = '%s'\nzig = root / '%s/zig'\n" "$quoted" "$row_folder" >"$file.new"
  cmp -s "$file.new" "$file" || cp "$file.new" "$file"
  rm -f "$file.new"
  echo "$file"
}

# cross_require: what every build for another machine stands on. Tools for x86-64 Linux, where they come from Debian.
cross_require() {
  case $(uname -sm):$(system_name) in
    'Linux x86_64:debian12' | 'Linux x86_64:debian13') ;;
    *) die "programs for other machines are made on Debian 12 or later on x86-64 (zig and the sources are fetched for it)" ;;
  esac
  debian_install meson ninja-build python3 xz-utils binutils file git "$@"
  library_sources
  zig_tool
}
