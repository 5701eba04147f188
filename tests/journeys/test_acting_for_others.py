"""Signing in for somebody else: chosen, demanded, hinted at, switched, and what bad input gets."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Mandate, Role
from idp.kernel.ids import new_id
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.clients.wire import read
from tests.house import Browser, House, Person, RelyingParty
from tests.mandated import an_organisation_of, given_on, represents
from tests.people import an_account
from tests.protocol.acts import allow, is_page, sent_back, signed_in

ALL = ("organisation", "ward")


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client(acts_for=ALL, authorization_details_types=("mandate",))


@pytest.fixture
def company(house: House) -> UUID:
    return an_organisation_of(house)


@pytest.fixture
def chief(house: House, person: Person, company: UUID) -> Mandate:
    return represents(house, person, company)


@pytest.fixture
def ward(house: House, person: Person) -> Mandate:
    active = {"status": Status.ACTIVE, "activated_at": house.clock()}
    child = an_account(Kind.CITIZEN, id=new_id(), number="001315000777", **active)
    house.provider.accounts.add(child)
    return represents(house, person, child.id, role=Role.GUARDIAN)


def subject(rp: RelyingParty, account_id: UUID) -> str:
    provider = rp.house.provider
    client = provider.clients.find(rp.client_id)
    assert client is not None
    return provider.subjects.subject(client, account_id)


def ask(browser: Browser, rp: RelyingParty, **overrides: str | None) -> None:
    browser.open("/authorize", rp.request(**{"scope": "openid", **overrides}))


def choose(browser: Browser, mandate: Mandate | None) -> None:
    """Press the button of a mandate, or of oneself."""
    if mandate is None:
        browser.submit({}, "whom-myself")
        return
    form = browser.page.form_with("whom-1")
    assert form is not None
    filled = form.filled({}, "whom-1") | {"whom": str(mandate.id)}
    browser._went(browser.client.post(form.action, data=filled))


def signed(browser: Browser, rp: RelyingParty) -> dict[str, Any]:
    """The ID token's claims, after a yes where one is asked for."""
    answer = allow(browser)
    return rp.house.id_token(rp.redeem(answer["code"]).get_json()["id_token"])[1]


def demand(*roles: str) -> str:
    return json.dumps({"id_token": {"mandate": {"essential": True, **({"values": roles} if roles else {})}}})


def test_a_person_chooses_and_the_client_learns_of_whom_was_chosen(
    house: House, rp: RelyingParty, person: Person, browser: Browser, company: UUID, chief: Mandate
) -> None:
    browser.open("/authorize", rp.request(scope="openid profile"))
    browser.submit({"username": person.username, "password": person.password})
    browser.submit({"otp": person.code()})
    assert {"whom", "whom-myself", "whom-1"} <= browser.page.ids
    assert "Công ty Lúa Vàng" in browser.text
    assert "người đại diện theo pháp luật" in browser.text

    choose(browser, chief)

    assert "acting-for" in browser.page.ids
    assert "Công ty Lúa Vàng" in browser.text
    claims = signed(browser, rp)
    assert claims["sub"] == subject(rp, company)
    assert claims["act"] == {"sub": subject(rp, person.account_id)}
    assert claims["mandate"] == {"role": "representative"}
    events = [str(entry.event) for entry in house.provider.audit.for_account(company, 10)]
    assert "mandate.used" in events
    assert "consent.given" in events


def test_a_person_may_choose_themself(house: House, rp: RelyingParty, person: Person, chief: Mandate) -> None:
    browser = signed_in(house, person)
    ask(browser, rp)

    choose(browser, None)

    claims = signed(browser, rp)
    assert claims["sub"] == subject(rp, person.account_id)
    assert {"act", "mandate"}.isdisjoint(claims)


def test_switching_needs_no_new_sign_in_and_keeps_each_consent_apart(
    house: House, rp: RelyingParty, person: Person, company: UUID, chief: Mandate, ward: Mandate
) -> None:
    browser = signed_in(house, person)
    sids = set()
    for mandate in (None, chief, ward, chief):
        ask(browser, rp)
        choose(browser, mandate)
        claims = signed(browser, rp)
        sids.add(claims["sid"])
        expected = mandate.principal_id if mandate else person.account_id
        assert claims["sub"] == subject(rp, expected)

    assert len(sids) == 1
    for account in (person.account_id, company, ward.principal_id):
        assert house.provider.consents.find(account, rp.client_id) is not None


