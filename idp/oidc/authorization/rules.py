"""THE TABLE: the facts that an authorization request must establish, in the order they are looked at."""

import re
from collections.abc import Callable
from datetime import timedelta

from authlib.oauth2.rfc7636.challenge import CODE_CHALLENGE_PATTERN

from idp.assurance import level_of
from idp.oidc.authorization.carriage import (
    pushed_request_is_loaded,
    request_object_is_absent,
    request_object_is_verified,
    request_uri_is_absent,
    request_was_pushed,
    request_was_signed,
)
from idp.oidc.authorization.demand import mandate_is_possible
from idp.oidc.authorization.request import At, Draft, Prompt
from idp.oidc.authorization.response_modes import SIGNED
from idp.oidc.errors import (
    InvalidRequest,
    InvalidScope,
    NotEncryptable,
    OAuthError,
    UnauthorizedClient,
    UnknownClient,
    UnsupportedResponseType,
    UntrustedRedirect,
    came,
)
from idp.oidc.features import Features
from idp.oidc.grants.answered import CibaGrant, DeviceGrant
from idp.oidc.tokens.claims import SCOPES, ClaimsRequest, read_claims_request
from idp.oidc.tokens.purpose import allowed_claims
from idp.oidc.tokens.rar import read_details
from idp.oidc.tokens.resource import RESOURCE, read_resources
from idp.oidc.tokens.step_up import read_max_age

Rule = Callable[[Draft], None]
RESPONSE_TYPES = ("code",)
S256_LENGTH = 43  # base64url of 32 bytes
MAX_PARAMETER = 2048
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def client_is_known(draft: Draft) -> None:
    draft.client = draft.find_client(draft.parameters.get("client_id", ""))
    if draft.client is None:
        raise UnknownClient("client_id: missing, or not registered here")


def redirect_uri_is_registered(draft: Draft) -> None:
    uri = draft.parameters.get("redirect_uri", "")
    if not draft.known_client.check_redirect_uri(uri):
        raise UntrustedRedirect("redirect_uri: missing, or not registered for this client, byte for byte")
    draft.redirect_uri = uri


def parameters_are_sane(draft: Draft) -> None:
    for name in ("state", "nonce"):
        value = draft.get(name) or ""
        if len(value) > MAX_PARAMETER or not _PRINTABLE.fullmatch(value):
            raise InvalidRequest(f"{name}: expected at most {MAX_PARAMETER} printable ASCII characters")


def registration_is_absent(draft: Draft) -> None:
    if draft.get("registration") is not None:
        raise OAuthError(
            "registration: not supported; register ahead of the request", "registration_not_supported"
        )


def response_type_is_code(draft: Draft) -> None:
    asked = draft.need("response_type", "code")
    if asked not in RESPONSE_TYPES:
        raise UnsupportedResponseType(f"response_type: expected code{came(asked)}")
    if not draft.known_client.check_grant_type("authorization_code"):
        raise UnauthorizedClient("this client is not registered for authorization_code")


def response_mode_is_offered(draft: Draft) -> None:
    asked = draft.get("response_mode") or "query"
    if asked not in draft.response_modes:
        raise InvalidRequest(f"response_mode: expected one of {' '.join(draft.response_modes)}{came(asked)}")
    draft.response_mode = asked


def response_can_be_encrypted(draft: Draft) -> None:
    """Refused now, in the clear, what could not be encrypted at the end: by then there is a code in it."""
    if draft.response_mode not in SIGNED:
        return
    try:
        draft.check_encryptable(draft.known_client, "authorization")
    except NotEncryptable:
        draft.response_mode = SIGNED[draft.response_mode]
        raise


def device_grant_is_registered(draft: Draft) -> None:
    if not draft.known_client.check_grant_type(DeviceGrant.GRANT_TYPE):
        raise UnauthorizedClient(f"this client is not registered for {DeviceGrant.GRANT_TYPE}")


