"""A site without a server, whose page signs people in by oidc-client-ts; and a form of another site."""

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl

NODE_MODULES = Path(__file__).parents[1] / "journeys/node/node_modules"
LIBRARY = NODE_MODULES / "oidc-client-ts/dist/browser/oidc-client-ts.min.js"
MISSING = "oidc-client-ts is missing: make tests/journeys/node/node_modules/fetched"
# The frame of a silent sign-in comes back to /silent; everything else is called by the test.
PAGE = """<!doctype html><html lang="en"><title>Single page</title><link rel="icon" href="data:,"><body>
<script src="/oidc-client-ts.js"></script><script>
const settings = %s;
if (settings.is_bound) {
  settings.dpop = { store: new oidc.IndexedDbDPoPStore(), bind_authorization_code: true };
}
const manager = new oidc.UserManager(settings);
manager.events.addUserSignedOut(() => { window.signedOut = true; });
manager.events.addSilentRenewError((error) => { window.renewError = String(error); });
if (location.pathname === "/silent") { manager.signinSilentCallback(); }
if (location.pathname === "/popup") { manager.signinPopupCallback(); }
if (location.pathname === "/popup-out") { manager.signoutPopupCallback(); }
</script></body></html>"""
FORM = """<!doctype html><html lang="en"><title>Another site</title><link rel="icon" href="data:,"><body>
<form method="post" action="%s">%s<button id="go">Go</button></form></body></html>"""


class SinglePage:
    """Where it is served. ``settings`` are those of its UserManager; ``form`` says what ``/form`` posts.

    ``posted`` is what came to it by POST.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.elsewhere = f"http://127.0.0.1:{port}"  # another site, as browsers see it
        self.settings: dict[str, object] = {}
        self.form: tuple[str, Mapping[str, str]] = ("", {})
        self.posted: list[dict[str, str]] = []

    def at(self, path: str) -> tuple[str, bytes]:
        """Type and content of a page."""
        if path == "/oidc-client-ts.js":
            return "text/javascript", LIBRARY.read_bytes()
        if path == "/form":
            action, fields = self.form
            inputs = (f'<input type="hidden" name="{n}" value="{escape(v)}">' for n, v in fields.items())
            return "text/html", (FORM % (escape(action), "".join(inputs))).encode()
        return "text/html", (PAGE % json.dumps(self.settings)).encode()


@contextmanager
def single_page() -> Iterator[SinglePage]:
    """Served, until the context ends."""
    assert LIBRARY.exists(), MISSING

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(*page.at(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            page.posted.append(dict(parse_qsl(body)))
            self.answer(*page.at(self.path))

        def answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    page = SinglePage(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
