"""Each feature extends discovery, addresses and rules while it is on, and leaves no trace when it is off."""

import json
from typing import Any, get_args

import pytest

from idp.oidc.features import FEATURES
from idp.settings import FeatureName, Settings
from tests.house import ISSUER, SECRET, House
from tests.protocol.acts import refused, signed_in, tokens_for

DISCOVERY = "/.well-known/openid-configuration"
# Where each is reached, if it has an address of its own.
ADDRESSES = {
    "par": "/par", "introspection": "/introspect", "revocation": "/revoke", "registration": "/register",
    "device_code": "/device_authorization", "ciba": "/bc-authorize", "session_management": "/session/check",
}  # fmt: skip


def document(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.app.test_client().get(DISCOVERY).get_json()
    return found


def test_settings_know_every_feature_and_no_other() -> None:
    assert set(get_args(FeatureName)) == set(FEATURES)


def test_unknown_feature_does_not_start() -> None:
    with pytest.raises(ValueError, match="features_off"):
        Settings(issuer=ISSUER, secret=SECRET, features_off="par,pkce")  # type: ignore[arg-type]


@pytest.mark.spec("Discovery 1.0 §3")
@pytest.mark.parametrize("name", FEATURES)
def test_feature_that_is_off_leaves_no_trace(make_house: Any, house: House, name: str) -> None:
    feature, whole = FEATURES[name], document(house)
    without = make_house(features_off=(name,))
    told = document(without)

    hidden = {member for member in feature.members if member in whole}
    assert set(whole) - set(told) == hidden
    assert {member: told[member] for member in feature.denied} == feature.denied
    if feature.grant_type is not None:
        assert feature.grant_type in whole["grant_types_supported"]
        assert feature.grant_type not in json.dumps(told)
    if name == "jarm":
        assert not [mode for mode in told["response_modes_supported"] if "jwt" in mode]
    assert told != whole


@pytest.mark.parametrize("name", ADDRESSES)
def test_address_is_there_while_its_feature_is_on(make_house: Any, house: House, name: str) -> None:
    path = ADDRESSES[name]
    assert house.app.test_client().post(path, data={"a": "b"}).status_code != 404

    assert make_house(features_off=(name,)).app.test_client().post(path, data={"a": "b"}).status_code == 404


@pytest.mark.parametrize("name", [name for name, one in FEATURES.items() if one.grant_type])
def test_grant_that_is_off_is_unsupported(make_house: Any, name: str) -> None:
    rp = make_house(features_off=(name,)).client()
    grant = FEATURES[name].grant_type
    assert grant is not None

    description = refused(rp.post("/token", {"grant_type": grant}), "unsupported_grant_type")

    assert grant not in description


@pytest.mark.parametrize("page", ["/device", "/device/answered", "/account/requests"])
def test_pages_of_a_feature_that_is_off_are_gone(make_house: Any, page: str) -> None:
    without = make_house(features_off=("device_code", "ciba"))
    browser = signed_in(without, without.person())

    assert browser.open(page).status_code == 404
    browser.open("/account")
    assert "/account/requests" not in browser.text


@pytest.mark.spec("OIDC Core 1.0 §3.1.2.6")
@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_request_objects_are_refused_by_name_where_none_are_read(make_house: Any, name: str) -> None:
    without = make_house(features_off=("jar",))
    browser = without.browser()
    browser.open("/authorize", without.client().request(**{name: "https://rp.example/r.jwt"}))

    assert browser.answer["error"] == f"{name}_not_supported"


@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "form_post.jwt"])
def test_signed_answers_are_refused_where_none_are_given(make_house: Any, mode: str) -> None:
    without = make_house(features_off=("jarm",))
    browser = without.browser()
    browser.open("/authorize", without.client().request(response_mode=mode))

    assert browser.answer["error"] == "invalid_request"
    assert "response" not in browser.answer


def test_nobody_registers_for_a_grant_that_is_off(make_house: Any) -> None:
    without = make_house(features_off=("client_credentials",), is_simulator=True)
    asked = {"redirect_uris": ["https://rp.example/cb"], "grant_types": ["client_credentials"]}

    refused(without.app.test_client().post("/register", json=asked), "invalid_client_metadata")


def test_sign_in_goes_on_with_everything_off(make_house: Any) -> None:
    bare = make_house(features_off=tuple(FEATURES))
    rp, person = bare.client(), bare.person()

    answer = bare.browser().sign_in(rp, person)

    assert "session_state" not in answer
    tokens = rp.redeem(answer["code"]).get_json()
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    assert tokens_for(rp, person, scope="openid offline_access")["refresh_token"]
