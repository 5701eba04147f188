"""Outbound requests, against real servers on this machine that misbehave in every way we know."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from idp.demo.tls import Certificates, make_certificates
from idp.outbound import MAX_BODY, Outbound, OutboundFailed, is_public

LOOPBACK = ("127.0.0.0/8", "::1/128")
SHORT = timedelta(seconds=0.4)
Script = Callable[[socket.socket], None]


class Server:
    """Plays one script to whoever connects, and remembers what they sent."""

    def __init__(self, script: Script, tls: Certificates | None = None) -> None:
        self.script = script
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._context: ssl.SSLContext | None = None
        if tls is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(tls.server.certificate, tls.server.key)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                with connection:
                    self.heard.append(connection.recv(65536))
                    self.script(connection)
            except OSError:
                pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(script: Script, tls: Certificates | None = None) -> Server:
        servers.append(Server(script, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def is_silent(connection: socket.socket) -> None:
    """Until they hang up."""
    while connection.recv(4096):
        pass


def says(text: bytes) -> Script:
    return lambda connection: connection.sendall(text)


def ok(body: bytes, content_type: str = "application/json") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def url(server: Server, path: str = "/keys?a=b") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def refused(reason: str) -> object:
    return pytest.raises(OutboundFailed, match=f"^outbound_{reason}$")


def drips(head: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return script


def test_answer_comes_back_whole(serve) -> None:
    server = serve(says(ok(b'{"keys":[]}', "Application/JSON; charset=utf-8")))

    answer = Outbound(LOOPBACK).get(url(server))

    assert (answer.status, answer.content_type, answer.body) == (200, "application/json", b'{"keys":[]}')
    assert server.heard[0].startswith(b"GET /keys?a=b HTTP/1.1\r\nHost: 127.0.0.1:")


def test_chunks_and_bodies_ended_by_closing_are_read(serve) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    assert Outbound(LOOPBACK).get(url(serve(says(chunked)))).body == b"abcde"
    assert Outbound(LOOPBACK).get(url(serve(says(b"HTTP/1.0 200 OK\r\n\r\nabc")))).body == b"abc"


def test_post_sends_its_body(serve) -> None:
    server = serve(says(b"HTTP/1.1 204 No Content\r\n\r\n"))

    answer = Outbound(LOOPBACK).post(url(server), b"logout_token=x", {"Content-Type": "text/plain"})

    assert answer.status == 204
    assert server.heard[0].endswith(b"Content-Length: 14\r\n\r\nlogout_token=x")


@pytest.mark.spec("RFC 9101 §10.4")
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "100.100.100.200", "192.0.0.192", "168.63.129.16", "224.0.0.1", "255.255.255.255", "198.18.0.1",
     "240.0.0.1", "203.0.113.9", "::1", "::", "fe80::1", "fe80::1%lo", "fc00::1", "fd00:ec2::254", "fec0::1",
     "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
     "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2001:0:7f00:1::1", "2001:db8::1",
     "64:ff9b:1::1", "::127.0.0.1"],
)  # fmt: skip
def test_addresses_that_are_not_the_worlds_are_refused(address: str) -> None:
    asked = Outbound(resolve=lambda _host: [address])

    assert not is_public(ip_address(address))
    with refused("address_refused"):
        asked.get("https://innocent.example/jwks")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "203.162.0.11", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_world_are_not(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
)
def test_every_spelling_of_this_host_is_refused(host: str) -> None:
    with refused("address_refused"):
        Outbound().get(f"https://{host}/")


def test_allowance_is_for_its_networks_alone(serve) -> None:
    server = serve(says(ok(b"{}")))

    with refused("address_refused"):
        Outbound(["10.0.0.0/8"]).get(url(server))
    assert Outbound(["127.0.0.1"]).get(url(server)).status == 200


def test_plain_http_is_spoken_to_loopback_alone() -> None:
    for address in ("8.8.8.8", "10.0.0.1"):
        with refused("address_refused"):
            Outbound(["10.0.0.0/8", "127.0.0.0/8"], resolve=lambda _host, a=address: [a]).get(
                "http://rp.example/"
            )


def test_name_that_answers_differently_the_second_time_gains_nothing(serve) -> None:
    server = serve(says(ok(b"secret")))
    answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    with pytest.raises(OutboundFailed):
        Outbound(["127.0.0.2"], resolve=rebinding).get(f"http://rebind.example:{server.port}/")

    assert asked == ["rebind.example"]
    assert server.heard == []


def test_bad_addresses_among_good_ones_are_left_out(serve) -> None:
    server = serve(says(ok(b"{}")))
    outbound = Outbound(["127.0.0.1"], resolve=lambda _host: ["10.0.0.1", "127.0.0.1"])

    assert outbound.get(f"http://rp.example:{server.port}/").status == 200
    assert b"Host: rp.example:" in server.heard[0]


def test_redirect_is_an_answer_and_not_followed(serve) -> None:
    inner = serve(says(ok(b"secret")))
    redirect = f"HTTP/1.1 302 Found\r\nLocation: {url(inner)}\r\nContent-Length: 0\r\n\r\n".encode()
    server = serve(says(redirect))

    assert Outbound(LOOPBACK).get(url(server)).status == 302
    with refused("status_refused"):
        Outbound(LOOPBACK).fetch(url(server))
    assert inner.heard == []


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
)  # fmt: skip
def test_drip_is_cut_at_the_deadline(serve, head: bytes) -> None:
    server = serve(drips(head))
    begun = time.monotonic()

    with pytest.raises(OutboundFailed):
        Outbound(LOOPBACK, deadline=SHORT).get(url(server))

    assert time.monotonic() - begun < 2


def test_silence_is_cut_at_the_deadline(serve) -> None:
    server = serve(is_silent)

    with refused("timeout"):
        Outbound(LOOPBACK, deadline=SHORT).get(url(server))


def test_slow_resolver_is_left_behind() -> None:
    found = threading.Event()

    with refused("timeout"):
        Outbound(deadline=SHORT, resolve=lambda _host: found.wait() and []).get("https://slow.example/")

    found.set()


def test_name_without_addresses_is_unresolved() -> None:
    with refused("unresolved"):
        Outbound(resolve=lambda _host: []).get("https://nowhere.example/")


@pytest.mark.parametrize(
    "text",
    [ok(b"x" * (MAX_BODY + 1)), b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3 * MAX_BODY,
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 65535 + b"\r\n2\r\nxx"],
)  # fmt: skip
def test_endless_bodies_are_refused(serve, text: bytes) -> None:
    with refused("too_large"):
        Outbound(LOOPBACK).get(url(serve(says(text))))


def test_largest_body_is_taken(serve) -> None:
    assert len(Outbound(LOOPBACK).get(url(serve(says(ok(b"x" * MAX_BODY))))).body) == MAX_BODY


@pytest.mark.parametrize(
    "text",
    [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_refused(serve, text: bytes) -> None:
    with pytest.raises(OutboundFailed):
        Outbound(LOOPBACK, deadline=SHORT).get(url(serve(says(text))))


def test_many_headers_are_refused(serve) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(500)) + b"\r\n"

    with refused("not_http"):
        Outbound(LOOPBACK).get(url(serve(says(head))))


@pytest.mark.parametrize(
    "address",
    ["", "file:///etc/passwd", "ftp://x.example/", "gopher://x.example/", "https://", "https://user@x.example/",
     "https://x.example\\@y.example/", "https://x.example/\r\nHost: y", "https://x.example/ a",
     "//x.example/", "https://x.example:99999/", "https://x.example:0/", "https://[::1/", "https://xé.example/",
     "https://x.example/" + "a" * 2048],
)  # fmt: skip
def test_addresses_that_make_no_sense_are_refused(address: str) -> None:
    with refused("url_refused"):
        Outbound(LOOPBACK).get(address)


def test_type_is_held_where_it_is_asked(serve) -> None:
    server = serve(says(ok(b"{}", "text/html")))

    assert Outbound(LOOPBACK).fetch(url(server)) == b"{}"
    with refused("type_refused"):
        Outbound(LOOPBACK).fetch(url(server), content_types=("application/json",))


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with refused("unreachable"):
        Outbound(LOOPBACK).get(f"http://127.0.0.1:{port}/")


def test_certificates_are_verified_and_further_authorities_trusted(serve, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    server = serve(says(ok(b"{}")), certificates)
    address = f"https://localhost:{server.port}/"

    with refused("tls_failed"):
        Outbound(LOOPBACK).get(address)
    trusting = Outbound(LOOPBACK, certificates.authority)
    assert trusting.get(address).status == 200
    # The certificate is held to the name that was asked, not to the address that was found.
    named = Outbound(LOOPBACK, certificates.authority, resolve=lambda _host: ["127.0.0.1"])
    with refused("tls_failed"):
        named.get(f"https://other.example:{server.port}/")


def test_silent_handshake_is_cut_at_the_deadline(serve) -> None:
    server = serve(is_silent)

    with refused("timeout"):
        Outbound(LOOPBACK, deadline=SHORT).get(f"https://127.0.0.1:{server.port}/")
