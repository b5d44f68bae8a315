"""`liteginx check` over real files: a summary, or all errors at once (BEHAVIOUR: Command line, Configuration)."""
import os
import re
import subprocess
import resource

import pytest
from harness import LIMIT, SANITIZED, free_port, http, ingress, run_program, tcp
from harness.proxy import environment
from harness.settings import BINARY

GOOD = """name: shop
spec:
  - kind: http
    listen: 5000
    path: /one
    targets:
      - host: localhost
        port: 3000
tls:
  enabled: false
"""


def check(folder, files, *args, env=None):
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return run_program("check", *(args or ("--config", folder)), env=env)


def errors(done):
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    return [line for line in done.stderr.splitlines() if ": error: " in line]


def test_summary_is_one_line_on_stdout(tmp_path):
    done = check(tmp_path, {"a.yaml": GOOD, "b.yaml": ingress(http("/two", 3000, listen=5000), tcp(4000, listen=4001), name="b")})
    assert done.returncode == 0 and done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
    assert re.search(r"\b2 listeners?\b.*\b3 routes?\b.*\b3 targets?\b", done.stdout), done.stdout


def test_check_binds_nothing(tmp_path, lab):
    backend = lab.backend()
    assert check(tmp_path, {"a.yaml": ingress(http("/", 1, listen=f"127.0.0.1:{backend.port}"))}).returncode == 0


def test_all_errors_of_all_files_at_once(tmp_path):
    done = check(tmp_path, {
        "a.yaml": GOOD.replace("path: /one", "pth: /one"),
        "b.yaml": GOOD.replace("5000", "70000").replace("kind: http", "kind: htp"),
        "c.yaml": "name: [",
        "d.yaml": "settings:\n  workers: many\n  hold: 3\n"})
    found = errors(done)
    assert len(found) >= 6, done.stderr
    files = [re.match(r"(.*/)?([a-d]\.yaml):(\d+):(\d+): error: ", line) for line in found]
    assert all(files), done.stderr
    names = [match[2] for match in files]
    assert sorted(set(names)) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"] and names == sorted(names)
    assert any("pth" in line and "did you mean" in line and "path" in line for line in found), done.stderr
    assert any("htp" in line and "http" in line for line in found)
    assert done.stdout == ""


@pytest.mark.parametrize("change, place, words", [
    (("    path: /one\n", "    pth: /one\n"), "5:5", ["pth", "path"]),
    (("listen: 5000", "listen: 65536"), "4:13", ["65536"]),
    (("listen: 5000", "listen: localhost:5000"), "4:13", ["localhost:5000"]),
    (("listen: 5000", "listen: [5000]"), "4:13", []),
    (("path: /one", "path: one"), "5:11", ["/"]),
    (("path: /one", "path: /a?b"), "5:13", []),
    (("path: /one", "path: /%zz"), "5:12", []),
    (("path: /one", "path: /../x"), "5:11", []),
    (("path: /one", "path: '/{a}{b}'"), "5:16", []),
    (("path: /one", "path: '/{a}/{a}'"), "5:17", ["a"]),
    (("path: /one", "path: '/{*rest}/x'"), "5:13", []),
    (("path: /one", "path: /one\n    rewrite: /{id}"), "6:15", ["id"]),
    (("path: /one", "path: /one\n    match: prefx"), "6:12", ["prefx", "prefix"]),
    (("path: /one", "path: /one\n    hold: 10"), "6:11", ["10"]),
    (("path: /one", "path: /one\n    path: /two"), "6:5", ["path"]),
    (("port: 3000", "port: 8080x"), "8:15", ["8080x"]),
    (("port: 3000", "port: 0"), "8:15", []),
    (("port: 3000", "port: 80.5"), "8:15", ["80.5"]),
    (("port: 3000", "port: 3000\n        weight: 1001"), "9:17", ["1001"]),
    (("host: localhost", "host: local host"), "7:15", []),
    (("host: localhost", "host: ''"), "7:15", []),
    (("enabled: false", "enabled: true\n  ca: public"), "11:7", ["mkcert"]),
    (("enabled: false", "enabled: maybe"), "10:12", ["maybe"]),
    (("kind: http", "kind: tcp"), None, ["path"]),
    (("name: shop\n", ""), None, ["name"]),
    (("        port: 3000\n", ""), None, ["port"]),
    (("host: localhost", "host: ${LITEGINX_NO_SUCH}"), "7:15", ["LITEGINX_NO_SUCH"]),
    (("host: localhost", "host: &x localhost\n        port: 1\n      - host: *x"), None, []),
])
def test_one_error_with_its_place(tmp_path, change, place, words):
    old, new = change
    assert GOOD.count(old) == 1
    done = check(tmp_path, {"a.yaml": GOOD.replace(old, new)})
    found = errors(done)
    assert len(found) == 1, done.stderr
    if place:
        assert f"a.yaml:{place}: error: " in found[0], found
    for word in words:
        assert word in found[0], found


