"""Relying parties of the high-security plans: each combination of what OpenID's suite calls variants."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from werkzeug.test import TestResponse

from idp.oidc.clients.assertion import ASSERTION_TYPE
from tests.assertions import a_key, jwks, signed
from tests.certificates import Held, a_certificate
from tests.house import Browser, House, Person
from tests.proofs import Holder
from tests.protocol.acts import allow, signed_in

SCOPE = "openid profile offline_access"
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Variant:
    """``auth`` is ``private_key_jwt`` or ``mtls``, ``bound`` is ``dpop`` or ``mtls``: the suite's words."""

    auth: str
    bound: str
    is_signed: bool
    is_jarm: bool
    is_openid: bool

    @property
    def name(self) -> str:
        how = ("signed" if self.is_signed else "plain", "jarm" if self.is_jarm else "query")
        return "-".join((self.auth, self.bound, *how, "openid" if self.is_openid else "oauth"))


@dataclass(slots=True)
class Certified:
    """One client of a variant: its keys, and what it keeps between the halves of a sign-in."""

    house: House
    variant: Variant
    client_id: str
    redirect_uri: str
    alg: str
    key: Any
    held: Held
    holder: Holder
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def is_dpop(self) -> bool:
        return self.variant.bound == "dpop"

    @property
    def now(self) -> int:
        return int(self.house.clock().timestamp())

    @property
    def scope(self) -> str:
        return SCOPE if self.variant.is_openid else SCOPE.removeprefix("openid ")

    def request(self, **changes: Any) -> dict[str, Any]:
        """An authorization request in order; ``None`` leaves a parameter out."""
        usual = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "response_mode": "jwt" if self.variant.is_jarm else None,
            "scope": self.scope,
            "state": "s" * 16,
            "nonce": "n" * 16 if self.variant.is_openid else None,
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def enclosed(
        self, request: Mapping[str, Any], header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """A request object; ``claims`` are those of the JWT itself."""
        envelope = {
            "iss": self.client_id,
            "aud": self.house.settings.issuer,
            "nbf": self.now,
            "exp": self.now + 5 * MINUTE,
        }
        inside = {n: v for n, v in ({**request, **envelope} | claims).items() if v is not None}
        how = {"key": self.key, "alg": self.alg, **(header or {})}
        return signed(inside, how.pop("key"), how.pop("alg"), **how)

    def proven(self, form: Mapping[str, str], **assertion: Any) -> dict[str, str]:
        """A form, with what proves the client beside it: its name alone where its certificate does."""
        if self.variant.auth == "mtls":
            return {"client_id": self.client_id, **form}
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.house.settings.issuer,
            "iat": self.now,
            "exp": self.now + MINUTE,
            "jti": secrets.token_urlsafe(16),
        }
        told = {name: value for name, value in (claims | assertion).items() if value is not None}
        proof = signed(told, self.key, self.alg)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": proof, **form}

    def shown(self, *, is_bound: bool = True) -> dict[str, str]:
        """The headers of its certificate, where the connection is made with one."""
        needs = self.variant.auth == "mtls" or (is_bound and self.variant.bound == "mtls")
        return self.held.header if needs else {}

    def send(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        return self.house.app.test_client().post(path, data=form, headers=dict(headers or {}))

    def carried(self, **changes: Any) -> dict[str, str]:
        """The request as this variant's clients push it."""
        request = self.request(**changes)
        return {"request": self.enclosed(request)} if self.variant.is_signed else request

    def push(
        self,
        form: Mapping[str, str] | None = None,
        assertion: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> TestResponse:
        sent = self.proven(self.carried() if form is None else form, **(assertion or {}))
        return self.send("/par", sent, {**self.shown(is_bound=False), **headers})

    def pushed(self, form: Mapping[str, str] | None = None, **headers: str) -> dict[str, str]:
        """What then goes through the browser."""
        response = self.push(form, **headers)
        assert response.status_code == 201, response.text
        assert response.mimetype == "application/json"
        return {"client_id": self.client_id, "request_uri": response.get_json()["request_uri"]}

    def answer(self, browser: Browser) -> dict[str, Any]:
        """What came back to the client, its envelope held to JARM and to RFC 9207."""
        assert browser.location is not None, browser.text
        assert browser.location.startswith(self.redirect_uri)
        came: dict[str, Any] = browser.answer
        if self.variant.is_jarm:
            assert set(came) - {"dummy1", "dummy2"} == {"response"}
            header, came = self.house.id_token(came["response"])
            assert header["alg"] in ("ES256", "PS256")
            assert came.pop("aud") == self.client_id
            assert self.now < came.pop("exp") <= self.now + 10 * MINUTE
        assert came.pop("iss") == self.house.settings.issuer
        return {name: value for name, value in came.items() if name not in ("dummy1", "dummy2")}

    def allowed(self, person: Person, reference: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The answer of somebody who is signed in and agrees."""
        browser = signed_in(self.house, person)
        browser.open("/authorize", reference or self.pushed())
        allow(browser)
        return self.answer(browser)

    def code(self, person: Person, reference: Mapping[str, str] | None = None) -> str:
        answer = self.allowed(person, reference)
        assert "error" not in answer, answer
        return str(answer["code"])

    def token(self, form: Mapping[str, str], **changes: Any) -> TestResponse:
        """A call of the token endpoint; ``holder`` and ``held`` may be others, or ``None``."""
        holder, held = changes.pop("holder", self.holder), changes.pop("held", self.held)
        headers = self.shown() if held is self.held else held.header if held else {}
        if self.is_dpop and holder is not None:
            headers = {**headers, "DPoP": holder.proof(**changes.pop("proof", {}))}
        return self.send("/token", self.proven(form, **changes), headers)

    def redemption(self, code: str, **changes: str | None) -> dict[str, str]:
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def tokens(self, person: Person, reference: Mapping[str, str] | None = None) -> dict[str, Any]:
        response = self.token(self.redemption(self.code(person, reference)))
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.get_json()
        return answer

    def resource(self, token: str, headers: Mapping[str, str] | None = None, **proof: Any) -> TestResponse:
        """The simulator's resource, asked with this client's key or certificate."""
        path = "/simulator/resource"
        usual = {"Authorization": f"{'DPoP' if self.is_dpop else 'Bearer'} {token}"}
        if self.is_dpop:
            usual["DPoP"] = self.holder.proof(path, "GET", **({"token": token} | proof))
        else:
            usual |= self.held.header
        told = {name: value for name, value in (usual | dict(headers or {})).items() if value is not None}
        return self.house.app.test_client().get(path, headers=told)


def a_certified(house: House, variant: Variant, number: int, authority: Held) -> Certified:
    """The first (PS256) or second client (ES256) of a variant, registered as docs/conformance.md tells."""
    name, alg = f"{variant.name}-{number}", ("PS256", "ES256")[number - 1]
    key, subject = a_key(alg, name), f"CN={name},O=Trial,C=VN"
    proves: dict[str, Any] = {
        "private_key_jwt": {"token_endpoint_auth_method": "private_key_jwt"},
        "mtls": {
            "token_endpoint_auth_method": "tls_client_auth",
            "tls_client_auth_subject_dn": subject,
        },
    }[variant.auth]
    suffix = "" if number == 1 else "?dummy1=lorem&dummy2=ipsum"
    party = house.client(
        name,
        profile="fapi2",
        redirect_uris=(f"https://suite.example/callback{suffix}",),
        post_logout_redirect_uris=(),
        grant_types=("authorization_code", "refresh_token", "client_credentials"),
        jwks=jwks(key),
        tls_client_certificate_bound_access_tokens=variant.bound == "mtls",
        require_signed_request_object=variant.is_signed,
        **proves,
    )
    held = a_certificate(subject, authority)
    return Certified(house, variant, party.client_id, party.redirect_uri, alg, key, held, Holder(house, alg))
