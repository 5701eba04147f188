"""RFC 7009: a client gives a token back, and the whole grant ends."""

from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from idp.audit.events import Event
from tests.house import House, Person, RelyingParty
from tests.protocol.acts import refused, tokens_for

OFFLINE = "openid offline_access"


@pytest.fixture
def tokens(rp: RelyingParty, person: Person) -> dict[str, str]:
    return tokens_for(rp, person, scope=OFFLINE)


def revoke(party: RelyingParty, token: str, **more: str) -> TestResponse:
    return party.post("/revoke", {"token": token, **more})


@pytest.mark.spec("RFC 7009 §2.1", "RFC 7009 §2")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize(
    "hint", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": "refresh_token"}]
)
def test_one_token_takes_its_whole_grant_along(
    house: House, rp: RelyingParty, tokens: dict[str, str], kind: str, hint: dict[str, str]
) -> None:
    heard: list[str] = []
    house.provider.audit.listen(lambda entry: heard.append(entry.event))

    response = revoke(rp, tokens[kind], **hint)

    assert (response.status_code, response.data) == (200, b"")
    assert "Content-Type" not in response.headers  # oidc-client-ts refuses one that is not JSON's
    assert response.headers["Cache-Control"] == "no-store"
    refused(rp.userinfo(tokens["access_token"]), "invalid_token", 401)
    refused(rp.refresh(tokens["refresh_token"]), "invalid_grant")
    assert heard.count(Event.GRANT_REVOKED) == 1


@pytest.mark.spec("RFC 7009 §2.2")
def test_tokens_that_are_nobodys_are_no_error(rp: RelyingParty, tokens: dict[str, str]) -> None:
    assert revoke(rp, tokens["access_token"]).status_code == 200

    for token in (tokens["access_token"], tokens["refresh_token"], "x", "a.b.c", "é", "A" * 65, "A" * 9000):
        assert revoke(rp, token).status_code == 200


@pytest.mark.spec("RFC 7009 §2.1")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_token_of_another_client_stays_in_force(
    house: House, rp: RelyingParty, tokens: dict[str, str], kind: str
) -> None:
    refused(revoke(house.client("other"), tokens[kind]), "invalid_grant")

    assert rp.userinfo(tokens["access_token"]).status_code == 200
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 7009 §2.1")
def test_client_proves_itself_first(house: House, rp: RelyingParty, tokens: dict[str, str]) -> None:
    nobody = RelyingParty(house, rp.client_id, "wrong", rp.method, rp.redirect_uri)

    refused(revoke(nobody, tokens["access_token"]), "invalid_client", 401)

    assert rp.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.spec("RFC 7009 §2.1")
def test_public_client_revokes_by_its_name(house: House, person: Person) -> None:
    app = house.client("app", token_endpoint_auth_method="none")
    tokens = tokens_for(app, person, scope=OFFLINE)

    assert revoke(app, tokens["refresh_token"]).status_code == 200

    refused(app.userinfo(tokens["access_token"]), "invalid_token", 401)


@pytest.mark.spec("RFC 7009 §2.1")
@pytest.mark.parametrize("written", ["opaque", "jwt"])
def test_token_of_a_clients_own_right_dies_at_once(house: House, written: str) -> None:
    robot = house.client(
        "robot", grant_types=("client_credentials",), scope=("reports",), access_token_format=written
    )
    heard: list[str] = []
    first, second = (
        robot.post("/token", {"grant_type": "client_credentials"}).json["access_token"] for _ in range(2)
    )
    house.provider.audit.listen(lambda entry: heard.append(entry.event))

    for _ in range(2):
        assert revoke(robot, first).status_code == 200

    assert robot.post("/introspect", {"token": first}).json == {"active": False}
    assert robot.post("/introspect", {"token": second}).json["active"] is True
    assert heard == [Event.GRANT_REVOKED]


@pytest.mark.spec("RFC 7009 §2.1")
def test_end_of_a_clients_own_right_is_remembered_until_its_token_is_over(house: House) -> None:
    robot = house.client("robot", grant_types=("client_credentials",), scope=("reports",))
    answer = robot.post("/token", {"grant_type": "client_credentials"}).json
    revoke(robot, answer["access_token"])

    house.clock.now += timedelta(seconds=answer["expires_in"] - 1)
    assert house.provider.grants.forget() == 0
    assert robot.post("/introspect", {"token": answer["access_token"]}).json == {"active": False}

    house.clock.now += timedelta(minutes=15)
    assert house.provider.grants.forget() == 1


@pytest.mark.spec("RFC 7009 §2.2.1")
def test_what_is_never_revoked_is_named(rp: RelyingParty, tokens: dict[str, str]) -> None:
    refused(revoke(rp, tokens["id_token"], token_type_hint="id_token"), "unsupported_token_type")
    refused(rp.post("/revoke", {"token": ""}), "invalid_request")

    assert rp.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.spec("RFC 8414 §2")
def test_discovery_names_the_endpoint(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["revocation_endpoint"] == house.settings.issuer + "/revoke"
    assert "none" in document["revocation_endpoint_auth_methods_supported"]
    assert house.app.test_client().get("/revoke").status_code == 405


@pytest.mark.spec("RFC 7009 §2.1")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "invented"])
def test_wrong_hint_hinders_no_revocation(
    rp: RelyingParty, tokens: dict[str, str], kind: str, hint: str
) -> None:
    assert revoke(rp, tokens[kind], token_type_hint=hint).status_code == 200

    refused(rp.userinfo(tokens["access_token"]), "invalid_token", 401)
