"""The ring of signing keys: which one signs, which ones verify, and how they follow one another."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.kernel.clock import Clock
from idp.kernel.errors import Corrupt, IdpError, NotFound, Refused, Unavailable
from idp.keyring.gate import BadToken, parse_compact
from idp.keyring.jose import PublicKey, check_signature, header_of, import_public, require_typ, sign_compact
from idp.keyring.key_store import KeyState, KeyStore, SigningKey

PUBLISHED_AHEAD = timedelta(hours=24)
RECHECK_SECONDS = 1.0
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
class _Ring:
    """The keys as last read from the store, made ready for use."""

    version: object
    keys: tuple[SigningKey, ...]
    signing: Mapping[str, SigningKey]
    verifying: Mapping[str, tuple[SigningKey, PublicKey]]
    headers: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Published:
    """The JWKS document of a ring, good until the next retired key leaves it."""

    ring: _Ring
    body: bytes
    until: datetime


class Keyring:
    """Signs and verifies our tokens, and publishes the keys to verify them with.

    Each algorithm has one current key, which alone signs; one next, published ahead; and retired ones,
    published until ``retain`` has passed. Changes by other processes are seen within a second. When files
    vanish, signing stops while verifying and the JWKS go on from what was last read; no method but
    ``initialise`` and ``rotate`` ever makes a key.

    Args:
        algorithms: those that ``initialise`` and ``rotate`` see to.
        retain: how long a retired key stays: at least the life of the longest-lived token.
        monotonic: seconds that never go back, to look at the store once in a while.
    """

    def __init__(
        self,
        store: KeyStore,
        clock: Clock,
        algorithms: Sequence[str] = ("ES256", "RS256"),
        *,
        retain: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.algorithms = tuple(algorithms)
        self._store = store
        self._clock = clock
        self._retain = retain
        self._monotonic = monotonic
        self._ring: _Ring | None = None
        self._fault: IdpError | None = None
        self._published: _Published | None = None
        self._checked_at = float("-inf")
        self._checking = threading.Lock()

    def initialise(self) -> tuple[SigningKey, ...]:
        """Make the current and the next key of every algorithm that lacks one; give those made.

        For the operator's command and a new demonstration; never called by a serving process.
        """
        with self._store.exclusive():
            keys, now = self._store.load(), self._clock()
            present = {(key.alg, key.state) for key in keys}
            made = []
            for alg in self.algorithms:
                if (alg, KeyState.CURRENT) not in present:
                    made.append(_activated(self._store.generate(alg, now), now))
                if (alg, KeyState.NEXT) not in present:
                    made.append(self._store.generate(alg, now))
            if made:
                self._store.replace([*keys, *made])
        self._check(wait=True)
        return tuple(made)

    def rotate(self, alg: str | None = None, *, force: bool = False) -> tuple[SigningKey, ...]:
        """Let the next key of one algorithm, or of all, become current; give the keys now current.

        The current key retires and a new next one is made. All or nothing.

        Raises:
            KeyTooYoung: a next key was published less than 24 hours ago, unless ``force``.
            NotFound: the algorithm has no current and next key.
        """
        with self._store.exclusive():
            keys, now = {key.kid: key for key in self._store.load()}, self._clock()
            pairs = [_pair(keys.values(), name) for name in ((alg,) if alg else self.algorithms)]
            for _, upcoming in pairs:
                wait = upcoming.created_at + PUBLISHED_AHEAD - now
                if wait > timedelta(0) and not force:
                    raise KeyTooYoung(upcoming.kid, wait)
            activated = []
            for current, upcoming in pairs:
                keys[current.kid] = replace(current, state=KeyState.RETIRED, retired_at=now)
                keys[upcoming.kid] = _activated(upcoming, now)
                activated.append(keys[upcoming.kid])
            made = [self._store.generate(upcoming.alg, now) for _, upcoming in pairs]
            self._store.replace([*keys.values(), *made])
        self._check(wait=True)
        return tuple(activated)

    def retire(self, kid: str | None = None, *, force: bool = False) -> tuple[SigningKey, ...]:
        """Drop and destroy one retired key, or all that are past ``retain``; give those dropped.

        Raises:
            KeyStillNeeded: the key asked for is next, current, or not past ``retain``; ``force`` drops a
                retired one early (it was stolen: every token it signed stops verifying).
            NotFound: there is no such key.
        """
        with self._store.exclusive():
            keys, now = self._store.load(), self._clock()
            if kid is None:
                dropped = tuple(key for key in keys if not self._is_published(key, now))
            else:
                dropped = tuple(key for key in keys if key.kid == kid)
                if not dropped:
                    raise NotFound
                is_early = self._is_published(dropped[0], now)
                if dropped[0].state is not KeyState.RETIRED or (is_early and not force):
                    raise KeyStillNeeded(kid, dropped[0].state)
            if dropped:
                self._store.replace([key for key in keys if key not in dropped])
        self._check(wait=True)
        return dropped

    def list(self) -> tuple[SigningKey, ...]:
        """Every key in the store, read afresh; empty where none was ever made."""
        return self._store.load()

    def sign(self, claims: Mapping[str, Any], *, alg: str = "ES256", typ: str = "JWT") -> str:
        """A signed JWT that names its ``kid`` and ``typ``, by the one current key of an algorithm.

        Raises:
            Unavailable: the keys are gone or were never made.
        """
        self._check_in_time()
        ring = self._ring
        if ring is None or self._fault is not None or alg not in ring.signing:
            raise Unavailable("keys") from self._fault
        key = ring.signing[alg]
        header = ring.headers.get((alg, typ))
        if header is None:
            header = ring.headers[(alg, typ)] = header_of(alg, key.kid, typ)
        return sign_compact(header, claims, key.sign)

    def verify(self, token: str, typ: str | None) -> dict[str, Any]:
        """The claims of a token that we signed. Its times, audience and use are the caller's to check.

        ``typ=None`` takes any of our tokens: only where the claims themselves tell what it is.

        Raises:
            BadToken: not ours, of another type, or signed by a key that is published no more.
            Unavailable: the keys were never read by this process.
        """
        header, claims = parse_compact(token)
        require_typ(header, typ)
        key, public = self._verifying(header.get("kid"))
        if key.alg != header["alg"] or not self._is_published(key, self._clock()):
            raise BadToken("unknown_key")
        check_signature(token, key.alg, public)
        return claims

    def jwks(self) -> dict[str, Any]:
        """The JWK Set (RFC 7517 §5): current, next, and retired keys that are still needed.

        Raises:
            Unavailable: the keys were never read by this process.
        """
        document: dict[str, Any] = json.loads(self.jwks_bytes())
        return document

    def jwks_bytes(self) -> bytes:
        """``jwks`` as it goes over the wire, built once for each change."""
        ring, now = self._known(), self._clock()
        published = self._published
        if published is None or published.ring is not ring or now >= published.until:
            published = self._published = self._publish(ring, now)
        return published.body

    def _publish(self, ring: _Ring, now: datetime) -> _Published:
        keys = [key for state in ORDER for key in ring.keys if key.state is state]
        shown = [key for key in keys if self._is_published(key, now)]
        body = {"keys": [{**key.public, "use": "sig", "alg": key.alg, "kid": key.kid} for key in shown]}
        until = min((key.retired_at + self._retain for key in shown if key.retired_at), default=FAR)
        return _Published(ring, json.dumps(body, separators=(",", ":")).encode(), until)

    def _is_published(self, key: SigningKey, now: datetime) -> bool:
        return key.retired_at is None or now < key.retired_at + self._retain

    def _verifying(self, kid: str | None) -> tuple[SigningKey, PublicKey]:
        found = self._known().verifying.get(kid or "")
        if found is None:
            # Another process may have rotated within this second, and signed already.
            self._check(wait=True)
            found = self._known().verifying.get(kid or "")
        if found is None:
            raise BadToken("unknown_key")
        return found

    def _known(self) -> _Ring:
        """The keys as last read, be the store gone since or not."""
        self._check_in_time()
        if self._ring is None:
            raise Unavailable("keys") from self._fault
        return self._ring

    def _check_in_time(self) -> None:
        if self._monotonic() - self._checked_at >= RECHECK_SECONDS:
            self._check(wait=self._ring is None)

    def _check(self, *, wait: bool) -> None:
        """Read the store again if it changed. One thread does; the others go on with what they have."""
        if not self._checking.acquire(blocking=wait):
            return
        try:
            version = self._store.version()
            if self._ring is None or self._fault is not None or version != self._ring.version:
                self._ring = _ring_of(version, self._store.load())
            self._fault = None
        except (Unavailable, Corrupt) as fault:
            self._fault = fault
        finally:
            self._checked_at = self._monotonic()
            self._checking.release()


def _ring_of(version: object, keys: tuple[SigningKey, ...]) -> _Ring:
    if not keys:
        raise Unavailable("keys")
    signing = {key.alg: key for key in keys if key.state is KeyState.CURRENT}
    if len(signing) != sum(key.state is KeyState.CURRENT for key in keys):
        raise Corrupt("keys.manifest")
    verifying = {key.kid: (key, import_public(key.public)) for key in keys}
    return _Ring(version=version, keys=keys, signing=signing, verifying=verifying)


def _activated(key: SigningKey, now: datetime) -> SigningKey:
    return replace(key, state=KeyState.CURRENT, activated_at=now)


def _pair(keys: Iterable[SigningKey], alg: str) -> tuple[SigningKey, SigningKey]:
    mine = {key.state: key for key in keys if key.alg == alg}
    if KeyState.CURRENT not in mine or KeyState.NEXT not in mine:
        raise NotFound
    return mine[KeyState.CURRENT], mine[KeyState.NEXT]
