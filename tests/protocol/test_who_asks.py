"""How a client is shown to people, and asks to be (OIDC Core 1.0 §3.1.2.1, OIDC Registration 1.0 §2)."""

import re
from typing import Any

import pytest

from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.discovery import REQUESTS
from tests.house import House, Person, RelyingParty
from tests.protocol.acts import signed_in

LOGO, POLICY, TERMS = "https://cdn.example/l.png", "https://rp.example/privacy", "https://rp.example/terms"


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_sign_in_page_shows_logo_policy_and_terms_of_who_asks(house: House) -> None:
    rp = house.client(logo_uri=LOGO, policy_uri=POLICY, tos_uri=TERMS)
    browser = house.browser()
    browser.open("/authorize", rp.request())

    assert f'<img src="{LOGO}"' in browser.text
    assert f'href="{POLICY}"' in browser.text
    assert f'href="{TERMS}"' in browser.text
    images = re.search(r"img-src ([^;]+)", browser.shown.headers["Content-Security-Policy"])
    assert images is not None
    assert images[1] == "'self' data: https://cdn.example"


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_consent_page_shows_them_too_and_no_other_page_fetches_the_logo(house: House, person: Person) -> None:
    rp = house.client(logo_uri=LOGO, policy_uri=POLICY)
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request())
    assert "consent-allow" in browser.page.ids
    assert LOGO in browser.text
    assert POLICY in browser.text

    browser.open("/account")
    assert "cdn.example" not in browser.text
    assert "cdn.example" not in browser.shown.headers["Content-Security-Policy"]


@pytest.mark.parametrize("logo", ["https://x;sandbox/", "https://x,sandbox/", "https://a;script-src*/l.png"])
def test_logo_cannot_loosen_the_policy(house: House, logo: str) -> None:
    browser = house.browser()
    browser.open("/authorize", house.client(logo_uri=logo).request())

    assert "img-src 'self' data: 'none';" in browser.shown.headers["Content-Security-Policy"]
    assert "sandbox" not in browser.shown.headers["Content-Security-Policy"]


@pytest.mark.parametrize("member", ["logo_uri", "policy_uri", "tos_uri", "client_uri"])
@pytest.mark.parametrize(
    "uri", ["javascript:alert(1)", "data:text/html,x", "http://rp.example/", "//rp.example"]
)
def test_addresses_people_follow_are_https(house: House, member: str, uri: str) -> None:
    with pytest.raises(InvalidClientMetadata):
        house.client(**{member: uri})


@pytest.mark.spec("OIDC Registration 1.0 §2")
@pytest.mark.parametrize("uri", ["http://localhost:8443/begin", "http://rp.example/begin", "app.rp:/begin"])
def test_sign_ins_are_begun_over_https_alone(house: House, uri: str) -> None:
    with pytest.raises(InvalidClientMetadata, match="initiate_login_uri"):
        house.client(initiate_login_uri=uri)


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §15.1")
@pytest.mark.parametrize("display", REQUESTS["display_values_supported"])
def test_every_display_gets_the_page_that_fits_any_window(
    house: House, rp: RelyingParty, display: str
) -> None:
    browser = house.browser()
    browser.open("/authorize", rp.request(display=display))

    assert browser.shown.status_code == 200
    assert 'name="viewport" content="width=device-width' in browser.text
    assert {"username", "password"} <= set(browser.page.ids)


@pytest.mark.spec("OIDC Core 1.0 §5.2", "OIDC Core 1.0 §15.1")
@pytest.mark.parametrize("locales", ["vi", "en fr", "xx-yy", "<script>"])
def test_claims_come_in_the_language_there_is_whatever_is_asked(
    house: House, rp: RelyingParty, person: Person, locales: str
) -> None:
    answer = house.browser().sign_in(rp, person, claims_locales=locales)
    tokens = rp.redeem(answer["code"]).get_json()

    claims: dict[str, Any] = rp.userinfo(tokens["access_token"]).get_json()
    assert claims["name"]
    assert not [name for name in claims if "#" in name]
