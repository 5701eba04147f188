"""The FAPI-CIBA ID1 test plan of OpenID's conformance suite, module by module, with clients of our own.

Each test plays what a module sends, at a simulator, and holds the answers to what the module expects. The
clients are those of ``docs/conformance/fapi-ciba.json``; people answer at ``/simulator/ciba``.
"""

import json
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from idp.cli.clients import read_registration
from idp.oidc.clients.assertion import ASSERTION_TYPE
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.grants.answered import CibaGrant
from tests.assertions import a_key, signed
from tests.certificates import Held, a_certificate
from tests.house import House, Person, TestClock
from tests.protocol.acts import DESCRIBABLE, refused
from tests.receivers import Receiver, receiving

GRANT = CibaGrant.GRANT_TYPE
FILE = Path(__file__).parents[2] / "docs" / "conformance" / "fapi-ciba.json"
MODES = ("poll", "ping")
METHODS = ("private_key_jwt", "self_signed_tls_client_auth")
LEVEL = "urn:dinhdanh:aal:2"
# Long, and with letters that not every device shows.
ODD_MESSAGE = (
    "1234 \U0001f44d\U0001f3ff 品川 " + "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 8
)


@cache
def key_of(name: str) -> Any:
    """Keys take their time: one each for all tests."""
    return a_key("PS256", kid=f"{name}-key")


@cache
def certificate_of(name: str) -> Held:
    return a_certificate(f"CN={name}.example,O=Trial,C=VN")


