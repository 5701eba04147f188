"""What every Ephemeral keeps to: on SQLite, on PostgreSQL and on Redis."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.storage.database import Database
from idp.storage.ephemeral import Entry, Ephemeral, Space
from idp.storage.ephemeral_redis import RedisEphemeral
from idp.storage.ephemeral_sql import SqlEphemeral
from tests.conftest import FakeClock, sqlite

MINUTE = timedelta(minutes=1)

# All keys' time runs out sooner, as if so many milliseconds had passed.
AGE = """
for _, key in ipairs(redis.call('KEYS', '*')) do
    redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1])
end"""


@dataclass
class Backend:
    """An implementation under test: ``open`` gives another store over the same server."""

    open: Callable[[], Ephemeral]
    let_pass: Callable[[timedelta], None]
    opened: list[Ephemeral] = field(default_factory=list)

    def another(self) -> Ephemeral:
        self.opened.append(self.open())
        return self.opened[-1]


@pytest.fixture
def on_sqlite(tmp_path: Path, clock: FakeClock) -> Iterator[Backend]:
    database = sqlite(tmp_path / "idp-ephemeral.db")
    yield Backend(lambda: SqlEphemeral(database, clock), clock.advance)
    database.close()


@pytest.fixture
def on_postgresql(postgres_database: Database, clock: FakeClock) -> Backend:
    return Backend(lambda: SqlEphemeral(postgres_database, clock), clock.advance)


@pytest.fixture
def on_redis(redis_url: str) -> Backend:
    def age(by: timedelta) -> None:
        with redis.Redis.from_url(redis_url) as client:
            client.eval(AGE, 0, int(by.total_seconds() * 1000))

    return Backend(lambda: RedisEphemeral(redis_url), age)


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    backend: Backend = request.getfixturevalue(f"on_{request.param}")
    yield backend
    for store in backend.opened:
        store.close()  # type: ignore[attr-defined]


@pytest.fixture
def store(backend: Backend) -> Ephemeral:
    return backend.another()


def test_what_is_put_is_got_at_version_one(store: Ephemeral) -> None:
    store.put(Space.CODE, "key", b"value", MINUTE)

    assert store.get(Space.CODE, "key") == Entry(b"value", 1)


@pytest.mark.parametrize("value", [b"", b"\0", b"1:2", b":", bytes(range(256)), b"x" * 70_000])
def test_any_bytes_come_back_as_they_went(store: Ephemeral, value: bytes) -> None:
    store.put(Space.INTERACTION, "key", value, MINUTE)

    assert store.get(Space.INTERACTION, "key") == Entry(value, 1)
    assert store.take(Space.INTERACTION, "key") == value


@pytest.mark.parametrize("key", ["", "a b\r\nc", "\0", "số định danh", "x" * 10_000, "{tag}", "*"])
def test_any_text_is_a_key(store: Ephemeral, key: str) -> None:
    store.put(Space.CODE, key, b"value", MINUTE)

    assert store.take(Space.CODE, key) == b"value"


def test_what_was_never_put_is_not_there(store: Ephemeral) -> None:
    assert store.get(Space.CODE, "key") is None
    assert store.take(Space.CODE, "key") is None
    assert not store.replace(Space.CODE, "key", b"value", 1, MINUTE)
    assert store.get(Space.CODE, "key") is None


def test_put_begins_again_at_version_one(store: Ephemeral) -> None:
    store.put(Space.CODE, "key", b"old", MINUTE)
    store.replace(Space.CODE, "key", b"older", 1, MINUTE)

    store.put(Space.CODE, "key", b"new", MINUTE)

    assert store.get(Space.CODE, "key") == Entry(b"new", 1)


def test_a_key_of_one_space_means_nothing_in_another(store: Ephemeral) -> None:
    store.put(Space.CODE, "key", b"value", MINUTE)

    assert store.get(Space.ACTIVATION, "key") is None
    assert store.take(Space.SMS_OTP, "key") is None
    assert store.increment(Space.ATTEMPTS, "key", MINUTE) == 1
    assert store.take(Space.CODE, "key") == b"value"


def test_what_was_taken_is_gone(store: Ephemeral) -> None:
    store.put(Space.CODE, "key", b"value", MINUTE)
    store.take(Space.CODE, "key")

    assert store.take(Space.CODE, "key") is None
    assert store.get(Space.CODE, "key") is None
    assert not store.replace(Space.CODE, "key", b"value", 1, MINUTE)


def test_replacing_counts_the_version_up(store: Ephemeral) -> None:
    store.put(Space.INTERACTION, "key", b"one", MINUTE)

    assert store.replace(Space.INTERACTION, "key", b"two", 1, MINUTE)
    assert store.replace(Space.INTERACTION, "key", b"three", 2, MINUTE)
    assert store.get(Space.INTERACTION, "key") == Entry(b"three", 3)


@pytest.mark.parametrize("version", [0, 1, 3, 22])
def test_replacing_another_version_changes_nothing(store: Ephemeral, version: int) -> None:
    store.put(Space.INTERACTION, "key", b"one", MINUTE)
    store.replace(Space.INTERACTION, "key", b"two", 1, MINUTE)

    assert not store.replace(Space.INTERACTION, "key", b"lost", version, MINUTE)
    assert store.get(Space.INTERACTION, "key") == Entry(b"two", 2)


def test_replacing_prolongs_what_is_replaced(backend: Backend, store: Ephemeral) -> None:
    store.put(Space.INTERACTION, "key", b"one", MINUTE)
    store.replace(Space.INTERACTION, "key", b"two", 1, 3 * MINUTE)

    backend.let_pass(2 * MINUTE)

    assert store.get(Space.INTERACTION, "key") == Entry(b"two", 2)


def test_what_has_expired_is_not_there(backend: Backend, store: Ephemeral) -> None:
    for key in ("got", "taken", "replaced"):
        store.put(Space.CODE, key, b"value", MINUTE)

    backend.let_pass(MINUTE)

    assert store.get(Space.CODE, "got") is None
    assert store.take(Space.CODE, "taken") is None
    assert not store.replace(Space.CODE, "replaced", b"revived", 1, MINUTE)
    assert store.get(Space.CODE, "replaced") is None


def test_what_has_not_expired_is_still_there(backend: Backend, store: Ephemeral) -> None:
    store.put(Space.CODE, "key", b"value", MINUTE)

    backend.let_pass(MINUTE - timedelta(seconds=5))

    assert store.take(Space.CODE, "key") == b"value"


def test_what_was_never_valid_is_not_there(store: Ephemeral) -> None:
    store.put(Space.CODE, "key", b"value", timedelta(microseconds=1))
    store.put(Space.CODE, "other", b"value", timedelta(minutes=-1))

    assert not _eventually(lambda: store.get(Space.CODE, "key"))
    assert not _eventually(lambda: store.get(Space.CODE, "other"))


def test_a_counter_adds_up(store: Ephemeral) -> None:
    sums = [store.increment(Space.ATTEMPTS, "key", MINUTE, by) for by in (1, 1, 5, 0, -2)]

    assert sums == [1, 2, 7, 7, 5]


def test_a_counter_is_read_and_cleared_as_digits(store: Ephemeral) -> None:
    store.increment(Space.ATTEMPTS, "key", MINUTE, 12)

    entry = store.get(Space.ATTEMPTS, "key")

    assert entry is not None
    assert entry.value == b"12"
    assert store.take(Space.ATTEMPTS, "key") == b"12"
    assert store.increment(Space.ATTEMPTS, "key", MINUTE) == 1


def test_a_counters_time_is_not_prolonged(backend: Backend, store: Ephemeral) -> None:
    store.increment(Space.ATTEMPTS, "key", MINUTE)
    backend.let_pass(MINUTE / 2)
    store.increment(Space.ATTEMPTS, "key", MINUTE)

    backend.let_pass(MINUTE / 2)

    assert store.get(Space.ATTEMPTS, "key") is None
    assert store.increment(Space.ATTEMPTS, "key", MINUTE) == 1


def test_an_expired_counters_time_begins_again(backend: Backend, store: Ephemeral) -> None:
    store.increment(Space.ATTEMPTS, "key", MINUTE)
    backend.let_pass(2 * MINUTE)
    store.increment(Space.ATTEMPTS, "key", MINUTE)

    backend.let_pass(MINUTE / 2)

    assert store.increment(Space.ATTEMPTS, "key", MINUTE) == 2


def test_of_fifty_that_take_one_gets_it(backend: Backend) -> None:
    stores = [backend.another() for _ in range(5)]
    stores[0].put(Space.CODE, "key", b"value", MINUTE)

    got = _fifty_at_once(stores, lambda store: store.take(Space.CODE, "key"))

    assert sorted(got, key=bool) == [None] * 49 + [b"value"]


def test_of_fifty_that_replace_one_succeeds(backend: Backend) -> None:
    stores = [backend.another() for _ in range(5)]
    stores[0].put(Space.INTERACTION, "key", b"one", MINUTE)

    done = _fifty_at_once(stores, lambda store: store.replace(Space.INTERACTION, "key", b"two", 1, MINUTE))

    assert sum(done) == 1
    assert stores[0].get(Space.INTERACTION, "key") == Entry(b"two", 2)


def test_fifty_that_count_lose_nothing(backend: Backend) -> None:
    stores = [backend.another() for _ in range(5)]

    sums = _fifty_at_once(stores, lambda store: store.increment(Space.ATTEMPTS, "key", MINUTE))

    assert sorted(sums) == list(range(1, 51))


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "take", "replace", "pass"]),
        st.sampled_from("ab"),
        st.binary(max_size=3),
        st.integers(1, 3),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_any_run_of_operations_gives_what_a_dictionary_would(
    backend: Backend, store: Ephemeral, operations: list[tuple[str, str, bytes, int]]
) -> None:
    run, kept = uuid4().hex, dict[str, Entry]()
    for operation, name, value, version in operations:
        key, known = f"{run}{name}", kept.get(name)
        if operation == "put":
            store.put(Space.CODE, key, value, MINUTE)
            kept[name] = Entry(value, 1)
        elif operation == "get":
            assert store.get(Space.CODE, key) == known
        elif operation == "take":
            assert store.take(Space.CODE, key) == (known and known.value)
            kept.pop(name, None)
        elif operation == "replace":
            is_due = known is not None and known.version == version
            assert store.replace(Space.CODE, key, value, version, MINUTE) == is_due
            kept |= {name: Entry(value, version + 1)} if is_due else {}
        else:
            backend.let_pass(MINUTE)
            kept.clear()


def _fifty_at_once(stores: list[Ephemeral], act: Callable[[Ephemeral], object]) -> list[object]:
    with ThreadPoolExecutor(50) as threads:
        return list(threads.map(lambda turn: act(stores[turn % len(stores)]), range(50)))


def _eventually(read: Callable[[], object]) -> object:
    """Read until nothing is there; Redis needs its millisecond."""
    for _ in range(1000):
        if not read():
            return None
    return read()
