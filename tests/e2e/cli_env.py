"""`liteginx env`: curl, Python and Node trust the local CA by its variables, and all that they trusted before (BEHAVIOUR: The local
CA)."""
import os
import shlex
import shutil
import subprocess
import sys
import time

import pytest
from harness import LIMIT
from harness.local_ca import Home, TlsServer, need
from harness.settings import BINARY

BUNDLE = next((path for path in ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                 "/etc/ssl/cert.pem") if os.path.exists(path)), None)

MADE_OF = "# the local CA of liteginx, and the roots of "


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def variables(home, shell="sh"):
    """What a shell makes of the words."""
    script = f'eval "$({shlex.quote(str(home.bin / "liteginx"))} env)"; env'
    done = subprocess.run([shell, "-c", script], env={"HOME": str(home.path), "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, check=True,
                          text=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def parsed(text):
    return dict(shlex.split(line)[1].split("=", 1) for line in text.splitlines())


def test_makes_the_ca_and_the_bundle(home):
    done = home.run("env")
    assert done.returncode == 0 and "made a local CA" in done.stderr
    words = parsed(done.stdout)
    root = (home.ca / "root.pem").read_text()
    assert words["NODE_EXTRA_CA_CERTS"] == words["DENO_CERT"] == str(home.ca / "root.pem")
    if not BUNDLE:
        assert "SSL_CERT_FILE" not in words
        return
    with open(BUNDLE, encoding="utf-8") as system:
        assert (home.data / "bundle.pem").read_text() == f"{MADE_OF}{BUNDLE}\n{root}{system.read()}"
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"):
        assert words[name] == str(home.data / "bundle.pem")
    again = home.run("env")
    assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")


def test_first_starts_at_once_have_one_ca(home):
    env = {"HOME": str(home.path), "PATH": str(home.bin)}
    started = [subprocess.Popen([BINARY, "env"], env=env, cwd=home.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(8)]
    said = {process.communicate(timeout=LIMIT * 2)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 8 and len(said) == 1
    assert sorted(os.listdir(home.data)) == (["bundle.pem", "ca"] if BUNDLE else ["ca"])
    if BUNDLE:
        assert (home.ca / "root.pem").read_text() in (home.data / "bundle.pem").read_text()


def test_a_start_that_is_killed_leaves_no_half_of_a_ca(home):
    for delay_ms in range(24):
        process = subprocess.Popen([BINARY, "env"], env={"HOME": str(home.path), "PATH": str(home.bin)}, cwd=home.work,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay_ms / 2000)
        process.kill()
        process.wait()
        names = os.listdir(home.ca) if home.ca.exists() else []
        assert sorted(names) in ([], ["intermediate-key.pem", "intermediate.pem", "root.pem"])
        if names:
            assert home.run("env").returncode == 0
        shutil.rmtree(home.ca, ignore_errors=True)
    assert home.run("env").returncode == 0


def test_own_roots_of_a_company_stay(home, tmp_path):
    (tmp_path / "corp.pem").write_text("# corp\n")
    done = home.run("env", SSL_CERT_FILE=str(tmp_path / "corp.pem"))
    assert done.returncode == 0
    bundle = (home.data / "bundle.pem").read_text()
    root = (home.ca / "root.pem").read_text()
    assert bundle == f"{MADE_OF}{tmp_path / 'corp.pem'}\n{root}# corp\n"
    # Called again with its own words in the shell it remembers.
    (tmp_path / "corp.pem").write_text("# more\n")
    assert home.run("env", SSL_CERT_FILE=str(home.data / "bundle.pem")).returncode == 0
    assert (home.data / "bundle.pem").read_text() == f"{MADE_OF}{tmp_path / 'corp.pem'}\n{root}# more\n"
    if BUNDLE:
        assert home.run("env").returncode == 0
        assert (home.data / "bundle.pem").read_text().startswith(MADE_OF + BUNDLE + "\n")
    done = home.run("env", NODE_EXTRA_CA_CERTS="/corp.pem")
    assert "NODE_EXTRA_CA_CERTS is /corp.pem now, and is replaced" in done.stderr


def test_a_bundle_that_cannot_be_made(home, tmp_path):
    done = home.run("env", SSL_CERT_FILE=str(tmp_path / "missing.pem"))
    assert (done.returncode, done.stdout) == (1, "") and "missing.pem cannot be read" in done.stderr


FORMS = {
    "--posix": "export NODE_EXTRA_CA_CERTS='{}'", "--powershell": "$Env:NODE_EXTRA_CA_CERTS = '{}'", "--fish": "set -gx NODE_EXTRA_CA_CERTS '{}'",
    "--cmd": 'set "NODE_EXTRA_CA_CERTS={}"', "--dotenv": 'NODE_EXTRA_CA_CERTS="{}"',
}


@pytest.mark.parametrize("form", FORMS)
def test_words_of_each_shell(home, form):
    done = home.run("env", form)
    assert done.returncode == 0 and done.stdout.splitlines()[0] == FORMS[form].format(home.ca / "root.pem")


def test_a_home_with_a_quote(tmp_path):
    folder = tmp_path / "it's $HOME \"x\""
    folder.mkdir()
    home = Home(folder)
    (home.bin / "liteginx").write_text("")
    assert parsed(home.run("env").stdout)["DENO_CERT"] == str(home.ca / "root.pem")
    assert "'" + str(home.ca / "root.pem").replace("'", "''") + "'" in home.run("env", "--powershell").stdout
    assert '"' + str(home.ca / "root.pem").replace('"', '\\"') + '"' in home.run("env", "--dotenv").stdout


# --- programs ---

@pytest.fixture
def served(home, tmp_path):
    """A server on localhost, and what `env` says for programs."""
    need("openssl")
    home.make()
    server = TlsServer(*home.sign(tmp_path, "localhost", "127.0.0.1"))
    words = parsed(home.run("env").stdout)
    yield server, {"PATH": os.environ["PATH"], "HOME": str(home.path)}, words
    server.close()


def reaches(command, env):
    return subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False).returncode == 0


PYTHON = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=20).read()"
NODE = "require('https').get(process.argv[1], (r) => { r.resume(); r.on('end', () => process.exit(0)) }).on('error', () => process.exit(1))"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("program", ["curl", "python", "node"])
def test_programs_trust_it(served, program, name):
    server, plain, words = served
    url = f"https://{name}:{server.port}/"
    commands = {"curl": ["curl", "-sS", "--max-time", "20", url], "python": [sys.executable, "-c", PYTHON, url], "node": ["node", "-e", NODE, url]}
    if program != "python":
        need(program)
    if program != "node" and not BUNDLE:
        pytest.skip("this system keeps no roots in a file")
    assert not reaches(commands[program], plain), "nobody trusts it without"
    assert reaches(commands[program], {**plain, **words})


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_a_shell_takes_it(home, shell):
    need(shell)
    (home.bin / "liteginx").symlink_to(BINARY)
    found = variables(home, shell)
    assert found["NODE_EXTRA_CA_CERTS"] == str(home.ca / "root.pem")


def test_a_dotenv_is_read(home):
    need("node")
    done = home.run("env", "--dotenv")
    (home.work / ".env").write_text(done.stdout)
    version = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, check=True, text=True).stdout
    if int(version[1:].split(".")[0]) < 21:
        pytest.skip("this Node reads no .env by itself")
    seen = subprocess.run(["node", "--env-file=.env", "-p", "process.env.DENO_CERT"], cwd=home.work, stdout=subprocess.PIPE, check=True, text=True,
                          env={"PATH": os.environ["PATH"]})
    assert seen.stdout.strip() == str(home.ca / "root.pem")
