"""What is measured: each operation as steps over one connection, prepared so that only it is paid for."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.browser import Client, Person, sign_in
from tests.bench.load import Connection
from tests.bench.wire import Operation, Request, Steps, Unexpected

DISCOVERY = "/.well-known/openid-configuration"
PASSWORD_ONLY = "urn:dinhdanh:aal:1"


@dataclass(frozen=True, slots=True)
class Case:
    """An operation to measure.

    Args:
        name: its row in the table.
        make: gives one connection its own operation (a refresh family, a token) before time runs.
    """

    name: str
    make: Callable[[], Operation]


def always(request: Request) -> Callable[[], Operation]:
    """The same request over and over, answered 200."""

    def once() -> Steps[None]:
        (yield request).expect(200)

    return lambda: once


BARE = (
    Case("bare Flask GET", always(Request("/read?word=xin-ch%C3%A0o"))),
    Case(
        "bare Flask POST form",
        always(
            Request(
                "/write",
                {"Authorization": "Basic YmVuY2g6YmVuY2g="},
                {"grant_type": "refresh_token", "refresh_token": "r" * 43, "scope": "openid profile"},
            )
        ),
    ),
)


class Provider:
    """A running provider and what its ``demo.json`` says of it."""

    def __init__(self, address: tuple[str, int], file: Path, client: str) -> None:
        told = json.loads(file.read_text(encoding="utf-8"))
        self.origin: str = told["issuer"]
        self.connection = Connection(address)
        self.endpoints: dict[str, Any] = self.connection.run(_read(DISCOVERY))
        self.client = _client(told["clients"][client])
        self.people = _people(told["accounts"])

    def cases(self) -> Iterator[Case]:
        """Everything but sign-ins that this provider advertises."""
        yield Case("discovery", always(Request(DISCOVERY)))
        yield Case("JWKS", always(Request(self._path("jwks_uri"))))
        token = self._path("token_endpoint")
        if "client_credentials" in self.endpoints.get("grant_types_supported", ()):
            request = self.client.token_request(token, grant_type="client_credentials")
            yield Case("client_credentials", always(request))
        yield Case("refresh, rotating", self._refreshing)
        yield Case("UserInfo", self._asking_userinfo)
        if "introspection_endpoint" in self.endpoints:
            yield Case("introspection", self._introspecting)

    def signing_in(self, name: str, level: str = PASSWORD_ONLY) -> Case:
        """Whole sign-ins, each in a new browser: authorization request, every page, consent, tokens."""
        people = itertools.cycle(self.people)

        def once() -> Steps[None]:
            yield from self._sign_in(next(people), level)

        return Case(name, lambda: once)

    def _sign_in(self, person: Person, level: str = PASSWORD_ONLY) -> Steps[dict[str, str]]:
        return sign_in(
            self.origin, self.endpoints, self.client, person, acr_values=level, prompt="consent login"
        )

    def _tokens(self) -> dict[str, str]:
        return self.connection.run(self._sign_in(self.people[0]))

    def _refreshing(self) -> Operation:
        token = self._path("token_endpoint")
        held = self._tokens()
        if "refresh_token" not in held:
            raise Unexpected("no refresh token: the client needs the scope offline_access")

        def once() -> Steps[None]:
            request = self.client.token_request(
                token, grant_type="refresh_token", refresh_token=held["refresh_token"]
            )
            held.update((yield request).expect(200).json())

        return once

    def _asking_userinfo(self) -> Operation:
        headers = {"Authorization": f"Bearer {self._tokens()['access_token']}"}
        return always(Request(self._path("userinfo_endpoint"), headers))()

    def _introspecting(self) -> Operation:
        request = self.client.token_request(
            self._path("introspection_endpoint"), token=self._tokens()["access_token"]
        )
        return always(request)()

    def _path(self, endpoint: str) -> str:
        return urlsplit(str(self.endpoints[endpoint])).path


def _read(target: str) -> Steps[Any]:
    response = yield Request(target)
    return response.expect(200).json()


def _client(told: Mapping[str, Any]) -> Client:
    return Client(
        client_id=told["client_id"],
        client_secret=told.get("client_secret"),
        auth_method=told["auth_method"],
        redirect_uri=told["redirect_uri"],
        scope=told["scope"],
    )


def _people(told: Mapping[str, Mapping[str, Any]]) -> list[Person]:
    """Everybody but the account that other tests lock; a password alone is what is measured."""
    return [
        Person(username=person["username"], password=person["password"])
        for name, person in told.items()
        if name != "victim"
    ]
