"""`liteginx trust` and `untrust`: which stores they find, what they run, and that nothing else changes (BEHAVIOUR: The local CA)."""
import os
import re
import shutil
import signal
import subprocess

import pytest
from harness import http, ingress
from harness.local_ca import Home, TlsServer, Witness, need
from harness.settings import BINARY

ANCHORS = "/usr/local/share/ca-certificates"


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def nicknames(database):
    done = subprocess.run(["certutil", "-L", "-d", f"sql:{database}"], check=True, stdout=subprocess.PIPE, text=True)
    return [line.rsplit(None, 1) for line in done.stdout.splitlines() if line.rstrip().endswith(",")]


# --- browsers ---

PLACES = [".mozilla/firefox/abc.default", ".config/mozilla/firefox/new.default", "snap/firefox/common/.mozilla/firefox/s.default",
          ".var/app/org.mozilla.firefox/.mozilla/firefox/f.default", ".pki/nssdb", ".local/share/pki/nssdb",
          "snap/chromium/current/.pki/nssdb", ".var/app/org.chromium.Chromium/data/pki/nssdb"]


def test_all_browsers_of_a_user(home):
    home.link("certutil")
    databases = [home.nss(place) for place in PLACES]
    done = home.run("trust")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("made a local CA, which can sign for local names only: liteginx local CA ")
    name = home.root_name()
    for database in databases:
        assert nicknames(database) == [[name, "C,,"]]
        assert f"({database}) trusts it now (restart " in done.stdout
    assert done.stdout.count("Firefox, if it is open") == 4 and done.stdout.count("Chromium and its kin") == 4
    again = home.run("trust")
    assert again.returncode == 0 and again.stdout.count(" trusts it already\n") == 8 and "runs:" not in again.stdout
    done = home.run("untrust")
    assert done.returncode == 0 and done.stdout.count(" no longer trusts it (restart ") == 8
    assert [nicknames(database) for database in databases] == [[]] * 8
    done = home.run("untrust")
    assert done.returncode == 0 and done.stdout.count("nothing of ours is in it") == 8 and "runs:" not in done.stdout
    assert home.ca.is_dir(), "the CA stays"


def test_others_certificates_stay(home, tmp_path):
    home.link("certutil")
    need("openssl")
    database = home.nss(".pki/nssdb")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=other",
                    "-keyout", tmp_path / "k", "-out", tmp_path / "c"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["certutil", "-A", "-d", f"sql:{database}", "-n", "other CA", "-t", "C,,", "-i", tmp_path / "c"], check=True)
    assert home.run("trust").returncode == 0 and len(nicknames(database)) == 2
    assert home.run("untrust").returncode == 0 and nicknames(database) == [["other CA", "C,,"]]


def test_untrust_without_the_folder(home):
    home.link("certutil")
    database = home.nss(".pki/nssdb")
    for _ in range(2):  # an older one and a newer one
        assert home.run("trust").returncode == 0
        shutil.rmtree(home.data)
    assert len(nicknames(database)) == 2
    assert home.run("untrust").returncode == 0 and nicknames(database) == []
    assert not home.data.exists(), "it makes none"


def test_chromium_that_was_never_started(home):
    home.link("certutil", "mkdir")
    home.stand_in("chromium")
    done = home.run("trust")
    assert done.returncode == 0, done.stdout
    assert nicknames(home.path / ".pki/nssdb") == [[home.root_name(), "C,,"]]
    assert (home.path / ".pki/nssdb").stat().st_mode & 0o777 == 0o700


def test_certutil_is_missing(home):
    need("certutil")
    home.nss(".mozilla/firefox/abc.default")
    before = home.snapshot()
    for verb in ("trust", "untrust"):
        done = home.run(verb)
        assert done.returncode == 1 and "needs NSS's program certutil (package libnss3-tools on Debian" in done.stdout
    assert {path: what for path, what in home.snapshot().items() if ".mozilla" in path} == \
           {path: what for path, what in before.items() if ".mozilla" in path}


# --- the system ---

@pytest.fixture
def system(home):
    if not os.path.isdir(ANCHORS):
        pytest.skip("this is no Debian: " + ANCHORS + " is not there")
    for name in ("install", "update-ca-certificates", "rm"):
        home.stand_in(name)
    home.stand_in("sudo", 'exec "$@"')
    return home


def asked(home, *commands):
    prefix = [] if os.geteuid() == 0 else ["sudo "]
    return [start + command for command in commands for start in (prefix + [""])]


