"""The law in force on a day: who may hold an account, until when a case must be done, what locks, what stays.

law = STATUTE.at(now)
law.may_hold("citizen", "02", birth_date)
law.deadline(Case.CITIZEN_02, filed_at=now).due_at
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from idp.kernel.errors import Refused
from idp.statute.ages import age_on, day_in_vietnam, end_of_day
from idp.statute.reading import read_rules
from idp.statute.rules import (
    NO_RULE,
    AdvanceNotice,
    AgeRule,
    Announced,
    Attestation,
    Case,
    Deadline,
    Holding,
    Kept,
    LockGround,
    LockRule,
    Retention,
    Rule,
    Term,
    Threshold,
    Unit,
    Verdict,
)
from idp.statute.working_days import days_after, working_days_after

R = TypeVar("R", bound=Rule)


class LawSilent(Refused):
    """No rule in force on ``day`` speaks of ``what``."""

    code = "law_silent"

    def __init__(self, what: str, day: date) -> None:
        super().__init__(what)
        self.what = what
        self.day = day

    def facts(self) -> dict[str, object]:
        return {"what": self.what, "day": self.day.isoformat()}


@dataclass(frozen=True, slots=True)
class Law:
    """The rules in force on one day, in Viet Nam's calendar. Pure: it decides nothing of its own."""

    day: date
    rules: tuple[Rule, ...]

    def holding(self, kind: str, age: int) -> Holding | None:
        """Which account such a holder may have; ``None`` when no rule speaks of them.

        Args:
            kind: ``citizen``, ``foreigner`` or ``organisation``.
            age: full years; an organisation has 0.
        """
        return next((rule for rule in self._of(Holding) if rule.covers(kind, age)), None)

    def may_hold(self, kind: str, level: str | None, birth_date: date | None) -> Verdict:
        """Whether somebody so born may hold an account of this kind and level on the law's day.

        An organisation has neither level nor birth date.
        """
        rule = self.holding(kind, 0 if birth_date is None else age_on(birth_date, self.day))
        if rule is None:
            return NO_RULE
        wanted = level or ""
        return Verdict(
            is_allowed=wanted in rule.levels or wanted in rule.on_request,
            is_on_request=wanted in rule.on_request,
            needs_guardian=rule.needs_guardian,
            document=rule.document,
            article=rule.article,
            is_uncertain=rule.is_uncertain,
        )

    def age(self, threshold: Threshold) -> AgeRule:
        """From which age something holds.

        Raises:
            LawSilent.
        """
        return self._one(AgeRule, threshold, lambda rule: rule.threshold == threshold)

    def deadline(self, case: Case, filed_at: datetime) -> Deadline:
        """Until when a case must be done that began at ``filed_at`` (aware).

        The day on which it began, in Viet Nam, is not counted, at whatever hour it was (Civil Code 91/2015
        Art. 147); the last day counts until its 24 hours (Art. 148). Hours run from the very moment.

        Raises:
            LawSilent: the law of this day has no term for the case.
        """
        term = self._one(Term, case, lambda rule: rule.case == case)
        if term.unit is Unit.HOURS:
            due_at = filed_at + timedelta(hours=term.within)
            due_on = day_in_vietnam(due_at)
        else:
            count = working_days_after if term.unit is Unit.WORKING_DAYS else days_after
            due_on = count(day_in_vietnam(filed_at), term.within)
            due_at = end_of_day(due_on)
        return Deadline(
            case=case,
            due_on=due_on,
            due_at=due_at,
            within=term.within,
            unit=term.unit,
            article=term.article,
            is_uncertain=term.is_uncertain,
        )

    def attestation(self, kind: str, birth_date: date) -> Attestation:
        """What officers see of somebody so born before their account has level 02.

        Raises:
            LawSilent: nobody of this age has level 02.
        """
        age = age_on(birth_date, self.day)
        return self._one(Attestation, f"{kind} in person", lambda rule: rule.covers(kind, age))

    def lock_rule(self, kind: str, ground: LockGround) -> LockRule | None:
        """What the law says of a ground for this kind of account; ``None``: it is no ground for it."""
        return next((rule for rule in self.lock_rules(kind) if rule.ground == ground), None)

    def lock_rules(self, kind: str) -> tuple[LockRule, ...]:
        """Every ground on which an account of this kind is locked."""
        return tuple(rule for rule in self._of(LockRule) if rule.kind == kind)

    def notice(self, of: Announced) -> AdvanceNotice:
        """How long before something people are told of it.

        Raises:
            LawSilent.
        """
        return self._one(AdvanceNotice, of, lambda rule: rule.of == of)

    def retention(self, kept: Kept) -> Retention:
        """How long something is kept.

        Raises:
            LawSilent.
        """
        return self._one(Retention, kept, lambda rule: rule.kept == kept)

    def _of(self, kind: type[R]) -> Iterable[R]:
        return (rule for rule in self.rules if isinstance(rule, kind))

    def _one(self, kind: type[R], what: str, is_meant: Callable[[R], bool]) -> R:
        for rule in self._of(kind):
            if is_meant(rule):
                return rule
        raise LawSilent(what, self.day)


@dataclass(frozen=True, slots=True)
class Statute:
    """Every rule that ever held, as the files beside this one have them."""

    rules: tuple[Rule, ...]

    def on(self, day: date) -> Law:
        """The law in force on a day."""
        return Law(day, tuple(rule for rule in self.rules if rule.is_in_force(day)))

    def at(self, now: datetime) -> Law:
        """The law in force on the day that it is in Viet Nam."""
        return self.on(day_in_vietnam(now))


STATUTE = Statute(read_rules())
"""Read once, with the program: the law is part of it."""
