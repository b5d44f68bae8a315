"""Which route wins, and what the path looks like upstream (BEHAVIOUR: Routing). Each route answers with its own name."""
import pytest
from harness import free_port, http, ingress

ROUTES = [
    # name, path, more
    ("one", "/one", {}),
    ("slash", "/trail/", {}),
    ("exact", "/exact", {"match": "exact"}),
    ("exact-x", "/both", {"match": "exact"}),
    ("prefix-x", "/both", {"match": "prefix"}),
    ("seg-static", "/s/a", {}),
    ("seg-param", "/s/{x}/b/c", {}),
    ("lit-long", "/l/{p}bcd", {}),
    ("lit-prefix", "/l/ab{p}", {}),
    ("lit-none", "/l/{p}", {}),
    ("catch", "/l/{*rest}", {}),
    ("img", "/img/img-{id}.png", {}),
    ("tail", "/files/{*rest}", {"match": "exact"}),
    ("tail-end", "/files", {}),
    ("brace", "/br{{x}}", {}),
    ("encoded", "/%7euser/%e4", {}),
    ("host-exact", "/", {"host": "shop.localhost"}),
    ("host-only-path", "/deep", {"host": "deep.shop.localhost"}),
    ("wild-long", "/", {"host": "*.shop.localhost"}),
    ("wild-short", "/w", {"host": "*.localhost"}),
    ("any", "/w", {}),
    ("case", "/Case", {}),
]


@pytest.fixture(scope="module")
def site(shared_lab):
    backends = {name: shared_lab.backend(reply=f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode())
                for name, _, _ in ROUTES}
    proxy = shared_lab.proxy(*[http(path, backends[name].port, **more) for name, path, more in ROUTES])
    return proxy, backends


@pytest.mark.parametrize("host, target, route", [
    ("x", "/one", "one"), ("x", "/one/", "one"), ("x", "/one/x", "one"), ("x", "/one?q", "one"), ("x", "/onex", None),
    ("x", "/on", None), ("x", "/", None), ("x", "//one", None), ("x", "/one//", "one"),
    ("x", "/trail", "slash"), ("x", "/trail/", "slash"), ("x", "/trail/x", "slash"), ("x", "/trailx", None),
    ("x", "/exact", "exact"), ("x", "/exact?q=1", "exact"), ("x", "/exact/", None), ("x", "/exact/x", None),
    ("x", "/both", "exact-x"), ("x", "/both/", "prefix-x"), ("x", "/both/x", "prefix-x"),
    ("x", "/s/a/b/c", "seg-static"), ("x", "/s/q/b/c", "seg-param"), ("x", "/s/q/b/c/d", "seg-param"),
    ("x", "/s/q/b", None), ("x", "/s//b/c", None),
    ("x", "/l/abcd", "lit-long"), ("x", "/l/abx", "lit-prefix"), ("x", "/l/q", "lit-none"), ("x", "/l/ab", "lit-none"),
    ("x", "/l/q/r", "lit-none"), ("x", "/l/", None),
    ("x", "/img/img-7.png", "img"), ("x", "/img/img-7.png/x", "img"), ("x", "/img/img-.png", None),
    ("x", "/img/7.png", None), ("x", "/img/img-7.jpg", None),
    ("x", "/files/a", "tail"), ("x", "/files/a/b/", "tail"), ("x", "/files", "tail-end"), ("x", "/files/", "tail-end"),
    ("x", "/br%7Bx%7D", "brace"), ("x", "/br{x}", "brace"),
    ("x", "/~user/%E4", "encoded"), ("x", "/%7Euser/%e4/b", "encoded"), ("x", "/~user/\xe4", "encoded"),
    ("shop.localhost", "/", "host-exact"), ("SHOP.localhost:81", "/x", "host-exact"),
    ("shop.localhost.", "/", "host-exact"), ("shop.localhost.:81", "/x", "host-exact"), ("shop.localhost:", "/", "host-exact"),
    ("a.shop.localhost.", "/w", "wild-long"),
    ("shop.localhost", "/one", "host-exact"), ("shop.localhost", "/w", "host-exact"),
    ("deep.shop.localhost", "/deep/x", "host-only-path"), ("deep.shop.localhost", "/other", "wild-long"),
    ("a.b.shop.localhost", "/other", "wild-long"), ("a.shop.localhost", "/w", "wild-long"),
    ("other.localhost", "/w", "wild-short"), ("other.localhost", "/one", "one"), ("localhost", "/w", "any"),
    ("xlocalhost", "/w", "any"), ("[::1]:80", "/w", "any"), ("127.0.0.1", "/w", "any"),
    ("x", "/Case", "case"), ("x", "/case", None),
    ("x", "/two/../one", "one"), ("x", "/./one/./", "one"), ("x", "/two/%2e%2E/one", "one"), ("x", "/%6fne", "one"),
    ("x", "/one/..", None), ("x", "/%2Fone", None), ("x", "/one%2Fx", None),
])
def test_winner(site, shared_lab, host, target, route):
    proxy, _ = site
    client = shared_lab.client(proxy)
    response = client.get(target, host=host)
    if route is None:
        assert response.status == 404 and response.text.startswith('{"detail":"not found: no route of this port takes ')
    else:
        assert (response.status, response.text) == (200, route)
    client.close()