def test_the_system_is_asked_by_its_own_program(system):
    done = system.run("trust")
    digits = system.root_name()[-8:]
    wanted = [f"install -m 0644 {system.ca}/root.pem {ANCHORS}/liteginx-local-ca-{digits}.crt", "update-ca-certificates"]
    assert [line.strip() for line in system.commands()] == asked(system, *wanted)
    assert all(f"runs: {'' if os.geteuid() == 0 else f'{system.bin}/sudo '}{command}\n" in done.stdout for command in wanted)
    # The stand-ins have changed nothing, and that is seen.
    assert done.returncode == 1 and "✗ the system's store (" in done.stdout


def test_what_fails_is_told(system):
    system.stand_in("install", "exit 3")
    done = system.run("trust")
    assert done.returncode == 1
    assert re.search(r"✗ the system's store .* does not trust it: .*(install|sudo) failed \(exit status 3\)\n", done.stdout), done.stdout
    assert not any("update-ca" in line for line in system.commands())


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs nobody to become root")
def test_nobody_to_become_root(system):
    (system.bin / "sudo").unlink()
    done = system.run("trust")
    assert done.returncode == 1 and "there is neither sudo nor doas" in done.stdout and system.commands() == []


def test_a_path_without_sbin(system):
    sbin = system.bin.parent / "sbin"
    sbin.mkdir()
    (system.bin / "update-ca-certificates").rename(sbin / "update-ca-certificates")
    done = system.run("trust")
    assert f"{sbin}/update-ca-certificates\n" in done.stdout and "update-ca-certificates " in system.commands()


def test_a_dry_run_changes_nothing(system):
    system.link("certutil")
    system.nss(".mozilla/firefox/abc.default")
    before = system.snapshot()
    done = system.run("trust", "--dry-run")
    assert done.returncode == 0 and "there is no local CA yet: it would be made in " in done.stdout
    assert system.snapshot() == before
    system.make()
    before = system.snapshot()
    done = system.run("trust", "--dry-run")
    assert done.returncode == 0 and done.stdout.count("would run: ") == 3, done.stdout
    assert system.run("untrust", "--dry-run").returncode == 0
    assert system.snapshot() == before and system.commands() == []


def test_not_by_sudo(home):
    done = home.run("trust", SUDO_USER="me")
    assert (done.returncode, done.stdout) == (1, "") and "call this without sudo: it is about me's CA" in done.stderr
    assert not home.data.exists()
    assert home.run("untrust", SUDO_USER="me").returncode == 1


REAL = r"""
set -e
cp -a /etc/ssl "$1/ssl"; mkdir "$1/local"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=liteginx local CA other@x ffffffff" -keyout "$1/k" \
  -out "$1/local/liteginx-local-ca-ffffffff.crt" 2>/dev/null
mount --make-rprivate /
mount --bind "$1/ssl" /etc/ssl; mount --bind "$1/local" /usr/local/share/ca-certificates
export HOME="$1/home"; cd "$1/work"
"$2" trust
"$2" doctor
curl -sS --max-time 20 -o /dev/null "https://localhost:$3/"
"$2" untrust
! "$2" doctor
! curl -sS --max-time 20 -o /dev/null "https://localhost:$3/" 2>/dev/null
! ls /etc/ssl/certs /usr/local/share/ca-certificates | grep -i liteginx | grep -v ffffffff
[ "$(ls /usr/local/share/ca-certificates)" = liteginx-local-ca-ffffffff.crt ]
"""


def test_a_real_debian(home, tmp_path):
    """In a mount name space of its own: the machine keeps its store. Another user's CA is there already, and stays."""
    need("unshare", "update-ca-certificates", "curl", "openssl")
    if not os.path.isdir(ANCHORS) or subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("no Debian, or no mount name spaces for this user")
    home.make()
    server = TlsServer(*home.sign(tmp_path, "localhost"))
    try:
        env = {key: os.environ[key] for key in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS") if key in os.environ}
        done = subprocess.run(["unshare", "-m", "sh", "-c", REAL, "sh", tmp_path, BINARY, str(server.port)], env=env, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
        assert done.returncode == 0, done.stdout
    finally:
        server.close()


# --- Java ---

def test_a_java(home, tmp_path):
    need("keytool", "openssl")
    java = tmp_path / "java"
    (java / "bin").mkdir(parents=True)
    (java / "lib/security").mkdir(parents=True)
    (java / "bin/keytool").symlink_to(shutil.which("keytool"))
    store = java / "lib/security/cacerts"
    subprocess.run(["keytool", "-genkeypair", "-keyalg", "EC", "-alias", "other", "-dname", "CN=other", "-keystore", store, "-storepass",
                    "changeit"], check=True, stderr=subprocess.DEVNULL)
    env = {"JAVA_HOME": str(java)}
    done = home.run("trust", **env)
    assert done.returncode == 0 and f"✓ Java ({store}) trusts it now" in done.stdout, done.stdout + done.stderr
    assert f"✓ Java ({store}) trusts it\n" in home.run("doctor", **env).stdout
    # One of another name, as Debian's hook makes it.
    subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "debian:x.pem", "-file", home.ca / "root.pem", "-keystore", store,
                    "-storepass", "changeit"], check=True, stderr=subprocess.DEVNULL)
    done = home.run("untrust", **env)
    assert done.returncode == 0, done.stdout
    left = subprocess.run(["keytool", "-list", "-keystore", store, "-storepass", "changeit"], check=True, stdout=subprocess.PIPE, text=True)
    assert "liteginx" not in left.stdout and "debian:x" not in left.stdout and "other" in left.stdout
    assert home.run("doctor", **env).returncode == 1


