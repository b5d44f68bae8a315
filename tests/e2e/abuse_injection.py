"""Nothing that a client or an upstream sends reaches the log, the terminal or another's message unescaped, and nobody can
forge whom the proxy forwards for (issue 3, section 3)."""
import json
import os
import pty
import re
import threading
import unicodedata

import pytest
from harness import LIMIT, http, tcp
from harness.proxy import READY

HOST = b"Host: t.localhost\r\n"
# Each is tried in every place where a request or a response may hold it.
POISON = {
    "newline": b"\n", "return": b"\r", "line": b"\r\nforged", "nul": b"\0", "bell": b"\a", "escape": b"\x1b[31m", "title": b"\x1b]0;x\a",
    "csi": b"\x9b31m", "c1 in UTF-8": b"\xc2\x9b31m", "nel": b"\xc2\x85", "delete": b"\x7f", "backspace": b"a\b\b", "tab": b"\t",
    "quote": b'"', "end of string": b'","status":200,"x":"', "backslash": b"\\", "backslash at the end": b"x\\", "escaped newline": b"\\n",
    "separator": b"\xe2\x80\xa8", "paragraph": b"\xe2\x80\xa9", "override": b"\xe2\x80\xae", "isolate": b"\xe2\x81\xa6", "surrogate": b"\xed\xa0\x80",
    "overlong": b"\xc0\x8a", "cut UTF-8": b"\xe4\xb8", "invalid": b"\xff\xfe", "beyond Unicode": b"\xf4\x90\x80\x80", "format": b"%s%n%x",
    "arrow": "→".encode(), "emoji": "😀".encode(), "percent newline": b"%0a%0d%1b", "zero width": b"\xe2\x80\x8b", "mark": b"\xe2\x80\x8f",
    "long": b"\xff" * 3000 + b'"', "long text": "ä".encode() * 3000,
}
PLACES = {
    "method": b"GE%sT / HTTP/1.1\r\n" + HOST + b"\r\n",
    "path": b"GET /a%sb HTTP/1.1\r\n" + HOST + b"\r\n",
    "query": b"GET /?a%sb HTTP/1.1\r\n" + HOST + b"\r\n",
    "version": b"GET / HTTP/1.1%s\r\n" + HOST + b"\r\n",
    "host": b"GET / HTTP/1.1\r\nHost: a%sb\r\n\r\n",
    "authority": b"GET http://a%sb/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "field": b"GET / HTTP/1.1\r\n" + HOST + b"X-A: a%sb\r\nUser-Agent: %s\r\nReferer: %s\r\n\r\n",
    "name": b"GET / HTTP/1.1\r\n" + HOST + b"X%s: a\r\n\r\n",
    "chunk": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1;%s\r\na\r\n0\r\n\r\n",
    "forwarded": b"GET / HTTP/1.1\r\n" + HOST + b"X-Forwarded-For: a%sb\r\nForwarded: for=%s\r\n\r\n",
}
REASON = b"HTTP/1.1 %s\r\nX-A: a\r\nContent-Length: 2\r\n\r\nok"
RESPONSES = {
    "status": REASON % b"2%s0 OK", "reason": REASON % b"200 a%sb", "version": b"HTTP/1.1%s 200 OK\r\nContent-Length: 0\r\n\r\n",
    "field": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: a%sb\r\n\r\nok", "upgrade": b"HTTP/1.1 101 x\r\nUpgrade: %s\r\nConnection: upgrade\r\n\r\n",
    "nonsense": b"%s\r\n\r\n",
}


def harmless(line):
    """Only characters that neither act on a terminal nor make a line look like another, or two."""
    return all(unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
               for c in line)


def poisoned(template):
    return [template.replace(b"%s", poison) for poison in POISON.values()]


def ask(lab, proxy, raw):
    """Sends it and reads whatever comes back."""
    client = lab.client(proxy)
    client.send(raw)
    client.shutdown()
    try:
        return client.expect_closed()
    finally:
        client.close()


def check_lines(proxy, lines, form):
    text = ("\n".join(lines) + "\n" + proxy.err.text).replace("\n", "")
    assert harmless(text), ascii([c for c in text if not harmless(c)])
    for line in lines:
        if form == "json":
            record = json.loads(line)
            assert {"ts", "id", "client", "method", "host", "path", "status", "ending"} <= set(record), line
            assert all(harmless(value) or key in ("method", "host", "path", "upstream_path")
                       for key, value in record.items() if isinstance(value, str)), line
        else:
            assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ \S* \d{3} \d", line), ascii(line)


