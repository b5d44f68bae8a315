"""share/liteginx.schema.json against the program: what the program takes the schema takes too, and what it refuses the schema
refuses, but for what CANNOT_SAY lists. The examples are those of this suite: every file that the unit tests of the
configuration load (they write them down where $LITEGINX_EXAMPLES says), the changes of cli_check.py, the example's
files, what `init` writes, and each value of VALUES at each key that takes one."""
import json
import os
import pathlib
import re
import subprocess

import cli_check
import jsonschema
import pytest
import yaml
from cli_init import set_all
from harness import LIMIT, SANITIZED, run_program
from harness.proxy import environment
from harness.settings import BINARY

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = cli_check.GOOD
SCHEMA = json.loads((ROOT / "share/liteginx.schema.json").read_text(encoding="utf-8"))
UNIT = BINARY.parent / "tests/unit"
HARVESTED = ["choice_test", "circle_test", "headers_keys_test", "load_test", "redirect_keys_test", "respond_keys_test", "settings_test", "spec_test", "target_word_test"]

VARIABLES = "what a variable stands for"

# What no schema of one document's values can say, with the program's words for it: each has to be met by an example.
CANNOT_SAY = {
    "how a file is written, not what it holds": r"not YAML|is not UTF-8|an alias|a tag|a merge key|is here twice|is larger|NUL",
    "an empty file has no document to look at": r"the file is empty",
    "what several documents or specs say together": r"nothing to listen on|a second time|overlaps|an address is either|differs from",
    VARIABLES: r"LITEGINX_BIND",
    "how long a text is once variables are filled in": r"longer than 64 KiB|fill in more than",
    "how a number is written: 80.0 and 0x50 are whole numbers for YAML, and decimal digits alone for us":
        r"must be .* got '([0-9]+\.0+|0[xo].*|[+-].*|[0-9.]+e.*)'",
    "patterns and rewrites have a grammar, and share parameters":
        r"in '(path|rewrite): .*': (a '\{'|a parameter|'%'|'\.\.'|a \{\*name\}|the path has no parameter|a '\}'|this parameter's name)",
    "how a number is written, which may be a name: 0x50 is one, and 80 is none": r"'host(_header)?' must be .*a name .*, got '[0-9.]+'",
    "where a redirect leads has a grammar, and uses parameters of the path":
        r"in 'to: .*': (a |'%'|'\.\.'|the path has no parameter|there is no host|this is no IPv6|it must begin)",
    "which fields are not a configuration's to change": r"the field '.*' cannot be changed here",
    "what values of fields are filled in with": r"in '.*: .*': (there are \{client_ip\}|this '[{}]'|a parameter is used without)",
    "what stands inside of a key, and does nothing beside another one": r"'request' does nothing without 'targets'",
    "which status has no body": r"an answer with status \d+ has no body",
    "whether a file is there": r"in 'file: .*': (there is no such file|this is|the file has)",
    "how long a path for a socket may be, behind the folder of its file": r"must be a path of at most \d+ bytes",
    "whether the program has TLS at all": r"was built without TLS",
}

VALUES = ["0", "1", "-1", "80", "80.5", "80.0", "65535", "65536", "99999999999", "1001", "0x50", "1e2", "'80'", "'70000'", "10s", "1m30s", "10", "1d", "''", "~", "null",
          "true", "TRUE", "yes", "off", "'true'", "text", "json", "prefix", "EXACT", "http", "Tcp", "loopback", "all", "auto", "64k", "64KiB", "32MiB", "1KiB", "'64'",
          "[]", "[1]", "[a, b]", "{}", "{a: b}", "/", "/x", "x", "localhost", "localhost:3000", "'*:5000'", "'[::1]:80'", "1.2.3.4", "1.2.3.4:80", "10.0.0.0/8",
          "10.0.0.0/33", "'*.localhost'", "'*'", "a b", "${NONE:-80}", "$${x}", "[localhost:3000, 3001]", "[10.0.0.0/8, '::1']", "{response: 3s}", "{enabled: false}",
          "{enabled: true}", "[{host: a, port: 1}]", "[{host: a, port: 1, weight: 1, x: 2}]", "http://a:80", "[http://a, 'ws://b:1/']", "[https://a:1]", "['unix:/a']"]

LABEL = "a" * 63
ADDRESSES = ["::", "::1", "1::", ":::", ":", "1:::2", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8::", "::2:3:4:5:6:7:8",
             "1::3:4:5:6:7:8", "1::2:3:4:5:6:7:8", "12345::", "g::", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
             "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "::1.2.3.256", "1.2.3.4::", "fe80::1%eth0", "aBcD:EF::0", "1.2.3.4", "1.2.3", "1.2.3.4.5", "01.2.3.4",
             "256.1.1.1", "zz", "*", "a.b", "a-.b", "-a", "a..b", "a.1", "1.a", "_", LABEL, LABEL + "a", ".".join([LABEL] * 3 + ["b" * 61]),
             ".".join([LABEL] * 3 + ["b" * 62])]
