"""Identifiers and secrets that we make."""

import hashlib
import secrets
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): ordered by time, made without asking anybody."""
    return uuid7()


def new_secret(bits: int = 256) -> str:
    """A random secret in unpadded base64url; 256 bits unless told."""
    return secrets.token_urlsafe(bits // 8)


def digest(secret: str) -> bytes:
    """SHA-256 of a secret that we generated ourselves, to store in its place.

    Enough for secrets of 128 bits and more. What people choose goes through argon2id instead.
    """
    return hashlib.sha256(secret.encode()).digest()
