"""The list of attacks: what is sent, what an upstream answers, and when a proxy has held.

ATTACKS maps a name to an Attack. `refuse`: the RFC leaves nothing but a refusal. `safe`: refuse, or mend so that upstream
sees exactly the requests named. `passes`: good HTTP that must get through, changed as the RFC demands. `reply`: what the
upstream says is the attack.
"""
from judge import Answer, failed, held

HOST = b"Host: shop.localhost\r\n"
EVIL = b"GET /evil HTTP/1.1\r\n" + HOST + b"\r\n"
ATTACKS = {}
# No RFC forbids to pass these on: they are tricks that a careful gateway stops.
BEYOND_RFC = {
    "request line: CONNECT", "target: climbs above the root", "target: climbs above the root, encoded", "target: climbs, half encoded",
    "hop: X-Forwarded-For cannot be forged", "hop: X_Forwarded_For neither", "hop: Transfer_Encoding is not passed on", "hop: h2c",
    "response: 101 to another protocol"}


class Attack:
    def __init__(self, judge, pieces, answers=(), methods=("GET",), half_close=False):
        self.judge, self.pieces, self.answers, self.methods = judge, list(pieces), dict(answers), list(methods)
        self.half_close = half_close


def method_of(raw):
    return raw.split(b" ", 1)[0].decode("latin-1")


def shown(seen):
    return ", ".join(f"{m.method} {m.target}" + (f" +{len(m.body)}B" if m.body else "") for m in seen)


def refusal(outcome):
    if outcome.faults:
        return failed(f"passed on: {outcome.faults[0]}")
    if outcome.seen:
        return failed(f"passed on: {shown(outcome.seen)}")
    return refused(outcome)


def refused(outcome):
    if not outcome.refused:
        return failed(f"answered {outcome.status}" if outcome.status else "silence")
    if len(outcome.responses) > 1:
        return failed("went on behind it")
    return held(str(outcome.status or "closed"))


def refuse(name, raw):
    """`raw`, and a request behind it: both must stay out."""
    ATTACKS[name] = Attack(refusal, [raw + EVIL], methods=[method_of(raw)])


def safe(name, raw, *allowed, check=None):
    """Refused, or upstream sees (target, body) of `allowed` and no more, and `check(message)` finds no fault."""
    allowed = [(target, body) for target, body in allowed or [("/a", b"")]]

    def judge(outcome):
        if outcome.faults:
            return failed(f"passed on: {outcome.faults[0]}")
        if not outcome.seen:
            return refused(outcome)
        if [(m.target, m.body) for m in outcome.seen] != allowed:
            return failed(f"upstream saw {shown(outcome.seen)}")
        fault = check and check(outcome.seen[0])
        return failed(fault) if fault else held(f"{outcome.status} mended")
    ATTACKS[name] = Attack(judge, [raw], methods=[method_of(raw)])


def passes(name, raw, check, may_refuse=False):
    """Good HTTP: must be answered by upstream, and `check(messages, outcome)` finds no fault. `may_refuse`: or is refused."""
    def judge(outcome):
        if outcome.faults:
            return failed(f"passed on: {outcome.faults[0]}")
        if may_refuse and not outcome.seen:
            return refused(outcome)
        if outcome.status != 200:
            return failed(f"answered {outcome.status or 'nothing'}")
        if not outcome.seen:
            return failed("not passed on")
        fault = check(outcome.seen, outcome)
        return failed(fault) if fault else held(str(outcome.status))
    ATTACKS[name] = Attack(judge, [raw], methods=[method_of(raw)])


def reply(name, judge, *pieces, method="GET", close=True, stays=False, extra=b""):
    raw = method.encode() + b" /r HTTP/1.1\r\n" + HOST + extra + b"\r\n"
    ATTACKS[name] = Attack(judge, [raw], {"/r": Answer(*pieces, close=close, stays=stays)}, [method])


def field(name, value):
    """A check: upstream sees exactly this."""
    return lambda seen, _: None if seen[0].get(name) == value else f"{name}: {seen[0].get(name)}"


def gone(*names):
    return lambda seen, _: next((f"{name} passed on" for name in names if seen[0].all(name)), None)