def answer_any_head(connection):
    """For requests whose query is not quite one: it goes up untouched."""
    while True:
        connection.read_until(b"\r\n\r\n")
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize("form", ["text", "json"])
def test_requests_reach_the_log_escaped(lab, form):
    proxy = lab.proxy(http("/", lab.backend(answer_any_head).port), settings={"access_log": form})
    count = 0
    for template in PLACES.values():
        for raw in poisoned(template):
            ask(lab, proxy, raw)
            count += 1
    lab.client(proxy).get("/the-last")
    proxy.log.wait_for("/the-last")
    # Where the poison is a line end, what is behind it may be a request, or none, of its own.
    assert count * 0.9 < len(proxy.log.lines) < count * 1.1
    check_lines(proxy, proxy.log.lines, form)


@pytest.mark.parametrize("form", ["text", "json"])
def test_responses_reach_the_log_escaped(lab, form):
    answers = [raw for template in RESPONSES.values() for raw in poisoned(template)]
    current = [b""]

    def script(connection):
        connection.request()
        connection.send(current[0])
    proxy = lab.proxy(http("/", lab.backend(script).port), settings={"access_log": form})
    for current[0] in answers:
        ask(lab, proxy, b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n" + HOST + b"\r\n")
    lab.client(proxy).get("/the-last")
    proxy.log.wait_for(".", count=len(answers) + 1)
    assert len(proxy.log.lines) == len(answers) + 1
    check_lines(proxy, proxy.log.lines, form)


def test_our_own_answers_hold_nothing_that_acts(lab):
    """They name what was asked for, in JSON and in HTML, but so that it is text."""
    proxy = lab.proxy(http("/only", lab.backend().port), settings={"access_log": "off"})
    for accept in (b"text/html", b"application/json"):
        for evil in (b"<script>", b"%3Cscript%3E", b"\"'&", b"\x1b[31m"):
            raw = b"GET /%s HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\n\r\n" % (evil, b"a.localhost" if evil[:1] in b"<\"\x1b" else evil, accept)
            answer = ask(lab, proxy, raw)
            assert answer.startswith(b"HTTP/1.1 40") and b"<script" not in answer and b"\x1b" not in answer, answer
            head, _, body = answer.partition(b"\r\n\r\n")
            if b"application/json" in head:
                assert set(json.loads(body)) == {"detail"}


def test_terminal_gets_no_control_character(lab):
    """On a terminal only the program's own colours and line ends."""
    master, slave = pty.openpty()
    seen = bytearray()

    def read():
        try:
            while piece := os.read(master, 65536):
                seen.extend(piece)
        except OSError:
            pass
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    proxy = lab.proxy(http("/", lab.backend().port), stdout=slave)
    os.close(slave)
    for template in (PLACES["path"], PLACES["host"], PLACES["method"]):
        for raw in poisoned(template):
            ask(lab, proxy, raw)
    proxy.stop()
    reader.join(LIMIT)
    os.close(master)
    text = bytes(seen).decode("utf-8")  # valid, that is
    assert text.count("\n") > 3 * len(POISON) * 0.9
    rest = re.sub(r"\x1b\[[0-9;]*m", "", text.replace("\r\n", ""))
    assert harmless(rest), ascii([c for c in rest if not harmless(c)])
    assert "\x1b[31m" not in text.replace("\x1b[31mHTTP", ""), "the client's colour"
    assert not READY.search(rest)


def test_tcp_bytes_do_not_reach_the_log(lab):
    proxy = lab.proxy(tcp(lab.tcp_backend().port))
    client = lab.client(proxy)
    client.send(b"\x1b[31m\nforged\n")
    client.read_exact(13)
    client.close()
    proxy.log.wait_for("closed by client")
    assert len(proxy.log.lines) == 1 and harmless(proxy.log.lines[0])


# --- whom the proxy forwards for ---

FORGED = (b"X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 7.7.7.7\r\nX-FORWARDED-PROTO: https\r\nX-Forwarded-Host: evil.example\r\n"
          b"X-Forwarded-Port: 6666\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-Server: evil\r\nX-Forwarded-By: evil\r\nX-Forwarded-Ssl: on\r\n"
          b"X-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6;proto=https;host=evil.example\r\nForwarded: for=7.7.7.7\r\n")
CLEAN = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "t.localhost"}


