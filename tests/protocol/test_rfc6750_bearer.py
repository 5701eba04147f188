"""RFC 6750: how an access token is sent, and what is answered when it does not open the door."""

import base64
import re
from datetime import timedelta

import pytest

from idp.accounts.account import LockGround
from tests.house import House, Person, RelyingParty
from tests.protocol.acts import refused, tokens_for


@pytest.fixture
def token(rp: RelyingParty, person: Person) -> str:
    return str(tokens_for(rp, person)["access_token"])


@pytest.mark.spec("RFC 6750 §2.1", "OIDC Core 1.0 §5.3")
def test_token_goes_in_the_header_whatever_the_schemes_case(house: House, token: str) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        for method in ("GET", "POST"):
            response = house.app.test_client().open(
                "/userinfo", method=method, headers={"Authorization": f"{scheme} {token}"}
            )
            assert response.status_code == 200


@pytest.mark.spec("RFC 6750 §2.2")
def test_token_goes_in_the_body_of_a_form(house: House, token: str) -> None:
    response = house.app.test_client().post("/userinfo", data={"access_token": token})

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 6750 §2.2")
def test_token_in_a_body_that_is_no_form_is_not_read(house: House, token: str) -> None:
    client = house.app.test_client()

    for response in (
        client.post("/userinfo", json={"access_token": token}),
        client.post("/userinfo", data={"access_token": token}, content_type="multipart/form-data"),
        client.get("/userinfo", data={"access_token": token}),
    ):
        assert response.status_code == 401


@pytest.mark.spec("RFC 9700 §4.3.2")
def test_token_in_the_query_is_refused(house: House, token: str) -> None:
    client = house.app.test_client()

    for response in (
        client.get(f"/userinfo?access_token={token}"),
        client.post(f"/userinfo?access_token={token}"),
        client.get(f"/userinfo?access_token={token}", headers={"Authorization": f"Bearer {token}"}),
    ):
        assert token not in refused(response, "invalid_request")
        assert response.headers["WWW-Authenticate"].startswith('Bearer error="invalid_request"')


@pytest.mark.spec("RFC 6750 §2")
def test_token_sent_twice_is_refused(house: House, token: str) -> None:
    response = house.app.test_client().post(
        "/userinfo", data={"access_token": token}, headers={"Authorization": f"Bearer {token}"}
    )

    refused(response, "invalid_request")


@pytest.mark.spec("RFC 6750 §3.1", "RFC 6750 §3")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_request_without_a_token_is_challenged_without_an_error_code(house: House, method: str) -> None:
    response = house.app.test_client().open("/userinfo", method=method)

    assert response.status_code == 401
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert "error" not in challenge


@pytest.mark.spec("RFC 6750 §3", "OIDC Core 1.0 §5.3.3")
@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer a b",
        "Bearer ====",
        "Bearer é",
        'Bearer "',
        "Bearer " + "A" * 4000,
        "Bearer " + "A" * 120,
        "Basic cnA6eA==",
        "Digest nonsense",
        "nonsense",
        "",
    ],
)
def test_what_is_no_token_of_ours_is_challenged(house: House, header: str) -> None:
    response = house.app.test_client().get("/userinfo", headers={"Authorization": header})

    refused(response, "invalid_token", 401)
    assert response.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


@pytest.mark.spec("RFC 6750 §5.2", "RFC 6749 §10.3")
def test_token_changed_in_any_byte_is_refused(house: House, rp: RelyingParty, token: str) -> None:
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))

    for place in range(len(raw)):
        raw[place] ^= 1
        changed = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        assert rp.userinfo(changed).status_code == 401, place
        raw[place] ^= 1
    assert rp.userinfo(token).status_code == 200


@pytest.mark.spec("RFC 6750 §5.3")
def test_token_lives_for_ten_minutes(house: House, rp: RelyingParty, token: str) -> None:
    house.clock.advance(timedelta(minutes=10) - timedelta(seconds=1))
    assert rp.userinfo(token).status_code == 200

    house.clock.advance(timedelta(seconds=1))
    refused(rp.userinfo(token), "invalid_token", 401)


@pytest.mark.spec("RFC 6750 §3.1")
def test_other_tokens_of_ours_are_no_access_tokens(rp: RelyingParty, person: Person) -> None:
    tokens = tokens_for(rp, person, scope="openid offline_access")

    for other in ("id_token", "refresh_token"):
        refused(rp.userinfo(tokens[other]), "invalid_token", 401)


def test_token_dies_with_its_grant_its_session_its_account_and_its_client(house: House) -> None:
    endings = {
        "grant": lambda person, rp: house.provider.grants.revoke_between(person.account_id, rp.client_id),
        "session": lambda person, rp: house.provider.sessions.end_all(person.account_id),
        "account": lambda person, rp: house.provider.lifecycle.lock(
            person.account_id, LockGround.HOLDER_ASKED, "holder"
        ),
        "client": lambda person, rp: house.provider.clients.disable(rp.client_id),
        "consent": lambda person, rp: house.provider.consents.withdraw(person.account_id, rp.client_id),
    }
    for name, end in endings.items():
        rp, person = house.client(name), house.person()
        token = tokens_for(rp, person)["access_token"]
        assert rp.userinfo(token).status_code == 200

        end(person, rp)

        refused(rp.userinfo(token), "invalid_token", 401)


@pytest.mark.spec("RFC 6750 §3.1")
def test_other_methods_are_not_allowed(house: House, token: str) -> None:
    response = house.app.test_client().put("/userinfo", headers={"Authorization": f"Bearer {token}"})

    refused(response, "invalid_request", 405)
    assert "GET" in response.headers["Allow"]


@pytest.mark.spec("RFC 6750 §3")
def test_challenge_is_one_line_of_attributes_that_do_not_repeat(house: House, token: str) -> None:
    client = house.app.test_client()
    answers = [
        client.get("/userinfo"),
        client.get("/userinfo", headers={"Authorization": "Bearer nonsense"}),
        client.get(f"/userinfo?access_token={token}"),
        client.get("/userinfo", headers={"Authorization": f"DPoP {token}"}),
    ]

    for response in answers:
        for challenge in response.headers.getlist("WWW-Authenticate"):
            for scheme in re.split(r", (?=(?:Bearer|DPoP) )", challenge):
                names = re.findall(r'([a-z_]+)="[\x20-\x21\x23-\x5B\x5D-\x7E]*"', scheme)
                assert names, challenge
                assert len(names) == len(set(names)), challenge


@pytest.mark.spec("RFC 6750 §3.1")
def test_token_without_openid_is_insufficient_scope(house: House) -> None:
    back_end = house.client("back", grant_types=("client_credentials",))
    token = back_end.post("/token", {"grant_type": "client_credentials"}).get_json()["access_token"]

    response = back_end.userinfo(token)

    refused(response, "insufficient_scope", 403)
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]
