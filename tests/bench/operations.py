"""What is measured: each operation as steps over one connection, prepared so that only it is paid for."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.browser import Client, Person, authorization_request, sign_in
from tests.bench.keys import Key
from tests.bench.load import Connection
from tests.bench.wire import Operation, Request, Steps, Unexpected

DISCOVERY = "/.well-known/openid-configuration"
PASSWORD_ONLY = "urn:dinhdanh:aal:1"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
FORM = "openid person identity phone address"  # what a public service fills its forms in with
OK, CREATED, BAD_REQUEST = 200, 201, 400


@dataclass(frozen=True, slots=True)
class Case:
    """An operation to measure.

    Args:
        name: its row in the table.
        make: gives one connection its own operation (a refresh family, a token) before time runs.
    """

    name: str
    make: Callable[[], Operation]


def always(request: Request, status: int = OK) -> Callable[[], Operation]:
    """The same request over and over, answered the same."""
    return anew(lambda: request, status)


def anew(make: Callable[[], Request], status: int = OK) -> Callable[[], Operation]:
    """A request made anew each time, as proofs by keys must be."""

    def once() -> Steps[None]:
        (yield make()).expect(status)

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
        self.clients = {name: _client(each, self.origin) for name, each in told["clients"].items()}
        self.client = self.clients[client]
        self.people = _people(told["accounts"], {each["agent"] for each in told["mandates"]})

    def cases(self) -> Iterator[Case]:
        """Everything but sign-ins that this provider advertises."""
        yield Case("discovery", always(Request(DISCOVERY)))
        yield Case("JWKS", always(Request(self._path("jwks_uri"))))
        if "client_credentials" in self.endpoints.get("grant_types_supported", ()):
            yield from self._own_rights()
        yield Case("refresh, rotating", self._refreshing)
        yield Case("UserInfo", self._asking_userinfo)
        if set(FORM.split()) <= set(self.client.scope.split()):
            client = replace(self.client, scope=FORM)
            yield Case("UserInfo, to fill in a form", lambda: self._asking_userinfo(client))
        if "introspection_endpoint" in self.endpoints:
            yield Case("introspection", self._introspecting)
        if "dpop" in self.clients:
            yield Case("UserInfo, DPoP", self._asking_with_proofs)
        if "pushed_authorization_request_endpoint" in self.endpoints:
            yield Case("PAR", always(self._pushing(), CREATED))
        if "device_authorization_endpoint" in self.endpoints:
            yield Case("device polling, nobody has answered", self._polling)

    def _own_rights(self) -> Iterator[Case]:
        token = self._path("token_endpoint")
        request = self.client.token_request(token, grant_type="client_credentials")
        yield Case("client_credentials", always(request))
        if second := self.clients.get("second"):
            request = second.token_request(token, grant_type="client_credentials")
            yield Case("client_credentials, JWT", always(request))
        if keyed := self.clients.get("jwt"):
            made = anew(lambda: keyed.token_request(token, grant_type="client_credentials"))
            yield Case("client_credentials by private_key_jwt", made)

    def signing_in(self, name: str, level: str = PASSWORD_ONLY) -> Case:
        """Whole sign-ins, each in a new browser: authorization request, every page, consent, tokens."""
        people = itertools.cycle(self.people)

        def once() -> Steps[None]:
            yield from self._sign_in(next(people), level)

        return Case(name, lambda: once)

    def _sign_in(
        self, person: Person, level: str = PASSWORD_ONLY, client: Client | None = None
    ) -> Steps[dict[str, str]]:
        return sign_in(
            self.origin,
            self.endpoints,
            client or self.client,
            person,
            acr_values=level,
            prompt="consent login",
        )

    def _tokens(self, client: Client | None = None) -> dict[str, str]:
        return self.connection.run(self._sign_in(self.people[0], client=client))

    def _refreshing(self) -> Operation:
        token = self._path("token_endpoint")
        held = self._tokens()
        if "refresh_token" not in held:
            raise Unexpected("no refresh token: the client needs the scope offline_access")

        def once() -> Steps[None]:
            request = self.client.token_request(
                token, grant_type="refresh_token", refresh_token=held["refresh_token"]
            )
            held.update((yield request).expect(OK).json())

        return once

    def _asking_userinfo(self, client: Client | None = None) -> Operation:
        """With everything that the client may ask for, if no other is told."""
        headers = {"Authorization": f"Bearer {self._tokens(client)['access_token']}"}
        return always(Request(self._path("userinfo_endpoint"), headers))()

    def _introspecting(self) -> Operation:
        request = self.client.token_request(
            self._path("introspection_endpoint"), token=self._tokens()["access_token"]
        )
        return always(request)()

    def _asking_with_proofs(self) -> Operation:
        client, path = replace(self.clients["dpop"], is_bound=True), self._path("userinfo_endpoint")
        key = client.key
        if key is None:
            raise Unexpected("no private key for the client dpop")
        token = self._tokens(client)["access_token"]

        def request() -> Request:
            proof = key.proof("GET", self.origin + path, token)
            return Request(path, {"Authorization": f"DPoP {token}", "DPoP": proof})

        return anew(request)()

    def _pushing(self) -> Request:
        asked = authorization_request(self.client, "v" * 43, "s" * 22)
        return self.client.token_request(self._path("pushed_authorization_request_endpoint"), **asked)

    def _polling(self) -> Operation:
        asking = self.client.token_request(self._path("device_authorization_endpoint"), scope="openid")
        waiting = self.connection.run(_expect(asking))["device_code"]
        request = self.client.token_request(
            self._path("token_endpoint"), grant_type=DEVICE, device_code=waiting
        )
        return always(request, BAD_REQUEST)()

    def _path(self, endpoint: str) -> str:
        return urlsplit(str(self.endpoints[endpoint])).path


def _read(target: str) -> Steps[Any]:
    return (yield from _expect(Request(target)))


def _expect(request: Request) -> Steps[Any]:
    response = yield request
    return response.expect(OK).json()


def _client(told: Mapping[str, Any], issuer: str) -> Client:
    key = told.get("private_jwk")
    return Client(
        client_id=told["client_id"],
        client_secret=told.get("client_secret"),
        auth_method=told["auth_method"],
        redirect_uri=told["redirect_uri"],
        scope=told["scope"],
        issuer=issuer,
        key=Key(key) if key else None,
    )


def _people(told: Mapping[str, Mapping[str, Any]], agents: Collection[str]) -> list[Person]:
    """All but the one whom other tests lock out, and ``agents``, who are asked for whom they sign in."""
    return [
        Person(username=person["username"], password=person["password"])
        for name, person in told.items()
        if name not in ("victim", *agents) and person["password"] is not None
    ]
