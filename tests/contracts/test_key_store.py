"""What every key store does, whatever it keeps its keys in."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from idp.kernel.errors import NotFound, Unavailable
from idp.keyring.files import FileKeyStore
from idp.keyring.gate import BadToken
from idp.keyring.jose import check_signature, header_of, import_public, sign_compact
from idp.keyring.jwe import encrypt
from idp.keyring.key_store import KeyState, KeyStore, OpeningKey

AT = datetime(2026, 11, 2, 1, 0, 0, 123456, tzinfo=UTC)
ALGS = ("ES256", "RS256", "PS256", "EdDSA", "Ed25519")

Open = Callable[[], KeyStore]


@pytest.fixture(params=["files"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store again with each call, as another process would."""
    openers: dict[str, Open] = {"files": lambda: FileKeyStore(tmp_path / "keys")}
    return openers[request.param]


@pytest.fixture
def store(open_store: Open) -> KeyStore:
    return open_store()


def add(store: KeyStore, alg: str = "ES256") -> Any:
    with store.exclusive():
        key = store.generate(alg, AT)
        store.replace([*store.load(), key])
    return key


def test_store_without_keys_is_empty(store: KeyStore) -> None:
    assert store.load() == ()


@pytest.mark.parametrize("alg", ALGS)
def test_key_is_kept_and_signs_after_reopening(open_store: Open, alg: str) -> None:
    made = add(open_store(), alg)

    (kept,) = open_store().load()

    assert kept == made
    assert (kept.alg, kept.state, kept.created_at) == (alg, KeyState.NEXT, AT)
    token = sign_compact(header_of(alg, kept.kid, "JWT"), {"a": 1}, kept.sign)
    check_signature(token, alg, import_public(made.public))


def test_two_keys_differ_in_everything(store: KeyStore) -> None:
    one, two = add(store), add(store)

    token = sign_compact(header_of("ES256", one.kid, "JWT"), {}, one.sign)

    assert one.kid != two.kid
    with pytest.raises(BadToken):
        check_signature(token, "ES256", import_public(two.public))


def test_key_shows_nothing_private(store: KeyStore) -> None:
    for alg in ALGS:
        key = add(store, alg)

        assert set(key.public) <= {"kty", "crv", "x", "y", "n", "e"}
        assert not any(value in repr(key) for name, value in key.public.items() if len(value) > 16)
        assert "sign" not in repr(key)


def test_algorithm_without_keys_is_refused(store: KeyStore) -> None:
    with store.exclusive(), pytest.raises(NotFound):
        store.generate("HS256", AT)

    assert store.load() == ()


def test_generated_key_is_not_listed_until_it_replaces(store: KeyStore) -> None:
    kept = add(store)

    with store.exclusive():
        store.generate("ES256", AT)

    assert store.load() == (kept,)


def test_replace_keeps_states_and_moments(open_store: Open) -> None:
    store = open_store()
    key = add(store)
    changed = replace(key, state=KeyState.RETIRED, activated_at=AT, retired_at=AT)

    with store.exclusive():
        store.replace([changed])

    assert open_store().load() == (changed,)


def test_dropped_key_is_gone_and_the_others_stay(open_store: Open) -> None:
    store = open_store()
    add(store)
    kept = add(store)

    with store.exclusive():
        store.replace([kept])

    assert store.load() == (kept,)
    assert open_store().load() == (kept,)


def test_all_keys_may_be_dropped_and_new_ones_made(store: KeyStore) -> None:
    add(store)
    with store.exclusive():
        store.replace([])

    assert store.load() == ()
    key = add(store)
    assert store.load() == (key,)


def test_version_changes_with_every_change_and_only_then(open_store: Open) -> None:
    ours, theirs = open_store(), open_store()
    seen = [ours.version()]

    key = add(theirs)
    seen.append(ours.version())
    with theirs.exclusive():
        theirs.replace([replace(key, state=KeyState.CURRENT)])
    seen.append(ours.version())

    assert len(set(seen)) == 3
    assert ours.version() == theirs.version() == seen[-1]


def test_error_inside_exclusive_changes_nothing_and_lets_go(store: KeyStore) -> None:
    kept = add(store)

    def fail_halfway() -> None:
        with store.exclusive():
            store.generate("ES256", AT)
            raise Unavailable("database")

    with pytest.raises(Unavailable):
        fail_halfway()

    assert store.load() == (kept,)
    another = add(store)
    assert store.load() == (kept, another)


def test_threads_that_change_keys_at_once_lose_none(open_store: Open) -> None:
    threads = [threading.Thread(target=lambda: add(open_store())) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(open_store().load()) == 8


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES"])
def test_key_that_opens_is_kept_and_opens_after_reopening(open_store: Open, alg: str) -> None:
    made = add(open_store(), alg)
    token = encrypt(b"a.b.c", made.public, alg, "A256GCM", is_nested=True)

    (kept,) = open_store().load()

    assert kept == made
    assert isinstance(kept, OpeningKey)
    assert kept.open(token) == b"a.b.c"
    assert not hasattr(kept, "sign")
    assert "open" not in repr(kept)
    assert set(kept.public) <= {"kty", "crv", "x", "y", "n", "e"}
