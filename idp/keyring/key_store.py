"""Where signing keys live: what a key is, and what every store of keys must do."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

Sign = Callable[[bytes], bytes]


class KeyState(StrEnum):
    """A key's place in its life; it only ever moves forward."""

    NEXT = "next"  # published, so that relying parties know it before its first signature
    CURRENT = "current"  # the one that signs
    RETIRED = "retired"  # published until what it signed has expired


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key that signs for one algorithm.

    ``public`` holds the public members of its JWK (RFC 7517) and nothing else. ``sign`` gives the JWS
    signature of a message (RFC 7518 §3), and is all that is ever seen of the private part: it may be
    made in a security module.
    """

    kid: str
    alg: str
    state: KeyState
    created_at: datetime
    activated_at: datetime | None = None
    retired_at: datetime | None = None
    public: Mapping[str, str] = field(repr=False)
    sign: Sign = field(repr=False, compare=False)


class KeyStore(Protocol):
    """Keeps signing keys, for any number of processes on one machine.

    Every method raises ``Unavailable("keys")`` when the store is silent or something it lists is gone,
    and ``Corrupt`` when what is there cannot be right. A store never makes a key that was not asked for.
    """

    def version(self) -> Hashable:
        """Differs after every change. Cheap: asked once a second while signing."""

    def load(self) -> tuple[SigningKey, ...]:
        """Every key that is kept. Empty only where none was ever made."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Alone among threads and processes that change keys. Not entered twice by one thread."""

    def generate(self, alg: str, created_at: datetime) -> SigningKey:
        """Make a key, in state next, on durable ground. Not listed before ``replace``. Needs ``exclusive``.

        Raises:
            NotFound: the store makes no keys for this algorithm.
        """

    def replace(self, keys: Sequence[SigningKey]) -> None:
        """List exactly these from now on, all or nothing. Needs ``exclusive``.

        The private parts of keys that were listed and no longer are get destroyed.
        """
