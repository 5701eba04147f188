"""FAPI-CIBA, and what CIBA Core 1.0 asks of signed requests."""

import json
import secrets
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.oidc.grants.answered import CibaGrant
from tests.assertions import Signer, a_key, a_signer, signed
from tests.house import House, Person
from tests.proofs import Holder
from tests.protocol.acts import refused, signed_in

GRANT = CibaGrant.GRANT_TYPE
DOSSIER = {"type": "dossier", "procedure": "Khai sinh", "identifier": "HS-7", "actions": ["read"]}


@pytest.fixture
def counter(house: House) -> Signer:
    return a_signer(
        house,
        profile="fapi_ciba",
        grant_types=("authorization_code", GRANT),
        backchannel_token_delivery_mode="poll",
        authorization_details_types=("dossier",),
    )


def inside(counter: Signer, person: Person, **changes: Any) -> dict[str, Any]:
    """What a signed request holds; ``None`` leaves a member out."""
    now = int(counter.house.clock().timestamp())
    usual = {
        "iss": counter.client_id,
        "aud": counter.house.settings.issuer,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": secrets.token_urlsafe(16),
        "scope": "openid profile",
        "login_hint": person.username,
        "binding_message": "W4SCT",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def ask(counter: Signer, claims: dict[str, Any], **header: Any) -> TestResponse:
    token = signed(claims, header.pop("key", counter.key), counter.alg, **header)
    return counter.post("/bc-authorize", {"request": token})


@pytest.mark.spec("FAPI-CIBA §5.2.2")
def test_signed_request_is_answered_with_bound_tokens(house: House, counter: Signer, person: Person) -> None:
    response = ask(counter, inside(counter, person))
    assert response.status_code == 200, response.text
    browser = signed_in(house, person)
    browser.open("/account/requests")
    assert "W4SCT" in browser.text
    browser.submit({}, "request-allow-1")
    browser.submit({}, "consent-allow")

    form = {"grant_type": GRANT, "auth_req_id": response.get_json()["auth_req_id"]}
    refused(counter.post("/token", form), "invalid_request")
    given = counter.post("/token", form, headers={"DPoP": Holder(house).proof()})

    assert given.get_json()["token_type"] == "DPoP"


@pytest.mark.spec("FAPI-CIBA §5.2.2")
def test_request_is_signed(counter: Signer, person: Person) -> None:
    plain = {"scope": "openid", "login_hint": person.username, "binding_message": "W4SCT"}

    refused(counter.post("/bc-authorize", plain), "invalid_request")


@pytest.mark.spec("FAPI-CIBA §5.2.2")
def test_request_can_be_told_from_another(counter: Signer, person: Person) -> None:
    refused(ask(counter, inside(counter, person, binding_message=None)), "invalid_request")

    detailed = inside(counter, person, binding_message=None, authorization_details=[DOSSIER])
    assert ask(counter, detailed).status_code == 200


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_request_without_a_binding_message_will_do_outside_the_profile(house: House, person: Person) -> None:
    plain = a_signer(house, "plain", grant_types=(GRANT,), backchannel_token_delivery_mode="poll")

    assert ask(plain, inside(plain, person, binding_message=None)).status_code == 200


@pytest.mark.spec("CIBA Core 1.0 §7.1.1", "FAPI-CIBA §5.2.2")
@pytest.mark.parametrize("member", ["iss", "aud", "iat", "nbf", "exp", "jti"])
def test_signed_request_has_every_member_of_its_envelope(house: House, person: Person, member: str) -> None:
    plain = a_signer(house, "plain", grant_types=(GRANT,), backchannel_token_delivery_mode="poll")

    refused(ask(plain, inside(plain, person, **{member: None})), "invalid_request")


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
def test_requested_expiry_is_text_or_a_number(counter: Signer, person: Person) -> None:
    for asked in ("30", 30):
        answer = ask(counter, inside(counter, person, requested_expiry=asked)).get_json()
        assert answer["expires_in"] == 30
    for wrong in (0, -1, 1.5, True, "x"):
        refused(ask(counter, inside(counter, person, requested_expiry=wrong)), "invalid_request")


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
def test_what_stands_beside_a_signed_request_counts_for_nothing(counter: Signer, person: Person) -> None:
    token = signed(inside(counter, person, binding_message=None), counter.key)

    form = {"request": token, "binding_message": "forged", "authorization_details": json.dumps([DOSSIER])}
    refused(counter.post("/bc-authorize", form), "invalid_request")


@pytest.mark.spec("CIBA Core 1.0 §7.2")
def test_request_that_is_forged_or_came_before_is_refused(counter: Signer, person: Person) -> None:
    claims = inside(counter, person)

    refused(ask(counter, claims, key=a_key()), "invalid_request")
    assert ask(counter, claims).status_code == 200
    refused(ask(counter, claims), "invalid_request")
