"""RFC 9396: what exactly a client asks to do."""

import json
from typing import Any

import pytest

from idp.oidc.authorization.rar import TYPES
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, refused, signed_in

PAYMENT = {
    "type": "fee_payment",
    "creditor": "Kho bạc <Hà Nội>",
    "reference": "Lệ phí 42",
    "amount_vnd": "1500000",
}
DOSSIER = {
    "type": "dossier",
    "procedure": "Khai sinh",
    "identifier": "HS-7",
    "actions": ["submit", "read"],
}


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client(authorization_details_types=("fee_payment", "dossier"))


def asking(rp: RelyingParty, *details: Any, **overrides: str | None) -> dict[str, str]:
    return rp.request(authorization_details=json.dumps(details), **overrides)


@pytest.mark.spec("RFC 9396 §7")
def test_what_was_allowed_comes_back_with_the_tokens(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", asking(rp, PAYMENT, DOSSIER, scope="openid offline_access"))
    tokens = rp.redeem(allow(browser)["code"]).get_json()

    assert tokens["authorization_details"] == [PAYMENT, DOSSIER]
    assert rp.refresh(tokens["refresh_token"]).get_json()["authorization_details"] == [PAYMENT, DOSSIER]


@pytest.mark.spec("RFC 9396 §7")
def test_nothing_asked_leaves_no_trace(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request())

    assert "authorization_details" not in rp.redeem(allow(browser)["code"]).get_json()


@pytest.mark.spec("RFC 9396 §9")
def test_person_sees_every_member_before_allowing(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", asking(rp, PAYMENT, DOSSIER))

    for shown in ("Kho bạc &lt;Hà Nội&gt;", "Lệ phí 42", "1.500.000 VND", "HS-7", "submit, read"):
        assert shown in browser.text
    assert "Kho bạc <Hà Nội>" not in browser.text


@pytest.mark.spec("RFC 9396 §9")
def test_acts_are_asked_about_every_time(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    for _ in range(2):
        browser.open("/authorize", asking(rp, PAYMENT))
        assert "consent-allow" in browser.page.ids
        browser.submit({}, "consent-allow")

    browser.open("/authorize", asking(rp, PAYMENT, prompt="none"))

    assert browser.answer["error"] == "consent_required"


@pytest.mark.spec("RFC 9126 §2")
def test_details_are_pushed(house: House, rp: RelyingParty, person: Person) -> None:
    reference = rp.post("/par", asking(rp, DOSSIER)).get_json()["request_uri"]
    browser = signed_in(house, person)

    browser.open("/authorize", {"client_id": rp.client_id, "request_uri": reference})

    assert rp.redeem(allow(browser)["code"]).get_json()["authorization_details"] == [DOSSIER]


@pytest.mark.spec("RFC 9396 §5")
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "null",
        "x",
        "[1]",
        '[{"type": 1}]',
        "[{}]",
        '[{"type": "unheard_of"}]',
        '[],"more":[]',
        "[" * 50,
        json.dumps([PAYMENT] * 11),
        json.dumps([{**PAYMENT, "more": "x"}]),
        json.dumps([{**PAYMENT, "amount_vnd": 5}]),
        json.dumps([{**PAYMENT, "amount_vnd": "-5"}]),
        json.dumps([{**PAYMENT, "creditor": ""}]),
        json.dumps([{**PAYMENT, "creditor": "x" * 201}]),
        json.dumps([{**PAYMENT, "creditor": "a\u202eb"}]),
        json.dumps([{**DOSSIER, "actions": "submit"}]),
        json.dumps([{"type": "fee_payment"}]),
        '[{"type": "dossier", "type": "fee_payment"}]',
    ],
)
def test_what_does_not_fit_is_refused(rp: RelyingParty, text: str) -> None:
    response = rp.post("/par", rp.request(authorization_details=text))

    assert "authorization_details" in refused(response, "invalid_authorization_details")


@pytest.mark.spec("RFC 9396 §5")
def test_type_must_be_registered_for_the_client(house: House, browser: Browser) -> None:
    rp = house.client("other", authorization_details_types=("dossier",))

    browser.open("/authorize", asking(rp, PAYMENT))

    assert browser.answer["error"] == "invalid_authorization_details"
    assert "fee_payment" in browser.answer["error_description"]


@pytest.mark.spec("RFC 9396 §10")
def test_discovery_names_the_types(house: House) -> None:
    document: dict[str, Any] = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["authorization_details_types_supported"] == list(TYPES)
