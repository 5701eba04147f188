"""Requests to addresses that others chose: clients' key sets, request objects, logout and CIBA receivers.

Every such address is an attempt to make this house talk to its own neighbours until shown otherwise. A
name is resolved once, each address is judged, and the connection goes to the judged address itself, so
that a name answering differently the second time gains nothing. Redirects are never followed.
"""

import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, urlsplit

from idp.kernel.addresses import Address, embedded, is_public
from idp.kernel.errors import Refused

Resolve = Callable[[str], Sequence[str]]

DEADLINE = timedelta(seconds=3)  # for everything together: name, connection, TLS, headers, body
MAX_BODY = 64 * 1024
MAX_HEAD = 16 * 1024
MAX_URL = 2048
PORTS = {"https": 443, "http": 80}
OK = 200
_URL = re.compile(r"[\x21-\x7e]+")


class OutboundFailed(Refused):
    """Somebody else's server could not be asked, or gave nothing usable; ``code`` says what it was.

    ``outbound_address_refused``, ``outbound_url_refused``, ``outbound_unresolved``, ``outbound_timeout``,
    ``outbound_unreachable``, ``outbound_tls_failed``, ``outbound_too_large``, ``outbound_not_http``,
    ``outbound_status_refused`` or ``outbound_type_refused``; ``outbound_busy`` or ``outbound_resting`` where
    a request under way would have waited too long for it (``idp.oidc.clients.fetching``).
    """

    def __init__(self, reason: str) -> None:
        self.code = f"outbound_{reason}"
        super().__init__(self.code)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody else's server said. A redirect is an answer like any other."""

    status: int
    content_type: str
    body: bytes


class Outbound:
    """Asks other people's servers, over https and only at public addresses."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        authorities: Path | None = None,
        deadline: timedelta = DEADLINE,
        resolve: Resolve | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            allowed: networks that may be asked although they are not public. Plain http is spoken to
                loopback addresses among them, and to nobody else.
            authorities: further certificate authorities (PEM) to trust.
            resolve: the addresses of a name; the system's unless told.
        """
        self._allowed = [ip_network(network, strict=False) for network in allowed]
        self._tls = _trusting(authorities)
        self._seconds = deadline.total_seconds()
        self._resolve = resolve or _system_addresses

    def get(self, url: str, accept: str = "application/json") -> Answer:
        """GET. Raises ``OutboundFailed``; any status is an answer."""
        return self._ask("GET", url, None, {"Accept": accept})

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST. Raises ``OutboundFailed``; any status is an answer."""
        return self._ask("POST", url, body, headers)

    def fetch(self, url: str, accept: str = "application/json", content_types: Sequence[str] = ()) -> bytes:
        """The body behind a 200.

        Args:
            content_types: what it must call itself, parameters aside; empty: anything.

        Raises:
            OutboundFailed: it could not be asked, says another status or another type.
        """
        answer = self.get(url, accept)
        if answer.status != OK:
            raise OutboundFailed("status_refused")
        if content_types and answer.content_type not in content_types:
            raise OutboundFailed("type_refused")
        return answer.body

    def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        parts = _split(url)
        until = time.monotonic() + self._seconds
        try:
            addresses = self._judged(parts, until)
            with self._connected(parts, addresses, until) as connection:
                return _exchange(connection, method, parts, body, headers, until)
        except TimeoutError:
            raise OutboundFailed("timeout") from None
        except ssl.SSLError:
            raise OutboundFailed("tls_failed") from None
        except OSError:
            raise OutboundFailed("unreachable") from None
        except (http.client.HTTPException, ValueError):
            raise OutboundFailed("not_http") from None

    def _judged(self, parts: SplitResult, until: float) -> list[str]:
        """The addresses of a name that may be asked, by its scheme."""
        found = [ip_address(text) for text in self._resolved(parts.hostname or "", until)]
        may = [str(address) for address in found if self._may_ask(address, parts.scheme)]
        if not may:
            raise OutboundFailed("address_refused" if found else "unresolved")
        return may

    def _resolved(self, host: str, until: float) -> Sequence[str]:
        """The system's resolver knows no deadline of ours, so it is asked from a thread that may be left."""
        answers: list[Sequence[str]] = []

        def ask() -> None:
            try:
                answers.append(self._resolve(host))
            except (OSError, UnicodeError):
                answers.append(())

        thread = threading.Thread(target=ask, name="resolve", daemon=True)
        thread.start()
        thread.join(_left(until))
        if not answers:
            raise OutboundFailed("timeout")
        return answers[0]

    def _may_ask(self, address: Address, scheme: str) -> bool:
        plain = embedded(address)
        is_allowed = any(plain in network for network in self._allowed)
        if scheme != "https":
            return is_allowed and plain.is_loopback
        return is_allowed or is_public(plain)

    def _connected(self, parts: SplitResult, addresses: Sequence[str], until: float) -> socket.socket:
        port = parts.port or PORTS[parts.scheme]
        failure: OSError = ConnectionRefusedError()
        for address in addresses:
            try:
                raw = socket.create_connection((address, port), _left(until))
            except TimeoutError:
                raise
            except OSError as error:
                failure = error
                continue
            if parts.scheme != "https":
                return raw
            raw.settimeout(_left(until))
            try:
                return self._tls.wrap_socket(raw, server_hostname=parts.hostname)
            except BaseException:
                raw.close()
                raise
        raise failure


def _split(url: str) -> SplitResult:
    """The parts of an address that may be asked for at all: https, a host, no user, printable ASCII."""
    try:
        parts = urlsplit(url)
        is_sane = (
            len(url) <= MAX_URL
            and _URL.fullmatch(url) is not None
            and parts.scheme in PORTS
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and "\\" not in url
            and parts.port != 0
        )
    except ValueError:
        is_sane = False
    if not is_sane:
        raise OutboundFailed("url_refused")
    return parts


class _Wire(io.RawIOBase):
    """A connection read under one deadline, however slowly it drips, and up to one size."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until
        self._room = MAX_HEAD + MAX_BODY

    def makefile(self, _mode: str) -> io.BufferedReader:
        """All that http.client asks of a socket, when it only reads an answer."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._room <= 0:
            raise OutboundFailed("too_large")
        self._connection.settimeout(_left(self._until))
        count = self._connection.recv_into(buffer)
        self._room -= count
        return count


def _exchange(
    connection: socket.socket,
    method: str,
    parts: SplitResult,
    body: bytes | None,
    headers: Mapping[str, str],
    until: float,
) -> Answer:
    connection.settimeout(_left(until))
    connection.sendall(_request(method, parts, body, headers))
    response = http.client.HTTPResponse(cast(socket.socket, _Wire(connection, until)), method=method)
    try:
        response.begin()
        content = response.read(MAX_BODY + 1)
        if len(content) > MAX_BODY:
            raise OutboundFailed("too_large")
        if response.length:  # it promised more than came
            raise OutboundFailed("not_http")
        content_type = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        return Answer(response.status, content_type, content)
    finally:
        response.close()


def _request(method: str, parts: SplitResult, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {
        "Host": parts.netloc,
        "User-Agent": "dinh-danh",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
        **({} if body is None else {"Content-Length": str(len(body))}),
    }
    if any("\r" in value or "\n" in value for value in lines.values()):
        raise OutboundFailed("url_refused")
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b"")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@cache
def _trusting(authorities: Path | None) -> ssl.SSLContext:
    """One for everybody who trusts the same: reading the system's authorities takes its time."""
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(cafile=authorities)
    return context


def _system_addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