@dataclass(slots=True, kw_only=True)
class Suite:
    """One client of the suite, with its key and its certificate."""

    house: House
    name: str
    mode: str
    method: str
    person: Person
    receiver: Receiver
    token: str = ""

    @property
    def key(self) -> Any:
        return key_of(self.name)

    @property
    def held(self) -> Held:
        return certificate_of(self.name)

    def inside(self, **changes: Any) -> dict[str, Any]:
        """What a signed request holds; ``None`` leaves a member out."""
        now = int(self.house.clock().timestamp())
        self.token = secrets.token_urlsafe(15) + "="
        usual = {
            "scope": "openid profile offline_access",
            "login_hint": self.person.username,
            "client_notification_token": self.token if self.mode == "ping" else None,
            "iat": now,
            "exp": now + 300,
            "nbf": now,
            "jti": secrets.token_urlsafe(15),
            "aud": self.house.settings.issuer,
            "iss": self.name,
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def proof(self, aud: str, alg: str = "PS256", **claims: Any) -> dict[str, str]:
        """What goes beside every request so that we know the client."""
        if self.method != "private_key_jwt":
            return {"client_id": self.name}
        now = int(self.house.clock().timestamp())
        usual = {"iss": self.name, "sub": self.name, "aud": aud, "jti": secrets.token_urlsafe(15)}
        told = usual | {"iat": now, "exp": now + 60} | claims
        told = {name: value for name, value in told.items() if value is not None}
        return {"client_assertion": signed(told, self.key, alg), "client_assertion_type": ASSERTION_TYPE}

    def post(self, path: str, form: dict[str, str], held: Held | None) -> TestResponse:
        headers = held.header if held else {}
        return self.house.app.test_client().post(path, data=form, headers=headers)

    def ask(self, claims: dict[str, Any] | None = None, **changes: Any) -> TestResponse:
        """The backchannel request; the suite sends the certificate everywhere."""
        told = self.inside(**changes) if claims is None else claims
        return self.send(signed(told, self.key, "PS256"))

    def send(self, token: str, proof: dict[str, str] | None = None) -> TestResponse:
        address = self.house.settings.issuer + "/bc-authorize"
        return self.post(
            "/bc-authorize", {"request": token} | (self.proof(address) if proof is None else proof), self.held
        )

    def begun(self, **changes: Any) -> dict[str, Any]:
        """What a request is answered with, held to CIBA Core 1.0 §7.3."""
        response = self.ask(**changes)
        assert response.status_code == 200, response.text
        assert response.mimetype == "application/json"
        answer: dict[str, Any] = response.get_json()
        assert len(answer["auth_req_id"]) >= 43  # over 160 bits
        assert type(answer["expires_in"]) is int
        assert type(answer["interval"]) is int
        return answer

    def redeem(self, auth_req_id: str, **proof: Any) -> TestResponse:
        aud = proof.pop("aud", self.house.settings.issuer + "/token")
        form = {"grant_type": GRANT, "auth_req_id": auth_req_id, **self.proof(aud, **proof)}
        return self.post("/token", form, self.held)

    def waits(self, auth_req_id: str, **proof: Any) -> None:
        refused(self.redeem(auth_req_id, **proof), "authorization_pending")

    def answers(self, auth_req_id: str, action: str = "allow") -> None:
        """As the suite does it: a POST to an address, with nothing in the body and no type for it."""
        sent = {"auth_req_id": auth_req_id, "action": action}
        client = self.house.app.test_client()
        answer = client.post("/simulator/ciba", query_string=sent, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text

    def hears(self, auth_req_id: str) -> None:
        """The ping, held to CIBA Core 1.0 §10.2; who polls is never pinged."""
        if self.mode == "poll":
            assert not self.receiver.received
            return
        assert self.receiver.arrived.wait(10)
        told = self.receiver.received[-1]
        assert told.headers["Content-Type"] == "application/json"
        assert told.headers["Authorization"] == f"Bearer {self.token}"
        assert json.loads(told.body) == {"auth_req_id": auth_req_id}

    def tokens(self, auth_req_id: str) -> dict[str, Any]:
        """What a request that was allowed is redeemed for, held to what the suite looks at."""
        response = self.redeem(auth_req_id)
        assert response.status_code == 200, response.text
        assert response.headers["Cache-Control"] == "no-store"
        given: dict[str, Any] = response.get_json()
        assert type(given["expires_in"]) is int
        assert given["token_type"] == "Bearer"
        header, claims = self.house.id_token(given["id_token"])
        assert header["alg"] == "PS256"
        assert header["kid"]
        assert claims["aud"] == self.name
        # These are push mode's (§10.3.1), and the hybrid flow's.
        assert claims.keys().isdisjoint({"urn:openid:params:jwt:claim:auth_req_id", "rt_hash", "c_hash"})
        return given

    def walk(self, **changes: Any) -> dict[str, Any]:
        """From the request to the tokens: pending, pending, allowed."""
        auth_req_id = self.begun(**changes)["auth_req_id"]
        self.waits(auth_req_id)
        self.house.clock.advance(timedelta(seconds=5))
        self.waits(auth_req_id)
        self.answers(auth_req_id)
        self.hears(auth_req_id)
        return self.tokens(auth_req_id) | {"auth_req_id": auth_req_id}

    def resource(self, token: str, held: Held | None = None, **headers: str) -> TestResponse:
        """The protected resource."""
        shown = (held or self.held).header | {"Authorization": f"Bearer {token}"} | headers
        return self.house.app.test_client().get("/simulator/resource", headers=shown)


PLANS = [(mode, method) for mode in MODES for method in METHODS]
SPARED = "001199000001"  # the first person of a test house: a plan asks after one person again and again


@pytest.fixture(scope="module", params=PLANS, ids="-".join)
def plan(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The variant: how answers are told, and how clients prove themselves."""
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


@pytest.fixture(autouse=True)
def _quiet(receiver: Receiver) -> None:
    """Each test hears its own pings."""
    receiver.status, receiver.body, receiver.headers = 204, b"", {}
    receiver.received.clear()
    receiver.arrived.clear()


@pytest.fixture(scope="module")
def stage(
    plan: tuple[str, str], receiver: Receiver, signing_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Suite, Suite]]:
    """The plan's two clients at one simulator: the suite runs all modules against one provider too."""
    house = a_simulator(tmp_path_factory.mktemp("house"), signing_keys)
    yield two_clients(house, plan, receiver)
    house.close()


def a_simulator(folder: Path, keys: Path) -> House:
    return House(
        folder, keys, TestClock(), is_simulator=True, simulator_spared=(SPARED,),
        trusted_proxies=("127.0.0.1",), client_certificates=True,
    )  # fmt: skip


def two_clients(house: House, plan: tuple[str, str], receiver: Receiver) -> tuple[Suite, Suite]:
    """The file's client, twice, as the plan's variant wants it."""
    (mode, method), person = plan, house.person()
    assert person.username == SPARED
    for name in ("one", "two"):
        keys = [key_of(name).as_dict(private=False), json.loads(key_to_publish(name))]
        members: dict[str, Any] = asdict(read_registration(FILE)) | {
            "token_endpoint_auth_method": method,
            "backchannel_token_delivery_mode": mode,
            "jwks": {"keys": keys},
            "backchannel_client_notification_endpoint": f"{receiver.url}/ping" if mode == "ping" else None,
        }
        house.provider.clients.register(ClientMetadata(**members), client_id=name)
    kept = {"house": house, "mode": mode, "method": method, "person": person, "receiver": receiver}
    return Suite(name="one", **kept), Suite(name="two", **kept)


@cache
def key_to_publish(name: str) -> str:
    """The key of the certificate, as a JWK."""
    public = certificate_of(name).certificate.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return json.dumps(ECKey.import_key(pem).as_dict(private=False) | {"kid": f"{name}-certificate"})


@pytest.fixture
def suite(stage: tuple[Suite, Suite]) -> Suite:
    return stage[0]


@pytest.fixture
def second(stage: tuple[Suite, Suite]) -> Suite:
    return stage[1]


@pytest.fixture
def house(suite: Suite) -> House:
    return suite.house


@pytest.fixture
def person(suite: Suite) -> Person:
    return suite.person


def unsigned(claims: dict[str, Any]) -> str:
    """A JWT with ``alg`` none."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def broken(token: str) -> str:
    """A JWT whose signature fits nothing."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def variants(*, modes: tuple[str, ...] = MODES, methods: tuple[str, ...] = METHODS) -> Any:
    """The only ones that a module is for."""
    chosen = [(mode, method) for mode in modes for method in methods]
    return pytest.mark.parametrize("plan", chosen, indirect=True, ids="-".join)


@pytest.mark.spec("FAPI-CIBA §5.2.2", "CIBA Core 1.0 §4")
def test_discovery_tells_all_that_the_plan_looks_for(house: House) -> None:
    found = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert found["backchannel_authentication_endpoint"].startswith(house.settings.issuer)
    assert {"poll", "ping"} <= set(found["backchannel_token_delivery_modes_supported"])
    assert GRANT in found["grant_types_supported"]
    assert found["tls_client_certificate_bound_access_tokens"] is True
    assert set(METHODS) <= set(found["token_endpoint_auth_methods_supported"])
    for offered in (
        "token_endpoint_auth_signing_alg_values_supported",
        "backchannel_authentication_request_signing_alg_values_supported",
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
    ):
        assert {"PS256", "ES256"} <= set(found[offered])
    assert found["backchannel_user_code_parameter_supported"] is False


@pytest.mark.spec("CIBA Core 1.0 §10.1.1", "RFC 8705 §3")
def test_two_clients_ask_and_neither_uses_the_others_tokens(suite: Suite, second: Suite) -> None:
    """``fapi-ciba-id1``."""
    first = suite.walk()["access_token"]
    interaction = str(uuid.uuid4())
    answer = suite.resource(first, **{"x-fapi-interaction-id": interaction, "x-fapi-auth-date": "x"})
    assert answer.status_code == 200
    assert answer.headers["x-fapi-interaction-id"] == interaction
    assert answer.mimetype == "application/json"
    for accepted in ("application/json", "application/json, application/*+json, */*"):
        assert suite.resource(first, Accept=accepted).status_code == 200
    nowhere = suite.house.app.test_client().get("/simulator/resource", query_string={"access_token": first})
    assert nowhere.status_code in (400, 401)
    suite.receiver.arrived.clear()

    token = "aA0-._~+/" * 113 + "aaaaaa="  # 1,024 characters
    changes = {"client_notification_token": token} if second.mode == "ping" else {}
    second_id = second.begun(acr_values=LEVEL, requested_expiry=300, **changes)["auth_req_id"]
    second.token = token
    second.answers(second_id)
    if second.mode == "ping":
        second.hears(second_id)
    given = second.tokens(second_id)
    _, claims = second.house.id_token(given["id_token"])
    assert claims["acr"] == LEVEL

    answer = second.resource(given["access_token"])
    assert answer.status_code == 200
    assert uuid.UUID(answer.headers["x-fapi-interaction-id"])  # one of ours, where none came
    assert second.resource(given["access_token"], suite.held).status_code == 401
    refused(second.redeem(second_id), "invalid_grant")


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_refusal_is_told(suite: Suite) -> None:
    """``fapi-ciba-id1-user-rejects-authentication``."""
    auth_req_id = suite.begun()["auth_req_id"]
    suite.waits(auth_req_id)
    suite.answers(auth_req_id, "deny")
    suite.hears(auth_req_id)

    refused(suite.redeem(auth_req_id), "access_denied")


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_many_polls_at_once_are_slowed_down_and_spoil_nothing(suite: Suite) -> None:
    """``fapi-ciba-id1-multiple-call-to-token-endpoint``."""
    auth_req_id = suite.begun()["auth_req_id"]
    suite.waits(auth_req_id)

    for _ in range(20):
        refused(suite.redeem(auth_req_id), "slow_down")
    suite.answers(auth_req_id)
    suite.hears(auth_req_id)

    assert suite.tokens(auth_req_id)


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_request_that_nobody_answered_expires_when_it_said(suite: Suite) -> None:
    """``fapi-ciba-id1-auth-req-id-expired``."""
    asked = suite.begun(requested_expiry=30)
    assert asked["expires_in"] == 30
    suite.house.clock.advance(timedelta(seconds=30))

    refused(suite.redeem(asked["auth_req_id"]), "expired_token")
    assert not suite.receiver.received


@pytest.mark.spec("CIBA Core 1.0 §7.1", "CIBA Core 1.0 §7.1.1", "RFC 6749 §3.3")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"binding_message": "1234"}, id="authorization-request-with-binding-message-succeeds"),
        pytest.param({"scope": "offline_access profile openid"}, id="other-scope-order-succeeds"),
        pytest.param({"requested_expiry": "30"}, id="requested-expiry-as-string-succeeds"),
    ],
)
def test_request_in_order_ends_with_tokens(suite: Suite, changes: dict[str, Any]) -> None:
    """``fapi-ciba-id1-ensure-...``."""
    given = suite.walk(**changes)

    assert suite.resource(given["access_token"]).status_code == 200


