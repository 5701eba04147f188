"""The load driver signs in as a person would: its forms, its cookies, its way through redirects."""

from urllib.parse import urlsplit

import pytest
from flask import Flask, redirect, request

from tests.bench.browser import Client, Person, sign_in
from tests.bench.forms import read_page
from tests.bench.wire import Response, Unexpected

ORIGIN = "http://127.0.0.1:9"
ENDPOINTS = {"authorization_endpoint": f"{ORIGIN}/authorize", "token_endpoint": f"{ORIGIN}/token"}
CLIENT = Client(
    client_id="c",
    client_secret="s",
    auth_method="client_secret_basic",
    redirect_uri="https://portal.example/back",
    scope="openid",
)
PERSON = Person(username="001200000001", password="mật khẩu", totp_secret="JBSWY3DPEHPK3PXP" * 2)

IDENTIFY = """
<form action="/language"><button name="lang" value="en">English</button></form>
<form method="post" action="/prove"><input type="hidden" name="csrf" value="k&amp;y">
<input id="username" name="number"><input id="password" name="secret" type="password">
<button id="login-submit">Đăng nhập</button></form>"""
OTP = '<form method="post"><input id="otp" name="code"><button id="login-submit">Tiếp</button></form>'
CONSENT = """<form method="post" action="/consent"><input type="checkbox" name="phone" value="1" checked>
<input type="checkbox" name="mail" value="1"><button id="consent-deny" name="is" value="no">Không</button>
<button id="consent-allow" name="is" value="yes">Đồng ý</button></form>"""


@pytest.fixture
def seen():
    return {}


@pytest.fixture
def answer(seen):
    """Answers one request of the driver from a toy provider with three pages."""
    app = Flask(__name__)

    @app.get("/authorize")
    def authorize():
        seen["request"] = request.args.to_dict()
        answered = app.make_response(IDENTIFY)
        answered.set_cookie("interaction", "i1")
        return answered

    @app.post("/prove")
    def prove():
        seen["proof"] = request.form.to_dict() | request.cookies
        return redirect("/otp", 303)

    @app.route("/otp", methods=["GET", "POST"])
    def otp():
        seen["otp"] = request.form.get("code")
        return OTP if request.method == "GET" else redirect("/consent", 303)

    @app.route("/consent", methods=["GET", "POST"])
    def consent():
        if request.method == "GET":
            return CONSENT
        seen["consent"] = request.form.to_dict()
        return redirect(f"{CLIENT.redirect_uri}?code=abc&state={seen['request']['state']}", 303)

    @app.post("/token")
    def token():
        seen["token"] = request.form.to_dict() | {"secret": request.authorization.password}
        return {"access_token": "t"}

    return lambda asked: _answered(app, asked)


def test_driver_goes_through_every_page_and_redeems_the_code(answer, seen):
    tokens = _run(sign_in(ORIGIN, ENDPOINTS, CLIENT, PERSON, acr_values="x"), answer)

    assert tokens == {"access_token": "t"}
    assert seen["proof"] == {
        "csrf": "k&y",
        "number": PERSON.username,
        "secret": PERSON.password,
        "interaction": "i1",
    }
    assert len(seen["otp"]) == 6
    assert seen["consent"] == {"phone": "1", "is": "yes"}
    assert seen["token"]["code"] == "abc"
    assert seen["token"]["secret"] == "s"


def test_driver_stops_at_a_page_it_has_no_answer_for(answer):
    nobody = Person(username="1", password="2")

    with pytest.raises(Unexpected, match="no form to fill in at"):
        _run(sign_in(ORIGIN, ENDPOINTS, CLIENT, nobody), answer)


def test_form_without_an_action_goes_back_to_its_own_page():
    form = read_page(OTP.encode()).form_with("otp")

    assert form.action == ""
    assert form.filled({"otp": "123456", "username": "unasked"}) == {"code": "123456"}


def _run(steps, answer):
    try:
        asked = next(steps)
        while True:
            assert urlsplit(asked.target).netloc == ""
            asked = steps.send(answer(asked))
    except StopIteration as finished:
        return finished.value


def _answered(app, asked):
    answered = app.test_client(use_cookies=False).open(
        asked.target, method=asked.method, headers=dict(asked.headers), data=asked.form
    )
    head = "\r\n".join([f"HTTP/1.1 {answered.status}", *(f"{k}: {v}" for k, v in answered.headers)])
    return Response(answered.status_code, head.encode(), answered.data)
