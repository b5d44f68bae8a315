#!/usr/bin/env python3
"""What ./dev installs where, shown with stand-ins for the systems' package managers: each notes how it was called and knows
which packages are installed. Real ones are at hand only for the machine's own system; docs/SYSTEMS-packages.md says which
were tried for real."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What the files /etc/os-release of these systems say of themselves, as far as ./dev looks at it.
OS_RELEASES = {
    "debian12": 'ID=debian\nVERSION_ID="12"\n',
    "debian13": 'ID=debian\nVERSION_ID="13"\n',
    "debian testing": "ID=debian\n",
    "ubuntu": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
    "mint": 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n',
    "fedora": "ID=fedora\nVERSION_ID=42\n",
    "arch": "ID=arch\nBUILD_ID=rolling\n",
    "manjaro": "ID=manjaro\nID_LIKE=arch\n",
    "alpine": "ID=alpine\nVERSION_ID=3.22.1\n",
    "tumbleweed": 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20260801"\n',
    "leap": 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n',
    "rocky": 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n',
    "debian11": 'ID=debian\nVERSION_ID="11"\n',
}

# Stands in for every program below: notes its call, says what is installed, installs what it is told to unless there is no
# such package. What is called like a library brings the module that pkg-config knows.
STAND_IN = r"""#!/bin/sh
name=${0##*/}
printf '%s\n' "$name $*" >>"$STATE/calls"
listed() { # listed FILE WORD
  while IFS= read -r line; do [ "$line" != "$2" ] || return 0; done <"$STATE/$1"
  return 1
}
for last in "$@"; do :; done
case $name in
  id) echo "${FAKE_UID:-0}" ;;
  sudo | doas) exec "$@" ;;
  rpm) listed installed "$last" ;;
  dpkg-query) listed installed "$last" && echo installed ;;
  pkg-config) [ "$1" = --exists ] && listed installed "module ${2%% *}" ;;
  meson) # subprojects download: a fetch that fails leaves an empty folder, in which none succeeds
    folder=$STATE/subprojects/$(sed -n 's/^directory = //p' "$STATE/subprojects/$last.wrap")
    mkdir "$folder" && [ -e "$STATE/network" ] && : >"$folder/meson.build"
    ;;
  ninja) # Alpine's, samurai, which ends at options that it does not know
    case $1 in --*) exit 2 ;; esac
    printf '%s\n' "ninja: entering directory 'x'" '[1/2] cc a.c' 'a.c:1: warning: odd' '[2/2] cc b.c' 'ninja: no work to do.'
    [ ! -e "$STATE/broken" ]
    ;;
  *) # a package manager
    case "$name $1" in
      'pacman -Qq' | 'apk info') listed installed "$last" && exit 0 || exit 1 ;;
      'brew --prefix')
        echo "$STATE/brew"
        exit 0
        ;;
    esac
    for word in "$@"; do ! listed unknown "$word" || exit 1; done
    for word in "$@"; do
      echo "$word" >>"$STATE/installed"
      case $word in
        -*) ;;
        *llhttp*) echo 'module libllhttp' >>"$STATE/installed" ;;
        *libcyaml*) echo 'module libcyaml' >>"$STATE/installed" ;;
      esac
      [ "$name" != brew ] || mkdir -p "$STATE/brew/opt/$word"
    done
    ;;
