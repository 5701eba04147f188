"""Whatever is sent to any address of ours, by any method it takes: no fault of ours, no way elsewhere."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from idp.oidc.grants.table import GRANT_TYPES
from idp.web.routes import ROUTES
from tests.bench.forms import read_page
from tests.house import SCOPES, House, RelyingParty, TestClock
from tests.protocol.acts import signed_in
from tests.protocol.test_any_input import AUTHORIZE, TOKEN, json_values, values

FORM = "application/x-www-form-urlencoded"
DOORS = [
    (route.path, method)
    for route in ROUTES
    for method in ("get", "post", "put", "delete")
    if hasattr(route.view, method) and not route.is_simulator
]
NAMES = sorted(
    {*AUTHORIZE, *TOKEN}
    | {"token", "token_type_hint", "login_hint_token", "binding_message", "requested_expiry", "user_code"}
    | {"client_notification_token", "device_code", "auth_req_id", "access_token", "dpop_jkt", "mandate"}
    | {"post_logout_redirect_uri", "return", "done", "iss", "username", "password", "new_password", "otp"}
    | {"decision", "claim", "whom", "authenticator", "label", "session", "client", "role", "limit_vnd"}
    | {"last_day", "service", "under", "number", "name", "birth_date", "phone", "reference", "withdraw"}
)
SEGMENT = st.sampled_from(
    ["x", "en", "password", "totp", "rp", "%00", "%ff", "..", "a" * 300, "ký-tự", "'--"]
)


def encoded(value: object) -> str:
    raw = json.dumps(value).encode() if not isinstance(value, bytes) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


headers_of_jwts = st.fixed_dictionaries(
    {"alg": st.sampled_from(["none", "HS256", "ES256", "RS256", "RSA-OAEP-256"]) | json_values},
    optional=dict.fromkeys(
        ("kid", "typ", "jwk", "jku", "x5c", "crit", "zip", "enc", "epk", "p2c"), json_values
    ),
)
claims_of_jwts = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "htm", "htu", "sid", "events", "acr"]),
    json_values | st.sampled_from(["rp", "http://localhost:8000"]),
)
jwts = st.builds(
    lambda header, claims, more: ".".join([encoded(header), encoded(claims), *map(encoded, more)]),
    headers_of_jwts,
    claims_of_jwts | st.binary(max_size=20),
    st.lists(st.binary(max_size=64), max_size=3),
)
anything = st.dictionaries(st.sampled_from(NAMES), values | jwts, max_size=6)


@pytest.fixture(scope="module")
def rp(tmp_path_factory: pytest.TempPathFactory, signing_keys: Path) -> Iterator[RelyingParty]:
    """A client of one house for all: what is sent makes no difference to what comes next."""
    folder = tmp_path_factory.mktemp("doors")
    shutil.copytree(signing_keys, folder / "keys")
    house = House(folder, folder / "keys", TestClock())
    yield house.client(grant_types=GRANT_TYPES, backchannel_token_delivery_mode="poll", scope=SCOPES)
    house.close()


@pytest.fixture(scope="module")
def browser(rp: RelyingParty) -> Client:
    return signed_in(rp.house, rp.house.person(), "password", "totp").client


@pytest.mark.parametrize(("path", "method"), DOORS)
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    sent=anything,
    segment=SEGMENT,
    credentials=st.sampled_from(["", "client", "Bearer x", "DPoP x"]) | jwts.map("Bearer {}".format),
    proof=st.none() | jwts,
    as_json=st.booleans(),
)
def test_any_door_answers_anything(
    rp: RelyingParty,
    browser: Client,
    path: str,
    method: str,
    sent: dict[str, str],
    segment: str,
    credentials: str,
    proof: str | None,
    as_json: bool,
) -> None:
    pair = base64.b64encode(f"rp:{rp.secret}".encode()).decode()
    headers = (
        {"Authorization": f"Basic {pair}" if credentials == "client" else credentials} if credentials else {}
    )
    headers |= {"DPoP": proof} if proof is not None else {}
    where = "/".join(segment if part.startswith("<") else part for part in path.split("/"))
    query = urlencode(sent, errors="surrogatepass")
    if method in ("post", "put"):
        page = read_page(browser.get("/device").data)
        form = query + "&" + urlencode({"form_token": page.forms[-1].fields["form_token"]})
        body = (json.dumps(sent), "application/json") if as_json else (form, FORM)
        response = browser.open(where, method=method, data=body[0], content_type=body[1], headers=headers)
    else:
        response = browser.open(where, method=method, query_string=query, headers=headers)

    assert response.status_code < 500, response.text
    assert "Traceback" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    location = response.headers.get("Location", "/")
    assert location.startswith(("/", f"{rp.redirect_uri}?", f"{rp.redirect_uri}#"))
    assert not location.startswith("//")