@pytest.mark.spec("CIBA Core 1.0 §13")
def test_message_that_no_page_can_show_is_refused_by_its_name(suite: Suite) -> None:
    """``fapi-ciba-id1-ensure-authorization-request-with-potentially-bad-binding-message``."""
    refused(suite.ask(binding_message=ODD_MESSAGE), "invalid_binding_message")


MINUTE = 60


@pytest.mark.spec("CIBA Core 1.0 §7.1.1", "FAPI-CIBA §5.2.2")
@pytest.mark.parametrize(
    ("member", "shift"),
    [
        pytest.param("aud", None, id="missing-aud-fails"),
        pytest.param("aud", "https://other.example/", id="bad-aud-fails"),
        pytest.param("iss", None, id="missing-iss-fails"),
        pytest.param("iss", "wrong", id="bad-iss-fails"),
        pytest.param("exp", None, id="missing-exp-fails"),
        pytest.param("exp", -5 * MINUTE, id="expired-exp-fails"),
        pytest.param("exp", 70 * MINUTE, id="exp-is-70-minutes-in-future-fails"),
        pytest.param("iat", None, id="missing-iat-fails"),
        pytest.param("nbf", None, id="missing-nbf-fails"),
        pytest.param("nbf", 10 * MINUTE, id="nbf-is-10-minutes-in-future-fails"),
        pytest.param("nbf", -70 * MINUTE, id="nbf-is-70-minutes-in-past-fails"),
        pytest.param("jti", None, id="missing-jti-fails"),
    ],
)
def test_request_object_with_a_wrong_member_is_refused(
    suite: Suite, member: str, shift: str | int | None
) -> None:
    """``fapi-ciba-id1-ensure-request-object-...``."""
    now = int(suite.house.clock().timestamp())
    value = now + shift if isinstance(shift, int) else shift

    description = refused(suite.ask(**{member: value}), "invalid_request")
    assert member in description


