"""What OpenID's certification suite does at a provider: registers clients, asks, and checks every answer."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit
from uuid import uuid4

import requests
from joserfc import jws, jwt
from joserfc.jwk import KeySet, RSAKey

from idp.keyring.jose import half_hash
from tests.certification_station import Screen, Station
from tests.demonstration import Codes

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAY_ANSWER = {"code", "state", "iss", "session_state"}
MAY_REFUSE = {"error", "error_description", "error_uri", "state", "iss", "session_state"}
PLAIN_ERROR = {chr(c) for c in range(0x20, 0x7F)} - {'"', "\\"}  # RFC 6749 §4.1.2.1
SIGNING = ["ES256", "RS256", "PS256", "EdDSA"]


class Suite:
    """One run of the suite at a served simulator."""

    def __init__(self, told: Mapping[str, Any], own: Station) -> None:
        self.told = told
        self.own = own
        self.web = requests.Session()
        self.web.trust_env = False
        self.web.verify = told["ca_file"]
        self.issuer: str = told["issuer"]
        self.server = self.web.get(f"{self.issuer}/.well-known/openid-configuration").json()
        self.renew_key()
        self._ahead = 0

    def browser(self) -> Screen:
        return Screen(self.told, Codes(self.told["accounts"]))

    def published_keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.web.get(self.server["jwks_uri"]).json()["keys"]
        return found

    @property
    def now(self) -> int:
        return int(time.time()) + self._ahead

    def pass_seconds(self, seconds: int) -> None:
        """What the suite waits for, the simulator's clock skips."""
        self._ahead += seconds
        at = f"{self.issuer}/simulator/clock?shift={self._ahead}"
        assert self.web.get(at).status_code == 200

    def public_keys(self, kid: str | None = None) -> dict[str, Any]:
        """As the suite publishes its RS256 key; ``kid`` only where it has one."""
        named = {"kid": kid} if kid else {}
        return {"keys": [self.key.as_dict(private=False, use="sig", alg="RS256") | named]}

    def public_text(self, kid: str) -> str:
        return json.dumps(self.public_keys(kid))

    def renew_key(self) -> None:
        """GenerateRS256ClientJWKsWithKeyID, a second time."""
        self.key = RSAKey.generate_key(2048)

    def body(self, **members: Any) -> dict[str, Any]:
        """A registration as the suite composes it; ``None`` leaves a member out."""
        usual = {
            "client_name": f"oidf-conformance {uuid4().hex}",
            "grant_types": ["authorization_code"],
            "jwks": self.public_keys(),
            "token_endpoint_auth_method": "client_secret_basic",
            "response_types": ["code"],
            "redirect_uris": [f"{self.own.url}/test/a/suite/callback"],
            "contacts": ["certification@oidf.example"],
        }
        return {name: value for name, value in (usual | members).items() if value is not None}

    def register(self, mode: str | None = None, **members: Any) -> "Client":
        """CallDynamicRegistrationEndpointAndVerifySuccessfulResponse; ``mode``: the plan's."""
        body = self.body(**members)
        answer = self.web.post(self.server["registration_endpoint"], json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Content-Type"].split(";")[0] == "application/json"
        told = answer.json()
        assert told["registration_access_token"]
        assert urlsplit(told["registration_client_uri"]).scheme == "https"
        assert "client_secret" not in told or "client_secret_expires_at" in told
        return Client(self, told, mode)

    def refreshing(self, mode: str | None = None, **members: Any) -> "Client":
        return self.register(mode, grant_types=["authorization_code", "refresh_token"], **members)

    def refuses_to_register(self, **members: Any) -> str:
        """400 and JSON; the error."""
        answer = self.web.post(self.server["registration_endpoint"], json=self.body(**members))
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].split(";")[0] == "application/json"
        return str(answer.json()["error"])


