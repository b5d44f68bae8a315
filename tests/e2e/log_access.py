"""The access log: one line an exchange or TCP session, text or JSON, on stdout (BEHAVIOUR: Access log)."""
import json
import re

import pytest
from harness import free_port, http, ingress, refusing_port, tcp

RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)"
DURATION = r"\d+(\.\d+)?(µs|us|ms|s)"


def test_text_line_of_an_exchange(lab):
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 345\r\n\r\n" + b"x" * 345)
    proxy = lab.proxy(http("/two", backend.port, rewrite="/"))
    lab.client(proxy).get("/two/a?q=1")
    line = proxy.log.wait_for("/two").string
    assert re.fullmatch(rf"{RFC3339} GET /two/a\?q=1 200 345B {DURATION} test-ingress → 127\.0\.0\.1:{backend.port} /a\?q=1", line), line


def test_text_shows_host_and_port_where_they_tell(lab):
    """The host where routes have one, the port where there is more than one, the path once where upstream's is the same."""
    backend = lab.backend()
    port, other = free_port(), free_port()
    proxy = lab.proxy(http("/one", backend.port, listen=port, host="shop.localhost"), http("/two", backend.port, listen=other))
    lab.client(port).request("GET", "/one/x", host="shop.localhost:81")
    lab.client(other).request("GET", "/two/x", host="shop.localhost:81")
    way = rf"200 5B {DURATION} test-ingress → 127\.0\.0\.1:{backend.port}$"
    proxy.log.wait_for(rf"^{RFC3339} GET shop\.localhost:{port}/one/x {way}")
    proxy.log.wait_for(rf"^{RFC3339} GET :{other}/two/x {way}")


def test_text_line_without_route(lab):
    proxy = lab.proxy(http("/two", lab.backend().port))
    lab.client(proxy).get("/nowhere")
    line = proxy.log.wait_for("/nowhere").string
    assert re.match(rf"{RFC3339} GET /nowhere 404 \d+B {DURATION} — no route of this port takes ", line), line


def test_text_line_of_a_tcp_session(lab):
    backend = lab.tcp_backend(lambda connection: (connection.read_exact(1229), connection.send(b"y" * 3482), connection.wait_end()))
    port = free_port()
    proxy = lab.proxy(tcp(backend.port, listen=port))
    client = lab.client(port)
    client.send(b"x" * 1229)
    client.read_exact(3482)
    client.close()
    line = proxy.log.wait_for("TCP").string
    assert re.fullmatch(rf"{RFC3339} TCP :{port} 1\.2KiB↑ 3\.4KiB↓ {DURATION} test-ingress → 127\.0\.0\.1:{backend.port} — closed by client", line), line


def test_tcp_session_that_the_target_closes(lab):
    backend = lab.tcp_backend(lambda connection: connection.send(b"bye"))
    proxy = lab.proxy(tcp(backend.port))
    client = lab.client(proxy)
    assert client.read_to_end() == b"bye"
    client.close()
    assert proxy.log.wait_for("TCP").string.endswith("closed by target")


def test_json_line_of_an_exchange(lab):
    backend = lab.backend()
    proxy = lab.proxy(config=ingress(http("/two", backend.port, rewrite="/"), name='shop "1"', settings={"access_log": "json"})
                      .replace('name: shop "1"', "name: 'shop \"1\"'"))
    lab.client(proxy).request("POST", "/two/a?q=1", host="shop.localhost", body=b"1234567")
    record = json.loads(proxy.log.wait_for("/two").string)
    assert set(record) == {"ts", "id", "request_id", "client", "method", "host", "port", "path", "status", "bytes_in", "bytes_out", "duration_ms", "route",
                           "target", "upstream_path", "upstream_ms", "retries", "held_ms", "ending"}
    assert re.fullmatch(RFC3339, record["ts"])
    assert re.match(r"127\.0\.0\.1(:\d+)?$", record["client"])
    assert (record["method"], record["host"], record["path"], record["status"]) == ("POST", "shop.localhost", "/two/a?q=1", 200)
    assert record["port"] == proxy.port
    assert (record["bytes_in"], record["bytes_out"], record["retries"], record["held_ms"]) == (7, 5, 0, 0)
    assert (record["route"], record["target"], record["upstream_path"]) == ('shop "1"', f"127.0.0.1:{backend.port}", "/a?q=1")
    assert record["ending"] == "complete" and 0 <= record["upstream_ms"] <= record["duration_ms"] < 5000


