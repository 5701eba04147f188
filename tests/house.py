"""The whole house in one process for tests: a provider, its pages through WSGI, people and clients."""

import base64
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pyotp
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jws, jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from idp.accounts.account import Account, Status
from idp.accounts.evidence import register_match, seen_in_person
from idp.accounts.kinds import Kind
from idp.app import create_app
from idp.assurance import Level
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.keyring.files import FileKeyStore
from idp.keyring.keyring import SIGNING, Keyring
from idp.oidc.clients.metadata import ClientMetadata
from idp.provider import Provider
from idp.settings import Settings
from tests.bench.forms import Page, read_page
from tests.conftest import FakeClock, create_tables
from tests.people import an_account

ISSUER = "http://localhost:8000"
SECRET = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
PASSWORD = "ba-con-voi-di-qua-cau-17"
SCOPES = (
    *("openid", "profile", "email", "address", "phone", "identity", "person", "foreigner", "organisation"),
    *("offline_access", "reports"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account: what they type."""

    account_id: Any
    username: str
    password: str
    totp_secret: str | None
    clock: Clock

    def code(self, steps_ahead: int = 0) -> str:
        assert self.totp_secret is not None
        return pyotp.TOTP(self.totp_secret).at(self.clock(), counter_offset=steps_ahead)


@dataclass(slots=True)
class RelyingParty:
    """A client and what its server keeps between the two halves of a sign-in."""

    house: "House"
    client_id: str
    secret: str | None
    method: str
    redirect_uri: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def request(self, **overrides: str | None) -> dict[str, str]:
        """An authorization request in order; ``None`` leaves a parameter out."""
        usual = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile",
            "state": "xyz",
            "nonce": self.nonce,
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | overrides).items() if value is not None}

    def post(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """A form to one of our endpoints, with this client's authentication."""
        sent, carried = dict(form), dict(headers or {})
        if self.method == "client_secret_basic":
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            carried.setdefault("Authorization", f"Basic {pair}")
        else:
            sent.setdefault("client_id", self.client_id)
            if self.secret is not None:
                sent.setdefault("client_secret", self.secret)
        return self.house.app.test_client().post(path, data=sent, headers=carried)

    def redeem(self, code: str, **overrides: str | None) -> TestResponse:
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.post("/token", {n: v for n, v in (usual | overrides).items() if v is not None})

    def refresh(self, token: str, **overrides: str) -> TestResponse:
        return self.post("/token", {"grant_type": "refresh_token", "refresh_token": token, **overrides})

    def userinfo(self, token: str) -> TestResponse:
        return self.house.app.test_client().get("/userinfo", headers={"Authorization": f"Bearer {token}"})


class Browser:
    """A person's browser: cookies, the page in front of them, and where they were sent away to."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.client = house.app.test_client()
        self.response: TestResponse | None = None

    @property
    def page(self) -> Page:
        return read_page(self.shown.data)

    @property
    def shown(self) -> TestResponse:
        assert self.response is not None
        return self.response

    @property
    def text(self) -> str:
        return self.shown.get_data(as_text=True)

    @property
    def location(self) -> str | None:
        return self.shown.headers.get("Location")

    def open(self, path: str, parameters: Mapping[str, str] | None = None) -> TestResponse:
        return self._went(self.client.get(path + (f"?{urlencode(parameters)}" if parameters else "")))

    def submit(self, answers: Mapping[str, str], button: str = "login-submit") -> TestResponse:
        """Fill in the form with this button and press it."""
        form = self.page.form_with(button)
        assert form is not None, f"no #{button} on the page: {sorted(self.page.ids)}"
        return self._went(self.client.post(form.action, data=form.filled(answers, button)))

    def sign_in(self, party: RelyingParty, person: Person, **overrides: str | None) -> dict[str, str]:
        """From the request to the answer: fills in whatever is asked, and allows."""
        self.open("/authorize", party.request(**overrides))
        return self.finish(person)

    def finish(self, person: Person) -> dict[str, str]:
        """Answer every page until the browser is sent back to the client."""
        for _ in range(8):
            if self.location is not None and not self.location.startswith("/"):
                return self.answer
            ids = self.page.ids
            if "answer-submit" in ids:
                return self.answer
            if "username" in ids:
                self.submit({"username": person.username, "password": person.password})
            elif "password" in ids:
                self.submit({"password": person.password})
            elif "otp" in ids:
                self.house.clock.advance_step()
                self.submit({"otp": person.code() if "resend" not in ids else self.house.last_sms_code()})
            elif "consent-allow" in ids:
                self.submit({}, "consent-allow")
            else:
                raise AssertionError(f"a page nobody expected: {sorted(ids)}\n{self.text}")
        raise AssertionError("the sign-in does not end")

    @property
    def answer(self) -> dict[str, str]:
        """The parameters that the client gets back, whichever way they travel."""
        if self.location is None:
            form = self.page.form_with("answer-submit")
            assert form is not None, self.text
            return form.fields
        parts = urlsplit(self.location)
        return dict(parse_qsl(parts.fragment or parts.query))

    def _went(self, response: TestResponse) -> TestResponse:
        while response.status_code == 303 and response.headers["Location"].startswith("/"):
            response = self.client.get(response.headers["Location"])
        self.response = response
        return response


class TestClock(FakeClock):
    """The tests' clock, that also steps to the next one-time code."""

    __test__ = False

    def advance_step(self) -> None:
        self.now = datetime.fromtimestamp((self.now.timestamp() // 30 + 1) * 30, self.now.tzinfo)


class House:
    """A provider with an empty database of its own."""

    def __init__(self, folder: Path, keys: Path, clock: TestClock, **settings: Any) -> None:
        self.clock = clock
        usual = {
            "issuer": ISSUER,
            "secret": SECRET,
            "database_url": f"sqlite:///{folder / 'idp.db'}",
            "keys_dir": keys,
            "is_demo": True,
            "sms_channel": "outbox",
        }
        self.settings = Settings(**(usual | settings))
        self.provider = Provider(self.settings, clock)
        create_tables(self.provider.database)
        self.app = create_app(self.settings, self.provider)
        self._people = 0

    def close(self) -> None:
        self.provider.close()

    def browser(self) -> Browser:
        return Browser(self)

    def person(self, *, has_totp: bool = True, **account: Any) -> Person:
        """Somebody with an active account, a password and, unless told, a code app."""
        self._people += 1
        number = account.pop("number", f"0011990{self._people:05d}")
        usual = {"level": Level.TWO, "status": Status.ACTIVE, "activated_at": self.clock()}
        added = an_account(**{"id": new_id(), "number": number, **usual, **account})
        self.provider.accounts.add(added)
        self._identified(added)
        self.provider.password.set_password(added.id, PASSWORD)
        secret = pyotp.random_base32() if has_totp else None
        if secret:
            self.provider.authenticators.add(added.id, "totp", secret.encode(), "app")
        return Person(added.id, number, PASSWORD, secret, self.clock)

    def _identified(self, account: Account) -> None:
        """What the account of a citizen stands on, as of the day on which it was opened."""
        if account.kind is not Kind.CITIZEN:
            return
        source, opened = self.provider.register.source, account.opened_at
        self.provider.evidence.add(register_match(account.id, source, opened, "69/2024 Art. 7.1.a"))
        if account.level is Level.TWO:
            seen = seen_in_person(account.id, opened, "cli", "", "69/2024 Art. 10.2")
            self.provider.evidence.add(seen)

    def client(self, name: str = "rp", **details: Any) -> RelyingParty:
        """A registered relying party; scopes and grants wide unless told."""
        usual: dict[str, Any] = {
            "client_name": {"vi": "Trang thử", "en": "Trial site"},
            "redirect_uris": (f"https://{name}.example/callback",),
            "post_logout_redirect_uris": (f"https://{name}.example/signed-out",),
            "grant_types": ("authorization_code", "refresh_token"),
            "scope": SCOPES,
            "claims": ("age_over_18", "province"),
        }
        metadata = ClientMetadata(**(usual | details))
        client, secret = self.provider.clients.register(metadata, client_id=name)
        return RelyingParty(
            self, client.client_id, secret, metadata.token_endpoint_auth_method, metadata.redirect_uris[0]
        )

    def id_token(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of an ID token, verified against the published keys by another library."""
        keys = KeySet.import_key_set(json.loads(self.app.test_client().get("/jwks").data))
        decoded = jwt.decode(token, keys, registry=_OurAlgorithms())
        return dict(decoded.header), dict(decoded.claims)

    def last_sms_code(self) -> str:
        text = self.provider.outbox.recent(1)[0].text
        return next(word for word in text.replace(".", " ").split() if word.isdigit() and len(word) == 6)


class _OurAlgorithms(jws.JWSRegistry):
    """What we sign with. joserfc knows RFC 8037's ``EdDSA``, but warns of the name."""

    def get_alg(self, name: str) -> Any:
        if name not in SIGNING:
            raise AssertionError(f"nothing of ours is signed with {name}")
        return self.algorithms[name]


def query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


@pytest.fixture(scope="session")
def signing_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of signing keys, made once: RSA takes its time."""
    folder = tmp_path_factory.mktemp("keys")
    Keyring(FileKeyStore(folder), TestClock(), retain=timedelta(days=1)).initialise()
    return folder


@pytest.fixture
def make_house(tmp_path: Path, signing_keys: Path) -> Iterator[Callable[..., House]]:
    """Builds houses with other settings than the usual; closes them."""
    houses: list[House] = []

    def make(**settings: Any) -> House:
        folder = tmp_path / f"house{len(houses)}"
        folder.mkdir()
        keys = folder / "keys"
        shutil.copytree(signing_keys, keys)
        houses.append(House(folder, keys, TestClock(), **settings))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client()


@pytest.fixture
def person(house: House) -> Person:
    return house.person()


@pytest.fixture
def browser(house: House) -> Browser:
    return house.browser()