# --- the CA ---

def test_an_unsound_ca_stays_as_it_is(home):
    home.make()
    (home.ca / "root.pem").write_text("mine")
    before = home.snapshot()
    done = home.run("trust")
    assert (done.returncode, done.stdout) == (1, "") and "root.pem holds no certificate that can be read" in done.stderr
    assert home.snapshot() == before


def test_hosts_of_the_configuration_are_permitted(home, tmp_path):
    need("openssl")
    (home.work / "liteginx.yaml").write_text(str(ingress(http("/", 3000, listen=5000, host="dev.example.com"), tls={"enabled": True})))
    assert home.run("trust").returncode == 0
    text = subprocess.run(["openssl", "x509", "-in", home.ca / "root.pem", "-noout", "-text"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    assert "Name Constraints: critical" in text and "DNS:dev.example.com" in text and "DNS:localhost" in text
    leaf, _, chain = home.sign(tmp_path, "dev.example.com")
    stranger, _, _ = home.sign(tmp_path, "www.example.com")
    verify = ["openssl", "verify", "-CAfile", home.ca / "root.pem", "-untrusted", chain]
    assert subprocess.run([*verify, leaf], stdout=subprocess.DEVNULL, check=False).returncode == 0
    done = subprocess.run([*verify, stranger], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode != 0 and "permitted subtree violation" in done.stdout


def test_a_wrong_configuration_makes_no_ca(home):
    (home.work / "liteginx.yaml").write_text("nonsense: [")
    assert home.run("trust").returncode == 1 and not home.ca.exists()


# --- browsers themselves ---

def test_chromium(home, tmp_path):
    """A warning before, the page after, and nothing for a certificate that a thief has made for others' names."""
    need("chromium", "certutil", "openssl")
    home.link("certutil", "mkdir")
    home.make()
    ours, thief = TlsServer(*home.sign(tmp_path, "localhost")), TlsServer(*home.sign(tmp_path, "www.example.com"))

    def visit(url, profile):
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path / profile}",
                   "--host-resolver-rules=MAP www.example.com 127.0.0.1", "--dump-dom", url]
        done = subprocess.run(command, env={"HOME": str(home.path), "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        return done.stdout, done.stderr

    try:
        page, said = visit(f"https://localhost:{ours.port}/", "before")
        assert "s_server" not in page and "ERR_CERT_AUTHORITY_INVALID" in said, said
        assert home.run("trust").returncode == 0
        page, said = visit(f"https://localhost:{ours.port}/", "after")
        assert "s_server" in page, said
        page, said = visit(f"https://www.example.com:{thief.port}/", "after")
        assert "s_server" not in page and "ERR_CERT_INVALID" in said, said
    finally:
        ours.close()
        thief.close()


def test_firefox(home, tmp_path):
    """The same, told by the server, since Firefox without a screen shows no page of an error."""
    firefox = shutil.which("firefox") or shutil.which("firefox-esr") or pytest.skip("Firefox is not installed")
    need("certutil", "openssl")
    home.link("certutil")
    profile = home.nss(".mozilla/firefox/x.default")
    (profile / "user.js").write_text('user_pref("network.dns.localDomains", "www.example.com");\n')
    home.make()
    ours, thief = Witness(*home.sign(tmp_path, "localhost")), Witness(*home.sign(tmp_path, "www.example.com"))

    def visit(server, host):
        while not server.said.empty():
            server.said.get()
        command = [firefox, "--headless", "--no-remote", "--profile", str(profile), "--screenshot", str(tmp_path / "page.png"),
                   f"https://{host}:{server.port}/page"]
        process = subprocess.Popen(command, env={"HOME": str(home.path), "PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            return server.said.get(timeout=120)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    try:
        assert visit(ours, "localhost").startswith("refused: ")
        assert home.run("trust").returncode == 0
        assert visit(ours, "localhost") == "GET /page"
        assert visit(thief, "www.example.com").startswith("refused: ")
    finally:
        ours.close()
        thief.close()
