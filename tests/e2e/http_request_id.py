"""One id follows a request from client to target and log (BEHAVIOUR: HTTP/1.1, "To upstream")."""
import json
import re

from harness import free_port, http, ingress

UUID_V7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def start(lab):
    backend = lab.backend()
    proxy = lab.proxy(config=ingress(http("/", backend.port), settings={"access_log": "json"}))
    return backend, proxy, lab.client(proxy)


def logged(proxy, path):
    return json.loads(proxy.log.wait_for(path).string)


def test_who_has_none_gets_one(lab):
    backend, proxy, client = start(lab)
    ids = []
    for number in range(20):
        assert client.request("GET", f"/{number}").status == 200
        assert len(backend.requests[-1].head.all("X-Request-Id")) == 1
        ids.append(backend.requests[-1].head.get("X-Request-Id"))
        assert UUID_V7.fullmatch(ids[-1]), ids[-1]
        assert logged(proxy, f'"/{number}"')["request_id"] == ids[-1]
    assert len(set(ids)) == len(ids) and ids == sorted(ids)


def test_a_clients_own_passes_as_it_is(lab):
    backend, proxy, client = start(lab)
    assert client.request("GET", "/own", x_request_ID="abc 1").status == 200
    assert [field for field in backend.requests[-1].head.fields if field[0].lower() == "x-request-id"] == [("x-request-ID", "abc 1")]
    assert logged(proxy, "/own")["request_id"] == "abc 1"


def test_an_empty_one_in_front_of_another_is_none(lab):
    backend, proxy, client = start(lab)
    client.ask(b"GET /two HTTP/1.1\r\nHost: a\r\nX-Request-Id: \r\nX-Request-Id: second\r\n\r\n")
    assert backend.requests[-1].head.all("X-Request-Id") == ["second"] and logged(proxy, "/two")["request_id"] == "second"


def test_a_rule_under_another_spelling_takes_the_clients(lab):
    """What is logged is what the target got."""
    backend = lab.backend()
    route = http("/", backend.port, headers={"request": {"set": {"X_Request_Id": "rule"}}})
    proxy = lab.proxy(config=ingress(route, settings={"access_log": "json"}))
    lab.client(proxy).request("GET", "/alias", X_Request_Id="client")
    got = backend.requests[-1].head.all("X-Request-Id")
    assert len(got) == 1 and UUID_V7.fullmatch(got[0]) and logged(proxy, "/alias")["request_id"] == got[0]


def test_one_about_this_connection_alone_is_made_anew(lab):
    backend, _, client = start(lab)
    assert client.request("GET", "/", X_Request_Id="mine", Connection="x-request-id").status == 200
    assert UUID_V7.fullmatch(backend.requests[-1].head.get("X-Request-Id"))


def test_a_refusal_is_logged_with_one(lab):
    _, proxy, client = start(lab)
    assert client.ask(b"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n").status == 400
    assert UUID_V7.fullmatch(logged(proxy, "/../x")["request_id"])


def test_a_long_one_is_cut_in_the_log_alone(lab):
    backend, proxy, client = start(lab)
    name = "\\\"" * 1000
    assert client.request("GET", "/long", X_Request_Id=name).status == 200
    assert backend.requests[-1].head.get("X-Request-Id") == name
    record = logged(proxy, "/long")
    assert record["request_id"].endswith("…") and name.startswith(record["request_id"][:-1]) and len(record["request_id"]) > 40


def test_an_empty_one_is_none(lab):
    backend, proxy, client = start(lab)
    assert client.request("GET", "/empty", X_Request_Id="").status == 200
    assert UUID_V7.fullmatch(backend.requests[-1].head.get("X-Request-Id"))
    assert logged(proxy, "/empty")["request_id"] == backend.requests[-1].head.get("X-Request-Id")


def test_the_log_has_what_the_target_got(lab):
    port = free_port()
    backend = lab.backend()
    proxy = lab.proxy(config=ingress(http("/set", backend.port, listen=port, headers={"request": {"set": {"X-Request-Id": "ours"}}}),
                                     http("/none", backend.port, listen=port, headers={"request": {"remove": ["x-request-id"]}}), settings={"access_log": "json"}))
    for path, wanted in [("/set", "ours"), ("/none", None)]:
        lab.client(proxy).request("GET", path, X_Request_Id="theirs")
        assert backend.requests[-1].head.get("X-Request-Id") == wanted
        assert logged(proxy, f'"path":"{path}"').get("request_id") == wanted
