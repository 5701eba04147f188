"""What a client has encrypted is signed first, and reaches it in no other way."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from idp.outbound import OutboundFailed
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, code_for, is_page, refused, signed_in, tokens_for
from tests.sealing import ALGS, DEFAULT_ENC, EC, ENCS, PUBLISHED, opened, sealed

JWT = "application/token-introspection+jwt"
URI = "https://rp.example/keys.json"


def reading(house: House, name: str = "rp", **details: Any) -> RelyingParty:
    return house.client(name, **({"jwks": PUBLISHED} | details))


def nested(house: House, token: str, alg: str, enc: str = DEFAULT_ENC) -> dict[str, Any]:
    """The claims of a token that was signed by us, then encrypted to the client's key (RFC 7519 §5.2)."""
    header, inner = opened(token, alg, enc)
    assert (header["cty"], header["kid"]) == ("JWT", "their-rsa" if alg.startswith("RSA") else "their-ec")
    assert "zip" not in header
    assert inner.count(".") == 2
    return house.id_token(inner)[1]


@pytest.mark.spec("OIDC Core 1.0 §10.2", "RFC 7516 §3", "RFC 7518 §4")
@pytest.mark.parametrize("alg", ALGS)
def test_id_token_is_for_the_clients_eyes_alone(house: House, person: Person, alg: str) -> None:
    rp = reading(house, id_token_encrypted_response_alg=alg)

    claims = nested(house, tokens_for(rp, person)["id_token"], alg)

    assert (claims["aud"], claims["nonce"]) == (rp.client_id, rp.nonce)


@pytest.mark.spec("RFC 7518 §5")
@pytest.mark.parametrize("enc", ENCS)
def test_content_is_encrypted_as_registered(house: House, person: Person, enc: str) -> None:
    rp = reading(house, id_token_encrypted_response_alg="ECDH-ES", id_token_encrypted_response_enc=enc)

    assert nested(house, tokens_for(rp, person)["id_token"], "ECDH-ES", enc)["aud"] == rp.client_id


@pytest.mark.spec("OIDC Core 1.0 §12.2")
def test_refreshed_id_token_is_encrypted_too(house: House, person: Person) -> None:
    rp = reading(house, id_token_encrypted_response_alg="ECDH-ES")
    tokens = tokens_for(rp, person, scope="openid offline_access")

    again = rp.refresh(tokens["refresh_token"]).get_json()["id_token"]

    assert nested(house, again, "ECDH-ES")["aud"] == rp.client_id


@pytest.mark.spec("OIDC Core 1.0 §3.1.3.6")
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "EdDSA"])
def test_signature_inside_is_the_registered_one(house: House, person: Person, alg: str) -> None:
    rp = reading(house, id_token_signed_response_alg=alg, id_token_encrypted_response_alg="ECDH-ES")

    _, inner = opened(tokens_for(rp, person)["id_token"], "ECDH-ES")

    assert house.id_token(inner)[0]["alg"] == alg


@pytest.mark.spec("OIDC Core 1.0 §5.3.2")
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES"])
def test_userinfo_is_signed_and_then_encrypted(house: House, person: Person, alg: str) -> None:
    rp = reading(house, userinfo_signed_response_alg="PS256", userinfo_encrypted_response_alg=alg)

    response = rp.userinfo(tokens_for(rp, person)["access_token"])

    assert response.mimetype == "application/jwt"
    assert response.headers["Cache-Control"] == "no-store"
    claims = nested(house, response.get_data(as_text=True), alg)
    assert (claims["iss"], claims["aud"]) == (house.settings.issuer, rp.client_id)
    assert claims["birthdate"]


@pytest.mark.spec("OIDC Core 1.0 §5.3.2")
def test_userinfo_may_be_encrypted_without_a_signature(house: House, person: Person) -> None:
    rp = reading(house, userinfo_encrypted_response_alg="ECDH-ES")

    response = rp.userinfo(tokens_for(rp, person)["access_token"])

    assert response.mimetype == "application/jwt"
    header, content = opened(response.get_data(as_text=True), "ECDH-ES")
    assert "cty" not in header
    claims = json.loads(content)
    assert (claims["aud"], bool(claims["birthdate"])) == (rp.client_id, True)


