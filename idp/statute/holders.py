"""Who may hold which account (Decree 69/2024 Art. 7), read from ``statute.toml``."""

import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Any

from idp.statute.ages import age_on


class Document(StrEnum):
    """What must be on record before an account is opened."""

    VALID_CARD = "valid_card"
    CARD_ISSUED = "card_issued"
    RESIDENCE_CARD = "residence_card"
    REGISTRATION = "registration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the law: ages are full years, ``to_age`` not included; ``None`` has no upper end."""

    kind: str
    from_age: int
    to_age: int | None
    in_force: date
    document: Document
    levels: frozenset[str]
    on_request: frozenset[str]
    needs_guardian: bool
    article: str

    def covers(self, kind: str, age: int, on: date) -> bool:
        """Whether it speaks of such an age and kind, on that day."""
        is_of_age = self.from_age <= age and (self.to_age is None or age < self.to_age)
        return kind == self.kind and is_of_age and self.in_force <= on


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the law says of a wish: whether, on what conditions, and by which article.

    ``is_on_request``: only when it was asked for expressly. ``document`` is ``None`` when no rule covers
    the case; ``article`` is then empty.
    """

    is_allowed: bool
    is_on_request: bool
    needs_guardian: bool
    document: Document | None
    article: str


NO_RULE = Verdict(is_allowed=False, is_on_request=False, needs_guardian=False, document=None, article="")


def may_hold(kind: str, level: str | None, birth_date: date | None, on: date) -> Verdict:
    """Whether somebody so born may hold an account of this kind and level on that day.

    Pure. An organisation has neither level nor birth date.
    """
    age = 0 if birth_date is None else age_on(birth_date, on)
    rules = [rule for rule in RULES if rule.covers(kind, age, on)]
    if not rules:
        return NO_RULE
    rule = max(rules, key=lambda candidate: candidate.in_force)
    wanted = level or ""
    return Verdict(
        is_allowed=wanted in rule.levels or wanted in rule.on_request,
        is_on_request=wanted in rule.on_request,
        needs_guardian=rule.needs_guardian,
        document=rule.document,
        article=rule.article,
    )


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        kind=row["kind"],
        from_age=row["from_age"],
        to_age=row.get("to_age"),
        in_force=row["in_force"],
        document=Document(row["document"]),
        levels=frozenset(row["levels"]),
        on_request=frozenset(row["on_request"]),
        needs_guardian=row["guardian"],
        article=row["article"],
    )


RULES = tuple(
    _rule(row)
    for row in tomllib.loads(
        resources.files("idp.statute").joinpath("statute.toml").read_text(encoding="utf-8")
    )["holders"]
)
