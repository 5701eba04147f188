"""Claims in plain words: what the consent page names, and what holders read of themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from idp.accounts.kinds import Kind
from idp.accounts.phone import spaced_phone
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.tokens.claims import COMPANIONS, UNSAID, by_scope
from idp.oidc.tokens.verified_claims import PROVEN
from idp.web.i18n import Language, Say, say_amount, say_day
from idp.web.render import in_threes

DAYS = frozenset({"birthdate", "established_on"})
# What an object is known by on the page, the first of these that it has.
TELLING = ("formatted", "name", "document_number", "value")
# What an organisation has under another name than people, or with nothing to explain.
OF_ORGANISATIONS = {"name": "organisation_name", "tax_code": "organisation_tax_code"}
# What is done with a dossier, where we have a word for it; any other is shown as the client wrote it.
ACTIONS = frozenset({"read", "submit", "update", "withdraw"})
PARTS_OF_NAME = frozenset({"family_name", "middle_name", "given_name"})


@dataclass(frozen=True, slots=True)
class Item:
    """One claim as a person reads it. ``is_required``: it comes with the yes; the others are to be ticked."""

    key: str
    label: str
    value: str
    note: str
    is_required: bool


def asked(request: AuthorizationRequest, kind: Kind) -> list[tuple[str, bool]]:
    """The claims a request asks for of an account of one kind.

    Each with whether it is required: by scope, or named essential.
    """
    wishes = request.claims.individual()
    required = dict.fromkeys(by_scope(request.scope, kind))
    required.update({wish.name: None for wish in wishes if wish.is_essential})
    optional = [wish.name for wish in wishes if not wish.is_essential and wish.name not in required]
    return [(name, True) for name in required] + [(name, False) for name in optional]


def items(
    named: Iterable[tuple[str, bool]], available: Mapping[str, object], say: Say, language: Language
) -> list[Item]:
    """Each named claim that the account holds, or can prove, and that says something of its own.

    The parts of a name say nothing beside the whole, where one yes gives both.
    """
    named = list(named)
    spoken = COMPANIONS.keys() | UNSAID
    called = OF_ORGANISATIONS if available.get("account_kind") == Kind.ORGANISATION else {}
    for proven in ("", PROVEN):
        if (f"{proven}name", True) in named and available.get(f"{proven}name") is not None:
            parts = {proven + part for part in PARTS_OF_NAME}
            spoken |= parts & {name for name, is_required in named if is_required}
    return [
        Item(
            key=name,
            label=say(f"claims.{called.get(plain := name.removeprefix(PROVEN), plain)}.label"),
            value=_told(plain, available[name], say, language),
            note=say(f"claims.{called.get(plain, plain) if plain == name else 'verified'}.note"),
            is_required=is_required,
        )
        for name, is_required in named
        if available.get(name) is not None and name not in spoken
    ]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a service asks to do, as a person reads it: each member with its name."""

    label: str
    rows: tuple[tuple[str, str], ...]


def acts(details: Iterable[Mapping[str, Any]], say: Say, language: Language) -> list[Act]:
    """Every member of each detail asked for (RFC 9396 §9: nothing is allowed unseen)."""
    return [
        Act(
            label=say(f"claims.details.{detail['type']}.label"),
            rows=tuple(
                (say(f"claims.details.{detail['type']}.{name}"), _plainly(name, value, say, language))
                for name, value in detail.items()
                if name != "type"
            ),
        )
        for detail in details
    ]


def _plainly(name: str, value: object, say: Say, language: Language) -> str:
    if isinstance(value, list) and name == "roles":
        return ", ".join(say(f"claims.roles.{role}") for role in value)
    if isinstance(value, list):
        return ", ".join(say(f"claims.actions.{each}") if each in ACTIONS else each for each in value)
    return say_amount(language, int(str(value))) if name.endswith("_vnd") else str(value)


def _told(name: str, value: object, say: Say, language: Language) -> str:
    if isinstance(value, bool):
        return say("claims.value.yes" if value else "claims.value.no")
    if name in {"gender", "account_kind"}:
        return say(f"claims.value.{value}")
    if name in DAYS:
        return say_day(language, date.fromisoformat(str(value)))
    if name == "phone_number":
        return spaced_phone(str(value))
    if name == "identity_number":
        return in_threes(str(value))
    if isinstance(value, Mapping):
        return str(next((value[part] for part in TELLING if value.get(part)), ""))
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
