"""Many at once, on PostgreSQL: whatever is given once is given once, and what has ended stays ended."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.accounts.account import LockGround
from idp.oidc.grants.answered import CibaGrant, DeviceGrant
from tests.house import Browser, House, Person, RelyingParty
from tests.mandated import an_organisation_of, code_under, given_on, represents
from tests.protocol.acts import signed_in, tokens_for
from tests.protocol.test_rfc9126_par import pushed

ALL = "openid profile offline_access"
AT_ONCE = 50


@pytest.fixture
def house(make_house: Callable[..., House], postgres_url: str) -> House:
    return make_house(database_url=postgres_url, is_demo=False, sms_channel="none")


@pytest.fixture
def device(house: House) -> RelyingParty:
    grants = (DeviceGrant.GRANT_TYPE, CibaGrant.GRANT_TYPE, "refresh_token")
    return house.client("device", grant_types=grants, backchannel_token_delivery_mode="poll")


def together(*acts: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(8) as pool:
        return [each.result() for each in [pool.submit(act) for act in acts]]


def told(answer: TestResponse) -> str:
    body = answer.get_json()
    return "tokens" if answer.status_code == 200 else body["error"]


def backchannel(party: RelyingParty, person: Person) -> str:
    form = {"scope": "openid profile", "login_hint": person.username}
    name: str = party.post("/bc-authorize", form).get_json()["auth_req_id"]
    return name


@pytest.mark.spec("RFC 8628 §3.5")
def test_yes_is_heard_among_polls_and_redeemed_once(
    house: House, device: RelyingParty, person: Person
) -> None:
    asked = device.post("/device_authorization", {"scope": "openid profile"}).get_json()
    form = {"grant_type": DeviceGrant.GRANT_TYPE, "device_code": asked["device_code"]}
    browser = signed_in(house, person)
    browser.open("/device")
    browser.submit({"device-code": asked["user_code"]}, "device-submit")
    browser.submit({}, "device-allow")

    def poll() -> str:
        return told(device.post("/token", form))

    def agree() -> Any:
        return browser.submit({}, "consent-allow")

    answers = together(*[poll] * 10, agree, *[poll] * (AT_ONCE - 10))
    answers.pop(10)

    assert "request-allowed" in browser.page.ids
    assert [*answers, poll()].count("tokens") == 1
    assert set(answers) <= {"tokens", "authorization_pending", "slow_down", "invalid_grant"}


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_of_yes_and_no_at_once_one_counts(house: House, device: RelyingParty) -> None:
    for _ in range(4):
        person = house.person()  # nobody who has agreed before: they would not be asked a second time
        name = backchannel(device, person)
        one, other = signed_in(house, person), signed_in(house, person)
        for browser in (one, other):
            browser.open("/account/requests")
        one.submit({}, "request-allow-1")
        together(
            lambda one=one: one.submit({}, "consent-allow"),
            lambda other=other: other.submit({}, "request-deny-1"),
        )
        form = {"grant_type": CibaGrant.GRANT_TYPE, "auth_req_id": name}
        answers = together(*[lambda form=form: told(device.post("/token", form))] * 8)

        counted = {"tokens": {"tokens", "invalid_grant"}, "access_denied": {"access_denied"}}
        assert set(answers) in counted.values()
        assert answers.count("tokens") <= 1
        assert {one.shown.status_code, other.shown.status_code} == {200}


@pytest.mark.spec("RFC 9126 §7.3")
def test_pushed_request_answered_by_two_browsers_at_once_gives_one_code(
    house: House, rp: RelyingParty, person: Person
) -> None:
    reference = pushed(rp)
    browsers = [signed_in(house, person) for _ in range(8)]
    for browser in browsers:
        browser.open("/authorize", reference)

    together(*[lambda b=browser: b.submit({}, "consent-allow") for browser in browsers])

    given = [browser.answer for browser in browsers if _is_away(browser)]
    assert ["code" in answer for answer in given] == [True]


def _is_away(browser: Browser) -> bool:
    return browser.location is not None and not browser.location.startswith("/")


def test_code_redeemed_while_its_mandate_ends_gives_nothing_that_lives(
    house: House, rp: RelyingParty, person: Person
) -> None:
    chief = represents(house, person, an_organisation_of(house))
    clerk = house.person()
    for _ in range(3):
        mandate = given_on(house, chief, clerk)
        codes = [code_under(rp, clerk, mandate, scope=ALL) for _ in range(4)]

        answers = together(
            *[lambda code=code: rp.redeem(code) for code in codes[:2]],
            lambda mandate=mandate: house.provider.mandates.revoke(mandate.id, person.account_id),
            *[lambda code=code: rp.redeem(code) for code in codes[2:]],
        )
        answers.pop(2)

        assert {told(answer) for answer in answers} <= {"tokens", "invalid_grant"}
        _are_dead(rp, answers)


def test_refreshed_while_the_account_is_locked_gives_nothing_that_lives(
    house: House, rp: RelyingParty
) -> None:
    for _ in range(3):
        person = house.person()
        tokens = [tokens_for(rp, person, scope=ALL)["refresh_token"] for _ in range(4)]

        answers = together(
            *[lambda token=token: rp.refresh(token) for token in tokens[:2]],
            lambda person=person: house.provider.lifecycle.lock(
                person.account_id, LockGround.HOLDER_ASKED, "holder"
            ),
            *[lambda token=token: rp.refresh(token) for token in tokens[2:]],
        )
        answers.pop(2)

        assert {told(answer) for answer in answers} <= {"tokens", "invalid_grant"}
        _are_dead(rp, answers)


def _are_dead(rp: RelyingParty, answers: list[TestResponse]) -> None:
    for body in (answer.get_json() for answer in answers if answer.status_code == 200):
        assert rp.userinfo(body["access_token"]).status_code == 401
        assert told(rp.refresh(body["refresh_token"])) == "invalid_grant"
        for token in (body["access_token"], body["refresh_token"]):
            assert rp.post("/introspect", {"token": token}).get_json() == {"active": False}
