"""A citizen signs in at a relying party: from the request to the claims."""

import pytest

from tests.house import Browser, House, Person, RelyingParty


@pytest.mark.spec("RFC 6749 §3.1", "OIDC Core 1.0 §3.1.2.3")
def test_citizen_signs_in_and_is_known_by_name(
    house: House, rp: RelyingParty, person: Person, browser: Browser
) -> None:
    answer = browser.sign_in(rp, person)

    tokens = rp.redeem(answer["code"])
    assert tokens.status_code == 200, tokens.text
    header, claims = house.id_token(tokens.json["id_token"])
    assert (answer["state"], answer["iss"]) == ("xyz", house.settings.issuer)
    assert header["alg"] == "ES256"
    assert claims["nonce"] == rp.nonce
    assert claims["acr"] == "urn:dinhdanh:aal:2"
    assert claims["amr"] == ["otp", "pwd", "mfa"]
    assert claims["account_level"] == "02"
    known = rp.userinfo(tokens.json["access_token"]).json
    assert known["sub"] == claims["sub"]
    assert known["name"] == "Trần Thị Thu Hà"
    assert "phone_number" not in known