def post(*lines, body=b"", line=b"POST /a HTTP/1.1", host=HOST):
    return line + b"\r\n" + host + b"".join(text + b"\r\n" for text in lines) + b"\r\n" + body


def get(*lines, line=b"GET /a HTTP/1.1", host=HOST):
    return post(*lines, line=line, host=host)


TE = b"Transfer-Encoding: chunked"
WEBSOCKET = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
ZERO = b"0\r\n\r\n"

# --- two framings in one request ---

for first, second, name in [(b"Content-Length: 5", TE, "CL.TE"), (TE, b"Content-Length: 5", "TE.CL")]:
    safe(f"framing: {name}", post(first, second, body=ZERO + EVIL), ("/a", b""))
safe("framing: CL.TE, length covers the smuggled request", post(b"Content-Length: %d" % (5 + len(EVIL)), TE, body=ZERO + EVIL), ("/a", b""))
safe("framing: CL.0 and chunked", post(b"Content-Length: 0", TE, body=ZERO + EVIL), ("/a", b""))
refuse("framing: length and coding of unknown name", post(b"Content-Length: 5", b"Transfer-Encoding: x", body=b"hello"))
safe("framing: TE.TE, chunked then identity", post(b"Content-Length: 5", TE, b"Transfer-Encoding: identity", body=ZERO + EVIL), ("/a", b""))
for name, value in {
        "identity": b"identity", "gzip alone": b"gzip", "chunked not last": b"chunked, gzip", "chunked twice": b"chunked, chunked",
        "xchunked": b"xchunked", "chunkedx": b"chunkedx", "quoted": b'"chunked"', "single quotes": b"'chunked'",
        "vertical tab": b"\x0bchunked", "form feed": b"\x0cchunked", "semicolon": b"chunked;", "empty": b"", "two words": b"x chunked",
        "chunked and a word": b"chunked x", "NUL behind": b"chunked\0", "latin": b"chunked\xff", "comma dot": b"chunked,."}.items():
    refuse(f"coding: {name}", post(b"Transfer-Encoding: " + value, body=ZERO))
refuse("coding: chunked in two lines", post(TE, TE, body=ZERO))
safe("coding: parameter", post(b"Transfer-Encoding: chunked;q=1", body=ZERO))
safe("coding: empty element", post(b"Transfer-Encoding: ,chunked", body=ZERO))
safe("coding: gzip before chunked", post(b"Transfer-Encoding: gzip, chunked", body=ZERO))
safe("coding: in HTTP/1.0", post(TE, line=b"POST /a HTTP/1.0", body=ZERO + EVIL))
refuse("coding: space before the colon", post(b"Transfer-Encoding : chunked", body=ZERO))
refuse("coding: tab before the colon", post(b"Transfer-Encoding\t: chunked", body=ZERO))
refuse("coding: space before the name", post(b" Transfer-Encoding: chunked", host=b"", body=ZERO))
safe("coding: folded value", post(b"Transfer-Encoding:", b" chunked", body=ZERO))
refuse("coding: name split from its colon", post(b"Transfer-Encoding", b": chunked", body=ZERO))
refuse("coding: NUL in the name", post(b"Transfer-Encoding\0: chunked", body=ZERO))
safe("coding: behind a bare CR", post(b"X: y\rTransfer-Encoding: chunked", b"Content-Length: 5", body=b"hello"), ("/a", b"hello"))
safe("coding: behind a bare LF", post(b"X: y\nTransfer-Encoding: chunked", body=ZERO))
passes("coding: any case", post(b"transfer-ENCODING: Chunked", body=b"3\r\nabc\r\n" + ZERO),
       lambda seen, _: None if seen[0].body == b"abc" else "body lost")
for name, lines in {
        "two differ": [b"Content-Length: 5", b"Content-Length: 4"], "list differs": [b"Content-Length: 5, 4"],
        "plus": [b"Content-Length: +5"], "minus": [b"Content-Length: -5"], "hex": [b"Content-Length: 0x5"],
        "two numbers": [b"Content-Length: 5 5"], "empty": [b"Content-Length:"], "words": [b"Content-Length: five"],
        "overflow": [b"Content-Length: 18446744073709551621"], "far overflow": [b"Content-Length: " + b"9" * 60],
        "point": [b"Content-Length: 5.0"], "exponent": [b"Content-Length: 5e0"], "underscore": [b"Content-Length: 0_5"],
        "semicolon": [b"Content-Length: 5;"], "vertical tab": [b"Content-Length: \x0b5"], "quoted": [b'Content-Length: "5"'],
        "space before colon": [b"Content-Length : 5"]}.items():
    refuse(f"length: {name}", post(*lines, body=b"hello"))