@pytest.mark.spec("JARM §2.2")
@pytest.mark.parametrize("mode", ["query.jwt", "fragment.jwt", "form_post.jwt", "jwt"])
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES"])
def test_authorization_response_is_encrypted(house: House, person: Person, mode: str, alg: str) -> None:
    rp = reading(house, authorization_encrypted_response_alg=alg)
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(response_mode=mode))
    browser.submit({}, "consent-allow")
    answer = browser.answer

    assert set(answer) == {"response"}
    claims = nested(house, answer["response"], alg)
    assert (claims["aud"], claims["state"]) == (rp.client_id, "xyz")
    assert rp.redeem(claims["code"]).status_code == 200


@pytest.mark.spec("JARM §2.2")
def test_errors_are_encrypted_too(house: House, browser: Browser) -> None:
    rp = reading(house, authorization_encrypted_response_alg="ECDH-ES")

    browser.open("/authorize", rp.request(response_mode="jwt", prompt="none"))

    assert nested(house, browser.answer["response"], "ECDH-ES")["error"] == "login_required"


@pytest.mark.spec("RFC 9701 §5", "RFC 9701 §6")
def test_introspection_is_encrypted_to_whoever_asks(house: House, person: Person) -> None:
    rp = reading(
        house,
        introspection_encrypted_response_alg="RSA-OAEP-256",
        introspection_encrypted_response_enc="A256GCM",
    )
    token = tokens_for(rp, person)["access_token"]

    response = rp.post("/introspect", {"token": token}, {"Accept": JWT})

    assert response.mimetype == JWT
    header, inner = opened(response.get_data(as_text=True), "RSA-OAEP-256", "A256GCM")
    assert (header["cty"], header["kid"]) == ("JWT", "their-rsa")
    inner_header, claims = house.id_token(inner)
    assert inner_header["typ"] == "token-introspection+jwt"
    assert (claims["aud"], claims["token_introspection"]["active"]) == (rp.client_id, True)


@pytest.mark.spec("Back-Channel Logout 1.0 §2.4")
def test_logout_token_is_encrypted_as_the_id_token_is(house: House, person: Person) -> None:
    house.client("told", jwks=PUBLISHED, id_token_encrypted_response_alg="ECDH-ES+A256KW")
    client = house.provider.clients.find("told")
    assert client is not None

    token = house.provider.session_room.back_channel._tokens.issue(client, person.account_id, uuid4())

    _, inner = opened(token, "ECDH-ES+A256KW")
    header, claims = house.id_token(inner)
    assert (header["typ"], claims["aud"]) == ("logout+jwt", "told")


@pytest.mark.spec("OIDC Core 1.0 §10.2")
def test_only_what_was_asked_for_is_encrypted(house: House, person: Person) -> None:
    rp = reading(house, userinfo_encrypted_response_alg="ECDH-ES", userinfo_signed_response_alg="ES256")

    tokens = tokens_for(rp, person)

    assert house.id_token(tokens["id_token"])[1]["aud"] == rp.client_id
    assert rp.post("/introspect", {"token": tokens["access_token"]}).get_json()["active"]


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "RP-Initiated Logout 1.0 §2")
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_hint_is_the_signed_token_or_that_one_encrypted_to_us(
    house: House, person: Person, is_encrypted: bool
) -> None:
    rp = reading(house, id_token_encrypted_response_alg="ECDH-ES")
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request())
    token = rp.redeem(allow(browser)["code"]).get_json()["id_token"]
    _, inner = opened(token, "ECDH-ES")
    hint = sealed(house, inner, "RSA-OAEP-256") if is_encrypted else inner

    browser.open("/authorize", rp.request(prompt="none", id_token_hint=hint))
    assert "code" in browser.answer
    browser.open("/authorize", rp.request(prompt="none", id_token_hint=token))  # for the client's eyes
    assert browser.answer["error"] == "invalid_request"

    browser.open("/logout", {"id_token_hint": hint})
    assert "logged-out" in browser.page.ids


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda house, hint: sealed(house, sealed(house, hint)),
        lambda house, hint: sealed(house, hint)[:-2] + "AA",
        lambda house, hint: sealed(house, "{}"),
        lambda house, hint: "." * 4,
    ],
)
def test_hint_that_cannot_be_opened_is_refused(
    house: House, person: Person, spoil: Callable[[House, str], str]
) -> None:
    rp = house.client()
    hint = spoil(house, tokens_for(rp, person)["id_token"])
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(prompt="none", id_token_hint=hint))
    assert browser.answer["error"] == "invalid_request"
    browser.open("/logout", {"id_token_hint": hint})
    is_page(browser.shown)