@pytest.mark.parametrize("text", [b"", b"\n# nothing\n---\n---\n", b"name: \xff\xfe\n", b"just words\n", b"- a\n- b\n", b"name: x\n", b"name: x\nspec: []\n",
                                  b"name: x\nspec: {}\n", b"\t\n", b"name: x\nspec: *a\n", b"{" * 100, b"settings: {}\nname: x\n", b"%YAML 9.9\n---\na: b\n"])
def test_files_that_are_no_configuration(tmp_path, text):
    assert errors(check(tmp_path, {"a.yaml": text}))


HABITS = [
    ("host", "http://x:80/y"), ("host", "https://x:443"), ("host", "'::1'"), ("host", "Host(`x`)"), ("host", "'.example.com'"), ("listen", "':5000'"),
    ("targets", "['[::1]']"), ("targets", "['u:p@x:3']"), ("targets", "['x:3:4']"), ("targets", "['true']"), ("targets", "['//x:3']"),
    ("targets", "['ws://x:3']"), ("targets", "['http://x:3/api?a=1']"), ("targets", "[localhost: 3000]"), ("targets", "['localhost: 3000']"),
    ("targets", "{localhost: 3000}"), ("targets", "localhost"), ("path", "PathPrefix(`/x`)"), ("path", "GET /users/{id}"), ("path", "path /api/*"),
    ("path", r"/img-(\d+)\.png"), ("path", "/users/:id"), ("rewrite", "/b$is_args$args"), ("rewrite", "/$host/x"), ("rewrite", "/$(cmd)"), ("rewrite", "/(.*)"),
    ("rewrite", "/x$uri"), ("hold", "5 min"), ("timeouts", "30"),
]


@pytest.mark.parametrize("key, value", HABITS)
def test_what_is_said_to_write_is_taken(tmp_path, key, value):
    """Each text between quotes behind the word "write", in the place of what was written."""
    def spec(**keys):
        lines = {"kind": "http", "listen": "5000", "path": "/a", "targets": "[localhost:3000]", **keys}
        return "name: a\nspec:\n  - " + "\n    ".join(f"{name}: {text}" for name, text in lines.items()) + "\n"

    told = check(tmp_path, {"a.yaml": spec(**{key: value})})
    said = [line for line in told.stderr.splitlines() if ": error: " in line or ": warning: " in line]
    assert len(said) == 1 and re.search(r"\(.*(write|mean) ", said[0]), told.stderr
    written = re.findall("'([^']*)'", re.split("(?:write|mean) ", said[0], maxsplit=1)[1].split(";")[0])
    keyed = dict(text.split(": ", 1) for text in written if re.match("[a-z]+: ", text))
    plain = [text for text in written if not re.match("[a-z]+: |path$|rewrite$", text)]
    for text in plain or [None]:
        item = {"targets": f"\n      - {text}"} if key == "targets" else {key: text}
        done = check(tmp_path, {"a.yaml": spec(**({} if text is None else item), **keyed)})
        assert (done.returncode, done.stderr) == (0, ""), (said, text, done.stderr)


@pytest.mark.parametrize("text, whose", [
    ("server {\n  listen 80;\n  location / {\n    proxy_pass http://localhost:3000;\n  }\n}\n", "nginx"),
    ("localhost:8080 {\n\treverse_proxy localhost:3000\n}\n", "Caddy"),
    ("frontend web\n  bind *:80\n  default_backend app\n", "HAProxy"),
    ("http:\n  routers:\n    a:\n      rule: Host(`x`)\n", "Traefik"),
])
def test_what_was_pasted_from_another_program(tmp_path, text, whose):
    done = check(tmp_path, {"a.yaml": text})
    found = errors(done)
    assert len(found) == 1 and f"a configuration of {whose}" in found[0]
    start = done.stderr[done.stderr.index("name: first"):]
    assert check(tmp_path, {"a.yaml": start}).returncode == 0


def test_second_settings_are_an_error_that_names_both(tmp_path):
    found = errors(check(tmp_path, {"a.yaml": GOOD + "---\nsettings:\n  drain: 1s\n", "b.yaml": "settings:\n  drain: 2s\n"}))
    assert len(found) == 1 and "b.yaml:1:" in found[0] and "a.yaml" in found[0]


