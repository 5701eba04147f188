"""The ring of our keys: which one signs, which ones verify and open, and how they follow one another."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from idp.kernel.clock import Clock
from idp.kernel.errors import Corrupt, IdpError, NotFound, Unavailable
from idp.keyring.gate import BadToken, parse_compact
from idp.keyring.jose import PublicKey, check_signature, header_of, require_typ, sign_compact
from idp.keyring.jwe_gate import is_encrypted, parse_encrypted
from idp.keyring.key_store import KeyState, KeyStore, SigningKey, StoredKey
from idp.keyring.ring import KeyStillNeeded, KeyTooYoung, Published, Ring, is_needed, publish, ring_of

SIGNING = ("ES256", "RS256", "PS256", "EdDSA")
OPENING = ("RSA-OAEP-256", "ECDH-ES")
PUBLISHED_AHEAD = timedelta(hours=24)
RECHECK_SECONDS = 1.0


class Keyring:
    """Signs and verifies our tokens, opens what is encrypted to us, and publishes the keys for both.

    Each algorithm has one current key, which alone signs; one next, published ahead; and retired ones,
    published until ``retain`` has passed. Of the keys that open, the current one alone is published, and all
    open. Changes by other processes are seen within a second. When files vanish, signing stops while the rest
    goes on from what was last read; no method but ``initialise`` and ``rotate`` ever makes a key.

    Args:
        algorithms: what we sign with; ``initialise`` and ``rotate`` see to their keys.
        opening: what others may encrypt to us with; likewise.
        retain: how long a retired key stays: at least the life of the longest-lived token.
        monotonic: seconds that never go back, to look at the store once in a while.
    """

    def __init__(
        self,
        store: KeyStore,
        clock: Clock,
        algorithms: Sequence[str] = SIGNING,
        *,
        opening: Sequence[str] = OPENING,
        retain: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.algorithms = tuple(algorithms)
        self.all_algorithms = (*self.algorithms, *opening)
        self._store = store
        self._clock = clock
        self._retain = retain
        self._monotonic = monotonic
        self._ring: Ring | None = None
        self._fault: IdpError | None = None
        self._published: Published | None = None
        self._checked_at = float("-inf")
        self._checking = threading.Lock()

    def initialise(self) -> tuple[StoredKey, ...]:
        """Make the current and the next key of every algorithm that lacks one; give those made.

        For the operator's command and a new demonstration; never called by a serving process.
        """
        with self._store.exclusive():
            keys, now = self._store.load(), self._clock()
            made = []
            for alg, state in self._lacking(keys):
                key = self._store.generate(alg, now)
                made.append(_activated(key, now) if state is KeyState.CURRENT else key)
            if made:
                self._store.replace([*keys, *made])
        self._check(wait=True)
        return tuple(made)

    def lacks(self) -> tuple[str, ...]:
        """The algorithms without a current and a next key: ``initialise`` has not been run for them."""
        return tuple(dict.fromkeys(alg for alg, _ in self._lacking(self._store.load())))

    def _lacking(self, keys: Iterable[StoredKey]) -> list[tuple[str, KeyState]]:
        present = {(key.alg, key.state) for key in keys}
        wanted = ((alg, state) for alg in self.all_algorithms for state in (KeyState.CURRENT, KeyState.NEXT))
        return [pair for pair in wanted if pair not in present]

    def rotate(self, alg: str | None = None, *, force: bool = False) -> tuple[StoredKey, ...]:
        """Let the next key of one algorithm, or of all, become current; give the keys now current.

        The current key retires and a new next one is made. All or nothing.

        Raises:
            KeyTooYoung: a next key was published less than 24 hours ago, unless ``force``.
            NotFound: the algorithm has no current and next key.
        """
        with self._store.exclusive():
            keys, now = {key.kid: key for key in self._store.load()}, self._clock()
            pairs = [_pair(keys.values(), name) for name in ((alg,) if alg else self.all_algorithms)]
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

    def retire(self, kid: str | None = None, *, force: bool = False) -> tuple[StoredKey, ...]:
        """Drop and destroy one retired key, or all that are past ``retain``; give those dropped.

        Raises:
            KeyStillNeeded: the key asked for is next, current, or not past ``retain``; ``force`` drops a
                retired one early (it was stolen: every token it signed stops verifying).
            NotFound: there is no such key.
        """
        with self._store.exclusive():
            keys, now = self._store.load(), self._clock()
            if kid is None:
                dropped = tuple(key for key in keys if not is_needed(key, now, self._retain))
            else:
                dropped = tuple(key for key in keys if key.kid == kid)
                if not dropped:
                    raise NotFound
                is_early = is_needed(dropped[0], now, self._retain)
                if dropped[0].state is not KeyState.RETIRED or (is_early and not force):
                    raise KeyStillNeeded(kid, dropped[0].state)
            if dropped:
                self._store.replace([key for key in keys if key not in dropped])
        self._check(wait=True)
        return dropped

    def list(self) -> tuple[StoredKey, ...]:
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
        if key.alg != header["alg"] or not is_needed(key, self._clock(), self._retain):
            raise BadToken("unknown_key")
        check_signature(token, key.alg, public)
        return claims

    def open(self, token: str) -> str:
        """What is inside a token that was encrypted to us. **Nothing is verified**, and it may be anything.

        Raises:
            BadToken: it fails the gate, names a key that is not ours or is past its time, or cannot be
                decrypted, for whatever reason.
            Unavailable: the keys were never read by this process.
        """
        header = parse_encrypted(token)
        now, kid = self._clock(), header.get("kid")
        for key in self._known().opening_of(header["alg"], kid):
            if is_needed(key, now, self._retain):
                try:
                    return key.open(token).decode("ascii")
                except (BadToken, UnicodeDecodeError):
                    continue
        raise BadToken("not_decryptable")

    def unwrapped(self, token: str) -> str:
        """A token as it is, or what is inside one that was encrypted to us. Raises as ``open``."""
        return self.open(token) if is_encrypted(token) else token

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
            published = self._published = publish(ring, now, self._retain)
        return published.body

    def _verifying(self, kid: str | None) -> tuple[SigningKey, PublicKey]:
        found = self._known().verifying.get(kid or "")
        if found is None:
            # Another process may have rotated within this second, and signed already.
            self._check(wait=True)
            found = self._known().verifying.get(kid or "")
        if found is None:
            raise BadToken("unknown_key")
        return found

    def _known(self) -> Ring:
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
                self._ring = ring_of(version, self._store.load())
            self._fault = None
        except (Unavailable, Corrupt) as fault:
            self._fault = fault
        finally:
            self._checked_at = self._monotonic()
            self._checking.release()


def _activated(key: StoredKey, now: datetime) -> StoredKey:
    return replace(key, state=KeyState.CURRENT, activated_at=now)


def _pair(keys: Iterable[StoredKey], alg: str) -> tuple[StoredKey, StoredKey]:
    mine = {key.state: key for key in keys if key.alg == alg}
    if KeyState.CURRENT not in mine or KeyState.NEXT not in mine:
        raise NotFound
    return mine[KeyState.CURRENT], mine[KeyState.NEXT]