def ciba_grant_is_registered(draft: Draft) -> None:
    client = draft.known_client
    if not client.check_grant_type(CibaGrant.GRANT_TYPE):
        raise UnauthorizedClient(f"this client is not registered for {CibaGrant.GRANT_TYPE}")
    if client.metadata.backchannel_authentication_request_signing_alg and not draft.is_signed:
        raise InvalidRequest("request: missing; this client is registered to sign its requests")


def scope_is_allowed(draft: Draft) -> None:
    """Without ``openid`` it is plain OAuth: an access token for other resources, and no ID token."""
    asked = dict.fromkeys(draft.need("scope", "openid and others").split())
    # OIDC Core 1.0 §3.1.2.1: scopes that we do not understand are ignored; ours must be registered.
    draft.scope = tuple(word for word in asked if word in SCOPES)
    if not draft.scope:
        raise InvalidScope(f"scope: expected some of {' '.join(SCOPES)}{came(' '.join(asked))}")
    for word in draft.scope:
        if word not in draft.known_client.metadata.scope:
            raise InvalidScope(f"scope: {word} is not registered for this client")


def openid_is_asked(draft: Draft) -> None:
    if "openid" not in draft.scope:  # CIBA Core 1.0 §7.1
        raise InvalidScope("scope: openid is missing")


def code_challenge_is_s256(draft: Draft) -> None:
    challenge, method = draft.get("code_challenge"), draft.get("code_challenge_method")
    if challenge is None and method is None and not draft.known_client.metadata.needs_pkce:
        return
    challenge = draft.need("code_challenge", "PKCE with S256")
    if method != "S256":
        raise InvalidRequest(f"code_challenge_method: expected S256{came(method or 'nothing')}")
    if len(challenge) != S256_LENGTH or not CODE_CHALLENGE_PATTERN.match(challenge):
        raise InvalidRequest(f"code_challenge: expected 43 characters of base64url; came {len(challenge)}")
    draft.code_challenge = challenge


def dpop_jkt_is_a_thumbprint(draft: Draft) -> None:
    """Of the key that the tokens will be bound to (RFC 9449 §10); as long as a challenge by S256."""
    jkt = draft.get("dpop_jkt")
    if jkt is not None and (len(jkt) != S256_LENGTH or not CODE_CHALLENGE_PATTERN.match(jkt)):
        raise InvalidRequest(f"dpop_jkt: expected 43 characters of base64url; came {len(jkt)}")


def prompt_is_understood(draft: Draft) -> None:
    words = (draft.get("prompt") or "").split()
    if not set(words) <= {prompt.value for prompt in Prompt}:
        raise InvalidRequest(
            f"prompt: expected none, login, consent or select_account{came(' '.join(words))}"
        )
    if "none" in words and len(words) > 1:
        raise InvalidRequest("prompt: none goes with no other value")
    draft.prompt = frozenset(Prompt(word) for word in words)


def max_age_is_a_number(draft: Draft) -> None:
    asked = draft.get("max_age")
    if asked is None:
        if (default := draft.known_client.metadata.default_max_age) is not None:
            draft.max_age = timedelta(seconds=default)
        return
    draft.max_age = read_max_age(asked)


def claims_are_allowed(draft: Draft) -> None:
    text = draft.get("claims")
    if text is None:
        return
    asked = read_claims_request(text)
    # Released is only what the registered purpose allows; the rest is left out. And without ``openid``
    # neither an ID token nor UserInfo would tell anything.
    allowed = allowed_claims(draft.known_client) if "openid" in draft.scope else frozenset()
    individual = {claim.name for claim in asked.individual()}
    draft.claims = ClaimsRequest(
        id_token=tuple(c for c in asked.id_token if c.name not in individual or c.name in allowed),
        userinfo=tuple(c for c in asked.userinfo if c.name not in individual or c.name in allowed),
        verified_id_token=tuple(request.narrowed(allowed) for request in asked.verified_id_token),
        verified_userinfo=tuple(request.narrowed(allowed) for request in asked.verified_userinfo),
    )


