"""What registration refuses of the ways in which clients mean to prove themselves."""

from collections.abc import Iterator
from ipaddress import ip_address

from idp.oidc.clients.key_checks import faults_of_keys
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.clients.names import name_of
from idp.oidc.profiles import ALGORITHMS, PROFILES

ASSERTION_ALGORITHMS = ALGORITHMS
SIGNED = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
    "request_object_signing_alg",
    "backchannel_authentication_request_signing_alg",
)
NAMES = (
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
)


def faults_of_proof(metadata: ClientMetadata) -> Iterator[tuple[str, str]]:
    """Each member at fault, and what it should have been."""
    yield from faults_of_keys(metadata)
    if metadata.token_endpoint_auth_method == "private_key_jwt":
        if metadata.jwks is None and metadata.jwks_uri is None:
            yield "jwks", "jwks or jwks_uri, for private_key_jwt"
        allowed = metadata.limits.algorithms
        if metadata.token_endpoint_auth_signing_alg not in (None, *allowed):
            yield "token_endpoint_auth_signing_alg", f"one of {' '.join(allowed)}"
    elif metadata.token_endpoint_auth_method.endswith("tls_client_auth"):
        yield from _certificate_faults(metadata)


def faults_of_profile(metadata: ClientMetadata) -> Iterator[tuple[str, str]]:
    """Each member that the client's profile does not allow."""
    if metadata.profile is None:
        return
    if metadata.profile not in PROFILES:
        yield "profile", f"one of {' '.join(PROFILES)}"
        return
    limits = metadata.limits
    if metadata.token_endpoint_auth_method not in limits.auth_methods:
        yield (
            "token_endpoint_auth_method",
            f"one of {' '.join(limits.auth_methods)} for {metadata.profile}",
        )
    for name in SIGNED:
        if getattr(metadata, name) not in (None, *limits.algorithms):
            yield name, f"one of {' '.join(limits.algorithms)} for {metadata.profile}"
    is_web = metadata.application_type == "web" and limits.is_http_for_native_alone
    if is_web and any(uri.startswith("http:") for uri in metadata.redirect_uris):
        yield "redirect_uris", f"https for {metadata.profile}, but for native apps on a loopback address"


def _certificate_faults(metadata: ClientMetadata) -> Iterator[tuple[str, str]]:
    if metadata.token_endpoint_auth_method == "self_signed_tls_client_auth":
        if metadata.jwks is None and metadata.jwks_uri is None:
            yield "jwks", "jwks or jwks_uri, with the key of the certificate"
        return
    given = [name for name in NAMES if getattr(metadata, name)]
    if len(given) != 1:  # RFC 8705 §2.1.2
        yield NAMES[0], f"exactly one of {' '.join(NAMES)}"
        return
    try:
        if given[0] == "tls_client_auth_subject_dn":
            name_of(metadata.tls_client_auth_subject_dn or "")
        elif given[0] == "tls_client_auth_san_ip":
            ip_address(metadata.tls_client_auth_san_ip or "")
    except ValueError:
        yield given[0], "a name as RFC 4514 or RFC 4291 writes it"
