"""/account/mandates: for whom a holder may act, whom they let act, and giving and ending that."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account, Accounts
from idp.accounts.delegation import (
    GIVES,
    TERM,
    TIME_BOXED,
    MandateMisshaped,
    MandateOver,
    MandateRefused,
    RoleNotGiven,
    Wish,
)
from idp.accounts.handing_on import NOBODY, HandingOn
from idp.accounts.mandate import Mandate, Role
from idp.accounts.mandates import Mandates
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, NotFound, TooManyAttempts
from idp.oidc.clients.client import Clients
from idp.signin.choosing import ORGANISATION
from idp.statute.assigned_number import parse_anyones
from idp.statute.identity_number import NumberMalformed
from idp.web.http import read_query, see_other
from idp.web.i18n import VIET_NAM, say_article
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, see_done, what_was_done
from idp.web.surface import again, shown

MANDATES = "/account/mandates"
NEW = f"{MANDATES}/new"
LIMIT_DIGITS = 15
# Thousands apart or not, as in Vietnamese or as in English. Never a fraction: 50,00 is not five thousand.
_SUM = re.compile(r"\d+|\d{1,3}(?:[., ]\d{3})+", re.ASCII)
TYPED = ("username", "name", "role", "limit_vnd", "last_day")


@dataclass(frozen=True, slots=True)
class Entry:
    """One mandate as a person reads it: with ``account``, the other side of it."""

    mandate: Mandate
    account: Account
    services: tuple[str, ...]
    may_end: bool
    may_hand_on: bool = False
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Turns mandates into what a person reads of them."""

    accounts: Accounts
    mandates: Mandates
    clients: Clients
    clock: Clock

    def received(self, holder: Holder) -> list[Entry]:
        return [
            Entry(
                mandate,
                self.accounts.the(mandate.principal_id),
                self.services(mandate, holder.caller.language),
                may_end=mandate.granted_by is not None,
                may_hand_on=self.may_hand_on(mandate),
            )
            for mandate in self.mandates.of_agent(holder.account.id)
        ]

    def given(self, holder: Holder, received: Sequence[Entry]) -> list[Entry]:
        """What others hold that this person may end: for the accounts that they act for themself."""
        me, principals = holder.account.id, {entry.account.id: entry.account for entry in received}
        return [
            Entry(
                mandate,
                self.accounts.the(mandate.agent_id),
                self.services(mandate, holder.caller.language),
                may_end=True,
                principal=principal.identity.name,
            )
            for principal in principals.values()
            for mandate in self.mandates.of_principal(principal.id)
            if mandate.agent_id != me and self.mandates.may_end(me, mandate)
        ]

    def may_hand_on(self, mandate: Mandate) -> bool:
        return mandate.is_live(self.clock()) and mandate.depth > 0 and bool(GIVES[mandate.role])

    def services(self, mandate: Mandate, language: str) -> tuple[str, ...]:
        """The names of the services that it is for; none: all."""
        found = [(self.clients.find(each), each) for each in sorted(mandate.services)]
        return tuple(client.metadata.name(language) if client else name for client, name in found)

    def choices(self, mandate: Mandate, language: str) -> list[tuple[str, str]]:
        """The services that it can be handed on for: those that take people who act for organisations."""
        taking = [each for each in self.clients.all() if ORGANISATION in each.metadata.acts_for]
        fitting = [(each.client_id, each.metadata.name(language)) for each in taking]
        return sorted((each for each in fitting if mandate.covers(each[0])), key=lambda each: each[1])


class MandateList(MethodView):
    """GET and POST /account/mandates: received and given; end one."""

    init_every_request = False

    def __init__(self, own: OwnPages, reading: Reading, mandates: Mandates) -> None:
        self._own = own
        self._reading = reading
        self._mandates = mandates

    def get(self) -> AnyResponse:
        holder = self._own.enter(MANDATES)
        return self._show(holder) if isinstance(holder, Holder) else holder

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(MANDATES)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        mandate_id = _uuid(form.get("mandate", ""))
        try:
            if mandate_id is None:
                raise NotFound("mandate")
            self._mandates.revoke(mandate_id, holder.account.id)
        except (NotFound, MandateOver):
            return self._show(holder, MandateOver())
        return see_done(MANDATES, "mandate_ended")

    def _show(self, holder: Holder, error: IdpError | None = None) -> AnyResponse:
        received = self._reading.received(holder)
        page = self._own.surface.show(
            "account/mandates.html",
            holder.caller,
            action=MANDATES,
            received=received,
            given=self._reading.given(holder, received),
            new=NEW,
            done=what_was_done(),
            here=MANDATES,
            error=shown(error),
        )
        return again(page, error)