@pytest.mark.parametrize("first, second", [
    ("5000", "127.0.0.1:5000"), ("'*:5000'", "127.0.0.1:5000"), ("'*:5000'", "'[::1]:5000'"), ("0.0.0.0:5000", "127.0.0.1:5000"), ("5000", "'*:5000'"),
])
def test_overlapping_addresses(tmp_path, first, second):
    done = check(tmp_path, {"a.yaml": GOOD.replace("5000", first), "b.yaml": GOOD.replace("5000", second).replace("/one", "/two")})
    found = errors(done)
    assert len(found) == 1 and "a.yaml" in found[0] and "b.yaml" in found[0], done.stderr


def test_http_and_tcp_on_one_address(tmp_path):
    found = errors(check(tmp_path, {"a.yaml": GOOD, "b.yaml": ingress(tcp(4000, listen=5000))}))
    assert len(found) == 1 and "a.yaml" in found[0] and "b.yaml" in found[0]


@pytest.mark.parametrize("text, seconds", [
    (b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
     b"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", 1),
    (b"# " + b"x" * (10 << 20), 1),
    (b"[" * 10000, 1), (b"a: " + b"{a: " * 10000, 1), (b"- " * 10000, 1),
], ids=["aliases", "10 MB", "brackets", "braces", "dashes"])
def test_bombs_are_refused_quickly(tmp_path, text, seconds):
    before = computed_s()
    assert errors(check(tmp_path, {"a.yaml": text}))
    assert computed_s() - before < seconds * (5 if SANITIZED else 1)


def computed_s():
    """Seconds of a processor's time that programs have had which have ended by now. (How long that took is others' doing, too.)"""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_environment_is_put_in_and_never_parsed_as_yaml(tmp_path):
    text = GOOD.replace("localhost", "${HOST_NAME}").replace("3000", "${PORT_NUMBER:-3000}").replace("/one", "/$$one$")
    done = check(tmp_path, {"a.yaml": text}, env={"HOST_NAME": "example.localhost"})
    assert done.returncode == 0, done.stderr
    found = errors(check(tmp_path, {"a.yaml": text}, env={"HOST_NAME": "a}\n  evil: true", "PORT_NUMBER": "x"}))
    assert len(found) == 2 and "evil" not in "".join(line.split("error:")[0] for line in found)


