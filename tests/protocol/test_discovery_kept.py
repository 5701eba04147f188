"""Discovery, value by value: what a list in it names works in an exchange, and what it does not is refused.

A list that is not in ``PROMISES`` fails here: nothing is advertised that no exchange has shown.
"""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from idp.web.http import FOR_CLIENTS
from tests.certificates import an_authority
from tests.protocol.promises import PROMISES, Stand


@pytest.fixture
def stand(make_house, tmp_path):
    """With everything on, as nothing is ever advertised beyond it."""
    authority = an_authority()
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    house = make_house(
        is_simulator=True,
        trusted_proxies=("127.0.0.1",),
        client_certificates=True,
        client_ca_file=file,
        mtls_origin="https://mtls.localhost",
        outbound_allowed="127.0.0.0/8",
    )
    return Stand(house, authority)


@pytest.mark.spec("Discovery 1.0 §3", "RFC 8414 §2")
def test_every_list_advertised_is_held_to_something(stand):
    lists = {member for member, value in stand.document.items() if isinstance(value, list)}

    assert lists == PROMISES.keys()


@pytest.mark.spec("Discovery 1.0 §3", "RFC 8414 §2", "IDA §8", "CIBA Core 1.0 §4", "OIDC Core 1.0 §8")
@pytest.mark.parametrize("member", PROMISES)
def test_every_value_advertised_is_kept_and_no_other(stand, member):
    promise, values = PROMISES[member], stand.document[member]

    promise.keep(stand, values)

    assert promise.foreign not in values
    promise.refuse(stand, promise.foreign)


@pytest.mark.spec("Discovery 1.0 §3", "RFC 8414 §2", "RFC 8705 §5")
def test_every_address_advertised_answers(stand):
    issuer, document = stand.house.settings.issuer, stand.document
    ours = {name: value for name, value in document.items() if str(value).startswith(f"{issuer}/")}
    assert {name for name in document if name.endswith(("_endpoint", "_iframe", "jwks_uri"))} == ours.keys()
    aliases = document["mtls_endpoint_aliases"]
    assert aliases.keys() < ours.keys()

    for name, address in [*ours.items(), *aliases.items()]:
        at = address.removeprefix(issuer).removeprefix(stand.house.settings.mtls_origin)
        listener = {FOR_CLIENTS: address in aliases.values()}  # that one has no pages
        answers = {
            stand.house.app.test_client().open(at, method=method, environ_overrides=listener).status_code
            for method in ("GET", "POST")
        }
        assert answers.isdisjoint({404, 500}), (name, answers)
        assert answers != {405}, name