@pytest.mark.spec("CIBA Core 1.0 §7.1.1", "FAPI-CIBA §7.10")
@pytest.mark.parametrize(
    "how",
    [
        pytest.param("none", id="signature-algorithm-is-none-fails"),
        pytest.param("bad", id="signature-algorithm-is-bad-fails"),
        pytest.param("RS256", id="signature-algorithm-is-RS256-fails"),
        pytest.param("other", id="signed-by-other-client-fails"),
    ],
)
def test_request_object_that_this_client_did_not_sign_as_it_must_is_refused(suite: Suite, how: str) -> None:
    """``fapi-ciba-id1-ensure-request-object-...``."""
    claims = suite.inside()
    token = signed(claims, suite.key, "RS256" if how == "RS256" else "PS256")
    if how == "none":
        token = unsigned(claims)
    if how == "bad":
        token = broken(token)
    if how == "other":
        token = signed(claims, key_of("two"), "PS256")

    refused(suite.send(token), "invalid_request")


@pytest.mark.spec("CIBA Core 1.0 §7.2")
def test_two_hints_are_refused(suite: Suite) -> None:
    """``fapi-ciba-id1-ensure-authorization-request-with-multiple-hints-fails``."""
    refused(suite.ask(login_hint="join@example.com", login_hint_token="x" * 20), "invalid_request")


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_request_of_another_client_is_not_redeemed(suite: Suite, second: Suite) -> None:
    """``fapi-ciba-id1-ensure-wrong-auth-req-id-in-token-endpoint-request``."""
    auth_req_id = suite.begun()["auth_req_id"]

    refused(second.redeem(auth_req_id), "invalid_grant")
    suite.waits(auth_req_id)


