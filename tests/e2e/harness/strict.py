"""A strict reader of a client's bytes, and what a gateway has to make of them: the second opinion of the differential
tests. Written from RFC 9110, 9112 and 3986, not from the program's code.

Where liteginx promises to be stricter than the RFCs must be, or more lenient, the place says STRICTER or LENIENT; the
promises are in README.md and docs/.
"""
import re

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
TEXT = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
DIGITS = re.compile(rb"[0-9]+")
HEX = re.compile(rb"[0-9A-Fa-f]+")
REG_NAME = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
QUOTED = rb'"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"'
EXTENSION = re.compile(rb"(?:;" + TOKEN.pattern + rb"(?:=(?:" + TOKEN.pattern + rb"|" + QUOTED + rb"))?)*")
DROPPED = {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization",
           b"proxy-authentication-info", b"te", b"transfer-encoding", b"upgrade", b"forwarded", b"x-real-ip"}
HTTP_AGAIN = {b"h2c", b"h2", b"h3", b"http", b"tls"}
FRAMING = {b"host", b"content-length"}
LARGEST = 2**64 - 1
LARGEST_LENGTH = 2**63 - 1


class Refused(Exception):
    """No valid message; the argument says why."""


class Incomplete(Exception):
    """The bytes end inside a message."""


class Request:
    """A whole request, or one whose body is not whole (`whole` False)."""

    def __init__(self, method, target, minor, fields):
        self.method, self.target, self.minor, self.fields = method, target, minor, fields
        self.framing, self.length, self.body, self.trailers, self.whole = "none", 0, bytearray(), [], False
        self.host = self.path = self.query = None

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name]

    def elements(self, name):
        """The elements of a comma-separated field, without parameters, in lower case."""
        return [element.split(b";")[0].strip(b" \t").lower() for value in self.all(name) for element in value.split(b",")]

    @property
    def last(self):
        """Nothing behind it on this connection counts. HTTP/1.0: one request a connection."""
        return self.minor == 0 or b"close" in self.elements(b"connection") or self.method == b"CONNECT"


