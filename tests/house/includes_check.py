"""Which room may know which: reads every #include below src/ and include/ and fails on an edge the plan forbids.

usage: includes_check.py [ROOT]     prints one line for each fault, exit status 1 if there is any

A room may include its own folder and lower floors; on floor 1 config/ may also include route/. Floors 0 and 1 know no
libuv, llhttp belongs to wire/, the YAML libraries to config/, OpenSSL to tls/ and net/; cli/ knows all. Which transport a stream runs over net/ alone
knows: nobody above it includes the header of one. How HTTP/1 stands on a connection its own rooms alone know: nobody
else includes its parser, or what is made of it. Each src/<folder>/<noun>.c has its
header, on the floors 0 and 1 its unit test too, and each source and test stands in the meson.build list of its folder,
so that none is left out of the build in silence.

Within a folder rooms stand above one another, too: none is reached again from what it includes. A room is its header and
its sources together.
"""

import os
import re
import sys

FLOORS = {"base": 0, "http": 1, "route": 1, "config": 1, "tls": 1, "net": 2, "wire": 3, "upstream": 4, "plan": 5, "action": 5,
          "session": 6, "server": 7, "cli": 8}
# Headers that no folder but their own may include.
INNER = {("net", "tcp.h"), ("net", "local.h"), ("net", "socket_stream.h"), ("net", "tls_desk.h")}
# Headers that only HTTP/1's own rooms may include, and what a room of it begins with; and who else speaks HTTP/1: the
# demo's upstream, which is a server of its own.
HTTP1_INNER = {("wire", "parser.h"), ("wire", "fault.h"), ("wire", "http1_body.h"),
               ("session", "http1_exchange.h")}
# Who else may know the others of HTTP/1's headers.
HTTP1_KNOWN = {("wire", "http1_head.h"): "cli/explained", ("wire", "http1_up.h"): "upstream/pool",
               ("session", "http1_conn.h"): "session/reception"}
# The same of HTTP/2; what all sessions of a worker share stands among what they share otherwise.
HTTP2_INNER = {("wire", "http2_flood.h"), ("wire", "http2_head.h"), ("wire", "http2_output.h"),
               ("wire", "http2_stream.h"), ("session", "http2_exchange.h")}
HTTP2_KNOWN = {("wire", "http2_session.h"): {"session/sessions"},
               ("session", "http2_conn.h"): {"session/reception", "session/http1_conn"}}
HTTP2_ROOMS = re.compile(r"/http2_[a-z0-9_]+\.[ch]$")
HTTP1_ROOMS = re.compile(r"/(http1_[a-z0-9_]+|wire/(parser|fault)|cli/demo_http)\.[ch]$")
SAME_FLOOR = {("config", "route"), ("plan", "action"), ("action", "plan")}
# Who may include a library's header; what is not named here is the C library or the system.
LIBRARIES = {
    "uv.h": [folder for folder, floor in FLOORS.items() if floor >= 2 and folder not in ("plan", "action")],
    "llhttp.h": ["wire", "cli"],
    "nghttp2/": ["wire"],
    "yaml.h": ["config", "cli"],
    "cyaml/": ["config", "cli"],
    "openssl/": ["tls", "net", "cli"],
}
PURE_FLOORS = 1
# Rooms in several files, each with a header of its own: the folder, the room, its parts.
PARTS = {("net", "stream"): {"stream_input", "stream_output", "stream_direct"},
         ("wire", "http2_session"): {"http2_stream"}}
