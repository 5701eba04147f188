"""What is registered about a client (RFC 7591 §2, OIDC Registration 1.0 §2), and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from idp.kernel.errors import Refused

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
LEVELS = frozenset({1, 2, 3, 4})
AuthMethod = Literal["none", "client_secret_basic", "client_secret_post"]


class InvalidClientMetadata(Refused):
    """A client cannot be registered so (RFC 7591 §3.2.2)."""

    code = "invalid_client_metadata"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected

    def facts(self) -> dict[str, object]:
        return {"field": self.field, "expected": self.expected}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """A relying party as registered. ``client_name`` and ``purpose`` are by language (``vi``, ``en``)."""

    client_name: Mapping[str, str]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    scope: tuple[str, ...] = ("openid",)
    claims: tuple[str, ...] = ()
    id_token_signed_response_alg: str = "ES256"
    subject_type: Literal["pairwise", "public"] = "pairwise"
    application_type: Literal["web", "native"] = "web"
    default_level: int | None = None
    default_max_age: int | None = None
    is_vetted: bool = False
    purpose: Mapping[str, str] | None = None
    legal_basis: str | None = None
    retention: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None

    def name(self, language: str) -> str:
        return self.client_name.get(language) or next(iter(self.client_name.values()))

    @property
    def domain(self) -> str:
        """The host that people are sent back to: what they can compare with the address bar."""
        return urlsplit(self.redirect_uris[0]).hostname or "" if self.redirect_uris else ""


def check(metadata: ClientMetadata) -> None:
    """Refuse what could hurt people or never work.

    Raises:
        InvalidClientMetadata: naming the field and what it should have been.
    """
    if not metadata.client_name or not all(metadata.client_name.values()):
        raise InvalidClientMetadata("client_name", "a name by language")
    if "authorization_code" in metadata.grant_types and not metadata.redirect_uris:
        raise InvalidClientMetadata("redirect_uris", "at least one")
    for uri in metadata.redirect_uris:
        _check_redirect_uri(uri, metadata.application_type)
    for uri in metadata.post_logout_redirect_uris:
        _check_redirect_uri(uri, metadata.application_type, "post_logout_redirect_uris")
    if metadata.token_endpoint_auth_method == "none" and "client_credentials" in metadata.grant_types:
        raise InvalidClientMetadata("grant_types", "no client_credentials for a public client")
    if metadata.default_level is not None and metadata.default_level not in LEVELS:
        raise InvalidClientMetadata("default_level", "1 to 4")
    if (
        metadata.subject_type == "pairwise"
        and len({urlsplit(uri).hostname for uri in metadata.redirect_uris}) > 1
    ):
        # OIDC Core 1.0 §8.1: several hosts need a sector_identifier_uri.
        raise InvalidClientMetadata("redirect_uris", "one host for a pairwise subject")


def _check_redirect_uri(uri: str, application_type: str, field: str = "redirect_uris") -> None:
    parts = urlsplit(uri)
    if "#" in uri or not uri.isascii() or any(c.isspace() or c in "\\<>\"'`{}|^" for c in uri):
        raise InvalidClientMetadata(field, "an absolute address without a fragment")
    if parts.username or parts.password or "*" in uri:
        raise InvalidClientMetadata(field, "an exact address: no user, no wildcard")
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    # RFC 8252 §7.1: a private scheme is a reversed domain name.
    if application_type == "native" and "." in parts.scheme:
        return
    raise InvalidClientMetadata(field, "https, or http on a loopback address")
