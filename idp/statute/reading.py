"""Reads the ``.toml`` files into rules. A row that cites an act nobody declared, or says a wrong word, stops
the program at its start."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

from idp.statute.rules import (
    AdvanceNotice,
    AgeRule,
    Announced,
    Attestation,
    Case,
    Document,
    Holding,
    Kept,
    LockedBy,
    LockGround,
    LockRule,
    Retention,
    Rule,
    Term,
    Threshold,
    Unit,
    Unlock,
)

Row = dict[str, Any]
Common = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A law or decree: its number, its name in Vietnamese, and its first and last day in force."""

    id: str
    name: str
    in_force_from: date
    in_force_until: date | None


def read_rules() -> tuple[Rule, ...]:
    """Every rule in every file, each in force as long as the act it cites."""
    acts = read_acts()
    return tuple(make(row, _common(row, acts)) for file, name, make in TABLES for row in _rows(file, name))


def read_acts() -> dict[str, Act]:
    """The acts by their numbers."""
    return {
        row["id"]: Act(
            id=row["id"], name=row["name"], in_force_from=row["from"], in_force_until=row.get("until")
        )
        for row in _rows("acts.toml", "acts")
    }


def _rows(file: str, name: str) -> Iterator[Row]:
    text = resources.files("idp.statute").joinpath(file).read_text(encoding="utf-8")
    yield from tomllib.loads(text)[name]


def _common(row: Row, acts: dict[str, Act]) -> Common:
    act = acts[row["article"].split()[0]]
    return {
        "article": row["article"],
        "is_uncertain": row.get("uncertain", False),
        "in_force_from": act.in_force_from,
        "in_force_until": act.in_force_until,
    }


def _holding(row: Row, common: Common) -> Rule:
    from_age, *to_age = row["ages"]
    return Holding(
        kind=row["kind"],
        from_age=from_age,
        to_age=to_age[0] if to_age else None,
        document=Document(row["document"]),
        levels=frozenset(row["levels"]),
        on_request=frozenset(row.get("on_request", ())),
        needs_guardian=row.get("guardian", False),
        **common,
    )


def _age(row: Row, common: Common) -> Rule:
    return AgeRule(threshold=Threshold(row["threshold"]), age=row["age"], **common)


def _term(row: Row, common: Common) -> Rule:
    return Term(case=Case(row["case"]), within=row["within"], unit=Unit(row["unit"]), **common)


def _attestation(row: Row, common: Common) -> Rule:
    from_age, *to_age = row["ages"]
    return Attestation(
        kind=row["kind"],
        from_age=from_age,
        to_age=to_age[0] if to_age else None,
        officers=row["officers"],
        checks=tuple(row["checks"]),
        **common,
    )


def _lock(row: Row, common: Common) -> Rule:
    return LockRule(
        kind=row["kind"],
        ground=LockGround(row["ground"]),
        locked_by=LockedBy(row["by"]),
        unlock=Unlock(row["unlock"]),
        **common,
    )


def _notice(row: Row, common: Common) -> Rule:
    return AdvanceNotice(of=Announced(row["of"]), days=row["days"], **common)


def _retention(row: Row, common: Common) -> Rule:
    return Retention(kept=Kept(row["kept"]), years=row.get("years"), **common)


TABLES: tuple[tuple[str, str, Callable[[Row, Common], Rule]], ...] = (
    ("holders.toml", "holders", _holding),
    ("holders.toml", "ages", _age),
    ("deadlines.toml", "deadlines", _term),
    ("in_person.toml", "attestations", _attestation),
    ("locks.toml", "locks", _lock),
    ("notices.toml", "notices", _notice),
    ("retention.toml", "retention", _retention),
)
