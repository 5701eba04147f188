"""RFC 7591, RFC 7592 and OIDC Registration 1.0: clients that register, and see to their registration."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.oidc.clients.registration import USUAL_SCOPE
from tests.assertions import a_key, jwks
from tests.house import Browser, House, RelyingParty
from tests.protocol.acts import tokens_for

ASKED = {"client_name": "Trial", "redirect_uris": ["https://rp.example/cb"]}


@pytest.fixture
def open_house(make_house: Callable[..., House]) -> House:
    """A simulator: there, anybody may register."""
    return make_house(is_simulator=True)


def register(house: House, members: object, token: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return house.app.test_client().post("/register", json=members, headers=headers)


def manage(house: House, method: str, answer: dict[str, Any], **request: Any) -> TestResponse:
    """To the client's own address, with its own token unless told."""
    uri = answer["registration_client_uri"].removeprefix(house.settings.issuer)
    token = request.pop("token", answer["registration_access_token"])
    return house.app.test_client().open(
        uri, method=method, headers={"Authorization": f"Bearer {token}"}, **request
    )


def invited(house: House, uses: int = 1, scope: tuple[str, ...] = USUAL_SCOPE) -> str:
    return house.provider.invitations.issue(scope, uses, timedelta(days=1))


def refusal(response: TestResponse) -> tuple[int, str]:
    return response.status_code, response.get_json()["error"]


@pytest.mark.spec(
    "RFC 7591 §3.2.1", "OIDC Registration 1.0 §3.2", "RFC 7591 §2", "RFC 7592 §3", "OIDC Registration 1.0 §2"
)
def test_answer_tells_all_that_is_registered(open_house: House) -> None:
    asked = {
        **ASKED,
        "client_name#vi": "Trang thử",
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"],
        "contacts": ["a@rp.example"],
        "policy_uri": "https://rp.example/policy",
        "default_max_age": 60,
        "require_auth_time": True,
        "invented_member": {"a": 1},
    }

    response = register(open_house, asked)
    answer = response.get_json()

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert {name: answer.get(name) for name in asked if name != "invented_member"} == {
        name: value for name, value in asked.items() if name != "invented_member"
    }
    assert "invented_member" not in answer
    assert answer["client_secret_expires_at"] == 0
    assert answer["client_id_issued_at"] == int(open_house.clock().timestamp())
    assert (answer["scope"], answer["response_types"]) == (" ".join(USUAL_SCOPE), ["code"])
    assert answer["id_token_signed_response_alg"] == "RS256"
    assert answer["registration_client_uri"].startswith(open_house.settings.issuer + "/register?client_id=")


@pytest.mark.spec("OIDC Core 1.0 §15.2")
def test_registered_client_signs_people_in(open_house: House) -> None:
    answer = register(open_house, ASKED).get_json()
    rp = RelyingParty(
        open_house,
        answer["client_id"],
        answer["client_secret"],
        "client_secret_basic",
        ASKED["redirect_uris"][0],
    )

    code = Browser(open_house).sign_in(rp, open_house.person())["code"]

    header, claims = open_house.id_token(rp.redeem(code).get_json()["id_token"])
    assert (header["alg"], claims["aud"]) == ("RS256", answer["client_id"])


@pytest.mark.spec("RFC 7591 §2.2")
def test_names_go_by_language(open_house: House) -> None:
    answer = register(open_house, {**ASKED, "client_name#en": "Trial EN", "client_name#vi": "Thử"}).get_json()

    client = open_house.provider.clients.find(answer["client_id"])

    assert client is not None
    assert (client.metadata.name("vi"), client.metadata.name("en")) == ("Thử", "Trial EN")
    assert (answer["client_name#vi"], answer["client_name#en"]) == ("Thử", "Trial EN")
    assert answer["client_name"] == ASKED["client_name"]


def test_client_without_a_name_goes_by_its_host(open_house: House) -> None:
    answer = register(open_house, {"redirect_uris": ["https://rp.example/cb"]}).get_json()

    assert answer["client_name"] == "rp.example"


