"""Our keys as they were last read, what of them is published, and what stands in the way of changing them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from idp.kernel.errors import Corrupt, Refused, Unavailable
from idp.keyring.jose import PublicKey, import_public
from idp.keyring.jwe import OPENS
from idp.keyring.key_store import KeyState, OpeningKey, SigningKey, StoredKey

FAR = datetime.max.replace(tzinfo=UTC)
ORDER = (KeyState.CURRENT, KeyState.NEXT, KeyState.RETIRED)


class KeyTooYoung(Refused):
    """The next key was published less than 24 hours ago: relying parties may not know it yet."""

    code = "key_too_young"

    def __init__(self, kid: str, wait: timedelta) -> None:
        super().__init__(kid)
        self.kid = kid
        self.wait = wait

    def facts(self) -> dict[str, object]:
        return {"kid": self.kid, "hours": -(-int(self.wait.total_seconds()) // 3600)}


class KeyStillNeeded(Refused):
    """The key is next or current, or what it signed may not have expired."""

    code = "key_still_needed"

    def __init__(self, kid: str, state: KeyState) -> None:
        super().__init__(kid)
        self.kid = kid
        self.state = state

    def facts(self) -> dict[str, object]:
        return {"kid": self.kid, "state": self.state.value}


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys as last read from the store, made ready for use. Whoever signs never opens."""

    version: object
    keys: tuple[StoredKey, ...]
    signing: Mapping[str, SigningKey]
    verifying: Mapping[str, tuple[SigningKey, PublicKey]]
    opening: tuple[OpeningKey, ...]
    headers: dict[tuple[str, str], str] = field(default_factory=dict)

    def opening_of(self, alg: str, kid: str | None) -> list[OpeningKey]:
        """The keys that may open what was encrypted with ``alg``: the one named, or all from the newest."""
        return [key for key in self.opening if alg in OPENS[key.alg] and kid in (None, key.kid)]


@dataclass(frozen=True, slots=True)
class Published:
    """The JWKS document of a ring, good until the next retired key leaves it."""

    ring: Ring
    body: bytes
    until: datetime


def ring_of(version: object, keys: tuple[StoredKey, ...]) -> Ring:
    """The ring of a store's keys.

    Raises:
        Unavailable: there are none.
        Corrupt: an algorithm has two current keys.
    """
    if not keys:
        raise Unavailable("keys")
    current = [key for key in keys if key.state is KeyState.CURRENT]
    if len({key.alg for key in current}) != len(current):
        raise Corrupt("keys.manifest")
    signers = [key for key in keys if isinstance(key, SigningKey)]
    openers = [key for key in _ordered(keys) if isinstance(key, OpeningKey)]
    return Ring(
        version=version,
        keys=keys,
        signing={key.alg: key for key in signers if key.state is KeyState.CURRENT},
        verifying={key.kid: (key, import_public(key.public)) for key in signers},
        opening=tuple(openers),
    )


def is_needed(key: StoredKey, now: datetime, retain: timedelta) -> bool:
    """Whether something may still be about that a key signed, or that was encrypted to it."""
    return key.retired_at is None or now < key.retired_at + retain


def publish(ring: Ring, now: datetime, retain: timedelta) -> Published:
    """The JWK Set (RFC 7517 §5) of a ring.

    Of the keys that open, only the current one: nobody is to encrypt to another. It names no ``alg`` where
    it opens more than one.
    """
    signers = [key for key in _ordered(ring.keys) if isinstance(key, SigningKey)]
    shown = [key for key in signers if is_needed(key, now, retain)]
    openers = [key for key in ring.opening if key.state is KeyState.CURRENT]
    document = {
        "keys": [
            *({**key.public, "use": "sig", "alg": key.alg, "kid": key.kid} for key in shown),
            *({**key.public, "use": "enc", **_named(key), "kid": key.kid} for key in openers),
        ]
    }
    until = min((key.retired_at + retain for key in shown if key.retired_at), default=FAR)
    return Published(ring, json.dumps(document, separators=(",", ":")).encode(), until)


def _named(key: OpeningKey) -> dict[str, str]:
    return {"alg": key.alg} if OPENS[key.alg] == (key.alg,) else {}


def _ordered(keys: tuple[StoredKey, ...]) -> list[StoredKey]:
    """Current, next, retired; of the retired ones the newest first."""
    return sorted(keys, key=lambda key: (ORDER.index(key.state), -_age(key)))


def _age(key: StoredKey) -> float:
    return key.retired_at.timestamp() if key.retired_at else 0.0
