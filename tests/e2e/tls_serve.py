"""TLS from clients: BEHAVIOUR "TLS". What holds in plain holds there, too: ./dev test over-tls runs those tests over it."""
import signal
import socket
import ssl
import struct
import subprocess
import threading

import pytest
from harness import Certificate, Client, CutShort, client_context, free_port, http, ingress, openssl, run_program, tcp

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Certificates of one authority: a.test, *.b.test, c.test, and one of another authority for clients."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = Certificate(folder, "authority", authority=True)
    clients = Certificate(folder, "clients", authority=True)
    text = clients.certificate.read_text()
    (folder / "two.pem").write_text(text + text.replace("MII", "MIX", 1))
    return {
        "folder": folder,
        "authority": authority,
        "a": Certificate(folder, "a", ["a.test", "localhost", "127.0.0.1"], authority),
        "b": Certificate(folder, "b", ["*.b.test"], authority),
        "c": Certificate(folder, "c", ["c.test"], authority),
        "clients": clients,
        "client": Certificate(folder, "client", issuer=clients, subject="/O=Müller \\+ Söhne/CN=some one",
                              extra=["-utf8"]),
        "stranger": Certificate(folder, "stranger", issuer=authority),
    }


def document(name, specs, tls, **more):
    return ingress(*specs, name=name, tls=tls, **more)


def secure(lab, made, backend, settings=None, **tls):
    text = document("a", [http("/", backend.port)], {**made["a"].tls, **tls}, settings=settings)
    return lab.proxy(config=text)


def connect(lab, proxy, made, name="a.test", **more):
    context = client_context(made["authority"], **more)
    return lab.client(proxy, tls=context, name=name)


def served(client, host="a.test", target="/"):
    return client.get(target, host)


# --- what is spoken ---

@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_requests_and_what_targets_are_told(lab, made, version):
    backend = lab.backend()
    proxy = secure(lab, made, backend)
    client = connect(lab, proxy, made, version=version)
    for _ in range(3):
        assert served(client).status == 200
    request = backend.requests[-1]
    assert request.get("X-Forwarded-Proto") == "https"
    assert request.get("X-Forwarded-Port") == str(proxy.port)
    assert client.sock.tls.selected_alpn_protocol() == "http/1.1"
    assert len(backend.connections) == 1


def test_banner_says_https(lab, made):
    proxy = secure(lab, made, lab.backend())
    assert proxy.urls[0][0] == "https"


def test_large_bodies_both_ways(lab, made):
    body = bytes(range(256)) * 40000
    backend = lab.backend(reply=lambda request: (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body)
                                                 + request.body))
    client = connect(lab, secure(lab, made, backend), made)
    answer = client.request("POST", "/", "a.test", body)
    assert answer.body == body and backend.requests[0].body == body


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_old_versions_are_refused(lab, made, version):
    proxy = secure(lab, made, lab.backend())
    done = openssl_client(proxy.port, f"-tls1_{version[2]}" if version != "1.0" else "-tls1", "-cipher", "ALL:@SECLEVEL=0")
    assert b"alert protocol version" in done or b"no protocols available" in done
    if b"alert" in done:
        assert "no version of TLS that is allowed" in proxy.log.wait_for("TLS").string