class Keys:
    """What stands behind a client's ``jwks_uri``."""

    def __init__(self) -> None:
        self.body: bytes | None = json.dumps(PUBLISHED).encode()
        self.asked = 0

    def fetch(self, _uri: str) -> bytes:
        self.asked += 1
        if self.body is None:
            raise OutboundFailed("no_answer")
        return self.body


@pytest.fixture
def keys(house: House, monkeypatch: pytest.MonkeyPatch) -> Keys:
    keys = Keys()
    monkeypatch.setattr(house.provider.client_keys, "_fetch", keys.fetch)
    return keys


WHOLE = {
    "jwks": None,
    "jwks_uri": URI,
    "id_token_encrypted_response_alg": "ECDH-ES",
    "userinfo_encrypted_response_alg": "ECDH-ES",
    "authorization_encrypted_response_alg": "ECDH-ES",
    "introspection_encrypted_response_alg": "ECDH-ES",
}


@pytest.mark.spec("OIDC Core 1.0 §10.2.1")
def test_published_key_is_fetched_once_and_outside_every_transaction(
    house: House, person: Person, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    rp = reading(house, **WHOLE)
    inside: list[bool] = []
    fetch = keys.fetch
    monkeypatch.setattr(
        house.provider.client_keys,
        "_fetch",
        lambda uri: inside.append(house.provider.database.in_transaction) or fetch(uri),
    )

    tokens = tokens_for(rp, person)
    rp.userinfo(tokens["access_token"])

    assert nested(house, tokens["id_token"], "ECDH-ES")["aud"] == rp.client_id
    assert (inside, keys.asked) == ([False], 1)


@pytest.mark.spec("OIDC Core 1.0 §10.2")
@pytest.mark.parametrize("body", [None, b"", b'{"keys":[]}', b'{"keys":[{"kty":"EC"}]}'])
def test_nothing_is_sent_in_the_clear_when_the_key_is_not_to_be_had(
    house: House, person: Person, keys: Keys, body: bytes | None
) -> None:
    plain = house.client("plain")
    token = tokens_for(plain, person)["access_token"]
    keys.body, rp = body, reading(house, **WHOLE)

    refused(rp.redeem(code_for(rp, person)), "invalid_client_metadata")
    answer = rp.post("/introspect", {"token": token}, {"Accept": JWT})
    assert refused(answer, "invalid_client_metadata").startswith("introspection:")


@pytest.mark.spec("JARM §2.2")
def test_signed_answer_that_could_not_be_encrypted_is_refused_before_anybody_is_asked(
    house: House, person: Person, keys: Keys
) -> None:
    keys.body, rp = None, reading(house, **WHOLE)
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(response_mode="jwt"))

    assert browser.answer["error"] == "invalid_client_metadata"
    assert "code" not in browser.answer


@pytest.mark.spec("JARM §2.2")
def test_key_that_vanishes_meanwhile_leaves_a_page_and_no_code(
    house: House, person: Person, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    rp = reading(house, **WHOLE)
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request(response_mode="jwt"))
    keys.body = None
    monkeypatch.setattr(house.provider.client_keys, "_kept", {})

    browser.submit({}, "consent-deny")

    is_page(browser.shown)


@pytest.mark.spec("OIDC Core 1.0 §10.1.1")
def test_new_key_of_the_client_is_used_when_it_is_published(
    house: House, person: Person, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.body, rp = b'{"keys":[]}', reading(house, **WHOLE)
    refused(rp.redeem(code_for(rp, person)), "invalid_client_metadata")
    keys.body = json.dumps({"keys": [EC.as_dict(private=False)]}).encode()
    monkeypatch.setattr(house.provider.client_keys, "_monotonic", lambda: 1e9)

    assert nested(house, tokens_for(rp, person)["id_token"], "ECDH-ES")["aud"] == rp.client_id


@pytest.mark.spec("Discovery 1.0 §3", "JARM §4", "RFC 9701 §7")
def test_discovery_names_what_is_offered_and_each_is_registered(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    for kind in ("id_token", "userinfo", "authorization", "introspection", "request_object"):
        assert document[f"{kind}_encryption_alg_values_supported"] == list(ALGS)
        assert document[f"{kind}_encryption_enc_values_supported"] == list(ENCS)
