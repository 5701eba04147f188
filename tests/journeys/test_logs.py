"""What is written down of a sign-in: enough to follow it, nothing to be used, nobody's name."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.telemetry import configure_logging
from tests.house import PASSWORD, SECRET, Browser, House, Person, RelyingParty

WRONG = "mat-khau-sai-khong-ai-thay"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The log file of this test; logging is as before once it is over."""
    root = logging.getLogger()
    before = root.handlers[:]
    path = tmp_path / "idp.log"
    root.handlers = []
    configure_logging(path)
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers = []
    configure_logging(None)
    root.handlers = before


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def walk(house: House, rp: RelyingParty, person: Person) -> list[str]:
    """A sign-in with everything that goes wrong in one; gives every secret that was in it."""
    browser = house.browser()
    seen: list[str] = [rp.verifier, rp.nonce]
    browser.open(
        "/authorize", rp.request(login_hint=person.username, scope="openid profile phone offline_access")
    )
    browser.submit({"username": person.username, "password": WRONG})
    browser.submit({"username": person.username, "password": person.password})
    browser.submit({}, "try-sms_otp")
    seen.append(house.last_sms_code())
    browser.submit({"otp": "000000"})
    browser.submit({"otp": seen[-1]})
    seen.append(browser.page.forms[0].fields["form_token"])
    browser.submit({}, "consent-allow")
    code = browser.answer["code"]
    tokens = rp.redeem(code).json
    rp.userinfo(tokens["access_token"])
    renewed = rp.refresh(tokens["refresh_token"]).json
    rp.redeem(code)
    rp.refresh(renewed["refresh_token"])
    rp.userinfo("A" * 90)
    browser.open("/account/totp")
    browser.open(f"/nowhere/{person.username}", {"password": PASSWORD, "code": code})
    browser.open("/logout", {"id_token_hint": tokens["id_token"], "state": "secret-state"})
    cookies = [browser.client.get_cookie(f"idp_{name}") for name in ("session", "browser", "device")]
    seen += [code, tokens["access_token"], tokens["refresh_token"], tokens["id_token"]]
    seen += [renewed["access_token"], renewed["refresh_token"], str(rp.secret)]
    seen += [cookie.value for cookie in cookies if cookie]
    seen += [person.username, person.password, WRONG, str(person.totp_secret), SECRET]
    seen += ["+84900000001", "0900000001", "900000001", "Trần", "1999-05-17", "secret-state"]
    return seen


def test_log_of_a_sign_in_holds_nothing_to_be_used(
    house: House, rp: RelyingParty, person: Person, log: Path
) -> None:
    secrets = walk(house, rp, person)

    text = log.read_text() + json.dumps(lines(log), ensure_ascii=False)
    assert len(lines(log)) > 15
    assert [secret for secret in secrets if secret in text] == []


def test_remembered_facts_of_a_sign_in_hold_nothing_to_be_used(
    house: House, rp: RelyingParty, person: Person, log: Path
) -> None:
    secrets = walk(house, rp, person)

    rows = house.provider.database.engine.connect().exec_driver_sql("SELECT * FROM audit_events").all()
    text = "\n".join(str(tuple(row)) for row in rows)
    assert len(rows) > 10
    assert [secret for secret in secrets if secret in text] == []


def test_database_files_hold_no_secret_and_no_name_in_the_clear(
    house: House, rp: RelyingParty, person: Person, log: Path
) -> None:
    secrets = walk(house, rp, person)
    folder = Path(house.settings.database_url.removeprefix("sqlite:///")).parent

    stored = b"".join(path.read_bytes() for path in folder.glob("*.db*"))

    assert b"sign_in.completed" in stored
    secrets.remove(rp.nonce)  # waits beside its code, and opens nothing
    assert [secret for secret in secrets if len(secret) > 6 and secret.encode() in stored] == []


def test_every_request_is_one_line_that_names_its_route_and_not_its_path(
    house: House, rp: RelyingParty, person: Person, browser: Browser, log: Path
) -> None:
    browser.open("/authorize", rp.request())
    browser.submit({"username": person.username, "password": person.password})
    house.app.test_client().get("/jwks")  # fetched all day, answered above the log
    house.app.test_client().get(f"/nowhere/{person.username}")
    house.app.test_client().post("/token")

    told = [
        (line["method"], line["route"], line["status"]) for line in lines(log) if line["event"] == "request"
    ]

    assert told == [
        ("GET", "/authorize", 200),
        ("POST", "/signin/<interaction_id>/identify", 303),
        ("GET", "/signin/<interaction_id>", 200),
        ("GET", None, 404),
        ("POST", "/token", 415),
    ]
    assert all(line["milliseconds"] >= 0 for line in lines(log) if line["event"] == "request")
    assert len({line["request_id"] for line in lines(log)}) == len(told)


def test_refusal_is_named_in_the_line_by_its_code_word(
    house: House, rp: RelyingParty, browser: Browser, log: Path
) -> None:
    browser.open("/authorize", rp.request(scope="horoscope"))
    rp.redeem("A" * 65)
    browser.open("/signin/nonesuch")

    errors = [line.get("error") for line in lines(log) if line["event"] == "request"]

    assert errors == ["invalid_scope", "invalid_grant", "interaction_expired"]


def test_line_cannot_be_forged_from_outside(rp: RelyingParty, browser: Browser, log: Path) -> None:
    forged = '"}\n{"event": "request", "status": 200, "route": "/forged"}'

    browser.open("/authorize", rp.request(state=forged, client_id=forged))
    browser.client.get("/" + forged.replace("\n", "%0A"))
    browser.client.get("/authorize", headers={"User-Agent": "x\ty", "X-Forwarded-For": '1.2.3.4"}'})

    assert "/forged" not in [line.get("route") for line in lines(log)]
    assert all(line["address"] == "127.0.0.1" for line in lines(log) if line["event"] == "request")


def test_guessing_raises_an_alarm_without_saying_at_whom_by_number(
    house: House, rp: RelyingParty, person: Person, browser: Browser, log: Path
) -> None:
    browser.open("/authorize", rp.request())
    for _ in range(5):
        browser.submit({"username": person.username, "password": WRONG})

    alarms = [line for line in lines(log) if line["event"] == "alarm"]

    assert [alarm["audit_event"] for alarm in alarms] == ["sign_in.locked_out"]
    assert alarms[0]["account_id"] == str(person.account_id)
    assert person.username not in log.read_text()


def test_fault_nobody_foresaw_is_logged_whole_and_told_in_one_sentence(
    house: House,
    rp: RelyingParty,
    person: Person,
    browser: Browser,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(number: str) -> None:
        raise RuntimeError(f"no account {number} for {PASSWORD}")

    browser.open("/authorize", rp.request())
    monkeypatch.setattr(house.provider.desk.accounts, "by_number", broken)

    failed = browser.submit({"username": person.username, "password": PASSWORD})

    assert failed.status_code == 500
    assert "RuntimeError" not in failed.text
    unforeseen = next(line for line in lines(log) if line["event"] == "unforeseen")
    assert unforeseen["reference"] in failed.text
    assert "RuntimeError" in json.dumps(unforeseen)
    assert person.username not in log.read_text()