def openssl_client(port, *words, given=b""):
    """What `openssl s_client` says, whatever it thinks of it."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *words], input=given,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False)
    return done.stdout


def test_min_version(lab, made):
    proxy = secure(lab, made, lab.backend(), min_version="1.3")
    assert served(connect(lab, proxy, made, version=ssl.TLSVersion.TLSv1_3)).status == 200
    with pytest.raises(ssl.SSLError):
        connect(lab, proxy, made, version=ssl.TLSVersion.TLSv1_2)


def test_no_new_handshake_within_a_connection(lab, made):
    proxy = secure(lab, made, lab.backend())
    said = openssl_client(proxy.port, "-tls1_2", "-servername", "a.test", given=b"R\n")
    assert b"RENEGOTIATING" in said and b"no renegotiation" in said


def test_no_early_data(lab, made):
    """What comes before the handshake is done could come twice."""
    proxy = secure(lab, made, lab.backend())
    said = openssl_client(proxy.port, "-tls1_3", "-servername", "a.test", "-ign_eof",
                          given=b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
    assert b"Max Early Data: 0" in said


# --- protocols by ALPN ---

@pytest.mark.parametrize("offered", [[], ["http/1.1"], ["foo", "http/1.1"]], ids=["none", "one", "two"])
def test_http_by_alpn(lab, made, offered):
    client = connect(lab, secure(lab, made, lab.backend()), made, alpn=offered)
    assert client.sock.tls.selected_alpn_protocol() == ("http/1.1" if offered else None)
    assert served(client).status == 200


def test_who_speaks_something_else_is_refused(lab, made):
    proxy = secure(lab, made, lab.backend())
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        connect(lab, proxy, made, alpn=["imap"])
    assert "ALPN" in proxy.log.wait_for("TLS").string


# --- names ---

def three_documents(lab, made, **of_c):
    backends = {name: lab.backend() for name in "abc"}
    texts = {f"{name}.yaml": document(name, [http("/", backends[name].port, host=host)], tls)
             for name, host, tls in (("a", "a.test", made["a"].tls), ("b", "*.b.test", made["b"].tls),
                                     ("c", "c.test", {**made["c"].tls, **of_c}))}
    port = free_port()
    proxy = lab.proxy(config={name: text.replace("listen: 0", f"listen: {port}") for name, text in texts.items()})
    return backends, proxy


@pytest.mark.parametrize("name, shown", [("a.test", "a"), ("x.b.test", "b"), ("c.test", "c"), ("C.TEST", "c"),
                                         ("unknown.test", "a"), (None, "a")])
def test_the_name_chooses_the_certificate(lab, made, name, shown):
    _, proxy = three_documents(lab, made)
    context = client_context(None)
    client = lab.client(proxy, tls=context, name=name)
    presented = ssl.DER_cert_to_PEM_cert(client.sock.tls.getpeercert(binary_form=True))
    assert presented.strip() in made[shown].certificate.read_text()


def test_a_host_of_another_document_is_served_over_the_same_connection(lab, made):
    """Certificates may cover each other's names; what a document asks of clients is asked by it alone."""
    backends, proxy = three_documents(lab, made)
    client = connect(lab, proxy, made, "a.test")
    assert served(client, "c.test").status == 200 and backends["c"].requests


def test_a_host_that_asks_for_more_wants_a_connection_of_its_own(lab, made):
    backends, proxy = three_documents(lab, made, client_ca=str(made["clients"].certificate))
    client = connect(lab, proxy, made, "a.test")
    answer = served(client, "c.test")
    assert answer.status == 421 and not backends["c"].requests
    assert "c.test" in proxy.log.wait_for(" 421 ").string
    assert served(client, "a.test").status == 200


def test_documents_may_share_a_certificate(lab, made, tmp_path):
    """The host decides what is asked of a client: both names are in both certificates."""
    wild = Certificate(tmp_path, "wild", ["*.w.test"], made["authority"])
    backends, port = [lab.backend(), lab.backend()], free_port()
    tls = [wild.tls, {**wild.tls, "client_ca": str(made["clients"].certificate)}]
    proxy = lab.proxy(config={f"{name}.yaml": document(name, [http("/", backend.port, listen=port, host=f"{name}.w.test")], keys)
                              for name, backend, keys in zip(("app", "admin"), backends, tls)})
    plain = lab.client(proxy, tls=client_context(made["authority"]), name="app.w.test")
    assert served(plain, "app.w.test").status == 200 and served(plain, "admin.w.test").status == 421
    known = lab.client(proxy, tls=client_context(made["authority"], certificate=made["client"]), name="admin.w.test")
    assert served(known, "admin.w.test").status == 200


# --- certificates of clients ---

