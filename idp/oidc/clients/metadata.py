"""What is registered about a client (RFC 7591 §2, OIDC Registration 1.0 §2, and the extensions named)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

from idp.oidc.profiles import Profile, profile_of

AuthMethod = Literal[
    "none",
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """A relying party as registered. ``client_name`` and ``purpose`` are by language (``vi``, ``en``).

    Members bear the names of their specifications; absent ones have the defaults that those give, or the
    safer one where they leave a choice.
    """

    # RFC 7591, OIDC Registration 1.0
    client_name: Mapping[str, str]
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    application_type: Literal["web", "native"] = "web"
    scope: tuple[str, ...] = ("openid",)
    contacts: tuple[str, ...] = ()
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    jwks_uri: str | None = None
    jwks: Mapping[str, Any] | None = None
    software_id: str | None = None
    software_version: str | None = None
    sector_identifier_uri: str | None = None
    subject_type: Literal["pairwise", "public"] = "pairwise"
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    initiate_login_uri: str | None = None

    # How the client proves itself: OIDC Core 1.0 §9, RFC 8705 §2
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"
    token_endpoint_auth_signing_alg: str | None = None
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None

    # Requests: OIDC Core 1.0 §6, RFC 9101, RFC 9126, RFC 9396
    request_uris: tuple[str, ...] = ()
    request_object_signing_alg: str | None = None
    request_object_encryption_alg: str | None = None
    request_object_encryption_enc: str | None = None
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False
    authorization_details_types: tuple[str, ...] = ()

    # Answers: OIDC Core 1.0, JARM, RFC 9701
    id_token_signed_response_alg: str = "ES256"
    id_token_encrypted_response_alg: str | None = None
    id_token_encrypted_response_enc: str | None = None
    userinfo_signed_response_alg: str | None = None
    userinfo_encrypted_response_alg: str | None = None
    userinfo_encrypted_response_enc: str | None = None
    authorization_signed_response_alg: str = "ES256"
    authorization_encrypted_response_alg: str | None = None
    authorization_encrypted_response_enc: str | None = None
    introspection_signed_response_alg: str = "ES256"
    introspection_encrypted_response_alg: str | None = None
    introspection_encrypted_response_enc: str | None = None

    # Tokens: RFC 9449, RFC 8705 §3, RFC 9068, RFC 8707
    dpop_bound_access_tokens: bool = False
    dpop_nonce_required: bool | None = None  # ours; None: as IDP_DPOP_NONCE_REQUIRED says
    tls_client_certificate_bound_access_tokens: bool = False
    access_token_format: Literal["opaque", "jwt"] = "opaque"
    resources: tuple[str, ...] = ()
    refresh_retry: bool = False  # ours: see docs/decisions/0011
    serves: tuple[str, ...] = ()  # ours: the resources that it answers for; it may introspect their tokens
    # Ours, for RFC 8693: where it may take what was given to it (docs/decisions/0015), and which one client
    # may exchange its tokens; whichever they are addressed to, unless told.
    exchange_audiences: tuple[str, ...] = ()
    may_act: str | None = None

    # Ours: besides people themselves, whom they may act for there
    acts_for: tuple[Literal["organisation", "ward"], ...] = ()

    # Signing out: RP-Initiated, Back-Channel and Front-Channel Logout 1.0
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False

    # CIBA Core 1.0
    backchannel_token_delivery_mode: Literal["poll", "ping"] | None = None
    backchannel_client_notification_endpoint: str | None = None
    backchannel_authentication_request_signing_alg: str | None = None
    backchannel_user_code_parameter: bool = False

    # Ours: what the appraisal established, and what people are told
    claims: tuple[str, ...] = ()
    default_level: int | None = None
    is_vetted: bool = False
    purpose: Mapping[str, str] | None = None
    legal_basis: str | None = None
    retention: str | None = None
    profile: str | None = None
    require_pkce: bool = True  # docs/decisions/0017
    unsigned_requests: bool = False  # the same; request objects that say no more than a query would

    def name(self, language: str) -> str:
        return self.client_name.get(language) or next(iter(self.client_name.values()))

    def is_for(self, purpose: str | None) -> bool:
        """Whether what people were shown, in either language, is its purpose still: a yes is to one alone."""
        return purpose in self.purposes

    @property
    def purposes(self) -> tuple[str | None, ...]:
        """Its purpose as it is shown in each language."""
        return tuple(map(self.purpose_in, ("vi", "en")))

    def purpose_in(self, language: str) -> str | None:
        """Its purpose as it is shown in a language: in the other where it has none in that, if it has any."""
        told = self.purpose or {}
        return told.get(language) or next(iter(told.values()), None)

    @property
    def needs_pkce(self) -> bool:
        """Whether a code needs a proof key; only a confidential client without a profile is ever excused."""
        return self.require_pkce or self.token_endpoint_auth_method == "none" or self.profile is not None

    @property
    def limits(self) -> Profile:
        """What its profile asks beyond what is asked of everybody."""
        return profile_of(self.profile)

    @property
    def domain(self) -> str:
        """The host that people are sent back to: what they can compare with the address bar."""
        return host_of(self.redirect_uris[0]) if self.redirect_uris else ""


@lru_cache(maxsize=4096)
def host_of(uri: str) -> str:
    """The host of a registered address; empty where it names none."""
    return urlsplit(uri).hostname or ""
