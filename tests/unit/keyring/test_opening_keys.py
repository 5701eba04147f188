"""The keys of the ring that others encrypt to: apart from those that sign, and as long-lived."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey, import_key

from idp.keyring.files import FileKeyStore
from idp.keyring.gate import BadToken
from idp.keyring.jose import verify
from idp.keyring.key_store import KeyState, OpeningKey, SigningKey
from idp.keyring.keyring import OPENING, Keyring
from tests.conftest import FakeClock

RETAIN = timedelta(hours=12)
ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")


@pytest.fixture
def keyring(tmp_path: Path, clock: FakeClock) -> Keyring:
    keyring = Keyring(FileKeyStore(tmp_path / "keys"), clock, ("ES256",), retain=RETAIN)
    keyring.initialise()
    return keyring


def published(keyring: Keyring, alg: str) -> Any:
    """The key that a client would take for ``alg``."""
    kty = "RSA" if alg.startswith("RSA") else "EC"
    (key,) = (key for key in keyring.jwks()["keys"] if key["use"] == "enc" and key["kty"] == kty)
    return import_key(key)


def sealed(key: Any, alg: str, content: str = "a.b.c", **header: Any) -> str:
    head = {"alg": alg, "enc": "A256GCM", "kid": key.kid, "cty": "JWT", **header}
    told = {name: value for name, value in head.items() if value is not None}
    return jwe.encrypt_compact(told, content, key, algorithms=[alg, "A256GCM"])


def test_each_has_a_current_and_a_next_and_only_the_current_is_published(keyring: Keyring) -> None:
    openers = [key for key in keyring.list() if isinstance(key, OpeningKey)]

    shown = [key["kid"] for key in keyring.jwks()["keys"] if key["use"] == "enc"]

    assert sorted((key.alg, key.state.value) for key in openers) == sorted(
        (alg, state) for alg in OPENING for state in ("current", "next")
    )
    assert set(shown) == {key.kid for key in openers if key.state is KeyState.CURRENT}


def test_no_key_signs_and_opens(keyring: Keyring) -> None:
    keys = keyring.list()

    assert all(isinstance(key, SigningKey) != isinstance(key, OpeningKey) for key in keys)
    assert len({key.public.get("x") or key.public["n"] for key in keys}) == len(keys)
    assert all(key["alg"] in keyring.algorithms for key in keyring.jwks()["keys"] if key["use"] == "sig")


def test_published_key_for_encryption_verifies_nothing(keyring: Keyring) -> None:
    token = keyring.sign({"a": 1})
    openers = [key for key in keyring.jwks()["keys"] if key["use"] == "enc"]

    with pytest.raises(BadToken):
        verify(token, openers, ["ES256"])


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("is_named", [True, False])
def test_what_is_encrypted_to_us_is_opened(keyring: Keyring, alg: str, is_named: bool) -> None:
    key = published(keyring, alg)

    assert keyring.open(sealed(key, alg, **({} if is_named else {"kid": None}))) == "a.b.c"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_retired_key_opens_until_nothing_can_be_about_any_more(
    keyring: Keyring, clock: FakeClock, alg: str
) -> None:
    key = published(keyring, alg)
    named, bare = sealed(key, alg), sealed(key, alg, kid=None)
    keyring.rotate(force=True)

    assert published(keyring, alg).kid != key.kid
    assert keyring.open(named) == keyring.open(bare) == "a.b.c"
    clock.advance(RETAIN)
    for token in (named, bare):
        with pytest.raises(BadToken) as caught:
            keyring.open(token)
        assert caught.value.reason == "not_decryptable"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_name_of_another_key_is_not_tried_with_ours(keyring: Keyring, alg: str) -> None:
    key = published(keyring, alg)
    signing = next(key.kid for key in keyring.list() if isinstance(key, SigningKey))

    for kid in ("other", "", signing):
        with pytest.raises(BadToken) as caught:
            keyring.open(sealed(key, alg, kid=kid))
        assert caught.value.reason == "not_decryptable"


def test_strangers_key_opens_nothing(keyring: Keyring) -> None:
    for alg, key in (("RSA-OAEP-256", RSAKey.generate_key(2048)), ("ECDH-ES", ECKey.generate_key("P-256"))):
        for kid in (published(keyring, alg).kid, None):
            with pytest.raises(BadToken):
                keyring.open(sealed(key, alg, kid=kid))


@pytest.mark.spec("RFC 8725 §3.7")
def test_content_that_is_no_ascii_is_told_as_any_other_fault(keyring: Keyring) -> None:
    with pytest.raises(BadToken) as caught:
        keyring.open(sealed(published(keyring, "ECDH-ES"), "ECDH-ES", "é.b.c"))

    assert caught.value.reason == "not_decryptable"


def test_signed_token_passes_as_it_is_and_encrypted_one_is_unwrapped(keyring: Keyring) -> None:
    token = keyring.sign({"a": 1})

    assert keyring.unwrapped(token) == token
    assert keyring.unwrapped(sealed(published(keyring, "ECDH-ES"), "ECDH-ES", token)) == token


def test_opening_goes_on_when_the_files_are_gone(keyring: Keyring, tmp_path: Path) -> None:
    token = sealed(published(keyring, "ECDH-ES"), "ECDH-ES")
    (tmp_path / "keys").rename(tmp_path / "hidden")
    keyring._checked_at = float("-inf")

    assert keyring.open(token) == "a.b.c"


def test_what_lacks_is_told(keyring: Keyring, tmp_path: Path, clock: FakeClock) -> None:
    wider = Keyring(FileKeyStore(tmp_path / "keys"), clock, ("ES256", "EdDSA"), retain=RETAIN)

    assert keyring.lacks() == ()
    assert wider.lacks() == ("EdDSA",)
    wider.initialise()
    assert wider.lacks() == ()