def test_json_ids_differ_and_lines_come_in_order(lab):
    proxy = lab.proxy(http("/", lab.backend().port), settings={"access_log": "json"})
    client = lab.client(proxy)
    for number in range(20):
        client.get(f"/{number}")
    proxy.log.wait_for("/19")
    records = [json.loads(line) for line in proxy.log.lines]
    assert [record["path"] for record in records] == [f"/{number}" for number in range(20)]
    assert len({record["id"] for record in records}) == 20


def test_json_line_of_a_tcp_session(lab):
    backend = lab.tcp_backend()
    proxy = lab.proxy(tcp(backend.port), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(b"abc")
    client.read_exact(3)
    client.close()
    record = json.loads(proxy.log.wait_for("closed").string)
    assert (record["bytes_in"], record["bytes_out"], record["target"]) == (3, 3, f"127.0.0.1:{backend.port}")
    assert (record["route"], record["ending"]) == ("test-ingress", "closed-by-client")


@pytest.mark.parametrize("target, status, ending", [
    ("/nowhere", 404, "no-route"), ("/down", 502, "refused"), ("/slow", 504, "response-timeout"), ("/nonsense", 502, "upstream-nonsense"),
    ("/left", 502, "upstream-left"), ("/%zz", 400, "bad-path"),
])
def test_json_endings(lab, target, status, ending):
    def script(connection):
        request = connection.request()
        if request.target == "/nonsense":
            connection.send(b"nonsense\r\n\r\n")
        if request.target != "/left":
            connection.wait_end()
    backend = lab.backend(script)
    down = lab.keep(refusing_port()).port
    proxy = lab.proxy(http("/down", down, hold="0s"), http("/slow", backend.port, timeouts={"response": "200ms"}),
                      http("/nonsense", backend.port), http("/left", backend.port), settings={"access_log": "json"})
    method = "POST" if target == "/left" else "GET"
    assert lab.client(proxy).request(method, target).status == status
    record = json.loads(proxy.log.wait_for(ending).string)
    assert (record["path"], record["status"], record["ending"]) == (target, status, ending)


def test_held_time_is_told(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
    proxy.wait_held(backend.port)
    assert client.is_silent(0.2)
    backend.start()
    assert client.response().status == 200
    record = json.loads(proxy.log.wait_for("/held").string)
    assert 100 <= record["held_ms"] <= record["duration_ms"] + 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_control_characters_are_escaped(lab, form):
    """Nothing that a client sends may act on the terminal or forge a line."""
    proxy = lab.proxy(http("/two", lab.backend().port), settings={"access_log": form})
    lab.client(proxy).ask(b"GET /x\x1b[31m\xff\x80 HTTP/1.1\r\nHost: x\r\n\r\n")
    lab.client(proxy).ask(b"GET /a\"b\\c\xe2\x80\xa8\xc2\x9b HTTP/1.1\r\nHost: \xc2\x9bx\r\n\r\n")
    lab.client(proxy).get("/last")
    proxy.log.wait_for("/last")
    for line in proxy.log.lines:
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", line), ascii(line)
        if form == "json":
            json.loads(line)
        else:
            assert re.match(RFC3339, line), ascii(line)


def test_off_means_off(lab):
    proxy = lab.proxy(http("/", lab.backend().port), settings={"access_log": "off"})
    assert lab.client(proxy).get("/").status == 200
    proxy.stop()
    assert proxy.log.lines == []


def test_head_and_options_and_1xx_bytes(lab):
    """bytes_out counts the body only."""
    proxy = lab.proxy(http("/", lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").port), settings={"access_log": "json"})
    lab.client(proxy).request("HEAD", "/head")
    assert json.loads(proxy.log.wait_for("/head").string)["bytes_out"] == 0


def test_pipelined_and_chunked_bytes(lab):
    proxy = lab.proxy(http("/", lab.backend().port), settings={"access_log": "json"})
    lab.client(proxy).ask(b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
    assert json.loads(proxy.log.wait_for("/c").string)["bytes_in"] == 7
