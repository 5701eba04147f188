"""Where our keys live: what a key is, and what every store of keys must do."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

Sign = Callable[[bytes], bytes]
Open = Callable[[str], bytes]


class KeyState(StrEnum):
    """A key's place in its life; it only ever moves forward."""

    NEXT = "next"  # a signing key is published, so that relying parties know it before its first signature
    CURRENT = "current"  # the one that signs, or that clients are told to encrypt to
    RETIRED = "retired"  # kept until what it signed, or what was encrypted to it, has expired


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key of ours, for one algorithm. It signs or it opens, never both.

    ``public`` holds the public members of its JWK (RFC 7517) and nothing else.
    """

    kid: str
    alg: str
    state: KeyState
    created_at: datetime
    activated_at: datetime | None = None
    retired_at: datetime | None = None
    public: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey(StoredKey):
    """A key that signs.

    ``sign`` gives the JWS signature of a message (RFC 7518 §3), and is all that is ever seen of the private
    part: it may be made in a security module.
    """

    sign: Sign = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningKey(StoredKey):
    """A key that others encrypt to.

    ``open`` gives the plaintext of a compact JWE that passed the gate, and raises ``BadToken`` whatever is
    wrong with it. ``alg`` names the family: that of ``ECDH-ES`` opens its key wrappings too.
    """

    open: Open = field(repr=False, compare=False)


class KeyStore(Protocol):
    """Keeps keys, for any number of processes on one machine.

    Every method raises ``Unavailable("keys")`` when the store is silent or something it lists is gone,
    and ``Corrupt`` when what is there cannot be right. A store never makes a key that was not asked for.
    """

    def version(self) -> Hashable:
        """Differs after every change. Cheap: asked once a second while signing."""

    def load(self) -> tuple[StoredKey, ...]:
        """Every key that is kept. Empty only where none was ever made."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Alone among threads and processes that change keys. Not entered twice by one thread."""

    def generate(self, alg: str, created_at: datetime) -> StoredKey:
        """Make a key, in state next, on durable ground. Not listed before ``replace``. Needs ``exclusive``.

        Raises:
            NotFound: the store makes no keys for this algorithm.
        """

    def replace(self, keys: Sequence[StoredKey]) -> None:
        """List exactly these from now on, all or nothing. Needs ``exclusive``.

        The private parts of keys that were listed and no longer are get destroyed.
        """
