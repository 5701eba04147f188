"""An account that is locked: everything it opened is shut at once, and stays shut."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.lock_requests import Turn
from idp.accounts.locks import LockStands, UnlockByAuthority
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


class TestAuthority:
    """An authority's request, decided by two officers, locks and unlocks (Decree 69/2024 Art. 29-30)."""

    @pytest.fixture
    def officers(self, house: House) -> list[UUID]:
        accounts = [house.person().account_id for _ in range(2)]
        for account_id in accounts:
            house.provider.officers.appoint(account_id, "Công an phường Mẫu", "cli")
        return accounts

    def decide(
        self, house: House, person: Person, officers: list[UUID], turn: Turn, *, is_granted: bool = True
    ) -> Status:
        requests = house.provider.lock_requests
        request = requests.file(person.account_id, turn, "Công an tỉnh Mẫu", "12/CV-PC06", officers[0])
        requests.forward(request.id, officers[0])
        return house.provider.locking.decide(request.id, officers[1], is_granted=is_granted).status

    @pytest.mark.spec("Decree 69/2024 Art. 29")
    def test_what_is_granted_is_done_at_once(
        self, house: House, rp: RelyingParty, person: Person, browser: Browser, officers: list[UUID]
    ) -> None:
        tokens = rp.redeem(browser.sign_in(rp, person)["code"]).json

        locked = self.decide(house, person, officers, Turn.LOCK)
        refused = rp.userinfo(tokens["access_token"])
        opened = self.decide(house, person, officers, Turn.UNLOCK)

        assert (locked, refused.status_code, opened) == (Status.LOCKED, 401, Status.ACTIVE)

    def test_what_is_refused_changes_nothing(
        self, house: House, person: Person, officers: list[UUID]
    ) -> None:
        assert self.decide(house, person, officers, Turn.LOCK, is_granted=False) is Status.ACTIVE

    def test_holder_does_not_open_it_alone(self, house: House, person: Person, officers: list[UUID]) -> None:
        self.decide(house, person, officers, Turn.LOCK)

        with pytest.raises(UnlockByAuthority):
            house.provider.locking.unlock(person.account_id, "holder")

    def test_of_two_locks_at_once_one_wins_and_the_other_is_told(self, house: House, person: Person) -> None:
        start = threading.Barrier(2)

        def lock(actor: str) -> str:
            start.wait()
            try:
                return str(house.provider.locking.lock(person.account_id, LockGround.CARD_HELD, actor).status)
            except LockStands as refusal:
                return refusal.code

        with ThreadPoolExecutor(2) as pool:
            told = sorted(pool.map(lock, ["cli", "population"]))

        assert told == ["lock_stands", "locked"]
        assert len(house.provider.locks.ever(person.account_id)) == 1
