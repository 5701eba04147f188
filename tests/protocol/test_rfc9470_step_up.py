"""RFC 9470: a resource wants more than the session has proven; the client comes back to ask for it."""

import pytest

from tests.house import House, Person, RelyingParty
from tests.protocol.acts import allow, signed_in

ONE, TWO = "urn:dinhdanh:aal:1", "urn:dinhdanh:aal:2"


def acr(rp: RelyingParty, answer: dict[str, str]) -> object:
    return rp.house.id_token(rp.redeem(answer["code"]).get_json()["id_token"])[1]["acr"]


@pytest.mark.spec("RFC 9470 §5")
def test_level_asked_for_is_reached_by_one_more_proof(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person, "password")
    browser.open("/authorize", rp.request(acr_values=ONE))
    assert acr(rp, allow(browser)) == ONE

    browser.open("/authorize", rp.request(acr_values=TWO))
    assert "otp" in browser.page.ids
    assert acr(rp, browser.finish(person)) == TWO


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_registered_level_stands_in_for_one_not_asked_for(house: House, person: Person) -> None:
    rp = house.client(default_acr_values=(ONE,))
    browser = signed_in(house, person, "password")

    browser.open("/authorize", rp.request())

    assert acr(rp, allow(browser)) == ONE


@pytest.mark.spec("RFC 9470 §7")
def test_levels_that_may_be_asked_for_are_told(house: House) -> None:
    document = house.app.test_client().get("/.well-known/oauth-authorization-server").get_json()

    assert {ONE, TWO} <= set(document["acr_values_supported"])
