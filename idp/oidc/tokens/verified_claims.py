"""Claims with their proof: what a client asks of ``verified_claims``.

"IDA" is OpenID Connect for Identity Assurance 1.0.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from idp.oidc.errors import InvalidRequest

TRUST_FRAMEWORK = "vn_decree_69_2024"
# What a register says of a citizen, foreigner or organisation, or what follows from it; nothing else is
# ever proven.
PROVABLE = (
    "name",
    "family_name",
    "middle_name",
    "given_name",
    "gender",
    "birthdate",
    "address",
    "province",
    "identity_number",
    "age_over_14",
    "age_over_18",
    "nationalities",
    "foreigner_number",
    "travel_document",
    "organisation_number",
    "short_name",
    "foreign_name",
    "established_on",
    "head_office",
    "tax_code",
    "enterprise_code",
    "agency_code",
)
PROVEN = "verified:"
"""Before the name of a claim that is asked for, or consented to, with its proof."""

MAX_ENTRIES = 8
MAX_DEPTH = 8
MAX_SECONDS = 10**10


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedClaim:
    """A claim asked for with its proof. ``values`` are the ones that would do; ``None``: any."""

    name: str
    is_essential: bool = False
    values: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRequest:
    """One ``verified_claims`` object of a request: claims, and the ``verification`` they are to come with."""

    verification: Mapping[str, Any]
    claims: tuple[VerifiedClaim, ...]

    def narrowed(self, names: Iterable[str]) -> "VerifiedRequest":
        """With only those of its claims that are named."""
        kept = frozenset(names)
        return replace(self, claims=tuple(claim for claim in self.claims if claim.name in kept))


_REQUEST: TypeAdapter[VerifiedRequest] = TypeAdapter(VerifiedRequest)


def as_text(request: VerifiedRequest) -> str:
    """For keeping with a grant; ``from_text`` is its inverse."""
    return _REQUEST.dump_json(request).decode()


def from_text(text: str) -> VerifiedRequest:
    """What ``as_text`` wrote."""
    return _REQUEST.validate_json(text)


def read_verified(asked: object, where: str) -> tuple[VerifiedRequest, ...]:
    """Parse one ``verified_claims`` member of the ``claims`` parameter: an object, or an array of them.

    Claims that we do not know are left out, and so is what asks for another trust framework than ours:
    nobody need be asked to consent to what never comes.

    Raises:
        InvalidRequest: not of the form that IDA §5.3 to §5.6 give.
    """
    entries = asked if isinstance(asked, list) else [asked]
    if not 0 < len(entries) <= MAX_ENTRIES:
        raise InvalidRequest(f"{where}: expected an object, or an array of 1 to {MAX_ENTRIES} objects")
    requests = [_read_entry(entry, where) for entry in entries]
    return tuple(request for request in requests if request.claims and _is_ours(request))


def _read_entry(entry: object, where: str) -> VerifiedRequest:
    verification = entry.get("verification") if isinstance(entry, dict) else None
    claims = entry.get("claims") if isinstance(entry, dict) else None
    if not isinstance(verification, dict) or not isinstance(claims, dict):
        raise InvalidRequest(f"{where}: expected an object with the objects verification and claims")
    if "trust_framework" not in verification:
        raise InvalidRequest(f"{where}.verification: expected trust_framework, null or with value or values")
    _check(verification, f"{where}.verification", MAX_DEPTH)
    _check_evidence(verification.get("evidence"), f"{where}.verification.evidence")
    return VerifiedRequest(
        verification=verification,
        claims=tuple(
            _claim(name, wish, f"{where}.claims") for name, wish in claims.items() if name in PROVABLE
        ),
    )


def _claim(name: str, wish: object, where: str) -> VerifiedClaim:
    if wish is None:
        return VerifiedClaim(name=name)
    if not isinstance(wish, dict):
        raise InvalidRequest(f"{where}: each claim is null, or an object with essential, value, values")
    # None of an account's claims that are compared is an object or an array.
    values = wish["values"] if "values" in wish else [wish["value"]] if "value" in wish else None
    is_essential = wish.get("essential", False)
    if not isinstance(is_essential, bool) or not isinstance(values, list | None):
        raise InvalidRequest(f"{where}: essential is true or false, values an array")
    plain = None if values is None else tuple(filter(_is_plain, values))
    return VerifiedClaim(name=name, is_essential=is_essential, values=plain)


def _check(wish: object, where: str, depth: int) -> None:
    """Hold one element, and those within it, to the form null, object or array of objects."""
    if depth == 0:
        raise InvalidRequest(f"{where}: nested too deeply")
    if isinstance(wish, list) and all(isinstance(entry, dict) for entry in wish):
        for entry in wish:
            _check(entry, where, depth - 1)
    elif isinstance(wish, dict):
        _check_restrictions(wish, where)
        for name, inner in wish.items():
            if name not in SOUND and name not in UNREAD:
                _check(inner, where, depth - 1)
    elif wish is not None:
        raise InvalidRequest(f"{where}: each element is null, an object, or an array of objects")


def _check_restrictions(wish: Mapping[str, Any], where: str) -> None:
    for name, is_sound in SOUND.items():
        if name in wish and not is_sound(wish[name]):
            raise InvalidRequest(f"{where}: {name} is not as the specification gives it")


def _check_evidence(wish: object, where: str) -> None:
    """IDA §5.4: each entry is a filter over one type of evidence, which it names by ``value``."""
    if wish is None:
        return
    if not isinstance(wish, list) or not wish:
        raise InvalidRequest(f"{where}: expected an array of objects")
    for entry in wish:
        kind = entry.get("type")
        if not isinstance(kind, dict) or not isinstance(kind.get("value"), str) or "values" in kind:
            raise InvalidRequest(f"{where}: each entry names its type by value, and by no values")


def _is_plain(value: object) -> bool:
    return isinstance(value, str | bool) or _is_number(value)


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


SOUND: Mapping[str, Callable[[Any], bool]] = {
    "essential": lambda given: isinstance(given, bool),
    "value": _is_plain,
    "values": lambda given: isinstance(given, list) and all(map(_is_plain, given)),
    "max_age": lambda given: _is_number(given) and 0 <= given <= MAX_SECONDS,
}
# Of drafts; the final specification knows it no more, and members not understood are ignored (Core §5.5.1).
UNREAD = frozenset({"purpose"})


def values_of(wish: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The values that would do; ``None``: any."""
    if "values" in wish:
        return tuple(wish["values"])
    return (wish["value"],) if "value" in wish else None


def _is_ours(request: VerifiedRequest) -> bool:
    wish = request.verification["trust_framework"]
    values = values_of(wish) if isinstance(wish, dict) else None
    return values is None or TRUST_FRAMEWORK in values
