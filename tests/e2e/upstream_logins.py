"""NTLM and Negotiate log a connection in: then it is its client's, and nobody else's (BEHAVIOUR: Reuse of upstream
connections)."""
import base64
import threading

import pytest
from harness import LIMIT, http


class Site:
    """Who is logged in over a connection is asked nothing more on it, as IIS does."""

    def __init__(self, lab, scheme, number=""):
        self.scheme, self.number, self.users = scheme, number, {}
        self.backend = lab.backend(self.script)

    def script(self, connection):
        user = None
        while True:
            login = connection.request().get("Authorization") or ""
            if login == f"{self.scheme} hello":
                self.answer(connection, 401, b"go on", f"{self.scheme} challenge")
                continue
            if login.startswith(f"{self.scheme} "):
                user = base64.b64decode(login.split(" ")[1]).decode()
                self.users[connection.number] = user
            if user:
                self.answer(connection, 200, f"page of {user}{self.number}".encode())
            else:
                self.answer(connection, 401, b"who are you?", self.scheme)

    @staticmethod
    def answer(connection, status, body, challenge=None):
        field = f"WWW-Authenticate: {challenge}\r\n" if challenge else ""
        connection.send(f"HTTP/1.1 {status} X\r\n{field}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def log_in(client, scheme, user):
    assert client.get("/").status == 401
    assert client.get("/", Authorization=f"{scheme} hello").get("WWW-Authenticate") == f"{scheme} challenge"
    name = base64.b64encode(user.encode()).decode()
    return client.get("/", Authorization=f"{scheme} {name}").text


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_nobody_gets_the_page_of_another(lab, scheme):
    site = Site(lab, scheme)
    proxy = lab.proxy(http("/", site.backend.port), workers=1)
    ann, bob, other = lab.client(proxy), lab.client(proxy), lab.client(proxy)
    assert log_in(ann, scheme, "ann") == "page of ann"
    assert other.get("/").status == 401
    assert log_in(bob, scheme, "bob") == "page of bob"
    for _ in range(3):
        assert ann.get("/").text == "page of ann"
        assert bob.request("POST", "/", body=b"x").text == "page of bob"
        assert other.get("/").status == 401
    assert sorted(site.users.values()) == ["ann", "bob"]


def test_login_ends_with_its_client(lab):
    site = Site(lab, "NTLM")
    proxy = lab.proxy(http("/", site.backend.port), workers=1)
    ann = lab.client(proxy)
    log_in(ann, "NTLM", "ann")
    number = next(iter(site.users))
    assert not site.backend.connections[number - 1].ended.is_set()
    ann.close()
    assert site.backend.connections[number - 1].ended.wait(LIMIT)


def test_login_that_the_target_ended_is_asked_for_again(lab):
    site = Site(lab, "NTLM")
    proxy = lab.proxy(http("/", site.backend.port), workers=1)
    ann = lab.client(proxy)
    log_in(ann, "NTLM", "ann")
    logged_in = site.backend.connections[next(iter(site.users)) - 1]
    logged_in.wake()
    assert logged_in.ended.wait(LIMIT)
    assert log_in(ann, "NTLM", "ann") == "page of ann"


def test_login_finds_its_own_of_several_targets(lab):
    sites = [Site(lab, "NTLM", number) for number in (1, 2, 3)]
    proxy = lab.proxy(http("/", [site.backend.port for site in sites]), workers=1)
    clients = {name: lab.client(proxy) for name in ("ann", "bob", "eve")}
    pages = {name: log_in(client, "NTLM", name) for name, client in clients.items()}
    for _ in range(3):
        assert {name: client.get("/").text for name, client in clients.items()} == pages


def test_other_logins_share_connections(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), workers=1)
    for login in ("Basic YTpi", "Bearer NTLM", "Digest username=\"ntlm\""):
        assert lab.client(proxy).get("/", Authorization=login).status == 200
    assert len(backend.connections) == 1


def test_many_users_at_once(lab):
    """Each on a connection of their own, side by side with some who log in to nothing."""
    site = Site(lab, "NTLM")
    proxy = lab.proxy(http("/", site.backend.port), workers=1)
    wrong = []

    def user(name):
        client = lab.client(proxy)
        if name.startswith("u") and log_in(client, "NTLM", name) != f"page of {name}":
            wrong.append(name)
        for _ in range(50):
            response = client.get("/")
            if response.text != (f"page of {name}" if name.startswith("u") else "who are you?"):
                wrong.append((name, response.text))
    threads = [threading.Thread(target=user, args=(f"{kind}{number}",)) for number in range(6) for kind in "un"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert wrong == []
