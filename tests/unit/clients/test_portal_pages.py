"""What the sample portal shows, takes and forgets."""

import tomllib
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from clients.portal import app as portal_app
from clients.portal.app import create_portal
from clients.portal.catalogue import SERVICES
from clients.portal.memory import Memory
from clients.portal.settings import SettingUnfit
from clients.portal.texts import read_texts
from tests.unit.clients.fake_provider import CLIENT_ID, Lies
from tests.unit.clients.steps import APPLY, URL, form_token, is_signed_in, reason_of, sign_in, some_settings

CHOICES = {"purpose": "work", "paper": "1", "delivery": "online"}


def test_signing_out_ends_the_visit_here_and_at_the_provider(browser, provider):
    token = form_token(sign_in(browser, provider))
    location = browser.post("/logout", data={"form_token": token}).location

    asked = dict(parse_qsl(urlsplit(location).query))
    assert location.startswith(f"{provider.issuer}/logout?")
    assert asked["post_logout_redirect_uri"] == f"{URL}/signed-out"
    assert asked["client_id"] == CLIENT_ID
    assert asked["id_token_hint"].count(".") == 2
    assert not is_signed_in(browser)
    page = browser.get(f"/signed-out?state={asked['state']}", follow_redirects=True)
    assert "khỏi hệ thống định danh" in page.text


def test_sign_out_page_claims_no_more_than_it_knows(browser):
    page = browser.get("/signed-out?state=invented")

    assert "hãy đăng xuất cả ở trang Định Danh" in page.text


@pytest.mark.parametrize("token", [{}, {"form_token": ""}, {"form_token": "forged"}])
def test_another_site_can_not_sign_anybody_out(browser, provider, token):
    sign_in(browser, provider)

    assert browser.post("/logout", data=token).status_code == 403
    assert browser.get("/logout").status_code == 405
    assert is_signed_in(browser)


def test_visit_ends_after_half_an_hour_unused(browser, provider, clock):
    sign_in(browser, provider)
    clock.ahead = timedelta(minutes=31)

    assert not is_signed_in(browser)


def test_visit_in_use_ends_after_eight_hours(browser, provider, clock):
    sign_in(browser, provider)
    for minutes in range(20, 480, 20):
        clock.ahead = timedelta(minutes=minutes)
        assert is_signed_in(browser)

    clock.ahead = timedelta(minutes=481)
    assert not is_signed_in(browser)


def test_my_page_tells_the_claims_in_plain_words(browser, provider):
    sign_in(browser, provider)
    page = browser.get("/me").text

    for words in ("Nguyễn Thị Minh An", "09/03/1994", "Nữ", "+84 912 345 678", "đã xác minh"):
        assert words in page
    for words in ("Mức 2: hai yếu tố khác nhau", "Mật khẩu, mã dùng một lần", "pairwise-1"):
        assert words in page


def test_my_page_shows_unknown_claims_by_their_own_name_and_escaped(browser, provider):
    provider.lies = Lies(person={"hobby": "<b>An</b>", "address": {"formatted": "Phường Bến Thành"}})
    sign_in(browser, provider)
    page = browser.get("/me").text

    assert "hobby" in page
    assert "&lt;b&gt;An" in page
    assert "Phường Bến Thành" in page


def test_my_page_says_by_what_right_somebody_acts_for_another(browser, provider):
    mandate = {"role": "accountant", "limit_vnd": 50_000_000, "expires_at": 1_827_421_200}
    acting = {"act": {"sub": "pairwise-2"}, "mandate": mandate}
    provider.lies = Lies(person={"name": "Công ty Lúa Vàng", **acting}, id_claims=acting)
    sign_in(browser, provider)
    page = browser.get("/me").text

    assert "Làm thay cho Công ty Lúa Vàng" in page
    assert "Kế toán, đến 50.000.000 đồng, đến hết 28/11/2027" in page
    assert "{&#39;" not in page


def test_my_page_asks_userinfo_again(browser, provider):
    sign_in(browser, provider)
    provider.lies = Lies(person={"name": "Nguyễn Thị Minh Anh"})

    assert "Nguyễn Thị Minh Anh" in browser.get("/me").text


def test_token_refused_before_its_time_ends_the_visit(browser, provider):
    sign_in(browser, provider)
    provider.access_tokens.clear()
    page = browser.get("/me", follow_redirects=True)

    assert reason_of(page) == "ended"
    assert not is_signed_in(browser)


@pytest.mark.parametrize("status", [500, 503])
def test_my_page_shows_what_was_told_before_when_the_provider_stumbles(browser, provider, status):
    sign_in(browser, provider)
    provider.lies = Lies(userinfo_status=status)

    assert "khi bạn đăng nhập" in browser.get("/me").text
    assert is_signed_in(browser)


def test_expired_access_token_is_not_sent(browser, provider, clock):
    sign_in(browser, provider)
    provider.access_tokens.clear()
    clock.ahead = timedelta(minutes=10)

    assert "khi bạn đăng nhập" in browser.get("/me").text


def test_my_page_asks_strangers_to_sign_in_and_brings_them_back(browser, provider):
    page = sign_in(browser, provider, at="/me")

    assert page.request.path == "/me"


def test_silent_provider_is_a_kind_page_and_the_catalogue_stays():
    browser = create_portal(some_settings("http://127.0.0.1:9")).test_client()
    page = browser.get("/login", follow_redirects=True)

    assert (page.status_code, reason_of(page)) == (503, "unreachable")
    assert browser.get("/").status_code == 200