TESTS = [("tests/unit", "_test.c"), ("tests/fuzz", "_fuzz.c"), ("tests/bench", "_bench.c")]
# A room's code for some systems only: system_windows.c belongs to system.h.
SYSTEM_SUFFIX = re.compile(r"_(linux|macos|none|unix|windows)$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def allowed(folder, other):
    return folder == other or FLOORS[other] < FLOORS[folder] or (folder, other) in SAME_FLOOR


def include_fault(path, folder, kind, name):
    """What is wrong with `path` in `folder` including `name`, or None. `folder` is None for src/main.c, which may know all."""
    if kind == '"':
        parts = name.split("/")
        if parts[0] != "liteginx" or len(parts) != 3:
            return 'an include in quotes names "liteginx/<folder>/<noun>.h"'
        if parts[1] not in FLOORS:
            return "no such folder: " + parts[1]
        if folder is not None and not allowed(folder, parts[1]):
            return "%s/ (floor %d) must not know %s/ (floor %d)" % (folder, FLOORS[folder], parts[1], FLOORS[parts[1]])
        if folder is not None and folder != parts[1] and (parts[1], parts[2]) in INNER:
            return "%s/ must not know %s/%s, which is %s/'s own" % (folder, parts[1], parts[2], parts[1])
        if (parts[1], parts[2]) in HTTP1_INNER and not HTTP1_ROOMS.search(path):
            return "%s/%s is known to HTTP/1's own rooms alone" % (parts[1], parts[2])
        known = HTTP1_KNOWN.get((parts[1], parts[2]))
        if known and not HTTP1_ROOMS.search(path) and not path.endswith("/" + known + ".c"):
            return "%s/%s is known to HTTP/1's own rooms and to %s alone" % (parts[1], parts[2], known)
        if (parts[1], parts[2]) in HTTP2_INNER and not HTTP2_ROOMS.search(path):
            return "%s/%s is known to HTTP/2's own rooms alone" % (parts[1], parts[2])
        known = HTTP2_KNOWN.get((parts[1], parts[2]))
        if known and not HTTP2_ROOMS.search(path) and not path[:-2].endswith(tuple("/" + room for room in known)):
            return "%s/%s is known to HTTP/2's own rooms and to %s alone" % (
                parts[1], parts[2], " and ".join(sorted(known)))
        return None
    if name.startswith("liteginx/"):
        return "our own headers are included in quotes"
    for library, folders in LIBRARIES.items():
        known = name.startswith(library) if library.endswith("/") else name == library
        if known and folder is not None and folder not in folders:
            return "%s/ must not know <%s>" % (folder, name)
    return None


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def below(root, top, endings):
    """Paths below root/top, relative to root, with slashes."""
    for directory, folders, files in os.walk(os.path.join(root, top)):
        folders.sort()
        for name in sorted(files):
            if name.endswith(endings):
                yield os.path.relpath(os.path.join(directory, name), root).replace(os.sep, "/")


def includes_faults(root, path, folder):
    text = read(os.path.join(root, path))
    for match in INCLUDE.finditer(text):
        fault = include_fault(path, folder, match.group(1), match.group(2))
        if fault:
            yield "%s:%d: %s" % (path, text.count("\n", 0, match.start()) + 1, fault)


def listed(root, folder, word):
    path = os.path.join(root, folder, "meson.build")
    return os.path.exists(path) and "'%s'" % word in read(path)


def source_faults(root, path, folder):
    """A source has its header, its place in the build, and on the pure floors its test."""
    noun = SYSTEM_SUFFIX.sub("", os.path.basename(path)[: -len(".c")])
    header = "include/liteginx/%s/%s.h" % (folder, noun)
    if not os.path.exists(os.path.join(root, header)):
        yield "%s: no header %s" % (path, header)
    if not listed(root, "src/" + folder, os.path.basename(path)):
        yield "%s: not in src/%s/meson.build" % (path, folder)
    test = "tests/unit/%s_test.c" % noun
    if FLOORS[folder] <= PURE_FLOORS and not os.path.exists(os.path.join(root, test)):
        yield "%s: no unit test %s" % (path, test)


def room_of(folder, name):
    """The room of a file, or of the header that an include names."""
    noun = SYSTEM_SUFFIX.sub("", name.rpartition(".")[0])
    return next((room for (place, room), parts in PARTS.items() if place == folder and noun in parts), noun)


def neighbours(root):
    """{folder: {room: the other rooms of the folder that it includes}}"""
    found = {}
    for path in list(below(root, "src", (".c",))) + list(below(root, "include", (".h",))):
        folder, name = path.split("/")[-2:]
        room = room_of(folder, name)
        others = found.setdefault(folder, {}).setdefault(room, set())
        for match in INCLUDE.finditer(read(os.path.join(root, path))):
            parts = match.group(2).split("/")
            if len(parts) == 3 and parts[1] == folder:
                others.add(room_of(folder, parts[2]))
        others.discard(room)
    return found


def reached(rooms, start):
    """What `start` includes, and what that includes; `start` itself where there is a way back."""
    seen, waiting = set(), [start]
    while waiting:
        news = rooms.get(waiting.pop(), set()) - seen
        seen |= news
        waiting += news
    return seen


def circles(rooms):
    """Sets of rooms that reach each other."""
    ways = {room: reached(rooms, room) for room in rooms}
    return {frozenset(other for other in ways[room] if room in ways.get(other, ())) for room in rooms if room in ways[room]}


def circle_faults(root):
    found = {(folder, circle) for folder, rooms in neighbours(root).items() for circle in circles(rooms)}
    for folder, circle in sorted((folder, sorted(circle)) for folder, circle in found):
        yield "%s/: these rooms include each other in a circle: %s" % (folder, ", ".join(circle))


def faults(root):
    count = 0
    for path in list(below(root, "src", (".c", ".h"))) + list(below(root, "include", (".h",))):
        count += 1
        parts = path.split("/")
        if path == "src/main.c":
            yield from includes_faults(root, path, None)
            continue
        folder = parts[-2]
        if len(parts) != (3 if parts[0] == "src" else 4) or folder not in FLOORS:
            yield "%s: stands in no room" % path
            continue
        if parts[0] == "src" and path.endswith(".h"):
            yield "%s: headers stand in include/liteginx/%s/" % (path, folder)
        yield from includes_faults(root, path, folder)
        if path.endswith(".c"):
            yield from source_faults(root, path, folder)
    for folder, ending in TESTS:
        for path in below(root, folder, (ending,)):
            if not listed(root, folder, os.path.basename(path)[: -len(ending)]):
                yield "%s: not in %s/meson.build" % (path, folder)
    yield from circle_faults(root)
    if count == 0:
        yield "%s: no source found" % root


def main(arguments):
    root = arguments[0] if arguments else "."
    found = list(faults(root))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
