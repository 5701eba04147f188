import re

import pytest
from jinja2 import UndefinedError

from idp.web.i18n import LANGUAGES, Sentences
from idp.web.render import PATHS, STATIC, TEMPLATES, Pages, browser, in_fours, in_threes
from idp.web.routes import ROUTES
from tests.pages import AGENT, PHONE, SHOP, SIGN_IN, STATES

PAGES = Pages(Sentences(), "dinhdanh.example")
FRAMES = {"base.html", "account/dependant_form.html", "account/layout.html"}
ANSWERS = {"form_post.html"}  # leaves at once, for the client: tests/protocol/test_response_modes.py


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_every_page_renders_in_every_state(state, language):
    template, context = STATES[state]

    html = PAGES.render(template, language, other_language_url="/language/en", **context)

    assert html.startswith("<!doctype html>")
    assert f'<html lang="{language}">' in html
    assert "Enter your password only at" in html or "Chỉ nhập mật khẩu tại" in html
    assert "{{" not in html
    assert not re.search(r"\{\w+\}", html)


def test_every_template_is_shown_in_some_state():
    pages = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if path.parent.name not in ("parts", "prove")
    }

    assert pages - FRAMES - ANSWERS == {template for template, _ in STATES.values()}


def test_forgotten_value_stops_the_page():
    context = {name: value for name, value in SIGN_IN.items() if name != "party"}

    with pytest.raises(UndefinedError):
        PAGES.render("signin.html", "vi", username="", **context)


def test_hostile_values_are_escaped_everywhere():
    hostile = '"><script>alert(1)</script>'
    party = type("Party", (), {**vars(SHOP), "name": hostile, "domain": hostile, "initials": hostile})

    html = PAGES.render("signin.html", "vi", **{**SIGN_IN, "party": party, "username": hostile})

    assert "<script>alert" not in html
    assert html.count("&#34;&gt;&lt;script&gt;alert(1)") >= 4


def test_pages_carry_no_inline_script_and_no_inline_style():
    for template, context in STATES.values():
        html = PAGES.render(template, "vi", **context)

        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:", html)


def test_stable_ids_stand_where_programs_look_for_them():
    expected = {
        "signin-empty": ("username", "password", "login-submit"),
        "prove-password": ("password", "login-submit"),
        "prove-totp": ("otp", "login-submit"),
        "prove-sms": ("otp", "login-submit"),
        "consent": ("consent-deny", "consent-allow"),
        "logout": ("logout-confirm",),
        "logged-out": ("logged-out",),
        "error-client": ("op-error",),
    }
    for state, ids in expected.items():
        template, context = STATES[state]
        html = PAGES.render(template, "vi", **context)
        for name in ids:
            assert html.count(f'id="{name}"') == 1, (state, name)


@pytest.mark.spec("RFC 6749 §10.12")
def test_every_form_that_posts_carries_the_form_token():
    for template, context in STATES.values():
        for form in re.findall(r"<form.*?</form>", PAGES.render(template, "vi", **context), re.DOTALL):
            assert 'name="form_token"' in form


def test_inputs_tell_browsers_what_they_are_for():
    signin = PAGES.render("signin.html", "vi", **SIGN_IN, username="")
    template, context = STATES["prove-sms"]

    assert 'autocomplete="username"' in signin
    assert 'autocomplete="current-password"' in signin
    assert 'autocomplete="one-time-code"' in PAGES.render(template, "vi", **context)


def test_optional_claims_are_never_ticked_beforehand_and_refusing_comes_first():
    template, context = STATES["consent-full"]
    html = PAGES.render(template, "vi", **context)

    assert html.count('name="claim"') == 2
    assert "checked" not in html
    assert html.index('id="consent-deny"') < html.index('id="consent-allow"')


def test_a_simulator_says_so_on_every_page_in_both_languages():
    pages = Pages(Sentences(), "dinhdanh.example", is_simulator=True)

    for language in LANGUAGES:
        for template, context in STATES.values():
            html = pages.render(template, language, **context)

            assert html.count('<span lang="vi">Môi trường thử nghiệm') == 1
            assert html.count('<span lang="en">A simulator') == 1


def test_static_addresses_change_with_their_content():
    html = PAGES.render("privacy.html", "vi")

    addresses = re.findall(r'"(/static/[\w./-]+)\?v=[0-9a-f]{12}"', html)
    assert {"/static/tokens.css", "/static/page.css", "/static/page.js"} <= set(addresses)
    assert all((STATIC / address.removeprefix(PATHS["static"])).is_file() for address in addresses)


def test_numbers_and_secrets_are_grouped_for_the_eye():
    assert in_threes("079204001234") == "079 204 001 234"
    assert in_threes("079 204 001 234") == "079 204 001 234"
    assert in_threes("khong-phai-so") == "khong-phai-so"
    assert in_fours("JBSWY3DPEH") == "JBSW Y3DP EH"


def test_browsers_are_named_as_their_owners_call_them():
    assert browser(AGENT) == "Chrome, Linux"
    assert browser(PHONE) == "Safari, iPhone"
    assert browser("curl/8") == ""


def test_links_in_templates_lead_where_the_url_map_says():
    routed = {route.path for route in ROUTES}

    assert {path for name, path in PATHS.items() if name != "static"} - routed == set()