def about_client(head):
    """All fields that say whom this is for, but the listener's port."""
    return {name: value for name, value in head.fields
            if re.match("(?i)x[-_]forwarded|forwarded|x[-_]real", name) and name != "X-Forwarded-Port"}


@pytest.mark.parametrize("more", [b"", b"Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded\r\n"], ids=["", "named as hops"])
@pytest.mark.parametrize("trusted", [[], ["10.0.0.0/8", "fd00::/8", "128.0.0.1", "126.0.0.0/8", "::2"]], ids=["nobody", "others"])
@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
def test_forged_fields_do_not_go_up(lab, client, trusted, more):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"trusted_proxies": trusted})
    assert lab.client(proxy, host=client).ask(b"GET / HTTP/1.1\r\n" + HOST + FORGED + more + b"\r\n").status == 200
    head = backend.request.head
    assert about_client(head) == {"X-Forwarded-For": client, **CLEAN}
    assert head.get("X-Forwarded-Port") == str(proxy.port)


@pytest.mark.parametrize("name", [b"X_Forwarded_For", b"X_FORWARDED-Proto", b"x-forwarded_host", b"X_Real_IP"])
def test_forged_fields_with_underscores_do_not_go_up(lab, name):
    """Applications behind CGI, WSGI and their kin cannot tell them from the ones with hyphens."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    lab.client(proxy).ask(b"GET / HTTP/1.1\r\n" + HOST + name + b": 6.6.6.6\r\nX_Other: 1\r\n\r\n")
    assert about_client(backend.request.head) == {"X-Forwarded-For": "127.0.0.1", **CLEAN}
    assert backend.request.get("X_Other") == "1"


def test_trailers_cannot_forge_them(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    lab.client(proxy).ask(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n" + FORGED + b"X_Forwarded_For: 6\r\n\r\n")
    assert backend.request.trailers == [("X-T", "1")]


@pytest.mark.parametrize("client, trusted", [
    ("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.0/8"), ("127.0.0.1", "0.0.0.0/0"), ("127.0.0.1", "127.0.0.1/32"), ("127.0.0.1", "127.0.0.0/31"),
    ("127.0.0.1", "126.0.0.0/7"), ("::1", "::1"), ("::1", "::/0"), ("::1", "::1/128"), ("::1", "::/127"), ("::1", "::/9"),
])
def test_trusted_peers_are_extended(lab, client, trusted):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"trusted_proxies": ["192.0.2.1", trusted]})
    lab.client(proxy, host=client).ask(b"GET / HTTP/1.1\r\n" + HOST + b"X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n"
                                       b"X-Forwarded-Proto: https\r\nX-Real-IP: 1.2.3.4\r\n\r\n")
    node = f'"[{client}]"' if ":" in client else client
    assert about_client(backend.request.head) == {
        "X-Forwarded-For": f"1.2.3.4, {client}", "Forwarded": f'for=1.2.3.4, for={node};host="t.localhost";proto=http',
        "X-Forwarded-Proto": "https", "X-Real-IP": "1.2.3.4", "X-Forwarded-Host": "t.localhost"}


@pytest.mark.parametrize("client, trusted", [
    ("127.0.0.1", "127.0.0.2"), ("127.0.0.1", "127.0.0.2/31"), ("127.0.0.1", "128.0.0.0/1"), ("127.0.0.1", "::1"), ("127.0.0.1", "::/0"),
    ("::1", "127.0.0.1"), ("::1", "0.0.0.0/0"), ("::1", "::2/127"), ("::1", "8000::/1"), ("::1", "::ffff:0.0.0.1"),
])
def test_others_are_not_trusted(lab, client, trusted):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"trusted_proxies": [trusted]})
    lab.client(proxy, host=client).ask(b"GET / HTTP/1.1\r\n" + HOST + FORGED + b"\r\n")
    assert about_client(backend.request.head) == {"X-Forwarded-For": client, **CLEAN}