esac
"""
PROGRAMS = "id ninja sudo rpm dpkg-query brew pkg-config meson dnf zypper apk pacman apt-get".split()


class Machine:
    """A machine of one system, as ./dev sees it."""

    def __init__(self, folder, os_release="", kernel="Linux"):
        self.state = pathlib.Path(folder)
        self.bin = self.state / "bin"
        self.bin.mkdir()
        for name in PROGRAMS:
            self.bin.joinpath(name).write_text(STAND_IN)
            self.bin.joinpath(name).chmod(0o755)
        for name in ("calls", "installed", "unknown"):
            self.state.joinpath(name).touch()
        self.state.joinpath("os-release").write_text(os_release)
        self.kernel = kernel
        self.environ = {}
        self.state.joinpath("subprojects").mkdir()
        for wrap in ROOT.glob("subprojects/*.wrap"):
            self.state.joinpath("subprojects", wrap.name).write_bytes(wrap.read_bytes())
        # All of ./dev but what it does with its arguments; its own folder stays the clone's.
        text = ROOT.joinpath("dev").read_text(encoding="utf-8")
        functions, verbs = text.split("\n[ $# -gt 0 ] || {\n")
        assert "case $verb in" in verbs
        self.state.joinpath("dev").write_text(functions, encoding="utf-8")

    def lacks(self, *packages):
        self.state.joinpath("unknown").write_text("".join(name + "\n" for name in packages))

    def run(self, script):
        """What ./dev's functions do in `script`; (exit status, output, its errors)."""
        setup = (
            '. "$STATE/dev"; cd "$STATE"; system_name() { system_of "$KERNEL" "$STATE/os-release"; }; '
            'debian12_install_llhttp() { echo debian12_install_llhttp >>"$STATE/calls"; }; '
        )
        self.state.joinpath("calls").write_text("")
        done = subprocess.run(
            ["bash", "-c", setup + script, str(ROOT / "dev")],
            env={
                "PATH": f"{self.bin}:/usr/bin:/bin",
                "STATE": str(self.state),
                "KERNEL": self.kernel,
                "HOME": str(self.state),
                **self.environ,
            },
            text=True,
            capture_output=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def calls(self, *names):
        lines = self.state.joinpath("calls").read_text().splitlines()
        return [line for line in lines if line.split(" ", 1)[0] in names]


class SystemsTest(unittest.TestCase):
    def machine(self, os_release="", kernel="Linux"):
        folder = tempfile.TemporaryDirectory(prefix="dev systems ü ")
        self.addCleanup(folder.cleanup)
        return Machine(folder.name, OS_RELEASES.get(os_release, ""), kernel)

    def test_systems_are_told_apart(self):
        for name, expected in {
            "debian12": "debian12",
            "debian13": "debian13",
            "debian testing": "debian13",
            "ubuntu": "ubuntu",
            "mint": "ubuntu",
            "fedora": "fedora",
            "arch": "arch",
            "manjaro": "arch",
            "alpine": "alpine",
            "tumbleweed": "opensuse",
            "leap": "opensuse",
            "rocky": "unknown",
            "debian11": "unknown",
            "no such file": "unknown",
        }.items():
            with self.subTest(name):
                self.assertEqual(self.machine(name).run("system_name")[1].strip(), expected)
        for kernel, expected in {
            "Darwin": "homebrew",
            "MINGW64_NT-10.0-19045": "msys2",
            "MSYS_NT-10.0-19045": "msys2",
            "FreeBSD": "unknown",
        }.items():
            with self.subTest(kernel):
                self.assertEqual(self.machine(kernel=kernel).run("system_name")[1].strip(), expected)

    def test_any_ninja_compiles(self):
        machine = self.machine("alpine")
        self.assertEqual(machine.run("compile x"), (0, "", "a.c:1: warning: odd\n"))
        machine.state.joinpath("broken").touch()
        self.assertEqual(machine.run("compile x")[0], 1)

    def installs(self, machine, verb, *expected, managers=("apt-get", "dnf", "zypper", "apk", "pacman", "brew")):
        """Exactly these calls of package managers that change something; and none the second time."""
        for times, wanted in ((1, list(expected)), (2, [])):
            status, _, errors = machine.run(f"require {verb}")
            self.assertEqual(status, 0, errors)
            calls = [call for call in machine.calls(*managers, "meson") if not self.asks(call)]
            self.assertEqual(calls, wanted, f"call {times} of require {verb}")

    @staticmethod
    def asks(call):
        return call.startswith(("pacman -Qq", "apk info", "brew --prefix"))

    def test_debian(self):
        apt = "apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300"
        build = "gcc libc6-dev meson ninja-build pkgconf libuv1-dev libyaml-dev libcyaml-dev"
        secure = "libssl-dev libnghttp2-dev"
        machine = self.machine("debian13")
        install = f"{apt} install -y --no-install-recommends {build}"
        self.installs(machine, "build", f"{apt} update", f"{install} libllhttp-dev {secure}")
        self.assertEqual(machine.calls("debian12_install_llhttp"), [])
        machine = self.machine("debian12")
        self.installs(machine, "build", f"{apt} update", f"{install} {secure}")
        self.assertEqual(machine.calls("debian12_install_llhttp"), ["debian12_install_llhttp"])

    def test_ubuntu(self):
        apt = "apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300"
        build = "gcc libc6-dev meson ninja-build pkgconf libuv1-dev libyaml-dev libcyaml-dev libssl-dev libnghttp2-dev"
        self.installs(
            self.machine("ubuntu"),
            "build",
            f"{apt} update",
            f"{apt} install -y --no-install-recommends {build}",
            f"{apt} update",
            f"{apt} install -y --no-install-recommends libllhttp-dev",
        )

    def test_a_library_without_a_package_is_fetched_once(self):
        machine = self.machine("ubuntu")
        machine.lacks("libllhttp-dev")
        machine.state.joinpath("network").touch()
        self.assertEqual(machine.run("require build")[0], 0)
        self.assertEqual(machine.calls("meson"), ["meson subprojects download llhttp"])
        self.assertEqual(machine.run("require build")[0], 0)
        self.assertEqual(machine.calls("meson", "apt-get"), [])

    def test_a_library_that_cannot_be_fetched_is_named(self):
        machine = self.machine("tumbleweed")
        status, _, errors = machine.run("require build")
        self.assertEqual(status, 1)
        machine.state.joinpath("network").touch()
        self.assertEqual(machine.run("require build")[0], 0)
        self.assertIn("could not fetch libcyaml; install libcyaml >= 1.3 by hand, or lay its source into subpro", errors)

    def test_fedora(self):
        build = (
            "gcc glibc-devel meson ninja-build pkgconf-pkg-config libuv-devel libyaml-devel libcyaml-devel llhttp-devel "
            "openssl-devel libnghttp2-devel"
        )
        machine = self.machine("fedora")
        self.installs(machine, "build", f"dnf -y -q --setopt=install_weak_deps=False install {build}")
        self.installs(
            machine,
            "test",
            "dnf -y -q --setopt=install_weak_deps=False install libcmocka-devel libasan libubsan libtsan clang "
            "clang-tools-extra compiler-rt gcovr valgrind strace python3 python3-pytest python3-pytest-timeout "
            "python3-pytest-xdist python3-fastapi python3-uvicorn python3-websockets python3-pyyaml python3-jsonschema "
            "python3-h2 curl golang",
        )

    def test_arch(self):
        self.installs(
            self.machine("arch"),
            "build",
            "pacman -S --needed --noconfirm gcc meson ninja pkgconf libuv libyaml openssl libnghttp2",
            "pacman -S --needed --noconfirm llhttp",
            "pacman -S --needed --noconfirm libcyaml",
        )

    def test_alpine(self):
        self.installs(
            self.machine("alpine"),
            "build",
            "apk add --quiet --update-cache gcc musl-dev meson samurai pkgconf libuv-dev yaml-dev openssl-dev nghttp2-dev",
            "apk add --quiet --update-cache llhttp-dev",
            "apk add --quiet --update-cache libcyaml-dev",
        )

    def test_opensuse(self):
        machine = self.machine("tumbleweed")
        machine.state.joinpath("installed").write_text("module libcyaml\n")
        zypper = "zypper --non-interactive --quiet install --no-recommends"
        self.installs(
            machine,
            "build",
            f"{zypper} gcc glibc-devel meson ninja pkgconf-pkg-config libuv-devel libyaml-devel "
            "libopenssl-devel libnghttp2-devel",
            f"{zypper} llhttp-devel",
        )

    def test_homebrew(self):
        self.installs(
            self.machine(kernel="Darwin"),
            "build",
            "brew install --quiet meson ninja pkgconf libuv libyaml libcyaml llhttp openssl@3 libnghttp2",
        )

    def test_msys2(self):
        machine = self.machine(kernel="MINGW64_NT-10.0-19045")
        status, _, errors = machine.run("require build")
        self.assertEqual(status, 1)
        self.assertIn("UCRT64", errors)
        self.assertEqual(machine.calls("pacman"), [])
        machine.environ = {"MINGW_PREFIX": "/ucrt64", "MINGW_PACKAGE_PREFIX": "mingw-w64-ucrt-x86_64"}
        machine.state.joinpath("installed").write_text("module libllhttp\nmodule libcyaml\n")
        self.installs(
            machine,
            "build",
            "pacman -S --needed --noconfirm "
            + " ".join("mingw-w64-ucrt-x86_64-" + name for name in "gcc meson ninja pkgconf libuv libyaml openssl nghttp2".split()),
        )

    def test_what_is_installed_is_left_alone(self):
        machine = self.machine("fedora")
        machine.state.joinpath("installed").write_text("gcc\nmeson\nmodule libllhttp\nmodule libcyaml\n")
        status, _, errors = machine.run("require build")
        self.assertEqual(status, 0)
        self.assertIn(" install glibc-devel ninja-build ", machine.calls("dnf")[0])
        self.assertNotIn(" gcc ", errors)

    def test_an_ordinary_user_asks_for_root(self):
        machine = self.machine("alpine")
        machine.environ = {"FAKE_UID": "1000"}
        self.assertEqual(machine.run("require build")[0], 0)
        self.assertTrue(all(call.startswith("sudo apk add ") for call in machine.calls("sudo")))
        self.assertEqual(len(machine.calls("sudo")), 3)
        machine = self.machine("alpine")
        machine.environ = {"FAKE_UID": "1000"}
        machine.bin.joinpath("sudo").rename(machine.bin / "doas")
        # Where the machine that runs this has a sudo of its own, the function must not see it.
        hide = 'command() { [ "$2" != sudo ] || return 1; builtin command "$@"; }; '
        self.assertEqual(machine.run(hide + "require build")[0], 0)
        self.assertEqual(len(machine.calls("doas")), 3)

    def test_elsewhere_all_that_is_missing_is_named(self):
        machine = self.machine("rocky")
        status, _, errors = machine.run("require build")
        self.assertEqual(status, 1)
        for name in ("libuv >= 1.44", "libllhttp >= 9.2", "libcyaml >= 1.3", "yaml-0.1 >= 0.2.5"):
            self.assertIn(f"  {name} (library and headers", errors)
        self.assertEqual(machine.calls("dnf"), [])


if __name__ == "__main__":
    unittest.main()