@dataclass
class Client:
    """A client that the suite registered."""

    suite: Suite
    told: dict[str, Any]
    mode: str | None = None
    kid: str | None = None

    @property
    def redirect_uri(self) -> str:
        return str(self.told["redirect_uris"][0])

    def request(self, **parameters: str | None) -> dict[str, str]:
        """CreateAuthorizationRequestSteps; ``None`` leaves a parameter out."""
        usual = {
            "client_id": self.told["client_id"],
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": uuid4().hex,
            "nonce": uuid4().hex,
            "response_type": "code",
            "response_mode": self.mode,
        }
        return {name: value for name, value in (usual | parameters).items() if value is not None}

    def address(self, request: Mapping[str, str]) -> str:
        return f"{self.suite.server['authorization_endpoint']}?{urlencode(request)}"

    def open(self, browser: Screen, **parameters: str | None) -> dict[str, str]:
        """Send the browser off; what was asked."""
        request = self.request(**parameters)
        browser.open(self.address(request))
        return request

    def answered(self, browser: Screen, request: Mapping[str, str]) -> str:
        """The code, once everything about the answer has been checked."""
        answer = browser.finish()
        assert "error" not in answer, answer
        assert answer.keys() <= MAY_ANSWER | dict(parse_qsl(urlsplit(self.redirect_uri).query)).keys()
        assert answer["iss"] == self.suite.issuer
        assert answer.get("state") == request.get("state")
        is_posted = browser.left_for is None
        assert is_posted == (request.get("response_mode") == "form_post")
        return answer["code"]

    def refused(self, browser: Screen, request: Mapping[str, str]) -> str:
        """performGenericAuthorizationEndpointErrorResponseValidation; the error."""
        answer = browser.finish()
        assert answer.keys() <= MAY_REFUSE
        assert answer["state"] == request["state"]
        assert answer["iss"] == self.suite.issuer
        assert set(answer["error_description"]) <= PLAIN_ERROR
        assert (browser.left_for is None) == (request.get("response_mode") == "form_post")
        return answer["error"]

    def sign_in(self, browser: Screen | None = None, **parameters: str | None) -> "Tokens":
        """The whole of ``performAuthorizationFlow``: request, answer, tokens, ID token, UserInfo."""
        browser = browser or self.suite.browser()
        request = self.open(browser, **parameters)
        code = self.answered(browser, request)
        return self.redeemed(code, request)

    def redeemed(self, code: str, request: Mapping[str, str], **more: str) -> "Tokens":
        answer = self.redeem(code, **more)
        assert answer.status_code == 200, answer.text
        tokens = Tokens(self, code, answer.json())
        tokens.check(request)
        return tokens

    def redeem(self, code: str, **more: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        return self.token({**form, **more})

    def refresh(self, token: str, **more: str) -> requests.Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": token, **more})

    def token(self, form: dict[str, str], audience: str | None = None) -> requests.Response:
        """To the token endpoint, with the client's authentication."""
        client_id, secret = self.told["client_id"], self.told.get("client_secret", "")
        method, headers = self.told["token_endpoint_auth_method"], {}
        if method == "client_secret_basic":
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif method == "client_secret_post":
            form |= {"client_id": client_id, "client_secret": secret}
        else:
            form |= {"client_assertion_type": JWT_BEARER, "client_assertion": self.assertion(audience)}
        return self.suite.web.post(self.suite.server["token_endpoint"], data=form, headers=headers)

    def assertion(self, audience: str | None) -> str:
        now = self.suite.now
        client_id = self.told["client_id"]
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience or self.suite.server["token_endpoint"],
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + 60,
        }
        return self.signed(claims)

    def signed(self, claims: Mapping[str, Any]) -> str:
        named = {"kid": self.kid} if self.kid else {}
        return jwt.encode({"alg": "RS256", **named}, dict(claims), self.suite.key, algorithms=["RS256"])

    def userinfo(self, access_token: str, how: str = "get") -> requests.Response:
        at, web = self.suite.server["userinfo_endpoint"], self.suite.web
        if how == "body":
            return web.post(at, data={"access_token": access_token})
        send = web.get if how == "get" else web.post
        return send(at, headers={"Authorization": f"Bearer {access_token}"})


def unsigned(request: Mapping[str, Any]) -> str:
    """SerializeRequestObjectWithNullAlgorithm."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, dict(request)))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


@dataclass
class Tokens:
    """What the token endpoint gave for a code."""

    client: Client
    code: str
    told: dict[str, Any]

    @property
    def access_token(self) -> str:
        return str(self.told["access_token"])

    @property
    def id_token(self) -> dict[str, Any]:
        return self.verified(self.told["id_token"])[1]

    def verified(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a JWT of the provider's, by the published key of its ``kid``."""
        registry = jws.JWSRegistry(algorithms=SIGNING)
        keys = KeySet.import_key_set({"keys": self.client.suite.published_keys()})
        decoded = jwt.decode(token, keys, registry=registry)
        assert decoded.header["kid"]
        return dict(decoded.header), dict(decoded.claims)

    def check(self, request: Mapping[str, str]) -> None:
        """Of every token answer: PerformStandardIdTokenChecks, and that UserInfo answers."""
        assert self.told["token_type"] == "Bearer"
        assert self.told["expires_in"] > 0
        header, claims = self.verified(self.told["id_token"])
        client, suite = self.client, self.client.suite
        assert header["alg"] == client.told["id_token_signed_response_alg"]
        assert (claims["iss"], claims["aud"]) == (suite.issuer, client.told["client_id"])
        assert claims["iat"] - 60 <= suite.now < claims["exp"]
        assert claims.get("nonce") == request.get("nonce")
        assert 0 < len(claims["sub"]) <= 255
        assert claims["at_hash"] == half_hash(self.access_token, header["alg"])
        answer = client.userinfo(self.access_token)
        assert answer.status_code == 200
        if answer.headers["Content-Type"] == "application/json":
            assert answer.json()["sub"] == claims["sub"]
