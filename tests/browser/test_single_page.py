"""In a real Chromium: a page that signs people in by oidc-client-ts, and forms of another site."""

from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from idp.oidc.clients.metadata import ClientMetadata
from tests.browser.single_page import single_page
from tests.browser.walk import walking

pytestmark = pytest.mark.browser

SCOPE = "openid profile phone offline_access"


@pytest.fixture
def app():
    with single_page() as app:
        yield app


@pytest.fixture
def client_id(world, app):
    metadata = ClientMetadata(
        client_name={"vi": "Trang một tờ", "en": "Single page"},
        redirect_uris=(
            *(f"{app.url}/{path}" for path in ("callback", "silent", "popup")),
            f"{app.elsewhere}/callback",
        ),
        post_logout_redirect_uris=(f"{app.url}/signed-out", f"{app.url}/popup-out"),
        token_endpoint_auth_method="none",
        grant_types=("authorization_code", "refresh_token"),
        scope=tuple(SCOPE.split()),
        subject_type="public",  # of two hosts, as browsers see it
    )
    client, _ = world.provider.clients.register(metadata)
    return client.client_id


@pytest.fixture
def signed_in(browser, world, app, client_id):
    """Signs somebody in at the page, and gives the walk, who stands there, and the person."""
    walks = []

    def signed_in(**settings):
        app.settings = {
            "authority": world.issuer,
            "client_id": client_id,
            "redirect_uri": f"{app.url}/callback",
            "silent_redirect_uri": f"{app.url}/silent",
            "post_logout_redirect_uri": f"{app.url}/signed-out",
            "scope": SCOPE,
            "automaticSilentRenew": False,
            **settings,
        }
        context = walking(browser, world)
        walk, person = context.__enter__(), world.citizen()
        walks.append(context)
        walk.page.goto(app.url)
        with walk.page.expect_navigation(url=f"{world.issuer}/**"):
            walk.page.evaluate("void manager.signinRedirect()")
        walk.sign_in(person)
        walk.press("#consent-allow")
        return walk, person

    yield signed_in
    for context in walks:
        context.__exit__(None, None, None)


@pytest.mark.spec("OIDC Core 1.0 §3.1")
@pytest.mark.spec("Session Management 1.0 §3")
def test_page_signs_a_person_in_renews_watches_and_hears_of_a_sign_out_elsewhere(signed_in, world, app):
    walk, person = signed_in(loadUserInfo=True, monitorSession=True, checkSessionIntervalInSeconds=1)
    page = walk.page
    assert page.url.startswith(f"{app.url}/callback?")

    user = page.evaluate("manager.signinCallback()")
    assert user["profile"]["name"] == world.name_of(person)
    assert user["profile"]["phone_number"] == world.phone_of(person.account_id)
    assert user["session_state"]

    renewed = page.evaluate("manager.signinSilent()")  # by the refresh token
    assert renewed["access_token"] != user["access_token"]
    assert renewed["refresh_token"] != user["refresh_token"]

    page.evaluate(
        "manager.getUser().then((it) => { it.refresh_token = undefined; return manager.storeUser(it) })"
    )
    framed = page.evaluate("manager.signinSilent()")  # by prompt=none in a frame
    assert framed["profile"]["sub"] == user["profile"]["sub"]
    assert framed["access_token"] != renewed["access_token"]
    assert not page.evaluate("Boolean(window.signedOut || window.renewError)")

    tab = page.context.new_page()
    tab.goto(f"{world.issuer}/logout")
    tab.locator("#logout-confirm").click()
    page.wait_for_function("window.signedOut === true")


@pytest.mark.spec("RFC 7009 §2")
@pytest.mark.spec("RP-Initiated Logout 1.0 §2")
def test_page_gives_its_tokens_back_and_signs_out(signed_in, world, app):
    walk, _ = signed_in(revokeTokensOnSignout=True)
    page = walk.page
    tokens = page.evaluate("manager.signinCallback()")

    with page.expect_navigation(url=f"{app.url}/signed-out**"):
        page.evaluate("void manager.signoutRedirect()")

    walk.expected.add(401)
    asked = "token => fetch(settings.authority + '/userinfo', {headers: {Authorization: 'Bearer ' + token}})"
    told = page.evaluate(
        f"{asked}.then((it) => [it.status, it.headers.get('WWW-Authenticate')])", tokens["access_token"]
    )
    assert told[0] == 401
    assert told[1].startswith("Bearer error=")
    page.goto(world.account)
    assert page.locator("#username").is_visible()