class Reader:
    """Reads requests off `data`. After read_all: `requests`, the whole ones and at most one with a broken body at the end;
    `end`: clean, incomplete or refused; `why`; `whole_until`: where the last whole one ends."""

    def __init__(self, data):
        self.data, self.at, self.requests, self.end, self.why, self.whole_until = data, 0, [], "clean", "", 0

    def read_all(self):
        try:
            while self._read_one():
                pass
        except Refused as refused:
            self.end, self.why = "refused", str(refused)
        except Incomplete:
            self.end = "incomplete"
        return self

    def _read_one(self):
        while self.data.startswith(b"\r\n", self.at):  # RFC 9112 §2.2: empty lines before a request line
            self.at += 2
        if self.at == len(self.data):
            return False
        request = self._head()
        check_head(request)
        self.requests.append(request)
        if request.framing == "length":
            self._take(request, request.length)
        elif request.framing == "chunked":
            self._chunks(request)
        request.whole = True
        self.whole_until = self.at
        return not request.last

    def _line(self):
        """RFC 9112 §2.2: a line ends in CRLF; a CR or LF alone is no line end, and nothing else either."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise Incomplete
        line = self.data[self.at:end]
        if b"\r" in line[:-1]:
            raise Refused("bare CR")
        if not line.endswith(b"\r"):
            raise Refused("bare LF")
        self.at = end + 1
        return line[:-1]

    def _take(self, request, count):
        """Bytes of its body: those that are here, if some are missing."""
        piece = self.data[self.at:self.at + count]
        request.body += piece
        self.at += len(piece)
        if len(piece) < count:
            raise Incomplete

    def _head(self):
        parts = self._line().split(b" ")  # RFC 9112 §3: exactly one SP between the three
        if len(parts) != 3:
            raise Refused("not three words in the request line")
        method, target, version = parts
        if not TOKEN.fullmatch(method):
            raise Refused("method is no token")
        if not re.fullmatch(rb"[\x21-\x7e\x80-\xff]+", target):
            raise Refused("control character in the target, or none")
        if not VERSION.fullmatch(version):
            raise Refused("no version")
        if version not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise Refused("another version")
        if method == b"PRI":
            raise Refused("HTTP/2")  # RFC 9113 §3.4
        return Request(method, target, int(version[-1:]), self._fields())

    def _fields(self):
        """RFC 9112 §5, without obsolete folding."""
        fields = []
        while line := self._line():
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.fullmatch(name):
                raise Refused("not a field name")
            if not TEXT.fullmatch(value):
                raise Refused("control character in a field")
            fields.append((name, value.strip(b" \t")))
        return fields

    def _chunks(self, request):
        """RFC 9112 §7.1. STRICTER: no whitespace in the line of a chunk size: servers disagree where the number ends."""
        while True:
            line = self._line()
            digits = HEX.match(line)
            if not digits or not EXTENSION.fullmatch(line, digits.end()):
                raise Refused("not a chunk size")
            size = int(digits[0], 16)
            if size > LARGEST:
                raise Refused("chunk size too large")
            if size == 0:
                break
            self._take(request, size)
            end = self.data[self.at:self.at + 2]
            if end != b"\r\n"[:len(end)]:
                raise Refused("no CRLF behind a chunk")
            if len(end) < 2:
                raise Incomplete
            self.at += 2
        request.trailers = self._fields()
        if any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in request.trailers):
            raise Refused("framing in trailers")


def check_head(request):
    """What makes a head ambiguous or impossible to serve; finds framing, host, path and query."""
    decide_framing(request)
    split_target(request)
    if FRAMING & set(request.elements(b"connection")):
        raise Refused("Connection names what it must not")
    if request.method == b"TRACE" and (request.framing == "chunked" or request.length):
        raise Refused("TRACE with content")  # RFC 9110 §9.3.8 forbids it to clients; STRICTER: and it is refused
    if request.method in (b"OPTIONS", b"TRACE") and (hops := request.all(b"max-forwards")):
        # RFC 9110 §5.3: a sender must not repeat it; §7.6.2 does not say which of two would count. STRICTER: none.
        if len(hops) > 1 or not DIGITS.fullmatch(hops[0]):
            raise Refused("Max-Forwards is not one number")


def decide_framing(request):
    """RFC 9112 §6.3. STRICTER: a list of equal lengths is not collapsed; of codings only chunked is known."""
    lengths, codings = request.all(b"content-length"), request.all(b"transfer-encoding")
    if len(lengths) > 1 or (lengths and codings):
        raise Refused("several lengths")
    if codings:
        if request.minor == 0:
            raise Refused("chunked in HTTP/1.0")
        # RFC 9110 §5.6.1: a recipient has to ignore empty elements of a list. STRICTER: here they are a fault.
        if [coding.lower().strip(b" \t") for coding in b",".join(codings).split(b",")] != [b"chunked"]:
            raise Refused("codings")
        request.framing = "chunked"
    elif lengths:
        # STRICTER: others count in signed numbers, and would make less than nothing of a larger one.
        if not DIGITS.fullmatch(lengths[0]) or int(lengths[0]) > LARGEST_LENGTH:
            raise Refused("length")
        request.framing, request.length = "length", int(lengths[0])
    if request.method == b"CONNECT":
        request.framing = "none"  # RFC 9110 §9.3.6: its content has no meaning; it is refused and the connection closed


def split_target(request):
    """RFC 9112 §3.2."""
    target, hosts = request.target, request.all(b"host")
    if len(hosts) > 1 or (not hosts and request.minor == 1):
        raise Refused("no Host, or several")
    if b"#" in target:
        raise Refused("fragment")
    for host in hosts:
        request.host = check_authority(host)
    if request.method == b"CONNECT":
        check_authority(target)
        if not re.search(rb":[0-9]+\Z", target):
            raise Refused("CONNECT without a port")
        return
    if target == b"*":
        if request.method != b"OPTIONS":
            raise Refused("asterisk")
        request.path = b"*"
        return
    if not target.startswith(b"/"):
        scheme, rest = target[:7], target[7:]
        if scheme.lower() != b"http://":
            raise Refused("neither a path nor http")
        authority = re.match(rb"[^/?]*", rest)[0]
        request.host, target = check_authority(authority), rest[len(authority):]
        if not target and request.method == b"OPTIONS":
            request.path = b"*"
            return
        if not target.startswith(b"/"):
            target = b"/" + target
    path, question, query = target.partition(b"?")
    request.path, request.query = normal_path(path), question + query


def check_authority(text):
    """RFC 3986 §3.2.2, §3.2.3. STRICTER: no user information, no empty name, no long port, no IPvFuture."""
    address = re.fullmatch(rb"(\[[^\]]*\])(?::([0-9]{0,5}))?", text)
    named = re.fullmatch(rb"([^:\[\]]+)(?::([0-9]{0,5}))?", text)
    match = address or named
    if not match or (match[2] and int(match[2]) > 65535):
        raise Refused("authority")
    if named and not REG_NAME.fullmatch(named[1]):
        raise Refused("host name")
    if address and not is_ipv6(address[1][1:-1].decode("latin-1")):
        raise Refused("IPv6 address")
    return text.removesuffix(b":")  # RFC 3986 §6.2.3


def is_ipv6(text):
    """RFC 3986 §3.2.2, IPv6address."""
    halves = text.split("::")
    if len(halves) > 2:
        return False
    groups = []
    for index, half in enumerate(halves):
        pieces = half.split(":") if half else []
        last = index == len(halves) - 1
        if last and pieces and "." in pieces[-1]:
            numbers = pieces.pop().split(".")
            if len(numbers) != 4 or not all(re.fullmatch("0|[1-9][0-9]{0,2}", n) and int(n) < 256 for n in numbers):
                return False
            groups += ["0", "0"]
        if not all(re.fullmatch("[0-9A-Fa-f]{1,4}", piece) for piece in pieces):
            return False
        groups += pieces
    return len(groups) == 8 if len(halves) == 1 else len(groups) < 8


def normal_path(path):
    """RFC 3986 §6.2.2. LENIENT: characters that have no place in a path are percent-encoded, brackets stand."""
    out, at = bytearray(), 0
    while at < len(path):
        byte = path[at]
        if byte == 0x25:
            digits = path[at + 1:at + 3]
            if not re.fullmatch(rb"[0-9A-Fa-f]{2}", digits) or int(digits, 16) == 0:
                raise Refused("percent sequence")
            byte = int(digits, 16)
            plain = re.fullmatch(rb"[A-Za-z0-9\-._~]", bytes([byte]))
            at += 3
        else:
            plain = re.fullmatch(rb"[A-Za-z0-9\-._~!$&'()*+,;=:@/\[\]]", bytes([byte]))
            at += 1
        out += bytes([byte]) if plain else b"%%%02X" % byte
    kept = []
    segments = bytes(out).split(b"/")[1:]
    for index, segment in enumerate(segments):
        if segment == b"..":
            if not kept:
                raise Refused("above the root")
            kept.pop()
        if segment not in (b".", b".."):
            kept.append(segment)
        elif index == len(segments) - 1:
            kept.append(b"")
    return b"/" + b"/".join(kept)


# --- what a gateway makes of it ---

def own_answer(request):
    """The status of requests that never go up; None: it does."""
    if request.method == b"CONNECT":
        return 405
    if request.method in (b"OPTIONS", b"TRACE") and any(int(value) == 0 for value in request.all(b"max-forwards")):
        return 204 if request.method == b"OPTIONS" else 405
    return 204 if request.path == b"*" else None


# In place of an id of the proxy's own, which nobody else can tell.
MADE = b"(made)"


def forwarded_head(request, client, port, target):
    """Start line and fields that upstream has to get from a proxy on `port`, for `client`, at `target`."""
    named = set(request.elements(b"connection"))
    fields = []
    if not request.all(b"host"):
        fields.append((b"Host", target if request.host is None else request.host))
    for name, value in request.fields:
        key = name.lower()
        if key == b"expect" and request.minor == 0:
            continue  # RFC 9110 §10.1.1: 100-continue is to be ignored; STRICTER: as is what nobody has defined
        if key in DROPPED or key in named or is_forwarded(key) or is_alias(key):
            continue
        if key == b"x-request-id" and not value:
            continue  # it names nothing
        if key == b"host":
            value = request.host
        elif key == b"content-length":
            value = b"%d" % request.length
        elif key == b"max-forwards" and request.method in (b"OPTIONS", b"TRACE"):
            value = b"%d" % (min(int(value), LARGEST) - 1)  # §7.6.2: or the largest number that we can count
        elif key == b"trailer":
            value = announced_trailers(request, value)
            if not value:
                continue
        fields.append((name, value))
    fields += [(b"X-Forwarded-For", client), (b"X-Forwarded-Proto", b"http")]
    if request.host is not None:
        fields.append((b"X-Forwarded-Host", request.host))
    fields.append((b"X-Forwarded-Port", b"%d" % port))
    if not any(name.lower() == b"x-request-id" for name, _ in fields):
        fields.append((b"X-Request-Id", MADE))
    fields.append((b"Via", b"1.%d liteginx" % request.minor))
    if request.framing == "chunked":
        fields.append((b"Transfer-Encoding", b"chunked"))
    trailers = request.minor == 1 and b"trailers" in request.elements(b"te")
    upgrade = b", ".join(upgrade_tokens(request))
    options = [b"upgrade"] * bool(upgrade) + [b"TE"] * trailers
    if options:
        fields.append((b"Connection", b", ".join(options)))
    if upgrade:
        fields.append((b"Upgrade", upgrade))
    if trailers:
        fields.append((b"TE", b"trailers"))
    return b"%s %s%s HTTP/1.1" % (request.method, request.path, request.query), fields


def upgrade_tokens(request):
    """RFC 9110 §7.8. STRICTER: never one behind which is HTTP again."""
    if request.minor == 0 or b"upgrade" not in request.elements(b"connection"):
        return []
    tokens = [token.strip(b" \t") for value in request.all(b"upgrade") for token in value.split(b",")]
    protocol = re.compile(TOKEN.pattern + rb"(?:/" + TOKEN.pattern + rb")?")
    return [token for token in tokens if protocol.fullmatch(token) and token.split(b"/")[0].lower() not in HTTP_AGAIN]


def is_forwarded(name):
    return re.fullmatch(rb"x-forwarded-.+", name) is not None


def is_alias(name):
    """STRICTER: CGI cannot tell X_Forwarded_For from X-Forwarded-For."""
    dashed = name.replace(b"_", b"-")
    return b"_" in name and (dashed in KNOWN or is_forwarded(dashed))


KNOWN = DROPPED | set(b"host content-length via date accept expect trailer max-forwards x-request-id".split())
# RFC 9110 §6.5.1: what frames, routes, modifies the request, authenticates, controls caches, or says what the content is.
NOT_IN_TRAILERS = set(b"""x-request-id host content-length transfer-encoding connection te upgrade trailer via max-forwards forwarded x-real-ip
    expect accept date age expires pragma vary location retry-after cache-control range if-match if-none-match if-modified-since
    if-unmodified-since if-range authorization authentication-info cookie set-cookie www-authenticate proxy-authorization
    proxy-authenticate content-type content-encoding content-range http2-settings""".split())


def forwarded_trailers(request):
    """Those that may stand behind a body, which is for upstream to know."""
    named = set(request.elements(b"connection"))
    return [(name, value) for name, value in request.trailers if may_trail(name.lower(), named)]


def may_trail(name, named):
    return name not in NOT_IN_TRAILERS | DROPPED | named and not is_forwarded(name) and not is_alias(name)


def announced_trailers(request, value):
    """RFC 9110 §6.6.2, without what will not come; as it was received where all of it may."""
    named = set(request.elements(b"connection"))
    names = [name.strip(b" \t") for name in value.split(b",")]
    kept = [name for name in names if TOKEN.fullmatch(name) and may_trail(name.lower(), named)]
    return value if kept == names else b", ".join(kept)
