"""What every Ephemeral does when its server is gone, silent or full: Unavailable, and then as before."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from idp.kernel.errors import Unavailable
from idp.storage.database import Database
from idp.storage.ephemeral import Ephemeral, Space
from idp.storage.ephemeral_redis import RedisEphemeral
from idp.storage.ephemeral_sql import SqlEphemeral
from tests.conftest import FakeClock, create_tables, sqlite
from tests.servers import Postgres, Redis

MINUTE = timedelta(minutes=1)


def test_sqlite_held_by_another_is_unavailable_until_let_go(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.storage.database.STATEMENT_TIMEOUT_MS", 50)
    database, intruder = sqlite(tmp_path / "e.db"), sqlite(tmp_path / "e.db")
    store = SqlEphemeral(database, clock)
    store.put(Space.CODE, "key", b"value", MINUTE)

    with intruder.transaction(), pytest.raises(Unavailable):
        store.take(Space.CODE, "key")

    assert store.take(Space.CODE, "key") == b"value"
    store.close()
    database.close()
    intruder.close()


def test_postgresql_gone_is_unavailable_and_what_it_kept_comes_back_with_it(clock: FakeClock) -> None:
    server = Postgres()
    try:
        server.start()
        database = Database(server.url(server.create()))
        create_tables(database)
        store = SqlEphemeral(database, clock)

        _goes_and_comes_back(server, store)

        store.put(Space.CODE, "key", b"value", MINUTE)
        server.restart()
        assert store.take(Space.CODE, "key") == b"value", "a restart between two operations goes unnoticed"
        store.close()
        database.close()
    finally:
        server.close()


def test_redis_gone_is_unavailable_until_it_is_back() -> None:
    server = Redis()
    try:
        server.start()
        store = RedisEphemeral(server.url)
        store.put(Space.CODE, "key", b"value", MINUTE)
        store.increment(Space.ATTEMPTS, "key", MINUTE)

        server.kill()
        _is_unavailable(store)
        server.start()

        assert store.take(Space.CODE, "key") is None, "what a new Redis has forgotten is refused"
        assert store.increment(Space.ATTEMPTS, "key", MINUTE) == 1, "it must be taught the script again"
        store.close()
    finally:
        server.close()


def test_redis_silent_is_unavailable_until_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.storage.ephemeral_redis.TIMEOUT_SECONDS", 0.05)
    server = Redis()
    try:
        server.start()
        store = RedisEphemeral(server.url)
        store.put(Space.CODE, "key", b"value", MINUTE)

        server.freeze()
        with pytest.raises(Unavailable):
            store.get(Space.CODE, "key")
        server.thaw()

        assert store.take(Space.CODE, "key") == b"value"
        store.close()
    finally:
        server.thaw()
        server.close()


@pytest.mark.parametrize("setting", [{"maxmemory": "1"}, {"min-replicas-to-write": "1"}])
def test_redis_that_refuses_to_write_is_unavailable(redis_url: str, setting: dict[str, str]) -> None:
    store = RedisEphemeral(redis_url)
    store.put(Space.CODE, "key", b"value", MINUTE)

    with redis.Redis.from_url(redis_url) as client:
        for name, value in setting.items():
            client.config_set(name, value)
        with pytest.raises(Unavailable):
            store.put(Space.CODE, "other", b"value", MINUTE)
        with pytest.raises(Unavailable):
            store.increment(Space.ATTEMPTS, "key", MINUTE)
        for name in setting:
            client.config_set(name, "0")

    assert store.take(Space.CODE, "key") == b"value"
    store.close()


def _goes_and_comes_back(server: Postgres, store: Ephemeral) -> None:
    store.put(Space.CODE, "key", b"value", MINUTE)
    store.put(Space.CODE, "spent", b"value", MINUTE)
    store.take(Space.CODE, "spent")
    server.stop()
    _is_unavailable(store)
    server.start()
    assert store.take(Space.CODE, "key") == b"value"
    assert store.take(Space.CODE, "spent") is None


def _is_unavailable(store: Ephemeral) -> None:
    operations: list[Callable[[], object]] = [
        lambda: store.put(Space.CODE, "key", b"value", MINUTE),
        lambda: store.get(Space.CODE, "key"),
        lambda: store.take(Space.CODE, "key"),
        lambda: store.replace(Space.CODE, "key", b"value", 1, MINUTE),
        lambda: store.increment(Space.ATTEMPTS, "key", MINUTE),
    ]
    for operation in operations:
        with pytest.raises(Unavailable):
            operation()
