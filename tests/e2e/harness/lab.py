"""Everything that one test has opened, closed in the right order: clients, the proxy, backends."""
from .backend import Backend, TcpBackend
from .client import TLS_PORTS, Client
from .proxy import Proxy
from .settings import OVER_TLS
from .tls import test_authority
from .yaml import ingress


class Lab:
    def __init__(self, folder):
        self.folder = folder
        self.clients, self.proxies, self.backends = [], [], []

    def backend(self, script=None, **more):
        return self.keep(Backend(script, **more))

    def tcp_backend(self, script=None, **more):
        return self.keep(TcpBackend(script, **more))

    def keep(self, backend):
        """Close this one too at the end."""
        self.backends.append(backend)
        return backend

    def proxy(self, *specs, settings=None, config=None, **more):
        """Starts the program with these specs, or with a configuration as text or {file name: text}."""
        folder = self.folder / f"config{len(self.proxies) + 1}"
        tls = test_authority()[1].tls if OVER_TLS else None
        proxy = Proxy(folder, ingress(*specs, settings=settings, tls=tls) if config is None else config, **more)
        if tls and config is None:
            TLS_PORTS.update(port for _, _, port in proxy.urls)
        self.proxies.append(proxy)
        return proxy

    def proxy_of(self, folder, **more):
        """Starts the program with a folder of configuration that is there already."""
        self.proxies.append(Proxy(folder, **more))
        return self.proxies[-1]

    def client(self, to, **more):
        """A connection to a proxy, a backend, a port, or the path of a Unix socket."""
        client = Client(to if isinstance(to, (int, str)) else to.port, **more)
        self.clients.append(client)
        return client

    def close(self):
        errors = []
        TLS_PORTS.difference_update(port for proxy in self.proxies for _, _, port in proxy.urls)
        for client in self.clients:
            client.reset()  # not a half-close: nobody waits for answers any more
        for thing, end in [(p, p.stop) for p in self.proxies] + [(b, b.close) for b in self.backends]:
            try:
                end()
            except Exception as error:  # close the rest first
                errors.append(f"{type(thing).__name__}: {error}")
        assert not errors, "\n".join(errors)
