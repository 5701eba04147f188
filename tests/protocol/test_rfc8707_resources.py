"""RFC 8707: where an access token may be used."""

from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from idp.oidc.authorization.waiting import asked_by
from idp.oidc.grants.answered import AnsweredGrant, CibaGrant, DeviceGrant
from idp.oidc.grants.pending import Waiting
from idp.oidc.tokens.handle import read_handle
from tests.house import Browser, House, Person, RelyingParty
from tests.protocol.acts import allow, begin_session, code_for, refused, signed_in

API, FILES = "https://api.example/v1", "https://files.example/"


@pytest.fixture
def rp(house: House) -> RelyingParty:
    return house.client(resources=(API, FILES), serves=(API, FILES), access_token_format="jwt")


def audience(rp: RelyingParty, body: dict[str, Any]) -> object:
    return rp.house.id_token(body["access_token"])[1]["aud"]


@pytest.mark.spec("RFC 8707 §2.1", "RFC 8707 §2", "RFC 8707 §2.2", "RFC 9068 §3")
def test_several_resources_are_named_and_the_token_is_for_them(
    house: House, rp: RelyingParty, person: Person
) -> None:
    browser = signed_in(house, person)

    browser.open("/authorize?" + urlencode([*rp.request().items(), ("resource", API), ("resource", FILES)]))
    body = rp.redeem(allow(browser)["code"]).get_json()

    assert audience(rp, body) == [API, FILES]
    assert rp.userinfo(body["access_token"]).status_code == 401


@pytest.mark.spec("RFC 8707 §2.2", "RFC 9700 §2.3")
def test_token_request_narrows_what_was_allowed(rp: RelyingParty, person: Person) -> None:
    asked = {"resource": f"{API} {FILES}", "scope": "openid offline_access"}

    body = rp.redeem(code_for(rp, person, **asked), resource=FILES).get_json()
    again = rp.refresh(body["refresh_token"], resource=API).get_json()

    assert audience(rp, body) in (FILES, [FILES])
    assert audience(rp, again) in (API, [API])
    assert audience(rp, rp.refresh(again["refresh_token"]).get_json()) == [API, FILES]


@pytest.mark.spec("RFC 8707 §2.2", "RFC 9700 §4.14.2")
def test_token_request_never_widens(rp: RelyingParty, person: Person) -> None:
    refused(rp.redeem(code_for(rp, person, resource=API), resource=FILES), "invalid_target")
    refused(rp.redeem(code_for(rp, person), resource=FILES), "invalid_target")


@pytest.mark.spec("RFC 8707 §2")
@pytest.mark.parametrize("resource", ["https://other.example/", API + "/", API + "#x", "api", f"{API} x"])
def test_resource_that_is_not_registered_is_refused(
    rp: RelyingParty, browser: Browser, resource: str
) -> None:
    browser.open("/authorize", rp.request(resource=resource))
    assert browser.answer["error"] == "invalid_target"

    refused(rp.post("/par", rp.request(resource=resource)), "invalid_target")


@pytest.mark.spec("RFC 8707 §2")
def test_client_asks_for_itself(house: House) -> None:
    rp = house.client(
        "back", grant_types=("client_credentials",), resources=(API,), access_token_format="jwt"
    )
    form = {"grant_type": "client_credentials", "scope": "reports"}

    assert audience(rp, rp.post("/token", {**form, "resource": API}).get_json()) in (API, [API])
    refused(rp.post("/token", {**form, "resource": FILES}), "invalid_target")


@pytest.mark.spec("RFC 8707 §2.2")
@pytest.mark.parametrize("grant", [DeviceGrant, CibaGrant])
def test_answers_given_elsewhere_are_for_the_resources_named(
    house: House, person: Person, grant: type[AnsweredGrant]
) -> None:
    rp = house.client(
        resources=(API, FILES),
        access_token_format="jwt",
        grant_types=("authorization_code", grant.GRANT_TYPE),
        backchannel_token_delivery_mode="poll" if grant is CibaGrant else None,
    )

    def redeem(**form: str) -> TestResponse:
        asks: dict[str, Any] = {"scope": "openid", "resource": [API, FILES]}  # sent twice over
        path = "/device_authorization"
        if grant is CibaGrant:
            path, asks["login_hint"] = "/bc-authorize", person.username
        asked = rp.post(path, asks).get_json()
        waiting = Waiting(grant.SPACE, read_handle(asked[grant.PARAMETER]).owner)  # type: ignore[union-attr]
        pending = house.provider.pendings.find(waiting)
        assert pending is not None
        session, _ = begin_session(house, person)
        house.provider.completion.allow(
            asked_by(pending),
            account_id=person.account_id,
            session_id=session.id,
            proofs=session.proofs,
            claims=frozenset(),
        )
        sent = {"grant_type": grant.GRANT_TYPE, grant.PARAMETER: asked[grant.PARAMETER]}
        return rp.post("/token", sent | form)

    assert audience(rp, redeem().get_json()) == [API, FILES]
    assert audience(rp, redeem(resource=FILES).get_json()) == [FILES]
    refused(redeem(resource="https://other.example/"), "invalid_target")


@pytest.mark.spec("RFC 8707 §2")
def test_nothing_named_leaves_the_token_for_userinfo(rp: RelyingParty, person: Person) -> None:
    body = rp.redeem(code_for(rp, person)).get_json()

    assert rp.userinfo(body["access_token"]).status_code == 200


@pytest.mark.spec("RFC 6749 §3.1")
def test_no_other_parameter_may_repeat(house: House, rp: RelyingParty, browser: Browser) -> None:
    browser.open("/authorize?" + urlencode([*rp.request().items(), ("state", "again")]))

    assert browser.shown.status_code == 400
