"""Whatever anybody sends to the protocol's endpoints, the answer is one of ours."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.bench.forms import read_page
from tests.house import House, Person, RelyingParty
from tests.protocol.acts import DESCRIBABLE, code_for, signed_in, tokens_for

MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
AUTHORIZE = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
    "code_challenge", "code_challenge_method", "prompt", "max_age", "acr_values", "claims", "login_hint",
    "ui_locales", "id_token_hint", "display", "request", "request_uri", "registration",
)  # fmt: skip
TOKEN = (
    "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_id", "client_secret",
    "scope", "client_assertion", "client_assertion_type", "resource", "audience", "authorization_details",
    "subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type",
)  # fmt: skip
WORDS = (
    "", "none", "login", "consent", "select_account", "openid", "profile", "offline_access", "S256", "plain",
    "code", "query", "authorization_code", "refresh_token", "client_credentials", "0", "-1", "1e9",
    "urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:token-type:access_token",
    "urn:dinhdanh:aal:1", "urn:dinhdanh:aal:2", "urn:dinhdanh:aal:4", "en", "vi", "{}", "null", "a.b.c",
    "http://[", "rp", "https://rp.example/callback", "http://127.0.0.1:1/cb", "\0", "\ud7ff", "\u202e",
    "%00", " ", "\r\n",
)  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    scalars | st.sampled_from(["\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(["essential", "value", "values", "x"])
wishes = st.dictionaries(
    st.sampled_from(["name", "acr", "sub", "auth_time", "age_over_18", "shoe_size"]),
    st.none() | json_values | st.dictionaries(members, json_values, max_size=3),
    max_size=4,
)
places = st.sampled_from(["id_token", "userinfo", "x"])
claims = st.dictionaries(places, wishes | json_values, max_size=3).map(json.dumps)
several = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
values = st.text(max_size=40) | st.sampled_from(WORDS) | several
garbage = st.binary(max_size=200)


def clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def encodable(parameters: dict[str, str]) -> str:
    return urlencode(parameters, errors="surrogatepass")


def hold(response: TestResponse, rp: RelyingParty, *, is_api: bool) -> None:
    """One of our answers: a page, a redirect to the client or to ourselves, JSON; never a fault of ours."""
    assert response.status_code < 500, response.text
    assert "Traceback" not in response.text
    location = response.headers.get("Location")
    if location is not None:
        assert location.startswith((rp.redirect_uri + "?", "/"))
        assert not location.startswith("//")
    elif is_api and response.status_code >= 400:
        body = response.get_json()
        assert set(body) == {"error", "error_description", "error_uri"}
        assert set(body["error_description"]) <= DESCRIBABLE
        assert len(body["error_description"]) < 300
    assert "evil" not in (location or "")


@MANY
@given(changes=st.dictionaries(st.sampled_from(AUTHORIZE), values, max_size=5), post=st.booleans())
def test_authorization_request_with_anything_in_place_of_anything(
    house: House, rp: RelyingParty, person: Person, changes: dict[str, str], post: bool
) -> None:
    browser = signed_in(house, person, "password").client

    query = encodable(rp.request() | changes)
    if post:
        response = browser.post("/authorize", data=query, content_type="application/x-www-form-urlencoded")
        if response.headers.get("Location", "").startswith("/authorize?"):
            response = browser.get(response.headers["Location"])
    else:
        response = browser.get("/authorize", query_string=query)

    hold(response, rp, is_api=False)
    is_trusted = changes.get("client_id", rp.client_id) == rp.client_id
    if not is_trusted or changes.get("redirect_uri", rp.redirect_uri) != rp.redirect_uri:
        assert "Location" not in response.headers


@MANY
@given(wish=claims)
def test_authorization_request_with_any_claims(house: House, rp: RelyingParty, wish: str) -> None:
    browser = house.browser()

    response = browser.client.get("/authorize", query_string=encodable(rp.request(claims=wish)))

    hold(response, rp, is_api=False)
    if "Location" not in response.headers:
        assert read_page(response.data).form_with("username")


@MANY
@given(raw=garbage)
@pytest.mark.parametrize("path", ["/authorize", "/token", "/userinfo", "/logout"])
def test_any_bytes_for_a_query_or_a_form(house: House, rp: RelyingParty, path: str, raw: bytes) -> None:
    client = house.app.test_client()
    is_api = path in ("/token", "/userinfo")

    hold(client.post(path, data=raw, content_type="application/x-www-form-urlencoded"), rp, is_api=is_api)
    query = raw.decode("latin-1")
    hold(client.get(path, environ_overrides={"QUERY_STRING": query}), rp, is_api=is_api)


@MANY
@given(
    form=st.dictionaries(st.sampled_from(TOKEN), values, max_size=6),
    authorization=st.none() | st.sampled_from(["right", "Basic", "Bearer x", "Basic cnA6", "Basic AA=="]),
)
def test_any_form_at_the_token_endpoint(
    house: House, rp: RelyingParty, form: dict[str, str], authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    client = house.app.test_client()
    if authorization == "right":
        response = rp.post("/token", {name: clean(value) for name, value in form.items()})
    else:
        response = client.post(
            "/token", data=encodable(form), content_type="application/x-www-form-urlencoded", headers=headers
        )

    hold(response, rp, is_api=True)
    assert response.status_code in (400, 401, 415)


@settings(MANY, max_examples=60)
@given(changes=st.dictionaries(st.sampled_from(TOKEN[1:4]), values, min_size=1, max_size=3))
def test_genuine_code_with_anything_else_changed_is_refused(
    house: House, rp: RelyingParty, person: Person, changes: dict[str, str]
) -> None:
    genuine = {"code": code_for(rp, person), "redirect_uri": rp.redirect_uri, "code_verifier": rp.verifier}
    sent = genuine | {name: clean(value) for name, value in changes.items()}

    response = rp.redeem(**sent)

    hold(response, rp, is_api=True)
    assert (response.status_code == 200) == (sent == genuine)


@MANY
@given(token=st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=120))
def test_any_text_for_an_access_token(house: House, rp: RelyingParty, token: str) -> None:
    response = house.app.test_client().get("/userinfo", headers={"Authorization": f"Bearer {token}"})

    hold(response, rp, is_api=True)
    assert response.status_code == 401


@settings(MANY, max_examples=80)
@given(data=st.data())
def test_genuine_tokens_cut_and_spliced_open_nothing(
    house: House, rp: RelyingParty, person: Person, data: st.DataObject
) -> None:
    tokens = tokens_for(rp, person, scope="openid offline_access")
    doors = {"access_token": rp.userinfo, "refresh_token": rp.refresh, "id_token": rp.userinfo}
    for name, ask in doors.items():
        token = tokens[name]
        start = data.draw(st.integers(0, len(token)), label=name)
        end = data.draw(st.integers(start, len(token)))
        spliced = token[:start] + data.draw(st.sampled_from(["", "A", "=", "."])) + token[end:]
        if spliced != token:
            response = ask(spliced)
            hold(response, rp, is_api=True)
            assert response.status_code >= 400, (name, token, spliced)
