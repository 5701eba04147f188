"""A reference register server (WSGI): the samples, as ``http_register`` asks for them. For tests, trials."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from idp.kernel.clock import Clock
from idp.kernel.errors import Refused, Unavailable
from idp.keyring.gate import BadToken, read_object
from idp.registers.feed import CursorMalformed
from idp.registers.register import MOST_CHANGES, SHAPES, RegisterName
from idp.registers.request_key import check_token
from idp.registers.sample import Samples

LONGEST_BODY = 4096
Environ = dict[str, Any]
Answer = tuple[str, Mapping[str, object]]


class Unsigned(Refused):
    """The request does not show who asks."""

    code = "unsigned"


class ReferenceServer:
    """Answers ``POST /<register>/find`` and ``POST /<register>/changes``."""

    def __init__(self, samples: Samples, key: Mapping[str, Any] | None, clock: Clock) -> None:
        """``key`` is the public JWK of who may ask; without one, whoever reaches it may."""
        self._samples = samples
        self._key = key
        self._clock = clock

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        """Answer one request."""
        status, members = self._answered(environ)
        content = json.dumps(members, ensure_ascii=False).encode()
        start_response(
            status,
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(content))),
                ("Cache-Control", "no-store"),
            ],
        )
        return [content]

    def _answered(self, environ: Environ) -> Answer:
        _, _, path = environ.get("PATH_INFO", "").partition("/")
        name, _, what = path.partition("/")
        act = {"find": self._find, "changes": self._changes}.get(what)
        if name not in [each.value for each in RegisterName] or act is None:
            return "404 Not Found", {"error": "not_found"}
        if environ.get("REQUEST_METHOD") != "POST":
            return "405 Method Not Allowed", {"error": "method_not_allowed"}
        try:
            question = read_object(self._body(environ))
            return "200 OK", act(RegisterName(name), question)
        except Unsigned:
            return "401 Unauthorized", {"error": "unsigned"}
        except (BadToken, CursorMalformed, TypeError):
            return "400 Bad Request", {"error": "malformed"}
        except Unavailable:
            return "503 Service Unavailable", {"error": "unavailable"}

    def _body(self, environ: Environ) -> bytes:
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            raise TypeError
        body: bytes = environ["wsgi.input"].read(int(length))
        if self._key is not None:
            url = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{environ['PATH_INFO']}"
            scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
            try:
                check_token(token if scheme == "Bearer" else "", self._key, url, body, self._clock())
            except BadToken:
                raise Unsigned from None
        return body

    def _find(self, name: RegisterName, question: Mapping[str, Any]) -> Mapping[str, object]:
        record = self._samples.by_name(name).find(_text(question, "number"))
        return {"record": None if record is None else SHAPES[name].write_row(record)}

    def _changes(self, name: RegisterName, question: Mapping[str, Any]) -> Mapping[str, object]:
        limit = question.get("limit", MOST_CHANGES)
        if not isinstance(limit, int) or not 1 <= limit <= MOST_CHANGES:
            raise TypeError
        return {
            "changes": [
                {
                    "cursor": change.cursor,
                    "kind": change.kind.value,
                    "number": change.number,
                    "happened_on": change.happened_on.isoformat(),
                    "new_number": change.new_number,
                }
                for change in self._samples.by_name(name).changes(_text(question, "after"), limit)
            ]
        }


def _text(question: Mapping[str, Any], name: str) -> str:
    value = question.get(name)
    if not isinstance(value, str):
        raise TypeError
    return value
