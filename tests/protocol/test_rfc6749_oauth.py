"""RFC 6749: the authorization endpoint, the token endpoint, and how clients prove themselves there."""

import base64
from datetime import timedelta
from urllib.parse import quote_plus

import pytest

from idp.accounts.account import LockGround
from idp.oidc.clients.checks import InvalidClientMetadata
from tests.house import Browser, House, Person, RelyingParty, query_of
from tests.protocol.acts import allow, code_for, is_page, refused, sent_back, signed_in, tokens_for


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


# The authorization endpoint


@pytest.mark.spec("RFC 6749 §4.1.2.1", "RFC 6749 §3.1.2.4")
@pytest.mark.parametrize("client_id", [None, "", "nobody", "RP", "rp ", "rp'--", "x" * 4000])
def test_unknown_client_is_told_on_a_page(rp: RelyingParty, browser: Browser, client_id: str | None) -> None:
    browser.open("/authorize", rp.request(client_id=client_id))

    is_page(browser.shown)


@pytest.mark.spec("RFC 6749 §4.1.2.1")
def test_disabled_client_is_told_on_a_page(house: House, rp: RelyingParty, browser: Browser) -> None:
    house.provider.clients.disable(rp.client_id)

    browser.open("/authorize", rp.request())

    is_page(browser.shown)


@pytest.mark.spec(
    "RFC 6749 §4.1.2.1",
    "RFC 6749 §3.1.2.3",
    "RFC 6749 §3.1.2.4",
    "RFC 6749 §10.15",
    "OIDC Core 1.0 §3.1.2.1",
    "RFC 9700 §4.11",
)
@pytest.mark.spec("RFC 9700 §2.1")
@pytest.mark.parametrize(
    "uri",
    [
        None,
        "",
        "https://evil.example/callback",
        "https://rp.example/callback/",
        "https://rp.example/callback?a=b",
        "https://rp.example/callback#x",
        "https://rp.example/callback/../callback",
        "https://rp.example/%63allback",
        "https://rp.example:443/callback",
        "HTTPS://rp.example/callback",
        "https://RP.example/callback",
        "http://rp.example/callback",
        "https://rp.example.evil.example/callback",
        "https://rp.example@evil.example/callback",
        "https://rp.example\\@evil.example/callback",
        " https://rp.example/callback",
        "https://rp.example/callback\r\nSet-Cookie: a=b",
        "//rp.example/callback",
        "javascript:alert(1)",
        "http://[",
    ],
)
def test_foreign_or_missing_redirect_uri_is_told_on_a_page(
    rp: RelyingParty, browser: Browser, uri: str | None
) -> None:
    browser.open("/authorize", rp.request(redirect_uri=uri, response_type="nonsense"))

    assert "redirect_uri" in is_page(browser.shown)


@pytest.mark.spec("RFC 6749 §4.1.2.1", "RFC 6749 §3.1.2.3")
def test_second_clients_redirect_uri_is_foreign(house: House, rp: RelyingParty, browser: Browser) -> None:
    second = house.client("second")

    browser.open("/authorize", rp.request(redirect_uri=second.redirect_uri))

    is_page(browser.shown)


@pytest.mark.spec("RFC 8252 §7.3", "RFC 8252 §8.4", "RFC 9700 §2.1")
@pytest.mark.parametrize(
    ("asked", "is_ours"),
    [
        ("http://127.0.0.1:51004/cb", True),
        ("http://127.0.0.1/cb", True),
        ("http://127.0.0.1:051004/cb", False),
        ("http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1:51004/cb?x=1", False),
        ("http://127.0.0.1:51004/cb#x", False),
        ("http://127.0.0.1:51004/cb#", False),
        ("http://127.0.0.1:51004/cb?", False),
        ("http://127.0.0.1:51004/c\tb", False),
        ("http://127.0.0.1:51004/cb\r\n", False),
        (" http://127.0.0.1:51004/cb", False),
        ("http://localhost:51004/cb", False),
        ("http://127.0.0.1:99999/cb", False),
        ("http://127.0.0.1:/cb", False),
        ("http://user@127.0.0.1:51004/cb", False),
        ("https://127.0.0.1:51004/cb", False),
        ("http://[", False),
        ("http://127.0.0.1:x/cb", False),
    ],
)
def test_native_apps_loopback_port_is_free_and_nothing_else(
    house: House, browser: Browser, asked: str, is_ours: bool
) -> None:
    app = house.client(
        "app",
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=("http://127.0.0.1/cb",),
    )

    browser.open("/authorize", app.request(redirect_uri=asked))

    if is_ours:
        assert "username" in browser.page.ids
    else:
        is_page(browser.shown)


