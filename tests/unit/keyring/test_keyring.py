"""The ring: states, who signs, who verifies, and what holds when keys change or vanish."""

import json
import shutil
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from idp.kernel.errors import NotFound, Unavailable
from idp.keyring.files import FileKeyStore
from idp.keyring.gate import BadToken, parse_compact
from idp.keyring.jose import verify
from idp.keyring.key_store import KeyState, SigningKey
from idp.keyring.keyring import Keyring, KeyStillNeeded, KeyTooYoung
from tests.conftest import FakeClock

RETAIN = timedelta(hours=12)
DAY = timedelta(days=1)


@dataclass(slots=True)
class Seconds:
    """A monotonic clock that moves when told to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def keyring(directory: Path, clock: FakeClock, seconds: Seconds) -> Keyring:
    keyring = a_keyring(directory, clock, seconds)
    keyring.initialise()
    return keyring


def a_keyring(directory: Path, clock: FakeClock, seconds: Seconds, *algorithms: str) -> Keyring:
    return Keyring(
        FileKeyStore(directory),
        clock,
        algorithms or ("ES256",),
        opening=(),
        retain=RETAIN,
        monotonic=seconds,
    )


def only(keyring: Keyring, state: KeyState, alg: str = "ES256") -> SigningKey:
    (key,) = [key for key in keyring.list() if key.state is state and key.alg == alg]
    return key


def kids(keyring: Keyring) -> list[str]:
    return [key["kid"] for key in keyring.jwks()["keys"]]


def kid_of(token: str) -> str:
    return str(parse_compact(token)[0]["kid"])


def test_initialise_makes_a_current_and_a_next_key_for_each_algorithm(
    directory: Path, clock: FakeClock, seconds: Seconds
) -> None:
    keyring = a_keyring(directory, clock, seconds, "ES256", "RS256", "PS256", "EdDSA")

    made = keyring.initialise()

    assert made == keyring.list()
    assert [(key.alg, key.state.value, key.activated_at) for key in made] == [
        (alg, state, moment)
        for alg in ("ES256", "RS256", "PS256", "EdDSA")
        for state, moment in (("current", clock.now), ("next", None))
    ]
    assert len({key.kid for key in made}) == 8


def test_initialise_again_makes_only_what_lacks(
    keyring: Keyring, directory: Path, clock: FakeClock, seconds: Seconds
) -> None:
    before = keyring.list()

    assert keyring.initialise() == ()
    made = a_keyring(directory, clock, seconds, "ES256", "EdDSA").initialise()

    assert [key.alg for key in made] == ["EdDSA", "EdDSA"]
    assert keyring.list() == (*before, *made)


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "EdDSA", "Ed25519"])
def test_token_names_the_current_key_and_verifies_by_the_published_set(
    directory: Path, clock: FakeClock, seconds: Seconds, alg: str
) -> None:
    keyring = a_keyring(directory, clock, seconds, alg)
    keyring.initialise()

    token = keyring.sign({"sub": "a"}, alg=alg, typ="at+jwt")

    assert parse_compact(token)[0] == {
        "alg": alg,
        "kid": only(keyring, KeyState.CURRENT, alg).kid,
        "typ": "at+jwt",
    }
    assert keyring.verify(token, "at+jwt") == {"sub": "a"}
    assert verify(token, keyring.jwks()["keys"], [alg], "at+jwt") == {"sub": "a"}


@pytest.mark.spec("RFC 8725 §3.11")
def test_token_of_one_type_does_not_pass_for_another(keyring: Keyring) -> None:
    token = keyring.sign({"sub": "a"}, typ="at+jwt")

    with pytest.raises(BadToken) as caught:
        keyring.verify(token, "JWT")

    assert caught.value.reason == "typ_refused"
    assert keyring.verify(token, None) == {"sub": "a"}


@pytest.mark.spec("RFC 8725 §3.3")
def test_foreign_token_is_not_ours(
    keyring: Keyring, tmp_path: Path, clock: FakeClock, seconds: Seconds
) -> None:
    other = a_keyring(tmp_path / "others", clock, seconds)
    other.initialise()

    with pytest.raises(BadToken) as caught:
        keyring.verify(other.sign({}), "JWT")

    assert caught.value.reason == "unknown_key"


@pytest.mark.spec("RFC 8725 §3.3")
def test_changed_token_is_refused(keyring: Keyring) -> None:
    head, _, signature = keyring.sign({"sub": "a"}).split(".")
    _, body, _ = keyring.sign({"sub": "b"}).split(".")

    with pytest.raises(BadToken) as caught:
        keyring.verify(f"{head}.{body}.{signature}", "JWT")

    assert caught.value.reason == "bad_signature"


def test_jwks_shows_public_members_of_current_next_and_retired_keys(keyring: Keyring) -> None:
    keyring.rotate(force=True)

    keys = keyring.jwks()["keys"]

    states = {key.kid: key.state.value for key in keyring.list()}
    assert [states[key["kid"]] for key in keys] == ["current", "next", "retired"]
    assert len(set(states)) == 3
    assert all(set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"} for key in keys)
    assert {(key["use"], key["alg"]) for key in keys} == {("sig", "ES256")}
    assert json.loads(keyring.jwks_bytes()) == keyring.jwks()


def test_jwks_bytes_are_built_once(keyring: Keyring) -> None:
    assert keyring.jwks_bytes() is keyring.jwks_bytes()


def test_rotation_moves_each_key_one_state_on(keyring: Keyring, clock: FakeClock) -> None:
    current, upcoming = only(keyring, KeyState.CURRENT), only(keyring, KeyState.NEXT)
    old = keyring.sign({"sub": "a"})
    clock.advance(DAY)

    (activated,) = keyring.rotate()

    retired = only(keyring, KeyState.RETIRED)
    assert (activated.kid, activated.activated_at) == (upcoming.kid, clock.now)
    assert (retired.kid, retired.retired_at) == (current.kid, clock.now)
    assert only(keyring, KeyState.NEXT).created_at == clock.now
    assert kid_of(keyring.sign({})) == upcoming.kid
    assert keyring.verify(old, "JWT") == {"sub": "a"}


def test_next_key_younger_than_a_day_is_not_used_unless_forced(keyring: Keyring, clock: FakeClock) -> None:
    before = keyring.list()
    clock.advance(DAY - timedelta(minutes=90))

    with pytest.raises(KeyTooYoung) as caught:
        keyring.rotate()

    assert caught.value.facts() == {"kid": only(keyring, KeyState.NEXT).kid, "hours": 2}
    assert keyring.list() == before
    assert keyring.rotate(force=True)[0].kid == before[1].kid


def test_rotation_of_one_algorithm_leaves_the_others(
    directory: Path, clock: FakeClock, seconds: Seconds
) -> None:
    keyring = a_keyring(directory, clock, seconds, "ES256", "EdDSA")
    keyring.initialise()
    before = only(keyring, KeyState.CURRENT)

    keyring.rotate("EdDSA", force=True)

    assert only(keyring, KeyState.CURRENT) == before
    assert only(keyring, KeyState.RETIRED, "EdDSA")


def test_rotation_of_all_is_all_or_nothing(directory: Path, clock: FakeClock, seconds: Seconds) -> None:
    a_keyring(directory, clock, seconds, "ES256").initialise()
    clock.advance(DAY)
    keyring = a_keyring(directory, clock, seconds, "ES256", "EdDSA")
    keyring.initialise()
    before = keyring.list()

    with pytest.raises(KeyTooYoung):
        keyring.rotate()

    assert keyring.list() == before


def test_rotation_without_keys_is_refused(directory: Path, clock: FakeClock, seconds: Seconds) -> None:
    keyring = a_keyring(directory, clock, seconds)

    with pytest.raises(NotFound):
        keyring.rotate(force=True)


def test_retired_key_leaves_when_its_time_has_passed(keyring: Keyring, clock: FakeClock) -> None:
    old = keyring.sign({"sub": "a"})
    keyring.rotate(force=True)
    clock.advance(RETAIN - timedelta(seconds=1))
    assert kid_of(old) in kids(keyring)
    assert keyring.retire() == ()

    clock.advance(timedelta(seconds=1))

    assert kid_of(old) not in kids(keyring)
    with pytest.raises(BadToken):
        keyring.verify(old, "JWT")
    assert [key.kid for key in keyring.retire()] == [kid_of(old)]
    assert len(keyring.list()) == 2


def test_key_still_needed_is_not_retired(keyring: Keyring) -> None:
    keyring.rotate(force=True)

    for state in KeyState:
        with pytest.raises(KeyStillNeeded) as caught:
            keyring.retire(only(keyring, state).kid)
        assert caught.value.facts()["state"] == state.value
    with pytest.raises(KeyStillNeeded):
        keyring.retire(only(keyring, KeyState.CURRENT).kid, force=True)
    with pytest.raises(NotFound):
        keyring.retire("es256-0000000000000000")


def test_stolen_key_is_dropped_at_once_when_forced(keyring: Keyring) -> None:
    stolen = keyring.sign({})
    keyring.rotate(force=True)

    keyring.retire(kid_of(stolen), force=True)

    assert kid_of(stolen) not in kids(keyring)
    with pytest.raises(BadToken):
        keyring.verify(stolen, "JWT")


def test_change_by_another_process_is_seen_within_a_second(
    keyring: Keyring, directory: Path, clock: FakeClock, seconds: Seconds
) -> None:
    other = a_keyring(directory, clock, seconds)
    before = kid_of(keyring.sign({}))
    other.rotate(force=True)

    assert kid_of(keyring.sign({})) == before
    seconds.now += 1

    assert kid_of(keyring.sign({})) == kid_of(other.sign({})) != before
    assert kids(keyring) == kids(other)


def test_token_by_a_key_we_never_saw_is_looked_up_at_once(
    keyring: Keyring, directory: Path, clock: FakeClock, seconds: Seconds
) -> None:
    other = a_keyring(directory, clock, seconds)
    keyring.sign({})
    other.rotate(force=True)
    other.rotate(force=True)

    assert keyring.verify(other.sign({"sub": "a"}), "JWT") == {"sub": "a"}


def test_store_is_asked_once_a_second_at_most(
    keyring: Keyring, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    version = FileKeyStore.version
    monkeypatch.setattr(FileKeyStore, "version", lambda store: asked.append(1) or version(store))

    for _ in range(50):
        keyring.verify(keyring.sign({}), "JWT")
        keyring.jwks_bytes()
    seconds.now += 1
    keyring.sign({})
    keyring.sign({})

    assert len(asked) == 1


@pytest.mark.parametrize("loss", ["directory", "manifest", "key", "mode"])
def test_lost_keys_stop_signing_while_the_rest_goes_on_until_they_are_back(
    keyring: Keyring, directory: Path, tmp_path: Path, seconds: Seconds, loss: str
) -> None:
    token, jwks = keyring.sign({"sub": "a"}), keyring.jwks_bytes()
    shutil.copytree(directory, tmp_path / "backup")
    pem = directory / f"{kid_of(token)}.pem"
    {
        "directory": lambda: shutil.rmtree(directory),
        "manifest": (directory / "keys.json").unlink,
        "key": pem.unlink,
        "mode": lambda: pem.chmod(0o644),
    }[loss]()
    left = {path.name for path in directory.iterdir()} if directory.exists() else None
    seconds.now += 1

    for _ in range(2):
        with pytest.raises(Unavailable):
            keyring.sign({})
    assert keyring.jwks_bytes() == jwks
    assert keyring.verify(token, "JWT") == {"sub": "a"}
    assert ({path.name for path in directory.iterdir()} if directory.exists() else None) == left

    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(tmp_path / "backup", directory)
    seconds.now += 1
    assert kid_of(keyring.sign({})) == kid_of(token)


def test_keys_that_were_never_made_are_unavailable(
    directory: Path, clock: FakeClock, seconds: Seconds
) -> None:
    keyring = a_keyring(directory, clock, seconds)

    for attempt in (lambda: keyring.sign({}), keyring.jwks, keyring.jwks_bytes):
        with pytest.raises(Unavailable):
            attempt()
    assert keyring.list() == ()
    assert not directory.exists()


def test_initialise_makes_nothing_beside_keys_that_lost_their_manifest(
    keyring: Keyring, directory: Path
) -> None:
    (directory / "keys.json").unlink()

    with pytest.raises(Unavailable):
        keyring.initialise()

    assert not (directory / "keys.json").exists()


def test_algorithm_without_keys_does_not_sign(keyring: Keyring) -> None:
    with pytest.raises(Unavailable):
        keyring.sign({}, alg="RS256")


@pytest.mark.spec("RFC 8725 §3.7")
def test_claims_come_back_as_they_were(keyring: Keyring) -> None:
    claims = {
        "name": "Nguyễn Thị Bưởi",
        "amr": ["pwd", "otp"],
        "exp": 1793581200,
        "address": {"region": "01"},
    }

    assert keyring.verify(keyring.sign(claims), "JWT") == claims


def test_rotation_breaks_no_token_while_threads_sign_and_verify(directory: Path, clock: FakeClock) -> None:
    rings = [Keyring(FileKeyStore(directory), clock, ("ES256",), opening=(), retain=RETAIN) for _ in range(3)]
    rings[0].initialise()
    done, faults, counts, seen = threading.Event(), [], [], set()

    def sign_and_verify(mine: Keyring, theirs: Keyring) -> None:
        count = 0
        while not done.is_set():
            try:
                token = mine.sign({"n": count})
                assert theirs.verify(token, "JWT") == {"n": count}
                seen.add(kid_of(token))
                keys = verify(token, json.loads(theirs.jwks_bytes())["keys"], ["ES256"])
                assert keys == {"n": count}
            except Exception as fault:
                faults.append(fault)
                return
            count += 1
        counts.append(count)

    threads = [
        threading.Thread(target=sign_and_verify, args=(rings[n % 2], rings[(n // 2) % 2])) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for _ in range(12):
        rings[2].rotate(force=True)
        threading.Event().wait(0.15)
    done.set()
    for thread in threads:
        thread.join()

    assert faults == []
    assert len(counts) == 8
    assert min(counts) > 0
    assert len(seen) >= 2
