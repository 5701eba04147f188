"""OIDC Core 1.0 and RFC 7518: each client has its tokens signed as it asked, by keys of their own."""

from typing import Any

import pytest

from idp.kernel.errors import Unavailable
from idp.keyring.keyring import OPENING, SIGNING
from tests.house import House, Person
from tests.protocol.acts import tokens_for

KINDS = {"ES256": "EC", "RS256": "RSA", "PS256": "RSA", "EdDSA": "OKP"}


def published(house: House) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = house.app.test_client().get("/jwks").get_json()["keys"]
    return keys


@pytest.mark.spec("RFC 7517 §4", "RFC 8725 §3.1")
def test_no_two_algorithms_share_a_key(house: House) -> None:
    keys = [key for key in published(house) if key["use"] == "sig"]

    assert {key["alg"]: key["kty"] for key in keys} == KINDS
    numbers = [key.get("n") or key["x"] for key in keys]
    assert len(set(numbers)) == len(numbers) == 2 * len(SIGNING)


@pytest.mark.spec("OIDC Core 1.0 §10.1.1")
@pytest.mark.parametrize("alg", SIGNING)
def test_rotation_of_one_algorithm_breaks_no_token_of_any(house: House, person: Person, alg: str) -> None:
    clients = {name: house.client(name.lower(), id_token_signed_response_alg=name) for name in SIGNING}
    before = {name: tokens_for(rp, person)["id_token"] for name, rp in clients.items()}

    house.provider.keyring.rotate(alg, force=True)

    for name, rp in clients.items():
        old = house.id_token(before[name])[0]["kid"]
        new = house.id_token(tokens_for(rp, person)["id_token"])[0]["kid"]
        assert (new != old) == (name == alg)


@pytest.mark.spec("RFC 8725 §3.1")
@pytest.mark.parametrize("alg", [*OPENING, "HS256", "none"])
def test_nothing_is_signed_with_what_does_not_sign(house: House, alg: str) -> None:
    assert alg not in house.provider.keyring.algorithms
    assert {key["alg"] for key in published(house) if key["use"] == "sig"} == set(SIGNING)
    with pytest.raises(Unavailable):
        house.provider.keyring.sign({"a": 1}, alg=alg)
