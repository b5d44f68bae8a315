#!/usr/bin/env python3
"""liteginx beside the other proxies of this machine, on loopback: `./dev bench proxies` (Linux).

Each proxy has one worker, on a processor of its own where there are two; clients and upstream share another. All stay up and take
turns: in each round every proxy runs every scenario once, in another order, so that what the machine does besides
hits all alike. CPU time is user + system time of all processes of a proxy per answer; it is what to compare. Requests
per second and p99 also depend on the clients, which wait for each answer. Ratios are to nginx in the same round; the table
has medians over the rounds, and the smallest and largest CPU time. The others get the shortest configuration that keeps
connections open, logs nothing and writes nothing to files; liteginx logs nothing either, but sets Via and X-Forwarded-* as always.
"""
import argparse
import contextlib
import datetime
import itertools
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORIGIN_HTTP, ORIGIN_TCP, FIRST_PORT = 22100, 22101, 22110
BASELINE = "nginx"
CONNECTIONS = 64

# name: what it is, arguments of load, the listener it goes to
SCENARIOS = {
    "small": ("GET, 13 bytes", ["http"], ["/one"]),
    "rewrite": ("GET, 13 bytes, /two rewritten to /", ["http"], ["/two"]),
    "64k": ("GET, 64 KiB", ["http"], ["/64k"]),
    "post": ("POST of 16 KiB", ["http"], ["/one", "16384"]),
    "tcp": ("one byte there and back", ["tcp"], []),
}


def liteginx_command(folder, http, tcp, program):
    (folder / "bench.yaml").write_text(f"""name: bench
spec:
  - {{kind: http, path: /, listen: {http}, targets: [{{host: 127.0.0.1, port: {ORIGIN_HTTP}}}]}}
  - {{kind: http, path: /two, rewrite: /, listen: {http}, targets: [{{host: 127.0.0.1, port: {ORIGIN_HTTP}}}]}}
  - {{kind: tcp, listen: {tcp}, targets: [{{host: 127.0.0.1, port: {ORIGIN_TCP}}}]}}
---
settings:
  access_log: "off"
  workers: 1
""")
    return [program, "--config", folder], {}


def nginx_command(folder, http, tcp, program):
    module = next((path for path in ("/usr/lib/nginx/modules/ngx_stream_module.so",
                                     "/usr/lib64/nginx/modules/ngx_stream_module.so") if os.path.exists(path)), None)
    built_in = "--with-stream " in subprocess.run([program, "-V"], stderr=subprocess.PIPE, text=True).stderr + " "
    temporary = "\n".join(f"  {kind}_temp_path {folder}/{kind};"
                          for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    stream = f"stream {{ server {{ listen 127.0.0.1:{tcp}; proxy_pass 127.0.0.1:{ORIGIN_TCP}; }} }}"
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"""
{f'load_module {module};' if module and not built_in else ''}
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off;
{temporary}
  keepalive_requests 1000000000;
  client_body_buffer_size 64k; # else it writes these bodies to a file
  upstream origin {{ server 127.0.0.1:{ORIGIN_HTTP}; keepalive 128; keepalive_requests 1000000000; }}
  proxy_buffers 8 32k; # with the default ones, 64 KiB and a head go to a file
  proxy_max_temp_file_size 0;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  server {{
    listen 127.0.0.1:{http};
    location / {{ proxy_pass http://origin; }}
    location /two {{ proxy_pass http://origin/; }}
  }}
}}
{stream if module or built_in else ''}
""")
    return [program, "-c", folder / "nginx.conf", "-e", "stderr"], {}


