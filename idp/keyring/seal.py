"""Personal data at rest: sealed with AES-256-GCM, found again by an HMAC of its value."""

import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.kernel.errors import Corrupt

KEY_BYTES = 32
NONCE_BYTES = 12
HEAD_BYTES = 1 + NONCE_BYTES
LAST_VERSION = 255
LEAST_ROOT_BYTES = 16


def derive(root: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, from the installation's root secret (RFC 5869, HKDF-SHA256).

    Different purposes give keys that tell nothing of one another or of the root.

    Args:
        root: at least 128 random bits.
        purpose: names the use and its generation, as in ``"seal.1"``.

    Raises:
        Corrupt: the root is too short to be a secret.
    """
    if len(root) < LEAST_ROOT_BYTES:
        raise Corrupt("seal.root")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(root)


class Seal:
    """Seals values for one place each: what was sealed for one row and column opens nowhere else.

    A sealed value is ``key version (1 byte) | nonce (12) | AES-256-GCM ciphertext and tag``. The highest
    version seals; every version given opens, so that a key can be replaced row by row. Nonces are random:
    one version is good for 2³² values (NIST SP 800-38D §8.3).

    Raises:
        Corrupt: no key, a version outside 1 to 255, or a key that is not 32 bytes.
    """

    def __init__(self, keys: Mapping[int, bytes], index_key: bytes) -> None:
        sizes = {len(index_key), *(len(key) for key in keys.values())}
        if not keys or sizes != {KEY_BYTES} or min(keys) < 1 or max(keys) > LAST_VERSION:
            raise Corrupt("seal.keys")
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self._version = bytes([max(keys)])
        self._sealing = self._ciphers[max(keys)]
        self._index_key = index_key

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Seal a value for the place that ``context`` names, as in ``"accounts.number:<account id>"``."""
        nonce = os.urandom(NONCE_BYTES)
        return self._version + nonce + self._sealing.encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The value that was sealed for this very ``context``.

        Raises:
            Corrupt: it was changed, cut, sealed for another place, or with a key that we do not hold.
        """
        cipher = self._ciphers.get(sealed[0]) if sealed else None
        if cipher is None:
            raise Corrupt("seal.version")
        try:
            return cipher.decrypt(sealed[1:HEAD_BYTES], sealed[HEAD_BYTES:], context.encode())
        except (InvalidTag, ValueError):
            raise Corrupt(f"sealed {context.partition(':')[0]}") from None

    def index(self, value: str, context: str) -> bytes:
        """HMAC-SHA256 of a value, 32 bytes, to find its row again without opening any.

        ``context`` names the column alone, as in ``"accounts.number"``: equal values of one column have
        equal indexes, equal values of two columns do not.
        """
        # The zero byte ends the context, so that no context and value can pass for another pair.
        return hmac.digest(self._index_key, context.encode() + b"\0" + value.encode(), "sha256")
