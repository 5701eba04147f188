"""A person with a browser without JavaScript: keeps cookies, follows redirects, fills in forms."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

import pyotp

from tests.bench.forms import Form, read_page
from tests.bench.keys import Key
from tests.bench.wire import Request, Response, Steps, Unexpected

MOST_PAGES = 12
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in."""

    username: str
    password: str
    totp_secret: str | None = None

    def answers(self) -> dict[str, str]:
        """What they would type, by the id of the element."""
        known = {"username": self.username, "password": self.password}
        return known if self.totp_secret is None else known | {"otp": pyotp.TOTP(self.totp_secret).now()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A relying party registered at the provider. ``key``: if it proves itself by one.

    ``is_bound``: its tokens are bound to that key, as DPoP does it.
    """

    client_id: str
    client_secret: str | None
    auth_method: str
    redirect_uri: str
    scope: str
    issuer: str = ""
    key: Key | None = None
    is_bound: bool = False

    def token_request(self, target: str, **form: str) -> Request:
        """A form for the token endpoint or one like it, with this client's proof."""
        if self.key is not None:
            proof = {"client_assertion": self.key.assertion(self.client_id, self.issuer)}
            headers = {"DPoP": self.key.proof("POST", self.issuer + target)} if self.is_bound else {}
            return Request(target, headers, form | proof | {"client_assertion_type": ASSERTION_TYPE})
        if self.auth_method == "client_secret_basic":
            pair = f"{quote(self.client_id)}:{quote(self.client_secret or '')}".encode()
            return Request(target, {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}, form)
        proof = {"client_id": self.client_id}
        if self.auth_method == "client_secret_post":
            proof["client_secret"] = self.client_secret or ""
        return Request(target, {}, form | proof)


class Browser:
    """Cookies and the way through a site's pages. Each method yields requests and is sent the answers."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.cookies: dict[str, str] = {}

    def open(self, url: str, form: Mapping[str, str] | None = None) -> Steps[tuple[str, Response | None]]:
        """Go to ``url`` and on: gives the last address, and its page unless that is another site's."""
        for _ in range(MOST_PAGES):
            parts = urlsplit(url)
            if f"{parts.scheme}://{parts.netloc}" != self.origin:
                return url, None
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            response = yield Request(target, self._headers(form is not None), form)
            self._keep_cookies(response)
            if response.status not in REDIRECTS:
                return url, response
            if response.status in (301, 302, 303):
                form = None
            url = urljoin(url, response.header("location") or "")
        raise Unexpected(f"more than {MOST_PAGES} redirects, the last to {url.partition('?')[0]}")

    def submit(
        self, url: str, form: Form, answers: Mapping[str, str], button: str | None = None
    ) -> Steps[tuple[str, Response | None]]:
        """Send a form of the page at ``url``."""
        target = urljoin(url, form.action) if form.action else url
        sent = form.filled(answers, button)
        if form.method == "POST":
            return (yield from self.open(target, sent))
        return (yield from self.open(f"{target.partition('?')[0]}?{urlencode(sent)}"))

    def _headers(self, is_post: bool) -> dict[str, str]:
        headers = {"Accept": "text/html", "Accept-Language": "vi"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if is_post:
            headers |= {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        return headers

    def _keep_cookies(self, response: Response) -> None:
        for line in response.headers("set-cookie"):
            pair, _, attributes = line.partition(";")
            name, _, value = pair.strip().partition("=")
            if "max-age=0" in attributes.lower().replace(" ", "") or not value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def authorization_request(client: Client, verifier: str, state: str) -> dict[str, str]:
    """The parameters of a sign-in for everything the client may have."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scope,
        "state": state,
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def authorize(
    browser: Browser, endpoint: str, client: Client, person: Person, **parameters: str
) -> Steps[dict[str, str]]:
    """From the authorization request through every page back to the client.

    Returns what the token request needs: ``code`` and ``code_verifier``.

    Raises:
        Unexpected: a page without a known form, an error page, an error at the client, a wrong state.
    """
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    request = authorization_request(client, verifier, state)
    url, response = yield from browser.open(f"{endpoint}?{urlencode(request | parameters)}")
    for _ in range(MOST_PAGES):
        if response is None:
            break
        url, response = yield from _answer(browser, url, response, person)
    given = dict(parse_qsl(urlsplit(url).query))
    if response is not None or given.get("state") != state or "code" not in given:
        raise Unexpected(f"the sign-in ended with {given.get('error', 'no code')} at {url.partition('?')[0]}")
    return {"code": given["code"], "code_verifier": verifier}


def _answer(
    browser: Browser, url: str, response: Response, person: Person
) -> Steps[tuple[str, Response | None]]:
    page = read_page(response.expect(200).body)
    answers = person.answers()
    if "op-error" not in page.ids and (form := page.form_with("consent-allow")):
        return (yield from browser.submit(url, form, {}, "consent-allow"))
    if "op-error" not in page.ids and (form := page.form_with(*answers)):
        return (yield from browser.submit(url, form, answers, "login-submit"))
    raise Unexpected(f"no form to fill in at {url.partition('?')[0]}; ids: {', '.join(sorted(page.ids))}")


def sign_in(
    origin: str, endpoints: Mapping[str, str], client: Client, person: Person, **parameters: str
) -> Steps[dict[str, str]]:
    """A whole sign-in in a new browser, up to the tokens: gives the token endpoint's answer."""
    browser = Browser(origin)
    code = yield from authorize(browser, endpoints["authorization_endpoint"], client, person, **parameters)
    response = yield client.token_request(
        urlsplit(endpoints["token_endpoint"]).path,
        grant_type="authorization_code",
        redirect_uri=client.redirect_uri,
        **code,
    )
    tokens: dict[str, str] = response.expect(200).json()
    return tokens
