"""Where OpenID's certification suite stands: its own https addresses, and its browser without script."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from idp.demo.tls import Files
from tests.demonstration import Surfer

PERSON = "toan"


@dataclass
class Station:
    """The suite's own https addresses: path to content type and body."""

    url: str
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def put(self, name: str, content_type: str, body: str) -> str:
        path = f"/test/{uuid4().hex}/{name}"
        self.pages[path] = (content_type, body.encode())
        return self.url + path

    def fill(self, address: str, body: str) -> None:
        """Put something else there."""
        path = address.removeprefix(self.url)
        self.pages[path] = (self.pages[path][0], body.encode())


@contextmanager
def station(certificate: Files) -> Iterator[Station]:
    """Served on loopback until the context ends, vouched for by an authority of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = served.pages.get(self.path)
            kind, body = found or ("text/plain", b"")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    served = Station(f"https://localhost:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Screen(Surfer):
    """The suite's browser: a number, a password, yes to everything. It has no code app."""

    def finish(self) -> dict[str, str]:
        """Answer every page until the suite is told something; what it is told, by whichever way."""
        for _ in range(6):
            if self.left_for is not None:
                return dict(parse_qsl(urlsplit(self.left_for).query))
            assert not self.page.ids & {"op-error", "otp"}, self.text
            form = self.page.form_with("answer-submit")
            if form is not None:
                assert form.method.upper() == "POST"
                return dict(form.fields)
            if "password" in self.page.ids:
                self.submit(self.told["accounts"][PERSON], "login-submit")
            else:
                self.submit({}, "consent-allow")
        raise AssertionError(f"the sign-in does not end: {self.url}")

    def post(self, url: str, form: Mapping[str, str]) -> None:
        """As a page of the suite's that posts a form by itself."""
        self._go("POST", url, form, origin="https://suite.example")

    @property
    def asks_to_sign_in(self) -> bool:
        return self.left_for is None and "password" in self.page.ids

    def shows_an_error(self) -> None:
        """A page, and nobody redirected: what the suite wants a picture of."""
        assert self.left_for is None
        assert "op-error" in self.page.ids, self.text
        assert self.shown.status_code == 400
