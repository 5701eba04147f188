"""What registration refuses: metadata that could hurt people or never work (RFC 7591 §3.2.2)."""

from collections.abc import Collection
from itertools import chain
from urllib.parse import urlsplit

from idp.kernel.errors import Refused
from idp.oidc.clients.address_checks import faults_of_addresses, has_sane_port
from idp.oidc.clients.encryption import faults_of_encryption
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.clients.proof_checks import faults_of_profile, faults_of_proof
from idp.oidc.clients.shown_names import faults_of_names
from idp.oidc.errors import came
from idp.oidc.profiles import ALGORITHMS

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
LEVELS = frozenset({1, 2, 3, 4})
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
CIBA = "urn:openid:params:grant-type:ciba"
SIGNED = (
    "id_token_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
)
BY_CLIENTS = {
    "request_object_signing_alg": (None, "none", *ALGORITHMS),
    "backchannel_authentication_request_signing_alg": (None, *ALGORITHMS),
}


class InvalidClientMetadata(Refused):
    """A client cannot be registered so (RFC 7591 §3.2.2)."""

    code = "invalid_client_metadata"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected

    def facts(self) -> dict[str, object]:
        return {"field": self.field, "expected": self.expected}


def check(metadata: ClientMetadata, signing: Collection[str], details_types: Collection[str] = ()) -> None:
    """Refuse what could hurt people or never work.

    Args:
        signing: what the keyring keeps keys for.
        details_types: the types of authorization details that there are (RFC 9396 §2).

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
    _check_logout_uris(metadata)
    _check_grants(metadata)
    for field, expected in chain(
        faults_of_profile(metadata),
        faults_of_proof(metadata),
        faults_of_names(metadata),
        faults_of_addresses(metadata),
        faults_of_encryption(metadata),
    ):
        raise InvalidClientMetadata(field, expected)
    if metadata.default_level is not None and metadata.default_level not in LEVELS:
        raise InvalidClientMetadata("default_level", "1 to 4")
    _check_algorithms(metadata, signing)
    for kind in metadata.authorization_details_types:
        if kind not in details_types:  # RFC 9396 §10
            raise InvalidClientMetadata(
                "authorization_details_types", f"some of {' '.join(details_types)}{came(kind)}"
            )
    if (
        metadata.subject_type == "pairwise"
        and metadata.sector_identifier_uri is None
        and len({urlsplit(uri).hostname for uri in metadata.redirect_uris}) > 1
    ):
        # OIDC Core 1.0 §8.1: several hosts need a sector_identifier_uri.
        raise InvalidClientMetadata("redirect_uris", "one host for a pairwise subject")


def _check_algorithms(metadata: ClientMetadata, signing: Collection[str]) -> None:
    for member in SIGNED:
        if getattr(metadata, member) not in signing:
            raise InvalidClientMetadata(member, f"one of {' '.join(signing)}")
    if metadata.userinfo_signed_response_alg not in (None, *signing):
        raise InvalidClientMetadata("userinfo_signed_response_alg", f"one of {' '.join(signing)}")
    for member, known in BY_CLIENTS.items():
        if getattr(metadata, member) not in known:
            raise InvalidClientMetadata(member, f"one of {' '.join(name for name in known if name)}")


def _check_grants(metadata: ClientMetadata) -> None:
    is_public = metadata.token_endpoint_auth_method == "none"
    for grant_type in ("client_credentials", EXCHANGE):
        if is_public and grant_type in metadata.grant_types:
            raise InvalidClientMetadata("grant_types", f"no {grant_type} for a public client")
    if any(not name.isascii() or len(name.split()) != 1 for name in metadata.exchange_audiences):
        raise InvalidClientMetadata("exchange_audiences", "addresses or client_ids")
    if CIBA not in metadata.grant_types:
        return
    if is_public:
        raise InvalidClientMetadata("grant_types", "no backchannel authentication for a public client")
    # CIBA Core 1.0 §4.
    if metadata.backchannel_token_delivery_mode is None:
        raise InvalidClientMetadata("backchannel_token_delivery_mode", "poll or ping")
    address = metadata.backchannel_client_notification_endpoint
    if metadata.backchannel_token_delivery_mode == "ping" and address is None:
        raise InvalidClientMetadata("backchannel_client_notification_endpoint", "an address, for ping")
    if address is not None:
        _check_redirect_uri(address, "web", "backchannel_client_notification_endpoint")


def _check_logout_uris(metadata: ClientMetadata) -> None:
    if metadata.backchannel_logout_uri is not None:
        _check_redirect_uri(metadata.backchannel_logout_uri, "web", "backchannel_logout_uri")
    if metadata.frontchannel_logout_uri is not None:
        _check_redirect_uri(metadata.frontchannel_logout_uri, "web", "frontchannel_logout_uri")
        # Front-Channel Logout 1.0 §2: domain, port and scheme of a registered redirect_uri.
        origins = {urlsplit(uri)[:2] for uri in metadata.redirect_uris}
        if urlsplit(metadata.frontchannel_logout_uri)[:2] not in origins:
            raise InvalidClientMetadata("frontchannel_logout_uri", "the origin of a redirect_uri")


def _check_redirect_uri(uri: str, application_type: str, field: str = "redirect_uris") -> None:
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets around no address
        raise InvalidClientMetadata(field, "an absolute address") from None
    if "#" in uri or not uri.isascii() or any(c.isspace() or c in "\\<>\"'`{}|^" for c in uri):
        raise InvalidClientMetadata(field, "an absolute address without a fragment")
    if parts.username or parts.password or "*" in uri or not has_sane_port(uri):
        raise InvalidClientMetadata(field, "an exact address: no user, no wildcard, a port that there is")
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    # RFC 8252 §7.1: a private scheme is a reversed domain name.
    if application_type == "native" and "." in parts.scheme:
        return
    raise InvalidClientMetadata(field, "https, or http on a loopback address")
