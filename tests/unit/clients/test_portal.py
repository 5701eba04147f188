"""Signing in at the sample portal, with a provider that may lie."""

import json
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import flask
import pytest
from authlib.integrations.flask_client import OAuth
from flask import Flask

from clients import portal
from clients.portal.memory import Memory
from clients.portal.visits import acr_of
from tests.unit.clients.fake_provider import CLIENT_ID, CLIENT_SECRET, Lies
from tests.unit.clients.steps import APPLY, URL, is_signed_in, reason_of, sign_in


def test_login_asks_for_level_two_with_pkce_state_and_nonce(browser, provider):
    location = browser.get("/login").location

    asked = dict(parse_qsl(urlsplit(location).query))
    assert location.startswith(f"{provider.issuer}/authorize?")
    assert asked["scope"] == "openid profile phone"
    assert asked["acr_values"] == "urn:dinhdanh:aal:2"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{URL}/callback"
    assert asked["ui_locales"] == "vi"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


def test_person_who_signed_in_is_greeted_by_name(browser, provider):
    page = sign_in(browser, provider)

    assert page.status_code == 200
    assert "Xin chào, Nguyễn Thị Minh An" in page.text


def test_audience_may_be_a_list_that_names_the_portal(browser, provider):
    provider.lies = Lies(id_claims={"aud": [CLIENT_ID]})
    sign_in(browser, provider)

    assert is_signed_in(browser)


def test_no_token_and_no_claim_reaches_the_browser(browser, provider):
    sign_in(browser, provider)

    with browser.session_transaction() as cookie:
        kept = json.dumps(dict(cookie), ensure_ascii=False)
    assert "Nguyễn" not in kept
    assert not any(token in kept for token in provider.access_tokens)
    assert set(json.loads(kept)) <= {"language", "visit", "form_token"}


def test_state_cookie_holds_neither_nonce_nor_verifier(browser):
    asked = parse_qs(urlsplit(browser.get("/login").location).query)

    with browser.session_transaction() as cookie:
        kept = json.dumps(dict(cookie))
    assert asked["nonce"][0] not in kept
    assert "code_verifier" not in kept


def test_session_id_is_new_at_every_sign_in(browser, provider):
    sign_in(browser, provider)
    with browser.session_transaction() as cookie:
        before = dict(cookie)
    sign_in(browser, provider)

    with browser.session_transaction() as cookie:
        assert cookie["visit"] != before["visit"]
    with browser.session_transaction() as cookie:
        cookie.clear()
        cookie.update(before)
    assert not is_signed_in(browser)


def test_answer_with_a_foreign_state_is_refused(browser, provider):
    location = browser.get("/login").location
    page = browser.get(f"/callback?{provider.answer(location, state='foreign')}", follow_redirects=True)

    assert (page.status_code, reason_of(page)) == (400, "stale")
    assert not is_signed_in(browser)


def test_answer_is_worth_nothing_in_another_browser(browser, portal, provider):
    query = provider.answer(browser.get("/login").location)
    stranger = portal.test_client()

    assert reason_of(stranger.get(f"/callback?{query}", follow_redirects=True)) == "stale"
    assert not is_signed_in(stranger)


def test_answer_is_taken_once(browser, provider):
    query = provider.answer(browser.get("/login").location)
    browser.get(f"/callback?{query}")
    page = browser.get(f"/callback?{query}", follow_redirects=True)

    assert (page.status_code, reason_of(page)) == (400, "stale")
    assert is_signed_in(browser)


@pytest.mark.parametrize("issuer", [None, "https://other.example"])
def test_answer_of_another_issuer_is_refused_and_its_code_not_redeemed(browser, provider, issuer):
    query = provider.answer(browser.get("/login").location, iss=issuer)
    page = browser.get(f"/callback?{query}", follow_redirects=True)

    assert (page.status_code, reason_of(page)) == (400, "untrusted")
    assert dict(parse_qsl(query))["code"] in provider.codes


def test_repeated_parameters_are_refused(browser, provider):
    query = provider.answer(browser.get("/login").location)
    page = browser.get(f"/callback?{query}&code=another", follow_redirects=True)

    assert reason_of(page) == "stale"


