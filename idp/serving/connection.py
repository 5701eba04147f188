"""One connection of a client: TLS, then HTTP/1.1, one request after the other.

A request is read whole before a thread is taken for it, so that slow clients hold none.
"""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, cast

import h11
from OpenSSL import SSL

from idp.serving.strictness import check
from idp.serving.tls import RECORD, Tls, TlsBroken
from idp.serving.wsgi import Answer, Line, environment
from idp.web.http import MAX_BODY

MAX_HEADERS = 16 * 1024
WITHIN_SECONDS = 15.0  # for a handshake with the first request; then for each further one
LINGER_SECONDS = 2.0  # so that an answer is read before the connection is gone
NO_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class House(Protocol):
    """What a connection needs of the process it is in."""

    connections: dict["Connection", None]
    context: SSL.Context
    is_stopping: bool

    async def answer(self, environ: dict[str, Any]) -> Answer:
        """The application's answer, out of a thread."""

    def make_room(self) -> bool:
        """Whether one more connection may be; one that is idle may have to go for it."""


class Connection(asyncio.Protocol):
    """See above. Everything but the application runs on the loop's one thread."""

    _transport: asyncio.Transport
    _request: h11.Request

    def __init__(self, house: House, *, is_for_clients: bool) -> None:
        self._house = house
        self._is_for_clients = is_for_clients
        self._tls = Tls(house.context)
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEADERS)
        self._line: Line | None = None
        self._body = b""
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_leaving = False
        self._is_unread = False  # they ask, and do not read what they are told
        self._is_fresh = True  # nothing of the next request has come yet

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._house.make_room():
            self._transport.abort()
            return
        self._house.connections[self] = None
        self._allow(WITHIN_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._house.connections.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()

    def pause_writing(self) -> None:
        self._is_unread = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_unread = False
        if self._task is None and not self._transport.is_closing():
            self._go_on()

    def data_received(self, data: bytes) -> None:
        if self._is_leaving:
            return
        try:
            said = self._tls.feed(data)
        except TlsBroken:
            self._flush()
            self._transport.close()
            return
        self._flush()
        if said and self._is_fresh:
            self._is_fresh = False
            if self._line is not None:  # the first has its time since the connection was made
                self._allow(WITHIN_SECONDS)
        for start in range(0, len(said), RECORD):
            self._guarded(partial(self._heard, said[start : start + RECORD]))
        if self._tls.is_ended and self._task is None:
            self.leave()

    # Reading.

    def _heard(self, part: bytes) -> None:
        if not self._is_leaving:
            self._http.receive_data(part)
            self._advance()

    def _advance(self) -> None:
        while self._task is None and not self._is_leaving:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > MAX_BODY:  # the application refuses it; the rest is not read
                    self._ask(is_whole=False)
            elif isinstance(event, h11.EndOfMessage):
                self._ask(is_whole=True)
            elif event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    self._say(h11.InformationalResponse(status_code=100, headers=[]))
                return
            else:
                return

    def _begin(self, request: h11.Request) -> None:
        check(request)
        size = len(request.target) + sum(len(name) + len(value) + 4 for name, value in request.headers)
        if size > MAX_HEADERS:
            raise h11.RemoteProtocolError("too much", HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        self._request, self._body = request, b""

    def _guarded(self, read: Callable[[], None]) -> None:
        try:
            read()
        except h11.RemoteProtocolError as error:
            if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                status = HTTPStatus(error.error_status_hint)
                refusal = Answer(status, status.phrase.encode(), [(b"Content-Length", b"0")], b"")
                self._write(refusal, b"GET", is_last=True)
            self.leave()

    # Answering.

    def _ask(self, *, is_whole: bool) -> None:
        if self._line is None:
            peer, here = (self._transport.get_extra_info(name) for name in ("peername", "sockname"))
            self._line = Line(peer[:2], here[:2], self._tls.certificate(), self._is_for_clients)
        if self._timer is not None:
            self._timer.cancel()
        self._house.connections[self] = self._house.connections.pop(self, None)  # the last to go
        self._transport.pause_reading()
        self._task = asyncio.get_running_loop().create_task(self._answer(self._line, is_whole=is_whole))

    async def _answer(self, line: Line, *, is_whole: bool) -> None:
        asked = self._request
        environ = environment(line, asked.method, asked.target, asked.headers, self._body, asked.http_version)
        answer = await self._house.answer(environ)
        self._task, self._body = None, b""
        if self._transport.is_closing():
            return
        self._write(answer, asked.method, is_last=not is_whole or self._house.is_stopping)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._is_fresh = True
            self._allow(WITHIN_SECONDS)
            if not self._is_unread:
                self._go_on()
        else:
            self._transport.resume_reading()
            self.leave()

    def _go_on(self) -> None:
        self._transport.resume_reading()
        self._guarded(self._advance)

    def _write(self, answer: Answer, method: bytes, *, is_last: bool) -> None:
        headers = [*answer.headers, (b"Date", formatdate(usegmt=True).encode())]
        if is_last:
            headers.append((b"Connection", b"close"))
        has_body = method != b"HEAD" and answer.status not in NO_BODY
        self._say(
            h11.Response(status_code=answer.status, reason=answer.reason, headers=headers),
            *([h11.Data(data=answer.body)] if has_body else []),
            h11.EndOfMessage(),
        )

    def _say(self, *events: h11.Event) -> None:
        self._tls.say(b"".join(self._http.send(event) or b"" for event in events))
        self._flush()

    def _flush(self) -> None:
        if words := self._tls.outgoing():
            self._transport.write(words)

    # Ending.

    def cut(self) -> None:
        """End it at once."""
        self._house.connections.pop(self, None)
        self._transport.abort()

    @property
    def is_busy(self) -> bool:
        """Whether the application has a request of ours."""
        return self._task is not None

    def leave(self) -> None:
        """End it in order: what was said is delivered, what still comes is not heard."""
        if self._is_leaving or self._transport.is_closing():
            return
        self._is_leaving = True
        self._tls.end()
        self._flush()
        try:
            self._transport.write_eof()
        except OSError:  # they have gone
            self._transport.abort()
        self._allow(LINGER_SECONDS)

    def _allow(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.abort)