SOCKETS = ["", "/", ".", "..", "...", "a", "a/", "a/.", "a/..", "./a", "../a", "a/...", "a b", "unix:", "unix:a", "unix:.", "..a", ".a/.b", "/run/\u00e9"]
PORTS = ["", "0", "00", "1", "01", "65535", "065535", "65536", "99999", "000001", "1x", "-1", "1:2"]
SIZES = ["1023", "1024B", "01024", "1023B", "0KiB", "1KiB", "0001KiB", "16384KiB", "16385KiB", "1MiB", "16MiB", "17MiB", "1GiB", "0GiB", "16777216", "16777217", "1kib", "B"]
NUMBERS = ["0", "1", "01", "1000", "1001", "1024", "1025", "10000", "10001", "65536", "65537", "4294967295", "4294967296", "00000000000000000000000001"]
ENDS = ["", "/", "//", "/a", "?", "#", "/?", " ", ","]


def spellings():
    """Each way to write an address, a port, a socket, a size, at each place that takes one, in quotes."""
    hosts = ADDRESSES + [f"[{address}]" for address in ADDRESSES] + ["*.a.b", "*.", "*a", "${NONE:-a}"]
    words = [f"{host}:1" for host in hosts] + [f"a:{port}" for port in PORTS] + [f"{scheme}a{port}{end}" for port in ("", ":1") for end in ENDS for scheme in (
        "", "http://", "HTTP://", "tcp://", "ws://", "wss://", "https://", "x://", "//", "://")] + PORTS + [f":{port}/" for port in PORTS] + [
            f"http://{host}" for host in hosts] + ["", "u@a:1", "u:p@a:1", "http://u@a", "./a", "../a:1", "a:1$uri", "a b:1", "a;b:1", "[::1]", "http:a:1"]
    sockets = [f"unix:{path}" for path in SOCKETS]
    rows = {"listen: '%s', path: /, kind: http, targets: [1]": [f"{host}:1" for host in hosts] + [f"*:{port}" for port in PORTS] + PORTS + sockets,
            "listen: 1, path: /, kind: http, targets: [1], host: '%s'": hosts + [f"{host}:1" for host in hosts] + [f"a:{port}" for port in PORTS],
            "listen: 1, kind: tcp, targets: ['%s']": words + sockets,
            "listen: 1, kind: tcp, targets: [{port: 1, host: '%s'}]": hosts,
            "listen: 1, kind: tcp, targets: [{host: a, port: '%s'}]": PORTS + NUMBERS,
            "listen: 1, kind: tcp, targets: [{host: a, port: 1, weight: '%s'}]": NUMBERS,
            "listen: 1, kind: tcp, targets: [{unix: '%s'}]": SOCKETS + sockets}
    for row, values in rows.items():
        for value in values:
            yield "name: a\nspec: [{%s}]\n" % (row % value)
    networks = hosts + sockets + [f"{host}/{bits}" for host in ("1.2.3.4", "::1", "a", "::ffff:1.2.3.4", "::FFFF:1.2.3.4") for bits in ("0", "08", "32", "33", "95", "096", "128", "0128", "129", "", "-1", "1/1")]
    for row, values in {"trusted_proxies: ['%s']": networks, "max_header_bytes: '%s'": SIZES, "max_body_bytes: '%s'": SIZES, "workers: '%s'": NUMBERS,
                        "upstream_idle: '%s'": NUMBERS, "max_header_fields: '%s'": NUMBERS, "max_connections: '%s'": NUMBERS}.items():
        for value in values:
            yield GOOD + "---\nsettings: {%s}\n" % (row % value)


class Scalars(yaml.SafeLoader):
    """YAML 1.2's core schema, which editors and we use: `off` and `yes` are texts, `<<` is a key like any other."""
    yaml_implicit_resolvers = {}


for tag, pattern, first in (
        ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]), ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
        ("int", r"^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
        ("float", r"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$", list("-+0123456789."))):
    Scalars.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
Scalars.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value, 0) if re.match("0[xo]", node.value) else int(node.value))


