"""Reads a request once, strictly, and answers it once."""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

from flask import Response
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as AnyResponse

from idp.keyring.jose import BadToken, read_object
from idp.oidc.errors import InvalidToken, OAuthError

MAX_BODY = 64 * 1024
MAX_FIELDS = 100
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# In the WSGI environment, from our own listener alone (idp/serving): no header can take such a name. The
# certificate that the connection was made with, or None; and whether only clients come in there.
CERTIFICATE, FOR_CLIENTS = "idp.client_certificate", "idp.for_clients"
# Likewise: the body has been read to its end already, or past what we take (idp/web/bodies.py).
WHOLE = "idp.whole"
# Which address of the table a request was matched to, for its line in the log; and whether it shows a page.
ROUTE, _IS_PAGE = "idp.route", "idp.is_page"
BAD_REQUEST = 400
SEE_OTHER = 303
_write_json = json.JSONEncoder(separators=(",", ":")).encode
_incoming: ContextVar[Request] = ContextVar("incoming")


class Malformed(OAuthError):
    """The request cannot be read at all."""

    code = "invalid_request"


class BodyTooLarge(Malformed):
    """The body is over the limit; what it holds was not looked at (RFC 9126 §2.3)."""

    status = 413


class WrongContentType(OAuthError):
    """The body is not a form."""

    code = "invalid_request"
    status = 415


def receive(environ: WSGIEnvironment) -> Request:
    """From now on this thread answers this request.

    It is not put into ``environ`` as well: the two would hold one another until the garbage collector comes,
    which took a twentieth of the time.
    """
    _incoming.set(request := Request(environ, populate_request=False))
    return request


def incoming() -> Request:
    """The request that this thread answers, whether Flask was asked or not (docs/decisions/0021)."""
    return _incoming.get()


def matched(environ: WSGIEnvironment, rule: str, *, is_page: bool) -> None:
    """Note the address that answers: whoever found it, Flask or we ourselves."""
    environ[ROUTE], environ[_IS_PAGE] = rule, is_page


def found_again() -> str | None:
    """The address that was asked for, if going there shows the same: not a form's, nor one with a query."""
    request = incoming()
    return request.path if request.environ.get(_IS_PAGE) and not request.query_string else None


def read_query(*lists: str) -> dict[str, str]:
    """The query's parameters. Those named in ``lists`` may repeat: their values come joined by blanks.

    Raises:
        Malformed: a repeated parameter (RFC 6749 §3.1), invalid UTF-8, a NUL, too many of them.
    """
    return _parsed(incoming().query_string, "query", lists)


def read_form(*lists: str) -> dict[str, str]:
    """The body's parameters. Those named in ``lists`` may repeat: their values come joined by blanks.

    Raises:
        WrongContentType: the body is no form.
        Malformed: as in ``read_query``, or the body is larger than 64 KiB.
    """
    if incoming().mimetype != FORM:
        raise WrongContentType(f"Content-Type: expected {FORM}")
    return _parsed(_read_body(), "body", lists)


def read_json() -> dict[str, Any]:
    """The body's one JSON object.

    Raises:
        WrongContentType: the body is no JSON.
        Malformed: it cannot be read, repeats a member, nests too deep, or is larger than 64 KiB.
    """
    if incoming().mimetype != JSON:
        raise WrongContentType(f"Content-Type: expected {JSON}")
    try:
        return read_object(_read_body())
    except BadToken as error:
        raise Malformed(f"the body is no JSON object that we read: {error.reason}") from None


def bearer() -> str | None:
    """The token of ``Authorization: Bearer`` (RFC 6750 §2.1); ``None`` without the header.

    Raises:
        InvalidToken: the header holds something else.
    """
    value = incoming().headers.get("Authorization")
    if value is None:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Authorization: expected the scheme Bearer and a token")
    return token.strip()


