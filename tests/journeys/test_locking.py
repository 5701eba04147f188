"""An account that is locked: everything it opened is shut at once, and stays shut."""

import pytest

from idp.accounts.account import LockGround
from tests.house import Browser, House, Person, RelyingParty


@pytest.fixture
def tokens(rp: RelyingParty, person: Person, browser: Browser) -> dict[str, str]:
    """A signed-in browser's tokens, one of them meant to outlive the session."""
    return rp.redeem(browser.sign_in(rp, person, scope="openid profile offline_access")["code"]).json


@pytest.fixture(params=[LockGround.HOLDER_ASKED, LockGround.DEATH])
def lock(request: pytest.FixtureRequest, house: House, person: Person, tokens: object) -> None:
    house.provider.locking.lock(person.account_id, request.param, "cli")


@pytest.mark.usefixtures("lock")
class TestLocked:
    def test_userinfo_refuses_the_token(self, rp: RelyingParty, tokens: dict[str, str]) -> None:
        refused = rp.userinfo(tokens["access_token"])

        assert refused.status_code == 401
        assert refused.json["error"] == "invalid_token"
        assert "lock" not in refused.text

    def test_refresh_is_refused(self, rp: RelyingParty, tokens: dict[str, str]) -> None:
        refused = rp.refresh(tokens["refresh_token"])

        assert (refused.status_code, refused.json["error"]) == (400, "invalid_grant")
        assert "lock" not in refused.text

    def test_session_signs_in_nowhere(self, rp: RelyingParty, browser: Browser) -> None:
        silent = browser.client.get("/authorize", query_string=rp.request(prompt="none"))
        assert "error=login_required" in silent.headers["Location"]

        browser.open("/authorize", rp.request())
        assert "username" in browser.page.ids

    def test_own_pages_are_shut(self, browser: Browser) -> None:
        for page in ("", "/sessions", "/consents", "/history", "/security", "/totp", "/password"):
            browser.open(f"/account{page}")

            assert "username" in browser.page.ids
            assert "Trần Thị Thu Hà" not in browser.text

    def test_known_browser_is_asked_and_refused_like_any(
        self, rp: RelyingParty, person: Person, browser: Browser
    ) -> None:
        browser.open("/authorize", rp.request())

        browser.submit({"username": person.username, "password": person.password})

        assert browser.shown.status_code == 400
        assert "otp" not in browser.page.ids

    def test_unlocking_brings_none_of_it_back(
        self, house: House, rp: RelyingParty, person: Person, browser: Browser, tokens: dict[str, str]
    ) -> None:
        house.provider.locking.unlock(person.account_id, "cli")

        assert rp.userinfo(tokens["access_token"]).status_code == 401
        assert rp.refresh(tokens["refresh_token"]).status_code == 400
        browser.open("/authorize", rp.request())
        assert "username" in browser.page.ids
        house.clock.advance_step()
        assert "code" in browser.finish(person), "but signing in anew is open"


def test_code_in_flight_when_the_account_is_locked_buys_nothing(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    code = browser.sign_in(rp, person)["code"]

    house.provider.locking.lock(person.account_id, LockGround.AUTHORITY, "cli")

    assert rp.redeem(code).json["error"] == "invalid_grant"
    house.provider.locking.unlock(person.account_id, "cli", is_decided=True)
    assert rp.redeem(code).json["error"] == "invalid_grant", "spent, not parked"


def test_message_is_not_sent_to_the_holder_of_a_locked_account(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    person = house.person(has_totp=False)
    browser.open("/authorize", rp.request())
    browser.submit({"username": person.username, "password": person.password})
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")
    sent = len(house.provider.outbox.recent())

    browser.submit({}, "resend")

    assert len(house.provider.outbox.recent()) == sent


def test_lock_in_the_middle_of_a_sign_in_ends_it_at_the_next_proof(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    browser.open("/authorize", rp.request())
    browser.submit({"username": person.username, "password": person.password})
    house.provider.locking.lock(person.account_id, LockGround.HOLDER_ASKED, "cli")

    refused = browser.submit({"otp": person.code()})

    assert refused.status_code == 400
    assert "consent-allow" not in browser.page.ids
    assert house.provider.sessions.of(person.account_id) == []


def test_locking_one_person_leaves_another_alone(
    house: House, rp: RelyingParty, person: Person, browser: Browser, tokens: dict[str, str]
) -> None:
    victim = house.person()
    house.browser().sign_in(rp, victim)

    house.provider.locking.lock(victim.account_id, LockGround.HOLDER_ASKED, "cli")

    assert rp.userinfo(tokens["access_token"]).status_code == 200
