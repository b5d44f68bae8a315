"""A target's name that led to an address, was used, and then is gone, or leads elsewhere (BEHAVIOUR: Names): what was known
serves on, a failing connect makes us look again, and who is held is served where the name leads to then."""
import pytest
from harness import Backend, Names, http, refusing_port


@pytest.fixture
def names(lab):
    return Names(lab.folder, **{"app.test": "127.0.0.1"})


def served(lab, names, **more):
    """A proxy that has used the name once."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", ("app.test", backend.port), **more), env=names.env, settings={"upstream_idle": 0})
    client = lab.client(proxy)
    assert client.get("/before").status == 200 and names.asked == 1
    return backend, proxy, client


def test_what_was_known_serves_on(lab, names):
    """Its target is restarted while the name is gone: looked up in vain, found where it was."""
    backend, proxy, client = served(lab, names, hold="5s")
    names.tell({})
    assert client.get("/gone").status == 200
    backend.stop()
    client.send(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
    names.wait_asked(2)
    backend.start()
    assert client.response().status == 200


def test_target_gone_with_its_name_is_502(lab, names):
    backend, proxy, client = served(lab, names, hold="0s")
    names.tell({})
    backend.stop()
    lab.keep(refusing_port(port=backend.port))
    answer = client.get("/gone")
    assert answer.status == 502 and f"app.test:{backend.port} of test-ingress cannot be reached" in answer.text
    assert f"app.test:{backend.port} " in proxy.log.wait_for("/gone .*502").string
    while names.asked < 2:  # at most once a second
        assert client.get("/still").status == 502
    assert client.get("/after").status == 502


@pytest.mark.parametrize("gone_between", [True, False], ids=["gone_between", "at_once"])
def test_name_that_comes_back_elsewhere(lab, names, gone_between):
    """As a container does that is made anew: who waits meanwhile is served by the new one."""
    backend, proxy, client = served(lab, names, hold="10s")
    backend.stop()
    lab.keep(refusing_port(port=backend.port))
    elsewhere = lab.keep(Backend(host="127.0.0.2", port=backend.port))
    names.tell({} if gone_between else {"app.test": "127.0.0.2"})
    client.send(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
    if gone_between:
        names.wait_asked(2)
        names.tell({"app.test": "127.0.0.2"})
    assert client.response().status == 200
    assert elsewhere.request.target == "/held" and [request.target for request in backend.requests] == ["/before"]
    looked = names.asked
    assert [client.get("/after").status for _ in range(3)] == [200] * 3 and names.asked == looked
