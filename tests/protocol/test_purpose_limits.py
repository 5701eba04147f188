"""What a client gets ends at what it is registered for, and at what it was allowed it for (Law 91/2025)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from tests.house import Browser, House, Person, RelyingParty
from tests.mandated import an_organisation_of, represents, tokens_under
from tests.protocol.acts import refused, tokens_for

LEVEL = "urn:dinhdanh:aal:1"
PURPOSE = {"vi": "Cấp lý lịch tư pháp", "en": "Criminal-record certificates"}
ANOTHER = {"vi": "Quảng cáo", "en": "Advertising"}
PAYMENT = {"type": "fee_payment", "creditor": "Kho bạc", "reference": "HS-1", "amount_vnd": "600000"}
EVERYTHING = "openid profile phone offline_access"


def change(rp: RelyingParty, **members: Any) -> None:
    """The operator registers something else."""
    clients = rp.house.provider.clients
    client = clients.find(rp.client_id)
    assert client is not None
    clients.change(client, replace(client.metadata, **members), bytes(32))


def introspected(rp: RelyingParty, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = rp.post("/introspect", {"token": token}).get_json()
    return answer


def asks(browser: Browser, rp: RelyingParty, person: Person, **wish: str) -> bool:
    """Whether the person is asked for consent; they say yes if so."""
    browser.open("/authorize", rp.request(acr_values=LEVEL, **wish))
    if browser.location is None and "username" in browser.page.ids:
        browser.submit({"username": person.username, "password": person.password})
    is_asked = browser.location is None
    if is_asked:
        browser.submit({}, "consent-allow")
    assert "code" in browser.answer
    return is_asked


def test_narrowed_scope_narrows_live_tokens_at_once(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope=EVERYTHING)

    change(rp, scope=("openid", "phone", "offline_access"))

    assert rp.userinfo(tokens["access_token"]).json.keys() == {"sub", "phone_number", "phone_number_verified"}
    for name in ("access_token", "refresh_token"):
        assert introspected(rp, tokens[name])["scope"] == "openid phone offline_access"
    refreshed = rp.refresh(tokens["refresh_token"]).json
    assert refreshed["scope"] == "openid phone offline_access"
    assert "name" not in rp.userinfo(refreshed["access_token"]).json


def test_claims_that_are_no_longer_registered_come_nowhere(
    house: House, rp: RelyingParty, person: Person
) -> None:
    proven = {"verification": {"trust_framework": None}, "claims": {"birthdate": None, "age_over_18": None}}
    wish = {"age_over_18": None, "province": None, "verified_claims": proven}
    claims = json.dumps({"id_token": wish, "userinfo": wish})
    tokens = tokens_for(rp, person, scope="openid profile offline_access", claims=claims)

    change(rp, claims=("province",), scope=("openid", "offline_access"))

    refreshed = rp.refresh(tokens["refresh_token"]).json
    for answer in (
        rp.userinfo(tokens["access_token"]).json,
        house.id_token(refreshed["id_token"])[1],
    ):
        assert "province" in answer
        assert answer.keys().isdisjoint({"age_over_18", "birthdate", "name", "verified_claims"})


def test_narrowed_registration_holds_for_a_code_on_its_way(rp: RelyingParty, person: Person) -> None:
    browser = rp.house.browser()
    code = browser.sign_in(rp, person, scope="openid profile")["code"]

    change(rp, scope=("openid",))

    tokens = rp.redeem(code).json
    assert tokens["scope"] == "openid"
    assert rp.userinfo(tokens["access_token"]).json.keys() == {"sub"}


def test_client_that_may_not_be_offline_any_more_refreshes_nothing(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope=EVERYTHING)

    change(rp, scope=("openid", "profile"))

    refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")


def test_act_of_a_type_that_is_no_longer_registered_is_not_told(house: House, person: Person) -> None:
    rp = house.client(authorization_details_types=("fee_payment",))
    tokens = tokens_for(rp, person, authorization_details=json.dumps([PAYMENT]))

    change(rp, authorization_details_types=())

    assert "authorization_details" not in introspected(rp, tokens["access_token"])


def test_changed_purpose_asks_again(house: House, person: Person, browser: Browser) -> None:
    rp = house.client(purpose=PURPOSE)
    assert asks(browser, rp, person)
    assert not asks(browser, rp, person)

    change(rp, purpose=ANOTHER)

    assert asks(browser, rp, person)
    assert not asks(browser, rp, person)


def purposeful(house: House, person: Person) -> tuple[RelyingParty, dict[str, Any], str]:
    """A client with a purpose that somebody agreed to: what it has, and a code on its way to it."""
    rp, browser = house.client(purpose=PURPOSE), house.browser()
    first = browser.sign_in(rp, person, scope=EVERYTHING)["code"]
    tokens = rp.redeem(first).json
    return rp, tokens, browser.sign_in(rp, person, scope=EVERYTHING)["code"]


def test_changed_purpose_releases_nothing_on_the_old_yes(house: House, person: Person) -> None:
    rp, tokens, code = purposeful(house, person)

    change(rp, purpose=ANOTHER)

    assert "purpose" in refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")
    refused(rp.redeem(code), "invalid_grant")
    assert rp.userinfo(tokens["access_token"]).status_code == 401
    for name in ("access_token", "refresh_token"):
        assert introspected(rp, tokens[name]) == {"active": False}


def test_purpose_that_comes_back_finds_what_was_allowed(house: House, person: Person) -> None:
    rp, tokens, _ = purposeful(house, person)
    change(rp, purpose=ANOTHER)
    refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")

    change(rp, purpose=PURPOSE)

    assert rp.userinfo(rp.refresh(tokens["refresh_token"]).json["access_token"]).status_code == 200


def test_yes_to_the_next_purpose_ends_what_the_last_one_gave(
    house: House, person: Person, browser: Browser
) -> None:
    rp, tokens, _ = purposeful(house, person)
    change(rp, purpose=ANOTHER)
    later = rp.redeem(browser.sign_in(rp, person, scope=EVERYTHING)["code"]).json

    change(rp, purpose=PURPOSE)

    refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")
    refused(rp.refresh(later["refresh_token"]), "invalid_grant")


def test_purpose_reworded_in_the_language_not_shown_changes_nothing(house: House, person: Person) -> None:
    rp, tokens, _ = purposeful(house, person)

    change(rp, purpose={**PURPOSE, "en": "Certificates of criminal records"})

    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_purpose_in_the_other_language_is_the_same_one(
    house: House, person: Person, browser: Browser
) -> None:
    rp = house.client(purpose=PURPOSE)
    assert asks(browser, rp, person, ui_locales="en")
    assert house.provider.consents.ever(person.account_id)[0].consent.purpose == PURPOSE["en"]

    assert not asks(browser, rp, person, ui_locales="vi")


def test_purpose_in_one_language_is_shown_in_the_other_and_held_to(
    house: House, person: Person, browser: Browser
) -> None:
    rp = house.client(purpose={"vi": PURPOSE["vi"]})
    browser.open("/authorize", rp.request(acr_values=LEVEL, ui_locales="en"))
    browser.submit({"username": person.username, "password": person.password})
    assert PURPOSE["vi"] in browser.text
    browser.submit({}, "consent-allow")

    change(rp, purpose={"vi": ANOTHER["vi"]})

    refused(rp.redeem(browser.answer["code"]), "invalid_grant")
    assert asks(browser, rp, person, ui_locales="en")


def test_yes_to_one_purpose_is_not_carried_over_to_another(
    house: House, person: Person, browser: Browser
) -> None:
    rp = house.client(purpose=PURPOSE)
    browser.sign_in(rp, person, scope="openid profile phone")
    change(rp, purpose=ANOTHER)

    browser.open("/authorize", rp.request(scope="openid profile"))
    browser.submit({}, "consent-allow")

    consent = house.provider.consents.find(person.account_id, rp.client_id)
    assert consent is not None
    assert consent.scope == {"openid", "profile"}


@pytest.mark.parametrize(
    ("kind", "number", "told"),
    [
        (Kind.CITIZEN, "001199990001", {"account_kind", "name", "birthdate", "nationalities", "province"}),
        (Kind.FOREIGNER, "900990000001", {"account_kind", "name", "birthdate", "foreigner_number"}),
    ],
)
def test_scopes_of_a_kind_say_nothing_of_others(
    house: House, rp: RelyingParty, kind: Kind, number: str, told: set[str]
) -> None:
    person = house.person(kind=kind, number=number)

    tokens = tokens_for(rp, person, scope="openid person foreigner organisation")

    answer = rp.userinfo(tokens["access_token"]).json
    assert told <= answer.keys()
    assert answer.keys().isdisjoint({"organisation_number", "identity_number", "head_office", "tax_code"})


def test_who_acts_for_another_tells_nothing_of_themself(house: House, person: Person) -> None:
    rp = house.client(acts_for=("organisation",), claims=("age_over_18", "tax_code"))
    mandate = represents(house, person, an_organisation_of(house))
    wish = dict.fromkeys(("age_over_18", "birthdate", "identity_number", "tax_code"))
    scope = "openid profile email address phone identity person organisation"

    tokens = tokens_under(
        rp, person, mandate, scope=scope, claims=json.dumps({"id_token": wish, "userinfo": wish})
    )

    answers = [house.id_token(tokens["id_token"])[1], rp.userinfo(tokens["access_token"]).json]
    for answer in answers:
        assert answer["act"].keys() == {"sub"}
        assert answer.keys().isdisjoint({"birthdate", "age_over_18", "gender", "identity_number", "province"})
        assert answer["tax_code"]["type"] == "organisation"
        assert person.username not in json.dumps(answer)
    assert answers[1]["name"] == "Công ty Lúa Vàng"


def payments(*amounts: int) -> str:
    return json.dumps([{**PAYMENT, "amount_vnd": str(amount)} for amount in amounts])


@pytest.mark.spec("RFC 9396 §9.1")
def test_limit_is_told_alike_in_the_id_token_and_at_introspection(house: House, person: Person) -> None:
    rp = house.client(acts_for=("organisation",), authorization_details_types=("fee_payment",))
    mandate = represents(house, person, an_organisation_of(house), limit_vnd=1_000_000)

    tokens = tokens_under(rp, person, mandate, authorization_details=payments(600_000))

    told = {"role": Role.REPRESENTATIVE.value, "limit_vnd": 1_000_000}
    assert house.id_token(tokens["id_token"])[1]["mandate"] == told
    assert introspected(rp, tokens["access_token"])["mandate"] == told


@pytest.mark.spec("RFC 9396 §9")
@pytest.mark.parametrize(
    ("amounts", "is_enough"), [((1_000_000,), True), ((1_000_001,), False), ((600_000, 400_001), False)]
)
def test_act_above_the_mandates_limit_is_refused_before_anybody_says_yes(
    house: House, person: Person, browser: Browser, amounts: tuple[int, ...], is_enough: bool
) -> None:
    rp = house.client(acts_for=("organisation",), authorization_details_types=("fee_payment",))
    represents(house, person, an_organisation_of(house), limit_vnd=1_000_000)
    browser.open("/authorize", rp.request(acr_values=LEVEL, authorization_details=payments(*amounts)))
    browser.submit({"username": person.username, "password": person.password})

    browser.submit({}, "whom-1")

    if is_enough:
        assert "consent-allow" in browser.page.ids
    else:
        assert browser.answer["error"] == "access_denied"
        assert "limit_vnd" in browser.answer["error_description"]


def test_no_token_is_issued_above_the_mandates_limit(house: House, person: Person) -> None:
    rp = house.client(acts_for=("organisation",), authorization_details_types=("fee_payment",))
    mandate = represents(house, person, an_organisation_of(house), limit_vnd=100)
    wide = replace(mandate, limit_vnd=None)  # as a desk that forgot to look would see it

    with pytest.raises(AssertionError, match="not enough"):
        tokens_under(rp, person, wide, authorization_details=payments(101))


def test_consent_page_calls_an_organisations_claims_by_their_own_names(
    house: House, person: Person, browser: Browser
) -> None:
    rp = house.client(acts_for=("organisation",))
    represents(house, person, an_organisation_of(house))
    browser.open("/authorize", rp.request(acr_values=LEVEL, scope="openid organisation"))
    browser.submit({"username": person.username, "password": person.password})

    browser.submit({}, "whom-1")

    assert "Tên tổ chức" in browser.text
    assert "Họ và tên" not in browser.text
    assert "số định danh cá nhân" not in browser.text  # which an organisation's tax code is not