@pytest.fixture(scope="module")
def whole(shared_lab):
    """Everything goes to one backend, which answers with the request target it saw."""
    def reply(request):
        seen = request.target.encode("latin-1")
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(seen) + seen
    return shared_lab.proxy(http("/", shared_lab.backend(reply=reply).port))


@pytest.mark.parametrize("target, seen", [
    ("/", "/"), ("/a/b/", "/a/b/"), ("/a//b", "/a//b"), ("/a?b/../c", "/a?b/../c"), ("/?", "/?"), ("/a?%7e%zz", "/a?%7e%zz"),
    ("/%7e%41%2d%5f%2E%30", "/~A-_.0"), ("/%2f%3a%c3%a4", "/%2F%3A%C3%A4"), ("/a/./b/../c", "/a/c"), ("/a/..", "/"),
    ("/a/.", "/a/"), ("/a/b/..", "/a/"), ("/a/%2e%2e/b", "/b"), ("/a/.%2E", "/"), ("/...", "/..."), ("/a/..b", "/a/..b"),
    ("/%0A%09%7f", "/%0A%09%7F"), ('/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"), ("/\xe4\x80", "/%E4%80"),
    ("/a+b;c=d,e!$&'()*@:", "/a+b;c=d,e!$&'()*@:"), ("/a//../b", "/a/b"), ("/x?a=\"<>^`{|}", "/x?a=\"<>^`{|}"),
])
def test_path_is_normalised_query_untouched(whole, shared_lab, target, seen):
    client = shared_lab.client(whole)
    response = client.get(target)
    assert (response.status, response.body.decode("latin-1")) == (200, seen)
    client.close()


@pytest.mark.parametrize("target", ["/..", "/../a", "/a/../../b", "/%2e%2e/a", "/a/%2e./%2E%2e/b", "/%00", "/a%00b", "/%", "/%4",
                                    "/%zz", "/%4g", "/a#b", "/#", "/a?b#c", "/a\x01b", "/a\x7fb", "/a?b\x01", "/a\tb",
                                    "", "a"])
def test_targets_that_are_refused(whole, shared_lab, target):
    client = shared_lab.client(whole)
    assert client.get(target).status == 400
    client.close()


def test_first_of_equal_routes_wins_with_a_warning(lab):
    first, second = lab.backend(), lab.backend()
    text = "name: {}\nspec:\n  - kind: http\n    listen: 127.0.0.1:0\n    path: {}\n    targets:\n      - {{host: 127.0.0.1, port: {}}}\n"
    proxy = lab.proxy(config={"a.yaml": text.format("a", "/u/{id}", first.port),
                              "b.yaml": text.format("b", "/u/{name}/", second.port)})
    assert lab.client(proxy).get("/u/7").status == 200
    assert len(first.requests) == 1 and second.connections == []
    warning = proxy.err.wait_for(r"warning")
    assert "a.yaml:" in warning.string and "b.yaml:" in warning.string


def test_targets_belong_to_their_route_not_to_the_port(lab):
    one, two = lab.backend(), lab.backend()
    client = lab.client(lab.proxy(http("/one", one.port), http("/two", two.port)))
    for _ in range(6):
        client.get("/one")
        client.get("/two")
    assert {request.target for request in one.wait_requests(6)} == {"/one"}
    assert {request.target for request in two.wait_requests(6)} == {"/two"}


def test_one_listener_serves_specs_of_several_files_and_another_its_own(lab):
    port, other = free_port(), free_port()
    backends = [lab.backend() for _ in range(3)]
    lab.proxy(config={
        "a.yaml": ingress(http("/a", backends[0].port, listen=port), name="a"),
        "b.yaml": ingress(http("/b", backends[1].port, listen=port), name="b"),
        "c.yml": ingress(http("/a", backends[2].port, listen=other), name="c"),
        ".hidden.yaml": "not: [valid",
        "notes.txt": "not: [valid"})
    client = lab.client(port)
    assert [client.get(path).status for path in ("/a", "/b", "/c")] == [200, 200, 404]
    client = lab.client(other)
    assert [client.get(path).status for path in ("/a", "/b")] == [200, 404]
    assert [len(backend.requests) for backend in backends] == [1, 1, 1]
