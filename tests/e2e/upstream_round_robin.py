"""Smooth weighted round robin per route (BEHAVIOUR: Upstreams)."""
from harness import http, tcp


def targets(lab, *weights):
    backends = [lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name)
                for name, _ in zip((b"a", b"b", b"c", b"d"), weights)]
    return backends, [{"host": "127.0.0.1", "port": backend.port, "weight": weight}
                      for backend, weight in zip(backends, weights)]


def answers(client, count, path="/"):
    return "".join(client.get(path).text for _ in range(count))


def test_equal_weights_take_turns(lab):
    _, to = targets(lab, 1, 1, 1)
    assert answers(lab.client(lab.proxy(http("/", to))), 9) == "abcabcabc"


def test_weights_are_spread_smoothly(lab):
    _, to = targets(lab, 5, 1, 1)
    assert answers(lab.client(lab.proxy(http("/", to))), 14) == "aabacaaaabacaa"


def test_order_is_one_for_all_connections(lab):
    _, to = targets(lab, 1, 1)
    proxy = lab.proxy(http("/", to))
    clients = [lab.client(proxy) for _ in range(2)]
    assert "".join(answers(clients[number % 2], 1) for number in range(6)) == "ababab"


def test_each_route_has_its_own_order(lab):
    _, to = targets(lab, 1, 1)
    client = lab.client(lab.proxy(http("/x", to), http("/y", to)))
    assert answers(client, 1, "/x") + answers(client, 1, "/y") + answers(client, 1, "/x") + answers(client, 1, "/y") == "aabb"


def test_weight_zero_is_never_chosen(lab):
    backends, to = targets(lab, 1, 0, 1)
    assert answers(lab.client(lab.proxy(http("/", to))), 6) == "acacac"
    assert backends[1].connections == []


def test_large_weights(lab):
    _, to = targets(lab, 1000, 500)
    got = answers(lab.client(lab.proxy(http("/", to))), 30)
    assert (got.count("a"), got.count("b")) == (20, 10) and "aaa" not in got


def test_tcp_targets_take_turns(lab):
    backends = [lab.tcp_backend(lambda connection, name=name: connection.send(name)) for name in (b"a", b"b")]
    proxy = lab.proxy(tcp([backend.port for backend in backends]))
    got = []
    for _ in range(4):
        got.append(lab.client(proxy).read_to_end())
    assert got == [b"a", b"b", b"a", b"b"]
