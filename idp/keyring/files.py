"""Our keys in a directory: one PEM a key, and a manifest that says what each is for.

Changes are one rename of the manifest, on durable ground, by one process at a time. POSIX only.
"""

import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from idp.kernel.errors import Corrupt, NotFound, Unavailable
from idp.keyring.jose import PrivateKey, key_id, public_members, signer
from idp.keyring.jwe import OPENS, opener
from idp.keyring.key_store import KeyState, OpeningKey, SigningKey, StoredKey

MANIFEST = "keys.json"
LOCK = ".lock"
FORMAT = 1
LOCK_SECONDS = 10
LOCK_POLL_SECONDS = 0.02
OTHERS_MAY = 0o077  # any right of anybody but the owner


def _p256() -> PrivateKey:
    return generate_ec(SECP256R1())


def _rsa() -> PrivateKey:
    return generate_rsa(65537, 2048)


GENERATE: Mapping[str, Callable[[], PrivateKey]] = {
    "ES256": _p256,
    "RS256": _rsa,
    "PS256": _rsa,
    "EdDSA": Ed25519PrivateKey.generate,
    "Ed25519": Ed25519PrivateKey.generate,
    "RSA-OAEP-256": _rsa,
    "ECDH-ES": _p256,
}
KEY_FILE = re.compile(rf"({'|'.join(GENERATE)})-[\w-]{{16}}\.pem", re.ASCII | re.IGNORECASE)


