"""The listener that asks for clients' certificates: what it hands on and bounds, and that it stays up."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from contextlib import closing, suppress

import psutil
import pytest

from idp.serving import MAX_HEADERS
from tests.bench.server import free_port
from tests.certificates import a_certificate
from tests.demonstration import is_free
from tests.waiting import until

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
ALARM = 30


class Running:
    """The application of ``serving_app``, really served."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        command = [sys.executable, "-m", "tests.unit.serving_app", folder, str(free_port()), str(self.port)]
        self.process = subprocess.Popen(command)

    def context(self, held=None):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if held is not None:
            held.show_in(context, self.folder)
        return context

    def connect(self, held=None):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=ALARM)
        return self.context(held).wrap_socket(raw, server_hostname="localhost")

    def ask(self, path="/", held=None, **more):
        with closing(
            http.client.HTTPSConnection("localhost", self.port, context=self.context(held), timeout=ALARM)
        ) as connection:
            connection.request(more.pop("method", "GET"), path, **more)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or "null"), answer

    def until_it_answers(self):
        told = []

        def answers():
            with suppress(OSError, http.client.HTTPException):
                told.append(self.ask()[1])
            return told

        until(answers, process=self.process)
        return told[0]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    running = Running(tmp_path_factory.mktemp("listener"))
    running.until_it_answers()
    yield running
    family = psutil.Process(running.process.pid).children(recursive=True)
    running.process.terminate()
    assert running.process.wait(10) == 0
    assert psutil.wait_procs(family, 10)[1] == []


def said(connection, words):
    connection.sendall(words)
    heard = b""
    while part := connection.recv(65536):
        heard += part
    return heard


@pytest.mark.spec("RFC 8705 §2.2")
def test_certificate_that_nobody_vouches_for_is_handed_on(running):
    held = a_certificate()

    told = running.ask("/a%20b?x=1", held)[1]

    assert told["certificate"] == held.der.hex()
    assert (told["PATH_INFO"], told["QUERY_STRING"]) == ("/a b", "x=1")
    assert told["REMOTE_ADDR"] == "127.0.0.1"
    assert told["idp.for_clients"] is True
    assert running.ask()[1]["certificate"] is None


def test_no_header_passes_for_another(running):
    headers = {"Client_Cert": "forged", "X_Forwarded_For": "forged", "Content_Length": "9", "X-Twice": "a"}

    told = running.ask(headers=headers)[1]

    assert "forged" not in told.values()
    assert told["CONTENT_LENGTH"] == ""
    assert told["HTTP_X_TWICE"] == "a"


def test_one_connection_asks_often_and_at_once(running):
    with running.connect() as connection:
        heard = said(connection, HEAD + b"\r\n" + HEAD + b"\r\n" + HEAD + b"Connection: close\r\n\r\n")

    assert heard.count(b"HTTP/1.1 200 OK") == 3


def test_head_is_answered_without_a_body(running):
    with running.connect() as connection:
        heard = said(connection, b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert heard.startswith(b"HTTP/1.1 200")
    assert heard.endswith(b"\r\n\r\n")


def test_a_head_past_the_limit_is_refused(running):
    head = HEAD + b"X-Long: " + b"x" * MAX_HEADERS + b"\r\n\r\n"

    with running.connect() as whole, running.connect() as never_ended:
        assert said(whole, head).startswith(b"HTTP/1.1 431")
        assert said(never_ended, head * 3).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
        HEAD + b"Name : x\r\n\r\n",
        HEAD + b"X: a\r\n folded: \0\r\n\r\n",
        b"\x16\x03\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(running, words):
    with running.connect() as connection:
        assert said(connection, words).startswith(b"HTTP/1.1 400")


def test_a_body_past_the_limit_is_not_read_to_its_end(running):
    told_first = running.ask(method="POST", body=b"x" * 200_000)
    chunked = running.ask(method="POST", body=iter([b"x" * 50_000] * 4), encode_chunked=True)

    assert told_first[1]["CONTENT_LENGTH"] == "200000"
    assert all(64 * 1024 < told["body"] < 128 * 1024 for _, told, _ in (told_first, chunked))
    assert told_first[2].getheader("Connection") == chunked[2].getheader("Connection") == "close"


def test_a_body_within_the_limit_is_whole(running):
    assert running.ask(method="POST", body=b"x" * 65_536)[1]["body"] == 65_536
    assert running.ask(method="POST", body=iter([b"x" * 10] * 4), encode_chunked=True)[1]["body"] == 40


def test_slow_clients_hold_nobody_up(running):
    silent = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(20)]
    halting = [running.connect() for _ in range(20)]
    for connection in halting:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx")

    assert running.ask()[0] == 200
    for connection in (*silent, *halting):
        connection.close()


@pytest.mark.spec("FAPI 2.0 Security Profile §5.2.1")
def test_only_tls_from_1_2_on_is_spoken(running):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = running.context()
        context.minimum_version = context.maximum_version = version
        with context.wrap_socket(
            socket.create_connection(("127.0.0.1", running.port)), server_hostname="localhost"
        ) as connection:
            assert connection.version() == version.name.replace("TLSv1_", "TLSv1.")
    with socket.create_connection(("127.0.0.1", running.port), timeout=ALARM) as plain:
        plain.sendall(HEAD + b"\r\n")
        assert b"HTTP" not in plain.recv(100)


# FAPI 1.0 Advanced §8.5, which FAPI-CIBA builds on, has two more, without elliptic curves.
FOR_FAPI = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384")


@pytest.mark.spec("FAPI 2.0 Security Profile §5.2.2")
def test_tls_1_2_speaks_the_suites_of_each_fapi_and_no_other(running):
    def suite(offered):
        context = running.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(offered)
        raw = socket.create_connection(("127.0.0.1", running.port), timeout=ALARM)
        with context.wrap_socket(raw, server_hostname="localhost") as connection:
            return connection.cipher()[0]

    assert {suite(name) for name in FOR_FAPI} == set(FOR_FAPI)
    with pytest.raises(ssl.SSLError):
        suite(":".join(["ALL", *(f"!{name}" for name in FOR_FAPI)]))


def test_an_error_of_the_application_is_no_end(running):
    with running.connect() as connection:
        heard = said(connection, b"GET /raise HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert heard.startswith(b"HTTP/1.1 500")
    assert running.ask()[0] == 200


def test_a_process_that_dies_is_started_again(running):
    first = running.ask()[1]["process"]
    psutil.Process(first).kill()

    assert running.until_it_answers()["process"] != first


def test_a_stop_lets_a_request_finish(tmp_path):
    running = Running(tmp_path)
    running.until_it_answers()
    for name in ("begun", "go"):
        os.mkfifo(tmp_path / name)
    with running.connect() as connection:
        connection.sendall(f"GET /wait?{tmp_path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        (tmp_path / "begun").read_text()
        family = psutil.Process(running.process.pid).children(recursive=True)
        running.process.terminate()
        until(lambda: is_free(running.port))
        (tmp_path / "go").write_text("")
        heard = said(connection, b"")

    assert heard.startswith(b"HTTP/1.1 200")
    assert running.process.wait(15) == 0
    assert psutil.wait_procs(family, 10)[1] == []