def test_a_yes_for_oneself_is_none_for_the_company(
    house: House, rp: RelyingParty, person: Person, chief: Mandate
) -> None:
    browser = signed_in(house, person)
    ask(browser, rp)
    choose(browser, None)
    browser.submit({}, "consent-allow")

    ask(browser, rp)
    choose(browser, chief)

    assert "consent-allow" in browser.page.ids


def test_the_choice_can_be_made_again_before_the_yes(
    house: House, rp: RelyingParty, person: Person, company: UUID, chief: Mandate
) -> None:
    browser = signed_in(house, person)
    ask(browser, rp)
    choose(browser, None)

    browser.submit({}, "whom-again")
    choose(browser, chief)

    assert signed(browser, rp)["sub"] == subject(rp, company)


@pytest.mark.spec("OIDC Core 1.0 §5.5.1")
def test_a_client_may_demand_a_role_and_one_that_fits_is_taken_without_a_question(
    house: House, rp: RelyingParty, person: Person, chief: Mandate, ward: Mandate
) -> None:
    browser = signed_in(house, person)

    ask(browser, rp, claims=demand("guardian"))

    assert signed(browser, rp)["sub"] == subject(rp, ward.principal_id)


@pytest.mark.spec("OIDC Core 1.0 §5.5.1")
def test_a_client_may_demand_that_the_person_acts_for_somebody(
    house: House, rp: RelyingParty, person: Person, chief: Mandate, ward: Mandate
) -> None:
    browser = signed_in(house, person)

    ask(browser, rp, claims=demand())

    assert "whom-2" in browser.page.ids
    assert "whom-myself" not in browser.page.ids


@pytest.mark.spec("RFC 9396 §2")
def test_a_role_may_be_demanded_by_authorization_details(
    house: House, rp: RelyingParty, person: Person, company: UUID, chief: Mandate, ward: Mandate
) -> None:
    browser = signed_in(house, person)

    ask(
        browser,
        rp,
        authorization_details=json.dumps([{"type": "mandate", "roles": ["representative", "manager"]}]),
    )

    assert "người đại diện theo pháp luật, người quản lý" in browser.text
    assert signed(browser, rp)["sub"] == subject(rp, company)


@pytest.mark.parametrize("has_mandate", [True, False])
def test_who_has_no_such_role_is_refused_in_words(
    house: House, rp: RelyingParty, person: Person, company: UUID, has_mandate: bool
) -> None:
    if has_mandate:
        represents(house, person, company)
    browser = signed_in(house, person)

    ask(browser, rp, claims=demand("accountant"))

    assert "act for nobody here" in sent_back(browser, rp, "access_denied")


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_a_hint_chooses_whom_it_names(
    house: House, rp: RelyingParty, person: Person, chief: Mandate, ward: Mandate
) -> None:
    browser = signed_in(house, person)
    hints = {}
    for mandate in (None, chief, ward):
        ask(browser, rp)
        choose(browser, mandate)
        hints[mandate and mandate.id] = rp.redeem(allow(browser)["code"]).get_json()["id_token"]

    for hint in hints.values():
        ask(browser, rp, id_token_hint=hint, prompt="none")
        assert signed(browser, rp)["sub"] == house.id_token(hint)[1]["sub"]


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.6")
def test_a_silent_request_without_a_clear_choice_says_so(
    house: House, rp: RelyingParty, person: Person, chief: Mandate
) -> None:
    browser = signed_in(house, person)

    ask(browser, rp, prompt="none")

    sent_back(browser, rp, "account_selection_required")


def test_a_silent_request_that_demands_what_only_one_mandate_gives_is_answered(
    house: House, rp: RelyingParty, person: Person, company: UUID, chief: Mandate
) -> None:
    browser = signed_in(house, person)
    ask(browser, rp, claims=demand("representative"))
    allow(browser)

    ask(browser, rp, claims=demand("representative"), prompt="none")

    assert signed(browser, rp)["sub"] == subject(rp, company)


def test_where_nobody_else_is_accepted_nobody_is_asked(house: House, person: Person, chief: Mandate) -> None:
    plain = house.client("plain")
    browser = signed_in(house, person)

    ask(browser, plain)

    assert "whom" not in browser.page.ids
    assert signed(browser, plain)["sub"] == subject(plain, person.account_id)


@pytest.mark.parametrize(
    ("accepted", "offered"), [("organisation", "Công ty Lúa Vàng"), ("ward", "Trần Thị Thu Hà")]
)
def test_a_client_is_offered_only_those_it_accepts(
    house: House, person: Person, chief: Mandate, ward: Mandate, accepted: str, offered: str
) -> None:
    rp = house.client("choosy", acts_for=(accepted,))
    browser = signed_in(house, person)

    ask(browser, rp)

    assert "whom-1" in browser.page.ids
    assert "whom-2" not in browser.page.ids
    assert offered in browser.text


