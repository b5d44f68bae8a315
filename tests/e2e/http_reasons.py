"""Each refusal says what is wrong in a sentence of its own, to the client and in the log alike (BEHAVIOUR: Own answers).

The table of causes is read from its header: a cause without a case here fails, and so do two that say the same.
"""
import json
import pathlib
import re
import threading
import time

import pytest
from harness import LIMIT, blackhole, http, refusing_port, tcp
from harness.failing import BIG_UPLOAD, reads_no_more
from harness.settings import fresh_loopback

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r'row\(CAUSE_\w+, "([^"]+)", ENDING_\w+,((?:\s|\\\n|"[^"]*")+)\)')
TABLE = {label: "".join(re.findall(r'"([^"]*)"', text))
         for label, text in ROW.findall((ROOT / "include/liteginx/base/cause.h").read_text())}

# Nothing that comes over a socket leads there: the file below tests/unit, and what shows it there.
IN_MEMORY = {
    "none": ("cause_test.c", "CAUSE_NONE"),
    "out-of-memory": ("parser_test.c", "CAUSE_NO_MEMORY"),
    "connect-timeout-of-system": ("reason_test.c", "CAUSE_CONNECT_TIMEOUT_OF_SYSTEM"),
    "unclear-framing": ("reason_test.c", "every_cause"),  # two parsers have never been seen to differ: if they do, it is refused
}

# What only HTTP/2 can say: the file that has a case of it, and words that show it there.
HTTP2 = {
    "http2-malformed": ("http2_malformed.py", "the request is malformed"),
    "http2-hosts": ("http2_malformed.py", "Host says"),
    "http2-protocol": ("http2_ends.py", "the client breaks the rules of HTTP/2"),
    "http2-continuation": ("http2_floods.py", "CONTINUATION flood"),
    "http2-bomb": ("http2_floods.py", "HPACK bomb"),
    "flood-resets": ("http2_floods.py", "rapid reset"),
    "flood-settings": ("http2_floods.py", "very many SETTINGS"),
    "flood-pings": ("http2_floods.py", "very many PINGs"),
    "flood-empty": ("http2_floods.py", "empty DATA or HEADERS"),
    "flood-priority": ("http2_floods.py", "very many PRIORITY frames"),
    "flood-windows": ("http2_floods.py", "very many WINDOW_UPDATEs"),
    "flood-ignored": ("http2_floods.py", "MiB that mean nothing"),
    "flood-answers": ("http2_floods.py", "acknowledgements"),
    "websocket-key": ("http2_websocket.py", "it switches to a WebSocket that was not asked for"),
    "websocket-refused": ("http2_websocket.py", "answers as if there were none"),
}

HOST = b"Host: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LARGE = "the head is larger than 2 KiB, the largest field that has come is '{}' with 2000 bytes: send less, or raise max_header_bytes"
LARGER = "the head is larger than 2 KiB, its field '{}' alone has at least {} bytes: send less, or raise max_header_bytes"
VALID = "is not valid: one looks like shop.localhost, 127.0.0.1:5000 or [::1]:5000, and a port is at most 65535"
SETTINGS = {"access_log": "json", "max_header_bytes": "2KiB", "max_header_fields": 20, "max_body_bytes": "1KiB"}


def get(fields=b"", target=b"/", method=b"GET", version=b"1.1"):
    return method + b" " + target + b" HTTP/" + version + b"\r\n" + HOST + fields + b"\r\n"


def chunks(body):
    return get(CHUNKED, method=b"POST") + body


