"""Short-lived state in Redis, one command an operation."""

import hashlib
from collections import deque
from datetime import timedelta
from typing import Any

from redis import ConnectionPool, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, ResponseError
from redis.retry import Retry

from idp.kernel.errors import Unavailable
from idp.kernel.ids import digest
from idp.storage.ephemeral import Entry, Space

TIMEOUT_SECONDS = 1.5

# An entry is "version:value", a counter its plain sum.
REPLACE = b"""
local stored = redis.call('GET', KEYS[1])
if not stored or string.sub(stored, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1"""
INCREMENT = b"""
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum"""


class RedisEphemeral:
    """``Ephemeral`` in Redis 6.2 or newer, by its own clock.

    Speaks over bare connections: the client's own commands take three times as long. Run Redis with
    ``maxmemory-policy noeviction``: full, it then refuses, instead of forgetting who was locked out.

    Raises:
        Unavailable: the server is gone, silent for 1.5 s, full, loading, or read-only.
    """

    def __init__(self, url: str) -> None:
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._idle: deque[Any] = deque()

    def put(self, space: Space, key: str, value: bytes, ttl: timedelta) -> None:
        self._command(b"SET", _key(space, key), b"1:" + value, b"PX", _ms(ttl))

    def get(self, space: Space, key: str) -> Entry | None:
        stored = self._command(b"GET", _key(space, key))
        return None if stored is None else _entry(stored)

    def take(self, space: Space, key: str) -> bytes | None:
        stored = self._command(b"GETDEL", _key(space, key))
        return None if stored is None else _entry(stored).value

    def replace(self, space: Space, key: str, value: bytes, version: int, ttl: timedelta) -> bool:
        stored, wanted = b"%d:" % version, b"%d:%b" % (version + 1, value)
        return bool(self._script(REPLACE, _key(space, key), stored, wanted, _ms(ttl)))

    def increment(self, space: Space, key: str, ttl: timedelta, by: int = 1) -> int:
        return int(self._script(INCREMENT, _key(space, key), by, _ms(ttl)))

    def close(self) -> None:
        """Close the connections; the next operation opens new ones."""
        while self._idle:
            self._idle.pop().disconnect()

    def _script(self, script: bytes, key: str, *arguments: bytes | int) -> Any:
        name = hashlib.sha1(script, usedforsecurity=False).hexdigest()
        try:
            return self._command(b"EVALSHA", name, 1, key, *arguments)
        except NoScriptError:  # a new server, or one that was flushed
            return self._command(b"EVAL", script, 1, key, *arguments)

    def _command(self, *words: str | bytes | int) -> Any:
        """The server's answer.

        Connections that Redis has closed since their last use are passed over. A command may so run twice,
        which can only spend or count too much.
        """
        try:
            while self._idle:
                try:
                    return self._ask(self._idle.pop(), words)
                except (ConnectionLost, IndexError):
                    continue
            return self._ask(self._pool.make_connection(), words)
        except NoScriptError:
            raise
        except RedisError as error:
            raise Unavailable("redis") from error

    def _ask(self, connection: Any, words: tuple[str | bytes | int, ...]) -> Any:
        try:
            connection.send_command(*words)
            answer = connection.read_response()
        except ResponseError:
            self._idle.append(connection)  # it answered, if only to refuse
            raise
        except BaseException:
            connection.disconnect()
            raise
        self._idle.append(connection)
        return answer


def _key(space: Space, key: str) -> str:
    return f"idp:{space}:{digest(key).hex()}"


def _entry(stored: bytes) -> Entry:
    head, separator, value = stored.partition(b":")
    return Entry(value if separator else head, int(head))


def _ms(ttl: timedelta) -> int:
    return max(1, int(ttl.total_seconds() * 1000))
