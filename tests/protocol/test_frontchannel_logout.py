"""OpenID Connect Front-Channel Logout 1.0: the browser itself tells the sites that it is signed out."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.sessions.sign_out import FRONT_CHANNEL
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, signed_in


def sign_on(browser: Browser, rp: RelyingParty, scope: str = "openid") -> dict[str, Any]:
    """One more site in the browser's session; its tokens."""
    browser.open("/authorize", rp.request(scope=scope))
    tokens: dict[str, Any] = rp.redeem(allow(browser)["code"]).get_json()
    return tokens


def listener(house: House, name: str, query: str = "", *, wants_session: bool = False) -> RelyingParty:
    return house.client(
        name,
        frontchannel_logout_uri=f"https://{name}.example/front-out{query}",
        frontchannel_logout_session_required=wants_session,
    )


def frames(browser: Browser) -> list[str]:
    return [unescape(address) for address in re.findall(r'<iframe src="([^"]+)"', browser.text)]


def frame_policy(browser: Browser) -> set[str]:
    rules = browser.shown.headers["Content-Security-Policy"].split("; ")
    return {origin for rule in rules if rule.startswith("frame-src ") for origin in rule.split()[1:]}


@pytest.mark.spec("Front-Channel Logout 1.0 §3")
def test_every_site_of_the_session_is_called_in_a_frame_of_its_own(house: House, person: Person) -> None:
    browser, elsewhere = signed_in(house, person), signed_in(house, person)
    hint = sign_on(browser, listener(house, "first"))["id_token"]
    sign_on(browser, listener(house, "second", "?from=op"))
    sign_on(browser, house.client("silent"))
    sign_on(elsewhere, listener(house, "elsewhere"))
    listener(house, "stranger")

    browser.open("/logout", {"id_token_hint": hint})

    assert "logged-out" in browser.page.ids
    assert frames(browser) == ["https://first.example/front-out", "https://second.example/front-out?from=op"]
    assert frame_policy(browser) == {"https://first.example", "https://second.example"}


@pytest.mark.spec("Front-Channel Logout 1.0 §3")
@pytest.mark.parametrize("query", ["", "?from=op"])
def test_issuer_and_session_are_named_together_where_they_are_required(
    house: House, person: Person, query: str
) -> None:
    browser = signed_in(house, person)
    tokens = sign_on(browser, listener(house, "first", query, wants_session=True))
    _, claims = house.id_token(tokens["id_token"])

    browser.open("/logout", {"id_token_hint": tokens["id_token"]})

    (address,) = frames(browser)
    named = parse_qs(urlsplit(address).query)
    assert named["iss"] == [house.settings.issuer]
    assert named["sid"] == [claims["sid"]]
    assert named.get("from") == (["op"] if query else None)


@pytest.mark.spec("Front-Channel Logout 1.0 §5")
def test_person_comes_back_to_the_site_by_link_and_by_script(house: House, person: Person) -> None:
    browser, rp = signed_in(house, person), listener(house, "first")
    hint = sign_on(browser, rp)["id_token"]
    back = "https://first.example/signed-out"

    browser.open("/logout", {"id_token_hint": hint, "post_logout_redirect_uri": back, "state": "a&b"})

    assert browser.shown.status_code == 200
    assert f'id="logged-out-return" href="{back}?state=a%26b"' in browser.text
    assert "/static/signed_out.js" in browser.text
    assert house.provider.sessions.of(person.account_id) == []
    assert browser.client.get_cookie("idp_session") is None


@pytest.mark.spec("Front-Channel Logout 1.0 §3")
def test_sites_are_called_after_the_person_was_asked_too(house: House, person: Person) -> None:
    browser = signed_in(house, person)
    sign_on(browser, listener(house, "first"))

    browser.open(
        "/logout", {"client_id": "first", "post_logout_redirect_uri": "https://first.example/signed-out"}
    )
    browser.submit({}, "logout-confirm")

    assert frames(browser) == ["https://first.example/front-out"]


@pytest.mark.spec("Front-Channel Logout 1.0 §3")
def test_a_session_left_idle_is_ended_at_its_sites_too(house: House, person: Person) -> None:
    browser = signed_in(house, person)
    hint = sign_on(browser, listener(house, "first"))["id_token"]
    house.clock.now += (
        2 * (house.provider.sessions.of(person.account_id)[0].expires_at - house.clock.now) / 10
    )

    assert house.provider.sessions.of(person.account_id) == []
    browser.open("/logout", {"id_token_hint": hint})

    assert frames(browser) == ["https://first.example/front-out"]


def test_without_such_a_site_nothing_is_framed(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)
    hint = sign_on(browser, rp)["id_token"]

    browser.open("/logout", {"id_token_hint": hint})

    assert frames(browser) == []
    assert "frame-src" not in browser.shown.headers["Content-Security-Policy"]


def test_signing_out_twice_calls_nobody_again(house: House, person: Person) -> None:
    browser = signed_in(house, person)
    hint = sign_on(browser, listener(house, "first"))["id_token"]

    browser.open("/logout", {"id_token_hint": hint})
    browser.open("/logout", {"id_token_hint": hint})

    assert frames(browser) == []


@pytest.mark.spec("Front-Channel Logout 1.0 §2")
@pytest.mark.parametrize(
    "uri",
    [
        "https://elsewhere.example/out",
        "http://rp.example/out",
        "https://rp.example:8443/out",
        "https://rp.example/out#fragment",
        "https://rp.example;script-src */out",
        "javascript:alert(1)",
        "/out",
    ],
)
def test_address_away_from_the_sites_own_is_not_registered(house: House, uri: str) -> None:
    with pytest.raises(InvalidClientMetadata, match="frontchannel_logout_uri"):
        house.client("rp", frontchannel_logout_uri=uri)


@pytest.mark.spec("Front-Channel Logout 1.0 §3")
def test_discovery_says_so(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document.items() >= FRONT_CHANNEL.items()