def _read_body() -> bytes:
    """The whole body. A chunked one tells no length, and one ``read`` may give less than there is."""
    request = incoming()
    if request.environ.get(WHOLE):
        body: bytes = request.environ["wsgi.input"].read(MAX_BODY + 1)
        if len(body) <= MAX_BODY:
            return body
    elif (request.content_length or 0) <= MAX_BODY:
        request.max_content_length = MAX_BODY + 1  # so that one byte too many is seen, not cut off
        body = b""
        while len(body) <= MAX_BODY and (part := request.stream.read(MAX_BODY + 1 - len(body))):
            body += part
        if len(body) <= MAX_BODY:
            return body
    raise BodyTooLarge("the body is larger than 64 KiB")


def _parsed(raw: bytes, where: str, lists: tuple[str, ...] = ()) -> dict[str, str]:
    if not raw:
        return {}
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:  # UnicodeDecodeError is one
        raise Malformed(f"the {where} is not percent-encoded UTF-8 of at most {MAX_FIELDS} fields") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise Malformed(f"the {where} holds a NUL character")
        if name not in found:
            found[name] = value
        elif name in lists:
            found[name] += f" {value}"
        else:
            raise Malformed(f"the {where} repeats the parameter {name[:40]}")
    return found


def as_json(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer that nobody keeps."""
    response = Response(_write_json(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"  # RFC 6749 §5.1 asks for both
    return response


def nothing(status: int) -> Response:
    """An answer without a body, and without a type: some clients refuse types that they did not expect."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    response.headers["Cache-Control"] = "no-store"
    return response


def see_other(location: str) -> Response:
    """On to another page: 303, so that no browser posts a password twice."""
    response = Response(b"", SEE_OTHER)
    response.headers["Location"] = iri_to_uri(location)
    response.autocorrect_location_header = False
    response.headers["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True, slots=True)
class Cookies:
    """Our cookies: ``__Host-`` and Secure wherever we are https, plain on http://localhost."""

    is_https: bool

    def name(self, name: str) -> str:
        """As browsers know it."""
        return f"__Host-idp_{name}" if self.is_https else f"idp_{name}"

    def read(self, name: str) -> str | None:
        cookies, wanted = incoming().cookies, self.name(name)
        if wanted not in cookies:  # ``get`` would make an error page first, and each page asks four times
            return None
        return cookies[wanted]

    def write(
        self,
        response: Response,
        name: str,
        value: str,
        ttl: timedelta | None = None,
        *,
        is_shared: bool = False,
    ) -> None:
        """Set for ``ttl``, or until the browser closes.

        One that ``is_shared`` is open to our scripts, in frames within other sites too.
        """
        response.set_cookie(
            self.name(name),
            value,
            max_age=ttl,
            path="/",
            secure=self.is_https,
            httponly=not is_shared,
            # Browsers take None from https only.
            samesite="None" if is_shared and self.is_https else "Lax",
        )

    def drop(self, response: AnyResponse, name: str) -> None:
        response.delete_cookie(self.name(name), path="/", secure=self.is_https, httponly=True, samesite="Lax")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a request comes from: X-Forwarded-For is believed from the configured proxies only."""

    trusted: tuple[str, ...]

    def of(self, request: Request) -> str:
        peer = request.remote_addr or "unknown"
        if not self.trusted or not self._is_trusted(peer):
            return peer
        # Nearest first: the first address that is no proxy of ours is the caller.
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            address = hop.strip()
            if not _is_address(address):
                break
            if not self._is_trusted(address):
                return address
        return peer

    def came_by_proxy(self, request: Request) -> bool:
        """Whether the nearest hop is a proxy of ours: its headers about the connection are then believed."""
        return bool(self.trusted) and self._is_trusted(request.remote_addr or "")

    def _is_trusted(self, address: str) -> bool:
        if not _is_address(address):
            return False
        return any(ip_address(address) in ip_network(proxy, strict=False) for proxy in self.trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
