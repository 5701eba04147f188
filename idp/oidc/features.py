"""What an operator may switch off (``IDP_FEATURES_OFF``): then its addresses, grants and members are gone.

Read where the tables are built. Switched by nothing here: codes with PKCE, refresh, the logout notices and
DPoP, which work for the clients that ask for them; client certificates have a setting of their own.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """What goes with a feature.

    ``members`` of discovery; an address among them goes too, and so do the pages below ``pages``. Members
    in ``denied`` stay and say no: silence would mean yes.
    """

    members: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    grant_type: str | None = None
    denied: Mapping[str, object] = field(default_factory=dict)


FEATURES: dict[str, Feature] = {
    "par": Feature(
        members=("pushed_authorization_request_endpoint", "require_pushed_authorization_requests"),
    ),
    "jar": Feature(
        members=(
            "request_object_signing_alg_values_supported",
            "request_object_encryption_alg_values_supported",
            "request_object_encryption_enc_values_supported",
            "require_signed_request_object",
            "require_request_uri_registration",
        ),
        denied={"request_parameter_supported": False, "request_uri_parameter_supported": False},
    ),
    "jarm": Feature(
        members=(
            "authorization_signing_alg_values_supported",
            "authorization_encryption_alg_values_supported",
            "authorization_encryption_enc_values_supported",
        ),
    ),
    "introspection": Feature(
        members=(
            "introspection_endpoint",
            "introspection_endpoint_auth_methods_supported",
            "introspection_endpoint_auth_signing_alg_values_supported",
            "introspection_signing_alg_values_supported",
            "introspection_encryption_alg_values_supported",
            "introspection_encryption_enc_values_supported",
        ),
    ),
    "revocation": Feature(
        members=(
            "revocation_endpoint",
            "revocation_endpoint_auth_methods_supported",
            "revocation_endpoint_auth_signing_alg_values_supported",
        ),
    ),
    "registration": Feature(members=("registration_endpoint",)),
    "client_credentials": Feature(grant_type="client_credentials"),
    "device_code": Feature(
        members=("device_authorization_endpoint",),
        pages=("/device",),
        grant_type="urn:ietf:params:oauth:grant-type:device_code",
    ),
    "ciba": Feature(
        members=(
            "backchannel_authentication_endpoint",
            "backchannel_token_delivery_modes_supported",
            "backchannel_authentication_request_signing_alg_values_supported",
            "backchannel_user_code_parameter_supported",
        ),
        pages=("/account/requests", "/simulator/ciba"),
        grant_type="urn:openid:params:grant-type:ciba",
    ),
    "token_exchange": Feature(grant_type="urn:ietf:params:oauth:grant-type:token-exchange"),
    "session_management": Feature(members=("check_session_iframe",)),
}


@dataclass(frozen=True, slots=True)
class Features:
    """What is on in this house: all but what is ``off``."""

    off: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return name not in self.off

    def has_address(self, path: str, member: str | None) -> bool:
        """Whether an address, and its member of discovery if it has one, is there."""
        gone = [FEATURES[name] for name in self.off]
        return not any(
            (member is not None and member in one.members)
            or any(path == page or path.startswith(f"{page}/") for page in one.pages)
            for one in gone
        )

    def grant_types(self, all_types: Iterable[str]) -> tuple[str, ...]:
        """Those grants that are on."""
        gone: Collection[str | None] = {FEATURES[name].grant_type for name in self.off}
        return tuple(name for name in all_types if name not in gone)

    def left_of(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Discovery without what is off."""
        gone = [FEATURES[name] for name in self.off]
        hidden = {member for one in gone for member in one.members}
        denied = {member: value for one in gone for member, value in one.denied.items()}
        return {member: value for member, value in document.items() if member not in hidden} | denied


ALL = Features()
