#!/usr/bin/env python3
"""How many instructions one more request costs liteginx, libraries included, the kernel not: the difference of two runs under
valgrind's callgrind, of 200 and of 2,200 requests on one connection. Unlike time it does not depend on what else the
machine does; it does depend on compiler and options.

    tests/bench/instructions.py [--functions N] [PROGRAM [KIND…]]      default: build/liteginx, all kinds

--functions also names the N costliest functions of each kind, with their own instructions per request (needs a program
that knows names: -Dbuildtype=debugoptimized, or -Ddebug=true beside a release's options).
"""
import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from harness import Backend, Client, TcpBackend, http, ingress, tcp  # noqa: E402

FEW, MANY = 200, 2200
SMALL = b"GET %s HTTP/1.1\r\nHost: test.localhost\r\n\r\n"
BROWSER = SMALL[:-2] + (
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8\r\n"
    b"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n"
    b"Cookie: session=0123456789abcdef0123456789abcdef\r\nUpgrade-Insecure-Requests: 1\r\n\r\n")
POST = b"POST /one HTTP/1.1\r\nHost: test.localhost\r\nContent-Length: 16384\r\n\r\n" + b"x" * 16384
ONE = [{"path": "/one"}]
THOUSAND = [{"path": f"/api/v1/service-{number}/items"} for number in range(1000)]

# name: (routes, settings, request)
KINDS = {
    "get": (ONE, {}, SMALL % b"/one"),
    "browser": (ONE, {}, BROWSER % b"/one"),
    "rewrite": ([{"path": "/two", "rewrite": "/"}], {}, SMALL % b"/two"),
    "routes": (THOUSAND, {}, SMALL % b"/api/v1/service-500/items/7"),
    "log": (ONE, {"access_log": "text"}, SMALL % b"/one"),
    "post": (ONE, {}, POST),
    "tcp": (None, {}, b"x"),
}


def run(program, kind, requests, folder):
    """One run; returns callgrind's file."""
    routes, settings, request = KINDS[kind]
    backend = TcpBackend() if routes is None else Backend()
    try:
        specs = [tcp(backend.port)] if routes is None else [http(to=backend.port, **route) for route in routes]
        config = folder / "config"
        config.mkdir(exist_ok=True)
        (config / "bench.yaml").write_text(ingress(*specs, settings={"access_log": "off", **settings}))
        counts = folder / f"{kind}-{requests}"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}", str(program), "--config", str(config),
                   "--workers", "1"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True) as process:
            try:
                client = Client(ready_port(process), timeout=30)
                for _ in range(requests):
                    client.send(request)
                    client.read_exact(1) if routes is None else client.response()
                client.close()
            finally:
                process.terminate()
                process.communicate(timeout=60)
        return counts
    finally:
        backend.close()


def ready_port(process):
    port, said = None, []
    for line in process.stderr:
        said.append(line)
        port = port or re.match(r"(?:http|tcp)://.*?:(\d+)\b", line)
        if " ready in " in line:
            return int(port[1])
    raise SystemExit("instructions: it did not start:\n" + "".join(said))


def total(counts):
    return int(re.search(r"^(?:totals|summary): (\d+)", counts.read_text(), re.M)[1])


def functions(counts):
    """Own instructions by function, read from callgrind's file: lines `fn=(number) name`, then `place cost`; the cost behind
    a `calls=` line is the callee's."""
    names, found, current, callee = {}, collections.Counter(), None, False
    for line in counts.read_text().splitlines():
        if match := re.match(r"c?fn=\((\d+)\)(?: (.*))?", line):
            names.setdefault(match[1], match[2])
            if line.startswith("fn="):
                current = names[match[1]]
        elif line.startswith("calls="):
            callee = True
        elif line[:1] in tuple("+-*0123456789"):
            if not callee:
                found[current] += int(line.split()[1])
            callee = False
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", type=int, default=0, metavar="N")
    parser.add_argument("program", nargs="?", default=ROOT / "build" / "liteginx", type=pathlib.Path)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=" ".join(KINDS))
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(KINDS):
        parser.error(f"no such kind: {' '.join(unknown)}; there are {' '.join(KINDS)}")
    if not shutil.which("valgrind"):
        raise SystemExit("instructions: there is no valgrind")
    with tempfile.TemporaryDirectory(prefix="liteginx-bench-") as name:
        for kind in given.kinds or KINDS:
            few, many = (run(given.program, kind, requests, pathlib.Path(name)) for requests in (FEW, MANY))
            print(f"{kind:10} {(total(many) - total(few)) / (MANY - FEW):10,.0f}", flush=True)
            if given.functions:
                difference = functions(many)
                difference.subtract(functions(few))
                for function, count in difference.most_common(given.functions):
                    print(f"  {count / (MANY - FEW):12,.1f}  {function}")


if __name__ == "__main__":
    main()