def test_client_certificate(lab, made):
    backend = lab.backend()
    proxy = secure(lab, made, backend, client_ca=str(made["clients"].certificate))
    client = lab.client(proxy, tls=client_context(made["authority"], certificate=made["client"]), name="a.test")
    answer = client.get("/", "a.test", X_Client_Cert_Subject="CN=forged", x_client_cert_subject="CN=forged too")
    assert answer.status == 200
    told = backend.requests[0].head.all("X-Client-Cert-Subject")
    assert told == ["CN=some one,O=M\\C3\\BCller \\+ S\\C3\\B6hne"]


def test_an_intermediate_vouches_by_itself(lab, made, tmp_path):
    middle = Certificate(tmp_path, "middle", issuer=made["clients"], authority=True)
    leaf = Certificate(tmp_path, "leaf", issuer=middle)
    backend = lab.backend()
    proxy = secure(lab, made, backend, client_ca=str(middle.certificate))
    assert served(lab.client(proxy, tls=client_context(made["authority"], certificate=leaf), name="a.test")).status == 200


def test_no_proxy_in_front_speaks_for_a_client(lab, made):
    backend = lab.backend()
    proxy = secure(lab, made, backend, settings={"trusted_proxies": ["127.0.0.1"]}, client_ca=str(made["clients"].certificate))
    assert lab.client(proxy).get("/", "a.test", X_Forwarded_Proto="https").status == 307
    assert not backend.requests


@pytest.mark.parametrize("which", ["nobody", "stranger"])
def test_client_without_a_certificate_that_counts(lab, made, which):
    backend = lab.backend()
    proxy = secure(lab, made, backend, client_ca=str(made["clients"].certificate))
    context = client_context(made["authority"], certificate=None if which == "nobody" else made["stranger"])
    with pytest.raises((ssl.SSLError, ConnectionResetError, CutShort)):
        served(lab.client(proxy, tls=context, name="a.test"))
    assert "client_ca" in proxy.log.wait_for("TLS").string
    assert not backend.requests


def test_own_field_is_dropped_without_client_ca(lab, made):
    backend = lab.backend()
    plain = lab.client(lab.proxy(http("/", backend.port)))
    assert plain.get("/", X_Client_Cert_Subject="CN=forged").status == 200
    assert "X-Client-Cert-Subject" not in backend.requests[0]


# --- plain and TLS on one port ---

def test_plain_requests_are_sent_to_https(lab, made):
    backend = lab.backend()
    proxy = secure(lab, made, backend)
    plain = lab.client(proxy)
    answer = plain.ask(f"POST /x//y?a=b&c=%7e HTTP/1.1\r\nHost: a.test:{proxy.port}\r\nContent-Length: 2\r\n\r\nab")
    assert (answer.status, answer.get("Location")) == (307, f"https://a.test:{proxy.port}/x//y?a=b&c=%7e")
    assert "Strict-Transport-Security" not in answer
    assert plain.get("/again", f"a.test:{proxy.port}").status == 307
    assert not backend.requests
    assert "redirect to https://" in proxy.log.wait_for("POST").string


def test_plain_request_without_a_host_cannot_be_sent_there(lab, made):
    proxy = secure(lab, made, lab.backend())
    answer = lab.client(proxy).ask("GET / HTTP/1.0\r\n\r\n")
    assert answer.status == 400 and b"https://" in answer.body


def test_a_document_without_tls_answers_on_both(lab, made):
    port, hidden, open_one = free_port(), lab.backend(), lab.backend()
    proxy = lab.proxy(config={
        "a.yaml": document("a", [http("/secret", hidden.port, listen=port)], made["a"].tls),
        "b.yaml": document("b", [http("/open", open_one.port, listen=port)], None)})
    plain, over_tls = lab.client(proxy), connect(lab, proxy, made)
    assert [plain.get(path, "a.test").status for path in ("/open", "/secret")] == [200, 307]
    assert [over_tls.get(path, "a.test").status for path in ("/open", "/secret")] == [200, 200]
    assert [r.get("X-Forwarded-Proto") for r in open_one.requests] == ["http", "https"]


