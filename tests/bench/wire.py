"""HTTP/1.1 as a load driver needs it: requests made once as bytes, answers read no further than asked."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")


class Unexpected(Exception):
    """The server answered something else than the operation needs."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``form`` makes it a POST."""

    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None

    @property
    def method(self) -> str:
        return "GET" if self.form is None else "POST"

    def encode(self, host: str) -> bytes:
        """As bytes for a kept-alive connection to ``host``."""
        body = b"" if self.form is None else urlencode(self.form).encode()
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.form is not None:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, its headers left as bytes until somebody asks."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next(iter(self.headers(name)), None)

    def headers(self, name: str) -> list[str]:
        """Every header of that name."""
        wanted = name.lower().encode()
        pairs = (line.partition(b":") for line in self.head.split(b"\r\n")[1:])
        return [value.strip().decode() for key, _, value in pairs if key.strip().lower() == wanted]

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def expect(self, status: int) -> "Response":
        """This answer, if it has that status.

        Raises:
            Unexpected: it has another.
        """
        if self.status != status:
            raise Unexpected(f"{self.status} instead of {status}: {self.body[:300].decode(errors='replace')}")
        return self


# What an operation is: it yields requests, is sent the answers, and may return something.
Steps = Generator[Request, Response, T]
Operation = Callable[[], Steps[None]]


def parse(received: bytes) -> Response | None:
    """The answer, once all of it has come.

    Raises:
        Unexpected: the answer does not tell its length.
    """
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    response = Response(int(head[9:12]), head, body)
    length = response.header("content-length")
    if length is None:
        if response.status in (204, 304):
            return response
        raise Unexpected(f"an answer without Content-Length: {head.decode(errors='replace')}")
    return response if len(body) >= int(length) else None
