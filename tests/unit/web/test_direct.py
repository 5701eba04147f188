"""Programs, and people who sign in, are answered without Flask, and as Flask would answer them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import request_started
from werkzeug.exceptions import BadRequest
from werkzeug.test import Client, TestResponse

from idp.kernel.errors import Unavailable
from idp.web.direct import Direct
from idp.web.http import FOR_CLIENTS, as_json
from tests.house import Browser, House, RelyingParty

FIXED = [
    ("POST", "/token"),
    ("POST", "/par"),
    ("POST", "/introspect"),
    ("POST", "/revoke"),
    ("GET", "/userinfo"),
    ("POST", "/userinfo"),
    ("POST", "/device_authorization"),
    ("POST", "/bc-authorize"),
    ("GET", "/health"),
]
SIGN_IN = [
    ("GET", "/authorize"),
    ("GET", "/signin/nobodys"),
    ("POST", "/signin/nobodys/identify"),
    ("POST", "/signin/nobodys/prove/totp"),
]


@contextmanager
def asked_of_flask(house: House) -> Iterator[list[Any]]:
    """What Flask was asked meanwhile."""
    asked: list[Any] = []

    def hear(_sender: object, **told: object) -> None:
        asked.append(told)

    with request_started.connected_to(hear, house.app):
        yield asked


def open_by(app: Any, method: str, path: str) -> TestResponse:
    return Client(app).open(path, method=method)


@pytest.mark.parametrize(("method", "path"), FIXED)
def test_endpoint_for_programs_is_answered_without_flask(house: House, method: str, path: str) -> None:
    with asked_of_flask(house) as asked:
        response = open_by(house.app, method, path)

    assert asked == []
    assert response.mimetype == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("method", "path"), SIGN_IN)
def test_sign_in_is_answered_without_flask(house: House, method: str, path: str) -> None:
    with asked_of_flask(house) as asked:
        response = open_by(house.app, method, path)

    assert asked == []
    assert response.mimetype == "text/html"
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/token"),
        ("OPTIONS", "/introspect"),
        ("HEAD", "/userinfo"),
        ("GET", "/"),
        ("POST", "/token/"),
        ("GET", "/signin/"),
        ("GET", "/signin//identify"),
        ("GET", "/signin/nobodys/identify"),
        ("GET", "/signin/nobodys/"),
        ("GET", "/signin/%C4%91"),
    ],
)
def test_whatever_else_goes_on_to_flask(house: House, method: str, path: str) -> None:
    with asked_of_flask(house) as asked:
        open_by(house.app, method, path)

    assert len(asked) == 1


@pytest.mark.parametrize(
    ("path", "status"), [("/userinfo", 401), ("/authorize", 400), ("/signin/nobodys", 410)]
)
def test_both_ways_tell_an_error_the_same(house: House, path: str, status: int) -> None:
    """As HEAD Flask answers it: the same view, status and headers."""
    direct = open_by(house.app, "GET", path)
    by_flask = open_by(house.app, "HEAD", path)

    own = {"X-Request-Id", "Content-Length", "Set-Cookie"}
    assert direct.status_code == by_flask.status_code == status
    assert {name: value for name, value in direct.headers if name not in own} == {
        name: value for name, value in by_flask.headers if name not in own
    }


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (Unavailable("database"), 503, "temporarily_unavailable"),
        (BadRequest(), 400, "invalid_request"),
        (ZeroDivisionError(), 500, "server_error"),
    ],
)
def test_whatever_a_view_raises_is_told_in_json(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, told: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(type(house.provider.client_authentication), "authenticate", fail)

    response = Client(house.app).post("/token", data={"grant_type": "client_credentials"})

    assert (response.status_code, response.json["error"]) == (status, told)


@pytest.mark.parametrize(
    ("path", "status"), [("/authorize", 404), ("/signin/nobodys", 404), ("/userinfo", 401)]
)
def test_sign_in_is_not_where_clients_show_certificates(house: House, path: str, status: int) -> None:
    response = Client(house.app).get(path, environ_overrides={FOR_CLIENTS: True})

    assert response.status_code == status


def test_page_of_a_sign_in_offers_the_other_language_at_its_own_address(
    house: House, rp: RelyingParty, browser: Browser
) -> None:
    browser.open("/authorize", rp.request())
    form = browser.page.form_with("password")
    assert form is not None

    here = form.action.removesuffix("/identify")

    shown = browser.client.get(here).text

    assert f"/language/en?return={here}" in shown


def test_what_is_asked_before_may_refuse() -> None:
    class Stubborn:
        methods = frozenset({"GET"})

        def get(self) -> Any:
            return as_json({"said": "yes"})

    class Said(Exception):
        pass

    class Told:
        def unforeseen(self, _error: Exception) -> Any:
            return as_json({"said": "no"})

    def refuse() -> None:
        raise Said

    asked: Any = Direct(lambda *_: [], {"/here": Stubborn()}, Told(), [refuse])  # type: ignore[dict-item, arg-type]

    assert Client(asked).get("/here").json == {"said": "no"}
