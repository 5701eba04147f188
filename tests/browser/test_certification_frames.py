"""In a real Chromium, over TLS: what OpenID's logout profiles ask of frames, and of cookies in another site.

The suite stands at 127.0.0.1, the provider at localhost: two sites, as browsers see it.
"""

import shutil
import ssl
import threading
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from idp.demo.tls import make_certificates
from idp.kernel.ids import new_secret
from tests.bench.server import free_port
from tests.demonstration import Codes, Demonstration

pytestmark = pytest.mark.browser

PATH = "/test/a/logout"
WAIT_MILLISECONDS = 20_000
# The page around holds both frames; the client's asks the provider's, and goes on with the answer.
AROUND = '<!doctype html><title>x</title><iframe id="op" src="%s"></iframe><iframe src="%s"></iframe>'
ASKING = """<!doctype html><title>x</title><script>
var op = window.parent.document.getElementById("op");
window.addEventListener("message", function (event) {
  if (event.origin === "%s") { window.parent.location.href = "session_result?state=" + event.data; }
});
function ask() { op.contentWindow.postMessage("%s", "*"); }
if (document.readyState === "complete") { ask(); } else { window.parent.addEventListener("load", ask); }
</script>"""


@contextmanager
def https(answer, folder):
    """Serves pages until the context ends; ``answer`` gives each by its path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = answer(self.path).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing."""

    made = make_certificates(folder).server
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(made.certificate, made.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = secured.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Suite:
    """A client that registers itself, and its pages. ``visited`` are the addresses that were asked of it."""

    def __init__(self, told):
        self.told, self.visited, self.session_state = told, [], ""
        self.issuer = told["issuer"]
        self.url, self.page, self.client = "", None, {}
        self.metadata = self.call("GET", f"{self.issuer}/.well-known/openid-configuration")

    def register(self, **members):
        self.client = self.call(
            "POST",
            self.metadata["registration_endpoint"],
            json={
                "redirect_uris": [f"{self.url}/callback"],
                "post_logout_redirect_uris": [f"{self.url}/post_logout_redirect"],
                **members,
            },
        )

    def call(self, method, url, **request):
        response = requests.request(method, url, verify=self.told["ca_file"], timeout=20, **request)
        assert response.ok, response.text
        return response.json()

    def answer(self, path):
        self.visited.append(path.removeprefix(PATH))
        if path == f"{PATH}/session_verify":
            return AROUND % (escape(self.metadata["check_session_iframe"]), f"{self.url}/rp_session_iframe")
        if path == f"{PATH}/rp_session_iframe":
            return ASKING % (self.issuer, f"{self.client['client_id']} {self.session_state}")
        return "<!doctype html><title>x</title>"

    def authorize(self, **more):
        asked = {
            "client_id": self.client["client_id"],
            "redirect_uri": f"{self.url}/callback",
            "response_type": "code",
            "scope": "openid",
            "state": new_secret(60),
            "nonce": new_secret(60),
            **more,
        }
        self.page.goto(f"{self.metadata['authorization_endpoint']}?{urlencode(asked)}")

    def sign_in(self, name, codes):
        """Through the pages to the ID token."""
        person, page = self.told["accounts"][name], self.page
        self.authorize(acr_values="urn:dinhdanh:aal:2")
        page.locator("#username").fill(person["username"])
        page.locator("#password").fill(person["password"])
        page.locator("#login-submit").click()
        page.locator("#otp").fill(codes.of(name))
        page.locator("#login-submit").click()
        page.locator("#consent-allow").click()
        page.wait_for_url(f"{self.url}/callback?*")
        answer = self.brought()
        self.session_state = answer["session_state"]
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": f"{self.url}/callback",
        }
        auth = (self.client["client_id"], self.client["client_secret"])
        return self.call("POST", self.metadata["token_endpoint"], data=form, auth=auth)["id_token"]

    def log_out(self, id_token):
        """To the end_session_endpoint, and back; what state comes back."""
        state = new_secret(768)
        asked = {
            "id_token_hint": id_token,
            "post_logout_redirect_uri": f"{self.url}/post_logout_redirect",
            "state": state,
        }
        self.page.goto(f"{self.metadata['end_session_endpoint']}?{urlencode(asked)}", wait_until="commit")
        self.page.wait_for_url(f"{self.url}/post_logout_redirect?*")
        assert self.brought() == {"state": state}

    def watched(self):
        """What the provider's frame says."""
        self.page.goto(f"{self.url}/session_verify")
        self.page.wait_for_url(f"{self.url}/session_result?*")
        return self.brought()["state"]

    def brought(self):
        return {name: value for name, (value,) in parse_qs(urlsplit(self.page.url).query).items()}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames") / "data"
    with Demonstration(folder, free_port(), "--no-portal", "--tls") as running:
        yield running.told


@pytest.fixture(scope="module")
def codes(told):
    return Codes(told["accounts"])


@pytest.fixture
def suite(told, tmp_path):
    suite = Suite(told)
    with https(suite.answer, tmp_path / "tls") as origin:
        suite.url = origin + PATH
        yield suite


@pytest.fixture
def ordinary(browser, suite, tmp_path):
    """A profile that was told to let other sites' frames have their cookies."""
    path = shutil.which("chromium")
    preferences = tmp_path / "profile" / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text('{"profile": {"cookie_controls_mode": 0}}')
    with browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=path, args=["--no-sandbox"], ignore_https_errors=True
    ) as context:
        context.set_default_timeout(WAIT_MILLISECONDS)
        suite.page = context.new_page()
        yield


@pytest.fixture
def private(browser, suite):
    """A private window, which keeps them back."""
    with browser.new_context(ignore_https_errors=True) as context:
        context.set_default_timeout(WAIT_MILLISECONDS)
        suite.page = context.new_page()
        yield


@pytest.mark.usefixtures("ordinary")
@pytest.mark.spec("Session Management 1.0 §3.1", "Session Management 1.0 §3.2")
def test_client_of_another_site_watches_the_session_begin_and_end(suite, codes):
    suite.register()
    id_token = suite.sign_in("quynh", codes)

    assert suite.watched() == "unchanged"
    suite.log_out(id_token)
    assert suite.watched() == "changed"


@pytest.mark.usefixtures("private")
@pytest.mark.spec("Session Management 1.0 §3.1")
def test_frame_that_cannot_see_its_cookie_does_not_send_the_client_round(suite, codes):
    suite.register()
    suite.sign_in("phuc", codes)

    assert suite.watched() == "error"


@pytest.mark.usefixtures("private")
@pytest.mark.spec("Front-Channel Logout 1.0 §3")
def test_frame_reaches_the_client_before_the_person_comes_back(suite, codes):
    suite.register(
        frontchannel_logout_uri=f"{suite.url}/frontchannel_logout", frontchannel_logout_session_required=True
    )
    id_token = suite.sign_in("toan", codes)

    suite.log_out(id_token)

    paths = [path.partition("?")[0] for path in suite.visited]
    assert paths.index("/frontchannel_logout") < paths.index("/post_logout_redirect")
    (called,) = (path for path in suite.visited if path.startswith("/frontchannel_logout"))
    assert parse_qs(urlsplit(called).query).keys() == {"iss", "sid"}
    suite.authorize(prompt="none")
    assert suite.brought()["error"] == "login_required"
