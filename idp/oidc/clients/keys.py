"""The public keys of clients: registered with them, or fetched from where they publish them."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from idp.kernel.errors import Refused
from idp.keyring.jose import BadToken, Jwk, keys_in, read_object
from idp.keyring.jwe import recipient_key
from idp.oidc.clients.client import Client
from idp.oidc.clients.metadata import ClientMetadata

FRESH_SECONDS = 600.0
# After a look that did not bring the ``kid`` asked for, however many tokens name invented ones.
PAUSE_SECONDS = 60.0
RETRY_SECONDS = 10.0  # after a fetch that failed, with nothing kept from before
LOOKING_SECONDS = 1.0  # how long to wait while another request has it fetched
BUSY = "outbound_busy"
MAX_KEPT = 1000

IsEnough = Callable[[Sequence[Jwk]], bool]  # whether what is looked for is among them


class KeysUnreachable(Refused):
    """A client publishes its keys where we cannot get them; ``reason`` is a short code."""

    code = "client_keys_unreachable"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


class NoKeyToEncryptTo(Refused):
    """A client has no key that content may be encrypted to with ``alg``."""

    code = "client_key_missing"

    def __init__(self, alg: str) -> None:
        super().__init__(alg)
        self.alg = alg

    def facts(self) -> dict[str, object]:
        return {"alg": self.alg}


@dataclass(slots=True)
class _Kept:
    """What one address published, when it was asked, and until when it is left in peace."""

    keys: tuple[Jwk, ...] | None = None
    asked_at: float = float("-inf")
    quiet_until: float = float("-inf")
    reason: str = "unreachable"
    lock: threading.Lock = field(default_factory=threading.Lock)


class ClientKeys:
    """Keys of clients, by ``jwks`` or ``jwks_uri`` (RFC 7591 §2).

    What is published is kept for ten minutes, and past that while its address does not answer. A token
    with an unknown ``kid`` has it fetched again at once, so that clients rotate without waiting for us
    (OIDC Core 1.0 §10.1.1); after a look in vain, once a minute.
    """

    def __init__(
        self, fetch: Callable[[str], bytes], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``fetch`` gives the body behind an address, or raises ``Refused``."""
        self._fetch = fetch
        self._monotonic = monotonic
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def of(self, client: Client, kid: str | None = None) -> Sequence[Jwk]:
        """The client's public keys, of every use; empty: it has registered none.

        Args:
            kid: the key that is looked for, when a token names one.

        Raises:
            KeysUnreachable: its ``jwks_uri`` gives no key set, and never did lately.
        """
        return self._keys(client.metadata, lambda keys: _has(keys, kid))

    def to_encrypt(self, details: ClientMetadata, alg: str) -> Jwk:
        """The client's key to encrypt to with ``alg``; asked for anew where those that are kept have none.

        Raises:
            NoKeyToEncryptTo: it has none.
            KeysUnreachable: as ``of``.
        """
        key = recipient_key(self._keys(details, lambda keys: recipient_key(keys, alg) is not None), alg)
        if key is None:
            raise NoKeyToEncryptTo(alg)
        return key

    def _keys(self, details: ClientMetadata, is_enough: IsEnough) -> Sequence[Jwk]:
        if details.jwks is not None:
            return keys_in(details.jwks)
        return self._published(details.jwks_uri, is_enough) if details.jwks_uri else ()

    def _published(self, uri: str, is_enough: IsEnough) -> Sequence[Jwk]:
        kept = self._of(uri)
        if not kept.lock.acquire(timeout=LOOKING_SECONDS):
            if kept.keys is None:
                raise KeysUnreachable(BUSY)
            return kept.keys
        try:
            now = self._monotonic()
            is_stale = kept.keys is None or now - kept.asked_at >= FRESH_SECONDS
            if now >= kept.quiet_until and (is_stale or not is_enough(kept.keys or ())):
                self._look(uri, kept, is_enough)
            if kept.keys is None:
                raise KeysUnreachable(kept.reason)
            return kept.keys
        finally:
            kept.lock.release()

    def _look(self, uri: str, kept: _Kept, is_enough: IsEnough) -> None:
        try:
            kept.keys = keys_in(read_object(self._fetch(uri)))
        except Refused as error:
            kept.reason = error.reason if isinstance(error, BadToken) else error.code
            if kept.reason == BUSY:  # it was not even asked
                return
            kept.quiet_until = self._monotonic() + (RETRY_SECONDS if kept.keys is None else PAUSE_SECONDS)
            return
        kept.asked_at = self._monotonic()
        if not is_enough(kept.keys):
            kept.quiet_until = kept.asked_at + PAUSE_SECONDS

    def _of(self, uri: str) -> _Kept:
        with self._lock:
            if uri not in self._kept and len(self._kept) >= MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))
            return self._kept.setdefault(uri, _Kept())


def _has(keys: Sequence[Jwk], kid: str | None) -> bool:
    return kid is None or any(key.get("kid") == kid for key in keys)