def resources_are_registered(draft: Draft) -> None:
    draft.resources = read_resources(draft.get(RESOURCE), draft.known_client.metadata.resources)


def details_are_allowed(draft: Draft) -> None:
    asked = draft.get("authorization_details")
    if asked is not None:
        draft.details = read_details(asked, draft.known_client)


def level_is_offered(draft: Draft) -> None:
    """What would do: the ``acr`` claim, else ``acr_values``; where they are a mere wish, the default too.

    Asking for more than there is must not end below the level that nobody had to ask for.
    """
    acr = draft.claims.named("acr")
    essential = acr is not None and acr.is_essential and bool(acr.values)
    # OIDC Registration 1.0 §2: what the client registered counts where the request asks for nothing.
    asked = (draft.get("acr_values") or "").split() or draft.known_client.metadata.default_acr_values
    words = [str(value) for value in acr.values] if acr and acr.values else asked
    levels = tuple(level for word in words if (level := level_of(word)) is not None)
    if essential and not levels:
        raise OAuthError(
            f"claims: no acr that is asked for exists here{came(' '.join(words))}",
            "unmet_authentication_requirements",
        )
    default = draft.known_client.metadata.default_level or draft.default_level
    draft.levels = levels if essential else (*levels, default)
    draft.is_level_essential = essential


def person_asked_for_is_one(draft: Draft) -> None:
    """By an ID token of ours, or by a value for ``sub`` (OIDC Core 1.0 §5.5.1): nobody else will do."""
    hint, sub = draft.get("id_token_hint"), draft.claims.named("sub")
    named = {str(value) for value in (sub.values if sub else ())}
    if hint is not None:
        hinted = draft.subject_of_hint(hint, draft.known_client)
        if named and hinted not in named:
            raise InvalidRequest("claims: sub: expected whom id_token_hint names")
        named = {hinted}
    if len(named) > 1:
        raise InvalidRequest("claims: sub: expected one value, or an id_token_hint that says which")
    draft.hinted_subject = next(iter(named), None)


A, P, D, C = At.AUTHORIZE, At.PAR, At.DEVICE, At.CIBA

# Up to and with redirect_uri_is_registered a fault is a page; after it, it goes back to the client.
RULES: tuple[tuple[Rule, At], ...] = (
    # the fact                  holds at
    (client_is_known,           A | P | D | C),
    (pushed_request_is_loaded,  A),
    (request_uri_is_absent,         P),
    (request_object_is_verified, A | P |     C),
    (redirect_uri_is_registered, A | P),
    (response_mode_is_offered,  A | P),
    (response_can_be_encrypted, A | P),
    (request_was_pushed,        A),
    (request_was_signed,        A | P |     C),
    (parameters_are_sane,       A | P),
    (registration_is_absent,    A | P | D | C),
    (response_type_is_code,     A | P),
    (device_grant_is_registered,        D),
    (ciba_grant_is_registered,              C),
    (scope_is_allowed,          A | P | D | C),
    (openid_is_asked,                       C),
    (code_challenge_is_s256,    A | P),
    (dpop_jkt_is_a_thumbprint,  A | P),
    (prompt_is_understood,      A | P),
    (max_age_is_a_number,       A | P | D),
    (claims_are_allowed,        A | P | D | C),
    (resources_are_registered,  A | P | D | C),
    (details_are_allowed,       A | P | D | C),
    (mandate_is_possible,       A | P | D),
    (level_is_offered,          A | P | D | C),
    (person_asked_for_is_one,   A | P | D | C),
)  # fmt: skip


def rules(features: Features) -> dict[At, tuple[Rule, ...]]:
    """The rules of each door, with what is on in this house."""
    instead: dict[Rule, Rule] = (
        {} if "jar" in features else {request_object_is_verified: request_object_is_absent}
    )
    return {at: tuple(instead.get(rule, rule) for rule, holds_at in RULES if at in holds_at) for at in At}
