"""What may be handed on under a mandate, and by whom mandates end. Pure.

Civil Code (Law 91/2015) Art. 564: who was authorised may authorise another with the principal's leave, and
never beyond what they were given. Decree 69/2024 Art. 12: people act for an organisation by their own
account of level 02. [? the numbering of the clauses]
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from idp.accounts.kinds import Kind
from idp.accounts.mandate import Mandate, Role
from idp.kernel.errors import Refused

BEYOND = "91/2015 Art. 564.2"
WITHOUT_LEAVE = "91/2015 Art. 564.1"
TERM = "91/2015 Art. 140.1"
AGENTS_ACCOUNT = "69/2024 Art. 12"
MAX_DEPTH = 8
MAX_SERVICES = 50

# Which roles the holder of a role may give. A new role is a line here, and one in ``APPOINTED``.
GIVES: Mapping[Role, frozenset[Role]] = {
    Role.REPRESENTATIVE: frozenset({Role.MANAGER, Role.ACCOUNTANT, Role.CLERK, Role.AUTHORISED_PERSON}),
    Role.MANAGER: frozenset({Role.ACCOUNTANT, Role.CLERK}),
    Role.ACCOUNTANT: frozenset(),
    Role.CLERK: frozenset(),
    Role.AUTHORISED_PERSON: frozenset(),
    Role.GUARDIAN: frozenset(),
}
# Which roles the law gives by a register or an enrolment, and for which accounts.
APPOINTED: Mapping[Role, frozenset[Kind]] = {
    Role.REPRESENTATIVE: frozenset({Kind.ORGANISATION}),
    Role.AUTHORISED_PERSON: frozenset({Kind.ORGANISATION}),
    Role.GUARDIAN: frozenset({Kind.CITIZEN, Kind.FOREIGNER}),
}
# Roles that are given for a time only.
TIME_BOXED = frozenset({Role.AUTHORISED_PERSON})


class MandateRefused(Refused):
    """A mandate may not be given so. ``article`` is where the law says it; empty: nowhere."""

    code = "mandate_refused"

    def __init__(self, reason: str = "", article: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.article = article

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason, "article": self.article}


class MandateWider(MandateRefused):
    """Wider than the giver's own. ``reason``: ``services``, ``limit``, ``start``, ``end`` or ``depth``."""

    code = "mandate_wider"


class MandateCircular(MandateRefused):
    """It would go to the giver, to somebody above the giver, or to the principal."""

    code = "mandate_circular"


class RoleNotGiven(MandateRefused):
    """The giver's role may not give this one; ``reason`` is the role wished for."""

    code = "mandate_role_not_given"


class AgentUnfit(MandateRefused):
    """Only a person with an active account of level 02 acts for others."""

    code = "mandate_agent_unfit"


class MandateMisshaped(MandateRefused):
    """``reason``: ``ends_at`` is missing or past, ``limit``, ``services`` or ``depth`` out of bounds."""

    code = "mandate_misshaped"


class MandateExists(MandateRefused):
    """This person acts for that account in this role already."""

    code = "mandate_exists"


class MandateOver(MandateRefused):
    """The mandate ended meanwhile, or was never this person's."""

    code = "mandate_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The mandate that somebody wants to give; the members are those of ``Mandate``."""

    agent_id: UUID
    role: Role
    services: frozenset[str] = frozenset()
    limit_vnd: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    depth: int = 0


def check(giver: Mandate, above: Iterable[Mandate], wish: Wish, now: datetime) -> None:
    """Whether the holder of a mandate may give another under it.

    Args:
        giver: the mandate under which it would be given.
        above: those under which that one was given, up to the law's.

    Raises:
        MandateOver, MandateMisshaped, RoleNotGiven, MandateCircular, MandateWider.
    """
    if not giver.is_live(now):
        raise MandateOver
    check_shape(wish, now)
    if wish.role not in GIVES[giver.role]:
        raise RoleNotGiven(wish.role.value, WITHOUT_LEAVE)
    held = {giver.principal_id, giver.agent_id, *(mandate.agent_id for mandate in above)}
    if wish.agent_id in held:
        raise MandateCircular
    reason = _wider(giver, wish)
    if reason is not None:
        raise MandateWider(reason, WITHOUT_LEAVE if reason == "depth" else BEYOND)


def check_shape(wish: Wish, now: datetime) -> None:
    """Whether a wish makes sense by itself.

    Raises:
        MandateMisshaped: naming the member.
    """
    if wish.ends_at is None and wish.role in TIME_BOXED:
        raise MandateMisshaped("ends_at", TERM)
    if wish.ends_at is not None and wish.ends_at <= max(wish.starts_at or now, now):
        raise MandateMisshaped("ends_at", TERM)
    if wish.limit_vnd is not None and not 0 < wish.limit_vnd < 10**15:
        raise MandateMisshaped("limit")
    if len(wish.services) > MAX_SERVICES:
        raise MandateMisshaped("services")
    if not 0 <= wish.depth <= MAX_DEPTH:
        raise MandateMisshaped("depth")


def may_end(by: UUID, mandate: Mandate, above: Iterable[Mandate], own: Collection[Mandate]) -> bool:
    """Whether somebody may end a mandate: its giver and all above; a representative; its holder.

    What the law gave ends by the law alone.

    Args:
        above: the mandates that it was given under.
        own: the live mandates of ``by`` for the same principal.
    """
    if mandate.granted_by is None:
        return False
    if by in (mandate.agent_id, mandate.granted_by) or any(higher.agent_id == by for higher in above):
        return True
    return any(held.role == Role.REPRESENTATIVE and held.principal_id == mandate.principal_id for held in own)


def _wider(giver: Mandate, wish: Wish) -> str | None:
    """In what a wish goes beyond what its giver holds; ``None``: in nothing."""
    if giver.services and not (wish.services and wish.services <= giver.services):
        return "services"
    if giver.limit_vnd is not None and (wish.limit_vnd is None or wish.limit_vnd > giver.limit_vnd):
        return "limit"
    if wish.starts_at is not None and wish.starts_at < giver.starts_at:
        return "start"
    if giver.ends_at is not None and (wish.ends_at is None or wish.ends_at > giver.ends_at):
        return "end"
    return "depth" if wish.depth >= giver.depth else None
