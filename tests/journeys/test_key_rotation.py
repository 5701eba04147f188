"""Keys are rotated while people sign in: nobody notices."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

from joserfc import jws
from joserfc.jwk import KeySet

from idp.keyring.files import FileKeyStore
from idp.keyring.keyring import Keyring
from tests.house import House, Person, RelyingParty

THREADS = 8
ROUNDS = 6


LEVEL = "urn:dinhdanh:aal:1"  # by password alone, so that no clock need move


def sign_in(house: House, rp: RelyingParty, person: Person) -> tuple[str, str]:
    """A whole sign-in and what follows it; an ID token and its ``kid``."""
    browser = house.browser()
    browser.open("/authorize", rp.request(acr_values=LEVEL, prompt="consent"))
    browser.submit({"username": person.username, "password": person.password})
    browser.submit({}, "consent-allow")
    tokens = rp.redeem(browser.answer["code"])
    assert tokens.status_code == 200, tokens.text
    token = tokens.json["id_token"]
    # As a client does: with the keys that are published when the token arrives.
    header, claims = house.id_token(token)
    assert claims["aud"] == rp.client_id
    request = rp.request(acr_values=LEVEL, prompt="none", id_token_hint=token)
    silent = browser.client.get("/authorize", query_string=request)
    assert "code=" in silent.headers["Location"], silent.headers["Location"]
    assert rp.userinfo(tokens.json["access_token"]).status_code == 200
    return token, header["kid"]


def test_rotation_under_traffic_breaks_no_sign_in(house: House) -> None:
    rps = [house.client(f"rp{number}") for number in range(THREADS)]
    people = [house.person() for _ in range(THREADS)]
    # Another process rotates, as ``idp keys rotate`` does.
    elsewhere = Keyring(FileKeyStore(house.settings.keys_dir), house.clock, retain=timedelta(days=1))
    is_over = Event()

    def traffic(rp: RelyingParty, person: Person) -> list[tuple[str, str]]:
        done = []
        while not is_over.is_set() or len(done) < 2:
            done.append(sign_in(house, rp, person))
        return done

    with ThreadPoolExecutor(THREADS) as threads:
        running = [threads.submit(traffic, *pair) for pair in zip(rps, people, strict=True)]
        try:
            for number in range(ROUNDS):
                ring = house.provider.keyring if number % 2 else elsewhere
                ring.rotate("ES256", force=True)  # the one in use: making RSA keys would starve the traffic
                is_over.wait(0.3)
        finally:
            is_over.set()
        tokens = [token for each in running for token in each.result()]

    published = KeySet.import_key_set(json.loads(house.app.test_client().get("/jwks").data))
    assert len(tokens) >= THREADS * 2
    assert len({kid for _, kid in tokens}) > 1, "keys did change meanwhile"
    for token, _ in tokens:
        jws.deserialize_compact(token, published, algorithms=["ES256"])  # the earliest is still good


def test_key_that_was_used_is_published_until_what_it_signed_is_over(house: House) -> None:
    rp = house.client()
    _, kid = sign_in(house, rp, house.person())
    house.provider.keyring.rotate(force=True)

    house.clock.advance(house.settings.session_ttl)
    assert kid in house.app.test_client().get("/jwks").text
    house.clock.advance(house.settings.access_token_ttl + timedelta(seconds=1))

    assert kid not in house.app.test_client().get("/jwks").text


def test_files_that_vanish_stop_the_issuing_and_nothing_else(house: House) -> None:
    rp, person, browser = house.client(), house.person(), house.browser()
    code = browser.sign_in(rp, person)["code"]
    published = house.app.test_client().get("/jwks").json
    keys = house.settings.keys_dir
    hidden = keys.rename(keys.with_name("hidden"))
    house.provider.keyring._checked_at = float("-inf")

    refused = rp.redeem(code)

    assert refused.status_code == 503
    assert refused.json["error"] == "temporarily_unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    assert house.app.test_client().get("/jwks").json == published, "served from what was read last"
    assert not keys.exists(), "no key is made in silence"
    hidden.rename(keys)
    house.provider.keyring._checked_at = float("-inf")
    assert rp.redeem(browser.sign_in(rp, person)["code"]).status_code == 200
