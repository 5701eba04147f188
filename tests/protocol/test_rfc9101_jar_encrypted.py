"""RFC 9101 §6.1 and OIDC Core 1.0 §6.1: requests that are encrypted to us."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.keyring.gate import decode, encode
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, refused, signed_in
from tests.protocol.test_rfc9101_jar import inside, sign, signing, unsigned
from tests.protocol.test_rfc9101_jar_by_reference import URI, Web, by_reference
from tests.sealing import ALGS, DEFAULT_ENC, ENCS, our_key, sealed


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return signing(house)


@pytest.fixture
def web(house: House, monkeypatch: pytest.MonkeyPatch) -> Web:
    web = Web()
    monkeypatch.setattr(house.provider.requests._request_objects, "_fetch", web.fetch)
    return web


def push(rp: RelyingParty, token: str) -> Any:
    return rp.post("/par", {"request": token})


def is_refused(rp: RelyingParty, token: str) -> str:
    return refused(push(rp, token), "invalid_request_object")


@pytest.mark.spec("RFC 9101 §6.1", "OIDC Core 1.0 §6.1")
@pytest.mark.parametrize("alg", ALGS)
def test_signed_request_inside_is_read(house: House, rp: RelyingParty, person: Person, alg: str) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", {"client_id": rp.client_id, "request": sealed(house, sign(inside(rp)), alg)})

    answer = allow(browser)
    assert answer["state"] == "xyz"
    assert rp.redeem(answer["code"]).status_code == 200


@pytest.mark.spec("RFC 7518 §5.1")
@pytest.mark.parametrize("enc", ENCS)
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES"])
def test_every_content_encryption_advertised_is_opened(
    house: House, rp: RelyingParty, alg: str, enc: str
) -> None:
    assert push(rp, sealed(house, sign(inside(rp)), alg, enc)).status_code == 201


@pytest.mark.spec("RFC 9101 §6.1", "OIDC Core 1.0 §6.2")
def test_request_by_reference_may_be_encrypted(house: House, person: Person, web: Web) -> None:
    rp = signing(house, request_uris=(URI,))
    browser = signed_in(house, person)
    web.pages[URI] = sealed(house, sign(inside(rp))).encode()

    browser.open("/authorize", by_reference(rp))

    assert "code" in allow(browser)


@pytest.mark.spec("OIDC Core 1.0 §6.2")
def test_unsigned_one_may_be_encrypted_where_the_client_serves_it(
    house: House, person: Person, web: Web
) -> None:
    rp = signing(house, request_uris=(URI,), request_object_signing_alg="none")
    browser = signed_in(house, person)
    web.pages[URI] = sealed(house, unsigned(inside(rp))).encode()

    browser.open("/authorize", by_reference(rp))
    assert "code" in allow(browser)

    is_refused(rp, sealed(house, unsigned(inside(rp))))


@pytest.mark.spec("OIDC Core 1.0 §10.2", "OIDC Core 1.0 §10.2.1")
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES"])
def test_rotation_breaks_no_request_under_way(house: House, rp: RelyingParty, alg: str) -> None:
    old = our_key(house, alg)
    house.provider.keyring.rotate(force=True)

    assert our_key(house, alg).kid != old.kid
    assert push(rp, sealed(house, sign(inside(rp)), alg, key=old)).status_code == 201
    assert push(rp, sealed(house, sign(inside(rp)), alg, key=old, kid=None)).status_code == 201
    assert push(rp, sealed(house, sign(inside(rp)), alg)).status_code == 201


@pytest.mark.spec("RFC 9101 §10.1", "RFC 8725 §3.3")
def test_encryption_stands_in_for_no_signature(house: House, rp: RelyingParty) -> None:
    claims = inside(rp)

    for content in (json.dumps(claims), unsigned(claims), sign(claims)[:-4] + "AAAA", "", "a.b.c"):
        is_refused(rp, sealed(house, content or " "))


@pytest.mark.spec("RFC 7519 §5.2")
def test_nesting_goes_one_level_deep(house: House, rp: RelyingParty) -> None:
    once = sealed(house, sign(inside(rp)))

    is_refused(rp, sealed(house, once))


@pytest.mark.spec("RFC 7516 §5.2", "OIDC Core 1.0 §6.3.1", "RFC 9101 §6.1")
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES+A256KW"])
@pytest.mark.parametrize("enc", ["A256GCM", "A128CBC-HS256"])
def test_every_change_meets_the_same_words(house: House, rp: RelyingParty, alg: str, enc: str) -> None:
    """Which step failed is told to nobody (RFC 7516 §11.5)."""
    token = sealed(house, sign(inside(rp)), alg, enc)
    told = {is_refused(rp, spoilt(token, part, at)) for part in (1, 2, 3, 4) for at in (0, -1)}
    stranger = RSAKey.generate_key(2048) if alg.startswith("RSA") else ECKey.generate_key("P-256")
    told.add(is_refused(rp, sealed(house, "a.b.c", alg, enc, stranger, kid=our_key(house, alg).kid)))
    told.add(is_refused(rp, sealed(house, "a.b.c", alg, enc, kid="another")))
    told.add(is_refused(rp, sealed(house, "é.b.c", alg, enc)))

    (words,) = told
    assert "not_decryptable" in words


def spoilt(token: str, part: int, at: int) -> str:
    parts = token.split(".")
    raw = bytearray(decode(parts[part]))
    raw[at] ^= 0x80
    parts[part] = encode(bytes(raw))
    return ".".join(parts)


def rewritten(token: str, **changes: Any) -> str:
    """The same token under another header."""
    head, rest = token.split(".", 1)
    members = {
        name: value for name, value in (json.loads(decode(head)) | changes).items() if value is not None
    }
    return f"{encode(json.dumps(members).encode())}.{rest}"


@pytest.mark.spec("RFC 7516 §4.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "dir"},
        {"alg": "RSA1_5"},
        {"alg": "RSA-OAEP"},
        {"alg": "A128KW"},
        {"alg": "PBES2-HS256+A128KW", "p2s": "AAAA", "p2c": 10**9},
        {"alg": "none"},
        {"alg": None},
        {"enc": "A192GCM"},
        {"enc": "A128GCM"},
        {"enc": "none"},
        {"enc": None},
        {"zip": "DEF"},
        {"crit": ["exp"], "exp": 1},
        {"jwk": {"kty": "EC"}},
        {"jku": "https://evil.example/keys"},
        {"x5c": ["AA"]},
        {"x5u": "https://evil.example/chain"},
        {"cty": "json"},
        {"kid": 7},
        {"kid": "another"},
        {"epk": None},
        {"apu": "not base64url!"},
    ],
    ids=str,
)
def test_header_that_would_steer_us_is_refused(
    house: House, rp: RelyingParty, changes: dict[str, Any]
) -> None:
    is_refused(rp, rewritten(sealed(house, sign(inside(rp))), **changes))


@pytest.mark.spec("RFC 7518 §4.8.1.2", "RFC 8725 §3.5")
@pytest.mark.filterwarnings("ignore")
def test_sender_cannot_make_us_derive_keys_from_passwords(house: House, rp: RelyingParty) -> None:
    secret = OctKey.import_key("a password")
    header = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2000, "cty": "JWT"}
    token = jwe.encrypt_compact(
        header, sign(inside(rp)), secret, algorithms=["PBES2-HS256+A128KW", "A128GCM"]
    )

    assert "header_refused" in is_refused(rp, token)
    assert "header_refused" in is_refused(rp, rewritten(token, p2c=2**31))
    assert "alg_refused" in is_refused(rp, rewritten(token, p2s=None, p2c=None))


@pytest.mark.spec("RFC 7516 §10.12")
def test_duplicate_member_is_refused(house: House, rp: RelyingParty) -> None:
    token = sealed(house, sign(inside(rp)))
    head, rest = token.split(".", 1)
    doubled = decode(head).decode().replace("{", '{"alg":"ECDH-ES",', 1).encode()

    assert "duplicate_member" in is_refused(rp, f"{encode(doubled)}.{rest}")


@pytest.mark.spec("RFC 7516 §10.12")
def test_duplicate_member_inside_is_refused(house: House, rp: RelyingParty) -> None:
    head, body, tail = sign(inside(rp)).split(".")
    doubled = encode(decode(body).replace(b"{", b'{"scope":"openid",', 1))

    is_refused(rp, sealed(house, f"{head}.{doubled}.{tail}"))


@pytest.mark.spec("RFC 9101 §10.4.1")
def test_oversized_one_is_refused_unopened(house: House, rp: RelyingParty, web: Web) -> None:
    far = signing(house, "far", request_uris=(URI,))
    web.pages[URI] = sealed(house, "a" * 40000).encode()
    browser = house.browser()

    browser.open("/authorize", by_reference(far, redirect_uri=far.redirect_uri))

    assert browser.answer["error"] == "invalid_request_object"
    assert "too_large" in browser.answer["error_description"]


@pytest.mark.spec("RFC 7516 §7.2")
def test_json_serialization_is_not_understood(house: House, rp: RelyingParty) -> None:
    head, key, vector, content, tag = sealed(house, sign(inside(rp)), "ECDH-ES+A256KW").split(".")
    general = {"protected": head, "recipients": [{"encrypted_key": key}], "iv": vector}

    is_refused(rp, json.dumps(general | {"ciphertext": content, "tag": tag}))


@pytest.mark.spec("OIDC Registration 1.0 §2", "OIDC Core 1.0 §6.3.1")
@pytest.mark.parametrize("enc", [None, "A256GCM"])
def test_client_registered_to_encrypt_uses_exactly_that_or_none(house: House, enc: str | None) -> None:
    rp = signing(house, request_object_encryption_alg="ECDH-ES", request_object_encryption_enc=enc)
    right = enc or DEFAULT_ENC

    assert push(rp, sealed(house, sign(inside(rp)), "ECDH-ES", right)).status_code == 201
    assert push(rp, sign(inside(rp))).status_code == 201
    is_refused(rp, unsigned(inside(rp)))
    for alg in ALGS:
        for other in ENCS:
            if (alg, other) != ("ECDH-ES", right):
                is_refused(rp, sealed(house, sign(inside(rp)), alg, other))


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_client_registered_to_sign_uses_exactly_that_inside(house: House) -> None:
    rp = signing(house, request_object_signing_alg="PS256")

    assert push(rp, sealed(house, sign(inside(rp), "PS256"))).status_code == 201
    for alg in ("ES256", "RS256", "Ed25519"):
        is_refused(rp, sealed(house, sign(inside(rp), alg)))


@pytest.mark.spec("RFC 9101 §6.1")
@pytest.mark.parametrize("spoil", [lambda token: token, lambda token: token + "=", lambda token: token[:-1]])
def test_signing_key_of_ours_opens_nothing(
    house: House, rp: RelyingParty, spoil: Callable[[str], str]
) -> None:
    keys = house.app.test_client().get("/jwks").get_json()["keys"]
    signing_key = next(key for key in keys if key["use"] == "sig" and key["kty"] == "EC")
    for_encryption = {name: signing_key[name] for name in ("kty", "crv", "x", "y")}
    token = sealed(house, sign(inside(rp)), key=ECKey.import_key(for_encryption), kid=signing_key["kid"])

    is_refused(rp, spoil(token))


@pytest.mark.spec("RFC 9101 §10.8", "RFC 8725 §3.12")
def test_token_for_another_reader_passes_for_no_request(house: House, rp: RelyingParty) -> None:
    """What is encrypted to us is read as a request object, and held to be one."""
    is_refused(rp, sealed(house, house.provider.keyring.sign({"a": 1})))
    is_refused(rp, sealed(house, sign(inside(rp), typ="JWS+unknown")))


@pytest.mark.spec("RFC 9101 §7")
def test_refusal_goes_back_to_the_registered_address(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    token = sealed(house, "a.b.c")

    browser.open(
        "/authorize",
        {"client_id": rp.client_id, "request": token, "redirect_uri": rp.redirect_uri, "state": "xyz"},
    )

    assert (browser.answer["error"], browser.answer["state"]) == ("invalid_request_object", "xyz")


def test_random_bytes_for_parts_are_only_ever_refused(rp: RelyingParty) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}').decode().rstrip("=")

    for size in (1, 255, 256, 257, 1500):
        key, vector, tag = (encode(b"\x07" * length) for length in (size, 12, 16))
        assert "not_decryptable" in is_refused(rp, f"{head}.{key}.{vector}.AAAA.{tag}")
