"""Security profiles: what clients registered under one must keep to, as data (``ClientMetadata.profile``).

Only where a profile asks for more than everybody gets anyhow. PKCE with S256, codes of at most 60 seconds
that work once, ``response_type=code`` alone, exact redirect addresses, ``iss`` in the answer, and refresh
tokens that stay the same where they are bound to a confidential client's key are everybody's.
"""

from dataclasses import dataclass

ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519", "RS256")
# FAPI 2.0 Security Profile §5.4.1: no PKCS#1 v1.5.
FAPI_ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519")
PROVEN_BY_KEY = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Limits of one profile; the defaults are those of a client without one.

    ``requires_context``: who is asked elsewhere must be able to tell this request from another.

    ``algorithms`` are those that may sign, on either side. ``auth_methods`` are how the client may prove
    itself; empty: anyhow. ``is_audience_issuer_alone`` is about client assertions;
    ``is_http_for_native_alone`` about redirect addresses on a loopback.
    """

    algorithms: tuple[str, ...] = ALGORITHMS
    auth_methods: tuple[str, ...] = ()
    requires_pushed_request: bool = False
    requires_signed_request: bool = False
    requires_request_object_times: bool = False
    is_audience_issuer_alone: bool = False
    requires_bound_tokens: bool = False
    requires_context: bool = False
    is_http_for_native_alone: bool = False


NO_PROFILE = Profile()
PROFILES: dict[str, Profile] = {
    # FAPI 2.0 Security Profile §5.3.2, §5.4; Message Signing §5.3 for the times of request objects.
    "fapi2": Profile(
        algorithms=FAPI_ALGORITHMS,
        auth_methods=PROVEN_BY_KEY,
        requires_pushed_request=True,
        requires_request_object_times=True,
        is_audience_issuer_alone=True,
        requires_bound_tokens=True,
        is_http_for_native_alone=True,
    ),
    # FAPI-CIBA §5.2.2: requests are signed; CIBA Core §7.1 lets assertions name other addresses of ours.
    "fapi_ciba": Profile(
        algorithms=FAPI_ALGORITHMS,
        auth_methods=PROVEN_BY_KEY,
        requires_pushed_request=True,
        requires_signed_request=True,
        requires_request_object_times=True,
        requires_bound_tokens=True,
        requires_context=True,
        is_http_for_native_alone=True,
    ),
}


def profile_of(name: str | None) -> Profile:
    """The limits by a profile's name; registration lets no unknown one in."""
    return NO_PROFILE if name is None else PROFILES[name]