@pytest.mark.spec("RFC 8252 §8.6", "RFC 6749 §10.2")
@pytest.mark.parametrize(
    ("where", "changes", "is_asked"),
    [
        ("http://127.0.0.1/cb", {}, True),
        ("vn.example.app:/cb", {}, True),
        ("https://app.example/cb", {}, False),
        ("http://127.0.0.1/cb", {"token_endpoint_auth_method": "client_secret_basic"}, False),
        ("http://127.0.0.1/cb", {"application_type": "web"}, False),
    ],
)
def test_person_is_asked_each_time_where_another_app_may_ask_in_the_name_of_one(
    house: House, person: Person, where: str, changes: dict[str, str], is_asked: bool
) -> None:
    native = {"application_type": "native", "token_endpoint_auth_method": "none"} | changes
    app, browser = house.client("app", redirect_uris=(where,), **native), signed_in(house, person)
    browser.open("/authorize", app.request(redirect_uri=where))
    browser.submit({}, "consent-allow")

    browser.open("/authorize", app.request(redirect_uri=where, prompt="none"))
    silent = browser.answer.get("error")
    browser.open("/authorize", app.request(redirect_uri=where))

    assert silent == ("consent_required" if is_asked else None)
    assert ("consent-allow" in browser.page.ids) == is_asked


@pytest.mark.spec("RFC 8252 §8.4")
def test_web_clients_loopback_port_is_not_free(house: House, browser: Browser) -> None:
    site = house.client("site", redirect_uris=("http://127.0.0.1:5000/cb",))

    browser.open("/authorize", site.request(redirect_uri="http://127.0.0.1:5001/cb"))

    is_page(browser.shown)


@pytest.mark.spec("RFC 6749 §3.1")
def test_parameters_without_a_value_count_as_not_sent(rp: RelyingParty, browser: Browser) -> None:
    empty = dict.fromkeys(
        ("prompt", "max_age", "acr_values", "claims", "response_mode", "id_token_hint", "request"), ""
    )

    browser.open("/authorize", rp.request(**empty))

    assert "username" in browser.page.ids


@pytest.mark.spec("RFC 6749 §3.1", "OIDC Core 1.0 §3.1.2.1")
def test_parameters_nobody_knows_are_ignored(rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize", rp.request(foo="bar", weather="fair", display="wap"))

    assert "username" in browser.page.ids


@pytest.mark.spec("RFC 6749 §3.1.1")
@pytest.mark.parametrize(
    "asked", ["token", "id_token", "code token", "code id_token", "none", "CODE", "code code", "x" * 500]
)
def test_other_response_types_are_refused(rp: RelyingParty, browser: Browser, asked: str) -> None:
    browser.open("/authorize", rp.request(response_type=asked))

    assert "response_type" in sent_back(browser, rp, "unsupported_response_type")


@pytest.mark.spec("RFC 6749 §4.1.2.1", "RFC 6749 §3.1.1", "OIDC Core 1.0 §3.1.2.1", "OIDC Core 1.0 §3.1.2.2")
@pytest.mark.parametrize(
    ("parameter", "value", "error"),
    [
        ("response_type", None, "invalid_request"),
        ("scope", None, "invalid_request"),
        ("response_mode", "web_message", "invalid_request"),
        ("nonce", "a\nb", "invalid_request"),
        ("nonce", "n" * 3000, "invalid_request"),
    ],
)
def test_faults_go_back_to_the_client_naming_the_parameter(
    rp: RelyingParty, browser: Browser, parameter: str, value: str | None, error: str
) -> None:
    browser.open("/authorize", rp.request(**{parameter: value}))

    assert parameter in sent_back(browser, rp, error)


@pytest.mark.spec("RFC 6749 §3.3", "FAPI 2.0 Security Profile §5.3.2.1")
def test_scope_that_is_not_registered_is_refused(house: House, browser: Browser) -> None:
    narrow = house.client("narrow", scope=("openid", "profile"))

    browser.open("/authorize", narrow.request(scope="openid identity"))

    assert "identity" in sent_back(browser, narrow, "invalid_scope")


@pytest.mark.spec("RFC 6749 §4.1.2.1")
def test_client_without_the_grant_is_unauthorized(house: House, browser: Browser) -> None:
    robot = house.client("robot", grant_types=("client_credentials",))

    browser.open("/authorize", robot.request())

    sent_back(browser, robot, "unauthorized_client")


@pytest.mark.spec("RFC 6749 §4.1.2", "RFC 6749 §3.1")
@pytest.mark.parametrize("state", ["a b&c=d%20#+/?\"'<>\\", "=", "%", "s" * 2048])
def test_state_comes_back_exactly(
    house: House, rp: RelyingParty, person: Person, browser: Browser, state: str
) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(state=state))

    assert allow(browser)["state"] == state


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_no_state_is_made_up(house: House, rp: RelyingParty, person: Person) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize", rp.request(state=None))

    assert "state" not in allow(browser)


