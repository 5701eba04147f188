"""Passwords: argon2id, a few at a time (RFC 9106, NIST SP 800-63B-4 §3.1.1)."""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from threading import BoundedSemaphore
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from idp.accounts.account import Account
from idp.assurance import Factor
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.authenticators.attempts import PASSWORD
from idp.authenticators.authenticator import Authenticator, Authenticators
from idp.authenticators.breached import Breached
from idp.authenticators.method import Method, Occasion, ProofRejected, Verified
from idp.kernel.errors import Corrupt, Refused, Unavailable
from idp.kernel.ids import new_secret

SHORTEST = 8  # characters; enough beside a second factor, which every account has
LONGEST = 128
MEMORY_KIB = 19 * 1024
PASSES = 2
PATIENCE = timedelta(seconds=2)
QUEUE = 32
PERSONAL_WORD = 4  # characters a password must have besides what is known of its holder


class PasswordUnfit(Refused):
    """``reason``: ``too_short``, ``too_long``, ``characters``, ``breached`` or ``personal``."""

    code = "password_unfit"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason, "shortest": SHORTEST, "longest": LONGEST}


class Hashing:
    """Argon2id on as many cores as there are, a short queue before them, and a clear no past that.

    Raises:
        Unavailable: the queue is full, or two seconds passed in it.
    """

    def __init__(
        self,
        cores: int | None = None,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        queue: int = QUEUE,
        patience: timedelta = PATIENCE,
    ) -> None:
        cores = cores or len(os.sched_getaffinity(0))
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._room = BoundedSemaphore(cores + queue)
        self._cores = BoundedSemaphore(cores)
        self._patience = patience.total_seconds()

    def hash(self, password: bytes) -> bytes:
        """A new hash of a password, with its salt and parameters, in PHC form."""
        with self._core():
            return self._hashed(password)

    def verify(self, encoded: bytes, password: bytes) -> tuple[bool, bytes | None]:
        """Whether the password is the one, and its new hash where the old one's parameters have aged."""
        with self._core():
            try:
                self._hasher.verify(encoded, password)
            except VerifyMismatchError:
                return False, None
            except InvalidHashError:
                raise Corrupt("password_hash") from None
            except VerificationError:
                raise Unavailable("hashing") from None
            is_old = self._hasher.check_needs_rehash(encoded.decode("ascii"))
            return True, self._hashed(password) if is_old else None

    def _hashed(self, password: bytes) -> bytes:
        try:
            return self._hasher.hash(password).encode("ascii")
        except HashingError:
            raise Unavailable("hashing") from None

    @contextmanager
    def _core(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise Unavailable("hashing")
        try:
            if not self._cores.acquire(timeout=self._patience):
                raise Unavailable("hashing")
            try:
                yield
            finally:
                self._cores.release()
        finally:
            self._room.release()


class Password(Method):
    """Something the holder knows. One for each account."""

    name = "password"
    budget = PASSWORD
    factors = frozenset({Factor.KNOWLEDGE})
    amr = ("pwd",)

    def __init__(
        self, authenticators: Authenticators, audit: AuditLog, hashing: Hashing, breached: Breached
    ) -> None:
        self._authenticators = authenticators
        self._audit = audit
        self._hashing = hashing
        self._breached = breached
        # What is compared where there is no account: the same work, and nothing to find.
        self._nobody = hashing.hash(new_secret().encode())

    def is_ready(self, account: Account, enrolled: Sequence[Authenticator]) -> bool:
        return self._of(enrolled) is not None

    def verify(
        self,
        account: Account | None,
        enrolled: Sequence[Authenticator],
        response: str,
        occasion: Occasion,
        now: datetime,
    ) -> Verified:
        """See ``Method``. What is too long to be a password costs as much as a wrong one."""
        known = self._of(enrolled) if account else None
        password = _bytes(response) if len(response) <= LONGEST * 4 else b""
        is_right, renewed = self._hashing.verify(known.secret if known else self._nobody, password)
        if known is None or not is_right:
            raise ProofRejected(self.name)
        spend = None if renewed is None else partial(self._authenticators.swap_secret, known, renewed)
        return Verified(proof=self.proof(now, known.id), spend=spend)

    def set_password(self, account_id: UUID, password: str, personal: Iterable[str] = ()) -> None:
        """``prepare`` and ``store``: give an account its password, in the place of any other.

        Must not be called inside a transaction.

        Raises:
            PasswordUnfit: see ``prepare``.
        """
        if self._authenticators.database.in_transaction:
            raise Corrupt("hashing_inside_transaction")
        self.store(account_id, self.prepare(password, personal))

    def prepare(self, password: str, personal: Iterable[str] = ()) -> bytes:
        """Check a new password and hash it: the slow part, which no transaction should wait for.

        Args:
            password: as typed; normalised to NFC here.
            personal: what is known of the holder and no password is made of: number, phone, name, birth date.

        Raises:
            PasswordUnfit: with the reason.
            Unavailable: too many are being hashed.
        """
        normal = unicodedata.normalize("NFC", password)
        if len(normal) < SHORTEST:
            raise PasswordUnfit("too_short")
        if len(normal) > LONGEST:
            raise PasswordUnfit("too_long")
        if not _is_text(normal):
            raise PasswordUnfit("characters")
        if normal in self._breached:
            raise PasswordUnfit("breached")
        if any(_is_made_of(word, normal) for word in personal):
            raise PasswordUnfit("personal")
        return self._hashing.hash(_bytes(normal))

    def store(self, account_id: UUID, hashed: bytes) -> None:
        """Keep what ``prepare`` gave; joins an open transaction. Other authenticators stay as they are."""
        with self._authenticators.database.transaction():
            had_one = self._authenticators.replace(account_id, self.name, hashed)
            event = Event.AUTHENTICATOR_CHANGED if had_one else Event.AUTHENTICATOR_ENROLLED
            self._audit.record(event, account_id=account_id, method=self.name)

    def _of(self, enrolled: Sequence[Authenticator]) -> Authenticator | None:
        return next((known for known in enrolled if known.method == self.name), None)


def _bytes(password: str) -> bytes:
    """NFC, so that one password typed on two keyboards is one; a broken half of a character stays itself."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _is_text(password: str) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in password)


def _is_made_of(word: str, password: str) -> bool:
    squeezed, known = ("".join(text.casefold().split()) for text in (password, word))
    return bool(known) and known in squeezed and len(squeezed) - len(known) < PERSONAL_WORD
