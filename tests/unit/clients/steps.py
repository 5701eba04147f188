"""What a visitor of the sample portal does in several tests."""

import re

from clients.portal.settings import Settings
from tests.unit.clients.fake_provider import CLIENT_ID, CLIENT_SECRET

URL = "http://localhost:5999"
APPLY = "/services/criminal-record/apply"


def some_settings(issuer, **changes):
    told = {"issuer": issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "url": URL}
    return Settings(**(told | {"secret_key": "k" * 43} | changes))


def sign_in(browser, provider, at="/login", **answer):
    """Start at ``at``, let the provider answer, and follow to where the portal leads."""
    location = browser.get(at).location
    return browser.get(f"/callback?{provider.answer(location, **answer)}", follow_redirects=True)


def reason_of(page):
    found = re.search(r'data-reason="(\w+)"', page.text)
    return found and found[1]


def form_token(page):
    return re.search(r'name="form_token" value="([^"]+)"', page.text)[1]


def is_signed_in(browser):
    return 'id="greeting"' in browser.get("/").text