class GiveMandate(MethodView):
    """GET and POST /account/mandates/new?under=<id>: hand on, under a mandate of one's own."""

    init_every_request = False

    def __init__(self, own: OwnPages, reading: Reading, handing_on: HandingOn) -> None:
        self._own = own
        self._reading = reading
        self._handing_on = handing_on

    def get(self) -> AnyResponse:
        asked = _uuid(read_query().get("under", ""))
        holder = self._own.enter(f"{NEW}?under={asked}" if asked else MANDATES, JUST_NOW)
        if not isinstance(holder, Holder):
            return holder
        under = self._under(holder, str(asked))
        return self._show(holder, under, {}) if under else see_other(MANDATES)

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(MANDATES, JUST_NOW, ("service",))
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        under = self._under(holder, form.get("under", ""))
        if under is None:
            return see_other(MANDATES)
        try:
            number = parse_anyones(form.get("username", ""))
            wish = _wish(form, under)
            self._handing_on.give(holder.account.id, under.id, number, form.get("name", ""), wish)
        except (MandateRefused, NumberMalformed, TooManyAttempts) as error:
            return self._show(holder, under, form, error)
        return see_done(MANDATES, "mandate_given")

    def _under(self, holder: Holder, text: str) -> Mandate | None:
        """The mandate of the holder's own that is meant, if it can be handed on."""
        held = self._reading.mandates.of_agent(holder.account.id)
        fitting = (each for each in held if str(each.id) == text and self._reading.may_hand_on(each))
        return next(fitting, None)

    def _show(
        self, holder: Holder, under: Mandate, typed: Mapping[str, str], error: IdpError | None = None
    ) -> AnyResponse:
        principal = self._reading.accounts.the(under.principal_id)
        page = self._own.surface.show(
            "account/mandate.html",
            holder.caller,
            action=NEW,
            under=under,
            principal=principal.identity.name,
            roles=[role.value for role in Role if role in GIVES[under.role]],
            services=self._reading.choices(under, holder.caller.language),
            typed={
                name: typed.get(name, "") for name in ("username", "name", "role", "limit_vnd", "last_day")
            },
            ticked=frozenset(typed.get("service", "").split()),
            hands_on=typed.get("hands_on") == "yes",
            here=f"{NEW}?under={under.id}",
            error=_told(error, holder.caller.language),
        )
        return again(page, error)


def _told(error: IdpError | None, language: Any) -> dict[str, object] | None:
    """The error by its reason, where that has a sentence of its own, its article as it is cited."""
    if not isinstance(error, MandateRefused):
        return shown(error)
    reasons = {MandateMisshaped.code, "mandate_wider"}
    code = f"{error.code}.{error.reason}" if error.code in reasons else error.code
    return {"code": code, "facts": {"article": say_article(language, error.article)}}


def _wish(form: Mapping[str, str], under: Mandate) -> Wish:
    """What the form wishes for.

    Raises:
        MandateMisshaped, RoleNotGiven: naming what cannot be read.
    """
    try:
        role = Role(form.get("role", ""))
    except ValueError:
        raise RoleNotGiven(form.get("role", "")[:20]) from None
    return Wish(
        agent_id=NOBODY,
        role=role,
        services=frozenset(form.get("service", "").split()) or under.services,
        limit_vnd=_limit(form.get("limit_vnd", "")) or under.limit_vnd,
        ends_at=_end(form.get("last_day", ""), role) or under.ends_at,
        depth=under.depth - 1 if form.get("hands_on") == "yes" else 0,
    )


def _limit(typed: str) -> int | None:
    typed = " ".join(typed.split())
    if not typed:
        return None
    digits = re.sub(r"\D", "", typed)
    if not (_SUM.fullmatch(typed) and len(digits) <= LIMIT_DIGITS and int(digits) > 0):
        raise MandateMisshaped("limit")
    return int(digits)


def _end(typed: str, role: Role) -> datetime | None:
    """The end of a last day, on Viet Nam's clock."""
    if not typed.strip():
        if role in TIME_BOXED:
            raise MandateMisshaped("ends_at", TERM)
        return None
    try:
        last = date.fromisoformat(typed.strip())
        return datetime(last.year, last.month, last.day, tzinfo=VIET_NAM) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise MandateMisshaped("ends_at", TERM) from None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