LIES = {
    "nonce": Lies(id_claims={"nonce": "another"}),
    "no nonce": Lies(id_claims={"nonce": None}),
    "issuer": Lies(id_claims={"iss": "https://other.example"}),
    "audience": Lies(id_claims={"aud": "another", "azp": CLIENT_ID}),
    "expired": Lies(id_claims={"exp": 1}),
    "signature": Lies(foreign_key=True),
    "no id token": Lies(token={"id_token": None}),
    "unsigned": Lies(token={"id_token": "eyJhbGciOiJub25lIn0.e30."}),
    "userinfo of another": Lies(person={"sub": "pairwise-2"}),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_tokens_that_lie_sign_nobody_in(browser, provider, lie):
    provider.lies = lie
    page = sign_in(browser, provider)

    assert (page.status_code, reason_of(page)) == (400, "untrusted")
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("access_denied", "declined"),
        ("login_required", "stale"),
        ("unmet_authentication_requirements", "level_too_low"),
        ("temporarily_unavailable", "busy"),
        ("invalid_scope", "misconfigured"),
    ],
)
def test_error_answers_are_shown_kindly_with_a_way_on(browser, provider, error, reason):
    query = provider.refusal(browser.get("/services/file-status/apply").location, error)
    page = browser.get(f"/callback?{query}", follow_redirects=True)

    assert reason_of(page) == reason
    assert 'id="again" class="button" href="/services/file-status/apply"' in page.text
    assert "for developers only" not in page.text


def test_error_without_the_state_of_this_browser_says_nothing_of_declining(browser, provider):
    location = browser.get("/login").location
    query = provider.refusal(location, "access_denied", state="foreign")

    assert reason_of(browser.get(f"/callback?{query}", follow_redirects=True)) == "stale"


def test_looking_up_a_file_asks_for_level_one_only(browser, provider):
    page = sign_in(browser, provider, at="/services/file-status/apply", level=1)

    assert provider.asked["acr_values"] == "urn:dinhdanh:aal:1"
    assert "max_age" not in provider.asked
    assert page.request.path == "/services/file-status/apply"


def test_criminal_record_steps_up_from_level_one(browser, provider):
    sign_in(browser, provider, at="/services/file-status/apply", level=1)
    page = sign_in(browser, provider, at=APPLY, level=2)

    wanted = {"id_token": {"acr": {"essential": True, "values": ["urn:dinhdanh:aal:2"]}}}
    assert json.loads(provider.asked["claims"]) == wanted
    assert (provider.asked["max_age"], provider.asked["acr_values"]) == ("300", "urn:dinhdanh:aal:2")
    assert 'id="apply-submit"' in page.text


def test_criminal_record_opens_at_once_after_a_fresh_sign_in(browser, provider):
    sign_in(browser, provider)

    assert 'id="apply-submit"' in browser.get(APPLY).text


def test_criminal_record_asks_again_after_five_minutes(browser, provider, clock):
    sign_in(browser, provider)
    clock.ahead = timedelta(minutes=6)

    assert browser.get(APPLY).location.startswith(provider.issuer)


@pytest.mark.parametrize(
    ("lies", "answer", "reason"),
    [
        (Lies(), {"level": 1}, "level_too_low"),
        (Lies(id_claims={"acr": None}), {}, "level_too_low"),
        (Lies(id_claims={"acr": "urn:other:9"}), {}, "level_too_low"),
        (Lies(), {"proven_ago": 600}, "too_old"),
        (Lies(), {"proven_ago": -600}, "too_old"),
        (Lies(id_claims={"auth_time": None}), {}, "too_old"),
    ],
)
def test_step_up_that_proves_too_little_is_refused(browser, provider, lies, answer, reason):
    sign_in(browser, provider, at="/services/file-status/apply", level=1)
    provider.lies = lies
    page = sign_in(browser, provider, at=APPLY, **answer)

    assert (page.status_code, reason_of(page)) == (403, reason)
    assert "apply-submit" not in page.text
    assert is_signed_in(browser)


def test_the_lines_of_the_readme_work_and_refuse(provider):
    readme = (Path(portal.__file__).parent / "README.md").read_text("utf-8")
    lines = re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]
    app = Flask("newcomer")
    app.secret_key = "k" * 32
    names = {name: getattr(flask, name) for name in ("abort", "redirect", "request", "session")}
    names |= {"OAuth": OAuth, "app": app, "server_side_cache": Memory(), "ISSUER": provider.issuer}
    names |= {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "OWN_URL": URL, "LEVEL_2": acr_of(2)}
    exec(lines, names | {"visits": SimpleNamespace(begin=lambda tokens: "id")})
    newcomer = app.test_client()

    def answer(**changes):
        return newcomer.get(f"/callback?{provider.answer(newcomer.get('/login').location, **changes)}")

    assert answer().location == "/"
    assert answer(level=1).status_code == 403
    assert answer(iss="https://other.example").status_code == 400
