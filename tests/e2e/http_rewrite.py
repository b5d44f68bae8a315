"""What upstream sees of the path when a route rewrites (BEHAVIOUR: Routing, the table of rewrites)."""
import pytest
from harness import http


def echo_target(request):
    seen = request.target.encode("latin-1")
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(seen) + seen


@pytest.mark.parametrize("path, match, rewrite, pairs", [
    ("/two", "prefix", "/", {"/two": "/", "/two/": "/", "/two?q=1": "/?q=1", "/two/x": "/x", "/two//x": "//x",
                             "/two/?q": "/?q", "/two/a/b/": "/a/b/"}),
    ("/foo", "prefix", "/xyz", {"/foo": "/xyz", "/foo/": "/xyz/", "/foo/bar": "/xyz/bar"}),
    ("/foo", "prefix", "/xyz/", {"/foo": "/xyz", "/foo/": "/xyz/", "/foo/bar": "/xyz/bar"}),
    ("/foo/", "prefix", "/xyz", {"/foo": "/xyz", "/foo/": "/xyz/", "/foo/bar": "/xyz/bar"}),
    ("/", "prefix", "/base", {"/": "/base/", "/a": "/base/a"}),
    ("/u/{id}", "prefix", "/user/{id}", {"/u/7/posts": "/user/7/posts", "/u/7": "/user/7", "/u/7?x": "/user/7?x",
                                         "/u/a%2Fb": "/user/a%2Fb", "/u/%7e": "/user/~"}),
    ("/{a}/{b}", "prefix", "/{b}-{a}", {"/x/y": "/y-x", "/x/y/z": "/y-x/z"}),
    ("/img-{id}.png", "exact", "/i/{id}", {"/img-7.png": "/i/7"}),
    ("/old/{*rest}", "prefix", "/new/{rest}", {"/old/a/b": "/new/a/b", "/old/a/": "/new/a/", "/old/a?q": "/new/a?q"}),
    ("/a", "exact", "/b", {"/a": "/b", "/a?q=1": "/b?q=1"}),
    ("/a", "exact", "/b/", {"/a": "/b/"}),
    ("/sp ace".replace(" ", "%20"), "exact", "/%7e/%e4", {"/sp%20ace": "/~/%E4"}),
    ("/lit", "exact", "/{{x}}", {"/lit": "/%7Bx%7D"}),
])
def test_rewrite(lab, path, match, rewrite, pairs):
    backend = lab.backend(reply=echo_target)
    client = lab.client(lab.proxy(http(path, backend.port, match=match, rewrite=rewrite)))
    assert {target: client.get(target).text for target in pairs} == pairs


@pytest.mark.parametrize("target, status", [("/x/a", 200), ("/x/.", 404), ("/x/%2e%2e", 404), ("/x/..%2Fb", 200)])
def test_dot_segments_never_come_in_by_a_parameter(lab, target, status):
    """`/x/.` is `/x/` already when routes are looked up: no segment is left for the parameter."""
    backend = lab.backend(reply=echo_target)
    client = lab.client(lab.proxy(http("/x/{p}", backend.port, rewrite="/y/{p}")))
    assert client.get(target).status == status


@pytest.mark.parametrize("target", ["/x/pre-..", "/x/pre-%2e%2e", "/x/pre-."])
def test_dot_segment_that_only_the_rewrite_makes_is_refused(lab, target):
    backend = lab.backend(reply=echo_target)
    client = lab.client(lab.proxy(http("/x/pre-{p}", backend.port, rewrite="/y/{p}")))
    assert client.get(target).status == 400
    assert backend.requests == []


def test_without_rewrite_the_path_stays(lab):
    backend = lab.backend(reply=echo_target)
    client = lab.client(lab.proxy(http("/one", backend.port)))
    assert [client.get(target).text for target in ("/one", "/one/", "/one/x?y")] == ["/one", "/one/", "/one/x?y"]
