"""The listener for certificates under attack: framing that two read differently, and who holds on to it."""

import asyncio
import ssl
from contextlib import suppress
from functools import partial

import pytest

from idp.demo.tls import make_certificates
from idp.serving import connection as one
from idp.serving import listener as many
from idp.serving.connection import Connection
from idp.serving.listener import Listener, Listening

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
LARGE = 500_000
ALARM = 30


class Application:
    """Counts how often it is asked; answers at length where it is asked to."""

    def __init__(self):
        self.asked = 0

    def __call__(self, environ, start_response):
        self.asked += 1
        body = environ["wsgi.input"].read()
        start_response("200 OK", [])
        return [b"x" * LARGE if environ["PATH_INFO"] == "/large" else b"<%s>" % body]


class Connections(dict):
    """A listener's, that tell when there are some, and when none is left."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended = asyncio.Event(), asyncio.Event()
        self.ended.set()

    def __setitem__(self, connection, nothing):
        super().__setitem__(connection, nothing)
        self.begun.set()
        self.ended.clear()

    def pop(self, *key):
        popped = super().pop(*key)
        if not self:
            self.ended.set()
        return popped


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    return folder, make_certificates(folder).server


@pytest.fixture
def app():
    return Application()


@pytest.fixture
def attacked(files, app):
    """Runs an attack on a listener in this process: ``attack(connect, house)``."""
    folder, server = files
    client = ssl.create_default_context(cafile=folder / "ca.pem")

    async def serve(attack):
        house = Listener(Listening("127.0.0.1", 0, 2, server.certificate, server.key), app)
        house.connections = Connections()
        listening = await asyncio.get_running_loop().create_server(
            partial(Connection, house, is_for_clients=True), "127.0.0.1", 0
        )
        port = listening.sockets[0].getsockname()[1]
        writers = []

        async def connect(context=client):
            reader, writer = await asyncio.open_connection("localhost", port, ssl=context, limit=1024)
            writers.append(writer)
            return reader, writer

        async with listening:
            try:
                return await asyncio.wait_for(attack(connect, house), ALARM)
            finally:
                for writer in writers:
                    writer.transport.abort()
                    with suppress(OSError):  # how it ended
                        await writer.wait_closed()
                await house.connections.ended.wait()

    return lambda attack: asyncio.run(serve(attack))


def heard(attacked, words):
    """All that is answered until the connection is ended."""

    async def attack(connect, _house):
        reader, writer = await connect()
        writer.write(words)
        answer = b""
        while part := await reader.read(65536):
            answer += part
        return answer

    return attacked(attack)


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 0",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5, 6",
        b"Content-Length: +5",
        b"Content-Length: 0x5",
        b"Content-Length: -1",
        b"Content-Length: 5 5",
    ],
)
def test_body_whose_end_is_in_doubt_is_refused_and_nothing_behind_it_is_read(attacked, app, framing):
    answer = heard(attacked, HEAD + framing + b"\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1") == 1
    assert app.asked == 0


@pytest.mark.parametrize(
    "chunks",
    [
        b"5\r\nabcdeXX0\r\n\r\n",
        b"-1\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"f" * 21 + b"\r\n",
        b"3;" + b"x" * 40_000 + b"\r\nabc\r\n0\r\n\r\n",
        b"0\r\nX: " + b"x" * 40_000,
        b"\r\n0\r\n\r\n",
    ],
)
def test_broken_chunks_end_the_connection_unanswered_by_the_application(attacked, app, chunks):
    answer = heard(attacked, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
    assert app.asked == 0


def test_extensions_and_trailers_of_chunks_are_left_out(attacked):
    answer = heard(
        attacked,
        HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;a=b\r\nabc\r\n0\r\nHost: y\r\nClient-Cert: z\r\n\r\n",
    )

    assert answer.endswith(b"<abc>")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET / HTTP/2.0", 505),
        (b"PRI * HTTP/2.0", 505),
        (b"GET / HTTP/0.9", 505),
        (b"GET /", 400),
        (b"GET userinfo HTTP/1.1", 400),
        (b"GET * HTTP/1.1", 400),
        (b"GET file:///etc/passwd HTTP/1.1", 400),
        (b"CONNECT 169.254.169.254:80 HTTP/1.1", 400),
        (b"GET / HTTP/1.1 HTTP/1.1", 400),
        (b"GET /\xff HTTP/1.1", 400),
        (b"G\0T / HTTP/1.1", 400),
    ],
)
def test_request_line_of_no_form_that_there_is_is_refused(attacked, app, line, status):
    answer = heard(attacked, line + b"\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 %d" % status)
    assert app.asked == 0


@pytest.mark.parametrize("extra", [b"Upgrade: h2c\r\nConnection: close, Upgrade", b"Connection: close"])
def test_nobody_changes_to_another_protocol(attacked, extra):
    answer = heard(attacked, HEAD + b"Content-Length: 0\r\n" + extra + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


def test_continue_is_said_before_a_body_and_once(attacked):
    async def attack(connect, _house):
        reader, writer = await connect()
        writer.write(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        go_on = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"abc")
        return go_on, await reader.read()

    go_on, answer = attacked(attack)

    assert go_on.startswith(b"HTTP/1.1 100")
    assert answer.startswith(b"HTTP/1.1 200")


def test_who_asks_and_never_reads_is_not_answered_without_end(attacked, app, monkeypatch):
    monkeypatch.setattr(one, "WITHIN_SECONDS", 0.5)

    async def attack(connect, house):
        _, writer = await connect()
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        await house.connections.begun.wait()
        await house.connections.ended.wait()

    attacked(attack)

    assert 0 < app.asked < 60  # what kernels keep of 50 MB


def test_who_reads_slowly_is_told_everything(attacked, app):
    answer = heard(
        attacked,
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n" * 30
        + b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )

    assert app.asked == 31
    assert answer.count(b"x" * LARGE) == 31


def test_idle_connections_make_room_for_who_comes_next(attacked, monkeypatch):
    monkeypatch.setattr(many, "MAX_CONNECTIONS", 3)

    async def ask(reader, writer):
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        return await reader.readuntil(b"<>")

    async def attack(connect, house):
        first, longest_idle, third = [await connect() for _ in range(3)]
        await ask(*first)
        newcomer = await connect()
        answers = [await ask(*each) for each in (newcomer, first, third)]
        return answers, await longest_idle[0].read(), len(house.connections)

    answers, left_to_read, count = attacked(attack)

    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert (left_to_read, count) == (b"", 3)


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\xff\xff" + b"\x01" * 70_000,
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
        b"\x80\x2e\x01\x00\x02" + b"\0" * 50,
        b"\x17\x03\x03\x00\x10" + b"\0" * 16,
        b"\x15\x03\x03\x00\x02\x02\x00",
        b"\0" * 100_000,
    ],
)
def test_what_is_no_handshake_ends_and_says_no_http(attacked, app, words):
    async def attack(connect, house):
        reader, writer = await connect(None)
        writer.write(words)
        writer.write_eof()
        try:
            answer = await reader.read(100)
        except ConnectionError:
            answer = b""
        await house.connections.ended.wait()
        return answer

    assert b"HTTP" not in attacked(attack)
    assert app.asked == 0
