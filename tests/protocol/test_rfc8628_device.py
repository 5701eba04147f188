"""RFC 8628: a device without a keyboard asks, a person answers at another one."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.audit.lanes import audit_events
from idp.oidc.authorization.device import ALPHABET
from idp.oidc.grants.answered import DeviceGrant
from idp.signin import user_codes
from tests.house import query_of
from tests.protocol.acts import signed_in

GRANT = DeviceGrant.GRANT_TYPE


@pytest.fixture
def tv(house):
    """A television: public, with nothing to redirect to."""
    return house.client(
        "tv",
        client_name={"vi": "Truyền hình thử", "en": "Trial television"},
        token_endpoint_auth_method="none",
        application_type="native",
        redirect_uris=("http://localhost/unused",),
        grant_types=(GRANT, "refresh_token"),
        client_uri="https://tv.example",
    )


def begin(party, **form):
    response = party.post("/device_authorization", {"scope": "openid profile", **form})
    assert response.status_code == 200, response.text
    return response.get_json()


def poll(party, device_code, **form):
    return party.post("/token", {"grant_type": GRANT, "device_code": device_code, **form})


def open_request(browser, user_code):
    """To the page that says who asks."""
    browser.open("/device")
    return browser.submit({"device-code": user_code}, "device-submit")


def approve(browser, user_code, person):
    open_request(browser, user_code)
    browser.submit({}, "device-allow")
    for _ in range(6):
        ids = browser.page.ids
        if "request-allowed" in ids:
            return
        if "username" in ids:
            browser.submit({"username": person.username, "password": person.password})
        elif "otp" in ids:
            browser.house.clock.advance_step()
            browser.submit({"otp": person.code()})
        else:
            browser.submit({}, "consent-allow")
    raise AssertionError(browser.text)


def error_of(response, status=400):
    assert response.status_code == status, response.text
    assert response.headers["Cache-Control"] == "no-store"
    return response.get_json()["error"]


@pytest.mark.spec("RFC 8628 §3.2")
def test_answer_names_codes_address_and_times(house, tv):
    response = tv.post("/device_authorization", {"scope": "openid"})
    answer = response.get_json()

    assert response.headers["Cache-Control"] == "no-store"
    assert set(answer) == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }
    assert answer["verification_uri"] == f"{house.settings.issuer}/device"
    assert query_of(answer["verification_uri_complete"])["user_code"] == [answer["user_code"]]
    assert (answer["expires_in"], answer["interval"]) == (600, 5)


@pytest.mark.spec("RFC 8628 §6.1")
def test_user_code_has_letters_that_nobody_mistakes(tv):
    codes = {begin(tv)["user_code"] for _ in range(5)}

    assert len(codes) == 5
    assert all(re.fullmatch(f"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", code) for code in codes)
    assert not set(ALPHABET) & set("AEIOUY0125SB8"[:-3])


@pytest.mark.spec("RFC 8628 §4")
def test_discovery_names_the_endpoint_and_the_grant(house):
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["device_authorization_endpoint"] == f"{house.settings.issuer}/device_authorization"
    assert GRANT in document["grant_types_supported"]


@pytest.mark.spec("RFC 8628 §3.1")
def test_client_that_is_not_registered_for_devices_is_refused(house, rp):
    assert error_of(rp.post("/device_authorization", {"scope": "openid"})) == "unauthorized_client"


@pytest.mark.spec("RFC 8628 §3.1")
def test_confidential_client_must_prove_itself(house):
    kiosk = house.client("kiosk", grant_types=(GRANT,))
    kiosk.secret = "wrong"

    assert error_of(kiosk.post("/device_authorization", {"scope": "openid"}), 401) == "invalid_client"


@pytest.mark.spec("RFC 8628 §3.1")
@pytest.mark.parametrize(
    ("form", "error"), [({"scope": "reports"}, "invalid_scope"), ({}, "invalid_request")]
)
def test_scope_is_read_as_at_the_authorization_endpoint(tv, form, error):
    assert error_of(tv.post("/device_authorization", form)) == error


@pytest.mark.spec("RFC 8628 §3.5", "RFC 8628 §3.3")
def test_person_signs_in_and_the_device_gets_tokens(house, tv, person, browser):
    asked = begin(tv)
    assert error_of(poll(tv, asked["device_code"])) == "authorization_pending"

    approve(browser, asked["user_code"], person)
    response = poll(tv, asked["device_code"])

    assert response.status_code == 200, response.text
    tokens = response.get_json()
    _, claims = house.id_token(tokens["id_token"])
    assert claims["aud"] == "tv"
    assert claims["acr"] == "urn:dinhdanh:aal:2"
    assert "refresh_token" not in tokens
    assert tv.userinfo(tokens["access_token"]).get_json()["sub"] == claims["sub"]


@pytest.mark.spec("RFC 8628 §3.5")
def test_refresh_token_comes_with_offline_access(tv, person, browser):
    asked = begin(tv, scope="openid offline_access")
    approve(browser, asked["user_code"], person)

    tokens = poll(tv, asked["device_code"]).get_json()

    assert tv.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 8628 §3.3", "RFC 8628 §5.4")
def test_page_says_who_asks_what_for_and_warns(tv, browser):
    asked = begin(tv, scope="openid profile phone")
    open_request(browser, asked["user_code"].lower().replace("-", " "))

    assert "Truyền hình thử" in browser.text
    assert "tv.example" not in browser.text.split("<main")[0]
    assert asked["user_code"] in browser.text
    assert {"device-allow", "device-deny", "device-warning"} <= browser.page.ids


def test_page_names_what_is_asked_with_its_proof(house, browser):
    verified = {"verification": {"trust_framework": None}, "claims": {"birthdate": None}}
    party = house.client("box", grant_types=(GRANT, "authorization_code"), claims=("birthdate",))
    asked = begin(party, claims=json.dumps({"userinfo": {"verified_claims": verified}}))

    open_request(browser, asked["user_code"])

    assert "<li>Ngày sinh, kèm bằng chứng</li>" in browser.text
    assert "<li></li>" not in browser.text


@pytest.mark.spec("RFC 8628 §3.3.1")
def test_code_in_the_address_is_filled_in_and_not_yet_accepted(tv, browser):
    asked = begin(tv)
    browser.open("/device", {"user_code": asked["user_code"]})

    assert browser.page.form_with("device-submit").fields["user_code"] == asked["user_code"]
    assert "Truyền hình thử" not in browser.text


@pytest.mark.spec("RFC 8628 §3.5")
def test_refusal_needs_no_sign_in_and_reaches_the_device(tv, browser):
    asked = begin(tv)
    open_request(browser, asked["user_code"])
    browser.submit({}, "device-deny")

    assert "request-refused" in browser.page.ids
    assert error_of(poll(tv, asked["device_code"])) == "access_denied"


@pytest.mark.spec("RFC 8628 §3.5")
def test_refusal_on_the_consent_page_reaches_the_device(house, tv, person):
    asked = begin(tv)
    browser = signed_in(house, person)
    open_request(browser, asked["user_code"])
    browser.submit({}, "device-allow")
    browser.submit({}, "consent-deny")

    assert "request-refused" in browser.page.ids
    assert error_of(poll(tv, asked["device_code"])) == "access_denied"


@pytest.mark.spec("RFC 8628 §3.5")
def test_polling_too_often_is_slowed_down_for_good(house, tv):
    code = begin(tv)["device_code"]

    assert error_of(poll(tv, code)) == "authorization_pending"
    house.clock.advance(timedelta(seconds=2))
    assert error_of(poll(tv, code)) == "slow_down"
    house.clock.advance(timedelta(seconds=6))
    assert error_of(poll(tv, code)) == "slow_down"
    house.clock.advance(timedelta(seconds=15))
    assert error_of(poll(tv, code)) == "authorization_pending"


@pytest.mark.spec("RFC 8628 §3.5")
def test_code_that_nobody_answered_expires(house, tv, browser):
    asked = begin(tv)
    house.clock.advance(timedelta(minutes=10, seconds=1))

    assert error_of(poll(tv, asked["device_code"])) == "expired_token"
    open_request(browser, asked["user_code"])
    assert browser.shown.status_code == 400
    assert "form-error" in browser.page.ids


@pytest.mark.spec("RFC 8628 §3.4")
def test_code_belongs_to_its_client(house, tv, person, browser):
    other = house.client("other-tv", token_endpoint_auth_method="none", grant_types=(GRANT,))
    asked = begin(tv)
    approve(browser, asked["user_code"], person)

    assert error_of(poll(other, asked["device_code"])) == "invalid_grant"
    assert poll(tv, asked["device_code"]).status_code == 200


@pytest.mark.spec("RFC 8628 §3.5")
def test_of_parallel_polls_one_succeeds(tv, person, browser):
    asked = begin(tv)
    approve(browser, asked["user_code"], person)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: poll(tv, asked["device_code"]), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert error_of(poll(tv, asked["device_code"])) == "invalid_grant"


@pytest.mark.spec("RFC 8628 §5.1")
def test_user_code_works_once(tv, person, browser):
    asked = begin(tv)
    approve(browser, asked["user_code"], person)
    open_request(browser, asked["user_code"])

    assert browser.shown.status_code == 400


@pytest.mark.spec("RFC 8628 §5.1")
def test_guessing_from_one_address_is_stopped(tv, browser):
    asked = begin(tv)
    for _ in range(50):
        open_request(browser, "BBBBB-BBBBB")
        assert browser.shown.status_code == 400

    open_request(browser, asked["user_code"])

    assert browser.shown.status_code == 429


@pytest.mark.spec("RFC 8628 §5.1")
def test_guessing_from_everywhere_is_stopped(tv, browser, monkeypatch):
    monkeypatch.setattr(user_codes, "WRONG_CODES", 3)
    asked = begin(tv)
    for _ in range(3):
        open_request(browser, "BBBBB-BBBBB")

    open_request(browser, asked["user_code"])

    assert browser.shown.status_code == 429


@pytest.mark.spec("RFC 8628 §5.4")
def test_answer_needs_a_form_that_this_browser_was_given(tv, browser):
    asked = begin(tv)
    forged = {"user_code": asked["user_code"], "decision": "allow"}

    assert browser.client.post("/device", data=forged).status_code == 403
    assert browser.client.post("/device/answer", data=forged).status_code == 403


@pytest.mark.spec("RFC 8628 §3.5")
def test_what_was_allowed_dies_with_its_session(house, tv, person, browser):
    asked = begin(tv)
    approve(browser, asked["user_code"], person)
    house.provider.sessions.end_all(person.account_id)

    assert error_of(poll(tv, asked["device_code"])) == "invalid_grant"


@pytest.mark.spec("RFC 8628 §3.5", "RFC 8628 §3.4")
@pytest.mark.parametrize("code", ["x", "", "é" * 65, "A" * 65, "A" * 4000])
def test_codes_that_never_were_are_refused(tv, code):
    assert error_of(poll(tv, code)) == ("invalid_grant" if code else "invalid_request")


def test_polls_leave_no_trace_in_the_audit_log(house, tv):
    asked = begin(tv)
    before = house.provider.database.all(audit_events.select())
    poll(tv, asked["device_code"])

    assert house.provider.database.all(audit_events.select()) == before


@pytest.mark.spec("RFC 8628 §5.2")
def test_device_code_is_too_long_to_guess(house, tv):
    given = {begin(tv)["device_code"] for _ in range(3)}

    assert len(given) == 3
    assert all(len(code) >= 43 for code in given)  # 256 bits