def test_a_mandate_for_other_services_is_not_offered(house: House, rp: RelyingParty, chief: Mandate) -> None:
    clerk = house.person()
    given_on(house, chief, clerk, services=frozenset({"elsewhere"}))
    browser = signed_in(house, clerk)

    ask(browser, rp)

    assert "whom" not in browser.page.ids


@pytest.mark.parametrize("gone", ["revoked", "principal locked", "past its day"])
def test_a_mandate_that_ends_while_the_page_stands_open_ends_the_sign_in(
    house: House, rp: RelyingParty, company: UUID, chief: Mandate, gone: str
) -> None:
    clerk = house.person()
    given = given_on(house, chief, clerk, ends_at=house.clock() + timedelta(minutes=5))
    browser = signed_in(house, clerk)
    ask(browser, rp)
    choose(browser, given)

    if gone == "revoked":
        house.provider.mandates.revoke(given.id, chief.agent_id)
    elif gone == "principal locked":
        house.provider.accounts.lock(company, LockGround.DISSOLVED)
    else:
        house.clock.advance(timedelta(minutes=6))
    browser.submit({}, "consent-allow")

    sent_back(browser, rp, "access_denied")


@pytest.mark.parametrize("choice", ["another's", "unknown", "nonsense", "empty"])
def test_nobody_gets_whom_they_were_not_offered(
    house: House, rp: RelyingParty, chief: Mandate, choice: str
) -> None:
    clerk = house.person()
    given_on(house, chief, clerk)
    browser = signed_in(house, clerk)
    ask(browser, rp)
    form = browser.page.form_with("whom-1")
    assert form is not None
    sent = {"another's": str(chief.id), "unknown": str(new_id()), "nonsense": "'; --", "empty": ""}[choice]

    browser._went(browser.client.post(form.action, data=form.filled({}, "whom-1") | {"whom": sent}))

    assert {"whom", "whom-1"} <= browser.page.ids


def test_oneself_cannot_be_chosen_where_a_mandate_is_demanded(
    house: House, rp: RelyingParty, person: Person, chief: Mandate, ward: Mandate
) -> None:
    browser = signed_in(house, person)
    ask(browser, rp, claims=demand())
    form = browser.page.form_with("whom-1")
    assert form is not None

    browser._went(browser.client.post(form.action, data=form.filled({}, "whom-1") | {"whom": "myself"}))

    assert "whom-1" in browser.page.ids


def test_a_choice_from_another_browser_is_refused(
    house: House, rp: RelyingParty, person: Person, chief: Mandate
) -> None:
    browser = signed_in(house, person)
    ask(browser, rp)
    form = browser.page.form_with("whom-1")
    assert form is not None

    is_page(house.browser().client.post(form.action, data=form.filled({}, "whom-1")), 403)


@pytest.mark.parametrize(
    ("asked", "described"),
    [
        ({"claims": demand("chancellor")}, "expected roles among"),
        (
            {"claims": json.dumps({"id_token": {"mandate": {"essential": True, "value": {"role": 1}}}})},
            "roles",
        ),
        ({"authorization_details": json.dumps([{"type": "mandate", "roles": ["chancellor"]}])}, "roles"),
        ({"authorization_details": json.dumps([{"type": "mandate"}])}, "roles"),
        (
            {
                "claims": demand("guardian"),
                "authorization_details": json.dumps([{"type": "mandate", "roles": ["clerk"]}]),
            },
            "expected roles among",
        ),
    ],
)
def test_a_demand_that_nobody_could_meet_is_a_fault_of_the_request(
    rp: RelyingParty, browser: Browser, asked: dict[str, str], described: str
) -> None:
    ask(browser, rp, **asked)

    assert described in browser.answer["error_description"]
    assert browser.answer["error"] in ("invalid_request", "invalid_authorization_details")


def test_a_client_that_accepts_nobody_else_cannot_demand_it(house: House, browser: Browser) -> None:
    plain = house.client("plain")

    ask(browser, plain, claims=demand())

    assert "not registered for people who act for others" in sent_back(browser, plain, "invalid_request")


def test_clients_cannot_register_themselves_for_people_who_act_for_others() -> None:
    metadata: ClientMetadata = read(
        {"client_name": "x", "redirect_uris": ["https://x.example/cb"], "acts_for": ["organisation"]},
        ("openid",),
    )

    assert metadata.acts_for == ()