class FileKeyStore:
    """A ``KeyStore`` in a directory, which is made when the first key is.

    A key that others than its owner may read, a missing file and a manifest that does not read as one are
    refused. Files are never mended or made again.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._parsed: dict[str, tuple[str, bytes, Callable[..., StoredKey]]] = {}

    def version(self) -> Hashable:
        """What the directory's listing tells of the manifest and every key file."""
        try:
            with os.scandir(self.directory) as entries:
                return frozenset(
                    (entry.name, stat.st_ctime_ns, stat.st_ino, stat.st_size)
                    for entry in entries
                    if entry.name == MANIFEST or KEY_FILE.fullmatch(entry.name)
                    for stat in (entry.stat(),)
                )
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise Unavailable("keys") from error

    def load(self) -> tuple[StoredKey, ...]:
        """Every key of the manifest, its file read and held against its ``kid``."""
        try:
            return self._load()
        except FileNotFoundError:
            pass  # perhaps dropped by another process since we read the manifest
        try:
            return self._load()
        except FileNotFoundError as error:
            raise Unavailable("keys") from error

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """The directory's lock, waited for 10 s at most. The system lets go of it with its process."""
        with _translated():
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def generate(self, alg: str, created_at: datetime) -> StoredKey:
        """A new key's file, on disk before this returns."""
        if alg not in GENERATE:
            raise NotFound
        private = GENERATE[alg]()
        public = public_members(private)
        kid = key_id(alg, public)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with _translated():
            # A manifest first: key files without one are a loss to be noticed, not a beginning.
            if not (self.directory / MANIFEST).exists():
                self._write(MANIFEST, _manifest_of(()))
            self._write(f"{kid}.pem", pem)
        return _ready(alg, private, public)(kid=kid, state=KeyState.NEXT, created_at=created_at)

    def replace(self, keys: Sequence[StoredKey]) -> None:
        """A new manifest; then the files of dropped keys are removed."""
        kept = {key.kid for key in keys}
        with _translated():
            dropped = [entry["kid"] for entry in self._entries() if entry["kid"] not in kept]
            self._write(MANIFEST, _manifest_of(keys))
            for kid in dropped:
                (self.directory / f"{kid}.pem").unlink(missing_ok=True)
                self._parsed.pop(kid, None)

    def _load(self) -> tuple[StoredKey, ...]:
        try:
            return tuple(self._key(entry) for entry in self._entries())
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Unavailable("keys") from error

    def _entries(self) -> list[dict[str, Any]]:
        try:
            text = (self.directory / MANIFEST).read_bytes()
        except FileNotFoundError:
            if self.version():
                raise Unavailable("keys") from None
            return []
        try:
            manifest = json.loads(text)
            entries = manifest["keys"]
            if manifest["format"] != FORMAT or not all(
                KEY_FILE.fullmatch(f"{e['kid']}.pem") for e in entries
            ):
                raise Corrupt("keys.manifest")
        except (ValueError, KeyError, TypeError):
            raise Corrupt("keys.manifest") from None
        return list(entries)

    def _key(self, entry: Mapping[str, Any]) -> StoredKey:
        try:
            return self._material(entry["kid"], entry["alg"])(
                kid=entry["kid"],
                state=KeyState(entry["state"]),
                created_at=_moment(entry["created_at"]),
                activated_at=_moment_or_none(entry["activated_at"]),
                retired_at=_moment_or_none(entry["retired_at"]),
            )
        except (ValueError, KeyError, TypeError):
            raise Corrupt("keys.manifest") from None

    def _material(self, kid: str, alg: str) -> Callable[..., StoredKey]:
        """What makes the key out of its manifest entry; its file is parsed once."""
        pem = _read_private(self.directory / f"{kid}.pem")
        known = self._parsed.get(kid)
        if known is not None and known[:2] == (alg, pem):
            return known[2]
        private = _parse(pem)
        public = public_members(private)
        if alg not in GENERATE or key_id(alg, public) != kid:
            raise Corrupt("keys")
        self._parsed[kid] = (alg, pem, _ready(alg, private, public))
        return self._parsed[kid][2]

    def _write(self, name: str, content: bytes) -> None:
        """Whole or not at all: a temporary file, flushed to disk, renamed, and the directory flushed."""
        temporary = self.directory / f".{name}.{secrets.token_hex(8)}"
        try:
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(self.directory / name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read_private(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & OTHERS_MAY:
            raise Corrupt("keys.mode")
        return file.read()


def _ready(alg: str, private: PrivateKey, public: Mapping[str, str]) -> Callable[..., StoredKey]:
    if alg in OPENS:
        return partial(OpeningKey, alg=alg, public=public, open=opener(alg, private))
    return partial(SigningKey, alg=alg, public=public, sign=signer(alg, private))


def _parse(pem: bytes) -> PrivateKey:
    """The private key in a file of ours. Raises ``Corrupt``."""
    try:
        # The library's own check proves both primes anew: 40 ms for each key at each start.
        private = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError):
        raise Corrupt("keys") from None
    if not isinstance(private, EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey):
        raise Corrupt("keys")
    if isinstance(private, RSAPrivateKey) and not _adds_up(private.private_numbers()):
        raise Corrupt("keys")
    return private


def _adds_up(key: RSAPrivateNumbers) -> bool:
    """Whether the numbers of an RSA key belong together (RFC 8017 §3.2)."""
    p, q, d, e = key.p, key.q, key.d, key.public_numbers.e
    return (
        p * q == key.public_numbers.n
        and d * e % (p - 1) == d * e % (q - 1) == 1
        and (key.dmp1, key.dmq1) == (d % (p - 1), d % (q - 1))
        and key.iqmp * q % p == 1
    )


def _manifest_of(keys: Sequence[StoredKey]) -> bytes:
    entries = [
        {
            "kid": key.kid,
            "alg": key.alg,
            "state": key.state.value,
            "created_at": key.created_at.isoformat(),
            "activated_at": key.activated_at and key.activated_at.isoformat(),
            "retired_at": key.retired_at and key.retired_at.isoformat(),
        }
        for key in keys
    ]
    return json.dumps({"format": FORMAT, "keys": entries}, indent=2).encode() + b"\n"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise Corrupt("keys.manifest")
    return moment


def _moment_or_none(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > deadline:
            raise Unavailable("keys")
        time.sleep(LOCK_POLL_SECONDS)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("keys") from error
