"""The check of the includes is seen to fail: a sound tree passes, each planted fault is named."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import includes_check  # noqa: E402

SOUND = {
    "src/base/str.c": '#include "liteginx/base/str.h"\n#include <string.h>\n',
    "src/base/meson.build": "sources += files('str.c')\n",
    "include/liteginx/base/str.h": "#include <stddef.h>\n",
    "src/http/parser.c": '#include "liteginx/http/parser.h"\n',
    "src/http/meson.build": "sources += files('parser.c')\n",
    "include/liteginx/http/parser.h": '#include "liteginx/base/str.h"\n',
    "include/liteginx/wire/parser.h": '#include <llhttp.h>\n#include "liteginx/base/str.h"\n',
    "include/liteginx/session/http1_conn.h": '#include "liteginx/wire/parser.h"\n',
    "include/liteginx/wire/http1_up.h": '#include "liteginx/base/str.h"\n',
    "src/upstream/pool.c": '#include "liteginx/upstream/pool.h"\n#include "liteginx/wire/http1_up.h"\n',
    "src/upstream/meson.build": "sources += files('pool.c')\n",
    "include/liteginx/upstream/pool.h": "",
    "src/config/yaml.c": '#include "liteginx/config/yaml.h"\n#include "liteginx/route/pattern.h"\n#include <yaml.h>\n',
    "src/config/meson.build": "sources += files('yaml.c')\n",
    "include/liteginx/config/yaml.h": "#include <cyaml/cyaml.h>\n",
    "include/liteginx/route/pattern.h": "",
    "src/net/tcp_windows.c": '#include "liteginx/net/tcp.h"\n#include "liteginx/http/parser.h"\n#include <uv.h>\n',
    "src/net/meson.build": "sources += files('tcp_windows.c')\n",
    "include/liteginx/net/tcp.h": "#include <uv.h>\n",
    "src/main.c": '#include "liteginx/net/tcp.h"\n#include <uv.h>\n',
    "tests/unit/str_test.c": "",
    "tests/unit/parser_test.c": "",
    "tests/unit/yaml_test.c": "",
    "tests/unit/pool_test.c": "",
    "tests/unit/meson.build": "['str', 'parser', 'yaml', 'pool']",
}

# name, planted files (None: taken away), the fault
PLANTED = [
    ("upwards", {"src/base/str.c": '\n#include "liteginx/http/parser.h"\n'},
     "src/base/str.c:2: base/ (floor 0) must not know http/ (floor 1)"),
    ("upwards in a header", {"include/liteginx/net/tcp.h": '  #  include "liteginx/session/reply.h"\n'},
     "include/liteginx/net/tcp.h:1: net/ (floor 2) must not know session/ (floor 6)"),
    ("sideways", {"src/http/parser.c": '#include "liteginx/route/pattern.h"\n'},
     "src/http/parser.c:1: http/ (floor 1) must not know route/ (floor 1)"),
    ("a transport above net", {"src/session/reply.c": '#include "liteginx/net/tcp.h"\n'},
     "src/session/reply.c:1: session/ must not know net/tcp.h, which is net/'s own"),
    ("HTTP/1 in the proxy", {"src/session/proxy.c": '#include "liteginx/wire/parser.h"\n'},
     "src/session/proxy.c:1: wire/parser.h is known to HTTP/1's own rooms alone"),
    ("HTTP/1 in another wire", {"src/wire/body.c": '#include "liteginx/wire/http1_body.h"\n'},
     "src/wire/body.c:1: wire/http1_body.h is known to HTTP/1's own rooms alone"),
    ("HTTP/2's heads for another", {"src/session/service.c": '#include "liteginx/wire/http2_head.h"\n'},
     "src/session/service.c:1: wire/http2_head.h is known to HTTP/2's own rooms alone"),
    ("HTTP/2's session for all", {"src/session/service.c": '#include "liteginx/wire/http2_session.h"\n'},
     "src/session/service.c:1: wire/http2_session.h is known to HTTP/2's own rooms and to session/sessions alone"),
    ("nghttp2 above the wire", {"src/session/service.c": "#include <nghttp2/nghttp2.h>\n"},
     "src/session/service.c:1: session/ must not know <nghttp2/nghttp2.h>"),
    ("HTTP/1's exchange for all", {"src/session/reception.c": '#include "liteginx/session/http1_exchange.h"\n'},
     "src/session/reception.c:1: session/http1_exchange.h is known to HTTP/1's own rooms alone"),
    ("HTTP/1's heads for another", {"src/session/service.c": '#include "liteginx/wire/http1_head.h"\n'},
     "src/session/service.c:1: wire/http1_head.h is known to HTTP/1's own rooms and to cli/explained alone"),
    ("route does not know config", {"include/liteginx/route/pattern.h": '#include "liteginx/config/yaml.h"\n'},
     "include/liteginx/route/pattern.h:1: route/ (floor 1) must not know config/ (floor 1)"),
    ("libuv on floor 1", {"src/http/parser.c": "#include <uv.h>\n"}, "src/http/parser.c:1: http/ must not know <uv.h>"),
    ("llhttp elsewhere", {"src/net/tcp_windows.c": "#include <llhttp.h>\n"},
     "src/net/tcp_windows.c:1: net/ must not know <llhttp.h>"),
    ("libyaml elsewhere", {"src/base/str.c": "#include <cyaml/cyaml.h>\n"},
     "src/base/str.c:1: base/ must not know <cyaml/cyaml.h>"),
    ("by the back door", {"src/base/str.c": '#include "../http/parser.h"\n'},
     'src/base/str.c:1: an include in quotes names "liteginx/<folder>/<noun>.h"'),
    ("in angle brackets", {"src/base/str.c": "#include <liteginx/http/parser.h>\n"},
     "src/base/str.c:1: our own headers are included in quotes"),
    ("unknown folder", {"src/base/str.c": '#include "liteginx/util/x.h"\n'}, "src/base/str.c:1: no such folder: util"),
    ("no room", {"src/util/x.c": ""}, "src/util/x.c: stands in no room"),
    ("no header", {"include/liteginx/base/str.h": None}, "src/base/str.c: no header include/liteginx/base/str.h"),
    ("header in src", {"src/base/str.h": ""}, "src/base/str.h: headers stand in include/liteginx/base/"),
    ("no unit test", {"tests/unit/yaml_test.c": None}, "src/config/yaml.c: no unit test tests/unit/yaml_test.c"),
    ("source not built", {"src/base/meson.build": "files()"}, "src/base/str.c: not in src/base/meson.build"),
    ("a circle", {"include/liteginx/http/parser.h": '#include "liteginx/http/head.h"\n',
                  "include/liteginx/http/head.h": '#include "liteginx/http/parser.h"\n'},
     "http/: these rooms include each other in a circle: head, parser"),
    ("a circle through a source and its system's", {
        "src/net/tcp_windows.c": '#include "liteginx/net/tcp.h"\n#include "liteginx/net/loop.h"\n',
        "include/liteginx/net/loop.h": '#include "liteginx/net/list.h"\n',
        "include/liteginx/net/list.h": '#include "liteginx/net/tcp.h"\n#include "liteginx/net/list.h"\n'},
     "net/: these rooms include each other in a circle: list, loop, tcp"),
    ("a part of a room", {"include/liteginx/net/stream_input.h": '#include "liteginx/net/loop.h"\n',
                          "include/liteginx/net/stream.h": '#include "liteginx/net/stream_input.h"\n',
                          "include/liteginx/net/loop.h": '#include "liteginx/net/stream.h"\n'},
     "net/: these rooms include each other in a circle: loop, stream"),
    ("test not built", {"tests/unit/list_test.c": ""}, "tests/unit/list_test.c: not in tests/unit/meson.build"),
    ("fuzzer not built", {"tests/fuzz/yaml_fuzz.c": ""}, "tests/fuzz/yaml_fuzz.c: not in tests/fuzz/meson.build"),
]


def faults_of(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            if text is None:
                continue
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return list(includes_check.faults(root))


class IncludesCheckTest(unittest.TestCase):
    def test_sound_tree_passes(self):
        self.assertEqual(faults_of(SOUND), [])

    def test_empty_tree_fails(self):
        self.assertEqual(len(faults_of({})), 1)

    def test_rooms_above_one_another_are_no_circle(self):
        rooms = {"include/liteginx/net/tcp.h": '#include "liteginx/net/loop.h"\n#include "liteginx/net/list.h"\n',
                 "include/liteginx/net/loop.h": '#include "liteginx/net/list.h"\n', "include/liteginx/net/list.h": ""}
        self.assertEqual(faults_of({**SOUND, **rooms}), [])

    def test_planted_faults_are_named(self):
        for name, planted, fault in PLANTED:
            with self.subTest(name):
                self.assertIn(fault, faults_of({**SOUND, **planted}))


if __name__ == "__main__":
    unittest.main()
