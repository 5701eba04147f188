"""The harness measures a toy provider over real connections: each operation does what its row says."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask, redirect, request

from tests.bench.figures import Figures, table
from tests.bench.load import drive
from tests.bench.operations import BARE, Provider

SIGN_IN = """<form method="post"><input id="username" name="number"><input id="password" name="secret">
<button id="login-submit">Đăng nhập</button></form>"""
BACK = "https://portal.example/back"


class _Door(BaseHTTPRequestHandler):
    """Keeps connections alive, as Granian does and Werkzeug's own server does not."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answered = self.server.app.test_client(use_cookies=False).open(
            self.path, method=self.command, headers=list(self.headers.items()), data=body
        )
        self.send_response(answered.status_code)
        for name, value in answered.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answered.data)

    do_POST = do_GET  # noqa: N815  (http.server's word)

    def log_message(self, *_):
        pass


@pytest.fixture
def spent():
    return Counter()


@pytest.fixture
def provider(tmp_path, spent):
    """A toy whose refresh tokens work once."""
    app = Flask(__name__)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    server.app = app
    issuer = f"http://127.0.0.1:{server.server_port}"
    _put_endpoints(app, issuer, spent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client = {
        "client_id": "c",
        "client_secret": "s",
        "auth_method": "client_secret_post",
        "redirect_uri": BACK,
        "scope": "openid offline_access",
    }
    people = {name: {"username": name, "password": "p"} for name in ("an", "victim", "agent")}
    told = tmp_path / "demo.json"
    demo = {"issuer": issuer, "clients": {"confidential": client}, "accounts": people}
    told.write_text(json.dumps(demo | {"mandates": [{"agent": "agent"}]}))
    measured = Provider(("127.0.0.1", server.server_port), told, "confidential")
    yield measured
    measured.connection.close()
    server.shutdown()
    thread.join()
    server.server_close()


def _put_endpoints(app, issuer, spent):
    @app.get("/.well-known/openid-configuration")
    def discovery():
        names = ("authorization", "token", "userinfo", "introspection")
        return {f"{name}_endpoint": f"{issuer}/{name}" for name in names} | {
            "jwks_uri": f"{issuer}/jwks",
            "grant_types_supported": ["client_credentials", "refresh_token"],
        }

    @app.route("/authorization", methods=["GET", "POST"])
    def authorization():
        spent[request.form.get("number", "")] += 1
        return (
            SIGN_IN if request.method == "GET" else redirect(f"{BACK}?code=k&state={request.args['state']}")
        )

    @app.post("/token")
    def token():
        refresh = request.form.get("refresh_token", "")
        spent[refresh] += bool(refresh)
        return {"access_token": "a", "refresh_token": f"r{sum(spent.values())}-{threading.get_ident()}"}

    @app.route("/jwks")
    @app.route("/userinfo")
    @app.route("/introspection", methods=["POST"])
    def anything():
        return {"authorization": request.headers.get("Authorization")}


def test_every_advertised_operation_is_measured_without_a_fault(provider):
    cases = [*provider.cases(), provider.signing_in("sign-in")]

    samples = {case.name: drive(provider.connection.address, [case.make()], 0.1) for case in cases}

    assert [name for name, sample in samples.items() if sample.faults or not sample.durations] == []
    assert "client_credentials" in samples
    assert "introspection" in samples
    sign_ins = len(samples["sign-in"].durations)
    assert samples["sign-in"].requests == {"GET": sign_ins, "POST": 2 * sign_ins}


def test_each_connection_refreshes_with_its_own_newest_token(provider, spent):
    refreshing = next(case for case in provider.cases() if case.name.startswith("refresh"))

    sample = drive(provider.connection.address, [refreshing.make() for _ in range(3)], 0.2)

    assert sample.faults == []
    assert {count for token, count in spent.items() if token.startswith("r")} == {1}


def test_nobody_whom_other_tests_lock_or_who_acts_for_others_signs_in(provider, spent):
    drive(provider.connection.address, [provider.signing_in("sign-in").make()], 0.1)

    assert spent["an"] > 0
    assert spent["victim"] == spent["agent"] == 0


def test_wrong_answer_is_a_fault_and_no_operation(provider):
    sample = drive(provider.connection.address, [BARE[0].make()], 0.1)

    assert sample.durations == []
    assert sample.faults[0].startswith("404 instead of 200")


def test_table_compares_an_operation_with_the_bare_requests_it_makes():
    read = Figures("bare Flask GET", [0.1], [0.0], [1.0], [0.001], Counter(GET=1))
    written = Figures("bare Flask POST form", [0.2], [0.1], [1.0], [0.001], Counter(POST=1))
    sign_in = Figures("sign-in", [1.0, 2.0, 9.0], [0.5], [1.0], [0.001], Counter(GET=2, POST=4))

    rows = list(table([read, written, sign_in]))

    assert rows[-1] == "| sign-in | 2 GET + 4 POST | 1 | 1.00 | 1.00 | 1.00 | 2.000 | 0.500 | 2.00 | 0 |"
