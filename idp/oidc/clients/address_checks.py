"""What registration refuses of addresses that people follow and that we ask (RFC 7591 §5)."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from idp.assurance import level_of
from idp.oidc.clients.metadata import ClientMetadata

FOLLOWED = (
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
    "sector_identifier_uri",
    "jwks_uri",
)
SECURE = frozenset({"initiate_login_uri"})  # OIDC Registration 1.0 §2: https on this machine too
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MAX_ITEMS = 50
MAX_TEXT = 2048
AGES = range(10**9)  # seconds; what a request may say of it too


def faults_of_addresses(metadata: ClientMetadata) -> Iterator[tuple[str, str]]:
    """Each member at fault, and what it should have been."""
    for member in FOLLOWED:
        uri = getattr(metadata, member)
        is_plain = member in SECURE and not (uri or "https:").startswith("https:")
        if uri is not None and (is_plain or not is_web_address(uri)):
            yield member, "an https address"
    for uri in metadata.request_uris:
        if not is_web_address(uri.partition("#")[0]):
            yield "request_uris", "https addresses"
    for member in (
        "redirect_uris",
        "post_logout_redirect_uris",
        "request_uris",
        "contacts",
        "default_acr_values",
    ):
        values = getattr(metadata, member)
        if len(values) > MAX_ITEMS or any(len(value) > MAX_TEXT for value in values):
            yield member, f"at most {MAX_ITEMS} of at most {MAX_TEXT} characters"
    if metadata.default_max_age is not None and metadata.default_max_age not in AGES:
        yield "default_max_age", "a number of seconds"
    if any(level_of(word) is None for word in metadata.default_acr_values):
        yield "default_acr_values", "values of acr_values_supported"


def is_web_address(uri: str) -> bool:
    """https, or http on this machine; no script, no user, no fragment, nothing that is no URI."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        return False
    if len(uri) > MAX_TEXT or not uri.isascii() or any(c <= " " or c in "\\<>\"'`{}|^#\x7f" for c in uri):
        return False
    if not host or "@" in parts.netloc or not has_sane_port(uri):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def has_sane_port(uri: str) -> bool:
    """Whether an address names no port, or one that there is; and its host in letters, not in their codes."""
    try:
        parts = urlsplit(uri)
        return parts.port != 0 and "%" not in parts.netloc
    except ValueError:
        return False
