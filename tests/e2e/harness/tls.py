"""TLS for tests: certificates that openssl makes, and a socket that speaks TLS as a test says, also only half of it."""
import functools
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

LIFE_DAYS = "30"


def openssl(*words, given=None):
    """What the openssl program prints."""
    done = subprocess.run([shutil.which("openssl") or "openssl", *map(str, words)], input=given, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, f"openssl {' '.join(map(str, words))}: {done.stderr.decode()}"
    return done.stdout


class Certificate:
    """Files with a certificate, its chain, and its key, in PEM."""

    def __init__(self, folder, name, names=(), issuer=None, authority=False, days=LIFE_DAYS, subject=None, extra=()):
        self.certificate, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", days,
                 "-keyout", self.key, "-out", self.certificate, "-subj", subject or f"/CN={name}"]
        if issuer:
            words += ["-CA", issuer.certificate, "-CAkey", issuer.key]
        words += ["-addext", f"basicConstraints=critical,CA:{'TRUE' if authority else 'FALSE'}"]
        if names:
            words += ["-addext", "subjectAltName=" + ",".join(
                ("IP:" if n.replace(".", "").isdigit() or ":" in n else "DNS:") + n for n in names)]
        openssl(*words, *extra)
        self.key.chmod(0o600)

    @property
    def tls(self):
        """The keys of a document's `tls`."""
        return {"enabled": True, "certificate": str(self.certificate), "key": str(self.key)}


@functools.lru_cache(maxsize=1)
def test_authority():
    """One for all tests of a process, with a leaf for all names that they use."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="liteginx-tls-"))
    authority = Certificate(folder, "authority", authority=True)
    leaf = Certificate(folder, "leaf", ["localhost", "*.localhost", "test.localhost", "127.0.0.1", "::1"], authority)
    return authority, leaf


def client_context(authority=None, alpn=("http/1.1",), version=None, certificate=None):
    """Trusts `authority`; None: everybody. `version`: the only one that is offered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = authority is not None
    context.verify_mode = ssl.CERT_REQUIRED if authority else ssl.CERT_NONE
    if authority:
        context.load_verify_locations(authority.certificate)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        context.minimum_version = context.maximum_version = version
    if certificate:
        context.load_cert_chain(certificate.certificate, certificate.key)
    return context


class TlsSocket:
    """A socket over which TLS is spoken, with the methods of one that tests use. An end without close_notify counts as a reset:
    nobody knows who has ended it."""

    def __init__(self, sock, context, name="localhost", session=None, shake=True):
        self.sock, self.incoming, self.outgoing = sock, ssl.MemoryBIO(), ssl.MemoryBIO()
        # OpenSSL's state; the bytes on their way; what one call sends, between which another thread's may not come.
        self.lock, self.sending, self.whole = threading.Lock(), threading.Lock(), threading.Lock()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name, session=session)
        if shake:
            self.shake_hands()

    def shake_hands(self):
        self._until_done(self.tls.do_handshake)

    def _until_done(self, step):
        """Two threads may send and read side by side, as over a plain socket."""
        while True:
            try:
                with self.lock:
                    result = step()
                    made = self.outgoing.read()
                    if made:
                        self.sending.acquire()
                if made:
                    try:
                        self.sock.sendall(made)
                    finally:
                        self.sending.release()
                return result
            except ssl.SSLWantReadError:
                with self.lock:
                    self._send_made(self.outgoing.read())
                piece = self.sock.recv(65536)
                if not piece:
                    raise ConnectionResetError("the connection ended without a word of TLS") from None
                with self.lock:
                    self.incoming.write(piece)
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError:
                with self.lock:
                    self._send_made(self.outgoing.read())
                raise

    def _send_made(self, made):
        if made:
            self.sock.sendall(made)

    def recv(self, room):
        return self._until_done(lambda: self.tls.read(room))

    def sendall(self, data):
        view = memoryview(data)
        with self.whole:
            while len(view):
                taken = self._until_done(lambda: self.tls.write(view[:16384]))
                view = view[taken:]

    def shutdown(self, how):
        if how == socket.SHUT_WR:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass  # the peer's own word of goodbye is not here yet
            self._send_made(self.outgoing.read())
        self.sock.shutdown(how)

    def __getattr__(self, name):
        return getattr(self.sock, name)
