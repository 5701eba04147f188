"""The certification suite's stand: a simulator really served over TLS, and the suite's own addresses."""

from collections.abc import Iterator

import pytest

from idp.demo.tls import make_certificates
from tests.bench.server import free_port
from tests.certification import Suite
from tests.certification_station import station
from tests.demonstration import Demonstration


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    folder = tmp_path_factory.mktemp("certification")
    certificates = make_certificates(folder / "own")
    outbound = {"IDP_OUTBOUND_CA_FILE": str(certificates.authority)}
    provider = Demonstration(folder / "data", free_port(), "--no-portal", "--tls", environment=outbound)
    with provider as running, station(certificates.server) as own:
        yield Suite(running.told, own)