def test_configuration_is_found_without_the_option(tmp_path):
    home = tmp_path / "home"
    for folder in ("given", "xdg/liteginx", "home/.config/liteginx"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "given/a.yaml").write_text(GOOD + "---\n" + GOOD.replace("/one", "/2").replace("shop", "b") + "---\n" + GOOD.replace("/one", "/3"))
    (tmp_path / "xdg/liteginx/a.yaml").write_text(GOOD + "---\n" + GOOD.replace("/one", "/2"))
    (home / ".config/liteginx/a.yaml").write_text(GOOD)
    env = {"HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path / "xdg"), "LITEGINX_CONF_DIR": str(tmp_path / "given")}
    for routes, drop in ((3, None), (2, "LITEGINX_CONF_DIR"), (1, "XDG_CONFIG_HOME")):
        if drop:
            del env[drop]
        done = run_program("check", env=env)
        assert done.returncode == 0 and re.search(rf"\b{routes} routes?\b", done.stdout), (done.stdout, done.stderr)


def test_nothing_found_shows_a_configuration_to_start_from(tmp_path):
    done = run_program("check", env={"HOME": str(tmp_path)})
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
    for word in ("name:", "spec:", "listen:", "targets:"):
        assert word in done.stderr


def test_option_may_be_repeated_and_takes_files_and_folders(tmp_path):
    (tmp_path / "one.conf").write_text(GOOD)
    folder = tmp_path / "folder"
    (folder / "nested").mkdir(parents=True)
    (folder / "b.yml").write_text(GOOD.replace("/one", "/two"))
    (folder / "nested/c.yaml").write_text("nested: is not read")
    (folder / ".d.yaml").write_text("hidden: is not read")
    done = run_program("check", "--config", tmp_path / "one.conf", "--config", folder)
    assert done.returncode == 0 and re.search(r"\b2 routes\b", done.stdout), (done.stdout, done.stderr)


@pytest.mark.parametrize("words", [["--config", "{}"], ["--config={}"], ["-c", "{}"], ["-c{}"], ["{}"], ["./folder/", "-c", "{}"]])
def test_ways_to_name_it(tmp_path, words):
    """As an option, as its letter, or just so."""
    (tmp_path / "x.yaml").write_text(GOOD)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/A.YAML").write_text(GOOD.replace("/one", "/two"))
    done = run_program("check", *[word.format("x.yaml") for word in words], cwd=tmp_path)
    assert done.returncode == 0 and re.search(rf"\b{len(words) > 2 and 2 or 1} routes?\b", done.stdout), (done.stdout, done.stderr)


def test_current_folder_goes_first(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.yaml").write_text(GOOD)
    (tmp_path / "liteginx").mkdir()
    (tmp_path / "liteginx.yaml").write_text(GOOD)
    (tmp_path / "liteginx/b.yml").write_text(GOOD.replace("/one", "/two"))
    done = run_program("check", cwd=tmp_path, env={"LITEGINX_CONF_DIR": str(elsewhere)})
    assert done.returncode == 0 and re.search(r"\b2 routes\b", done.stdout), (done.stdout, done.stderr)
    assert "./liteginx.yaml and ./liteginx" in done.stderr


def test_both_endings_count_in_the_current_folder(tmp_path):
    (tmp_path / "liteginx.yml").write_text(GOOD)
    done = run_program("check", cwd=tmp_path)
    assert done.returncode == 0 and "./liteginx.yml" in done.stderr
    (tmp_path / "liteginx.yaml").write_text(GOOD)
    assert len(errors(run_program("check", cwd=tmp_path))) == 1


@pytest.mark.parametrize("words", [["-"], ["--config", "-"], ["-c-"]])
def test_standard_input(words):
    def ask(text):
        return subprocess.run([str(BINARY), "check", *words], input=text, env=environment(), capture_output=True, text=True, timeout=LIMIT)
    assert ask(GOOD).returncode == 0
    done = ask(GOOD.replace("/one", "one"))
    assert done.returncode == 1 and "<stdin>:5:11: error: " in done.stderr
    assert "limit of 1 MiB" in ask("#" * ((1 << 20) + 1)).stderr


@pytest.mark.parametrize("what", ["missing", "empty folder", "unreadable"])
def test_nothing_to_read(tmp_path, what):
    path = tmp_path / "it"
    if what == "empty folder":
        path.mkdir()
    elif what == "unreadable":
        path.mkdir()
        (path / "a.yaml").mkdir()
    done = run_program("check", "--config", path)
    assert done.returncode == 1 and str(path) in done.stderr and len(done.stderr.splitlines()) <= 2


def test_number_of_workers(tmp_path):
    for good in ("auto", "1", "4", "1024"):
        assert check(tmp_path, {"a.yaml": GOOD + f"---\nsettings:\n  workers: {good}\n"}).returncode == 0
    for bad in ("0", "1025", "-1", "many"):
        found = errors(check(tmp_path, {"a.yaml": GOOD + f"---\nsettings:\n  workers: {bad}\n"}))
        assert len(found) == 1 and "'workers' must be auto or 1..1024" in found[0]


@pytest.mark.parametrize("verb", ["check", "run"])
def test_the_line_of_the_file_stands_below_with_a_caret(tmp_path, verb):
    (tmp_path / "a.yaml").write_text(GOOD.replace("path: /one", "path: one"))
    done = run_program(verb, "--config", tmp_path / "a.yaml")
    lines = done.stderr.splitlines()
    first = lines.index(next(line for line in lines if ":5:11: error: " in line))
    assert done.returncode == 1 and lines[first + 1:first + 3] == ["    5 |     path: one", "      |           ^"]


def test_control_characters_of_a_file_never_reach_the_terminal(tmp_path):
    done = check(tmp_path, {"a.yaml": GOOD.replace("localhost", '"a\\e[31mb\\u0007"')})
    assert errors(done) and "\x1b" not in done.stderr and "\x07" not in done.stderr


def test_large_configuration_loads_quickly(tmp_path):
    text = "".join(ingress(http(f"/r{number}", 3000, listen=5000), name=f"n{number}") + "---\n" for number in range(3000))
    assert len(text) < 1 << 20
    done = check(tmp_path, {"a.yaml": text})
    assert done.returncode == 0 and re.search(r"\b3000 routes\b", done.stdout), done.stderr[:1000]


def test_listen_forms(tmp_path):
    text = "".join(ingress(http("/", 3000, listen=listen), name="n") + "---\n" for listen in (
        free_port(), "127.0.0.1:6001", "0.0.0.0:6002", "*:6003", "[::1]:6004", "[::]:6005"))
    done = check(tmp_path, {"a.yaml": text})
    assert done.returncode == 0 and re.search(r"\b6 listeners\b", done.stdout), done.stderr
    assert os.listdir(tmp_path) == ["a.yaml"]
