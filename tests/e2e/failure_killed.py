"""A target process killed under load and started again: every answer is whole, an honest 502, or visibly cut; what was
answered is right, nothing was executed twice, and nothing is left behind."""
import sys
import threading

from harness import LIMIT, Client, CutShort, Process, free_port, http, quiet

BODY = 200000

# A process of its own, as only such a one can be killed: it writes each POST into a file before it answers.
TARGET = r'''
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *words): pass
    def do_GET(self):
        seed = self.path.encode()
        body = (seed * (%(body)d // len(seed) + 1))[:%(body)d]
        self.send_response(200)
        if self.path.startswith("/chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 50000):
                piece = body[at:at + 50000]
                self.wfile.write(b"%%x\r\n" %% len(piece) + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[2], "a") as file: file.write(self.path + "\n")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
class Server(http.server.ThreadingHTTPServer):
    request_queue_size, daemon_threads = 128, True
server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
print("listening", flush=True)
server.serve_forever()
''' % {"body": BODY}


def expected(path):
    seed = path.encode()
    return (seed * (BODY // len(seed) + 1))[:BODY]


class Load(threading.Thread):
    """One client that asks until it is told to stop; notes what it saw."""

    def __init__(self, port, kind, name, stop):
        super().__init__(daemon=True)
        self.port, self.kind, self.name_, self.halt = port, kind, name, stop
        self.seen, self.posted, self.faults = {}, {}, []

    def run(self):
        client, number = Client(self.port), 0
        while not self.halt.is_set():
            number += 1
            path = f"/{self.kind}/{self.name_}/{number}"
            try:
                seen = self.ask(client, path)
            except (CutShort, ConnectionResetError, BrokenPipeError):
                seen, client = "cut", self.again(client)
            except Exception as error:
                self.faults.append(f"{path}: {error!r}")
                seen, client = "fault", self.again(client)
            self.seen[seen] = self.seen.get(seen, 0) + 1
        client.reset()

    def again(self, client):
        client.reset()
        return Client(self.port)

    def ask(self, client, path):
        if self.kind == "post":
            self.posted[path] = client.request("POST", path, body=b"x").status
            return self.posted[path]
        response = client.get(path)
        if response.status == 200 and response.body != expected(path):
            self.faults.append(f"{path}: 200 with a wrong body of {len(response.body)} bytes")
        return response.status


def test_killed_under_load(lab, tmp_path):
    port, posts = free_port(), tmp_path / "posts"
    (tmp_path / "target.py").write_text(TARGET)
    posts.write_text("")

    def start():
        return Process([sys.executable, "-u", tmp_path / "target.py", port, posts], "listening")
    target = start()
    proxy = lab.proxy(http("/", port, hold="5s"), settings={"access_log": "json"})
    before = quiet(proxy.descriptors, 0.1)
    stop = threading.Event()
    clients = [Load(proxy.port, kind, number, stop) for number in range(2) for kind in ("length", "chunked", "post")]
    try:
        for client in clients:
            client.start()
        for _ in range(3):
            enough = sum(sum(client.seen.values()) for client in clients) + 60
            while sum(sum(client.seen.values()) for client in clients) < enough:
                assert not stop.wait(0.01) and target.process.poll() is None
            target.process.kill()
            target.process.wait(LIMIT)
            stop.wait(0.15)  # it stays down for a moment, in which everybody asks
            target = start()
        fresh = lab.client(proxy)
        assert fresh.get("/length/after").body == expected("/length/after")
    finally:
        stop.set()
        for client in clients:
            client.join(LIMIT)
        target.close()
    assert [fault for client in clients for fault in client.faults] == []
    seen = {what for client in clients for what in client.seen}
    assert seen <= {200, 502, "cut"} and 200 in seen
    executed = posts.read_text().split()
    assert len(executed) == len(set(executed)), "a POST was executed twice"
    answered = {path for client in clients for path, status in client.posted.items() if status == 200}
    assert answered <= set(executed)
    for client in clients:
        if client.kind == "post":  # at each kill the one on its way, and one that connected to the dying
            assert client.seen.get(502, 0) + client.seen.get("cut", 0) <= 6
    fresh.reset()
    assert quiet(proxy.descriptors, 0.3) == before
