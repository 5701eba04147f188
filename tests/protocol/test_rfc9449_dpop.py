"""RFC 9449: tokens that only the holder of a key can use."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.kernel.errors import Unavailable
from idp.oidc.clients.authentication import Presented
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.errors import InvalidDpopProof, UseDpopNonce
from idp.oidc.tokens.dpop import DpopProofs
from tests.house import House, Person, RelyingParty
from tests.proofs import Holder, new_key
from tests.protocol.acts import code_for, refused, tokens_for

OFFLINE = "openid profile offline_access"
ANYBODY = ClientMetadata(client_name={"en": "Trial site"})


@pytest.fixture
def holder(house: House) -> Holder:
    return Holder(house)


def redeem(party: RelyingParty, code: str, proof: str | None) -> TestResponse:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": party.redirect_uri,
        "code_verifier": party.verifier,
    }
    return party.post("/token", form, {"DPoP": proof} if proof is not None else {})


def bound(party: RelyingParty, person: Person, holder: Holder) -> dict[str, Any]:
    """Tokens bound to a key."""
    response = redeem(party, code_for(party, person, scope=OFFLINE), holder.proof())
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.get_json()
    return answer


def refresh(party: RelyingParty, token: str, proof: str | None) -> TestResponse:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return party.post("/token", form, {"DPoP": proof} if proof is not None else {})


def userinfo(house: House, headers: dict[str, str], method: str = "GET") -> TestResponse:
    return house.app.test_client().open("/userinfo", method=method, headers=headers)


@pytest.mark.spec("RFC 9449 §5", "RFC 9700 §2.2.1")
@pytest.mark.spec("RFC 9449 §7.1")
@pytest.mark.parametrize("alg", ["ES256", "PS256", "Ed25519"])
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_token_is_bound_and_used_with_proofs(house: House, person: Person, alg: str, form: str) -> None:
    party, holder = house.client(access_token_format=form), Holder(house, alg)

    tokens = bound(party, person, holder)

    assert tokens["token_type"] == "DPoP"
    for method in ("GET", "POST"):
        response = userinfo(house, holder.headers(tokens["access_token"], method), method)
        assert response.status_code == 200, response.text
        assert response.headers["DPoP-Nonce"]
    told = party.post("/introspect", {"token": tokens["access_token"]}).get_json()
    assert (told["cnf"], told["token_type"]) == ({"jkt": holder.jkt}, "DPoP")


@pytest.mark.spec("RFC 9449 §7.2")
def test_bound_token_is_no_bearer_token_and_the_other_way(
    house: House, rp: RelyingParty, person: Person, holder: Holder
) -> None:
    token = bound(rp, person, holder)["access_token"]
    plain = tokens_for(rp, person)["access_token"]

    refused(rp.userinfo(token), "invalid_token", 401)
    refused(house.app.test_client().post("/userinfo", data={"access_token": token}), "invalid_token", 401)
    response = userinfo(house, holder.headers(plain))
    refused(response, "invalid_token", 401)
    assert response.headers["WWW-Authenticate"].startswith("DPoP error=")
    assert 'algs="ES256 PS256' in response.headers["WWW-Authenticate"]


@pytest.mark.spec("RFC 9449 §7.1", "RFC 9449 §4.3")
def test_bound_token_needs_its_own_proof(
    house: House, rp: RelyingParty, person: Person, holder: Holder
) -> None:
    token = bound(rp, person, holder)["access_token"]

    refused(userinfo(house, Holder(house).headers(token)), "invalid_token", 401)
    refused(userinfo(house, {"Authorization": f"DPoP {token}"}), "invalid_dpop_proof", 401)
    refused(userinfo(house, holder.headers(token, ath="x" * 43)), "invalid_dpop_proof", 401)
    refused(userinfo(house, holder.headers(token) | {"DPoP": holder.proof("/userinfo", "GET")}),
            "invalid_dpop_proof", 401)  # fmt: skip
    headers = holder.headers(token)
    assert userinfo(house, headers).status_code == 200
    response = userinfo(house, headers)
    refused(response, "invalid_dpop_proof", 401)
    assert response.headers["WWW-Authenticate"].startswith('DPoP error="invalid_dpop_proof"')


@pytest.mark.spec("RFC 9449 §4.3", "RFC 9449 §5")
@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "GET"}, {"htm": None}, {"htu": "https://evil.example/token"}, {"htu": None}, {"htu": 7},
        {"htu": "http://localhost:8000/userinfo"}, {"htu": "http://a@localhost:8000/token"},
        {"htu": "http://[::1/token"}, {"jti": None}, {"jti": ""}, {"jti": 7}, {"jti": "x" * 256},
        {"iat": None}, {"iat": "now"}, {"iat": True}, {"iat": 10**17}, {"exp": "soon"}, {"nbf": True},
    ],
)  # fmt: skip
def test_proof_with_a_wrong_claim_is_refused(
    rp: RelyingParty, holder: Holder, claims: dict[str, Any]
) -> None:
    refused(redeem(rp, "x", holder.proof(**claims)), "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449 §4.3")
def test_proof_with_a_wrong_header_is_refused(rp: RelyingParty, holder: Holder) -> None:
    public = holder.key.as_dict(private=False)
    for header in (
        {"typ": "JWT"},
        {"jwk": None},
        {"jwk": "x"},
        {"jwk": new_key().as_dict(private=False)},
        {"jwk": holder.key.as_dict(private=True)},
        {"jwk": {**public, "crv": "P-384"}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://evil.example/jwks"},
        {"x5c": ["AA"]},
    ):
        refused(redeem(rp, "x", holder.proof(header=header)), "invalid_dpop_proof")
    good = holder.proof()
    for proof in (
        "",
        "x",
        "a.b.c",
        "e30.e30.",
        good[:-4] + "AAAA",
        f"{good},{holder.proof()}",
        good + "." + good,
    ):
        refused(redeem(rp, "x", proof), "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449 §4.3")
def test_address_is_compared_without_query_and_in_any_case(
    rp: RelyingParty, person: Person, holder: Holder
) -> None:
    proof = holder.proof(htu="HTTP://LOCALHOST:8000/token?x=1#y")

    assert redeem(rp, code_for(rp, person), proof).status_code == 200


@pytest.mark.spec("RFC 9449 §4.3", "RFC 7519 §4.1.4")
def test_proof_that_says_when_it_ends_or_begins_is_held_to_it(
    house: House, rp: RelyingParty, holder: Holder
) -> None:
    now = int(house.clock().timestamp())

    for ahead, error in (
        ({"exp": -30}, "invalid_dpop_proof"),
        ({"exp": -29}, "invalid_grant"),
        ({"nbf": 31}, "invalid_dpop_proof"),
        ({"nbf": 30, "exp": 300}, "invalid_grant"),
    ):
        proof = holder.proof(**{name: now + seconds for name, seconds in ahead.items()})
        refused(redeem(rp, "x", proof), error)


@pytest.mark.spec("RFC 9449 §11.1", "RFC 9449 §4.3")
def test_proof_is_good_once_and_for_a_minute(
    house: House, rp: RelyingParty, person: Person, holder: Holder
) -> None:
    now = int(house.clock().timestamp())
    proof = holder.proof()
    assert redeem(rp, code_for(rp, person), proof).status_code == 200

    refused(redeem(rp, code_for(rp, person), proof), "invalid_dpop_proof")
    refused(redeem(rp, "x", holder.proof(iat=now - 61)), "invalid_dpop_proof")
    refused(redeem(rp, "x", holder.proof(iat=now + 31)), "invalid_dpop_proof")
    refused(redeem(rp, "x", holder.proof(iat=now + 30)), "invalid_grant")
    refused(redeem(rp, "x", holder.proof(iat=now - 60)), "invalid_grant")


@pytest.mark.spec("RFC 9449 §11.1")
def test_of_parallel_uses_of_a_proof_one_succeeds(house: House, holder: Holder) -> None:
    proofs = house.provider.confirmations.proofs
    came = Presented(dpop=holder.proof(), method="POST", url=house.settings.issuer + "/token")

    def use(_: int) -> bool:
        try:
            return proofs.thumbprint(ANYBODY, came) == holder.jkt
        except InvalidDpopProof:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(use, range(20))).count(True) == 1


def test_nobody_remembering_proofs_is_no_permission(
    house: House, rp: RelyingParty, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> int:
        raise Unavailable("ephemeral")

    monkeypatch.setattr(type(house.provider.ephemeral), "increment", silent)

    assert redeem(rp, "x", holder.proof()).status_code == 503


@pytest.mark.spec("RFC 9449 §8")
def test_nonce_of_another_or_of_long_ago_is_refused_with_a_fresh_one(
    house: House, rp: RelyingParty, person: Person, holder: Holder
) -> None:
    response = redeem(rp, "x", holder.proof(nonce="stale"))
    refused(response, "use_dpop_nonce")
    nonce = response.headers["DPoP-Nonce"]
    answer = redeem(rp, code_for(rp, person), holder.proof(nonce=nonce))
    assert answer.status_code == 200
    token = answer.get_json()["access_token"]

    house.clock.advance(timedelta(minutes=5))
    assert userinfo(house, holder.headers(token, nonce=nonce)).status_code == 200
    house.clock.advance(timedelta(minutes=4))
    assert userinfo(house, holder.headers(token, nonce=answer.headers["DPoP-Nonce"])).status_code in (
        200,
        401,
    )
    house.clock.advance(timedelta(seconds=50))
    late = userinfo(house, holder.headers(token, nonce=7))
    refused(late, "use_dpop_nonce", 401)
    assert late.headers["WWW-Authenticate"].startswith('DPoP error="use_dpop_nonce"')
    assert userinfo(house, holder.headers(token, nonce=late.headers["DPoP-Nonce"])).status_code == 200


@pytest.mark.spec("RFC 9449 §8")
def test_server_that_asks_for_nonces_takes_no_proof_without(house: House, holder: Holder) -> None:
    proofs = DpopProofs(b"k" * 32, house.provider.ephemeral, house.clock, needs_nonce=True)
    url = house.settings.issuer + "/token"

    with pytest.raises(UseDpopNonce) as asked:
        proofs.thumbprint(ANYBODY, Presented(dpop=holder.proof(), url=url))

    proof = holder.proof(nonce=asked.value.nonce)
    assert proofs.thumbprint(ANYBODY, Presented(dpop=proof, url=url)) == holder.jkt
    house.clock.advance(timedelta(minutes=10))
    with pytest.raises(UseDpopNonce):
        proofs.thumbprint(ANYBODY, Presented(dpop=holder.proof(nonce=asked.value.nonce), url=url))


@pytest.mark.spec("RFC 9449 §10", "FAPI 2.0 Security Profile §5.3.2.2")
def test_code_is_bound_to_the_key_that_the_request_named(
    rp: RelyingParty, person: Person, holder: Holder
) -> None:
    def code() -> str:
        return code_for(rp, person, dpop_jkt=holder.jkt)

    assert redeem(rp, code(), holder.proof()).status_code == 200
    refused(redeem(rp, code(), Holder(rp.house).proof()), "invalid_dpop_proof")
    refused(redeem(rp, code(), None), "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449 §10.1")
def test_pushed_request_names_the_key_by_its_proof(rp: RelyingParty, person: Person, holder: Holder) -> None:
    request = {name: value for name, value in rp.request().items() if name != "client_id"}

    pushed = rp.post("/par", request, {"DPoP": holder.proof("/par")})

    assert pushed.status_code == 201
    assert pushed.headers["DPoP-Nonce"]
    uri = pushed.get_json()["request_uri"]
    read = rp.house.provider.requests.read({"client_id": rp.client_id, "request_uri": uri})
    assert read.dpop_jkt == holder.jkt
    other = {**request, "dpop_jkt": Holder(rp.house).jkt}
    refused(rp.post("/par", other, {"DPoP": holder.proof("/par")}), "invalid_dpop_proof")
    refused(rp.post("/par", {**request, "dpop_jkt": "short"}), "invalid_request")


@pytest.mark.spec("RFC 9449 §5", "RFC 9700 §2.2.2")
def test_public_clients_refresh_token_is_bound_to_the_key_and_rotates(
    house: House, person: Person, holder: Holder
) -> None:
    app = house.client("app", token_endpoint_auth_method="none")
    tokens = bound(app, person, holder)

    refused(refresh(app, tokens["refresh_token"], None), "invalid_request")
    refused(refresh(app, tokens["refresh_token"], Holder(house).proof()), "invalid_dpop_proof")
    answer = refresh(app, tokens["refresh_token"], holder.proof()).get_json()
    assert answer["token_type"] == "DPoP"
    assert answer["refresh_token"] != tokens["refresh_token"]


@pytest.mark.spec("RFC 9449 §5")
@pytest.mark.spec("FAPI 2.0 Security Profile §5.3.2.1")
def test_confidential_client_keeps_its_refresh_token_and_may_take_a_new_key(
    house: House, rp: RelyingParty, person: Person, holder: Holder
) -> None:
    tokens, new = bound(rp, person, holder), Holder(house)

    refused(refresh(rp, tokens["refresh_token"], None), "invalid_request")
    for each in (holder, new):
        answer = refresh(rp, tokens["refresh_token"], each.proof()).get_json()
        assert answer["refresh_token"] == tokens["refresh_token"]
        assert userinfo(house, each.headers(answer["access_token"])).status_code == 200


@pytest.mark.spec("RFC 9449 §5.2")
def test_client_registered_so_gets_bound_tokens_only(house: House, person: Person, holder: Holder) -> None:
    party = house.client(
        dpop_bound_access_tokens=True, grant_types=("authorization_code", "client_credentials")
    )
    code = code_for(party, person)

    refused(redeem(party, code, None), "invalid_request")

    assert redeem(party, code, holder.proof()).get_json()["token_type"] == "DPoP"
    form = {"grant_type": "client_credentials"}
    refused(party.post("/token", form), "invalid_request")
    assert party.post("/token", form, {"DPoP": holder.proof()}).get_json()["token_type"] == "DPoP"


@pytest.mark.spec("RFC 9449 §5.1")
def test_discovery_names_the_algorithms(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "EdDSA", "Ed25519"]


@pytest.mark.spec("RFC 9449 §8")
@pytest.mark.spec("RFC 9449 §9")
def test_operator_asks_for_nonces_and_clients_ask_again_with_one(make_house: Callable[..., House]) -> None:
    house = make_house(dpop_nonce_required=True)
    party, person, holder = house.client(), house.person(), Holder(house)
    code = code_for(party, person, scope=OFFLINE)

    asked = redeem(party, code, holder.proof())
    refused(asked, "use_dpop_nonce")
    tokens = redeem(party, code, holder.proof(nonce=asked.headers["DPoP-Nonce"])).get_json()

    at_door = userinfo(house, holder.headers(tokens["access_token"]))
    refused(at_door, "use_dpop_nonce", 401)
    assert at_door.headers["WWW-Authenticate"].startswith('DPoP error="use_dpop_nonce"')
    nonce = at_door.headers["DPoP-Nonce"]
    assert userinfo(house, holder.headers(tokens["access_token"], nonce=nonce)).status_code == 200

    refused(refresh(party, tokens["refresh_token"], holder.proof()), "use_dpop_nonce")
    assert refresh(party, tokens["refresh_token"], holder.proof(nonce=nonce)).status_code == 200
    pushed = party.post("/par", party.request(), {"DPoP": holder.proof("/par")})
    refused(pushed, "use_dpop_nonce")
    assert tokens_for(party, person)["token_type"] == "Bearer"


@pytest.mark.spec("RFC 9449 §6.1", "RFC 9449 §6.2")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_bound_token_names_its_key_inside_and_when_asked(
    house: House, person: Person, holder: Holder, form: str
) -> None:
    party = house.client("bound", access_token_format=form)

    token = bound(party, person, holder)["access_token"]

    told = party.post("/introspect", {"token": token}).get_json()
    assert (told["cnf"], told["token_type"]) == ({"jkt": holder.jkt}, "DPoP")
    if form == "jwt":
        assert house.id_token(token)[1]["cnf"] == {"jkt": holder.jkt}


@pytest.mark.spec("RFC 9449 §4.3")
def test_proof_that_comes_twice_is_refused(
    house: House, rp: RelyingParty, person: Person, holder: Holder
) -> None:
    token, code = bound(rp, person, holder)["access_token"], code_for(rp, person)
    at_userinfo = [holder.proof("/userinfo", "GET", token=token) for _ in range(2)]
    pair = base64.b64encode(f"{rp.client_id}:{rp.secret}".encode()).decode()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": rp.redirect_uri,
        "code_verifier": rp.verifier,
    }

    twice = house.app.test_client().get(
        "/userinfo", headers=[("Authorization", f"DPoP {token}"), *(("DPoP", one) for one in at_userinfo)]
    )
    redeemed = house.app.test_client().post(
        "/token",
        data=form,
        headers=[("Authorization", f"Basic {pair}"), *(("DPoP", holder.proof()) for _ in range(2))],
    )

    refused(twice, "invalid_dpop_proof", 401)
    refused(redeemed, "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449 §8")
@pytest.mark.parametrize("is_usual", [False, True])
def test_client_is_asked_for_nonces_as_its_operator_registered_it(
    make_house: Callable[..., House], is_usual: bool
) -> None:
    house = make_house(dpop_nonce_required=is_usual)
    other = house.client("other", dpop_nonce_required=not is_usual)
    person, holder = house.person(), Holder(house)

    for party, is_asked in ((house.client("third"), is_usual), (other, not is_usual)):
        code = code_for(party, person)
        answers = [
            party.post("/par", party.request(), {"DPoP": holder.proof("/par")}),
            redeem(party, code, holder.proof()),
        ]
        assert [answer.status_code == 400 for answer in answers] == [is_asked, is_asked]
        if is_asked:
            refused(answers[1], "use_dpop_nonce")
            answers = [redeem(party, code, holder.proof(nonce=answers[1].headers["DPoP-Nonce"]))]
        token = answers[-1].get_json()["access_token"]

        assert userinfo(house, holder.headers(token)).status_code == (401 if is_asked else 200)
