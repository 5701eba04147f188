"""Which of what is proven an answer may hold: as much as was asked for, and only if it is as was asked.

"IDA" is OpenID Connect for Identity Assurance 1.0. Pure.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any

from idp.oidc.tokens.verified_claims import VerifiedRequest, values_of

RESTRICTIONS = frozenset({"value", "values", "max_age"})
WISHES = frozenset({"essential", "purpose"})
# Without these an element is no valid one, and is left out whole (IDA §5.7.5).
REQUIRED = {
    "evidence": "type",
    "check_details": "check_method",
    "record": "type",
    "document_details": "type",
    "source": "name",
}


class Unmet(Exception):
    """What we have does not meet a restriction that the client put on it."""


def _would_do(value: object, values: tuple[Any, ...] | None) -> bool:
    """Whether a value is among those asked for; true is not 1, and an object is none of them."""
    return values is None or any(type(value) is type(one) and value == one for one in values)


def answer(
    requests: Iterable[VerifiedRequest],
    verification: Mapping[str, Any],
    available: Mapping[str, object],
    now: datetime,
) -> object:
    """The ``verified_claims`` that answer: an object, an array where several do, ``None`` where none does.

    Never more than was asked, and nothing that does not meet every restriction (IDA §5.5, §5.7).

    Args:
        verification: all that is known of how the account's holder was identified.
        available: the holder's claims.
        now: what ``max_age`` counts back from.
    """
    answers = [one for request in requests if (one := _answer(request, verification, available, now))]
    return answers if len(answers) > 1 else next(iter(answers), None)


def _answer(
    request: VerifiedRequest, verification: Mapping[str, Any], available: Mapping[str, object], now: datetime
) -> dict[str, object] | None:
    claims = {
        claim.name: available[claim.name]
        for claim in request.claims
        if available.get(claim.name) is not None and _would_do(available[claim.name], claim.values)
    }
    if not claims:
        return None
    try:
        return {"verification": _fit(request.verification, verification, "", now), "claims": claims}
    except Unmet:
        return None


def _fit(wish: Any, have: Any, name: str, now: datetime) -> Any:
    """As much of ``have`` as ``wish`` asks for; ``None``: nothing.

    Raises:
        Unmet: a restriction is not met, or there is nothing to meet it.
    """
    if have is None:
        if _is_restricted(wish):
            raise Unmet
        return None
    if isinstance(have, list):
        return _fit_array(wish, have, name, now)
    if isinstance(wish, list):
        raise Unmet  # a filter over entries, where we have none
    asked = {key: inner for key, inner in (wish or {}).items() if key not in WISHES}
    if not isinstance(have, dict):
        _meet(asked, have, now)
        return have
    if not asked:
        return have
    if asked.keys() & RESTRICTIONS:
        raise Unmet
    found = {key: _fit(inner, have.get(key), key, now) for key, inner in asked.items()}
    fitting = {key: value for key, value in found.items() if value is not None}
    return fitting if fitting and REQUIRED.get(name, next(iter(fitting))) in fitting else None


def _fit_array(wish: Any, have: list[Any], name: str, now: datetime) -> list[Any] | None:
    """The entries that one filter or another lets through, each cut to what those filters ask for.

    Of evidence asked for as a whole nothing comes: clients are to go one step deeper. What is asked of
    ``assurance_details`` neither filters nor cuts them (both IDA §5.4).
    """
    if name == "assurance_details":
        return have
    if not isinstance(wish, list):
        if _is_restricted(wish):
            raise Unmet
        return None if name == "evidence" else have
    kept, is_met = [], False
    for entry in have:
        cuts = []
        for template in wish:
            try:
                cuts.append(_fit(template, entry, name, now))
            except Unmet:
                continue
        is_met = is_met or bool(cuts)
        if whole := _joined([cut for cut in cuts if cut is not None]):
            kept.append(whole)
    if not is_met and wish:
        raise Unmet
    return kept or None


def _joined(cuts: list[dict[str, Any]]) -> dict[str, Any]:
    """What several filters asked of one entry, together."""
    whole: dict[str, Any] = {}
    for cut in cuts:
        for key, value in cut.items():
            before = whole.get(key)
            if isinstance(before, dict) and isinstance(value, dict):
                whole[key] = _joined([before, value])
            elif isinstance(before, list) and isinstance(value, list):
                whole[key] = before + [one for one in value if one not in before]
            else:
                whole[key] = value
    return whole


def _is_restricted(wish: Any) -> bool:
    """Whether anything in there is a restriction."""
    if isinstance(wish, list):
        return any(map(_is_restricted, wish))
    return isinstance(wish, dict) and any(
        key in RESTRICTIONS or _is_restricted(inner) for key, inner in wish.items() if key not in WISHES
    )


def _meet(asked: Mapping[str, Any], have: object, now: datetime) -> None:
    """Hold a plain value to the restrictions put on it."""
    if any(_is_restricted(inner) for key, inner in asked.items() if key not in RESTRICTIONS):
        raise Unmet  # restrictions within what has nothing within
    if not _would_do(have, values_of(asked)):
        raise Unmet
    if "max_age" in asked and (now - _last_second(have)).total_seconds() > asked["max_age"]:
        raise Unmet


def _last_second(value: object) -> datetime:
    """Of a date, its end; of an instant, itself (IDA §5.5.2).

    Raises:
        Unmet: it is neither.
    """
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unmet from None
    if "T" not in str(value):
        instant = datetime.combine(instant.date(), time.max)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