@variants(methods=("self_signed_tls_client_auth",))
@pytest.mark.spec("RFC 8705 §2", "CIBA Core 1.0 §13")
def test_name_and_certificate_must_be_one_clients(suite: Suite, second: Suite) -> None:
    """``-different-client-id-and-issuer-in-...``, ``-wrong-client-id-in-backchannel-...-request``."""
    of_the_first = signed(suite.inside(), suite.key, "PS256")
    of_the_second = signed(second.inside(), suite.key, "PS256")

    for token in (of_the_first, of_the_second):
        refused(suite.send(token, {"client_id": second.name}), "invalid_client", 401)


@variants(methods=("self_signed_tls_client_auth",))
@pytest.mark.spec("RFC 8705 §2")
def test_name_of_another_client_redeems_nothing(suite: Suite, second: Suite) -> None:
    """``fapi-ciba-id1-ensure-wrong-client-id-in-token-endpoint-request``."""
    form = {"grant_type": GRANT, "auth_req_id": suite.begun()["auth_req_id"], "client_id": second.name}

    refused(suite.post("/token", form, suite.held), "invalid_client", 401)


@variants(methods=("private_key_jwt",))
@pytest.mark.spec("RFC 7523 §3", "CIBA Core 1.0 §13")
def test_client_without_its_assertion_is_refused(suite: Suite) -> None:
    """``fapi-ciba-id1-ensure-without-client-assertion-in-...``, at both endpoints."""
    auth_req_id = suite.begun()["auth_req_id"]
    alone = {"client_id": suite.name}

    refused(suite.send(signed(suite.inside(), suite.key, "PS256"), alone), "invalid_client", 401)
    form = {"grant_type": GRANT, "auth_req_id": auth_req_id, **alone}
    refused(suite.post("/token", form, suite.held), "invalid_client", 401)


