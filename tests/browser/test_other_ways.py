"""In a real Chromium: answers that come by a form, devices that wait, back ends that wait for a yes."""

import json
from urllib.parse import urlencode

import pytest
import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from playwright.sync_api import expect

from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.grants.answered import CibaGrant, DeviceGrant
from tests.browser.single_page import single_page
from tests.browser.stage import SMALL, WIDE, View
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

VIEWS = [View("vi", SMALL), View("en", WIDE), View("en", SMALL), View("vi", WIDE)]
NAME = {"vi": "Trung tâm phục vụ hành chính công", "en": "Public administration service centre"}
DOSSIER = {"type": "dossier", "procedure": "Khai sinh", "identifier": "HS-2026-000417", "actions": ["read"]}
SECRET = "a-secret-of-at-least-thirty-two-letters"


@pytest.fixture(params=VIEWS, ids=str)
def walk(request, browser, world):
    with walking(browser, world, request.param) as walk:
        yield walk


@pytest.fixture
def ask(world):
    """Registers a client of one grant, and asks at an endpoint in its name."""

    def ask(grant, path, **form):
        metadata = ClientMetadata(
            client_name=NAME,
            client_uri="https://centre.example",
            grant_types=(grant,),
            response_types=(),
            scope=("openid", "profile", "phone"),
            authorization_details_types=("dossier",),
            token_endpoint_auth_method="client_secret_post",
            backchannel_token_delivery_mode="poll" if grant == CibaGrant.GRANT_TYPE else None,
        )
        client, _ = world.provider.clients.register(metadata, secret=SECRET)
        known = {"client_id": client.client_id, "client_secret": SECRET}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(f"{world.issuer}{path}", data=known | form, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


@pytest.mark.spec("Form Post Response Mode §2")
@pytest.mark.parametrize("has_script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_answer_comes_by_a_form_of_itself_or_by_its_button(browser, world, view, has_script):
    person = world.citizen()
    with single_page() as app, walking(browser, world, view, has_script=has_script) as walk:
        redirect_uri = f"{app.elsewhere}/callback"
        metadata = ClientMetadata(
            client_name=NAME, redirect_uris=(redirect_uri,), token_endpoint_auth_method="none"
        )
        client, _ = world.provider.clients.register(metadata)
        asked = {
            "client_id": client.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "response_mode": "form_post",
            "scope": "openid",
            "state": "as <it> was",
            "code_challenge": create_s256_code_challenge("v" * 43),
            "code_challenge_method": "S256",
            "ui_locales": view.language,
        }
        walk.page.goto(f"{world.issuer}/authorize?{urlencode(asked)}")
        walk.sign_in(person)
        if has_script:
            with walk.page.expect_navigation(url=redirect_uri):
                walk.page.locator("#consent-allow").click()
        else:
            walk.press("#consent-allow")
            walk.look("form-post")
            expect(walk.page.locator("main")).to_contain_text("127.0.0.1")
            assert app.posted == []
            walk.press("#answer-submit")

        assert walk.page.url == redirect_uri
        assert [answer["state"] for answer in app.posted] == ["as <it> was"]
        assert "code" in app.posted[0]


@pytest.mark.spec("RFC 8628 §3.3")
def test_person_lets_a_device_sign_in(world, walk, ask):
    details = json.dumps([DOSSIER])
    asked = ask(
        DeviceGrant.GRANT_TYPE, "/device_authorization", scope="openid profile phone",
        authorization_details=details,
    )  # fmt: skip
    person, page, walk.expected = world.citizen(), walk.page, {400}
    walk.to_provider("/device")
    walk.look("device-01-code")
    page.locator("#device-code").fill("BBBBB-BBBBB")
    walk.press("#device-submit")
    expect(page.locator("#form-error")).to_be_visible()
    walk.look("device-01-unknown")
    page.locator("#device-code").fill(asked["user_code"].lower().replace("-", ""))
    walk.press("#device-submit")
    walk.look("device-02-asks")
    expect(page.locator("main")).to_contain_text(asked["user_code"])
    expect(page.locator("main")).to_contain_text(NAME[walk.view.language])
    expect(page.locator("main")).to_contain_text(DOSSIER["identifier"])

    walk.press("#device-allow")
    walk.sign_in(person)
    walk.look("device-03-consent")
    walk.press("#consent-allow")

    expect(page.locator("#request-allowed")).to_be_visible()
    walk.look("device-04-done")


@pytest.mark.spec("RFC 8628 §5.4")
def test_person_sent_by_a_link_compares_the_code_and_refuses(world, walk, ask):
    asked = ask(DeviceGrant.GRANT_TYPE, "/device_authorization", scope="openid")
    walk.to_provider("/")
    walk.page.goto(asked["verification_uri_complete"])
    expect(walk.page.locator("#device-code")).to_have_value(asked["user_code"])
    walk.look("device-05-compare")
    walk.press("#device-submit")

    walk.press("#device-deny")

    expect(walk.page.locator("#request-refused")).to_be_visible()
    walk.look("device-06-refused")
    walk.to_provider("/device/answered")
    expect(walk.page.locator("#request-late")).to_be_visible()
    walk.look("device-07-late")


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_person_says_yes_to_one_back_end_and_no_to_another(world, walk, ask):
    person, page = world.citizen(), walk.page
    hint = {"scope": "openid profile", "login_hint": person.username}
    acts = {"authorization_details": json.dumps([DOSSIER]), "scope": "openid"}
    for message, form in {"QUAY 4": hint, "QUAY 7": hint | acts}.items():
        ask(CibaGrant.GRANT_TYPE, "/bc-authorize", binding_message=message, **form)
    walk.to_provider("/account/requests")
    walk.sign_in(person)
    expect(page.locator("main")).to_contain_text("QUAY 4")
    walk.look("requests-01-both")
    second = page.locator("article.request", has_text="QUAY 7")
    expect(second).to_contain_text(DOSSIER["identifier"])
    with page.expect_navigation():
        second.locator("button[value=deny]").click()
    walk.look("requests-02-refused")
    expect(page.locator("main")).not_to_contain_text("QUAY 7")

    walk.press("#request-allow-1")
    walk.look("requests-03-consent")
    walk.press("#consent-allow")

    expect(page.locator("main")).not_to_contain_text("QUAY 4")
    expect(page.get_by_role("status")).to_be_visible()
    walk.look("requests-04-done")
