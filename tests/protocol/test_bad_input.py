"""Requests that cannot be read: a clear answer, never a redirect to anywhere, never a bare 500."""

import base64
import io
from typing import Any

import pytest

from tests.house import ISSUER, House, Person, RelyingParty
from tests.protocol.acts import code_for, is_page, refused

TERMINATED, CHUNKED = {"wsgi.input_terminated": True}, {"Transfer-Encoding": "chunked"}
NO_FORMS = ("application/json", "multipart/form-data; boundary=x", "text/plain", "", "nonsense")
FORM = "application/x-www-form-urlencoded"
UNREADABLE = {
    "repeated": b"state=a&state=b",
    "repeated without a value": b"state=&state=b",
    "not UTF-8": b"state=%ff%fe",
    "half a surrogate pair": b"state=%ed%a0%80",
    "overlong": b"state=%c0%80",
    "NUL": b"state=a%00b",
    "NUL in a name": b"a%00b=1",
    "raw bytes": "state=số".encode(),
    "too many": b"&".join(b"x%d=1" % number for number in range(200)),
}


@pytest.mark.spec("RFC 6749 §3.1", "OIDC Core 1.0 §13")
@pytest.mark.parametrize("fault", UNREADABLE)
@pytest.mark.parametrize("path", ["/authorize", "/logout"])
def test_unreadable_queries_are_told_on_a_page(house: House, rp: RelyingParty, path: str, fault: str) -> None:
    query = f"client_id={rp.client_id}&redirect_uri={rp.redirect_uri}&".encode() + UNREADABLE[fault]

    response = house.app.test_client().open(path, environ_overrides={"QUERY_STRING": query.decode("latin-1")})

    is_page(response)


@pytest.mark.spec("RFC 6749 §3.2", "OIDC Core 1.0 §13")
@pytest.mark.parametrize("fault", UNREADABLE)
@pytest.mark.parametrize("path", ["/authorize", "/logout", "/token", "/userinfo"])
def test_unreadable_forms_are_told(house: House, rp: RelyingParty, path: str, fault: str) -> None:
    response = house.app.test_client().post(path, data=UNREADABLE[fault], content_type=FORM)

    if path in ("/token", "/userinfo"):
        refused(response, "invalid_request")
    else:
        is_page(response)


@pytest.mark.spec("RFC 9126 §2.3")
@pytest.mark.parametrize("path", ["/authorize", "/logout", "/token", "/userinfo", "/par"])
@pytest.mark.parametrize("is_declared", [True, False])
def test_body_over_64_kib_is_refused(house: House, path: str, is_declared: bool) -> None:
    body, extra = b"a=" + b"x" * (64 * 1024 - 1), {}
    if not is_declared:  # as a server hands on a chunked body
        extra = {
            "environ_overrides": {"wsgi.input_terminated": True},
            "headers": {"Transfer-Encoding": "chunked"},
        }

    response = house.app.test_client().post(path, data=body, content_type=FORM, **extra)

    assert response.status_code == 413
    assert "64 KiB" in response.text


@pytest.mark.parametrize("path", ["/authorize", "/logout", "/token"])
@pytest.mark.parametrize("content_type", NO_FORMS)
def test_body_that_is_no_form_is_refused(house: House, path: str, content_type: str) -> None:
    response = house.app.test_client().post(path, data=b"grant_type=x", content_type=content_type)

    if path == "/token":
        assert FORM in refused(response, "invalid_request", 415)
    else:
        is_page(response, 415)


@pytest.mark.parametrize("content_type", [FORM.upper(), FORM + "; charset=UTF-8", FORM + ";charset=utf-8"])
def test_form_with_a_charset_is_a_form(house: House, rp: RelyingParty, content_type: str) -> None:
    response = house.app.test_client().post("/token", data=b"client_id=rp", content_type=content_type)

    refused(response, "invalid_client", 401)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/authorize", "/token", "/userinfo", "/logout", "/jwks"])
def test_other_methods_are_not_allowed(house: House, path: str, method: str) -> None:
    response = house.app.test_client().open(path, method=method)

    assert response.status_code == 405
    assert response.headers["Allow"]
    assert "Traceback" not in response.text


@pytest.mark.parametrize("path", ["/nowhere", "/token/", "/.well-known/x", "/signin/%00", "/%ff"])
def test_addresses_nobody_has_are_a_page(house: House, path: str) -> None:
    response = house.app.test_client().get(path)

    assert response.status_code in (404, 405, 410)
    assert "Traceback" not in response.text