@variants(methods=("private_key_jwt",))
@pytest.mark.spec("FAPI-CIBA §7.10")
def test_assertion_signed_with_rs256_is_refused(suite: Suite) -> None:
    """``-client-assertion-signature-algorithm-in-...-is-RS256-fails``, at both endpoints."""
    proof = suite.proof(suite.house.settings.issuer, "RS256")
    refused(suite.send(signed(suite.inside(), suite.key, "PS256"), proof), "invalid_client", 401)

    auth_req_id = suite.begun()["auth_req_id"]
    refused(suite.redeem(auth_req_id, alg="RS256"), "invalid_client", 401)


@variants(methods=("private_key_jwt",))
@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_assertion_may_name_the_issuer_the_token_endpoint_or_the_one_called(suite: Suite) -> None:
    """``...-client-assertion-with-iss-aud-to-token-endpoint-succeeds``, and what other modules name."""
    issuer = suite.house.settings.issuer
    for path in ("", "/token", "/bc-authorize"):
        token = signed(suite.inside(), suite.key, "PS256")
        assert suite.send(token, suite.proof(issuer + path)).status_code == 200

    suite.waits(suite.begun()["auth_req_id"], aud=issuer)


@variants(methods=("private_key_jwt",))
@pytest.mark.spec("RFC 7523 §3", "RFC 7521 §4.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"sub": None}, {"sub": "wrong"}, {"iss": None}, {"iss": "wrong"}, {"aud": None},
        {"aud": "https://other.example/"}, {"exp": 1}, {"alg": "RS256"}, {"alg": "none"}, {"alg": "broken"},
        {"client_assertion_type": None}, {"client_assertion_type": "wrong"}, {"client_assertion": None},
    ],
    ids=str,
)  # fmt: skip
def test_assertion_that_is_wrong_in_one_way_is_refused(suite: Suite, changes: dict[str, Any]) -> None:
    """``fapi-ciba-id1-ensure-invalid-client-assertions-in-backchannel-authorization-request-fail``."""
    proof = suite.proof(suite.house.settings.issuer + "/bc-authorize")
    (name, value), *_ = changes.items()
    if name in ("client_assertion_type", "client_assertion"):
        proof |= {name: value or ""}
    elif value == "none":
        now = int(suite.house.clock().timestamp())
        proof["client_assertion"] = unsigned(
            {
                "iss": suite.name,
                "sub": suite.name,
                "aud": suite.house.settings.issuer,
                "exp": now + 60,
                "jti": "x",
            }
        )
    elif value == "broken":
        proof["client_assertion"] = broken(proof["client_assertion"])
    else:
        proof = suite.proof(**({"aud": suite.house.settings.issuer} | changes))

    refused(suite.send(signed(suite.inside(), suite.key, "PS256"), proof), "invalid_client", 401)


@variants(modes=("ping",))
@pytest.mark.spec("CIBA Core 1.0 §10.2")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(200, b"x" * 2000, id="returns-a-body"),
        pytest.param(401, b"no", id="401-and-require-server-does-not-retry"),
        pytest.param(403, b"no", id="403"),
        pytest.param(301, b"", id="return-redirect-request"),
    ],
)
def test_ping_is_sent_once_whatever_the_receiver_answers(
    suite: Suite, status: int, body: bytes, signing_keys: Path, tmp_path: Path
) -> None:
    """``fapi-ciba-id1-ping-...``."""
    receiver = suite.receiver
    receiver.status, receiver.body = status, body
    receiver.headers = {"Location": f"{receiver.url}/elsewhere"} if status == 301 else {}
    own = a_simulator(tmp_path, signing_keys)  # so that no ping can come after its end
    asking, _ = two_clients(own, (suite.mode, suite.method), receiver)
    given = asking.walk()
    own.close()

    assert [told.path for told in receiver.received] == ["/ping"]
    assert given["access_token"]