def test_what_a_trusted_proxy_had_by_https_is_not_sent_away(lab, made):
    backend = lab.backend()
    proxy = secure(lab, made, backend, settings={"trusted_proxies": ["127.0.0.1"]})
    assert lab.client(proxy).get("/", "a.test", X_Forwarded_Proto="https").status == 200


@pytest.mark.parametrize("scheme, over_tls, status", [("https", True, 200), ("http", True, 400), ("https", False, 400)])
def test_absolute_form_names_the_scheme_that_is_spoken(lab, made, scheme, over_tls, status):
    backend = lab.backend()
    proxy = secure(lab, made, backend)
    client = connect(lab, proxy, made) if over_tls else lab.client(proxy)
    assert client.ask(f"GET {scheme}://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n").status == status


# --- TCP ---

def test_tcp_is_terminated(lab, made):
    backend = lab.tcp_backend(lambda connection: connection.wait_test())
    proxy = lab.proxy(config=document("a", [tcp(backend.port)], made["a"].tls))
    client = connect(lab, proxy, made, alpn=None)
    client.send(b"hello")
    target = backend.wait_connections(1)[0]
    assert target.read_exact(5) == b"hello"
    target.send(b"world")
    assert client.read_exact(5) == b"world"
    client.shutdown()
    assert target.read_to_end() == b""
    target.send(b"late")
    target.close()
    assert client.read_to_end() == b"late"


def test_tcp_target_that_speaks_first(lab, made):
    """A server's greeting goes out as soon as hands are shaken."""
    backend = lab.tcp_backend(lambda connection: connection.send(b"220 hello\r\n"))
    proxy = lab.proxy(config=document("a", [tcp(backend.port)], made["a"].tls))
    assert connect(lab, proxy, made, alpn=None).read_until(b"\n") == b"220 hello\r\n"


def test_plain_bytes_to_a_tcp_listener_under_tls(lab, made):
    backend = lab.tcp_backend()
    proxy = lab.proxy(config=document("a", [tcp(backend.port)], made["a"].tls))
    client = lab.client(proxy)
    client.send(b"hello")
    client.expect_reset()
    assert "does not speak TLS" in proxy.log.wait_for("TLS").string
    assert not backend.connections


def test_tcp_is_one_or_the_other(made, tmp_path):
    (tmp_path / "a.yaml").write_text(document("a", [tcp(1, listen=4000)], made["a"].tls))
    (tmp_path / "b.yaml").write_text(document("b", [tcp(2, listen=4000)], None))
    done = run_program("check", "--config", tmp_path)
    assert done.returncode == 1 and "is plain here, and TLS at" in done.stderr


# --- ends ---

def test_half_close_waits_for_its_answer(lab, made):
    backend = lab.backend()
    client = connect(lab, secure(lab, made, backend), made)
    client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    client.shutdown()
    assert client.response().status == 200
    client.expect_end()


def test_end_without_goodbye_cuts_an_upload(lab, made):
    """Anybody on the way could have ended it: the target must not take it for the whole."""
    backend = lab.backend(lambda connection: connection.wait_test())
    client = connect(lab, secure(lab, made, backend), made)
    client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    target = backend.wait_connections(1)[0]
    assert target.read_until(b"hello\r\n")
    client.sock.sock.shutdown(socket.SHUT_RDWR)
    target.expect_closed()


