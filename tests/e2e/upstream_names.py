"""How targets are found (BEHAVIOUR: Names): localhost on both families, late names, literal addresses."""
import time

import pytest
from harness import Backend, blackhole, http, tcp

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def both(lab):
    """Two backends on one port number, [::1] and 127.0.0.1; nobody listens yet."""
    for _ in range(20):
        four = Backend(reply=OK, listening=False)
        try:
            six = Backend(reply=OK, host="::1", port=four.port, listening=False)
        except OSError:
            four.close()
            continue
        return lab.keep(six), lab.keep(four)
    raise AssertionError("no port is free in both families")


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "app.localhost", "a.b.localhost"])
@pytest.mark.parametrize("family", [6, 4])
def test_localhost_is_found_on_either_family(lab, name, family):
    six, four = both(lab)
    (six if family == 6 else four).start()
    client = lab.client(lab.proxy(http("/", (name, four.port))))
    started = time.monotonic()
    assert [client.get("/").status for _ in range(3)] == [200] * 3
    assert time.monotonic() - started < 2.5
    assert len((six if family == 6 else four).connections) == 1


def test_localhost_moves_to_the_other_family_with_a_restart(lab):
    """The address that answered is remembered, and given up when it refuses."""
    six, four = both(lab)
    six.start()
    client = lab.client(lab.proxy(http("/", ("localhost", four.port), hold="5s")))
    assert client.get("/").status == 200
    six.stop()
    four.start()
    assert [client.get("/").status for _ in range(3)] == [200] * 3
    assert len(four.requests) == 3


@pytest.mark.parametrize("dead", [6, 4])
def test_next_address_is_tried_after_a_quarter_of_a_second(lab, dead):
    """One family gives no answer at all: the other one serves, and is remembered."""
    six, four = both(lab)
    alive, silent = (four, six) if dead == 6 else (six, four)
    silent.close_listener()
    lab.keep(blackhole(silent.host, silent.port))
    alive.start()
    client = lab.client(lab.proxy(http("/", ("localhost", four.port)), settings={"upstream_idle": 0}))
    started = time.monotonic()
    assert client.get("/").status == 200
    assert time.monotonic() - started < 2.5
    started = time.monotonic()
    assert [client.get("/").status for _ in range(20)] == [200] * 20  # 5 s if each tried the silent one first
    assert time.monotonic() - started < 2.5


def test_tcp_to_localhost(lab):
    six, four = both(lab)
    six.script = lambda connection: connection.send(b"six")
    six.start()
    assert lab.client(lab.proxy(tcp(("localhost", four.port)))).read_to_end() == b"six"


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_literal_ipv6_target(lab, host):
    backend = lab.backend(host="::1")
    client = lab.client(lab.proxy(http("/", (host, backend.port))))
    assert client.get("/").status == 200


def test_http10_host_of_an_ipv6_target_has_brackets(lab):
    backend = lab.backend(host="::1")
    client = lab.client(lab.proxy(http("/", ("::1", backend.port))))
    assert client.ask(b"GET / HTTP/1.0\r\n\r\n").status == 200
    assert backend.request.get("Host") == f"[::1]:{backend.port}"


def test_unresolved_name_does_not_stop_the_start_and_is_502(lab):
    client = lab.client(lab.proxy(http("/", ("no-such-name.invalid", 80), hold="0s")))
    response = client.get("/")
    assert response.status == 502
    assert "no-such-name.invalid" in response.text
    assert "spelled right" in response.text and "is it running" not in response.text  # the advice fits


def test_unresolved_name_goes_to_the_next_target(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", [("no-such-name.invalid", 80), ("127.0.0.1", backend.port)], hold="5s")))
    assert [client.get("/").status for _ in range(3)] == [200] * 3


def test_unresolved_name_holds(lab):
    proxy = lab.proxy(http("/", ("no-such-name.invalid", 80), hold="600ms"))
    started = time.monotonic()
    assert lab.client(proxy).get("/").status == 502
    assert 0.5 < time.monotonic() - started < 5