@pytest.mark.spec("RFC 7591 §3", "RFC 6750 §3", "OIDC Registration 1.0 §3.1")
def test_outside_a_simulator_an_initial_access_token_is_needed(house: House) -> None:
    bare, wrong = register(house, ASKED), register(house, ASKED, "invented")

    assert bare.status_code == 401
    assert bare.headers["WWW-Authenticate"].startswith("Bearer")
    assert refusal(wrong) == (401, "invalid_token")
    assert register(house, ASKED, invited(house)).status_code == 201


def test_initial_access_token_is_good_so_many_times_and_so_long(house: House) -> None:
    once, twice, late = invited(house), invited(house, 2), invited(house)

    assert [register(house, ASKED, once).status_code for _ in range(2)] == [201, 401]
    assert [register(house, ASKED, twice).status_code for _ in range(3)] == [201, 201, 401]
    house.clock.advance(timedelta(days=1))
    assert register(house, ASKED, late).status_code == 401


def test_refused_registration_does_not_use_the_token_up(house: House) -> None:
    token = invited(house)

    assert register(house, {"redirect_uris": ["ftp://x"]}, token).status_code == 400

    assert register(house, ASKED, token).status_code == 201


@pytest.mark.spec("RFC 7591 §5", "RFC 9700 §2.3")
def test_nobody_gets_more_scope_than_the_operator_gave(house: House) -> None:
    token = invited(house, scope=("openid", "profile"))

    answer = register(house, {**ASKED, "scope": "openid email identity profile"}, token).get_json()

    assert answer["scope"] == "openid profile"


@pytest.mark.spec("RFC 7591 §5", "OIDC Registration 1.0 §8.1")
def test_nobody_appraises_themselves(open_house: House) -> None:
    told = {"is_vetted": True, "claims": ["identity_number"], "default_level": 4, "legal_basis": "x"}

    answer = register(open_house, {**ASKED, **told}).get_json()
    client = open_house.provider.clients.find(answer["client_id"])

    assert client is not None
    assert set(told).isdisjoint(answer)
    assert (client.metadata.is_vetted, client.metadata.claims, client.metadata.default_level) == (
        False,
        (),
        1,  # everybody's there
    )


@pytest.mark.spec("RFC 7591 §3.2.2", "RFC 6749 §3.1.2", "RFC 7591 §5", "OIDC Registration 1.0 §3.3")
@pytest.mark.parametrize(
    "uris",
    [[], ["http://rp.example/cb"], ["https://rp.example/cb#x"], ["javascript:alert(1)"], ["https://*.example/"],
     ["https://u:p@rp.example/"], ["/cb"], [""], ["https://["], ["https://[::1"],
     ["https://a.example/", "https://b.example/"]],
)  # fmt: skip
def test_bad_redirect_uris_are_refused_by_their_own_name(open_house: House, uris: list[str]) -> None:
    assert refusal(register(open_house, {"redirect_uris": uris})) == (400, "invalid_redirect_uri")


@pytest.mark.spec("RFC 7591 §3.2.2")
@pytest.mark.parametrize(
    "wrong",
    [{"redirect_uris": [1]}, {"redirect_uris": {}}, {"redirect_uris": "https://rp.example/cb"}],
)
def test_redirect_uris_of_another_type_are_refused(open_house: House, wrong: dict[str, Any]) -> None:
    assert refusal(register(open_house, wrong)) == (400, "invalid_redirect_uri")


