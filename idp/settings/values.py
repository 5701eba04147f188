"""What single settings may hold. Errors never repeat the value: it may be a secret."""

import base64
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
SECRET_BYTES = 32
LAST_SEAL_VERSION = 255
SIGNING = ("ES256", "RS256", "PS256", "EdDSA")
ALWAYS = ("ES256", "RS256")  # what clients get that ask for nothing; Discovery 1.0 §3 demands RS256
DATABASES = ("sqlite:///", "postgresql+psycopg://")
REDIS = ("redis://", "rediss://", "unix://")


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        try:
            ip_network(network, strict=False)
        except ValueError:
            raise ValueError("must hold addresses or networks, as in 10.0.0.0/8") from None
    return value


def _algorithms(value: tuple[str, ...]) -> tuple[str, ...]:
    if not set(ALWAYS) <= set(value) <= set(SIGNING) or len(set(value)) != len(value):
        raise ValueError(f"must hold {', '.join(ALWAYS)}, and otherwise only {', '.join(SIGNING)}")
    return value


def _database(value: str) -> str:
    if not value.startswith(DATABASES):
        raise ValueError(f"must begin with {' or '.join(DATABASES)}")
    return value


def _redis(value: str) -> str:
    if not value.startswith(REDIS):
        raise ValueError(f"must begin with {', '.join(REDIS)}")
    return value


def _seal_keys(value: SecretStr) -> SecretStr:
    for part in value.get_secret_value().split(","):
        version, _, key = part.partition(":")
        is_version = version.isascii() and version.isdigit() and 1 <= int(version) <= LAST_SEAL_VERSION
        if not is_version or len(decoded(key)) != SECRET_BYTES:
            raise ValueError("must hold version:key pairs; a key is 32 bytes in base64url")
    return value


def _register(value: str) -> str:
    parts = urlsplit(value)
    is_local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    if not (parts.scheme == "https" or is_local) or not parts.hostname:
        raise ValueError("must be an https address, or http on localhost")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must hold no query, fragment or user")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must be an https address")
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ValueError("must be https anywhere but on localhost")
    if parts.query or parts.fragment or parts.path or "@" in parts.netloc:
        raise ValueError("must be a bare origin: no path, query, fragment or user")
    return value


def _secret(value: SecretStr) -> SecretStr:
    if len(decoded(value.get_secret_value())) < SECRET_BYTES:
        raise ValueError("must hold at least 32 bytes in base64url; make one with `idp init`")
    return value


def decoded(text: str) -> bytes:
    """Base64url with or without its padding; nothing of what is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


COMMAS = BeforeValidator(_split)
Texts = Annotated[tuple[str, ...], NoDecode, COMMAS]
Networks = Annotated[tuple[str, ...], NoDecode, COMMAS, AfterValidator(_networks)]
Algorithms = Annotated[tuple[str, ...], NoDecode, COMMAS, AfterValidator(_algorithms)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
RegisterUrl = Annotated[str, AfterValidator(_register)]
Origin = Annotated[str, AfterValidator(_origin)]
RootSecret = Annotated[SecretStr, AfterValidator(_secret)]
SealKeys = Annotated[SecretStr, AfterValidator(_seal_keys)]