def haproxy_command(folder, http, tcp, program):
    (folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend http
  mode http
  bind 127.0.0.1:{http}
  default_backend origin
backend origin
  mode http
  http-request replace-path ^/two/?(.*) /\\1 if {{ path_beg /two }}
  server one 127.0.0.1:{ORIGIN_HTTP} pool-max-conn 128
listen tcp
  mode tcp
  bind 127.0.0.1:{tcp}
  server one 127.0.0.1:{ORIGIN_TCP}
""")
    return [program, "-db", "-q", "-f", folder / "haproxy.cfg"], {}


def caddy_command(folder, http, _, program):
    (folder / "Caddyfile").write_text(f"""{{
  admin off
  auto_https off
  log {{
    level ERROR
  }}
}}
:{http} {{
  bind 127.0.0.1
  handle_path /two* {{
    reverse_proxy 127.0.0.1:{ORIGIN_HTTP}
  }}
  reverse_proxy 127.0.0.1:{ORIGIN_HTTP}
}}
""")
    environment = {"GOMAXPROCS": "1", "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return [program, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"], environment


OTHERS = {"nginx": nginx_command, "haproxy": haproxy_command, "caddy": caddy_command}


class Program:
    """A running program, with what its processes have used so far."""

    def __init__(self, command, cpu, log, environment=None):
        pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
        with open(log, "ab") as out:
            self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env={**os.environ, **(environment or {})}, preexec_fn=pin)

    def pids(self):
        found = [self.process.pid]
        for pid in found:
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    found += [int(child) for child in task.read_text().split()]
        return found

    def cpu_us(self):
        total_ns = 0
        for pid in self.pids():
            for schedule in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    total_ns += int(schedule.read_text().split()[0])
        return total_ns / 1000

    def memory_kib(self):
        """Pages that are its own, and its share of those that it has in common with others."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
        return total

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def answers(port, limit=5.0):
    """Waits until somebody listens there."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.02)
    return False


class Contest:
    def __init__(self, given):
        cpus = sorted(os.sched_getaffinity(0))
        self.proxy_cpu, self.load_cpu = (cpus[0], cpus[1]) if len(cpus) > 1 else (None, None)
        self.given = given
        self.programs, self.ports, self.results = {}, {}, {}

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="liteginx-bench-"))
        self.origin = Program([self.given.tools / "origin", ORIGIN_HTTP, ORIGIN_TCP], self.load_cpu, self.folder / "origin.log")
        if not answers(ORIGIN_HTTP) or self.origin.process.poll() is not None:
            raise SystemExit("bench: the upstream did not start: " + (self.folder / "origin.log").read_text())
        self.start("liteginx", liteginx_command, self.given.program)
        for name, command in OTHERS.items():
            if program := shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"):
                self.start(name, command, program)
        return self

    def start(self, name, command, program):
        folder = self.folder / name
        folder.mkdir()
        http = FIRST_PORT + 2 * len(self.programs)
        line, environment = command(folder, http, http + 1, program)
        log = self.folder / f"{name}.log"
        started = Program(line, self.proxy_cpu, log, environment)
        if not answers(http):
            started.stop()
            print(f"bench: {name} did not start, it is left out:\n{log.read_text()[-500:]}", file=sys.stderr)
            return
        self.programs[name] = started
        self.ports[name] = {"http": http, "tcp": http + 1 if answers(http + 1, 0.2) else None}

    def __exit__(self, *_):
        for program in [*self.programs.values(), self.origin]:
            program.stop()
        shutil.rmtree(self.folder)

    def run(self):
        names = list(self.programs)
        for number in range(-1, self.given.rounds):  # the first one only warms up
            first = max(number, 0) % len(names)
            for scenario, name in itertools.product(self.given.scenarios, names[first:] + names[:first]):
                if not self.ports[name][SCENARIOS[scenario][1][0]]:
                    continue
                measured = self.measure(scenario, name, 0.2 if number < 0 else self.given.seconds)
                if number >= 0 and measured:
                    self.results.setdefault(scenario, {}).setdefault(name, {})[number] = measured

    def measure(self, scenario, name, seconds):
        _, kind, more = SCENARIOS[scenario]
        program = self.programs[name]
        command = [self.given.tools / "load", *kind, self.ports[name][kind[0]], CONNECTIONS, round(seconds * 1000), *more]
        pin = (lambda: os.sched_setaffinity(0, {self.load_cpu})) if self.load_cpu is not None else None
        before = program.cpu_us()
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, preexec_fn=pin,
                              timeout=seconds + 30)
        measured = json.loads(done.stdout)
        if not measured["answers"]:
            print(f"bench: {name} answered nothing in {scenario}", file=sys.stderr)
            return None
        measured["cpu_us"] = (program.cpu_us() - before) / measured["answers"]
        measured["rate"] = measured["answers"] / measured["seconds"]
        measured["memory_mib"] = program.memory_kib() / 1024
        return measured

    def table(self):
        yield ["scenario", "proxy", "CPU µs", "× nginx", "min..max", "requests/s", "× nginx", "p99 µs", "× nginx", "MiB", "× nginx",
               "errors"]
        for scenario, results in self.results.items():
            for name, rounds in results.items():
                def cell(key, digits=0):
                    middle = statistics.median(one[key] for one in rounds.values())
                    base = results.get(BASELINE, {})
                    ratios = [one[key] / base[number][key] for number, one in rounds.items() if number in base]
                    return [f"{middle:,.{digits}f}", f"{statistics.median(ratios):.2f}" if ratios else "–"]
                cpu = [one["cpu_us"] for one in rounds.values()]
                yield [scenario, name, *cell("cpu_us", 1), f"{min(cpu):.1f}..{max(cpu):.1f}", *cell("rate"), *cell("p99_us"),
                       *cell("memory_mib", 1), str(sum(one["errors"] for one in rounds.values()))]


def versions(contest):
    for name in contest.programs:
        flag = {"nginx": "-v", "haproxy": "-v", "caddy": "version"}.get(name, "--version")
        program = contest.given.program if name == "liteginx" else \
            shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        said = subprocess.run([program, flag], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        yield f"{name} " + re.search(r"\d+\.\d+[.\d]*", said)[0]


def machine():
    model = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return f"{datetime.date.today()}, {model[1] if model else platform.machine()}, {os.cpu_count()} processors, " \
           f"Linux {platform.release().split('-')[0]}, load at the start {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build" / "liteginx", type=pathlib.Path)
    parser.add_argument("--tools", default=ROOT / "build-test" / "tests" / "bench", type=pathlib.Path,
                        help="where load and origin are")
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--seconds", default=1.0, type=float, help="of each measurement")
    parser.add_argument("--scenarios", default=list(SCENARIOS), type=lambda text: text.split(","), help=",".join(SCENARIOS))
    given = parser.parse_args()
    if unknown := set(given.scenarios) - set(SCENARIOS):
        parser.error(f"no such scenario: {' '.join(unknown)}; there are {' '.join(SCENARIOS)}")
    if platform.system() != "Linux":
        raise SystemExit("bench: what the programs have used is read from /proc: Linux only")
    about = machine()
    with Contest(given) as contest:
        print(f"{about}; {', '.join(versions(contest))}")
        print(f"{given.rounds} rounds of {given.seconds:g} s, {CONNECTIONS} connections, one worker each; "
              + "; ".join(f"{name}: {SCENARIOS[name][0]}" for name in given.scenarios) + "\n", flush=True)
        contest.run()
        rows = list(contest.table())
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    before = None
    for row in rows:
        if before not in (None, "scenario", row[0]):
            print()
        before = row[0]
        print("  ".join(text.ljust(width) if column < 2 else text.rjust(width)
                        for column, (text, width) in enumerate(zip(row, widths))))


if __name__ == "__main__":
    main()
