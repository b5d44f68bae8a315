"""`liteginx doctor`: it looks at how things are, and its exit status says whether all is well (BEHAVIOUR: The local CA)."""
import os
import shutil

import pytest
from harness import http, ingress
from harness.local_ca import Home


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_there_is_none(home):
    done = home.run("doctor")
    assert (done.returncode, done.stderr) == (1, "") and "✗ there is no local CA in " in done.stdout
    assert not home.data.exists(), "it makes none"


def test_all_is_well(home):
    home.link("certutil")
    database = home.nss(".pki/nssdb")
    home.make()
    assert home.run("trust").returncode == 0
    before = home.snapshot()
    done = home.run("doctor")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    lines = done.stdout.splitlines()
    assert all(line.startswith("✓ ") for line in lines) and len(lines) == 6, done.stdout
    assert f"✓ Chromium ({database}) trusts it" in lines and "✓ it can sign for local names only" in lines
    assert home.snapshot() == before


def test_a_store_that_does_not_trust_it(home):
    home.link("certutil")
    home.nss(".pki/nssdb")
    home.make()
    done = home.run("doctor")
    assert done.returncode == 1 and "does not trust it: the root is not in it (liteginx trust)" in done.stdout


def test_a_root_that_may_not_sign_for_servers(home):
    home.link("certutil")
    database = home.nss(".pki/nssdb")
    assert home.run("trust").returncode == 0
    os.system(f"certutil -M -d sql:{database} -n '{home.root_name()}' -t ,,")
    done = home.run("doctor")
    assert done.returncode == 1 and "the root is in it, but not as one that may sign for servers" in done.stdout


def test_another_root_is_trusted(home):
    """The folder was made anew, and nobody has been told."""
    home.link("certutil")
    home.nss(".pki/nssdb")
    assert home.run("trust").returncode == 0
    shutil.rmtree(home.data)
    home.make()
    assert home.run("doctor").returncode == 1


def test_what_cannot_be_asked(home):
    home.link("certutil")
    home.nss(".pki/nssdb")
    assert home.run("trust").returncode == 0
    (home.bin / "certutil").unlink()
    done = home.run("doctor")
    assert done.returncode == 1 and "cannot be asked: that needs NSS's program certutil" in done.stdout


@pytest.mark.parametrize("name", [".", "intermediate-key.pem"])
def test_others_can_read_it(home, name):
    home.make()
    path = home.ca / name
    path.chmod(path.stat().st_mode | 0o044)
    done = home.run("doctor")
    assert done.returncode == 1 and "✗ others can reach " in done.stdout and "(chmod go= " in done.stdout
    assert "✓ the local CA in " in done.stdout


@pytest.mark.parametrize("spoil, said", [
    (lambda ca: (ca / "root.pem").unlink(), "root.pem cannot be read: there is no such file"),
    (lambda ca: (ca / "intermediate.pem").write_bytes(b"x"), "intermediate.pem holds no certificate that can be read"),
    (lambda ca: (ca / "intermediate-key.pem").write_bytes(b""), "intermediate-key.pem holds no private key that can be read"),
    (lambda ca: shutil.copy(ca / "root.pem", ca / "intermediate.pem"), "is not signed by root.pem"),
], ids=["no root", "no certificate", "no key", "not signed"])
def test_unsound(home, spoil, said):
    home.make()
    spoil(home.ca)
    done = home.run("doctor")
    assert done.returncode == 1 and " is not sound: " in done.stdout and "liteginx untrust, remove the folder" in done.stdout


def test_hosts_that_it_does_not_permit(home):
    home.make()
    (home.work / "a.yaml").write_text(str(ingress(http("/", 3000, listen=5000, host="app.test"), tls={"enabled": True})))
    (home.work / "b.yaml").write_text(str(ingress(http("/", 3000, listen=5000, host="dev.example.com"), tls={"enabled": True})))
    assert home.run("doctor", "a.yaml").returncode == 0
    done = home.run("doctor", "b.yaml")
    assert done.returncode == 1 and "✗ the local CA may not sign for dev.example.com, which was not declared" in done.stdout
    assert home.run("trust", "a.yaml").returncode == 0 and home.run("trust", "b.yaml").returncode == 1
    (home.work / "c.yaml").write_text("nonsense")
    assert home.run("doctor", "c.yaml").returncode == 1


def test_the_bundle_of_env(home):
    home.make()
    bundle = home.data / "bundle.pem"
    if not bundle.exists():
        pytest.skip("this system keeps no roots in a file")
    assert home.run("doctor").returncode == 0
    bundle.write_bytes((home.ca / "root.pem").read_bytes())
    done = home.run("doctor")
    assert done.returncode == 1 and "is not what it would be now (liteginx env)" in done.stdout
    home.make()
    assert home.run("doctor").returncode == 0
    before = bundle.stat()
    home.make()
    assert bundle.stat() == before, "what is right is not written again"