def test_metadata_of_another_issuer_is_refused(provider):
    browser = create_portal(some_settings(f"{provider.issuer}/")).test_client()

    assert reason_of(browser.get("/login", follow_redirects=True)) == "misconfigured"


def test_sample_application_is_taken_and_can_be_looked_up(browser, provider, clock):
    sign_in(browser, provider)
    token = form_token(browser.get(APPLY))
    clock.ahead = timedelta(minutes=20)
    page = browser.post(APPLY, data=CHOICES | {"form_token": token}, follow_redirects=True)

    assert 'id="received"' in page.text
    assert page.text.count("Đã tiếp nhận") == 1


def test_application_is_not_taken_from_who_never_opened_the_form(browser, provider):
    token = form_token(sign_in(browser, provider))
    answer = browser.post(APPLY, data=CHOICES | {"form_token": token})

    assert (answer.status_code, answer.location) == (303, APPLY)


def test_incomplete_application_keeps_what_was_chosen(browser, provider):
    sign_in(browser, provider)
    token = form_token(browser.get(APPLY))
    page = browser.post(APPLY, data={"paper": "2", "purpose": "<other>", "form_token": token})

    assert page.status_code == 422
    assert 'value="2" required checked' in page.text
    assert 'id="purpose-mistake"' in page.text


@pytest.mark.parametrize("note", ["", "   ", "x" * 501])
def test_empty_or_endless_note_is_refused(browser, provider, note):
    at = "/services/birth-registration/apply"
    token = form_token(sign_in(browser, provider, at=at))

    assert browser.post(at, data={"note": note, "form_token": token}).status_code == 422


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.id)
def test_every_service_has_its_page_and_opens(browser, provider, service):
    assert browser.get(f"/services/{service.id}").status_code == 200
    page = sign_in(browser, provider, at=f"/services/{service.id}/apply")

    assert (page.status_code, page.request.path) == (200, f"/services/{service.id}/apply")


@pytest.mark.parametrize("query", ["khai sinh", "KHAI SINH", "dang ky khai sinh", "  sinh   khai "])
def test_search_finds_without_diacritics_or_order(browser, query):
    page = browser.get("/", query_string={"q": query}).text

    assert "/services/birth-registration" in page
    assert "/services/enterprise" not in page


def test_search_is_echoed_escaped(browser):
    page = browser.get("/", query_string={"q": '"><script>'}).text

    assert "<script>" not in page


def test_language_is_switched_on_any_page_and_kept(browser, provider):
    answer = browser.get("/?q=land&lang=en")

    assert answer.location == "/?q=land"
    assert '<html lang="en">' in browser.get("/").text
    assert "ui_locales=en" in browser.get("/login").location
    assert browser.get("//other.example/?lang=vi").location.startswith(("/", "http://localhost/"))


def test_both_languages_have_the_same_keys():
    folder = Path(portal_app.__file__).parent / "locale"
    vi, en = (tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in ("vi", "en"))

    assert _keys(vi) == _keys(en)
    assert read_texts()["vi"]("services.criminal-record.title") == "Cấp phiếu lý lịch tư pháp"


def _keys(table, prefix=""):
    return {
        key
        for name, value in table.items()
        for key in (_keys(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}"})
    }


def test_every_page_keeps_itself_to_itself(browser, provider):
    for path in ("/", "/nowhere", "/static/portal.css"):
        with browser.get(path) as page:
            headers = page.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert f"form-action 'self' {provider.issuer}" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_cookie_has_its_own_name_and_is_locked_to_the_host_on_https(browser):
    plain = browser.get("/login").headers["Set-Cookie"]
    secured = create_portal(some_settings("http://127.0.0.1:9", url="https://portal.example")).test_client()
    locked = secured.get("/?lang=en", base_url="https://portal.example").headers["Set-Cookie"]

    assert plain.startswith("portal_session=")
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert locked.startswith("__Host-portal_session=")
    assert "Secure" in locked


def test_cookie_stays_small_however_often_somebody_begins(browser):
    for _ in range(30):
        browser.get("/login")

    with browser.session_transaction() as cookie:
        assert len([name for name in cookie if name.startswith("_state_")]) == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_SECRET_KEY", "short"),
        ("PORTAL_SECRET_KEY", ""),
        ("PORTAL_URL", "http://portal.example"),
        ("PORTAL_ISSUER", "http://id.example"),
        ("PORTAL_ISSUER", "id.example"),
        ("PORTAL_CLIENT_SECRET", " "),
    ],
)
def test_unsafe_settings_are_named(name, value):
    told = {
        "PORTAL_ISSUER": "https://id.example",
        "PORTAL_URL": "http://localhost:5001/",
        "PORTAL_CLIENT_ID": "c",
        "PORTAL_CLIENT_SECRET": "s",
        "PORTAL_SECRET_KEY": "k" * 32,
    }
    settings_class = type(some_settings("https://id.example"))

    assert settings_class.from_environment(told).redirect_uri == "http://localhost:5001/callback"
    with pytest.raises(SettingUnfit) as unfit:
        settings_class.from_environment(told | {name: value})
    assert unfit.value.name == name


def test_memory_forgets_in_time_and_keeps_within_its_limit():
    now = [0.0]
    memory = Memory(limit=2, monotonic=lambda: now[0])
    memory.set("a", 1, 10)
    memory.set("b", 2, 100)
    memory.set("c", 3, 100)

    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (None, 2, 3)
    now[0] = 100.0
    assert memory.get("b") is None
