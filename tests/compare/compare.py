"""Plays the attack list against liteginx, nginx and HAProxy, each a plain reverse proxy in front of the same upstream.

usage: compare.py [--markdown] [--only TEXT] [--times N]     exit status 1 if liteginx fails a case

Each attack is played N times (5): what a proxy answers may depend on how far its own forwarding had come, and one time
through is through.

A proxy that is not installed is left out, and said so. A cell is `+` (held) or `-` (not), and what happened. LITEGINX names
the program to test, as for the end-to-end tests. nginx and HAProxy get the configuration that their own documentation gives
for a proxy with WebSocket support, and both set X-Forwarded-For anew, as liteginx does.
"""
import argparse
import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/e2e"), str(pathlib.Path(__file__).resolve().parent)]

from attacks import ATTACKS, BEYOND_RFC  # noqa: E402
from harness import Proxy, free_port, http, ingress  # noqa: E402
from harness.settings import BINARY  # noqa: E402
from judge import Arena, Recorder  # noqa: E402

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream app {{ server 127.0.0.1:{upstream}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""

HAPROXY = """
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:{port}
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  default_backend app
backend app
  server app 127.0.0.1:{upstream}
"""


class Other:
    """A proxy that is not ours, as a process."""

    def __init__(self, folder, text, command):
        self.port, self.recorder = free_port(), Recorder()
        (folder / "conf").write_text(text.format(folder=folder, port=self.port, upstream=self.recorder.port))
        self.process = subprocess.Popen([*command, str(folder / "conf")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=(folder / "stderr").open("wb"))

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Ours:
    def __init__(self, folder):
        self.recorder = Recorder()
        self.process = Proxy(folder, ingress(http("/", self.recorder.port)))
        self.port = self.process.port

    def stop(self):
        self.process.stop()


def version_of(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return next(word for word in done.stdout.replace("/", " ").split() if word[0].isdigit())


def starters():
    """name, version, function from a folder to a running proxy; only what is installed."""
    yield "liteginx", version_of(str(BINARY), "--version"), Ours
    for name, flag, text, arguments in (("nginx", "-v", NGINX, ["-c"]), ("haproxy", "-v", HAPROXY, ["-f"])):
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin")
        if path is None:
            print(f"{name} is not installed: left out", file=sys.stderr)
            continue
        yield name, version_of(path, flag), lambda folder, text=text, path=path, arguments=arguments: Other(folder, text, [path, *arguments])


def play_all(proxy, names, times, results):
    """The worst of all times counts."""
    arena = Arena(proxy.port, proxy.recorder)
    for name in names * times:
        try:
            result = arena.play(ATTACKS[name])
        except OSError as error:
            result = (False, f"{type(error).__name__}")
        if name not in results or not result[0]:
            results[name] = result


def wait_until_up(port):
    from harness import Client
    for _ in range(100):
        try:
            Client(port).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def print_table(names, versions, results, markdown):
    if markdown:
        print("| attack | " + " | ".join(versions) + " |\n|---|" + "---|" * len(versions))
    else:
        print(f"{'':60} " + " ".join(f"{version:28}" for version in versions))
    for name in names:
        cells = [("+ " if results[v][name][0] else "- ") + results[v][name][1] for v in versions]
        if markdown:
            print("| " + " | ".join(cell.replace("|", "\\|") for cell in [name, *cells]) + " |")
        else:
            print(f"{name:60} " + " ".join(f"{ascii(cell)[1:-1]:28.28}" for cell in cells))


def print_totals(names, versions, results, markdown):
    groups = collections.OrderedDict()
    for name in names:
        groups.setdefault(name.split(":")[0], []).append(name)
    print()
    if markdown:
        print("| group | cases | " + " | ".join(versions) + " |\n|---|---|" + "---|" * len(versions))
    duties = [name for name in names if name not in BEYOND_RFC]
    for group, members in [*groups.items(), ("all", list(names)), ("all but tricks that no RFC forbids", duties)]:
        counts = [sum(results[v][name][0] for name in members) for v in versions]
        if markdown:
            print(f"| {group} | {len(members)} | " + " | ".join(map(str, counts)) + " |")
        else:
            print(f"{group:20} {len(members):5} cases, held: " + ", ".join(f"{v} {c}" for v, c in zip(versions, counts)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    parser.add_argument("--only", default="", metavar="TEXT", help="only attacks whose name holds TEXT")
    parser.add_argument("--times", type=int, default=5, metavar="N", help="play each N times, the worst counts (5)")
    options = parser.parse_args()
    names = [name for name in ATTACKS if options.only in name]
    with tempfile.TemporaryDirectory() as top:
        proxies, results = {}, {}
        for name, version, start in starters():
            folder = pathlib.Path(top, name)
            folder.mkdir()
            proxies[f"{name} {version}"] = start(folder)
        try:
            threads = []
            for version, proxy in proxies.items():
                wait_until_up(proxy.port)
                results[version] = {}
                threads.append(threading.Thread(target=play_all, args=(proxy, names, options.times, results[version])))
                threads[-1].start()
            for thread in threads:
                thread.join()
        finally:
            for proxy in proxies.values():
                proxy.stop()
    versions = list(results)
    print_table(names, versions, results, options.markdown)
    print_totals(names, versions, results, options.markdown)
    return 0 if all(good for good, _ in results[versions[0]].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
