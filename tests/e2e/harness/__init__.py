"""What the end-to-end tests are made of: the proxy as a process, backends and clients as raw sockets.

Nothing here sleeps to synchronise: everything waits for an event (bytes, a line, a connection) until a deadline.
"""
from .backend import Backend, TcpBackend, blackhole, free_port, full_socket, refusing_port
from .client import Client
from .descriptors import DESCRIPTORS
from .example import EXAMPLE_PORTS, Process, example_ports
from .lab import Lab
from .measure import Allocations, Leaks, quiet
from .names import Names
from .proxy import Proxy, run_program
from .settings import LIMIT, SANITIZED
from .tcp_info import since_data_s
from .tls import Certificate, TlsSocket, client_context, openssl, test_authority
from .wire import CutShort, Head, Message, Stream
from .yaml import http, ingress, tcp

__all__ = [
    "Backend", "TcpBackend", "blackhole", "free_port", "full_socket", "refusing_port", "Client", "DESCRIPTORS",
    "EXAMPLE_PORTS", "Process", "example_ports", "Lab", "Allocations", "Leaks", "quiet", "Names", "Proxy", "run_program",
    "Certificate", "TlsSocket", "client_context", "openssl", "test_authority", "LIMIT", "SANITIZED", "since_data_s", "CutShort", "Head", "Message", "Stream", "http", "ingress", "tcp",
]
