"""Granian as we set it: ports are not shared, heads of requests are bounded."""

import socket
import subprocess
import sys
from collections import Counter
from contextlib import closing, suppress

import pytest

from idp.serving import MAX_HEADERS, PortTaken, refuse_taken
from idp.web.bodies import MANY
from tests.bench.server import free_port
from tests.waiting import until

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"

SERVE = """
from idp.serving import Serving, run
from idp.web.bodies import BodiesFirst
def build():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    served = BodiesFirst(app, 2, lambda: None, lambda environ: environ["REMOTE_ADDR"])
    served.watch({port})
    return served
run(Serving("127.0.0.1", {port}, 1, 2), build)
"""


@pytest.fixture(scope="module")
def port():
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", SERVE.format(port=port)])
    until(lambda: listens(port), process=server)
    yield port
    server.terminate()
    assert server.wait(10) == 0


def listens(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0", "localhost"])
def test_a_taken_port_is_refused(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as other:
        other.bind((host, 0))
        other.listen()

        with pytest.raises(PortTaken):
            refuse_taken(host, other.getsockname()[1])


def test_a_port_just_left_is_free():
    port = free_port()

    refuse_taken("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_not_called_taken():
    with pytest.raises(OSError, match="assign"):
        refuse_taken("192.0.2.1", free_port())


def answer(port, head, source="127.0.0.1"):
    with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as connection:
        connection.sendall(head)
        return connection.recv(100)


def test_a_request_is_answered(port):
    assert answer(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_head_past_the_limit_is_refused(port):
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (MAX_HEADERS + 1) + b"\r\n\r\n"

    assert answer(port, head).startswith(b"HTTP/1.1 431")


def test_idle_connections_do_not_shut_out_others(port):
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]

    assert answer(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200")
    for connection in idle:
        connection.close()


def test_bodies_that_never_come_do_not_shut_out_others_and_are_hung_up_on(port):
    slow = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(6 * MANY)]
    for connection in slow:
        connection.sendall(POST % 1000 + b"a")

    assert answer(port, POST % 1 + b"a", "127.0.0.2").startswith(b"HTTP/1.1 200")
    told = Counter(end_of(connection) for connection in slow)
    assert told[b"503"] >= 5 * MANY
    assert set(told) <= {b"503", b"400", b""}
    assert answer(port, POST % 1 + b"a").startswith(b"HTTP/1.1 200")


def end_of(connection):
    """What became of half a request is told or not; nothing was done."""
    with connection, suppress(ConnectionError):
        return connection.recv(100)[9:12]
    return b""


def test_caller_of_much_too_large_a_body_hears_our_answer(port):
    assert answer(port, POST % 1_000_000 + b"a" * 1_000_000).startswith(b"HTTP/1.1 200")


def test_nothing_else_is_spoken(port):
    assert b"200" not in answer(port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