# label: status, what a client sends, what it is told
REQUESTS = {
    "not-http": (400, b"{\"a\":1}", r"""this port speaks HTTP/1.1, and what came begins with '{"a":1}'"""),
    "tls": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), "this is plain HTTP: use http://, not https://"),
    "http2-preface": (400, b"PRI * HTTP/2.0\r\n\r\nSm\r\n\r\n", "this is not the preface of HTTP/2, or HTTP/2 is not served here (http2 of the settings): use "
                      "HTTP/1.1 (curl --http1.1)"),
    "proxy-protocol": (400, b"PROXY TCP4 127.0.0.1 127.0.0.1 5000 5001\r\n" + get(),
                       "the PROXY protocol is not spoken here: turn it off in what stands in front (HAProxy: send-proxy)"),
    "bad-method": (400, b"G(T / HTTP/1.1\r\n\r\n",
                   "a request begins with a method and a space, like GET / HTTP/1.1, and this line begins with 'G(T / HTTP/1.1'"),
    "no-request-line": (400, b"QUIT\r\n\r\n", "'QUIT' is no request line: one looks like GET / HTTP/1.1"),
    "two-spaces": (400, b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", "two spaces stand in a row in the request line: write one"),
    "space-at-end": (400, b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n", "the request line ends in a space: let it end in HTTP/1.1"),
    "space-in-target": (400, get(target=b"/a b"), "a space stands in the request target: write %20 for it"),
    "control-in-line": (400, get(target=b"/a\x01b"), "a control character stands in the request line, behind 'GET /a': "
                        "write it as % and two hexadecimal digits"),
    "no-version": (400, b"GET /\r\n\r\n", "the request line names no version: it has to end in a space and HTTP/1.1"),
    "bad-version": (400, b"GET / RTSP/1.0\r\n\r\n", "the request line ends in 'RTSP/1.0', which is no version: write HTTP/1.1"),
    "unknown-version": (505, get(version=b"3.0"), "'HTTP/3.0' is not served here: HTTP/1.1 and HTTP/1.0 are"),
    "target-too-long": (414, get(target=b"/" + b"x" * 3000),
                        "the request line is too long for a head of 2 KiB: send what is long in a body, or raise max_header_bytes"),
    "empty-lines": (400, b"\r\n" * 2000, "the empty lines before the request line are too many for a head of 2 KiB: leave them out"),
    "bare-lf": (400, b"GET / HTTP/1.1\n" + HOST + b"\r\n",
                "a bare line feed ends a line: lines end in a carriage return and a line feed"),
    "bare-cr": (400, get(b"A: 1\r2\r\n"), "a carriage return stands alone, without a line feed behind it"),
    "folded-line": (400, get(b"A: 1\r\n 2\r\n"), "a line of the head begins with a space or tab: write each field in one line"),
    "no-field-name": (400, get(b": 1\r\n"), "the line of a field begins with a colon: its name is missing"),
    "space-before-colon": (400, get(b"X-Id : 1\r\n"), "a blank stands before the colon of the field 'X-Id'"),
    "no-colon": (400, get(b"nonsense\r\n"), "the line 'nonsense' is no field: it has no colon"),
    "bad-field-name": (400, get(b"A[b]: 1\r\n"), "the field name 'A[b]' holds a character that no name may hold"),
    "control-in-field": (400, get(b"X-Id: 1\x002\r\n"), "the field 'X-Id' holds a control character"),
    "head-too-large": (431, get(b"Cookie: " + b"x" * 1992 + b"\r\nA: " + b"y" * 90 + b"\r\n"),
                       LARGE.format("Cookie")),
    "field-too-large": (431, get(b"Cookie: " + b"x" * 5000 + b"\r\n"), LARGER.format("Cookie", 2048 - len(b"GET / HTTP/1.1\r\n" + HOST))),
    "too-many-fields": (431, get(b"A: 1\r\n" * 9 + b"Long: 123\r\n" + b"A: 1\r\n" * 20),
                        "there are more than 20 fields, the largest that has come is 'Long' with 9 bytes: send fewer, or raise max_header_fields"),
    "lengths-differ": (400, get(b"Content-Length: 3\r\nContent-Length: 4\r\n"), "Content-Length says two lengths that differ: send one"),
    "length-twice": (400, get(b"Content-Length: 3\r\nContent-Length: 3\r\n"),
                     "Content-Length is there twice: send it once"),
    "bad-length": (400, get(b"Content-Length: 3a\r\n"), "the Content-Length '3a' is no number: write digits alone"),
    "length-too-large": (400, get(b"Content-Length: 99999999999999999999\r\n"),
                         "the Content-Length '99999999999999999999' is larger than any content can be"),
    "length-and-coding": (400, get(CHUNKED + b"Content-Length: 3\r\n"),
                          "there is a Content-Length beside Transfer-Encoding: only one can tell where the message ends"),
    "coding-in-http-1.0": (400, get(CHUNKED, version=b"1.0"), "HTTP/1.0 has no Transfer-Encoding: send a Content-Length"),
    "bad-coding": (400, get(b"Transfer-Encoding: \"chunked\"\r\n"),
                   "the Transfer-Encoding '\"chunked\"' is no list of codings: write chunked"),
    "chunked-not-last": (400, get(b"Transfer-Encoding: chunked, gzip\r\n"),
                         "the last coding of Transfer-Encoding is 'gzip', and must be chunked"),
    "chunked-twice": (400, get(b"Transfer-Encoding: chunked, chunked\r\n"), "Transfer-Encoding names chunked twice: once is enough"),
    "unknown-coding": (501, get(b"Transfer-Encoding: br, chunked\r\n"),
                       "the transfer coding 'br' is not implemented: chunked alone is"),
    "chunk-size": (400, chunks(b"xyz\r\n"), "the size of a chunk is no hexadecimal number"),
    "chunk-too-large": (400, chunks(b"fffffffffffffffff\r\n"),
                        "the size of a chunk has more than 16 hexadecimal digits, and no chunk can be so large"),
    "blank-before-chunk-size": (400, chunks(b" 5\r\n"), "a blank stands before the size of a chunk: leave it out"),
    "blank-behind-chunk-size": (400, chunks(b"5 \r\n"), "a blank stands behind the size of a chunk: leave it out"),
    "chunk-extension": (400, chunks(b"1;=\r\n"), "a chunk has an extension that is neither name nor name=value"),
    "chunk-end": (400, chunks(b"1\r\nabc\r\n"), "a chunk does not end where its size says: a carriage return and a line feed have to follow its bytes"),
    "extension-too-large": (400, chunks(b"1;" + b"x" * 3000), "the line with a chunk's size is longer than 2 KiB: shorten it, or raise max_header_bytes"),
    "trailers-too-large": (400, chunks(b"0\r\nA: " + b"x" * 3000), "the trailers are larger than 2 KiB: send less, or raise max_header_bytes"),
    "too-many-trailers": (400, chunks(b"0\r\n" + b"A: 1\r\n" * 30), "there are more than 20 trailers: send fewer, or raise max_header_fields"),
    "folded-trailer": (400, chunks(b"0\r\nA: 1\r\n 2\r\n\r\n"),
                       "a line of the trailers begins with a space or tab: write each trailer in one line"),
    "framing-trailer": (400, chunks(b"0\r\nContent-Length: 1\r\n\r\n"),
                        "'Content-Length' stands among the trailers, where it is too late to say where the message ends"),
    "body-too-large": (413, get(b"Content-Length: 1025\r\n", method=b"POST"),
                       "the request body is larger than 1 KiB: send less, or raise max_body_bytes"),
    "no-host": (400, b"GET / HTTP/1.1\r\n\r\n", "there is no Host field, which HTTP/1.1 asks for"),
    "two-hosts": (400, get(HOST), "there are two Host fields: send one"),
    "bad-host": (400, b"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", f"the Host 'a:99999' {VALID}"),
    "fragment": (400, get(target=b"/a#b"), "a # stands in the request target: leave out what follows it, or write %23 for it"),
    "scheme": (400, get(target=b"https://a/"), "the request target 'https://a/' has another scheme than its connection: https:// is asked "
                                               "for over TLS, http:// in plain"),
    "bad-target": (400, get(target=b"ftp://a/"),
                   "the request target 'ftp://a/' is neither a path, which begins with /, nor an http:// address"),
    "bad-target-host": (400, get(target=b"http://:80/"),
                        f"the host ':80' in the request target {VALID}"),
    "user-info": (400, get(target=b"http://me:secret@a/"),
                  "a user name stands in the request target: send it in an Authorization field"),
    "asterisk": (400, get(target=b"*"), "the request target * is for OPTIONS alone"),
    "climbing-path": (400, get(target=b"/a/../../b"), "the path climbs above its root: too many .. stand in it"),
    "percent-nul": (400, get(target=b"/a%00"), "%00 stands in the path, which no file and no route can hold"),
    "bad-percent": (400, get(target=b"/100%"),
                    "'%' in the path is no % with two hexadecimal digits: write %25 for a percent sign"),
    "rewrite-dots": (400, get(target=b"/img-.."),
                     "the rewritten path has a . or .. for a segment, which a parameter of test-ingress brought in"),
    "redirect-dots": (400, get(target=b"/to-.."),
                      "the path that test-ingress redirects to has a . or .. for a segment, which a parameter brought in"),
    "connection-names": (400, get(b"Connection: close, Host\r\n"),
                         "Connection lists 'Host', which drops it on the way, but it has to arrive: take it off that list"),
    "trace-body": (400, get(b"Content-Length: 1\r\n", method=b"TRACE"), "a TRACE request has a body, and may have none"),
    "bad-max-forwards": (400, get(b"Max-Forwards: x\r\n", method=b"OPTIONS"), "the Max-Forwards 'x' is no number: write digits alone"),
    "max-forwards-twice": (400, get(b"Max-Forwards: 1\r\nMax-Forwards: 1\r\n", method=b"OPTIONS"),
                           "there are two Max-Forwards fields: send one"),
    "trace": (405, get(b"Max-Forwards: 0\r\n", method=b"TRACE"), "TRACE is not answered here, and its Max-Forwards lets it go no further"),
    "connect": (405, b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "CONNECT is not allowed: this is no proxy for other places"),
    "loop": (508, get(b"Via: 1.1 liteginx\r\n" * 10),
             "the request has come by here 10 times: does a target point back to this port?"),
    "no-route": (404, get(target=b"/nowhere/x?y"), "no route of this port takes /nowhere/x of host x"),
    "exchange-bound": (503, get(target=b"/many/" + b"\xe4" * 1900),
                       "this request would take more memory than one may (100 KiB): send a shorter head, or raise max_header_bytes"),
}

WRONG = "TARGET of test-ingress answered wrongly: "
OK = b"HTTP/1.1 200 OK\r\n"

# label: what a target answers, what the client of it is told in a 502
ANSWERS = {
    "answer-not-http": (b"SSH-2.0-OpenSSH_9.2\r\n",
                        "it is no HTTP and begins with 'SSH-2.0-OpenSSH_9.2'; is something else on that port?"),
    "answer-empty-line": (b"\nHTTP/1.1 200 OK\r\n\r\n", "it begins with an empty line; a status line comes first, like HTTP/1.1 200 OK"),
    "control-in-status-line": (b"HTTP/1.1 200 O\0K\r\n\r\n", "a control character stands in the status line, behind 'HTTP/1.1 200 O'"),
    "answer-tls": (b"\x15\x03\x01\x00\x02\x02\x46", "it answers in TLS; name a port where it speaks plain HTTP"),
    "answer-http2": (b"\0\0\x18\4\0\0\0\0\0" + bytes(24), "it answers in HTTP/2; name a port where it speaks HTTP/1.1"),
    "answer-version": (b"HTTP/2 200 OK\r\n\r\n", "it answers 'HTTP/2'; HTTP/1.1 and HTTP/1.0 are understood"),
    "status-line": (b"HTTP/1.1 OK\r\n\r\n", "'HTTP/1.1 OK' is no status line; one looks like HTTP/1.1 200 OK"),
    "status-line-too-long": (OK[:-2] + b"x" * 3000, "the status line is too long for a head of 2 KiB: shorten it, or raise max_header_bytes"),
    "switch-unasked": (b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                       "it switches to a protocol that was not asked for (101)"),
    # what is wrong with a request is wrong with an answer
    "bare-cr": (OK + b"A: 1\r2\r\n\r\n", REQUESTS["bare-cr"][2]),
    "space-before-colon": (OK + b"X-Id : 1\r\n\r\n", REQUESTS["space-before-colon"][2]),
    "folded-line": (OK + b"A: 1\r\n 2\r\n\r\n", REQUESTS["folded-line"][2]),
    "head-too-large": (OK + b"Set-Cookie: " + b"x" * 1988 + b"\r\nA: " + b"y" * 90 + b"\r\n\r\n", LARGE.format("Set-Cookie")),
    "field-too-large": (OK + b"Set-Cookie: " + b"x" * 100000, LARGER.format("Set-Cookie", 2048 - len(OK))),
    "too-many-fields": (OK + b"A: 1\r\n" * 9 + b"Long: 123\r\n" + b"A: 1\r\n" * 20 + b"\r\n", REQUESTS["too-many-fields"][2]),
    "lengths-differ": (OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", REQUESTS["lengths-differ"][2]),
    "length-and-coding": (OK + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n", REQUESTS["length-and-coding"][2]),
    "unknown-coding": (OK + b"Transfer-Encoding: br, chunked\r\n\r\n", REQUESTS["unknown-coding"][2]),
    "connection-names": (OK + b"Connection: Content-Length\r\nContent-Length: 0\r\n\r\n",
                         REQUESTS["connection-names"][2].replace("Host", "Content-Length")),
}


def told(proxy, client, label, status, sentence, seen=0):
    """What the client is told is that sentence, and the log says the same."""
    response = client.response()
    detail = json.loads(response.body)["detail"]
    same = sentence == detail if isinstance(sentence, str) else sentence.fullmatch(detail)
    assert same, f"\ngot:  {detail}\nwant: {sentence}"
    assert response.status == status
    record = json.loads(proxy.log.wait_for('"reason"', seen=seen).string)
    assert (record["cause"], record["reason"], record["status"]) == (label, detail, status)
    return record


def named(sentence, target):
    """A sentence, or a pattern for one, in which TARGET stands for this one."""
    return sentence.replace("TARGET", target) if isinstance(sentence, str) else re.compile(
        sentence.pattern.replace("TARGET", re.escape(target)))


@pytest.fixture(scope="module")
def site(shared_lab):
    backend = shared_lab.backend()
    return shared_lab.proxy(http("/", backend.port), http("/img-{x}", backend.port, rewrite="/{x}"), http("/to-{x}", redirect="/{x}"), http("/nowhere", backend.port, match="exact"),
                            http("/many/{x}", backend.port, rewrite="/" + "{x}" * 20), settings=SETTINGS), backend


@pytest.mark.parametrize("label", REQUESTS)
def test_request(shared_lab, site, label):
    status, raw, sentence = REQUESTS[label]
    proxy, backend = site
    if label == "no-route":
        proxy = shared_lab.proxy(http("/one", backend.port), settings={**SETTINGS, "not_found_message": "gone"})
        detail, sentence = f"gone: {sentence}", sentence
    seen = len(proxy.log.lines)
    client = shared_lab.client(proxy)
    client.send(raw)
    if label == "no-route":
        assert json.loads(client.response().body)["detail"] == detail
        record = json.loads(proxy.log.wait_for('"reason"').string)
        assert (record["cause"], record["reason"]) == (label, sentence)
    else:
        told(proxy, client, label, status, sentence, seen)
    client.reset()


@pytest.mark.parametrize("label", ANSWERS)
def test_answer(lab, label):
    raw, sentence = ANSWERS[label]
    backend = lab.backend(lambda connection: (connection.request(), connection.send(raw), connection.wait_end()))
    proxy = lab.proxy(http("/", backend.port), settings=SETTINGS)
    client = lab.client(proxy)
    client.send(get())
    told(proxy, client, label, 502, named(WRONG + sentence, f"127.0.0.1:{backend.port}"))


# label: status, script of the target (or a function that makes a held port), what else the route says, what is sent, what is told
def silent(connection):
    connection.request()
    connection.wait_end()


def leaves(raw=b"", reset=False):
    def script(connection):
        connection.request()
        connection.send(raw)
        if reset:
            connection.reset()
    return script


POST = get(b"Content-Length: 1\r\n", method=b"POST") + b"x"
TARGETS = {
    "refused": (502, refusing_port, {"hold": "0s"}, get(), re.compile(r"TARGET of test-ingress cannot be reached \(connection refused\): "
                r"is it running there\? Start it and try again")),
    "all-weights-zero": (503, None, {}, get(), re.compile(r"no target of test-ingress may be tried, all weights are 0: give one a weight")),
    "connect-timeout": (504, blackhole, {"timeouts": {"connect": "200ms"}}, get(),
                        re.compile(r"TARGET of test-ingress did not accept a connection within 200 ms \(timeouts: connect\): is the address right, "
                        r"does a firewall drop it\?")),
    "upstream-left": (502, leaves(), {}, POST, re.compile(r"TARGET of test-ingress closed the connection after \d+ ms, without a byte of an answer: "
                      r"its own log may tell why")),
    "upstream-broke": (502, leaves(reset=True), {}, POST, re.compile(r"the connection to TARGET of test-ingress broke before an answer, "
                       r"after \d+ ms \(connection reset by peer\): its own log may tell why")),
    "upstream-left-in-head": (502, leaves(b"HTTP/1.1 200 OK\nConte"), {}, get(), re.compile(r"TARGET of test-ingress broke off after \d+ ms, "
                              r"in the middle of a head that begins with 'HTTP/1.1 200 OK': its own log may tell why")),
    "response-timeout": (504, silent, {"timeouts": {"response": "200ms"}}, get(), re.compile(r"TARGET of test-ingress did not answer within 200 ms: "
                         r"see what it does, or give it more \(timeouts: response\)")),
    "idle": (408, silent, {"timeouts": {"idle": "200ms"}}, get(b"Content-Length: 9\r\n", method=b"POST") + b"x",
             re.compile(r"no byte moved in either direction for 200 ms: test-ingress ends what rests so long \(timeouts: idle\)")),
}


@pytest.mark.parametrize("label", TARGETS)
def test_target(lab, label):
    status, script, more, raw, sentence = TARGETS[label]
    if script in (refusing_port, blackhole):
        port = lab.keep(script()).port
    else:
        port = lab.backend(script).port
    to = {"host": "127.0.0.1", "port": port, "weight": 0} if script is None else port
    proxy = lab.proxy(http("/", to, **more), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(raw)
    told(proxy, client, label, status, named(sentence, f"127.0.0.1:{port}"))


def test_left_behind_interim(lab):
    """The client has heard of it already."""
    backend = lab.backend(leaves(b"HTTP/1.1 103 Early Hints\r\n\r\n"))
    client = lab.client(proxy := lab.proxy(http("/", backend.port), settings={"access_log": "json"}))
    client.send(get())
    assert client.read_head().start == "HTTP/1.1 103 Early Hints"
    told(proxy, client, "upstream-left-behind-interim", 502, re.compile(
        rf"127.0.0.1:{backend.port} of test-ingress gave a provisional answer \(1xx\) and then ended the connection, after \d+ ms, "
        r"without a final one: its own log may tell why"))


def test_gave_up(lab):
    """A whole 408 on a connection that served before: what it was said of is the idle connection, but a POST is not sent again."""
    def script(connection):
        connection.request()
        connection.send(OK + b"Content-Length: 0\r\n\r\n")
        connection.request()
        connection.send(b"HTTP/1.1 408 T\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    backend = lab.backend(script)
    client = lab.client(proxy := lab.proxy(http("/", backend.port), settings={"access_log": "json"}))
    assert client.ask(get()).status == 200
    client.send(POST)
    told(proxy, client, "upstream-gave-up", 502, f"127.0.0.1:{backend.port} of test-ingress gave up its idle connection with a 408 while the "
         "request was on its way, which may not be sent twice: try again")


@pytest.mark.parametrize("raw, shown", [(b"hello\n", "hello"), (b"hello\r\n", "hello"), (b"hello", "hello"), (b"hel\rlo\n", "hel\\x0dlo")])
def test_what_is_shown_was_sent(lab, raw, shown):
    """A bare line feed that would have been forgiven is not shown as a line end that never came."""
    backend = lab.backend(lambda connection: (connection.request(), connection.send(raw)))
    proxy = lab.proxy(http("/", backend.port))
    assert f"it is no HTTP and begins with '{shown}';" in json.loads(lab.client(proxy).ask(get()).body)["detail"]


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_proxy_protocol_in_both_versions(lab, pieces):
    """What HAProxy and cloud balancers can be set to put in front of a connection; in pieces it is the same."""
    proxy = lab.proxy(http("/", lab.backend().port))
    for raw in (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12), b"PROXY UNKNOWN\r\n", b"PROXY TCP6 ::1 ::1 1 2\r\n"):
        client = lab.client(proxy)
        for at in range(pieces):
            client.send(raw[len(raw) * at // pieces:len(raw) * (at + 1) // pieces])
            time.sleep(0.02)
        response = client.response()
        assert (response.status, json.loads(response.body)["detail"]) == (400, REQUESTS["proxy-protocol"][2])
    assert lab.client(proxy).ask(get(method=b"PROXY", target=b"/UNKNOWN")).status == 200, "a method like any other"


def test_no_address(lab):
    proxy = lab.proxy(http("/", ("no-such-name.invalid", 80), hold="0s"), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(get())
    told(proxy, client, "no-address", 502, re.compile(
        r"the name of no-such-name.invalid:80 of test-ingress has no address \([a-z ]+\): is it spelled right, do others resolve\?"))


def test_how_long_was_waited(lab):
    """A target that was held for is told with the time."""
    port = lab.keep(refusing_port()).port
    proxy = lab.proxy(http("/", port, hold="300ms"), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(get())
    told(proxy, client, "refused", 502, re.compile(
        rf"127.0.0.1:{port} of test-ingress cannot be reached \(connection refused\), waited for \d+ ms: "
        r"is it running there\? Start it and try again"))


def test_head_timeout(lab):
    proxy = lab.proxy(http("/", lab.backend().port), settings={"access_log": "json", "header_timeout": "200ms"})
    client = lab.client(proxy)
    client.send(b"GET / HT")
    told(proxy, client, "head-timeout", 408, "the request head was not whole after 200 ms: send it at once, or raise header_timeout")


def test_upstream_stalled(lab):
    backend = lab.backend(lambda connection: reads_no_more()(connection, connection.request_head()), host=fresh_loopback(), narrow=True)
    proxy = lab.proxy(http("/", (backend.host, backend.port), timeouts={"idle": "200ms"}), settings={"access_log": "json"})
    client = lab.client(proxy)
    threading.Thread(target=_send, args=(client, BIG_UPLOAD), daemon=True).start()
    told(proxy, client, "upstream-stalled", 504, f"{backend.host}:{backend.port} of test-ingress took nothing of the request for 200 ms: "
         "see what it does, or give it more (timeouts: idle)")


def _send(client, raw):
    try:
        client.send(raw)
    except OSError:
        pass  # it was told, then closed


def test_upstream_cut(lab):
    """Nobody but the log can be told."""
    go = threading.Event()
    backend = lab.backend(lambda connection: (connection.request(), connection.send(OK + b"Content-Length: 9\r\n\r\nbegun"), go.wait(LIMIT)))
    proxy = lab.proxy(http("/", backend.port), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(get())
    client.read_head()
    go.set()
    record = json.loads(proxy.log.wait_for('"reason"').string)
    assert (record["ending"], record["cause"]) == ("upstream-cut", "upstream-cut")
    assert record["reason"] == f"127.0.0.1:{backend.port} of test-ingress broke off in the middle of its answer: its own log may tell why"


def test_client_left(lab):
    backend = lab.backend(silent)
    proxy = lab.proxy(http("/", backend.port), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(get())
    backend.wait_requests(1)
    client.reset()
    record = json.loads(proxy.log.wait_for("client-left").string)
    assert (record["status"], record["cause"], record["reason"]) == (499, "client-left", "the client left first")


@pytest.mark.parametrize("who", ["client", "target"])
def test_reset_of_a_tcp_session(lab, who):
    backend = lab.tcp_backend(lambda connection: (connection.read_exact(1), connection.wait_test()))
    proxy = lab.proxy(tcp(backend.port), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(b"x")
    target = backend.wait_connections(1)[0]
    target.wait_received(1)
    (target if who == "target" else client).reset()
    record = json.loads(proxy.log.wait_for("reset-by").string)
    assert (record["ending"], record["cause"], record["reason"]) == (f"reset-by-{who}", f"reset-by-{who}", f"reset by {who}")


def test_drain(lab):
    proxy = lab.proxy(http("/", lab.backend(silent).port), settings={"access_log": "json", "drain": "100ms"})
    client = lab.client(proxy)
    client.send(get())
    assert client.is_silent(0.2)
    proxy.stop()
    record = json.loads(proxy.log.wait_for("shutdown").string)
    assert (record["cause"], record["reason"]) == ("drain", "cut at shutdown: drain and drain_tunnels say how long it may go on")


# label: the port of the target, what else the route says, what the log says of a TCP session
SESSIONS = {
    "refused": (refusing_port, {"hold": "200ms"}, r"TARGET of test-ingress cannot be reached \(connection refused\), waited for \d+ ms: "
                r"is it running there\? Start it and try again"),
    "connect-timeout": (blackhole, {"timeouts": {"connect": "200ms"}}, TARGETS["connect-timeout"][4].pattern),
    "all-weights-zero": (None, {}, TARGETS["all-weights-zero"][4].pattern),
    "idle": ("backend", {"timeouts": {"idle": "200ms"}}, TARGETS["idle"][4].pattern),
}


@pytest.mark.parametrize("label", SESSIONS)
def test_session(lab, label):
    """Who speaks TCP cannot be told, but the log says as much as of a request."""
    target, more, sentence = SESSIONS[label]
    port = lab.keep(target()).port if callable(target) else lab.tcp_backend(lambda connection: connection.wait_end()).port
    proxy = lab.proxy(tcp(("127.0.0.1", port, 0) if target is None else port, **more), settings={"access_log": "json"})
    lab.client(proxy).expect_reset()
    record = json.loads(proxy.log.wait_for('"reason"').string)
    assert record["cause"] == label and named(re.compile(sentence), f"127.0.0.1:{port}").fullmatch(record["reason"]), record


def test_where_nothing_went_wrong_no_reason_is_given(lab):
    early = lab.backend(lambda connection: (connection.request_head(), connection.send(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), connection.wait_end()))
    proxy = lab.proxy(http("/", lab.backend().port), http("/early", early.port), settings={"access_log": "json"})
    client = lab.client(proxy)
    assert [client.ask(raw).status for raw in (get(), get(target=b"*", method=b"OPTIONS"), get(b"Max-Forwards: 0\r\n", method=b"OPTIONS"),
                                               get(b"Content-Length: 9\r\n", target=b"/early", method=b"POST"))] == [200, 204, 204, 200]
    proxy.log.wait_for("/early")
    for record in map(json.loads, proxy.log.lines):
        assert "cause" not in record and "reason" not in record, record
    assert [json.loads(line)["ending"] for line in proxy.log.lines] == ["complete", "local-options", "local-options", "unread"]


def test_every_cause_has_a_case_here():
    single = {"tls-only", "misdirected",  # tls_serve.py
              "no-address", "head-timeout", "upstream-stalled", "upstream-cut", "client-left", "reset-by-client", "reset-by-target", "drain",
              "upstream-left-behind-interim", "upstream-gave-up"}
    cases = [*REQUESTS, *(label for label in ANSWERS if label not in REQUESTS), *TARGETS, *single, *IN_MEMORY, *HTTP2]
    assert sorted(cases) == sorted(TABLE) and len(TABLE) > 80


def test_no_two_causes_say_the_same():
    assert len(set(TABLE.values())) == len(TABLE)
    told_ = [case[2] for case in REQUESTS.values()] + [ANSWERS[label][1] for label in ANSWERS if label not in REQUESTS]
    assert len(set(told_)) == len(told_)


@pytest.mark.parametrize("label", IN_MEMORY)
def test_in_memory_means_a_unit_test(label):
    file, text = IN_MEMORY[label]
    assert text in (ROOT / "tests/unit" / file).read_text()


@pytest.mark.parametrize("label", HTTP2)
def test_http2_has_its_own_cases(label):
    file, text = HTTP2[label]
    assert text in TABLE[label] and text in (ROOT / "tests/e2e" / file).read_text()


def test_text_log_says_the_same_sentence(lab):
    proxy = lab.proxy(http("/", lab.backend().port))
    assert lab.client(proxy).ask(b"GET /a HTTP/1.1\r\nX-Id : 1\r\n\r\n").status == 400
    assert proxy.log.wait_for(" 400 ").string.endswith("a blank stands before the colon of the field 'X-Id'")


def test_what_peers_send_is_shown_escaped_and_short(lab):
    """Neither a terminal nor a page obeys it."""
    proxy = lab.proxy(http("/", lab.backend().port))
    evil = b"Transfer-Encoding: <b>\x80\xe2\x80\xae" + b"y" * 500 + b"\r\n"
    for accept in (b"text/html", b"*/*"):
        body = lab.client(proxy).ask(get(b"Accept: " + accept + b"\r\n" + evil)).body
        text = body.decode()
        assert "\\x80" in text and "\u202e" not in text and "…" in text and len(text) < 400
        assert accept == b"*/*" or ("<b>" not in text and "&lt;b&gt;" in text)
    proxy.log.wait_for(" 400 ", count=2)
    assert all("<b>\\x80\\xe2\\x80\\xaeyyy" in line and "…" in line for line in proxy.log.lines)
