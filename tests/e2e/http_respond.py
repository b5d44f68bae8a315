"""Routes that answer from the configuration (BEHAVIOUR: Routing, "Answers of the configuration")."""
import json
import os

import pytest
from harness import http, ingress, run_program

HTML = {"file": "./maintenance.html", "status": 503}
PAGE = "<p>back soon \u2026</p>\n".encode()


@pytest.mark.parametrize("respond, status, fields, body", [
    ({}, "200 OK", {"Content-Length": "0", "Content-Type": None}, b""),
    ({"body": "hi"}, "200 OK", {"Content-Length": "2", "Content-Type": "text/plain; charset=utf-8"}, b"hi"),
    ({"body": "\u00e9\n", "status": 404}, "404 Not Found", {"Content-Length": "3"}, b"\xc3\xa9\n"),
    ({"body": "{}", "type": "application/json"}, "200 OK", {"Content-Type": "application/json"}, b"{}"),
    ({"status": 418}, "418 ", {"Content-Length": "0"}, b""),
    ({"status": 599, "body": "x"}, "599 ", {"Content-Length": "1"}, b"x"),
    ({"status": 429, "body": "x"}, "429 Too Many Requests", {"Content-Length": "1"}, b"x"),
    ({"status": 204}, "204 No Content", {"Content-Length": None, "Content-Type": None}, b""),
    ({"status": 304}, "304 Not Modified", {"Content-Length": None, "Content-Type": None}, b""),
    ({"status": 205}, "205 Reset Content", {"Content-Length": "0"}, b""),
])
def test_answer(lab, respond, status, fields, body):
    client = lab.client(lab.proxy(http("/", respond=respond)))
    for _ in range(2):  # the connection goes on
        answer = client.get("/x?y")
        assert (answer.head.start, answer.body) == (f"HTTP/1.1 {status}", body)
        assert {name: answer.get(name) for name in fields} == fields and answer.get("Date")
        head = client.request("HEAD", "/x")
        assert (head.head.start, head.body) == (f"HTTP/1.1 {status}", b"")
        assert {name: head.get(name) for name in fields} == fields


def proxy_with_file(lab, name, content, respond, **more):
    """The file lies beside the configuration that names it."""
    folder = lab.folder / "files"
    folder.mkdir()
    (folder / name).write_bytes(content)
    (folder / "a.yaml").write_text(ingress(http("/", respond=respond), **more))
    return lab.proxy_of(folder)


def test_file(lab):
    proxy = proxy_with_file(lab, "maintenance.html", PAGE, HTML)
    (lab.folder / "files/maintenance.html").write_bytes(b"changed later")
    answer = lab.client(proxy).get("/")
    assert (answer.status, answer.body, answer.get("Content-Type")) == (503, PAGE, "text/html; charset=utf-8")
    assert f"  / → 503 text/html, {len(PAGE)} bytes  · test-ingress\n" in proxy.err.text


def test_a_large_file_to_who_reads_late(lab):
    """All bytes count, NUL among them; an answer that the system does not take at once holds the next one up."""
    content = bytes(range(256)) * 4096
    proxy = proxy_with_file(lab, "x.bin", content, {"file": "x.bin"}, settings={"max_header_bytes": "1KiB"})
    client = lab.client(proxy, receive_buffer=4096)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3 + b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    proxy.wait_asleep()
    for _ in range(3):
        answer = client.response()
        assert answer.body == content and answer.get("Content-Type") == "application/octet-stream"
    assert client.response("HEAD").get("Content-Length") == str(len(content))


