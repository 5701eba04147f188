"""The simulator: what it adds for developers of relying parties, and that elsewhere nothing of it is left."""

import json
from uuid import UUID

import pytest

from idp.oidc.grants.answered import CibaGrant
from idp.settings import Settings
from idp.web.routes import ROUTES
from tests.house import ISSUER, SECRET, House
from tests.proofs import Holder

STEERED = tuple(route.path for route in ROUTES if route.is_simulator)
RESOURCE = "/simulator/resource"
WRONG = 12  # more than any account's budget
BAR = {"Môi trường thử nghiệm", "A simulator"}


@pytest.fixture
def simulator(make_house):
    return make_house(is_simulator=True)


def kids(house: House) -> set[str]:
    """Of the keys that sign."""
    keys = json.loads(house.app.test_client().get("/jwks").data)["keys"]
    return {key["kid"] for key in keys if key["use"] == "sig"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_keys_are_rotated_by_url(simulator, method):
    published = kids(simulator)
    rp, person = simulator.client(), simulator.person()
    signed_by = simulator.provider.keyring.sign({}).partition(".")[0]

    answer = getattr(simulator.app.test_client(), method)("/simulator/rotate-keys")

    assert answer.status_code == 200
    signing = simulator.provider.keyring.algorithms
    current = {key["kid"] for key in answer.json["current"] if key["alg"] in signing}
    assert current < published  # they were published ahead
    assert published < kids(simulator)  # and the retired ones still are
    assert simulator.provider.keyring.sign({}).partition(".")[0] != signed_by
    code = simulator.browser().sign_in(rp, person)["code"]
    header, _ = simulator.id_token(rp.redeem(code).json["id_token"])
    assert header["kid"] in current


@pytest.mark.parametrize("page", ["/", "/help", "/privacy", "/logout", "/activate", "/nowhere"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_a_simulator_says_so_in_both_languages(simulator, page, language):
    text = simulator.app.test_client().get(page, headers={"Accept-Language": language}).text

    assert all(text.count(words) == 1 for words in BAR)


def test_a_sign_in_at_a_simulator_says_so(simulator):
    browser = simulator.browser()
    browser.open("/authorize", simulator.client().request())

    assert "username" in browser.page.ids
    assert all(words in browser.text for words in BAR)


def test_elsewhere_there_is_no_trace_of_it(house):
    client = house.app.test_client()
    nowhere = client.get("/nowhere")

    assert STEERED
    for path in STEERED:
        for method in (client.get, client.post):
            answer = method(path)
            assert (answer.status_code, answer.mimetype) == (404, nowhere.mimetype)
    assert not any(words in client.get("/").text for words in BAR)
    assert b"simulator" not in client.get("/.well-known/openid-configuration").data


def test_discovery_names_no_simulator_address_even_there(simulator):
    assert b"/simulator" not in simulator.app.test_client().get("/.well-known/openid-configuration").data


def test_spared_people_are_never_locked_out_and_others_are(make_house):
    house = make_house(is_simulator=True, simulator_spared=("001199000001",))
    spared, other, rp = house.person(), house.person(), house.client()
    assert spared.username == "001199000001"

    for person in (spared, other):
        for _ in range(WRONG):
            browser = house.browser()
            browser.open("/authorize", rp.request())
            browser.submit({"username": person.username, "password": "wrong"})

    assert "code" in house.browser().sign_in(rp, spared)
    browser.submit({"username": other.username, "password": other.password})
    assert browser.shown.status_code == 429


def test_a_spared_persons_tries_are_not_held_against_their_address(make_house):
    house = make_house(is_simulator=True, simulator_spared=("001199000001",))
    spared, other, rp = house.person(), house.person(), house.client()

    for _ in range(60):  # more than an address may fail
        browser = house.browser()
        browser.open("/authorize", rp.request())
        browser.submit({"username": spared.username, "password": "wrong"})

    assert "code" in house.browser().sign_in(rp, other)


def test_nobody_is_spared_where_nothing_is_simulated(house):
    with pytest.raises(ValueError, match="IDP_SIMULATOR_SPARED"):
        Settings(issuer=ISSUER, secret=SECRET, is_demo=True, simulator_spared=("001199000001",))


def test_clients_on_this_machine_are_asked_by_a_simulator_only(make_house, simulator):
    loopback = "http://127.0.0.1:9/jwks"

    reasons = [reason_of(found.provider.outbound, loopback) for found in (simulator, make_house())]

    assert reasons == ["unreachable", "address_refused"]


@pytest.mark.spec("RFC 9449 §7.1")
def test_the_resource_checks_what_user_info_checks(simulator):
    rp, person, holder = simulator.client(), simulator.person(), Holder(simulator)
    bearer = rp.redeem(simulator.browser().sign_in(rp, person)["code"]).json["access_token"]
    code = simulator.browser().sign_in(rp, person)["code"]
    form = {"redirect_uri": rp.redirect_uri, "code_verifier": rp.verifier, "code": code}
    form["grant_type"] = "authorization_code"
    bound = rp.post("/token", form, {"DPoP": holder.proof()}).json["access_token"]
    proof = holder.proof(RESOURCE, "GET", token=bound)

    welcome = ask(simulator, f"Bearer {bearer}", **{"x-fapi-interaction-id": "one"})
    assert (welcome.status_code, welcome.headers["x-fapi-interaction-id"]) == (200, "one")
    assert welcome.json == rp.userinfo(bearer).json
    assert ask(simulator, f"DPoP {bound}", DPoP=proof).json["sub"] == welcome.json["sub"]
    for wrong in (f"Bearer {bound}", f"DPoP {bearer}", "Bearer nonsense", f"DPoP {bound}", None):
        refused = ask(simulator, wrong)
        assert refused.status_code == 401
        assert "WWW-Authenticate" in refused.headers


@pytest.mark.spec("CIBA Core 1.0 §11")
@pytest.mark.parametrize("action", ["allow", "deny"])
def test_a_backchannel_request_is_answered_by_url(simulator, action):
    rp = simulator.client(
        grant_types=("authorization_code", CibaGrant.GRANT_TYPE), backchannel_token_delivery_mode="poll"
    )
    person, steer = simulator.person(), simulator.app.test_client()
    asked = rp.post("/bc-authorize", {"scope": "openid profile", "login_hint": person.username})
    sent = {"auth_req_id": asked.json["auth_req_id"], "action": action}

    assert steer.get("/simulator/ciba", query_string=sent | {"action": "maybe"}).status_code == 400
    assert steer.get("/simulator/ciba", query_string=sent).status_code == 200
    assert steer.get("/simulator/ciba", query_string=sent).status_code == 400  # once

    told = rp.post("/token", {"grant_type": CibaGrant.GRANT_TYPE, "auth_req_id": sent["auth_req_id"]})
    if action == "deny":
        assert told.json["error"] == "access_denied"
    else:
        assert simulator.id_token(told.json["id_token"])[1]["amr"]
        assert rp.userinfo(told.json["access_token"]).status_code == 200


@pytest.mark.spec("CIBA Core 1.0 §7.1")
@pytest.mark.parametrize(("asked", "acr"), [("1", "1"), ("2", "2"), (None, "2")])
def test_level_that_was_asked_for_is_the_one_simulated(simulator, asked, acr):
    rp = simulator.client(
        grant_types=("authorization_code", CibaGrant.GRANT_TYPE), backchannel_token_delivery_mode="poll"
    )
    form = {"scope": "openid", "login_hint": simulator.person().username}
    form |= {"acr_values": f"urn:dinhdanh:aal:{asked}"} if asked else {}
    auth_req_id = rp.post("/bc-authorize", form).json["auth_req_id"]
    query = {"auth_req_id": auth_req_id, "action": "allow"}

    simulator.app.test_client().post("/simulator/ciba", query_string=query)  # with nothing in its body

    told = rp.post("/token", {"grant_type": CibaGrant.GRANT_TYPE, "auth_req_id": auth_req_id}).json
    assert simulator.id_token(told["id_token"])[1]["acr"] == f"urn:dinhdanh:aal:{acr}"


def test_the_resource_names_an_interaction_of_its_own_where_none_came(simulator):
    rp = simulator.client()
    token = rp.redeem(simulator.browser().sign_in(rp, simulator.person())["code"]).json["access_token"]

    named = {ask(simulator, f"Bearer {token}").headers["x-fapi-interaction-id"] for _ in range(2)}

    assert len({UUID(name) for name in named}) == 2


def ask(house, authorization, **headers):
    told = {"Authorization": authorization} if authorization else {}
    return house.app.test_client().get(RESOURCE, headers=told | headers)


def reason_of(outbound, url):
    with pytest.raises(Exception, match="outbound_") as caught:
        outbound.get(url)
    return caught.value.reason
