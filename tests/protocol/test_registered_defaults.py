"""What a client registered for all its requests (OIDC Registration 1.0 §2), and sign-ins begun elsewhere."""

from datetime import timedelta

import pytest

from idp.assurance import acr_of
from tests.house import House, Person
from tests.protocol.acts import signed_in, tokens_for


@pytest.mark.spec("OIDC Registration 1.0 §2 default_acr_values")
def test_registered_level_counts_where_the_request_asks_for_none(house: House) -> None:
    rp = house.client(default_acr_values=(acr_of(3),))

    assert 3 in house.provider.requests.read(rp.request()).levels
    assert 3 not in house.provider.requests.read(rp.request(acr_values=acr_of(2))).levels


@pytest.mark.spec("OIDC Registration 1.0 §2 default_max_age")
def test_registered_age_counts_where_the_request_asks_for_none(house: House, person: Person) -> None:
    rp = house.client(default_max_age=60)
    browser = signed_in(house, person)
    house.clock.advance(timedelta(seconds=61))

    browser.open("/authorize", rp.request(prompt="none"))

    assert browser.answer["error"] == "login_required"
    assert house.provider.requests.read(rp.request(max_age="600")).max_age == timedelta(seconds=600)


@pytest.mark.spec("OIDC Registration 1.0 §2 require_auth_time")
def test_time_of_sign_in_is_told_to_whoever_requires_it(house: House, person: Person) -> None:
    rp = house.client(require_auth_time=True)

    _, claims = house.id_token(tokens_for(rp, person)["id_token"])

    assert claims["auth_time"] == int(house.clock().timestamp())


@pytest.mark.spec("OIDC Core 1.0 §4")
@pytest.mark.parametrize(
    ("registered", "expected"),
    [
        ("https://rp.example/begin", "https://rp.example/begin?iss=http%3A%2F%2Flocalhost%3A8000"),
        ("https://rp.example/begin?a=b", "https://rp.example/begin?a=b&iss=http%3A%2F%2Flocalhost%3A8000"),
    ],
)
def test_sign_in_is_begun_at_the_registered_address(house: House, registered: str, expected: str) -> None:
    house.client(initiate_login_uri=registered)

    response = house.app.test_client().get("/start/rp")

    assert (response.status_code, response.headers["Location"]) == (303, expected)


def test_nobody_is_sent_anywhere_else(house: House) -> None:
    house.client()
    client = house.app.test_client()

    for path in ("/start/rp", "/start/unknown", "/start/rp?target_link_uri=https://evil.example"):
        response = client.get(path)
        assert response.status_code == 404
        assert "Location" not in response.headers
