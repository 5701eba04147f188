"""In a real Chromium: the frame that sites watch, and the page that signs the browser out at other sites."""

from hashlib import sha256
from urllib.parse import urlsplit

import pytest

from idp.web.render import STATIC
from idp.web.surface import POLICY
from tests.browser.stage import PAGES, TYPES
from tests.pages import PORTAL

pytestmark = pytest.mark.browser

# One site, as browsers see it: between sites many keep third parties' cookies back, and nobody can watch.
OP, RP = "https://op.site.example", "https://rp.site.example"
STATE = "a-state_of-43-letters"
FRAME = (
    f'<!doctype html><title>x</title><script src="{OP}/static/check_session.js"'
    ' data-cookie="__Host-idp_browser_state"></script>'
)
ASKING = f"""<!doctype html><title>x</title><iframe id="op" src="{OP}/session/check"></iframe><script>
window.ask = function (message) {{
  return new Promise(function (resolve) {{
    window.addEventListener("message", function heard(event) {{
      window.removeEventListener("message", heard);
      resolve(event.origin + " " + event.data);
    }});
    document.getElementById("op").contentWindow.postMessage(message, "{OP}");
  }});
}};
</script>"""


@pytest.fixture
def page(browser):
    context = browser.new_context()
    cookie = {"name": "__Host-idp_browser_state", "value": STATE, "url": OP, "secure": True}
    context.add_cookies([{**cookie, "sameSite": "None"}])
    page = context.new_page()
    page.visited = []
    page.route("**/*", lambda route: answer(page, route))
    yield page
    context.close()


def answer(page, route):
    url = urlsplit(route.request.url)
    page.visited.append(route.request.url)
    headers = {}
    if url.path.startswith("/static/"):
        file = STATIC / url.path.removeprefix("/static/")
        route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        return
    if url.path == "/logout":
        frames = (f"{RP}/out", "https://slow.example/out")
        body = PAGES.render(
            "logged_out.html", "vi", party=PORTAL, return_url=f"{RP}/signed-out", frames=frames
        )
        headers["Content-Security-Policy"] = f"{POLICY}; frame-src {RP} https://slow.example"
    elif url.hostname == "slow.example":
        return  # never answered
    else:
        body = {"/session/check": FRAME, "/watch": ASKING}.get(url.path, "<!doctype html><title>x</title>")
    route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)


def session_state(client_id="rp one", origin=RP, state=STATE, salt="salt-1_2"):
    return sha256(f"{client_id} {origin} {state} {salt}".encode()).hexdigest() + f".{salt}"


@pytest.mark.spec("Session Management 1.0 §4.2", "Session Management 1.0 §3.3")
def test_frame_tells_the_page_around_whether_anything_changed(page):
    page.goto(f"{RP}/watch")
    asked = {
        f"rp one {session_state()}": "unchanged",
        f"rp one {session_state(salt='x' * 70)}": "unchanged",
        f"rp one {session_state(state='another')}": "changed",
        f"rp one {session_state(origin='https://evil.example')}": "changed",
        f"another {session_state()}": "changed",
        "rp": "error",
        "rp x": "error",
        "": "error",
    }

    told = {message: page.evaluate("message => window.ask(message)", message) for message in asked}

    assert told == {message: f"{OP} {word}" for message, word in asked.items()}


@pytest.mark.spec("Session Management 1.0 §4.2")
def test_frame_hears_of_a_sign_out(page):
    page.goto(f"{RP}/watch")
    message = f"rp one {session_state()}"
    assert page.evaluate("message => window.ask(message)", message) == f"{OP} unchanged"

    page.context.clear_cookies()

    assert page.evaluate("message => window.ask(message)", message) == f"{OP} changed"


@pytest.mark.spec("Front-Channel Logout 1.0 §3")
def test_signed_out_page_calls_the_sites_and_goes_on_though_one_is_slow(page):
    page.goto(f"{OP}/logout", wait_until="commit")

    page.wait_for_url(f"{RP}/signed-out", timeout=8000)

    assert f"{RP}/out" in page.visited
    assert "https://slow.example/out" in page.visited
