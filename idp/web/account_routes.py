"""The addresses of a holder's own pages: a part of the URL map."""

from idp.web.pages import (
    acted_for,
    consents,
    dependant_consents,
    dependant_data,
    dependants,
    export,
    history,
    identity,
    locking,
    mandates,
    my_account,
    organisation_forms,
    organisations,
    requests,
    security,
)
from idp.web.pages.family import Family
from idp.web.pages.my_account import OwnPages
from idp.web.route import Doors, Route


def reading(doors: Doors) -> mandates.Reading:
    """What the pages of mandates read with."""
    provider = doors.provider
    return mandates.Reading(provider.accounts, provider.mandates, provider.clients, provider.clock)


def consents_of(doors: Doors) -> consents.Reading:
    """What the pages of consents read with."""
    provider = doors.provider
    return consents.Reading(
        provider.consents, provider.receipts, provider.session_room.deliveries, provider.clients
    )


def history_of(doors: Doors) -> history.Reading:
    """What the pages of histories read with."""
    provider = doors.provider
    return history.Reading(
        provider.audit, provider.clients, provider.officers, provider.reads, provider.clock
    )


def at_the_office(doors: Doors) -> tuple[OwnPages, organisations.Office]:
    """What the pages of organisations need."""
    provider = doors.provider
    return doors.own, organisations.Office(
        provider.organisation_enrolment, provider.organisation_opening, provider.accounts, provider.mandates
    )


def everything(doors: Doors) -> export.Everything:
    """What an export gathers from."""
    provider = doors.provider
    return export.Everything(
        provider.accounts,
        provider.evidence,
        provider.applications,
        provider.corrections,
        provider.legacy_links,
        provider.locks,
        provider.mandates,
        provider.notices,
        provider.authenticators,
        provider.sessions,
        provider.consents,
        provider.reads,
        provider.audit,
    )


def family(doors: Doors) -> tuple[OwnPages, Family]:
    """What the pages of dependants need."""
    provider = doors.provider
    enrolment, accounts = provider.guardian_enrolment, provider.accounts
    return doors.own, Family(enrolment, accounts, provider.mandates, provider.audit)


ACCOUNT: tuple[Route, ...] = (
    Route(
        "/account/requests",
        requests.RequestList,
        lambda d: (d.own, d.provider.backchannel_requests, d.provider.completion),
    ),
    Route(
        "/account",
        my_account.Home,
        lambda d: (d.own, d.provider.organisation_enrolment, d.provider.clock),
    ),
    Route(
        "/account/sessions",
        my_account.SessionList,
        lambda d: (d.own, d.provider.sessions, d.provider.audit),
    ),
    Route(consents.CONSENTS, consents.ConsentList, lambda d: (d.own, consents_of(d))),
    Route(consents.RECEIPT, consents.Receipt, lambda d: (d.own, consents_of(d))),
    Route(consents.RECEIPT_FILE, consents.ReceiptFile, lambda d: (d.own, consents_of(d))),
    Route(
        locking.LOCK,
        locking.LockAccount,
        lambda d: (d.own, d.provider.locking, d.provider.shut_out, d.provider.notices.send_to),
    ),
    Route(mandates.MANDATES, mandates.MandateList, lambda d: (d.own, reading(d), d.provider.mandates)),
    Route(mandates.NEW, mandates.GiveMandate, lambda d: (d.own, reading(d), d.provider.handing_on)),
    Route(dependants.DEPENDANTS, dependants.DependantList, family),
    Route(dependants.NEW, dependants.CitizenDependantForm, family),
    Route(dependants.NEW_FOREIGNER, dependants.ForeignDependantForm, family),
    Route(
        dependant_consents.CONSENTS,
        dependant_consents.DependantConsents,
        lambda d: (*family(d), consents_of(d)),
    ),
    Route(
        dependant_consents.RECEIPT,
        dependant_consents.DependantReceipt,
        lambda d: (*family(d), consents_of(d)),
    ),
    Route(
        dependant_consents.RECEIPT_FILE,
        dependant_consents.DependantReceiptFile,
        lambda d: (*family(d), consents_of(d)),
    ),
    Route(
        dependant_data.HISTORY,
        dependant_data.DependantHistory,
        lambda d: (*family(d), history_of(d)),
    ),
    Route(
        dependant_data.EXPORT,
        dependant_data.DependantExport,
        lambda d: (*family(d), everything(d), d.provider.clock),
    ),
    Route(dependants.LOCK, dependants.LockDependant, lambda d: (*family(d), d.provider.locking)),
    Route(dependants.STATUS, dependants.DependantStatus, family),
    Route(organisations.ORGANISATIONS, organisations.OrganisationList, at_the_office),
    Route(organisations.STATUS, organisations.OrganisationStatus, at_the_office),
    Route(organisation_forms.NEW, organisation_forms.OrganisationForm, at_the_office),
    Route(organisation_forms.ANSWER, organisation_forms.OrganisationAnswer, at_the_office),
    Route(
        history.HISTORY,
        history.History,
        lambda d: (d.own, history_of(d)),
    ),
    Route(
        identity.IDENTITY,
        identity.Identity,
        lambda d: (d.own, d.provider.evidence, d.provider.corrections, d.provider.mandates),
    ),
    Route(
        acted_for.ACTED_FOR,
        acted_for.ActedFor,
        lambda d: (d.own, d.provider.evidence, d.provider.mandates, d.provider.audit),
    ),
    Route(identity.CORRECTIONS, identity.CorrectionList, lambda d: (d.own, d.provider.corrections)),
    Route(
        identity.LEVEL,
        identity.LevelPage,
        lambda d: (d.own, d.provider.evidence, d.provider.applications, d.provider.clock),
    ),
    Route(
        export.EXPORT,
        export.Export,
        lambda d: (d.own, everything(d), d.provider.audit, d.provider.clock),
    ),
    Route(
        "/account/security",
        security.Security,
        lambda d: (d.own, d.provider.authenticators, d.provider.methods),
    ),
    Route("/account/totp", security.AddTotp, lambda d: (d.own, d.provider.totp_enrolment)),
    Route(
        "/account/password",
        security.ChangePassword,
        lambda d: (d.own, d.provider.password, d.provider.methods, d.provider.new_password),
    ),
)