def test_close_says_goodbye(lab, made):
    """To a strict client an end without close_notify is an attack."""
    backend = lab.backend(lambda connection: (connection.request(), connection.send(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end")))
    client = connect(lab, secure(lab, made, backend), made)
    answer = client.ask(b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
    assert answer.body == b"until the end"


def test_cut_answer_says_no_goodbye(lab, made):
    backend = lab.backend(lambda connection: (connection.request_head(), connection.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"), connection.reset()))
    client = connect(lab, secure(lab, made, backend), made)
    with pytest.raises((CutShort, ConnectionResetError)):
        client.ask(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")


def test_idle_connection_is_told_goodbye(lab, made):
    client = connect(lab, secure(lab, made, lab.backend(), settings={"keep_alive": "200ms"}), made)
    assert served(client).status == 200
    client.expect_end()


@pytest.mark.parametrize("size", [5000, 7777, 16384])
def test_half_closed_upload_that_waits_is_whole(lab, made, size):
    """What OpenSSL holds of a record counts as here, while the target takes nothing yet."""
    body, go_on = bytes(i * 7 & 255 for i in range(3_200_000)), threading.Event()

    def script(connection):
        head = connection.request_head()
        go_on.wait(20)
        got = connection.read_exact(int(head.get("Content-Length")))
        connection.send(OK if got == body else b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    proxy = secure(lab, made, lab.backend(script, narrow=True), settings={"half_close": "10s"})
    client = connect(lab, proxy, made)

    def send():
        client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), size):
            client.sock.sendall(body[at:at + size])
        client.shutdown()

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    sender.join(3)  # until it is stuck, or all is on its way: then the client is looked at once a second
    threading.Event().wait(1.5)
    go_on.set()
    sender.join(20)
    assert client.response().status == 200


# --- what comes in pieces, late, or not at all ---

def test_hello_cut_at_each_byte(lab, made):
    """However it is cut, it is waited for; and who leaves in the middle leaves nothing."""
    proxy = secure(lab, made, lab.backend())
    context = client_context(made["authority"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    shaking = context.wrap_bio(incoming, outgoing, server_hostname="a.test")
    with pytest.raises(ssl.SSLWantReadError):
        shaking.do_handshake()
    hello = outgoing.read()
    for cut in range(1, len(hello), 7):
        client = Client(proxy.port)
        client.send(hello[:cut])
        client.shutdown()
        client.expect_closed()
        client.reset()
    assert served(connect(lab, proxy, made)).status == 200


def test_records_of_one_byte(lab, made):
    backend = lab.backend()
    client = connect(lab, secure(lab, made, backend), made)
    for byte in b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n":
        client.sock.sendall(bytes([byte]))
    assert client.response().status == 200


@pytest.mark.parametrize("size", [1, 2, 16383, 16384, 16385, 65536, 262143, 262144, 300001])
def test_answers_of_each_size(lab, made, size):
    body = bytes(i * 7 & 255 for i in range(size))
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body)
    client = connect(lab, secure(lab, made, backend), made)
    assert served(client).body == body
    assert served(client).body == body


def test_slow_handshake_is_ended(lab, made):
    proxy = secure(lab, made, lab.backend(), settings={"header_timeout": "300ms"})
    silent, begun = lab.client(proxy), lab.client(proxy)
    begun.send(b"\x16\x03\x01")
    silent.expect_closed()
    begun.expect_closed()
    proxy.log.wait_for("TLS .* too slow")


def test_what_is_no_tls_behind_its_first_byte(lab, made):
    proxy = secure(lab, made, lab.backend())
    client = lab.client(proxy)
    client.send(b"\x16\x03\x01\xff\xff" + bytes(1000))
    client.expect_closed()
    assert "not TLS" in proxy.log.wait_for("TLS").string


def test_who_does_not_trust_it_is_told_of(lab, made):
    proxy = secure(lab, made, lab.backend())
    with pytest.raises(ssl.SSLError):
        lab.client(proxy, tls=client_context(made["clients"]), name="a.test")
    assert "does not trust the certificate" in proxy.log.wait_for("TLS").string


def test_reader_that_stops_holds_up_its_target(lab, made):
    """Backpressure goes through: what nobody reads is not read from the target."""
    sent = []

    def flood(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try:
            while len(sent) < 1000:
                connection.send(bytes(100000))
                sent.append(1)
        except OSError:
            pass

    backend = lab.backend(flood)
    proxy = secure(lab, made, backend)
    client = connect(lab, proxy, made)
    client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    assert client.read_until(b"\r\n\r\n")
    event = threading.Event()
    while True:
        before = len(sent)
        event.wait(0.5)
        if len(sent) == before:
            break
    assert len(sent) < 400  # of 1,000: what the systems' buffers hold
    client.read_exact(50_000_000)


# --- resumption ---

@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("workers", [1, 3])
def test_sessions_are_resumed(lab, made, version, workers):
    """By whichever worker takes the next connection."""
    proxy = lab.proxy(config=document("a", [http("/", lab.backend().port)], made["a"].tls), workers=workers)
    context = client_context(made["authority"], version=version)
    session = None
    for round_ in range(8):
        client = lab.client(proxy, tls=context, name="a.test", session=session)
        assert served(client).status == 200
        assert client.sock.tls.session_reused == (round_ > 0)
        session = client.sock.tls.session


def test_a_session_counts_for_its_own_document_alone(lab, made):
    """Else a session without a client's certificate would open what asks for one."""
    _, proxy = three_documents(lab, made, client_ca=str(made["clients"].certificate))
    context = client_context(None, version=ssl.TLSVersion.TLSv1_2)
    first = lab.client(proxy, tls=context, name="a.test")
    assert served(first).status == 200
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        lab.client(proxy, tls=context, name="c.test", session=first.sock.tls.session)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("authority", [None, "authority"])
def test_a_session_counts_for_its_own_listener_alone(lab, made, version, authority):
    """What another listener has not asked of a client, or has asked it of other authorities, opens nothing here."""
    open_one, hidden = lab.backend(), lab.backend()
    asks = {"client_ca": str(made[authority].certificate)} if authority else {}
    proxy = lab.proxy(config={
        "a.yaml": document("a", [http("/", open_one.port, listen=free_port())], {**made["a"].tls, **asks}),
        "b.yaml": document("b", [http("/", hidden.port, listen=free_port())], {**made["a"].tls, "client_ca": str(made["clients"].certificate)})})
    context = client_context(made["authority"], version=version, certificate=made["stranger"] if authority else None)
    first = lab.client(proxy.urls[0][2], tls=context, name="a.test")
    assert served(first).status == 200
    with pytest.raises((ssl.SSLError, ConnectionResetError, CutShort)):
        served(lab.client(proxy.urls[1][2], tls=context, name="a.test", session=first.sock.tls.session))
    assert not hidden.requests


# --- the configuration ---

def check(tmp_path, tls, specs=None):
    (tmp_path / "x.yaml").write_text(document("x", specs or [http("/", 3000, listen=5443, host="a.test")], tls))
    return run_program("check", "--config", tmp_path / "x.yaml")


def test_good_pair_is_fine(made, tmp_path):
    done = check(tmp_path, made["a"].tls)
    assert (done.returncode, done.stderr) == (0, "")


BAD = [
    ("another_key", lambda m: {"certificate": m["a"].certificate, "key": m["b"].key}, "does not belong"),
    ("swapped", lambda m: {"certificate": m["a"].key, "key": m["a"].certificate}, "PEM|certificate"),
    ("no_certificate", lambda m: {"certificate": "/nowhere.pem", "key": m["a"].key}, "no such file"),
    ("no_key", lambda m: {"certificate": m["a"].certificate, "key": "/nowhere.key"}, "no such file"),
    ("certificate_alone", lambda m: {"certificate": m["a"].certificate}, "'certificate' needs 'key'"),
    ("key_alone", lambda m: {"key": m["a"].key}, "'key' needs 'certificate'"),
    ("no_authority", lambda m: {"certificate": m["a"].certificate, "key": m["a"].key, "client_ca": m["a"].key},
     "no certificate in this file"),
    ("half_an_authority", lambda m: {"certificate": m["a"].certificate, "key": m["a"].key, "client_ca": m["folder"] / "two.pem"},
     "damaged"),
    ("bad_version", lambda m: {"certificate": m["a"].certificate, "key": m["a"].key, "min_version": "1.1"}, "1.2, 1.3|1.3"),
    ("bad_ca", lambda m: {"ca": "public"}, "mkcert"),
]


@pytest.mark.parametrize("tls, words", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_configurations(made, tmp_path, tls, words):
    done = check(tmp_path, {"enabled": True, **{key: str(value) for key, value in tls(made).items()}})
    assert done.returncode == 1 and any(word in done.stderr for word in words.split("|")), done.stderr


def broken(text, how):
    lines = text.splitlines()
    middle = len(lines) // 2
    return {
        "empty": "", "no_end": "\n".join(lines[:-1]), "no_begin": "\n".join(lines[1:]), "half": "\n".join(lines[:middle]),
        "changed": text.replace(lines[middle], lines[middle][::-1]), "not_base64": text.replace(lines[middle], "§" * 10),
        "spaces": "   ", "zeros": "\0" * 100, "der": "\x30\x82\x01\x00", "html": "<html></html>",
    }[how]


@pytest.mark.parametrize("how", ["empty", "no_end", "no_begin", "half", "changed", "not_base64", "spaces", "zeros", "der",
                                 "html"])
@pytest.mark.parametrize("which", ["certificate", "key", "client_ca"])
def test_broken_files(made, tmp_path, which, how):
    """Thirty ways: each is an error with the place of its key, none a surprise later."""
    files = {"certificate": made["a"].certificate, "key": made["a"].key, "client_ca": made["clients"].certificate}
    bad = tmp_path / "bad.pem"
    bad.write_text(broken(files[which].read_text(), how))
    bad.chmod(0o600)
    files[which] = bad
    done = check(tmp_path, {"enabled": True, **{key: str(path) for key, path in files.items()}})
    assert done.returncode == 1 and "x.yaml:" in done.stderr and "error:" in done.stderr, done.stderr


def test_encrypted_key_is_said_so(made, tmp_path):
    key = tmp_path / "locked.key"
    openssl("ec", "-in", made["a"].key, "-aes256", "-passout", "pass:x", "-out", key)
    key.chmod(0o600)
    done = check(tmp_path, {"enabled": True, "certificate": str(made["a"].certificate), "key": str(key)})
    assert done.returncode == 1 and "encrypted" in done.stderr


def test_key_that_others_can_read_is_a_warning(made, tmp_path):
    key = tmp_path / "open.key"
    key.write_text(made["a"].key.read_text())
    key.chmod(0o644)
    done = check(tmp_path, {"enabled": True, "certificate": str(made["a"].certificate), "key": str(key)})
    assert done.returncode == 0 and "others on this machine can read this private key" in done.stderr


def test_host_that_the_certificate_does_not_cover(made, tmp_path):
    done = check(tmp_path, made["a"].tls, [http("/", 3000, listen=5443, host="other.test")])
    assert done.returncode == 0 and "not for the host 'other.test'" in done.stderr


def test_certificate_that_ends_soon(made, tmp_path):
    soon = Certificate(tmp_path, "soon", ["a.test"], made["authority"], days="3")
    done = check(tmp_path, soon.tls)
    assert done.returncode == 0 and "ends on" in done.stderr


def test_disabled_needs_no_files(tmp_path):
    done = check(tmp_path, {"enabled": False, "certificate": "/nowhere", "key": "/nowhere"})
    assert (done.returncode, done.stderr) == (0, "")


# --- at the end ---

def test_drain_lets_a_request_finish(lab, made):
    backend = lab.backend(lambda connection: (connection.request_head(), connection.wait_test()))
    proxy = secure(lab, made, backend)
    client, idle = connect(lab, proxy, made), connect(lab, proxy, made)
    client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    backend.wait_requests(1)
    proxy.signal(signal.SIGTERM)
    idle.expect_end()
    backend.connections[0].send(OK)
    assert client.response().body == b"ok"
    client.expect_end()
    assert proxy.wait_exit() == 0


def test_connections_that_shake_hands_do_not_hold_up_the_end(lab, made):
    proxy = secure(lab, made, lab.backend())
    begun = lab.client(proxy)
    begun.send(struct.pack("!BHH", 0x16, 0x0301, 512))
    lab.client(proxy)
    proxy.stop()