@pytest.mark.spec("RFC 6749 Appendix A.5")
@pytest.mark.parametrize("state", ["số", "a\r\nb", "s" * 2049])
def test_state_outside_its_alphabet_is_refused(rp: RelyingParty, browser: Browser, state: str) -> None:
    browser.open("/authorize", rp.request(state=state))

    assert browser.answer["error"] == "invalid_request"
    assert browser.answer["error_description"].startswith("state")
    assert "\r" not in browser.shown.headers["Location"]


@pytest.mark.spec("RFC 6749 §3.1.2")
def test_registered_addresss_own_query_is_kept(house: House, person: Person) -> None:
    site = house.client("site", redirect_uris=("https://site.example/cb?tenant=a%26b",))
    browser = signed_in(house, person)

    browser.open("/authorize", site.request())
    allow(browser)

    assert browser.location is not None
    assert browser.location.startswith("https://site.example/cb?tenant=a%26b&code=")
    assert query_of(browser.location)["tenant"] == ["a&b"]


@pytest.mark.spec("RFC 6749 §4.1.2.1")
@pytest.mark.parametrize("how", ["consent-deny", "cancel"])
def test_person_who_refuses_sends_access_denied(
    house: House, rp: RelyingParty, person: Person, how: str
) -> None:
    browser = signed_in(house, person)
    browser.open("/authorize", rp.request())

    if how == "consent-deny":
        browser.submit({}, "consent-deny")
    else:
        form = next(form for form in browser.page.forms if form.action.endswith("/consent"))
        browser._went(browser.client.post(form.action.replace("/consent", "/cancel"), data=form.fields))

    sent_back(browser, rp, "access_denied")


# The token endpoint


@pytest.mark.spec("RFC 6749 §5.1", "OIDC Core 1.0 §3.1.3.3")
def test_token_answer_is_whole_and_not_to_be_kept(rp: RelyingParty, person: Person) -> None:
    response = rp.redeem(code_for(rp, person, scope="openid profile offline_access"))

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    body = response.get_json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert body["scope"] == "openid profile offline_access"


@pytest.mark.spec("RFC 6749 §3.3", "OIDC Core 1.0 §3.1.2.1")
def test_token_answer_tells_which_scope_was_given(rp: RelyingParty, person: Person) -> None:
    assert tokens_for(rp, person, scope="openid reports weather")["scope"] == "openid"


@pytest.mark.spec("RFC 6749 §3.2")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_token_endpoint_takes_posts_only(house: House, method: str) -> None:
    response = house.app.test_client().open("/token?grant_type=client_credentials", method=method)

    refused(response, "invalid_request", 405)
    assert "POST" in response.headers["Allow"]


@pytest.mark.spec("RFC 6749 §3.2")
@pytest.mark.parametrize("grant_type", [None, ""])
def test_missing_grant_type_is_named(rp: RelyingParty, grant_type: str | None) -> None:
    form = {"scope": "reports"} | ({} if grant_type is None else {"grant_type": grant_type})

    assert "grant_type" in refused(rp.post("/token", form), "invalid_request")


@pytest.mark.spec("RFC 6749 §5.2", "OIDC Core 1.0 §3.1.3.4")
@pytest.mark.parametrize(
    "grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "việt", "x" * 5000]
)
def test_other_grant_types_are_unsupported(rp: RelyingParty, grant_type: str) -> None:
    description = refused(rp.post("/token", {"grant_type": grant_type}), "unsupported_grant_type")

    assert "grant_type" in description
    assert "authorization_code" in description
    assert len(description) < 300


