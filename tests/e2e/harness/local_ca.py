"""A local CA in a home of the test's own, the programs that its verbs may find there, and servers with leaves of that CA. What is
signed here is signed by OpenSSL's program with the CA's key, as somebody could who has stolen it."""
import functools
import os
import pathlib
import shutil
import queue
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time

import pytest

from .proxy import run_program
from .settings import LIMIT


@functools.lru_cache(maxsize=None)
def has_tls():
    return "without TLS" not in run_program("env", "--posix", env={"HOME": os.devnull}).stderr


def need(*programs):
    """Skips the test where one of them is not installed."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")


class Home:
    """Programs are found in `bin` alone: links to real ones, or stand-ins that write down what they were asked for."""

    def __init__(self, folder):
        if not has_tls():
            pytest.skip("this liteginx was built without TLS")
        self.path, self.bin, self.work = folder / "home", folder / "bin", folder / "work"
        for each in (self.path, self.bin, self.work):
            each.mkdir()
        self.asked = folder / "asked"
        self.data = self.path / ("Library/Application Support" if sys.platform == "darwin" else ".local/share") / "liteginx"
        self.ca = self.data / "ca"

    def link(self, *programs):
        need(*programs)
        for program in programs:
            (self.bin / program).symlink_to(shutil.which(program))

    def stand_in(self, name, script="exit 0"):
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.asked}"\n{script}\n')
        path.chmod(0o755)

    def commands(self):
        return self.asked.read_text().splitlines() if self.asked.exists() else []

    def run(self, *args, **env):
        return run_program(*args, cwd=self.work, env={"HOME": str(self.path), "PATH": str(self.bin), **env})

    def make(self):
        done = self.run("env")
        assert done.returncode == 0, done.stderr

    def nss(self, folder):
        """An NSS database; `certutil` must be linked."""
        path = self.path / folder
        path.mkdir(parents=True)
        subprocess.run(["certutil", "-N", "--empty-password", "-d", f"sql:{path}"], check=True)
        return path

    def root_name(self):
        done = subprocess.run(["openssl", "x509", "-in", self.ca / "root.pem", "-noout", "-subject", "-nameopt", "multiline"],
                              check=True, stdout=subprocess.PIPE, text=True)
        return next(line.split("=", 1)[1].strip() for line in done.stdout.splitlines() if "commonName" in line)

    def sign(self, folder, *names):
        """A leaf for `names` by the intermediate's key: [its certificate, its key, the chain]."""
        files = [folder / f"{names[0]}.{ending}" for ending in ("pem", "key", "chain", "csr", "ext")]
        leaf, key, chain, request, extensions = map(str, files)
        kinds = ["IP:" + name if name[0].isdigit() or ":" in name else "DNS:" + name for name in names]
        files[4].write_text(f"subjectAltName={','.join(kinds)}\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n")
        quiet = {"check": True, "stderr": subprocess.DEVNULL}
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=x",
                        "-keyout", key, "-out", request], **quiet)
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", self.ca / "intermediate.pem", "-CAkey",
                        self.ca / "intermediate-key.pem", "-set_serial", str(time.time_ns()), "-days", "30", "-extfile",
                        extensions, "-out", leaf], **quiet)
        shutil.copy(self.ca / "intermediate.pem", chain)
        return leaf, key, chain

    def snapshot(self):
        """All files below the home, with their bytes and modes."""
        found = {}
        for path in sorted(pathlib.Path(self.path).rglob("*")):
            status = path.lstat()
            found[str(path)] = (stat.S_IMODE(status.st_mode), path.read_bytes() if path.is_file() else None)
        return found


class TlsServer:
    """`openssl s_server -www`: a page for each GET."""

    def __init__(self, leaf, key, chain):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", leaf, "-key", key,
                                         "-cert_chain", chain, "-www", "-quiet"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), LIMIT).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, "openssl s_server does not start"
                time.sleep(0.02)

    def close(self):
        self.process.kill()
        self.process.wait()


class Witness:
    """A server that says what a client makes of its certificate: `said` holds "GET /path" of one that takes it, and what the
    alert was of one that does not."""

    def __init__(self, leaf, key, chain):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with open(leaf, encoding="ascii") as first, open(chain, encoding="ascii") as rest:
            whole = pathlib.Path(leaf + ".whole")
            whole.write_text(first.read() + rest.read())
        self.context.load_cert_chain(whole, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.said = queue.Queue()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(LIMIT)
        try:
            with self.context.wrap_socket(connection, server_side=True) as secure:
                line = secure.recv(65536).split(b"\r\n")[0].decode("latin-1")
                if line:
                    self.said.put(line.rsplit(" ", 1)[0])
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        except ssl.SSLError as error:
            self.said.put(f"refused: {error.reason}")
        except OSError:
            pass

    def close(self):
        self.listener.close()
