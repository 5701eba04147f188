"""The SMS gateway: a real HTTP server on this machine stands for it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from idp.kernel.errors import Unavailable
from idp.notifications.sms import SmsGateway
from idp.outbound import Outbound

NEAR = Outbound(["127.0.0.0/8"])


class Gateway(HTTPServer):
    status = 202
    location: str | None = None
    seen: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append({**body, "authorization": self.headers["Authorization"]})
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway(("127.0.0.1", 0), Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sms(gateway: Gateway) -> SmsGateway:
    return SmsGateway(f"http://127.0.0.1:{gateway.server_port}/send", "a-token", NEAR)


def test_text_goes_to_the_gateway_with_its_token(gateway: Gateway) -> None:
    sms(gateway).send("+84900000001", "123456 là mã của bạn")

    assert gateway.seen == [
        {"to": "+84900000001", "text": "123456 là mã của bạn", "authorization": "Bearer a-token"}
    ]


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_refusal_is_unavailable_and_tells_nothing_of_the_text(gateway: Gateway, status: int) -> None:
    gateway.status = status

    with pytest.raises(Unavailable) as caught:
        sms(gateway).send("+84900000001", "123456")

    assert "123456" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_redirect_is_not_followed(gateway: Gateway) -> None:
    gateway.status, gateway.location = 307, f"http://127.0.0.1:{gateway.server_port}/elsewhere"

    with pytest.raises(Unavailable):
        sms(gateway).send("+84900000001", "123456")

    assert len(gateway.seen) == 1


def test_a_silent_gateway_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        SmsGateway("http://127.0.0.1:9/send", "a-token", NEAR).send("+84900000001", "123456")