@pytest.mark.spec(
    "RFC 7591 §3.2.2",
    "RP-Initiated Logout 1.0 §3.1",
    "OIDC Registration 1.0 §2",
    "OIDC Registration 1.0 §3.3",
    "OIDC Registration 1.0 §5",
)
@pytest.mark.parametrize(
    "wrong",
    [{"grant_types": ["implicit"]}, {"grant_types": ["password"]}, {"grant_types": "authorization_code"},
     {"response_types": ["id_token"]}, {"response_types": ["code", "code id_token"]}, {"response_types": []},
     {"token_endpoint_auth_method": "client_secret_jwt"}, {"token_endpoint_auth_method": "tls_client_auth"},
     {"jwks": {}, "token_endpoint_auth_method": "private_key_jwt"}, {"application_type": "desktop"},
     {"subject_type": "x"},
     {"logo_uri": "javascript:alert(1)"}, {"policy_uri": "data:text/html,x"}, {"tos_uri": "http://rp.example"},
     {"client_uri": "https://"}, {"initiate_login_uri": "http://rp.example/"}, {"client_name": 1},
     {"client_name": "x" * 201},
     {"client_name#vi": ""}, {"scope": ["openid"]}, {"default_max_age": "60"}, {"default_max_age": -1},
     {"require_auth_time": "true"}, {"default_acr_values": ["urn:invented"]}, {"contacts": [1]}, {"jwks": []},
     {"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}, {"id_token_signed_response_alg": "none"},
     {"id_token_signed_response_alg": "HS256"}, {"jwks_uri": "javascript:1"},
     {"sector_identifier_uri": "https://10.0.0.1/x"}, {"post_logout_redirect_uris": ["http://rp.example/"]}],
)  # fmt: skip
def test_what_could_never_work_is_refused(open_house: House, wrong: dict[str, Any]) -> None:
    response = register(open_house, {**ASKED, **wrong})

    assert refusal(response) == (400, "invalid_client_metadata"), response.text
    assert next(iter(wrong)).partition("#")[0] in response.get_json()["error_description"]


@pytest.mark.spec("RFC 7591 §5")
@pytest.mark.parametrize(
    "name",
    [
        "\u202eknaB",
        "Ngân\u200b hàng",
        "Ngân\nhàng",
        "  ",
        " Bank",
        "—",
        "N\u0430tional Bank",
        "Nga\u0302n ha\u0300ng",
    ],
)
def test_name_that_is_not_what_it_looks_like_is_refused(open_house: House, name: str) -> None:
    for member in ("client_name", "client_name#vi"):
        assert refusal(register(open_house, ASKED | {member: name})) == (400, "invalid_client_metadata")


@pytest.mark.parametrize("name", ["Ngân hàng số 1 (thử)", "Портал", "ポータル Tokyo", "Café 24/7"])
def test_names_of_all_languages_are_taken(open_house: House, name: str) -> None:
    assert register(open_house, ASKED | {"client_name": name}).status_code == 201


def test_language_of_a_name_is_one(open_house: House) -> None:
    asked = ASKED | {'client_name#"><': "Trial"}

    assert refusal(register(open_house, asked)) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    "uri", ["https://rp.example:99999/cb", "https://rp.example:0/cb", "https://%72p.example/cb"]
)
def test_address_that_nobody_has_is_refused(open_house: House, uri: str) -> None:
    assert refusal(register(open_house, ASKED | {"redirect_uris": [uri]})) == (400, "invalid_redirect_uri")
    for member in ("logo_uri", "jwks_uri", "backchannel_logout_uri"):
        assert register(open_house, ASKED | {member: uri}).status_code == 400


@pytest.mark.parametrize(
    "uri", ['https://rp.example/"x', "https://rp.example/\u2028", "https://u@rp.example/"]
)
def test_keys_are_fetched_only_from_an_address(open_house: House, uri: str) -> None:
    assert refusal(register(open_house, ASKED | {"jwks_uri": uri})) == (400, "invalid_client_metadata")


def test_age_that_no_calendar_holds_is_refused(open_house: House) -> None:
    asked = ASKED | {"default_max_age": 10**15}

    assert refusal(register(open_house, asked)) == (400, "invalid_client_metadata")


@pytest.mark.spec("RFC 7591 §3.2.2")
def test_software_statement_of_nobody_we_know_is_refused(open_house: House) -> None:
    asked = ASKED | {"software_statement": "eyJhbGciOiJub25lIn0.e30."}

    assert refusal(register(open_house, asked)) == (400, "unapproved_software_statement")


def test_client_does_not_shed_its_profile(open_house: House) -> None:
    guarded = {
        **ASKED,
        "profile": "fapi2",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": jwks(a_key()),
        "dpop_bound_access_tokens": True,
    }
    answer = register(open_house, guarded).get_json()

    for profile in ({}, {"profile": None}, {"profile": "fapi_ciba"}):
        changed = {**ASKED, "client_id": answer["client_id"], **profile}
        assert manage(open_house, "PUT", answer, json=changed).status_code == 400
    kept = manage(open_house, "PUT", answer, json={**guarded, "client_id": answer["client_id"]})
    assert kept.get_json()["profile"] == "fapi2"


