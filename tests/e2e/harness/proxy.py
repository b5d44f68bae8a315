"""The program under test as a process: its configuration, its ports, its output, its end."""
import contextlib
import fcntl
import os
import re
import resource
import signal
import subprocess
import termios
import threading
import time
import uuid

from .settings import BINARY, LIMIT, SANITIZED, STANDS_IN, STOP_LIMIT, WORKERS
from .stand_in import real_pid

HAS_PROC = os.path.isdir("/proc/self")
READY = re.compile(r"liteginx \S+ ready in \d+ ?ms")
URL = re.compile(r"\b(https?|tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(\d+)")
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|UndefinedBehavior)")


def environment(extra=None):
    """What the program gets to see: nothing that could change its behaviour by accident."""
    env = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                                                  "TSAN_OPTIONS", "LITEGINX_WINE", "LITEGINX_EXE")
           if key in os.environ}
    env["TZ"] = "UTC"
    if SANITIZED:
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    env.update(extra or {})
    return env


def ps(pid, field):
    """What `ps` says of a process, where there is no /proc."""
    return subprocess.run(["ps", "-o", f"{field}=", "-p", str(pid)], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def control_terminal():
    """For a new process whose standard input is a terminal: that one controls it, and its end is told with SIGHUP, even
    where the tests were started with nohup."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def run_program(*args, env=None, cwd=None, **more):
    """Run to the end; returns the completed process with stdout and stderr as text."""
    done = subprocess.run([str(BINARY), *map(str, args)], env=environment(env), cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT * 2, text=True,
                          errors="backslashreplace", **more)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


class Lines:
    """Lines of one output stream, read by a thread, to be waited for."""

    def __init__(self, stream):
        self.lines, self.ended, self.changed = [], False, threading.Condition()
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, pattern, count=1, timeout=LIMIT, seen=0):
        """The count-th line from line number `seen` on in which `pattern` is found, as a match."""
        deadline = time.monotonic() + timeout
        pattern = re.compile(pattern)
        with self.changed:
            while True:
                found = [match for line in self.lines[seen:] if (match := pattern.search(line))]
                if len(found) >= count:
                    return found[count - 1]
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    why = "the output ended" if self.ended else f"{timeout:g} s went by"
                    raise AssertionError(f"{why} without {count} × {pattern.pattern!r} in:\n" + "\n".join(self.lines))
                self.changed.wait(left)

    @property
    def text(self):
        with self.changed:
            return "\n".join(self.lines)


class Proxy:
    """`config`: one configuration text, or {file name: text}, written into `folder`; None: what is there already. No
    folder: none is named.

    Started at once; ready when the constructor returns. `descriptors`: how many it may have, at most; with these few it
    chooses the number of workers itself. `workers`: how many it is told to have, whatever LITEGINX_WORKERS says.
    """

    def __init__(self, folder, config=None, args=(), env=None, wait=True, verb=(), stdout=subprocess.PIPE, cwd=None,
                 descriptors=None, workers=None):
        self.folder = folder
        for name, text in ({"test.yaml": config} if isinstance(config, str) else config or {}).items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None
        # A session of its own: the signals of a terminal do not reach it, only the test's.
        command = [str(BINARY), *verb, *(["--config", str(folder)] if folder else []), *map(str, args)]
        if workers or WORKERS and not descriptors:
            command += ["--workers", str(workers or WORKERS)]
        self.token = uuid.uuid4().hex
        variables = {**environment(env), **({"LITEGINX_RUN": self.token} if STANDS_IN else {})}
        self.process = subprocess.Popen(command, env=variables, cwd=cwd, stdin=subprocess.DEVNULL,
                                        stdout=stdout, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=limit)
        self.err = Lines(self.process.stderr)
        self.log = Lines(self.process.stdout) if self.process.stdout else None
        self.stopped = False
        self.urls, self.banner_lines = [], 0
        if wait:
            try:
                self.wait_ready()
            except BaseException:
                self.kill()
                raise

    def wait_ready(self):
        try:
            self.err.wait_for(READY)
        except AssertionError as error:
            raise AssertionError(f"exit status {self.process.poll()}: {error}") from None
        self.urls = [(kind, host, int(port)) for kind, host, port in URL.findall(self._listener_lines())]

    def _listener_lines(self):
        lines = self.err.text.split("\n")
        self.banner_lines = next(number for number, line in enumerate(lines) if READY.search(line)) + 1
        return "\n".join(lines[: self.banner_lines])

    def wait_held(self, port):
        """Waits for the line that says that somebody waits for the target on this port."""
        return self.err.wait_for(rf":{port}\b", seen=self.banner_lines).string

    @property
    def port(self):
        """The port of the only listener."""
        # A bare port is bound for both families; a target may be shown as a URL too, after its listener.
        assert self.urls, f"no listener in the banner:\n{self.err.text}"
        return self.urls[0][2]

    @property
    def pid(self):
        return real_pid(self.token) if STANDS_IN else self.process.pid

    def resident_kib(self):
        if not HAS_PROC:
            return int(ps(self.pid, "rss"))
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])

    def check_alive(self):
        assert self.process.poll() is None, f"it died with status {self.process.poll()}:\n{self.err.text}"

    def cpu_ms(self):
        """Time that all its threads have computed, in the program and in the system on its behalf."""
        if not HAS_PROC:
            minutes, seconds = ps(self.pid, "time").split(":")[-2:]  # in hundredths of a second
            return (int(minutes) * 60 + float(seconds)) * 1000
        total_ns = 0
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{thread}/schedstat", encoding="ascii") as stat:
                total_ns += int(stat.read().split()[0])
        return total_ns / 1e6

    def descriptors(self):
        """What is open: a sorted list of what each descriptor leads to, sockets without their numbers."""
        found = []
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                found.append(os.readlink(f"/proc/{self.pid}/fd/{name}").split("[")[0].split(":")[0])
            except FileNotFoundError:  # closed in this moment
                pass
        return sorted(found)

    def dealt(self, clients):
        """The clients by the worker that serves them: a list for each event queue of the process, whose watched descriptors
        the system tells, as it tells the address behind each."""
        fds = {}
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):  # closed in this moment
                fds[int(name)] = os.readlink(f"/proc/{self.pid}/fd/{name}")
        ends = {}
        for table in ("tcp", "tcp6"):
            with open(f"/proc/{self.pid}/net/{table}", encoding="ascii") as lines:
                for words in [line.split() for line in lines][1:]:
                    ends[f"socket:[{words[9]}]"] = tuple(int(end.rpartition(":")[2], 16) for end in words[1:3])
        by_ends = {(client.sock.getpeername()[1], client.sock.getsockname()[1]): client for client in clients}
        workers = []
        for queue in sorted(fd for fd, link in fds.items() if link == "anon_inode:[eventpoll]"):
            with open(f"/proc/{self.pid}/fdinfo/{queue}", encoding="ascii") as queue_info:
                watched = [int(fd) for fd in re.findall(r"^tfd:\s*(\d+)", queue_info.read(), re.M)]
            served = [by_ends.get(ends.get(fds.get(fd))) for fd in watched]
            workers.append([client for client in served if client])
        return workers

    @contextlib.contextmanager
    def paused(self):
        """It stands still meanwhile: what happens in here, it sees all at once afterwards."""
        self.signal(signal.SIGSTOP)
        self._wait_state("T")
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def wait_asleep(self):
        """Waits until its only worker has dealt with all that has come so far, and waits for more."""
        self._wait_state("S")

    def _wait_state(self, state):
        deadline = time.monotonic() + LIMIT
        while self._state() != state:
            assert time.monotonic() < deadline, f"state {self._state()}, {state} was due"
            time.sleep(0.001)

    def _state(self):
        if not HAS_PROC:
            return ps(self.pid, "state")[0].replace("I", "S")  # I: asleep for long
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def signal(self, number):
        if STANDS_IN and number in (signal.SIGSTOP, signal.SIGCONT):
            os.kill(self.pid, number)
        else:
            self.process.send_signal(number)

    def wait_exit(self, timeout=STOP_LIMIT):
        """Waits for the end; returns the exit status."""
        status = self.process.wait(timeout)
        self.err.thread.join(LIMIT)
        if self.log:
            self.log.thread.join(LIMIT)
        self.stopped = True
        assert not SANITIZER.search(self.err.text), self.err.text
        return status

    def stop(self):
        """Asks it to stop as a terminal would; it must do so cleanly. May be called twice."""
        if self.stopped:
            return
        self.signal(signal.SIGTERM)
        try:
            status = self.wait_exit(LIMIT * 2)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not stop after SIGTERM; stderr:\n{self.err.text}") from None
        assert status == 0, f"exit status {status}; stderr:\n{self.err.text}"

    def kill(self):
        self.stopped = True
        self.process.kill()
        self.process.wait(LIMIT)