def schema_takes(text):
    """Whether it takes every document of the text, and there is one."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    try:
        documents = [document for document in yaml.load_all(text, Loader=Scalars) if document is not None]
    except (yaml.YAMLError, ValueError):
        return True  # no document that it could refuse
    return all(validator.is_valid(document) for document in documents)


def reasons_of(message, text):
    place = re.match(r"[^:]*:(\d+):\d+: error: ", message)
    lines = text.splitlines()[int(place[1]) - 1:int(place[1])] if place else []  # none: it ended too early
    if any(re.search(r"(^|[^$])\$\{\w+", line) for line in lines):
        return [VARIABLES]
    return [reason for reason, words in CANNOT_SAY.items() if re.search(words, message)]


def disagreement(text, is_good, message, used):
    """What is wrong, or None. `used`: the reasons that were needed."""
    takes = schema_takes(text)
    if takes == is_good:
        return None
    if is_good:
        return "the schema refuses what the program takes: %r" % text
    found = reasons_of(message, text)
    used.update(found)
    return None if found else "the schema takes what the program refuses: %s: %r" % (message, text)


def program_says(text):
    done = subprocess.run([str(BINARY), "check", "-"], input=text.encode(), env=environment(), capture_output=True, timeout=LIMIT, check=False)
    first = next((line for line in done.stderr.decode().splitlines() if "error: " in line), "")
    return done.returncode == 0, first


def harvested(tmp_path):
    path = tmp_path / "examples"
    for name in HARVESTED:
        subprocess.run([str(UNIT / name)], env={**os.environ, "LITEGINX_EXAMPLES": str(path)}, capture_output=True, timeout=LIMIT * 4, check=True)
    for line in path.read_text().splitlines():
        good, said, text = line.split(" ")
        text = bytes.fromhex(text[:-1])
        if len(text) > 100_000:  # a thousand routes, over and over: a matter of time, not of kinds
            continue
        try:
            yield text.decode(), good == "1", bytes.fromhex(said[:-1]).decode()
        except UnicodeDecodeError:
            yield "", False, "is not UTF-8"


def at_each_key():
    """Each value at each key that there is, in a file that is good but for it."""
    spec = {"kind": "http", "listen": "5000", "path": "/", "targets": "[1]"}
    for key in SCHEMA["properties"]["spec"]["items"]["properties"]:
        for value in VALUES:
            yield "name: a\nspec:\n  - {" + ", ".join(f"{k}: {v}" for k, v in {**spec, key: value}.items()) + "}\n"
    for key in ("connect", "response", "idle"):
        for value in VALUES:
            yield "name: a\nspec: [{kind: tcp, listen: 1, targets: [1], timeouts: {%s: %s}}]\n" % (key, value)
    for key in ("host", "port", "weight", "unix"):
        for value in VALUES:
            target = {key: value} if key == "unix" else {"host": "a", "port": "1", key: value}
            yield "name: a\nspec: [{kind: tcp, listen: 1, targets: [{%s}]}]\n" % ", ".join(f"{k}: {v}" for k, v in target.items())
    for key, other, keys in (("redirect", "to: /x", ("to", "status")), ("respond", "", ("status", "body", "file", "type"))):
        for value in VALUES + ["301", "302", "'308'", "204", "200", "https://a.example/x", "//a", "text/html; charset=utf-8", "a/b c"]:
            yield "name: a\nspec: [{kind: http, listen: 1, path: /, %s: %s}]\n" % (key, value)
            for inner in keys:
                first = "" if not other or inner == "to" else other + ", "
                yield "name: a\nspec: [{kind: http, listen: 1, path: /, %s: {%s%s: %s}}]\n" % (key, first, inner, value)
    for value in VALUES:
        yield "name: %s\nspec: [{kind: tcp, listen: 1, targets: [1]}]\n" % value
        yield GOOD.replace("tls:\n  enabled: false\n", "tls: %s\n" % value)
        yield GOOD.replace("enabled: false", "enabled: %s" % value)
        yield "name: a\nspec: %s\n" % value
        yield GOOD + "---\nsettings: %s\n" % value
        for key in SCHEMA["properties"]["settings"]["properties"]:
            yield GOOD + "---\nsettings: {%s: %s}\n" % (key, value)


@pytest.fixture(scope="module")
def at_keys():
    """What the program says to each of them; to some of them where it is slow."""
    return [(text, *program_says(text)) for text in list(at_each_key())[::7 if SANITIZED else 1]]


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_examples_of_the_suite(tmp_path, at_keys):
    if not all((UNIT / name).exists() for name in HARVESTED):
        pytest.skip("the unit tests are not built beside this program")
    used = set()
    examples = list(harvested(tmp_path))
    assert sum(good for _, good, _ in examples) > 30 and sum(not good for _, good, _ in examples) > 120
    for old, new in (change for change, _, _ in cli_check.test_one_error_with_its_place.pytestmark[0].args[1]):
        text = GOOD.replace(old, new)
        examples.append((text, *program_says(text)))
    examples += [(path.read_text(), True, "") for path in sorted((ROOT / "config").glob("*.yaml"))]
    starter = run_program("init", "-").stdout
    examples += [(starter, True, ""), (set_all(starter), True, "")]
    wrong = [fault for fault in (disagreement(*example, used) for example in examples) if fault]
    assert not wrong, "\n".join(wrong)
    for example in at_keys:
        disagreement(*example, used)
    assert SANITIZED or set(CANNOT_SAY) == used, "nothing needs: %s" % (set(CANNOT_SAY) - used)


def test_each_value_at_each_key(at_keys):
    wrong = [fault for fault in (disagreement(*example, set()) for example in at_keys) if fault]
    assert len(at_keys) > (300 if SANITIZED else 2000) and not wrong, "\n".join(wrong)


def test_each_spelling():
    examples = [(text, *program_says(text)) for text in list(spellings())[::7 if SANITIZED else 1]]
    wrong = [fault for fault in (disagreement(*example, set()) for example in examples) if fault]
    assert len(examples) > (100 if SANITIZED else 800) and not wrong, "\n".join(wrong)