@pytest.mark.spec("RFC 7591 §3", "OIDC Registration 1.0 §3.1")
@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"null", b"{", b'{"a":1,"a":2}', b"\xff", b'{"a":' * 99])
def test_what_is_no_json_object_is_refused(open_house: House, body: bytes) -> None:
    response = open_house.app.test_client().post("/register", data=body, content_type="application/json")

    assert response.status_code == 400
    assert open_house.app.test_client().post("/register", data={"a": "b"}).status_code == 415


@pytest.mark.spec("OIDC Registration 1.0 §5", "OIDC Core 1.0 §8.1")
def test_sector_is_fetched_and_holds_every_redirect_uri(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    uris = ["https://a.example/cb", "https://b.example/cb"]
    asked = {"redirect_uris": uris, "sector_identifier_uri": "https://sector.example/uris"}
    published: list[Any] = [uris]
    registration = open_house.provider.registration
    monkeypatch.setattr(registration, "_fetch", lambda _uri: json.dumps(published[0]).encode())

    answer = register(open_house, asked).get_json()
    client = open_house.provider.clients.find(answer["client_id"])
    assert client is not None
    assert client.sector == "sector.example"

    for wrong in ([], uris[:1], {"redirect_uris": uris}, "x", [1]):
        published[0] = wrong
        assert refusal(register(open_house, asked)) == (400, "invalid_client_metadata")


def test_client_that_signs_gets_no_secret(open_house: House) -> None:
    asked = {**ASKED, "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks(a_key())}

    answer = register(open_house, asked).get_json()

    assert "client_secret" not in answer
    assert "client_secret_expires_at" not in answer
    assert answer["jwks"] == asked["jwks"]


@pytest.mark.spec("Discovery 1.0 §3")
def test_discovery_names_the_endpoint(house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration").get_json()

    assert document["registration_endpoint"] == house.settings.issuer + "/register"


@pytest.mark.spec("RFC 7592 §2.1", "OIDC Registration 1.0 §4.3")
def test_client_reads_its_registration(open_house: House) -> None:
    answer = register(open_house, ASKED).get_json()

    response = manage(open_house, "GET", answer)

    assert response.status_code == 200
    assert response.get_json() == {name: value for name, value in answer.items() if name != "client_secret"}


@pytest.mark.spec("RFC 7592 §2.2", "RFC 7592 §3")
def test_client_changes_its_registration_and_gets_a_new_token(open_house: House) -> None:
    answer = register(open_house, {**ASKED, "policy_uri": "https://rp.example/p"}).get_json()
    asked = {
        "client_id": answer["client_id"],
        "redirect_uris": ["https://rp.example/new"],
        "client_name": "New",
    }

    changed = manage(open_house, "PUT", answer, json=asked).get_json()

    assert (changed["redirect_uris"], changed["client_name"]) == (["https://rp.example/new"], "New")
    assert "policy_uri" not in changed
    assert changed["registration_access_token"] != answer["registration_access_token"]
    assert manage(open_house, "GET", answer).status_code == 401
    assert manage(open_house, "GET", changed).status_code == 200
    client = open_house.provider.clients.find(answer["client_id"])
    assert client is not None
    assert client.check_client_secret(answer["client_secret"])


@pytest.mark.spec("RFC 7592 §2.2")
def test_change_names_this_client_and_nothing_that_we_give(open_house: House) -> None:
    answer = register(open_house, ASKED).get_json()
    usual = {"client_id": answer["client_id"], **ASKED}

    for wrong in (
        {"client_id": "another"},
        {"registration_access_token": "x"},
        {"registration_client_uri": "x"},
        {"client_secret_expires_at": 0},
        {"client_id_issued_at": 0},
        {"client_secret": "another"},
        {"client_secret": 1},
        {"grant_types": ["implicit"]},
    ):
        response = manage(open_house, "PUT", answer, json={**usual, **wrong})
        assert refusal(response) == (400, "invalid_client_metadata"), wrong
    same = manage(open_house, "PUT", answer, json={**usual, "client_secret": answer["client_secret"]})
    assert same.status_code == 200


@pytest.mark.spec("RFC 7592 §2.3", "OIDC Registration 1.0 §4.4")
def test_client_removes_itself(open_house: House, browser: Browser) -> None:
    answer = register(open_house, ASKED).get_json()

    assert manage(open_house, "DELETE", answer).status_code == 204

    assert open_house.provider.clients.find(answer["client_id"]) is None
    assert manage(open_house, "GET", answer).status_code == 401


@pytest.mark.spec("RFC 7592 §2", "RFC 7591 §5", "RFC 7592 §2.1", "RFC 7592 §5", "OIDC Registration 1.0 §4.4")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_its_own_token_opens_a_registration(open_house: House, method: str) -> None:
    answer, other = (register(open_house, ASKED).get_json() for _ in range(2))
    unknown = {**answer, "registration_client_uri": f"{open_house.settings.issuer}/register?client_id=x"}
    rp = open_house.client("by-hand")
    by_hand = {**answer, "registration_client_uri": f"/register?client_id={rp.client_id}"}
    body = {"json": {"client_id": answer["client_id"], **ASKED}} if method == "PUT" else {}

    answers = [
        manage(open_house, method, answer, token=other["registration_access_token"], **body),
        manage(open_house, method, answer, token=answer["client_secret"], **body),
        manage(open_house, method, unknown, **body),
        manage(open_house, method, by_hand, **body),
    ]

    assert {(response.status_code, response.text) for response in answers} == {(401, answers[0].text)}
    assert manage(open_house, "GET", answer).status_code == 200


def test_secrets_are_kept_as_digests_alone(open_house: House) -> None:
    answer = register(open_house, ASKED).get_json()
    path = open_house.settings.database_url.removeprefix("sqlite:///")
    stored = b"".join(Path(path + tail).read_bytes() for tail in ("", "-wal"))

    assert answer["client_id"].encode() in stored
    assert answer["client_secret"].encode() not in stored
    assert answer["registration_access_token"].encode() not in stored


@pytest.mark.spec("RFC 9700 §2.1.1")
def test_only_who_comes_uninvited_to_a_simulator_is_excused_as_suites_are(open_house: House) -> None:
    asked = {**ASKED, "require_pkce": False, "default_level": 1, "unsigned_requests": True}
    answers = [register(open_house, asked), register(open_house, asked, invited(open_house))]

    found = [open_house.provider.clients.find(answer.get_json()["client_id"]) for answer in answers]
    assert [client.metadata.needs_pkce for client in found if client] == [False, True]
    assert [client.metadata.default_level for client in found if client] == [1, None]
    assert [client.metadata.unsigned_requests for client in found if client] == [True, False]


@pytest.mark.spec("RFC 6749 §3.1.2.2", "RFC 7591 §2", "OIDC Registration 1.0 §2", "RFC 8252 §8.4")
def test_client_that_redirects_registers_where_to(open_house: House) -> None:
    for asked in ({}, {"redirect_uris": []}, {"token_endpoint_auth_method": "none"}):
        assert refusal(register(open_house, asked)) == (400, "invalid_redirect_uri")
    robot = {"grant_types": ["client_credentials"], "response_types": [], "client_name": "Robot"}
    assert register(open_house, robot).status_code == 201


@pytest.mark.spec("RFC 7591 §2")
@pytest.mark.parametrize("told", [{}, {"response_types": []}, {"response_types": ["code"]}])
def test_grants_and_response_types_fit_together(open_house: House, told: dict[str, Any]) -> None:
    without = {**ASKED, "grant_types": ["client_credentials"], **told}

    answer = register(open_house, without).get_json()

    # What the answer left out would be taken for code.
    assert (answer["grant_types"], answer["response_types"]) == (["client_credentials"], [])
    assert register(open_house, {**ASKED, **told, "response_types": ["code"]}).status_code == 201
    for wrong in (
        {"grant_types": ["authorization_code"], "response_types": []},
        {"grant_types": ["client_credentials"], "response_types": ["id_token"]},
        {"grant_types": ["authorization_code", "implicit"], "response_types": ["code"]},
    ):
        assert refusal(register(open_house, {**ASKED, **wrong})) == (400, "invalid_client_metadata")


@pytest.mark.spec("RFC 7591 §3.2.1", "OIDC Registration 1.0 §3.2")
def test_every_registration_has_its_own_name_and_secret(open_house: House) -> None:
    answers = [register(open_house, ASKED).get_json() for _ in range(3)]

    for member in ("client_id", "client_secret", "registration_access_token", "registration_client_uri"):
        assert len({answer[member] for answer in answers}) == 3
    assert all(len(answer["client_secret"]) >= 43 for answer in answers)  # 256 bits


@pytest.mark.spec("RFC 7592 §2", "OIDC Registration 1.0 §4.2")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_registration_without_its_token_is_challenged(open_house: House, method: str) -> None:
    answer = register(open_house, ASKED).get_json()
    uri = answer["registration_client_uri"].removeprefix(open_house.settings.issuer)

    response = open_house.app.test_client().open(uri, method=method, json={})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="register"'


@pytest.mark.spec("RFC 7592 §2.2")
def test_member_that_is_null_is_deleted(open_house: House) -> None:
    answer = register(open_house, {**ASKED, "tos_uri": "https://rp.example/t", "contacts": ["a@b.example"]})
    client_id = answer.get_json()["client_id"]

    changed = manage(
        open_house,
        "PUT",
        answer.get_json(),
        json={"client_id": client_id, **ASKED, "tos_uri": None, "contacts": None},
    ).get_json()

    assert {"tos_uri", "contacts"}.isdisjoint(changed)
    assert {"tos_uri", "contacts"}.isdisjoint(manage(open_house, "GET", changed).get_json())


@pytest.mark.spec("RFC 7592 §2.3")
def test_client_that_removed_itself_leaves_no_token_in_force(open_house: House) -> None:
    asked = {**ASKED, "grant_types": ["authorization_code", "refresh_token"]}
    answer = register(open_house, asked).get_json()
    rp = RelyingParty(
        open_house,
        answer["client_id"],
        answer["client_secret"],
        "client_secret_basic",
        ASKED["redirect_uris"][0],
    )
    code = Browser(open_house).sign_in(rp, open_house.person(), scope="openid offline_access")["code"]
    tokens = rp.redeem(code).get_json()
    assert rp.userinfo(tokens["access_token"]).status_code == 200

    manage(open_house, "DELETE", answer)

    assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert refusal(rp.refresh(tokens["refresh_token"])) == (401, "invalid_client")
    assert open_house.app.test_client().get("/authorize", query_string=rp.request()).status_code == 400


@pytest.mark.spec("OIDC Registration 1.0 §2")
def test_what_is_left_out_has_its_default(open_house: House) -> None:
    answer = register(open_house, {"redirect_uris": ASKED["redirect_uris"]}).get_json()

    defaults = {
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "require_auth_time": False,
    }
    assert {name: answer[name] for name in defaults} == defaults
    # Members without a default are not made up.
    assert {"userinfo_signed_response_alg", "default_max_age", "jwks", "request_uris"}.isdisjoint(answer)


@pytest.mark.spec("OIDC Registration 1.0 §2", "RFC 8252 §7.1", "RFC 8252 §7.2")
@pytest.mark.parametrize(
    ("uri", "native", "web"),
    [
        ("vn.example.app:/callback", 201, 400),
        ("http://127.0.0.1/cb", 201, 201),
        ("http://[::1]:8080/cb", 201, 201),
        ("http://localhost:8080/cb", 201, 201),
        ("https://app.example/claimed", 201, 201),
        ("http://app.example/cb", 400, 400),
        ("app:/callback", 400, 400),
        ("javascript:alert(1)//vn.example", 400, 400),
    ],
)
def test_native_clients_redirect_to_their_own_scheme_or_the_loopback(
    open_house: House, uri: str, native: int, web: int
) -> None:
    for application_type, status in (("native", native), ("web", web)):
        asked = {"redirect_uris": [uri], "application_type": application_type, "client_name": "App"}
        assert register(open_house, asked).status_code == status, application_type


@pytest.mark.spec("RFC 9700 §4.15")
def test_client_id_is_never_a_persons_sub(open_house: House) -> None:
    person = open_house.person()
    rp = open_house.client("rp")
    subject = open_house.id_token(tokens_for(rp, person)["id_token"])[1]["sub"]

    answers = [
        register(open_house, {**ASKED, "client_id": chosen, "sub": chosen}).get_json()
        for chosen in (subject, "rp", str(person.account_id))
    ]

    assert {subject, "rp", str(person.account_id)}.isdisjoint(answer["client_id"] for answer in answers)