@pytest.mark.spec("RFC 6749 §10.14")
def test_what_was_sent_is_told_escaped(house: House) -> None:
    response = house.app.test_client().get(
        "/authorize?<script>alert(1)</script>=1&<script>alert(1)</script>=2"
    )

    assert "<script>alert" not in is_page(response)


def test_page_carries_a_reference_and_what_a_developer_needs(house: House, rp: RelyingParty) -> None:
    response = house.app.test_client().get("/authorize", query_string={"client_id": rp.client_id})

    assert "op-reference" in is_page(response)
    assert "redirect_uri: missing" in response.text


@pytest.mark.parametrize("name", ["browser", "session", "language"])
@pytest.mark.parametrize("value", ["nonsense", "A" * 65, "é" * 65, "x" * 4000, "=", ";", '"', "\x7f"])
def test_foreign_cookies_start_again(house: House, rp: RelyingParty, name: str, value: str) -> None:
    response = house.app.test_client().get(
        "/authorize", query_string=rp.request(), headers={"Cookie": f"idp_{name}={value}"}
    )

    assert response.status_code == 200
    assert 'id="username"' in response.text


@pytest.mark.parametrize("path", ["", "//account//requests", "/account//requests", "/static//account.css"])
def test_address_written_carelessly_leads_to_no_other_host(house: House, path: str) -> None:
    response = house.app.test_client().get(
        "/", headers={"Host": "evil.example"}, environ_overrides={"PATH_INFO": path}
    )

    assert response.status_code == 404
    assert "Location" not in response.headers
    assert "evil.example" not in response.text


@pytest.fixture
def postgres_house(make_house: Any, postgres_url: str) -> House:
    house: House = make_house(database_url=postgres_url, is_demo=False, sms_channel="none")
    return house


@pytest.mark.parametrize("text", ["a\0b", "%00", "a" * 5000, "é", "\U0001f600", "\x7f", "'; --"])
def test_text_that_postgresql_refuses_is_just_unknown(postgres_house: House, text: str) -> None:
    """PostgreSQL takes no NUL and no more characters than a column has."""
    client = postgres_house.app.test_client()
    pair = base64.b64encode(f"{text}:secret".encode()).decode()

    response = client.post("/token", data={"grant_type": "x"}, headers={"Authorization": f"Basic {pair}"})
    refused(response, "invalid_client", 401)
    if "\0" not in text:
        refused(client.post("/token", data={"client_id": text}), "invalid_client", 401)
        is_page(client.get("/authorize", query_string={"client_id": text}))
        is_page(client.get("/logout", query_string={"client_id": text}))


def test_chunked_body_that_comes_in_pieces_is_read_whole(house: House) -> None:
    class Pieces(io.BytesIO):
        """A stream that gives a few bytes at a time, as a slow client's body comes."""

        def readinto(self, buffer: Any) -> int:
            return super().readinto(memoryview(buffer)[:7])

    for extra in ({"content_length": 43}, {"headers": CHUNKED, "environ_overrides": TERMINATED}):
        body = Pieces(b"grant_type=nonsense&client_id=nobody&x=yyyy")
        response = house.app.test_client().post("/token", input_stream=body, content_type=FORM, **extra)
        refused(response, "invalid_client", 401)
        assert "no client authentication" not in response.text


def test_descriptions_never_repeat_a_secret(house: House, rp: RelyingParty, person: Person) -> None:
    secrets = {
        "code": "code-that-is-secret-" + "A" * 45,
        "refresh_token": "token-that-is-secret-" + "A" * 44,
        "client_secret": "secret-that-is-secret",
        "code_verifier": "verifier-that-is-secret-" + "A" * 30,
    }
    code = code_for(rp, person)
    answers = [
        rp.redeem(secrets["code"]),
        rp.redeem(code, code_verifier=secrets["code_verifier"]),
        rp.refresh(secrets["refresh_token"]),
        rp.userinfo(secrets["refresh_token"]),
        rp.redeem(code, client_secret=secrets["client_secret"]),
        house.app.test_client().post(
            f"/token?client_secret={secrets['client_secret']}", data={"client_id": "rp"}
        ),
    ]

    for answer in answers:
        assert answer.status_code in (400, 401)
        for secret in secrets.values():
            assert secret not in answer.text + str(answer.headers)


def test_host_header_reaches_no_answer(house: House, rp: RelyingParty) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    client = house.app.test_client()

    for response in (
        client.get("/authorize", query_string=rp.request(), headers=headers),
        client.get("/authorize", headers=headers),
        client.get("/account", headers=headers),
        client.get("/logout", headers=headers),
        client.get("/", headers=headers),
    ):
        assert "evil.example" not in response.text
        assert "evil.example" not in str(response.headers)
    assert house.settings.issuer == ISSUER
