"""RFC 9396: what exactly a client asks to do."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from idp.oidc.grants.answered import CibaGrant, DeviceGrant
from idp.oidc.tokens.rar import TYPES
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


@pytest.mark.spec("RFC 9396 §7", "RFC 9396 §9.2")
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


@pytest.mark.spec("RFC 9396 §9", "RFC 9396 §3")
def test_person_sees_every_member_before_allowing(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", asking(rp, PAYMENT, DOSSIER))

    for shown in ("Kho bạc &lt;Hà Nội&gt;", "Lệ phí 42", "1.500.000 đồng", "HS-7", "nộp, xem"):
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


@pytest.mark.spec("RFC 9396 §5", "RFC 9396 §2")
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


# At the token endpoint

LESS = {**DOSSIER, "actions": ["read"]}


def allowed_code(house: House, rp: RelyingParty, person: Person, *details: Any) -> str:
    browser = signed_in(house, person)
    browser.open("/authorize", asking(rp, *details, scope="openid offline_access"))
    return allow(browser)["code"]


@pytest.mark.spec("RFC 9396 §6")
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_token_request_leaves_acts_out_and_only_this_token_has_fewer(
    house: House, person: Person, form: str
) -> None:
    rp = house.client(authorization_details_types=("fee_payment", "dossier"), access_token_format=form)

    code = allowed_code(house, rp, person, PAYMENT, DOSSIER)
    first = rp.redeem(code, authorization_details=json.dumps([LESS])).get_json()
    again = rp.refresh(first["refresh_token"], authorization_details=json.dumps([PAYMENT])).get_json()
    whole = rp.refresh(again["refresh_token"]).get_json()

    for body, details in ((first, [LESS]), (again, [PAYMENT]), (whole, [PAYMENT, DOSSIER])):
        assert body["authorization_details"] == details
        seen = rp.post("/introspect", {"token": body["access_token"]}).get_json()
        assert seen["authorization_details"] == details


@pytest.mark.spec("RFC 9396 §6")
@pytest.mark.parametrize(
    "asked",
    [
        [{**PAYMENT, "amount_vnd": "1500001"}],
        [{**PAYMENT, "creditor": "Kho khác"}],
        [PAYMENT, PAYMENT],
        [{**DOSSIER, "actions": ["read", "delete"]}],
        [LESS, {**DOSSIER, "actions": ["submit"]}],
        [],
        "x",
        [{"type": "unknown"}],
    ],
)
def test_token_request_never_widens_nor_doubles(
    house: House, rp: RelyingParty, person: Person, asked: Any
) -> None:
    code = allowed_code(house, rp, person, PAYMENT, DOSSIER)

    refused(rp.redeem(code, authorization_details=json.dumps(asked)), "invalid_authorization_details")


@pytest.mark.spec("RFC 9396 §6")
def test_acts_cannot_come_by_the_token_request_alone(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request())

    refused(
        rp.redeem(allow(browser)["code"], authorization_details=json.dumps([PAYMENT])),
        "invalid_authorization_details",
    )


@pytest.mark.spec("RFC 9396 §5")
def test_nobody_is_asked_where_a_client_asks_for_itself(house: House) -> None:
    back = house.client(
        "back", grant_types=("client_credentials",), authorization_details_types=("fee_payment",)
    )
    form = {"grant_type": "client_credentials", "scope": "reports"}

    refused(
        back.post("/token", {**form, "authorization_details": json.dumps([PAYMENT])}),
        "invalid_authorization_details",
    )


@pytest.mark.spec("RFC 9396 §9")
@pytest.mark.parametrize("door", ["/device_authorization", "/bc-authorize"])
def test_person_asked_elsewhere_sees_every_member_at_once(house: House, person: Person, door: str) -> None:
    """Before a yes that leads on to a sign-in, not only after it."""
    party = house.client(
        "counter",
        grant_types=(DeviceGrant.GRANT_TYPE, CibaGrant.GRANT_TYPE),
        backchannel_token_delivery_mode="poll",
        authorization_details_types=("dossier",),
    )
    form = {"scope": "openid", "authorization_details": json.dumps([DOSSIER])}
    browser = signed_in(house, person)
    if door == "/bc-authorize":
        form["login_hint"] = person.username
        asked = party.post(door, form).get_json()
        browser.open("/account/requests")
        allow_button, grant = "request-allow-1", {"auth_req_id": asked["auth_req_id"]}
    else:
        asked = party.post(door, form).get_json()
        browser.open("/device", {"user_code": asked["user_code"]})
        browser.submit({}, "device-submit")
        allow_button, grant = "device-allow", {"device_code": asked["device_code"]}

    for told in ("Khai sinh", "HS-7", "nộp, xem"):
        assert told in browser.text
    browser.submit({}, allow_button)
    browser.submit({}, "consent-allow")
    grant["grant_type"] = CibaGrant.GRANT_TYPE if "auth_req_id" in grant else DeviceGrant.GRANT_TYPE
    assert party.post("/token", grant).get_json()["authorization_details"] == [DOSSIER]


@pytest.mark.spec("RFC 9396 §10", "RFC 7591 §3.2.2")
def test_type_that_nobody_knows_is_not_registered(make_house: Callable[..., House]) -> None:
    house = make_house(is_simulator=True)
    asked = {"client_name": "Trial", "redirect_uris": ["https://rp.example/cb"]}
    browser = house.app.test_client()

    known = browser.post("/register", json={**asked, "authorization_details_types": list(TYPES)})
    path = known.get_json()["registration_client_uri"].removeprefix(house.settings.issuer)
    headers = {"Authorization": f"Bearer {known.get_json()['registration_access_token']}"}
    wrong = {**asked, "authorization_details_types": ["dossier", "invented"]}
    refusals = [
        browser.post("/register", json=wrong),
        browser.put(path, json={**wrong, "client_id": known.get_json()["client_id"]}, headers=headers),
    ]

    assert known.get_json()["authorization_details_types"] == list(TYPES)
    for response in refusals:
        assert "invented" in refused(response, "invalid_client_metadata")