@pytest.mark.spec("RFC 9449 §8")
def test_page_binds_its_tokens_to_a_key_that_it_cannot_give_away(signed_in, world):
    walk, person = signed_in(is_bound=True)
    page = walk.page

    user = page.evaluate("manager.signinCallback()")
    assert user["token_type"] == "DPoP"
    ask = """async (proven) => {
        const url = settings.authority + "/userinfo", user = await manager.getUser();
        const proof = await manager.dpopProof(url, user, "GET", proven.nonce);
        const headers = {Authorization: `${proven.scheme} ${user.access_token}`, DPoP: proof};
        const answer = await fetch(url, {headers});
        return [answer.status, answer.headers.get("DPoP-Nonce"), await answer.json()];
    }"""
    walk.expected.add(401)
    status, nonce, _ = page.evaluate(ask, {"scheme": "DPoP", "nonce": "stale"})
    assert (status, bool(nonce)) == (401, True)  # the page may read it, and tries again with it
    status, _, claims = page.evaluate(ask, {"scheme": "DPoP", "nonce": nonce})
    assert (status, claims["name"]) == (200, world.name_of(person))
    assert page.evaluate(ask, {"scheme": "Bearer", "nonce": nonce})[0] == 401
    assert page.evaluate("manager.signinSilent()")["access_token"] != user["access_token"]


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
@pytest.mark.parametrize("unknown", ["", "u" * 20000], ids=["short", "long"])
def test_form_of_another_site_finds_the_person_signed_in(browser, world, app, client_id, unknown):
    person = world.citizen()
    redirect_uri = f"{app.elsewhere}/callback"
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "openid profile",
        "state": "from a form",
        "nonce": "n",
        "code_challenge": create_s256_code_challenge("v" * 43),
        "code_challenge_method": "S256",
        "unknown": unknown,
    }
    app.form = (f"{world.issuer}/authorize", asked)
    with walking(browser, world) as walk:
        page = walk.page
        page.goto(f"{app.elsewhere}/form")
        walk.press("#go")
        walk.sign_in(person)
        walk.press("#consent-allow")
        assert page.url.startswith(redirect_uri)

        app.form = (app.form[0], asked | {"prompt": "none"})
        page.goto(f"{app.elsewhere}/form")
        with page.expect_navigation(url=f"{redirect_uri}**"):
            page.locator("#go").click()

        answer = parse_qs(urlsplit(page.url).query)
        assert answer["state"] == ["from a form"]
        assert "code" in answer, answer


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.1")
def test_page_signs_a_person_in_and_out_in_a_popup(browser, world, app, client_id):
    app.settings = {
        "authority": world.issuer,
        "client_id": client_id,
        "redirect_uri": f"{app.url}/callback",
        "popup_redirect_uri": f"{app.url}/popup",
        "popup_post_logout_redirect_uri": f"{app.url}/popup-out",
        "scope": SCOPE,
        "automaticSilentRenew": False,
        "loadUserInfo": True,
    }
    with walking(browser, world) as walk:
        opener, person = walk.page, world.citizen()
        opener.goto(app.url)
        with opener.expect_popup() as opened:
            opener.evaluate("void manager.signinPopup().then((it) => { window.user = it; })")
        walk.page = opened.value
        walk.page.wait_for_url(f"{world.issuer}/authorize?**display=popup**")
        walk.sign_in(person)
        with walk.page.expect_event("close"):
            walk.page.locator("#consent-allow").click()

        opener.wait_for_function("window.user !== undefined")
        assert opener.evaluate("window.user.profile.name") == world.name_of(person)

        with opener.expect_popup():
            opener.evaluate("void manager.signoutPopup().then(() => { window.isOut = true; })")
        opener.wait_for_function("window.isOut === true")
        walk.page = opener