def test_bodies_that_nobody_wants(lab):
    client = lab.client(lab.proxy(http("/", respond={"body": "no"})))
    assert client.request("POST", "/", body=b"x" * 100_000).body == b"no"
    assert client.ask(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n").body == b"no"
    assert client.get("/").body == b"no"
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
    assert client.response().get("Connection") == "close"


def test_log_and_explain(lab, tmp_path):
    proxy = lab.proxy(http("/", respond={"body": "hello", "status": 403}))
    client = lab.client(proxy)
    client.get("/x")
    client.request("HEAD", "/y")
    proxy.log.wait_for(r" GET /x 403 5B \S+ test-ingress → respond$")
    proxy.log.wait_for(r" HEAD /y 403 0B \S+ test-ingress → respond$")
    proxy = lab.proxy(http("/", respond={"body": "hello", "status": 403}), settings={"access_log": "json"})
    lab.client(proxy).get("/x")
    line = json.loads(proxy.log.wait_for("/x").string)
    assert (line["status"], line["bytes_out"], line["action"], line["ending"]) == (403, 5, "respond", "complete")
    assert "location" not in line and "reason" not in line
    (tmp_path / "a.yaml").write_text(ingress(http("/", listen=5000, respond={"body": "hello"}), http("/n", listen=5000, respond={"status": 204})))
    text = run_program("explain", "-c", "a.yaml", "/x", cwd=tmp_path).stdout
    assert "answer    200: text/plain; charset=utf-8, 5 bytes\n" in text and "action    respond: 200 text/plain, 5 bytes\n" in text
    said = json.loads(run_program("explain", "-c", "a.yaml", "--json", "/x", cwd=tmp_path).stdout)
    assert (said["status"], said["action"], said["type"], said["bytes"]) == (200, "respond", "text/plain; charset=utf-8", 5)
    assert "action    respond: 204, empty\n" in run_program("explain", "-c", "a.yaml", "/n", cwd=tmp_path).stdout
    check = run_program("check", tmp_path).stdout
    assert check == "1 listener, 2 routes, 0 targets, 2 fixed answers: configuration is fine\n"


def check_file(folder, name):
    (folder / "a.yaml").write_text("name: a\nspec: [{kind: http, listen: 1, path: /, respond: {file: '%s'}}]\n" % name)
    done = run_program("check", "a.yaml", cwd=folder)
    return done.returncode, done.stderr.split("\n")[0]


def test_files_that_cannot_be_read(tmp_path):
    start = "a.yaml:2:57: error: in 'file: %s': "
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(bytes(1024 * 1024 + 1))
    (tmp_path / "largest").write_bytes(bytes(1024 * 1024))
    (tmp_path / "empty").write_bytes(b"")
    os.mkfifo(tmp_path / "fifo")
    for name, words in {"none": "there is no such file", "folder": "this is a folder, and one file is needed", "large": "the file has more than 1 MiB",
                        "fifo": "this is no file that can be read", "empty/x": "there is no such file",
                        "./none": "there is no such file (it is looked for as 'none')"}.items():
        assert check_file(tmp_path, name) == (1, start % name + words)
    assert check_file(tmp_path, "largest")[0] == check_file(tmp_path, "empty")[0] == 0
    if os.getuid():
        (tmp_path / "empty").chmod(0)
        assert check_file(tmp_path, "empty") == (1, start % "empty" + "this user may not read the file")


@pytest.mark.parametrize("respond, message", [
    ("404", "'respond' must be a mapping, got a single value (write 'respond: {status: 404}')"),
    ("{status: 199}", "'status' must be 200..599, got '199'"),
    ("{status: 204, body: x}", "an answer with status 204 has no body (leave 'body' out, or write another status)"),
    ("{body: x, file: y}", "'file' does not go with 'body' (one of 'body' or 'file')"),
    ("{body: x, type: html}", "'type' must be a media type such as text/html; charset=utf-8, got 'html'"),
    ('{body: x, type: "a/b\\r\\nX: y"}', "'type' must be a media type"),
    ("{text: x}", "unknown key 'text' (write 'body')"),
])
def test_wrong_ones(tmp_path, respond, message):
    (tmp_path / "a.yaml").write_text("name: a\nspec:\n  - {kind: http, listen: 1, path: /, respond: %s}\n" % respond)
    done = run_program("check", "a.yaml", cwd=tmp_path)
    assert done.returncode == 1 and "a.yaml:3:" in done.stderr and message in done.stderr
