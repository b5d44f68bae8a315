"""Options, the banner, and what is said when it cannot start: one sentence, the right stream and exit status."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import pytest
from harness import LIMIT, free_port, http, ingress, refusing_port, run_program, tcp
from harness.proxy import READY, environment
from harness.settings import BINARY


def run(folder, *specs, **more):
    (folder / "a.yaml").write_text(ingress(*specs))
    return run_program("run", "--config", folder, **more)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(option):
    done = run_program(option)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"liteginx \d+\.\d+\.\d+", done.stdout.splitlines()[0])


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["run", "--help"], ["check", "--help"], ["demo", "--help"]])
def test_help_is_what_was_asked_for(args):
    done = run_program(*args)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("run", "check", "demo", "--config", "--version"):
        assert word in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_output_that_cannot_be_written(option):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([str(BINARY), option], env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (1, "liteginx: the output could not be written: no space left on device\n")


@pytest.mark.parametrize("args, words", [
    (["--confg", "x"], ["--confg", "--config"]), (["chek"], ["chek", "check"]), (["--config"], ["--config"]), (["--color=purple"], ["--color"]),
    (["check", "stray"], ["stray"]), (["explain"], ["explain"]), (["./missing.yaml"], ["./missing.yaml", "no file or folder"]),
    (["-c", "-", "-"], ["standard input", "once"]),
])
def test_wrong_usage_is_status_2(args, words):
    done = run_program(*args)
    assert (done.returncode, done.stdout) == (2, "")
    for word in words:
        assert word in done.stderr
    assert len(done.stderr.splitlines()) <= 3


@pytest.mark.parametrize("address", ["{}", "127.0.0.1:{}", "[::1]:{}", "*:{}"])
def test_port_in_use(tmp_path, address):
    family, host = (socket.AF_INET6, "::1") if "[" in address else (socket.AF_INET, "127.0.0.1")
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        done = run(tmp_path, http("/", 3000, listen=address.format(port)))
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if str(port) in line]
    assert len(lines) == 1 and re.search("in use|already", lines[0]), done.stderr
    assert not READY.search(done.stderr)


def test_port_in_use_by_another_one_of_us(tmp_path, lab):
    port = free_port()
    lab.proxy(http("/", 3000, listen=port))
    done = run(tmp_path, http("/", 3000, listen=port))
    assert done.returncode == 1 and re.search(f"{port}.*(in use|already)", done.stderr)


def test_all_ports_in_use_are_told_at_once(tmp_path, lab):
    one, two = lab.backend(), lab.backend()
    done = run(tmp_path, http("/", 3000, listen=f"127.0.0.1:{one.port}"), tcp(3000, listen=f"127.0.0.1:{two.port}"))
    assert done.returncode == 1 and str(one.port) in done.stderr and str(two.port) in done.stderr


def test_address_that_this_machine_lacks(tmp_path):
    done = run(tmp_path, http("/", 3000, listen="203.0.113.7:5000"))
    assert done.returncode == 1 and "203.0.113.7" in done.stderr
    assert len([line for line in done.stderr.splitlines() if "203.0.113.7" in line]) == 1


@pytest.mark.skipif(os.geteuid() != 0 and os.path.exists("/proc/sys/net/ipv4/ip_unprivileged_port_start")
                    and int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read()) <= 80, reason="low ports are free for all here")
def test_permission_denied_on_a_low_port():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        permission_denied(pathlib.Path(name))


def permission_denied(folder):
    (folder / "a.yaml").write_text(ingress(http("/", 3000, listen="127.0.0.1:80")))
    command, user = [str(BINARY), "run", "--config", str(folder)], {}
    if os.geteuid() == 0:  # as somebody who may not
        command[0] = str(folder / "liteginx")
        shutil.copy(BINARY, command[0])
        folder.chmod(0o755)
        user = {"user": 65534, "group": 65534, "extra_groups": []}
    done = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT, **user)
    assert done.returncode == 1, (done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if "80" in line]
    assert len(lines) == 1 and re.search("(?i)permission|privileged", lines[0]), done.stderr


def test_bad_configuration_starts_nothing(tmp_path):
    (tmp_path / "good.yaml").write_text(ingress(http("/", 3000)))
    (tmp_path / "bad.yaml").write_text(ingress(http("no-slash", 3000, kind="htp")))
    done = run_program("run", "--config", tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert len(re.findall(r"bad\.yaml:\d+:\d+: error: ", done.stderr)) == 2
    assert not READY.search(done.stderr)


@pytest.mark.parametrize("verb", ["run", "check", "demo"])
def test_no_such_file(tmp_path, verb):
    done = run_program(verb, "--config", tmp_path / "missing.yaml")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "missing.yaml" in done.stderr and re.search("(?i)no such file", done.stderr)


def test_banner_says_what_is_bound_and_where_it_goes(lab):
    web, other, raw = free_port(), free_port(), free_port()
    proxy = lab.proxy(http("/one", 3000, listen=web), http("/two/{id}", [3000, 3001], listen=web, rewrite="/", host="shop.localhost"),
                      http("/", 3002, listen=f"127.0.0.1:{other}"), tcp(4000, listen=raw))
    text = "\n".join(proxy.err.lines[:proxy.banner_lines])
    assert re.search(r"^liteginx 0\.1\.0 ready in \d+ ms$", proxy.err.lines[proxy.banner_lines - 1])
    ports = [port for _, _, port in proxy.urls]
    assert {web, other, raw} <= set(ports)
    assert ("tcp", raw) in {(kind, port) for kind, _, port in proxy.urls}
    assert ("http", web) in {(kind, port) for kind, _, port in proxy.urls}
    for word in ("/one", "/two/{id}", "shop.localhost", "127.0.0.1:3000", "127.0.0.1:3001", "127.0.0.1:3002", "127.0.0.1:4000"):
        assert word in text, text
    assert "\x1b" not in text
    assert proxy.log.lines == []


def test_port_zero_is_one_free_port_for_both_families(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    assert proxy.port > 0
    assert [lab.client(proxy, host=host).get("/").status for host in ("127.0.0.1", "::1")] == [200, 200]


def test_bare_port_is_loopback_unless_asked(lab):
    """Another address of this machine must not answer."""
    backend = lab.backend()
    address = own_address()
    proxy = lab.proxy(http("/", backend.port))
    with pytest.raises(OSError):
        lab.client(proxy, host=address)
    for proxy in (lab.proxy(http("/", backend.port), settings={"bind": "all"}),
                  lab.proxy(http("/", backend.port), env={"LITEGINX_BIND": "all"}),
                  lab.proxy(http("/", backend.port, listen="*:0"))):
        assert lab.client(proxy, host=address).get("/").status == 200


def own_address():
    """An address of this machine that is not the one everybody uses."""
    try:
        with socket.socket() as sock:
            sock.bind(("127.0.0.2", 0))
            return "127.0.0.2"
    except OSError:
        pytest.skip("no second address here")


def test_run_is_the_default_verb(lab):
    backend = lab.backend()
    assert lab.client(lab.proxy(http("/", backend.port), verb=["run"])).get("/").status == 200
    assert lab.client(lab.proxy(http("/", backend.port), verb=[])).get("/").status == 200


def test_unreachable_target_is_said_in_words(lab):
    port = lab.keep(refusing_port()).port
    proxy = lab.proxy(http("/", port, hold="300ms"))
    assert lab.client(proxy).get("/").status == 502
    assert re.search(rf"127\.0\.0\.1:{port}", proxy.wait_held(port))
