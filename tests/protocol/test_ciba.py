"""OpenID CIBA Core 1.0: a back end asks somebody who is not in front of it, and fetches the answer."""

import http.server
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.accounts.account import LockGround, Status
from idp.accounts.mandate import Role
from idp.oidc.clients.checks import InvalidClientMetadata
from idp.oidc.grants.answered import CibaGrant
from tests.house import PASSWORD
from tests.mandated import an_organisation_of, represents
from tests.protocol.acts import signed_in, tokens_for
from tests.protocol.test_rfc9101_jar import sign, signing
from tests.sealing import sealed

GRANT = CibaGrant.GRANT_TYPE
NOBODY = "001199099999"


@pytest.fixture
def counter(house):
    """The back end behind a counter in a public office."""
    return house.client(
        "counter",
        client_name={"vi": "Một cửa thử", "en": "Trial counter"},
        grant_types=("authorization_code", "refresh_token", GRANT),
        backchannel_token_delivery_mode="poll",
    )


class Receiver(http.server.BaseHTTPRequestHandler):
    """A client's notification endpoint that answers as it was told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.headers["Authorization"], json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b"x" * 100)
        self.server.told.set()

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def receiver():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.heard, server.told, server.status = [], threading.Event(), 204
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ask(party, person, **form):
    return party.post("/bc-authorize", {"scope": "openid profile", "login_hint": person.username, **form})


def begin(party, person, **form):
    response = ask(party, person, **form)
    assert response.status_code == 200, response.text
    return response.get_json()


def poll(party, auth_req_id, **form):
    return party.post("/token", {"grant_type": GRANT, "auth_req_id": auth_req_id, **form})


def answer(browser, decision="allow"):
    browser.open("/account/requests")
    browser.submit({}, f"request-{decision}-1")
    if decision == "allow" and "consent-allow" in browser.page.ids:
        browser.submit({}, "consent-allow")


def error_of(response, status=400):
    assert response.status_code == status, response.text
    return response.get_json()["error"]


@pytest.mark.spec("CIBA Core 1.0 §4", "FAPI-CIBA §5.2.2")
def test_discovery_names_what_is_offered(house):
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["backchannel_authentication_endpoint"] == f"{house.settings.issuer}/bc-authorize"
    assert document["backchannel_token_delivery_modes_supported"] == ["poll", "ping"]
    assert document["backchannel_user_code_parameter_supported"] is False
    assert GRANT in document["grant_types_supported"]


@pytest.mark.spec("CIBA Core 1.0 §7.3")
def test_answer_names_the_request_its_life_and_the_interval(counter, person):
    asked = begin(counter, person)

    assert len(asked["auth_req_id"]) >= 43
    assert (asked["expires_in"], asked["interval"]) == (300, 5)


@pytest.mark.spec("CIBA Core 1.0 §10.1")
def test_person_agrees_and_the_client_gets_tokens(house, counter, person):
    asked = begin(counter, person, binding_message="W4SCT, quầy 3")
    assert error_of(poll(counter, asked["auth_req_id"])) == "authorization_pending"

    browser = signed_in(house, person)
    browser.open("/account/requests")
    assert "Một cửa thử" in browser.text
    assert "counter.example" in browser.text
    assert "W4SCT, quầy 3" in browser.text
    answer(browser)
    assert "done" in browser.page.ids
    response = poll(counter, asked["auth_req_id"])

    assert response.status_code == 200, response.text
    tokens = response.get_json()
    _, claims = house.id_token(tokens["id_token"])
    assert claims["acr"] == "urn:dinhdanh:aal:2"
    assert "urn:openid:params:jwt:claim:auth_req_id" not in claims
    assert counter.userinfo(tokens["access_token"]).get_json()["sub"] == claims["sub"]
    assert error_of(poll(counter, asked["auth_req_id"])) == "invalid_grant"


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_refusal_is_one_press_and_reaches_the_client(house, counter, person):
    asked = begin(counter, person)
    answer(signed_in(house, person), "deny")

    assert error_of(poll(counter, asked["auth_req_id"])) == "access_denied"


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_level_asked_for_is_reached_before_the_yes_counts(house, counter):
    person = house.person(has_totp=True)
    asked = begin(counter, person, acr_values="urn:dinhdanh:aal:2")
    browser = house.browser()
    browser.open("/account/requests")
    browser.submit({"username": person.username, "password": PASSWORD})
    house.clock.advance_step()
    browser.submit({"otp": person.code()})
    browser.submit({}, "request-allow-1")
    if "consent-allow" in browser.page.ids:
        browser.submit({}, "consent-allow")

    assert poll(counter, asked["auth_req_id"]).status_code == 200


@pytest.mark.spec("CIBA Core 1.0 §7.1", "CIBA Core 1.0 §7.2")
@pytest.mark.parametrize(
    "hints",
    [
        {"login_hint": ""},
        {"login_hint_token": "x"},
        {"login_hint": "", "login_hint_token": "x"},
        {"id_token_hint": "x", "login_hint": ""},
    ],
)
def test_there_is_exactly_one_hint_and_we_can_read_it(counter, person, hints):
    assert error_of(ask(counter, person, **hints)) == "invalid_request"


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_id_token_is_a_hint(house, counter, person):
    tokens = tokens_for(counter, person)
    asked = begin(counter, person, login_hint="", id_token_hint=tokens["id_token"])
    answer(signed_in(house, person))

    assert poll(counter, asked["auth_req_id"]).status_code == 200


@pytest.mark.spec("CIBA Core 1.0 §13")
@pytest.mark.parametrize(
    "hint", ["nguyen@example.vn", "12", "0" * 21, "không", "toan", "G01..02", "g01/02", "G" + "1" * 35]
)
def test_hint_of_no_known_form_is_told(counter, person, hint):
    assert error_of(ask(counter, person, login_hint=hint)) == "unknown_user_id"


@pytest.mark.spec("CIBA Core 1.0 §15")
def test_nobody_learns_whether_there_is_an_account(house, counter, person):
    locked = house.person(status=Status.LOCKED, locked_at=house.clock(), lock_ground=LockGround.HOLDER_ASKED)
    known = begin(counter, person)

    for number in (NOBODY, locked.username):
        unknown = begin(counter, person, login_hint=number)
        assert unknown.keys() == known.keys()
        assert error_of(poll(counter, unknown["auth_req_id"])) == "authorization_pending"
        house.clock.advance(timedelta(minutes=5, seconds=1))
        assert error_of(poll(counter, unknown["auth_req_id"])) == "expired_token"


@pytest.mark.spec("CIBA Core 1.0 §15")
@pytest.mark.parametrize("number", [None, NOBODY])
def test_asking_again_and_again_is_stopped(counter, person, number):
    form = {"login_hint": number or person.username}
    assert [ask(counter, person, **form).status_code for _ in range(20)] == [200] * 20
    assert ask(counter, person, **form).status_code == 429


@pytest.mark.spec("CIBA Core 1.0 §15")
def test_asking_is_counted_by_person_however_the_hint_is_written(house, counter, person):
    token = tokens_for(counter, person)["id_token"]
    number = person.username
    hints = [{"login_hint": f"{number[:at]} {number[at:]}"} for at in range(1, 11)]
    hints += [{"login_hint": "", "id_token_hint": token}] * 10
    assert [ask(counter, person, **hint).status_code for hint in hints] == [200] * 20

    for hint in ({"login_hint": f"{number[:3]}-{number[3:]}"}, {"login_hint": "", "id_token_hint": token}):
        assert ask(counter, person, **hint).status_code == 429


@pytest.mark.spec("CIBA Core 1.0 §13")
@pytest.mark.parametrize("message", ["x" * 101, "a\nb", "a\u202eb", "\x07"])
def test_binding_message_is_short_and_printable(counter, person, message):
    assert error_of(ask(counter, person, binding_message=message)) == "invalid_binding_message"


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize(("asked", "given"), [("30", 30), ("86400", 600), ("1", 1)])
def test_requested_expiry_is_kept_within_bounds(counter, person, asked, given):
    assert begin(counter, person, requested_expiry=asked)["expires_in"] == given


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize("asked", ["0", "-1", "x", "1.5", "9" * 10, "٣"])
def test_requested_expiry_is_a_positive_number(counter, person, asked):
    assert error_of(ask(counter, person, requested_expiry=asked)) == "invalid_request"


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_polling_too_often_is_slowed_down(house, counter, person):
    auth_req_id = begin(counter, person)["auth_req_id"]

    assert error_of(poll(counter, auth_req_id)) == "authorization_pending"
    house.clock.advance(timedelta(seconds=1))
    assert error_of(poll(counter, auth_req_id)) == "slow_down"
    house.clock.advance(timedelta(seconds=10))
    assert error_of(poll(counter, auth_req_id)) == "authorization_pending"


@pytest.mark.spec("CIBA Core 1.0 §11")
def test_request_that_nobody_answered_expires(house, counter, person):
    auth_req_id = begin(counter, person, requested_expiry="30")["auth_req_id"]
    house.clock.advance(timedelta(seconds=31))

    assert error_of(poll(counter, auth_req_id)) == "expired_token"
    browser = signed_in(house, person)
    browser.open("/account/requests")
    assert "request-allow-1" not in browser.page.ids


@pytest.mark.spec("CIBA Core 1.0 §10.1")
def test_of_parallel_polls_one_succeeds_and_only_for_its_client(house, counter, person):
    other = house.client("other", grant_types=(GRANT,), backchannel_token_delivery_mode="poll")
    auth_req_id = begin(counter, person)["auth_req_id"]
    answer(signed_in(house, person))

    assert error_of(poll(other, auth_req_id)) == "invalid_grant"
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: poll(counter, auth_req_id).status_code, range(6)))
    assert sorted(answers) == [200] + [400] * 5


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_only_the_person_asked_sees_and_answers(house, counter, person):
    asked = begin(counter, person)
    stranger = signed_in(house, house.person())
    stranger.open("/account/requests")

    assert "request-allow-1" not in stranger.page.ids
    assert error_of(poll(counter, asked["auth_req_id"])) == "authorization_pending"


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_client_must_be_registered_for_it(house, rp, person):
    assert error_of(ask(rp, person)) == "unauthorized_client"
    assert error_of(poll(rp, "x")) == "unauthorized_client"


@pytest.mark.spec("CIBA Core 1.0 §4")
@pytest.mark.parametrize(
    "details",
    [
        {"token_endpoint_auth_method": "none", "backchannel_token_delivery_mode": "poll"},
        {},
        {"backchannel_token_delivery_mode": "ping"},
        {
            "backchannel_token_delivery_mode": "ping",
            "backchannel_client_notification_endpoint": "http://rp.example/ping",
        },
    ],
)
def test_registration_that_could_not_work_is_refused(house, details):
    with pytest.raises(InvalidClientMetadata):
        house.client("broken", grant_types=(GRANT,), **details)


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_client_registered_to_sign_must_sign(house, person):
    signer = house.client(
        "signer",
        grant_types=(GRANT,),
        backchannel_token_delivery_mode="poll",
        backchannel_authentication_request_signing_alg="ES256",
    )

    assert error_of(ask(signer, person)) == "invalid_request"


@pytest.fixture
def signer(house):
    """A back end registered to sign its requests with PS256, whatever it signs others with."""
    return signing(
        house,
        "signer",
        grant_types=(GRANT,),
        backchannel_token_delivery_mode="poll",
        backchannel_authentication_request_signing_alg="PS256",
        request_object_signing_alg="ES256",
    )


def asking(party, person, **members):
    """The claims of a signed request."""
    now = int(party.house.clock().timestamp())
    usual = {"iss": party.client_id, "aud": party.house.settings.issuer}
    times = {"iat": now, "nbf": now, "exp": now + 300}
    return usual | times | {"scope": "openid", "login_hint": person.username, "jti": "one"} | members


@pytest.mark.spec("CIBA Core 1.0 §4", "CIBA Core 1.0 §7.1.1")
def test_request_signed_as_registered_is_taken(signer, person):
    response = signer.post("/bc-authorize", {"request": sign(asking(signer, person), "PS256")})

    assert response.status_code == 200, response.text


@pytest.mark.spec("CIBA Core 1.0 §4")
@pytest.mark.parametrize("alg", ["ES256", "RS256", "Ed25519"])
def test_request_signed_with_another_algorithm_is_refused(signer, person, alg):
    response = signer.post("/bc-authorize", {"request": sign(asking(signer, person), alg)})

    assert error_of(response) == "invalid_request"
    assert "signed with PS256" in response.get_json()["error_description"]


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
def test_request_of_a_client_registered_for_no_algorithm_may_be_signed_with_any(house, person):
    free = signing(house, "free", grant_types=(GRANT,), backchannel_token_delivery_mode="poll")

    for number, alg in enumerate(["ES256", "RS256", "PS256", "Ed25519"]):
        claims = asking(free, person, jti=f"number {number}")
        assert free.post("/bc-authorize", {"request": sign(claims, alg)}).status_code == 200


@pytest.mark.spec("CIBA Core 1.0 §7.1.1")
def test_request_to_the_backchannel_is_signed_and_not_encrypted(house, signer, person):
    token = sealed(house, sign(asking(signer, person), "PS256"))

    assert error_of(signer.post("/bc-authorize", {"request": token})) == "invalid_request"


@pytest.mark.spec("CIBA Core 1.0 §10.2")
@pytest.mark.parametrize("status", [204, 200, 401, 403, 302, 500])
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_client_is_pinged_whatever_it_answers(make_house, receiver, status, decision):
    house = make_house(outbound_allowed="127.0.0.0/8")
    person, receiver.status = house.person(), status
    party = house.client(
        "pinged",
        grant_types=(GRANT,),
        backchannel_token_delivery_mode="ping",
        backchannel_client_notification_endpoint=f"http://127.0.0.1:{receiver.server_port}/ping",
    )
    asked = begin(party, person, client_notification_token="a" * 43)
    answer(signed_in(house, person), decision)

    assert receiver.told.wait(10)
    house.provider.pings.close()
    assert receiver.heard == [(f"Bearer {'a' * 43}", {"auth_req_id": asked["auth_req_id"]})]
    assert poll(party, asked["auth_req_id"]).status_code == (200 if decision == "allow" else 400)


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize("token", ["", "a b", "a" * 1025, "é"])
def test_ping_needs_a_token_to_carry(house, person, token):
    party = house.client(
        "pinged",
        grant_types=(GRANT,),
        backchannel_token_delivery_mode="ping",
        backchannel_client_notification_endpoint="https://pinged.example/ping",
    )

    assert error_of(ask(party, person, client_notification_token=token)) == "invalid_request"
    assert ask(party, person, client_notification_token="a" * 1024).status_code == 200


@pytest.fixture
def firm(house):
    return an_organisation_of(house)


@pytest.fixture
def acting(house):
    """A counter that serves those who act for others."""
    return house.client(
        "acting",
        grant_types=("authorization_code", "refresh_token", GRANT),
        backchannel_token_delivery_mode="poll",
        acts_for=("organisation", "ward"),
        authorization_details_types=("fee_payment",),
    )


def ask_of(house, party, account_id, **form):
    number = house.provider.accounts.the(account_id).number
    response = party.post("/bc-authorize", {"scope": "openid profile", "login_hint": number, **form})
    assert response.status_code == 200, response.text
    return response.get_json()["auth_req_id"]


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize("role", [Role.REPRESENTATIVE, Role.GUARDIAN])
def test_request_that_names_whom_somebody_acts_for_reaches_them(house, acting, person, firm, role):
    principal = firm if role is Role.REPRESENTATIVE else house.person().account_id
    mandate = represents(house, person, principal, role=role, depth=0)
    asked = ask_of(house, acting, principal)
    browser = signed_in(house, person)

    answer(browser)

    tokens = poll(acting, asked).get_json()
    claims = house.id_token(tokens["id_token"])[1]
    subject = house.provider.subjects.subject
    party = house.provider.clients.find(acting.client_id)
    assert claims["sub"] == subject(party, mandate.principal_id)
    assert claims["act"] == {"sub": subject(party, person.account_id)}
    assert claims["mandate"]["role"] == role.value
    used = [each.event for each in house.provider.audit.for_account(principal, 20)]
    assert {"mandate.used", "request.allowed"} <= set(used)


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize("hint", ["G01.02.03", "g01.02.03", " G01.02.03 "])
def test_agency_is_named_by_its_code_of_letters(house, acting, person, hint):
    agency = an_organisation_of(house, number="G01.02.03")
    represents(house, person, agency)

    response = acting.post("/bc-authorize", {"scope": "openid profile", "login_hint": hint})
    answer(signed_in(house, person))

    tokens = poll(acting, response.get_json()["auth_req_id"]).get_json()
    party = house.provider.clients.find(acting.client_id)
    assert house.id_token(tokens["id_token"])[1]["sub"] == house.provider.subjects.subject(party, agency)


@pytest.mark.spec("CIBA Core 1.0 §7.1")
def test_who_acts_for_another_says_no_for_them(house, acting, person, firm):
    represents(house, person, firm)
    asked = ask_of(house, acting, firm)

    answer(signed_in(house, person), "deny")

    assert error_of(poll(acting, asked)) == "access_denied"
    said = next(
        each for each in house.provider.audit.for_account(firm, 20) if each.event == "request.refused"
    )
    assert said.facts["actor"] == str(person.account_id)


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize("why", ["stranger", "ended", "other service", "small limit", "not taken"])
def test_who_could_not_act_for_another_is_not_asked(house, acting, counter, person, firm, why):
    wish = {"other service": {"services": ("elsewhere",)}, "small limit": {"limit_vnd": 10}}.get(why, {})
    if why != "stranger":
        mandate = represents(house, person, firm, **wish)
    if why == "ended":
        house.provider.mandates.revoke(mandate.id, None)
    detail = {"type": "fee_payment", "creditor": "Kho bạc", "reference": "HS-1", "amount_vnd": "11"}
    party = counter if why == "not taken" else acting
    more = {} if party is counter else {"authorization_details": json.dumps([detail])}
    ask_of(house, party, firm, **more)
    browser = signed_in(house, person)

    browser.open("/account/requests")

    assert "request-allow-1" not in browser.page.ids
