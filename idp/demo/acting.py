"""Gives the demonstration its organisations and children, applied for as anybody's are, and mandates."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from idp.accounts.account import Account
from idp.accounts.application import Application, State
from idp.accounts.delegation import Wish as MandateWish
from idp.accounts.evidence import SEEN, EvidenceGiven, register_match, seen_in_person
from idp.accounts.foreigner_filing import foreigner_of
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Mandate
from idp.accounts.opening import Wish
from idp.audit.events import Event
from idp.demo.cast import DEPENDANTS, GIVEN, OFFICE, OFFICERS, ORGANISATIONS, Body, Dependant, Given, Part
from idp.provider import Provider
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE

ACTOR = "demo"
ADDRESS = "127.0.0.1"
PAPERS_SEEN = frozenset({"registration_seen", "authority_seen"})
TERM = timedelta(days=365)


def open_foreigner(provider: Provider, part: Part) -> Account:
    """A foreigner's account, as officers who had seen the papers would have it opened."""
    record = provider.registers.immigration.find(part.number)
    if record is None:
        raise LookupError(part.email)
    law = STATUTE.at(provider.clock())
    article = law.may_hold(part.kind, part.level, record.birth_date).article
    source = provider.registers.immigration.source
    return provider.opening.open(
        Wish(
            kind=part.kind,
            level=part.level,
            number=record.number,
            phone=part.phone,
            email=part.email,
            identity=foreigner_of(record),
            checks=(
                lambda account_id, at: register_match(account_id, source, at, article),
                lambda account_id, at: seen_in_person(
                    account_id, at, ACTOR, OFFICE, article, SEEN, document="residence_permit"
                ),
            ),
        ),
        ACTOR,
    )


def play_others(provider: Provider) -> None:
    """Have each organisation and child applied for, and what goes with that; what is done already stays."""
    for number in OFFICERS:
        account = provider.former_numbers.holder(number)
        if account is not None and not provider.officers.offices([account.id]):
            provider.officers.appoint(account.id, OFFICE, ACTOR)
    done = [_filed_for(provider, name, each) for name, each in DEPENDANTS.items()]
    done += [_played(provider, body) for body in ORGANISATIONS.values()]
    done += [_gave(provider, given) for given in GIVEN]
    if any(done):
        # Notices and codes of what is over would only puzzle who opens the outbox.
        provider.notices.send_due()
        provider.outbox.forget(provider.clock())


def told_mandates(provider: Provider, accounts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Who of the sample accounts may act for whom: what demo.json says."""
    names: dict[UUID, str] = {}
    for name, person in accounts.items():
        account = provider.accounts.by_number(person["username"])
        if account is not None:
            names[account.id] = name
    return [
        _told(mandate, names)
        for account_id in names
        for mandate in provider.mandates.of_principal(account_id)
        if mandate.agent_id in names
    ]


def _filed_for(provider: Provider, name: str, child: Dependant) -> bool:
    """Whether there was anything to do: the guardian files, as anybody's would."""
    if provider.former_numbers.holder(child.number) is not None:
        return False
    guardian = provider.former_numbers.holder(child.guardian)
    record = provider.registers.population.find(child.number)
    if guardian is None or record is None:
        raise LookupError(name)
    typed = {
        "username": child.number,
        "name": record.name,
        "birth_date": record.birth_date.isoformat(),
    }
    filed = provider.guardian_enrolment.file_for(guardian, Kind.CITIZEN, typed, ADDRESS, "vi")
    if filed.state is not State.ACCEPTED:
        raise LookupError(name)
    return True


def _played(provider: Provider, body: Body) -> bool:
    """Whether there was anything to do."""
    account = provider.former_numbers.holder(body.code) or _applied(provider, body)
    if account.activated_at is not None:
        return False
    with provider.database.transaction():
        provider.accounts.activate(account.id)
        provider.audit.record(Event.ACCOUNT_ACTIVATED, account_id=account.id, actor=ACTOR)
    return True


def _applied(provider: Provider, body: Body) -> Account:
    enrolment = provider.organisation_enrolment
    filers = body.representatives or (body.authorised or "",)
    first, *others = (provider.former_numbers.holder(number) for number in filers)
    assert first is not None  # noqa: S101 - people come before organisations
    waiting = [each for each in enrolment.filed_by(first.id) if each.number == body.code]
    typed = {"code": body.code, "phone": body.phone, "email": body.email, "role": "representative"}
    if body.authorised is not None:
        last_day = day_in_vietnam(provider.clock() + TERM)
        typed |= {"role": "authorised_person", "last_day": f"{last_day:%d/%m/%Y}"}
    stands = waiting[0] if waiting else enrolment.file(first, typed, ADDRESS, "vi")
    asked = {each.number for each in enrolment.approvals_of(stands) if each.answered_at is None}
    for other in (each for each in others if each is not None and each.number in asked):
        stands = enrolment.answer(stands.id, other)
    if stands.state is State.WAITING_OFFICER:
        stands = _attested(provider, stands)
    if stands.state is not State.ACCEPTED or stands.account_id is None:
        raise LookupError(stands.state.value)
    return provider.accounts.the(stands.account_id)


def _attested(provider: Provider, application: Application) -> Application:
    """By every officer who has not attested it yet: an earlier start may have been broken off."""
    stands = application
    for officer in provider.officers.serving():
        if stands.state is not State.WAITING_OFFICER:
            break
        with suppress(EvidenceGiven):
            stands = provider.organisation_attesting.attest(application.id, officer.account_id, PAPERS_SEEN)
    return stands


def _gave(provider: Provider, given: Given) -> bool:
    """Whether there was anything to do."""
    principal, giver, agent = (
        provider.former_numbers.holder(number) for number in (given.principal, given.giver, given.agent)
    )
    assert principal is not None and giver is not None and agent is not None  # noqa: S101, PT018
    ever = provider.mandates.ever(principal.id)
    if any(each.agent_id == agent.id and each.role is given.role for each in ever):
        return False  # also where it was ended since: what visitors did stays done
    under = next(each for each in ever if each.agent_id == giver.id)
    wish = MandateWish(
        agent_id=agent.id,
        role=given.role,
        services=frozenset(given.services),
        limit_vnd=given.limit_vnd,
        ends_at=provider.clock() + TERM,
        depth=given.depth,
    )
    provider.mandates.grant(giver.id, under.id, wish)
    return True


def _told(mandate: Mandate, names: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "principal": names[mandate.principal_id],
        "agent": names[mandate.agent_id],
        "role": mandate.role.value,
        "services": sorted(mandate.services),
        "limit": mandate.limit_vnd,
        "ends_at": mandate.ends_at.isoformat() if mandate.ends_at else None,
    }