safe("length: two alike", post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"), ("/a", b"hello"))
safe("length: list alike", post(b"Content-Length: 5, 5", body=b"hello"), ("/a", b"hello"))
safe("length: leading zeros", post(b"Content-Length: 005", body=b"hello"), ("/a", b"hello"))
for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS"):
    safe(f"length: body on {method.decode()} is no request", post(b"Content-Length: %d" % len(EVIL), line=method + b" /a HTTP/1.1", body=EVIL), ("/a", EVIL))
safe("length: chunked body on GET is no request", get(TE) + b"%x\r\n%s\r\n" % (len(EVIL), EVIL) + ZERO, ("/a", EVIL))

# --- lines and fields ---

safe("line end: bare LF behind the request line", b"GET /a HTTP/1.1\n" + HOST + b"\r\n")
safe("line end: bare LF behind a field", get(b"A: 1\nB: 2"))
safe("line end: bare LF for all", b"GET /a HTTP/1.1\nHost: shop.localhost\n\n")
safe("line end: bare LF as the empty line", b"GET /a HTTP/1.1\r\n" + HOST + b"\n")
safe("line end: bare CR in a value", get(b"A: 1\r2"))
safe("line end: bare CR hides a field", get(b"A: 1\rX-Evil: 2"), check=lambda m: "X-Evil" if m.all("X-Evil") else None)
refuse("line end: CR in the target", b"GET /a\rb HTTP/1.1\r\n" + HOST + b"\r\n")
safe("line end: CR CR LF", b"GET /a HTTP/1.1\r\nHost: shop.localhost\r\r\n\r\n")
refuse("field: space before the colon", get(b"A : 1"))
refuse("field: tab before the colon", get(b"A\t: 1"))
safe("field: folded", get(b"A: 1", b" 2"))
safe("field: folded with a tab", get(b"A: 1", b"\t2"))
safe("field: space before the first", b"GET /a HTTP/1.1\r\n X: y\r\n" + HOST + b"\r\n", check=lambda m: "X" if m.all("X") else None)
safe("field: NUL in a value", get(b"A: 1\x002"))
safe("field: DEL in a value", get(b"A: 1\x7f2"))
safe("field: NUL in a name", get(b"A\0: 1"))
safe("field: no name", get(b": 1"))
safe("field: no colon", get(b"nonsense"))
safe("field: bracket in a name", get(b"A[b]: 1"))
safe("field: obs-text in a name", get(b"\xe4: 1"))
passes("field: obs-text in a value", get(b"A: \xe4"), field("A", "\xe4"))
passes("field: tabs around a value", get(b"A:\t 1 \t"), field("A", "1"))
refuse("field: head too large", get(b"A: " + b"a" * 200000))

# --- request line ---

for name, line in {
        "two spaces": b"GET  /a HTTP/1.1", "space at its end": b"GET /a HTTP/1.1 ", "tab for space": b"GET\t/a HTTP/1.1",
        "space before": b" GET /a HTTP/1.1", "version 1.10": b"GET /a HTTP/1.10", "version 2.0": b"GET /a HTTP/2.0"}.items():
    safe(f"request line: {name}", get(line=line))
for name, line in {
        "space in the target": b"GET /a b HTTP/1.1", "lower-case version": b"GET /a http/1.1",
        "version 1": b"GET /a HTTP/1", "other protocol": b"OPTIONS /a RTSP/1.0",
        "method no token": b"GE(T /a HTTP/1.1", "method with NUL": b"G\0ET /a HTTP/1.1", "no target": b"GET HTTP/1.1",
        "no slash": b"GET a HTTP/1.1", "asterisk with GET": b"GET * HTTP/1.1", "CONNECT": b"CONNECT shop.localhost:80 HTTP/1.1",
        "control": b"GET /a\x01 HTTP/1.1", "NUL": b"GET /a\0 HTTP/1.1"}.items():
    refuse(f"request line: {name}", get(line=line))
refuse("request line: HTTP/0.9", b"GET /a\r\n\r\n")
refuse("request line: HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\0\0\0\0\4\0\0\0\0\0")
refuse("request line: TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 32 + b"\r\n\r\n")
passes("request line: HTTP/1.0 goes up as 1.1", get(line=b"GET /a HTTP/1.0"),
       lambda seen, _: None if seen[0].version == "HTTP/1.1" else f"upstream got {seen[0].version}")

# --- Host ---

for name, lines in {
        "none": b"", "two": HOST + b"Host: evil\r\n", "two alike": HOST + HOST, "space in it": b"Host: shop localhost\r\n",
        "user-info": b"Host: u@shop.localhost\r\n", "path": b"Host: shop.localhost/evil\r\n", "query": b"Host: shop.localhost?x\r\n",
        "port of words": b"Host: shop.localhost:evil\r\n", "port and more": b"Host: shop.localhost:80evil\r\n",
        "open bracket": b"Host: [::1\r\n", "brackets and more": b"Host: [::1]evil\r\n", "quote": b'Host: "shop"\r\n', "backslash": b"Host: shop\\evil\r\n", "obs-text": b"Host: \xe4\r\n",
        "two colons": b"Host: shop:80:80\r\n", "space before the colon": b"Host : shop.localhost\r\n"}.items():
    refuse(f"host: {name}", get(host=lines))
refuse("host: two, one with absolute form", get(line=b"GET http://shop.localhost/a HTTP/1.1", host=HOST + b"Host: evil\r\n"))
refuse("host: user-info in absolute form", get(line=b"GET http://u@shop.localhost/a HTTP/1.1"))
refuse("host: none in absolute form", get(line=b"GET http:///a HTTP/1.1"))
passes("host: that of the absolute form counts", get(line=b"GET http://shop.localhost/a HTTP/1.1", host=b"Host: evil\r\n"),
       lambda seen, _: None if (seen[0].get("Host"), seen[0].target) == ("shop.localhost", "/a") else f"{seen[0].target}, Host: {seen[0].get('Host')}", may_refuse=True)
safe("host: https over plain text", get(line=b"GET https://shop.localhost/a HTTP/1.1"), ("none", b""))

# --- chunks ---


def chunks(name, body):
    """A request whose chunks are at fault: upstream must not get a whole message of it."""
    refuse(f"chunk: {name}", post(TE, body=body))


for name, body in {
        "size of words": b"xyz\r\nabc\r\n" + ZERO, "size 0x": b"0x3\r\nabc\r\n" + ZERO, "size +": b"+3\r\nabc\r\n" + ZERO, "size -": b"-3\r\nabc\r\n" + ZERO,
        "space before size": b" 3\r\nabc\r\n" + ZERO, "no size": b"\r\nabc\r\n" + ZERO, "size overflow": b"10000000000000003\r\nabc\r\n" + ZERO,
        "size of 21 digits": b"f" * 21 + b"\r\nabc\r\n" + ZERO, "bare LF behind size": b"3\nabc\r\n" + ZERO, "bare CR behind size": b"3\rabc\r\n" + ZERO,
        "bare LF behind data": b"3\r\nabc\n" + ZERO, "nothing behind data": b"3\r\nabc" + ZERO, "data too long": b"3\r\nabcdef\r\n" + ZERO,
        "two other bytes behind data": b"3\r\nabcXX" + ZERO, "LF in extension": b"3;a\nb\r\nabc\r\n" + ZERO, "CR in extension": b"3;a\rb\r\nabc\r\n" + ZERO,
        "bare LF behind last size": b"3\r\nabc\r\n0\n\r\n",
        "underscore in size": b"0_3\r\nabc\r\n" + ZERO, "comma in size": b"3,3\r\nabc\r\n" + ZERO}.items():
    chunks(name, body)
for name, body in {
        "NUL in extension": b"3;\0\r\nabc\r\n" + ZERO, "bare LF as last line": b"3\r\nabc\r\n0\r\n\n",
        "space in trailer's name": b"3\r\nabc\r\n0\r\nA : 1\r\n\r\n", "NUL in trailer": b"3\r\nabc\r\n0\r\nA: \0\r\n\r\n"}.items():
    safe(f"chunk: {name}", post(TE, body=body), ("/a", b"abc"))
for name, line in {"trailer Content-Length": b"Content-Length: 3", "trailer Transfer-Encoding": b"Transfer-Encoding: chunked", "trailer Host": b"Host: evil"}.items():
    safe(f"chunk: {name}", post(TE, body=b"3\r\nabc\r\n0\r\n" + line + b"\r\n\r\n"), ("/a", b"abc"),
         check=lambda m, name=line.split(b":")[0].decode(): f"{name} merged or passed" if name in dict(m.trailers) or m.get("Host") != "shop.localhost" else None)
passes("chunk: extension is ignored", post(TE, body=b'3;a="b"\r\nabc\r\n' + ZERO), lambda seen, _: None if seen[0].body == b"abc" else "body lost")

# --- target ---


def target(name, path, bad):
    """`bad` occurs in no target that upstream sees."""
    def judge(outcome):
        if outcome.faults:
            return failed(f"passed on: {outcome.faults[0]}")
        if not outcome.seen:
            return refused(outcome)
        found = [m.target for m in outcome.seen if any(part in m.target.lower() for part in bad)]
        return failed(f"upstream saw {found[0]}") if found else held(f"{outcome.status} {outcome.seen[0].target}")
    ATTACKS[f"target: {name}"] = Attack(judge, [get(line=b"GET " + path + b" HTTP/1.1")])


target("climbs above the root", b"/../../etc", ["..", "%2e"])
target("climbs above the root, encoded", b"/%2e%2e/%2E%2e/etc", ["..", "%2e"])
target("climbs, half encoded", b"/a/.%2e/.%2e/b", ["..", "%2e"])
target("raw quote, less and greater in the path", b'/a"b<c>', ['"', "<", ">"])
target("raw braces, bar and caret in the path", b"/a{b}c|d^", ["{", "}", "|", "^"])
target("raw backslash and backtick in the path", b"/a\\b`c", ["\\", "`"])
target("raw obs-text in the path", b"/a\xe4b", ["\xe4"])
target("fragment", b"/a#b", ["#"])
target("fragment in the query", b"/a?b#c", ["#"])
passes("target: encoded CR LF is no line end", get(line=b"GET /a%0d%0aX-Evil:%201 HTTP/1.1"), gone("X-Evil"))
passes("target: encoded slash stays", get(line=b"GET /a%2Fb HTTP/1.1"), lambda seen, _: None if seen[0].target == "/a%2Fb" else seen[0].target)
passes("target: two slashes stay", get(line=b"GET /a//b HTTP/1.1"), lambda seen, _: None if seen[0].target == "/a//b" else seen[0].target)
passes("target: query is untouched", get(line=b"GET /a?b=../%7e&c=%zz HTTP/1.1"), lambda seen, _: None if seen[0].target == "/a?b=../%7e&c=%zz" else seen[0].target)

# --- fields of one connection ---

passes("hop: what Connection names", get(b"Connection: X-Hop, close", b"X-Hop: 1"), gone("X-Hop"))
passes("hop: Connection names X-Forwarded-For", get(b"Connection: X-Forwarded-For"), field("X-Forwarded-For", "127.0.0.1"))
passes("hop: Keep-Alive, Proxy-Connection, TE", get(b"Keep-Alive: timeout=5", b"Proxy-Connection: keep-alive", b"TE: gzip"), gone("Keep-Alive", "Proxy-Connection", "TE"))
safe("hop: Connection names Host", get(b"Connection: Host"))
passes("hop: Connection names Transfer-Encoding", post(b"Connection: Transfer-Encoding", TE, body=b"3\r\nabc\r\n" + ZERO),
       lambda seen, _: None if seen[0].body == b"abc" else "body lost")
safe("hop: Connection names Content-Length", post(b"Connection: Content-Length", b"Content-Length: %d" % len(EVIL), body=EVIL), ("/a", EVIL))
passes("hop: X-Forwarded-For cannot be forged", get(b"X-Forwarded-For: 6.6.6.6"), field("X-Forwarded-For", "127.0.0.1"))
passes("hop: X_Forwarded_For neither", get(b"X_Forwarded_For: 6.6.6.6"), gone("X_Forwarded_For"))
safe("hop: Transfer_Encoding is not passed on", post(b"Transfer_Encoding: chunked", b"Content-Length: 5", body=b"hello"), ("/a", b"hello"),
     check=lambda m: "Transfer_Encoding passed on" if m.all("Transfer_Encoding") else None)
passes("hop: Via goes up", get(), lambda seen, _: None if seen[0].get("Via") else "no Via")
passes("hop: Upgrade without Connection", get(b"Upgrade: websocket"), gone("Upgrade"))
passes("hop: Upgrade in HTTP/1.0", get(*WEBSOCKET, line=b"GET /a HTTP/1.0"), gone("Upgrade"), may_refuse=True)
passes("hop: h2c", get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), gone("Upgrade", "HTTP2-Settings"))
passes("hop: Upgrade that is refused ends in no tunnel", get(*WEBSOCKET) + EVIL,
       lambda seen, outcome: None if [m.target for m in seen] == ["/a", "/evil"] and len(outcome.responses) == 2 else f"upstream saw {shown(seen)}")
passes("hop: Expect in HTTP/1.0", post(b"Expect: 100-continue", b"Content-Length: 2", line=b"POST /a HTTP/1.0", body=b"hi"), gone("Expect"))
for method in (b"OPTIONS", b"TRACE"):
    refuse_here = lambda outcome: failed(f"passed on: {shown(outcome.seen)}") if outcome.seen else held(str(outcome.status))  # noqa: E731
    ATTACKS[f"hop: Max-Forwards 0 of {method.decode()}"] = Attack(refuse_here, [get(b"Max-Forwards: 0", line=method + b" /a HTTP/1.1")], methods=[method.decode()])
passes("hop: Max-Forwards counts down", get(b"Max-Forwards: 5", line=b"OPTIONS /a HTTP/1.1"), field("Max-Forwards", "4"))

# --- connection ---

passes("connection: nothing behind close", get(b"Connection: close") + EVIL, lambda seen, _: None if len(seen) == 1 else f"upstream saw {shown(seen)}")
passes("connection: pipelined in order", get(line=b"GET /1 HTTP/1.1") + get(line=b"GET /2 HTTP/1.1") + get(line=b"GET /3 HTTP/1.1"),
       lambda seen, outcome: None if [m.target for m in seen] == ["/1", "/2", "/3"] and len(outcome.responses) == 3 else f"upstream saw {shown(seen)}")
ATTACKS["connection: cut body is no message"] = Attack(
    lambda outcome: failed(f"passed on: {shown(outcome.seen)}") if outcome.seen else held(str(outcome.status or "closed")),
    [post(b"Content-Length: 10", body=b"abc")], half_close=True)
ATTACKS["connection: cut chunks are no message"] = Attack(ATTACKS["connection: cut body is no message"].judge, [post(TE, body=b"3\r\nabc\r\n")], half_close=True)

# --- what an upstream says ---


def bad_gateway(outcome):
    if outcome.broken in ("cut", "reset"):
        return held(outcome.broken)
    if outcome.broken:
        return failed(f"client got nonsense: {outcome.broken:.60}")
    if outcome.status is None:
        return held("closed") if outcome.closed else failed("silence")
    return held(str(outcome.status)) if outcome.status >= 500 else failed(f"passed on as {outcome.status}")


def cleaned(check):
    """A 5xx, or a response that `check` finds nothing wrong with."""
    def judge(outcome):
        if outcome.broken in ("cut", "reset") or outcome.status is None or outcome.status >= 500 or outcome.broken:
            return bad_gateway(outcome)
        fault = check(outcome)
        return failed(fault) if fault else held(f"{outcome.status} mended")
    return judge


def one(body=None, status=200):
    def check(outcome):
        if len(outcome.responses) != 1 or outcome.status != status:
            return f"client got {[r.status for r in outcome.responses]}"
        return None if body is None or outcome.responses[0].body == body else f"body {outcome.responses[0].body!r:.40}"
    return check


def lost(*names):
    return lambda outcome: next((f"{name} passed back" for name in names if name in outcome.responses[0]), None)


def visibly_cut(outcome):
    if outcome.broken or outcome.status is None or outcome.status >= 500:
        return held(outcome.broken if outcome.broken in ("cut", "reset") else str(outcome.status or "closed"))
    return failed("looks complete")


A200 = b"HTTP/1.1 200 OK\r\n"
SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
for name, raw in {
        "two lengths": A200 + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "length of words": A200 + b"Content-Length: 2x\r\n\r\nab",
        "negative length": A200 + b"Content-Length: -1\r\n\r\nab", "length overflow": A200 + b"Content-Length: 18446744073709551618\r\n\r\nab",
        "NUL in a value": A200 + b"A: \0\r\nContent-Length: 0\r\n\r\n",
        "NUL in a name": A200 + b"A\0: 1\r\nContent-Length: 0\r\n\r\n", "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", "status 099": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
        "status of words": b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
        "another protocol": b"SSH-2.0-OpenSSH_9\r\n", "HTTP/0.9": b"<html>hello</html>\r\n\r\n"}.items():
    reply(f"response: {name}", bad_gateway, raw)
reply("response: no colon", cleaned(lambda o: None), A200 + b"nonsense\r\nContent-Length: 0\r\n\r\n")
reply("response: version 2", cleaned(lambda o: None), b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n")
reply("response: chunked in HTTP/1.0", cleaned(one(b"")), b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
reply("response: length and chunked", cleaned(one(b"")), A200 + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
reply("response: chunked twice", cleaned(one()), A200 + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n")
reply("response: bare LF in a field", cleaned(lambda o: None), A200 + b"A: 1\nContent-Length: 0\r\n\r\n")
reply("response: bare CR splits a field", cleaned(lost("X-Evil")), A200 + b"A: 1\rX-Evil: 2\r\nContent-Length: 0\r\n\r\n")
reply("response: space before the colon", cleaned(lambda o: None), A200 + b"A : 1\r\nContent-Length: 0\r\n\r\n")
reply("response: folded", cleaned(lambda o: None), A200 + b"A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n")
reply("response: 101 that nobody asked for", bad_gateway, b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + SECOND, stays=True)
reply("response: 101 to another protocol", bad_gateway, b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\n", stays=True,
      extra=b"\r\n".join(WEBSOCKET) + b"\r\n")
reply("response: a second one behind it", cleaned(one(b"ok")), A200 + b"Content-Length: 2\r\n\r\nok" + SECOND, close=False)
reply("response: body to HEAD", cleaned(one(b"")), A200 + b"Content-Length: 4\r\n\r\nevil" + SECOND, method="HEAD", close=False)
reply("response: body with 204", cleaned(one(b"", 204)), b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", close=False)
reply("response: chunked 204", cleaned(one(b"", 204)), b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", close=False)
reply("response: body with 304", cleaned(one(b"", 304)), b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil", close=False)
reply("response: length cut short", visibly_cut, A200 + b"Content-Length: 10\r\n\r\nabc")
reply("response: chunks cut short", visibly_cut, A200 + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
reply("response: bad chunk in the middle", visibly_cut, A200 + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"zz\r\nx\r\n0\r\n\r\n")
reply("response: chunk size overflow", visibly_cut, A200 + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"10000000000000003\r\nabc\r\n0\r\n\r\n")
reply("response: bare LF behind a chunk size", cleaned(one(b"abcabc")), A200 + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"3\nabc\r\n0\r\n\r\n")
reply("response: head too large", bad_gateway, A200 + b"A: " + b"a" * 200000 + b"\r\n\r\n")
reply("response: no head at all", bad_gateway, b"")
reply("response: fields of the connection go", cleaned(lost("X-Hop", "Keep-Alive", "Proxy-Connection")),
      A200 + b"Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: x\r\nProxy-Connection: x\r\nContent-Length: 2\r\n\r\nok")
reply("response: Date where there is none", cleaned(lambda o: None if "Date" in o.responses[0] else "no Date"), A200 + b"Content-Length: 2\r\n\r\nok")
reply("response: 1.0 goes back as 1.1", cleaned(lambda o: None if o.responses[0].head.start.startswith("HTTP/1.1 ") else o.responses[0].head.start), b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
reply("response: 1xx pass", cleaned(lambda o: None if [m.status for m in o.interim] == [103] else "103 lost"),
      b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + A200 + b"Content-Length: 2\r\n\r\nok")
