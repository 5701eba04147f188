"""Registrations as they travel: JSON members to metadata and back (RFC 7591 §2, OIDC Registration 1.0 §2)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.clients.encryption import DEFAULT_ENC, MEMBERS
from idp.oidc.clients.metadata import ClientMetadata

# What the appraisal establishes: nobody says it of themselves.
OURS = frozenset(
    {
        "claims",
        "default_level",
        "is_vetted",
        "purpose",
        "legal_basis",
        "retention",
        "resources",
        "serves",
        "exchange_audiences",
        "may_act",
        "acts_for",
        "require_pkce",
        "unsigned_requests",
        "dpop_nonce_required",
    }
)
THEIRS = frozenset(field.name for field in fields(ClientMetadata)) - OURS
UNTAGGED = "und"  # BCP 47: a name that does not say its language
NAME = "client_name"
_ADAPTER: TypeAdapter[ClientMetadata] = TypeAdapter(ClientMetadata)


def read(members: Mapping[str, Any], allowed_scope: tuple[str, ...], **kept: Any) -> ClientMetadata:
    """The metadata that a client asks to be registered with. Members unknown to us are ignored (§2).

    Args:
        allowed_scope: what it may have; all of it where it names none.
        kept: members of ``OURS`` that stay as they are.

    Raises:
        InvalidClientMetadata: a member has another type than its specification gives it.
    """
    # RFC 7592 §2.2: null means that the member is left out.
    told = {name: value for name, value in members.items() if name in THEIRS and value is not None}
    told[NAME] = _names(members)
    told["scope"] = _scope(told.get("scope"), allowed_scope)
    grants = told.get("grant_types")
    is_redirected = not isinstance(grants, list) or "authorization_code" in grants
    if not is_redirected and told.get("response_types", ["code"]) == ["code"]:
        told["response_types"] = []  # RFC 7591 §2.1: the two must not contradict
    if told.get("profile") is None:
        # OIDC Registration 1.0 §2: the default of this one member, which clients lean on.
        told.setdefault("id_token_signed_response_alg", "RS256")
    for alg, enc in MEMBERS.values():
        if alg in told:
            told.setdefault(enc, DEFAULT_ENC)
    try:
        return _ADAPTER.validate_json(json.dumps(told | kept), strict=True)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in fault["loc"][:1])
        raise InvalidClientMetadata(field, str(fault["msg"])) from None


def write(metadata: ClientMetadata) -> dict[str, Any]:
    """Everything that is registered, by its members' names; what is absent is left out."""
    members = {
        name: value
        for name, value in asdict(metadata).items()
        if name in THEIRS and value is not None and (value != () or name == "response_types")
    }
    members["scope"] = " ".join(metadata.scope)
    names = members.pop(NAME)
    members[NAME] = names.get(UNTAGGED) or metadata.name("vi")
    return members | {f"{NAME}#{tag}": name for tag, name in names.items() if tag != UNTAGGED}


def _names(members: Mapping[str, Any]) -> dict[str, Any]:
    """By language: ``client_name#vi`` beside ``client_name`` (§2.2). One without a name has its host's."""
    names = {
        name.removeprefix(f"{NAME}#"): value for name, value in members.items() if name.startswith(f"{NAME}#")
    }
    untagged = members.get(NAME)
    if untagged is None and not names:
        uris = members.get("redirect_uris")
        first = uris[0] if isinstance(uris, list) and uris and isinstance(uris[0], str) else ""
        untagged = first.partition("://")[2].partition("/")[0] or first or "unnamed"
    return ({UNTAGGED: untagged} if untagged is not None else {}) | names


def _scope(asked: object, allowed: tuple[str, ...]) -> list[str]:
    if asked is None:
        return list(allowed)
    if not isinstance(asked, str):
        raise InvalidClientMetadata("scope", "words separated by blanks")
    return [word for word in dict.fromkeys(asked.split()) if word in allowed]