@pytest.mark.spec("RFC 6749 §5.2", "OIDC Core 1.0 §3.1.3.4")
@pytest.mark.parametrize(
    ("grant_type", "parameter"), [("authorization_code", "code"), ("refresh_token", "refresh_token")]
)
@pytest.mark.parametrize("value", [None, ""])
def test_missing_credential_is_named(
    rp: RelyingParty, grant_type: str, parameter: str, value: str | None
) -> None:
    form = {"grant_type": grant_type} | ({} if value is None else {parameter: value})

    assert parameter in refused(rp.post("/token", form), "invalid_request")


@pytest.mark.spec("RFC 6749 §5.2")
@pytest.mark.parametrize("grant_type", ["client_credentials", "refresh_token"])
def test_grant_that_is_not_registered_is_unauthorized(house: House, grant_type: str) -> None:
    site = house.client("site", grant_types=("authorization_code",))

    response = site.post("/token", {"grant_type": grant_type, "refresh_token": "x"})

    refused(response, "unauthorized_client")


@pytest.mark.spec("RFC 6749 §4.1.3", "OIDC Core 1.0 §3.1.3.2")
@pytest.mark.parametrize("code", ["nonsense", "A" * 65, "é" * 65, "A" * 60000, "../../etc/passwd", " "])
def test_codes_nobody_gave_are_refused(rp: RelyingParty, code: str) -> None:
    assert "code" in refused(rp.redeem(code), "invalid_grant")


@pytest.mark.spec("RFC 6749 §4.1.3", "OIDC Core 1.0 §3.1.3.2")
def test_code_of_another_client_is_refused(house: House, rp: RelyingParty, person: Person) -> None:
    second = house.client("second", token_endpoint_auth_method="none")
    code = code_for(rp, person)

    refused(
        second.redeem(code, redirect_uri=rp.redirect_uri, code_verifier=rp.verifier),
        "invalid_grant",
    )


@pytest.mark.spec("RFC 6749 §4.1.3", "RFC 6749 §10.6", "OIDC Core 1.0 §3.1.3.2")
@pytest.mark.parametrize("uri", [None, "", "https://rp.example/other", "https://rp.example/callback/"])
def test_code_needs_its_redirect_uri(rp: RelyingParty, person: Person, uri: str | None) -> None:
    code = code_for(rp, person)

    assert "redirect_uri" in refused(rp.redeem(code, redirect_uri=uri), "invalid_grant")


@pytest.mark.spec("RFC 6749 §4.1.2", "RFC 6749 §10.5", "FAPI 2.0 Security Profile §5.3.2.2")
def test_code_lives_for_a_minute(house: House, rp: RelyingParty, person: Person) -> None:
    young, old = code_for(rp, person), code_for(rp, person)

    house.clock.advance(timedelta(seconds=59))
    assert rp.redeem(young).status_code == 200
    house.clock.advance(timedelta(seconds=1))
    refused(rp.redeem(old), "invalid_grant")


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_every_refusal_of_a_code_reads_the_same(house: House, rp: RelyingParty, person: Person) -> None:
    second = house.client("second")
    used, foreign, expired = (code_for(party, person) for party in (rp, second, rp))
    rp.redeem(used)
    told = {refused(rp.redeem(code), "invalid_grant") for code in (used, foreign, "A" * 65)}
    house.clock.advance(timedelta(minutes=2))
    told.add(refused(rp.redeem(expired), "invalid_grant"))

    assert len(told) == 1


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_code_of_an_account_locked_since_is_refused(house: House, rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person)
    house.provider.lifecycle.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")

    description = refused(rp.redeem(code), "invalid_grant")

    assert "lock" not in description


@pytest.mark.spec("RFC 6749 §3.2")
def test_token_parameters_in_the_query_are_not_read(rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person)

    response = rp.post(
        f"/token?grant_type=authorization_code&code={code}&code_verifier={rp.verifier}", {"a": "b"}
    )

    refused(response, "invalid_request")


# Refreshing


@pytest.mark.spec("RFC 6749 §6")
def test_refreshing_may_ask_for_less(rp: RelyingParty, person: Person) -> None:
    first = tokens_for(rp, person, scope="openid profile phone offline_access")

    second = rp.refresh(first["refresh_token"], scope="openid phone").get_json()

    assert second["scope"] == "openid phone"
    known = rp.userinfo(second["access_token"]).get_json()
    assert "phone_number" in known
    assert "name" not in known
    third = rp.refresh(second["refresh_token"]).get_json()
    assert third["scope"] == "openid profile phone offline_access"


