"""Encrypting to others, opening what is encrypted to us: another hand on each end."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.kernel.errors import Corrupt
from idp.keyring.gate import BadToken, decode, encode
from idp.keyring.jwe import OPENS, encrypt, opener, recipient_key
from idp.keyring.jwe_gate import CONTENT, KEY_MANAGEMENT

RSA = RSAKey.generate_key(2048, {"kid": "r", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "e", "use": "enc"})
SIGNED = b"aa.bb.cc"


def theirs(alg: str) -> Any:
    return RSA if alg.startswith("RSA") else EC


def public(key: Any, **changes: Any) -> dict[str, Any]:
    members = key.as_dict(private=False) | changes
    return {name: value for name, value in members.items() if value is not None}


def open_with(key: Any, alg: str) -> Any:
    return opener("RSA-OAEP-256" if alg.startswith("RSA") else "ECDH-ES", key.private_key)


@pytest.mark.parametrize("enc", sorted(CONTENT))
@pytest.mark.parametrize("alg", sorted(KEY_MANAGEMENT))
def test_recipient_reads_what_was_encrypted_to_it(alg: str, enc: str) -> None:
    token = encrypt(SIGNED, public(theirs(alg)), alg, enc, is_nested=True)

    read = jwe.decrypt_compact(token, theirs(alg), algorithms=[alg, enc])

    assert read.plaintext == SIGNED
    header = {name: value for name, value in read.protected.items() if name != "epk"}
    assert header == {"alg": alg, "enc": enc, "kid": theirs(alg).kid, "cty": "JWT"}
    assert token != encrypt(SIGNED, public(theirs(alg)), alg, enc, is_nested=True)


def test_ephemeral_key_is_sent_without_its_private_part() -> None:
    header = json.loads(
        decode(encrypt(SIGNED, public(EC), "ECDH-ES", "A256GCM", is_nested=True).split(".")[0])
    )

    assert set(header["epk"]) == {"kty", "crv", "x", "y"}


@pytest.mark.parametrize("enc", sorted(CONTENT))
@pytest.mark.parametrize("alg", sorted(KEY_MANAGEMENT))
def test_what_others_encrypt_to_us_is_opened(alg: str, enc: str) -> None:
    header = {"alg": alg, "enc": enc, "cty": "JWT"}
    token = jwe.encrypt_compact(header, SIGNED, theirs(alg), algorithms=[alg, enc])

    assert open_with(theirs(alg), alg)(token) == SIGNED


def spoilt(token: str, part: int) -> str:
    parts = token.split(".")
    raw = bytearray(decode(parts[part]))
    raw[len(raw) // 2] ^= 1
    parts[part] = encode(bytes(raw))
    return ".".join(parts)


@pytest.mark.parametrize("enc", sorted(CONTENT))
@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES+A256KW"])
@pytest.mark.parametrize("part", [1, 2, 3, 4])
def test_whatever_was_changed_the_reason_is_one(alg: str, enc: str, part: int) -> None:
    token = jwe.encrypt_compact({"alg": alg, "enc": enc}, SIGNED, theirs(alg), algorithms=[alg, enc])

    with pytest.raises(BadToken) as caught:
        open_with(theirs(alg), alg)(spoilt(token, part))

    assert caught.value.reason == "not_decryptable"
    assert caught.value.__cause__ is None


def test_header_is_held_by_the_tag() -> None:
    header = {"alg": "ECDH-ES+A256KW", "enc": "A128GCM", "kid": "e"}
    parts = jwe.encrypt_compact(header, SIGNED, EC, algorithms=["ECDH-ES+A256KW", "A128GCM"]).split(".")
    changed = json.loads(decode(parts[0])) | {"kid": "f"}
    parts[0] = encode(json.dumps(changed, separators=(",", ":")).encode())

    with pytest.raises(BadToken) as caught:
        open_with(EC, "ECDH-ES")(".".join(parts))

    assert caught.value.reason == "not_decryptable"


def test_content_key_of_another_length_opens_nothing() -> None:
    """A sender may put any key into RSA-OAEP; a short one must not shorten ours."""
    parts = jwe.encrypt_compact(
        {"alg": "RSA-OAEP-256", "enc": "A256GCM"}, SIGNED, RSA, algorithms=["RSA-OAEP-256", "A256GCM"]
    ).split(".")
    shorter = jwe.encrypt_compact(
        {"alg": "RSA-OAEP-256", "enc": "A128GCM"}, SIGNED, RSA, algorithms=["RSA-OAEP-256", "A128GCM"]
    ).split(".")

    with pytest.raises(BadToken) as caught:
        open_with(RSA, "RSA-OAEP-256")(".".join([parts[0], shorter[1], *parts[2:]]))

    assert caught.value.reason == "not_decryptable"


@pytest.mark.spec("RFC 8725 §3.4")
@pytest.mark.parametrize("y", [bytes(32), b"\xff" * 32, b"\x01"])
def test_point_off_the_curve_is_refused(y: bytes) -> None:
    parts = encrypt(SIGNED, public(EC), "ECDH-ES", "A256GCM", is_nested=True).split(".")
    header = json.loads(decode(parts[0]))
    header["epk"]["y"] = encode(y)
    parts[0] = encode(json.dumps(header).encode())

    with pytest.raises(BadToken) as caught:
        open_with(EC, "ECDH-ES")(".".join(parts))

    assert caught.value.reason == "not_decryptable"


def test_key_of_one_kind_does_not_open_for_another() -> None:
    token = encrypt(SIGNED, public(EC), "ECDH-ES", "A256GCM", is_nested=True)

    with pytest.raises(BadToken):
        open_with(RSA, "RSA-OAEP-256")(token)


def test_shared_secret_confusion_ends_at_the_gate() -> None:
    """The public modulus as a shared secret: what it encrypts is never ours to open."""
    secret = OctKey.import_key(decode(public(RSA)["n"])[:16])
    token = jwe.encrypt_compact({"alg": "A128KW", "enc": "A128GCM"}, SIGNED, secret)

    with pytest.raises(BadToken) as caught:
        open_with(RSA, "RSA-OAEP-256")(token)

    assert caught.value.reason == "alg_refused"


@pytest.mark.parametrize(
    ("alg", "private"),
    [
        ("RSA-OAEP-256", ec.generate_private_key(ec.SECP256R1())),
        ("ECDH-ES", rsa.generate_private_key(65537, 2048)),
        ("ECDH-ES", ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_our_own_key_of_another_kind_is_corrupt(alg: str, private: Any) -> None:
    with pytest.raises(Corrupt):
        opener(alg, private)


def test_every_algorithm_offered_is_opened_by_some_key() -> None:
    assert {alg for algs in OPENS.values() for alg in algs} == set(KEY_MANAGEMENT)


@pytest.mark.parametrize(
    "unfit",
    [
        public(RSA, use="sig"),
        public(RSA, alg="RSA-OAEP"),
        public(RSA, alg="RS256"),
        public(RSA, key_ops=["verify"]),
        public(RSA, key_ops="encrypt"),
        public(RSA, kty="EC"),
        public(RSA, n=encode(b"\xff" * 128)),
        RSA.as_dict(private=True),
        {},
        {"kty": "RSA"},
        {"kty": "oct", "k": "AA", "use": "enc"},
    ],
)
def test_key_that_is_not_for_this_is_not_chosen(unfit: dict[str, Any]) -> None:
    assert recipient_key([unfit], "RSA-OAEP-256") is None
    fit = public(RSA)
    assert recipient_key([unfit, fit], "RSA-OAEP-256") == fit


def test_curve_that_is_not_ours_is_not_chosen() -> None:
    assert recipient_key([public(ECKey.generate_key("P-384"))], "ECDH-ES") is None


def test_key_for_encryption_alone_comes_before_one_for_everything() -> None:
    every, alone = public(EC, use=None, kid="every"), public(EC, kid="alone")

    assert recipient_key([every, alone], "ECDH-ES") == alone
    assert recipient_key([every], "ECDH-ES") == every
    assert recipient_key([public(EC, alg="ECDH-ES+A256KW")], "ECDH-ES") is None
