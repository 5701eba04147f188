"""What we tell the world that we do, read off the same tables that do it (Discovery 1.0 §3, RFC 8414)."""

from collections.abc import Collection

from authlib.oidc.discovery import OpenIDProviderMetadata

from idp.assurance import acr_of
from idp.oidc.authorization.ciba import BACKCHANNEL
from idp.oidc.authorization.jar import REQUEST_ALGORITHMS, UNSIGNED
from idp.oidc.authorization.request import Prompt
from idp.oidc.authorization.response_modes import CARRIERS, RESPONSE_MODES
from idp.oidc.authorization.rules import RESPONSE_TYPES
from idp.oidc.clients.authentication import SIGNING
from idp.oidc.clients.certificates import SELF_SIGNED
from idp.oidc.clients.encryption import ENCRYPTION
from idp.oidc.features import ALL, Features
from idp.oidc.grants.table import GRANT_TYPES
from idp.oidc.sessions.back_channel import BACK_CHANNEL
from idp.oidc.sessions.sign_out import FRONT_CHANNEL
from idp.oidc.tokens.claims import SCOPES, deliverable
from idp.oidc.tokens.dpop import ALGORITHMS as DPOP_ALGORITHMS
from idp.oidc.tokens.rar import TYPES
from idp.oidc.tokens.verification import METADATA as VERIFICATION

# What an authorization request may hold, and how its answer may come.
REQUESTS: dict[str, object] = {
    "response_types_supported": list(RESPONSE_TYPES),
    "response_modes_supported": list(RESPONSE_MODES),
    "authorization_response_iss_parameter_supported": True,
    "code_challenge_methods_supported": ["S256"],
    "authorization_details_types_supported": list(TYPES),
    "claims_parameter_supported": True,
    "claim_types_supported": ["normal"],
    "request_parameter_supported": True,
    "request_object_signing_alg_values_supported": [*REQUEST_ALGORITHMS, UNSIGNED],
    "require_signed_request_object": False,
    "request_uri_parameter_supported": True,
    "require_request_uri_registration": True,
    "require_pushed_authorization_requests": False,
    "prompt_values_supported": [prompt.value for prompt in Prompt],
    # Every page is a plain form that fits a window of any size, and needs no script.
    "display_values_supported": ["page", "popup", "touch", "wap"],
    "ui_locales_supported": ["vi", "en"],
    "claims_locales_supported": ["vi"],  # what the registers hold
}


def metadata(
    issuer: str,
    paths: dict[str, str],
    algorithms: tuple[str, ...],
    levels: tuple[int, ...],
    auth_methods: Collection[str],
    features: Features = ALL,
    *,
    is_demo: bool = False,
    aliases: dict[str, str] | None = None,
) -> dict[str, object]:
    """The discovery document.

    Args:
        issuer: our address.
        paths: endpoint member (``token_endpoint``…) to path, off the URL table.
        algorithms: what the keyring signs with.
        levels: the authentication levels that the methods at hand can reach.
        auth_methods: how clients may prove themselves here.
        features: what is on.
        is_demo: whether the people are samples, who tell of themselves what no register knows.
        aliases: endpoint member to address, where clients show certificates elsewhere (RFC 8705 §5).
    """
    document: dict[str, object] = {
        "issuer": issuer,
        **{member: issuer + path for member, path in paths.items()},
        "scopes_supported": list(SCOPES),
        **REQUESTS,
        **_tables(features),
        "acr_values_supported": [acr_of(level) for level in levels],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "token_endpoint_auth_methods_supported": list(auth_methods),
        **SIGNING,
        "introspection_endpoint_auth_methods_supported": [name for name in auth_methods if name != "none"],
        "introspection_signing_alg_values_supported": list(algorithms),
        "userinfo_signing_alg_values_supported": list(algorithms),
        "revocation_endpoint_auth_methods_supported": list(auth_methods),
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "authorization_signing_alg_values_supported": list(algorithms),
        **ENCRYPTION,
        **BACKCHANNEL,
        "claims_supported": list(deliverable(has_self_told=is_demo)),
        **VERIFICATION,
        **BACK_CHANNEL,
        **FRONT_CHANNEL,
        **_certificates(auth_methods, aliases),
    }
    if issuer.startswith("https://"):  # Authlib's own check knows no localhost
        OpenIDProviderMetadata(document).validate()
    return features.left_of(document)


def _certificates(auth_methods: Collection[str], aliases: dict[str, str] | None) -> dict[str, object]:
    """What stands there where we see certificates (RFC 8705 §3.3, §5)."""
    if SELF_SIGNED not in auth_methods:
        return {}
    bound: dict[str, object] = {"tls_client_certificate_bound_access_tokens": True}
    return bound | ({"mtls_endpoint_aliases": aliases} if aliases else {})


def _tables(features: Features) -> dict[str, object]:
    """What is left of tables that features have rows in."""
    return {
        "response_modes_supported": list(RESPONSE_MODES if "jarm" in features else CARRIERS),
        "grant_types_supported": list(features.grant_types(GRANT_TYPES)),
    }