@pytest.mark.spec("RFC 6749 §6", "RFC 9700 §4.14.2")
@pytest.mark.parametrize("scope", ["openid profile email", "identity", "reports", "nonsense"])
def test_refreshing_never_gives_more_and_spends_nothing_when_refused(
    rp: RelyingParty, person: Person, scope: str
) -> None:
    first = tokens_for(rp, person, scope="openid profile offline_access")

    assert "scope" in refused(rp.refresh(first["refresh_token"], scope=scope), "invalid_scope")

    assert rp.refresh(first["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 6749 §6")
def test_refreshing_without_openid_gives_no_id_token(rp: RelyingParty, person: Person) -> None:
    first = tokens_for(rp, person, scope="openid profile offline_access")

    second = rp.refresh(first["refresh_token"], scope="profile").get_json()

    assert "id_token" not in second
    refused(rp.userinfo(second["access_token"]), "insufficient_scope", 403)


@pytest.mark.spec("RFC 6749 §6", "RFC 6749 §10.4", "OIDC Core 1.0 §12.1")
def test_refresh_token_of_another_client_is_refused_and_unharmed(
    house: House, rp: RelyingParty, person: Person
) -> None:
    second = house.client("second")
    first = tokens_for(rp, person, scope="openid offline_access")

    refused(second.refresh(first["refresh_token"]), "invalid_grant")

    assert rp.refresh(first["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 6749 §6")
@pytest.mark.parametrize("token", ["nonsense", "A" * 65, "ü" * 65, "." * 60000])
def test_refresh_tokens_nobody_gave_are_refused(rp: RelyingParty, token: str) -> None:
    assert "refresh_token" in refused(rp.refresh(token), "invalid_grant")


@pytest.mark.spec("RFC 6749 §10.4")
def test_refreshing_ends_with_the_family(house: House) -> None:
    rp, person = house.client("short"), house.person()
    first = tokens_for(rp, person, scope="openid offline_access")

    house.clock.advance(house.settings.refresh_ttl)

    refused(rp.refresh(first["refresh_token"]), "invalid_grant")


@pytest.mark.spec("RFC 6749 §6")
def test_locked_account_is_refreshed_no_more(house: House, rp: RelyingParty, person: Person) -> None:
    first = tokens_for(rp, person, scope="openid offline_access")
    house.provider.lifecycle.lock(person.account_id, LockGround.HOLDER_ASKED, "holder")

    refused(rp.refresh(first["refresh_token"]), "invalid_grant")


# A client's own right


@pytest.mark.spec("RFC 6749 §4.4.3")
def test_client_credentials_give_no_refresh_token_and_no_person(house: House) -> None:
    robot = house.client("robot", grant_types=("client_credentials",), scope=("openid", "profile", "reports"))

    response = robot.post("/token", {"grant_type": "client_credentials"})

    body = response.get_json()
    assert response.headers["Cache-Control"] == "no-store"
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert body["scope"] == "reports"
    told = robot.userinfo(body["access_token"])
    refused(told, "insufficient_scope", 403)


@pytest.mark.spec("RFC 6749 §4.4.2")
@pytest.mark.parametrize("scope", ["openid", "profile", "reports identity", "offline_access", "nonsense"])
def test_client_credentials_never_speak_of_people(house: House, scope: str) -> None:
    robot = house.client("robot", grant_types=("client_credentials",), scope=("openid", "profile", "reports"))

    response = robot.post("/token", {"grant_type": "client_credentials", "scope": scope})

    assert "scope" in refused(response, "invalid_scope")


@pytest.mark.spec("RFC 6749 §4.4")
def test_client_without_rights_of_its_own_gets_no_token(house: House) -> None:
    robot = house.client("robot", grant_types=("client_credentials",), scope=("openid", "profile"))

    response = robot.post("/token", {"grant_type": "client_credentials"})

    assert "scope" in refused(response, "invalid_scope")


# Client authentication


@pytest.mark.spec("RFC 6749 §5.2", "RFC 6749 §3.2.1", "OIDC Core 1.0 §3.1.3.2")
@pytest.mark.parametrize(
    "headers",
    [
        basic("rp", "wrong"),
        basic("rp", ""),
        basic("nobody", "wrong"),
        basic("rp\0", "wrong"),
        basic("rp%00", "wrong"),
        basic("%ff%fe", "wrong"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic cnA="},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()},
        {"Authorization": "Bearer something"},
        {"Authorization": "Negotiate"},
        {"Authorization": ""},
        {},
    ],
)
def test_client_that_fails_to_prove_itself_is_challenged(
    house: House, rp: RelyingParty, headers: dict[str, str]
) -> None:
    form = {"grant_type": "client_credentials"}

    response = house.app.test_client().post("/token", data=form, headers=headers)

    description = refused(response, "invalid_client", 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert rp.secret is not None
    assert rp.secret not in description


@pytest.mark.spec("RFC 6749 §2.3")
def test_unknown_client_and_wrong_secret_sound_alike(house: House, rp: RelyingParty) -> None:
    told = {
        refused(
            house.app.test_client().post("/token", data={"grant_type": "x"}, headers=basic(name, "wrong")),
            "invalid_client",
            401,
        )
        for name in ("rp", "nobody")
    }

    assert len(told) == 1


@pytest.mark.spec("RFC 6749 §2.3", "OIDC Core 1.0 §9")
def test_client_uses_the_method_it_is_registered_for_and_no_other(house: House) -> None:
    form = {"grant_type": "client_credentials", "scope": "reports"}
    registered = {
        method: house.client(
            method.replace("_", "-"),
            token_endpoint_auth_method=method,
            grant_types=("client_credentials",),
        )
        for method in ("client_secret_basic", "client_secret_post")
    }
    for own, party in registered.items():
        for used in ("client_secret_basic", "client_secret_post", "none"):
            secret = party.secret if used != "none" else None
            other = RelyingParty(house, party.client_id, secret, used, party.redirect_uri)
            response = other.post("/token", form)
            if used == own:
                assert response.status_code == 200
            else:
                refused(response, "invalid_client", 401)


@pytest.mark.spec("RFC 6749 §2.3", "RFC 8252 §8.4", "RFC 8252 §8.5")
def test_public_client_has_no_secret_to_send(house: House, person: Person) -> None:
    app = house.client("app", token_endpoint_auth_method="none")
    code = code_for(app, person)

    refused(app.redeem(code, client_secret="guess"), "invalid_client", 401)
    assert app.redeem(code).status_code == 200


@pytest.mark.spec("RFC 6749 §2.3")
def test_two_methods_at_once_are_refused(rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person)

    refused(rp.redeem(code, client_secret=rp.secret), "invalid_request")
    refused(rp.redeem(code, client_id="rp", client_secret=rp.secret), "invalid_request")


@pytest.mark.spec("RFC 6749 §3.2")
def test_empty_secret_beside_the_header_is_no_second_method(rp: RelyingParty, person: Person) -> None:
    assert rp.redeem(code_for(rp, person), client_secret="", client_id="").status_code == 200


@pytest.mark.spec("RFC 6749 §2.3.1")
def test_client_id_beside_the_header_must_agree(rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person)

    assert "client_id" in refused(rp.redeem(code, client_id="second"), "invalid_request")
    assert rp.redeem(code, client_id="rp").status_code == 200


@pytest.mark.spec("RFC 6749 §2.3.1")
def test_basic_credentials_are_form_encoded_first(house: House) -> None:
    house.provider.clients.register(
        house.provider.clients.find(
            house.client("model", grant_types=("client_credentials",)).client_id
        ).metadata,
        client_id="a:b c",
        secret="p%a:s+s wörd",
    )

    response = house.app.test_client().post(
        "/token",
        data={"grant_type": "client_credentials"},
        headers=basic(quote_plus("a:b c"), quote_plus("p%a:s+s wörd")),
    )

    assert response.status_code == 200, response.text


@pytest.mark.spec("RFC 6749 §2.3.1")
def test_secret_in_the_query_proves_nothing(house: House) -> None:
    post = house.client(
        "post", token_endpoint_auth_method="client_secret_post", grant_types=("client_credentials",)
    )

    response = house.app.test_client().post(
        f"/token?client_id=post&client_secret={post.secret}", data={"grant_type": "client_credentials"}
    )

    refused(response, "invalid_client", 401)


@pytest.mark.spec("RFC 6749 §3.2.1")
def test_disabled_client_redeems_nothing(house: House, rp: RelyingParty, person: Person) -> None:
    code = code_for(rp, person)
    house.provider.clients.disable(rp.client_id)

    refused(rp.redeem(code), "invalid_client", 401)


@pytest.mark.spec("RFC 6749 §2.3")
@pytest.mark.parametrize(
    "path", ["/token", "/par", "/introspect", "/revoke", "/device_authorization", "/bc-authorize"]
)
def test_client_that_fails_to_prove_itself_is_remembered_once_wherever_it_came(
    house: House, rp: RelyingParty, path: str
) -> None:
    heard: list[tuple[str, object]] = []
    house.provider.audit.listen(lambda entry: heard.append((entry.event, entry.facts.get("error"))))

    response = house.app.test_client().post(path, data={"x": "y"}, headers=basic(rp.client_id, "wrong"))

    refused(response, "invalid_client", 401)
    assert heard == [("client.refused", "invalid_client")]


@pytest.mark.spec("RFC 6749 §2.3.1")
def test_secrets_of_clients_cannot_be_guessed(house: House) -> None:
    secrets_given = {house.client(f"rp{n}").secret for n in range(4)}

    assert len(secrets_given) == 4
    assert all(secret is not None and len(secret) >= 43 for secret in secrets_given)  # 256 bits


@pytest.mark.spec("RFC 6749 §10.10", "FAPI 2.0 Security Profile §5.4.1")
def test_what_is_given_out_is_too_long_to_guess(rp: RelyingParty, person: Person) -> None:
    codes = {code_for(rp, person) for _ in range(3)}
    tokens = tokens_for(rp, person, scope="openid offline_access")

    # 128 bits are 22 characters of base64url.
    assert len(codes) == 3
    for value in (*codes, tokens["access_token"], tokens["refresh_token"]):
        assert len(value) >= 43


@pytest.mark.spec("RFC 6749 §3.2")
def test_token_parameters_nobody_knows_are_ignored(rp: RelyingParty, person: Person) -> None:
    assert rp.redeem(code_for(rp, person), weather="fair", foo="bar").status_code == 200


@pytest.mark.spec("RFC 6749 §3.3")
def test_request_without_a_scope_is_answered_by_rule(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    back_end = house.client("back", grant_types=("client_credentials",))
    browser.open("/authorize", rp.request(scope=None))

    assert "scope" in sent_back(browser, rp, "invalid_request")
    granted = back_end.post("/token", {"grant_type": "client_credentials"}).get_json()
    assert granted["scope"] == "reports"


@pytest.mark.spec("RFC 6749 §4.4")
def test_public_client_gets_no_token_for_itself(house: House) -> None:
    with pytest.raises(InvalidClientMetadata):
        house.client("app", token_endpoint_auth_method="none", grant_types=("client_credentials",))
    app = house.client("app", token_endpoint_auth_method="none")

    refused(app.post("/token", {"grant_type": "client_credentials"}), "unauthorized_client")


@pytest.mark.spec("RFC 6749 §4.4.2", "RFC 6749 §6")
@pytest.mark.parametrize("grant_type", ["client_credentials", "refresh_token", "authorization_code"])
def test_clients_without_proof_get_nothing(house: House, person: Person, grant_type: str) -> None:
    rp = house.client("full", grant_types=("authorization_code", "refresh_token", "client_credentials"))
    form = {
        "grant_type": grant_type,
        "code": code_for(rp, person),
        "redirect_uri": rp.redirect_uri,
        "code_verifier": rp.verifier,
        "refresh_token": tokens_for(rp, person, scope="openid offline_access")["refresh_token"],
    }
    by_name = {**form, "client_id": rp.client_id}

    refused(house.app.test_client().post("/token", data=by_name), "invalid_client", 401)
    refused(house.app.test_client().post("/token", data=form), "invalid_client", 401)
    assert rp.post("/token", form).status_code == 200


@pytest.mark.spec("RFC 6749 §5.2")
@pytest.mark.parametrize("value", ["việt", 'a"b', "a\\b", "a\nb", "\x7f", "x" * 9000])
def test_descriptions_keep_to_their_alphabet(rp: RelyingParty, browser: Browser, value: str) -> None:
    refused(rp.post("/token", {"grant_type": value}), "unsupported_grant_type")
    browser.open("/authorize", rp.request(response_type=value))
    sent_back(browser, rp, "unsupported_response_type")
    refused(rp.post("/token", {"grant_type": "client_credentials", "scope": value}), "unauthorized_client")