@pytest.mark.spec("FAPI-CIBA §5.2.2")
def test_request_that_is_not_signed_is_refused(suite: Suite) -> None:
    """``fapi-ciba-id1-ensure-unsigned-backchannel-authorization-request-fails``."""
    plain = {name: str(value) for name, value in suite.inside().items()}
    proof = suite.proof(suite.house.settings.issuer + "/bc-authorize")

    refused(suite.post("/bc-authorize", plain | proof, suite.held), "invalid_request")


@pytest.mark.spec("RFC 6749 §6", "OIDC Core 1.0 §12.2")
def test_refresh_token_gives_the_same_person_and_belongs_to_its_client(suite: Suite, second: Suite) -> None:
    """``fapi-ciba-id1-refresh-token``."""
    given = suite.walk()
    _, before = suite.house.id_token(given["id_token"])
    suite.house.clock.advance(timedelta(seconds=1))
    proof = suite.proof(suite.house.settings.issuer + "/token")
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"], "scope": given["scope"]}
    again = suite.post("/token", form | proof, suite.held)

    assert again.status_code == 200, again.text
    assert again.get_json()["token_type"] == "Bearer"
    assert again.get_json()["access_token"] != given["access_token"]
    _, after = suite.house.id_token(again.get_json()["id_token"])
    same = ("iss", "sub", "aud", "auth_time", "acr")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert suite.resource(again.get_json()["access_token"]).status_code == 200
    proof = second.proof(second.house.settings.issuer + "/token")
    refused(second.post("/token", form | proof, second.held), "invalid_grant")


@pytest.mark.spec("RFC 8705 §3", "FAPI-CIBA §5.2.2")
def test_no_token_comes_without_the_certificate(suite: Suite) -> None:
    """``fapi-ciba-id1-ensure-mtls-holder-of-key-required``."""
    auth_req_id = suite.begun()["auth_req_id"]
    suite.answers(auth_req_id)
    suite.hears(auth_req_id)
    form = {"grant_type": GRANT, "auth_req_id": auth_req_id}
    form |= suite.proof(suite.house.settings.issuer + "/token")
    answer = suite.post("/token", form, None)

    body = answer.get_json()
    assert (answer.status_code, body["error"]) in ((400, "invalid_request"), (401, "invalid_client"))
    assert set(body["error_description"]) <= DESCRIBABLE


@pytest.mark.spec("OIDC Registration 1.0 §3", "CIBA Core 1.0 §4")
def test_clients_that_register_themselves_are_held_to_the_same(
    house: House, receiver: Receiver, person: Person, plan: tuple[str, str]
) -> None:
    """The plan's variant ``dynamic_client``: what it registers, and that it works and is not laxer."""
    mode, method = plan
    asked = {
        "client_name": "conformance suite",
        "grant_types": [GRANT],
        "jwks": {"keys": [key_of("one").as_dict(private=False), json.loads(key_to_publish("one"))]},
        "backchannel_user_code_parameter": False,
        "backchannel_token_delivery_mode": mode,
        "backchannel_authentication_request_signing_alg": "PS256",
        "id_token_signed_response_alg": "PS256",
        "response_types": [],
        "token_endpoint_auth_method": method,
        "tls_client_certificate_bound_access_tokens": True,
    }
    if mode == "ping":
        asked["backchannel_client_notification_endpoint"] = f"{receiver.url}/ping"
    if method == "private_key_jwt":
        asked["token_endpoint_auth_signing_alg"] = "PS256"
    answer = house.app.test_client().post("/register", json=asked)
    assert answer.status_code == 201, answer.text
    told = answer.get_json()
    assert {name: told.get(name, []) for name in asked} == asked

    registered = Registered(
        house=house, name=told["client_id"], mode=mode, method=method, person=person, receiver=receiver
    )
    given = registered.walk()
    assert registered.resource(given["access_token"]).status_code == 200
    plain = {name: str(value) for name, value in registered.inside().items()}
    proof = registered.proof(house.settings.issuer + "/bc-authorize")
    refused(registered.post("/bc-authorize", plain | proof, registered.held), "invalid_request")


class Registered(Suite):
    """One that was given another name than its keys have."""

    @property
    def key(self) -> Any:
        return key_of("one")

    @property
    def held(self) -> Held:
        return certificate_of("one")
