"""Whatever is sent to the endpoints for programs is answered as ``docs/openapi.json`` says; never a 500."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from idp.oidc.grants.table import GRANT_TYPES
from idp.web.routes import JWKS, WELL_KNOWN, api_paths
from tests.architecture.sources import ROOT
from tests.house import SCOPES, House, RelyingParty, TestClock

DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}
EXAMPLES = 25
# What the description demands can be left out here; elsewhere whatever is sent has the right form.
CAN_BE_WRONG = ("POST /token", "POST /introspect", "POST /revoke", "POST /register", "PUT /register")
# What is sent by the form of it may still be no code of ours: that it is refused is told elsewhere.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory, signing_keys: Path) -> Iterator[RelyingParty]:
    """A client of one house for all: what is sent makes no difference to what comes next."""
    folder = tmp_path_factory.mktemp("described")
    shutil.copytree(signing_keys, folder / "keys")
    house = House(folder, folder / "keys", TestClock(), is_simulator=True)
    yield house.client(grant_types=GRANT_TYPES, backchannel_token_delivery_mode="poll", scope=SCOPES)
    house.close()


def test_every_address_for_programs_is_described(simulator: RelyingParty) -> None:
    described = set(DOCUMENT["paths"])
    there = {path for path in api_paths(simulator.house.provider) if not path.startswith("/simulator")}

    assert there - {WELL_KNOWN[1]} == described
    assert JWKS in described


@pytest.mark.parametrize(
    ("label", "mode"),
    [(label, GenerationMode.POSITIVE) for label in OPERATIONS]
    + [(label, GenerationMode.NEGATIVE) for label in CAN_BE_WRONG],
)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data(), is_proven=st.booleans())
def test_answers_are_as_described(
    simulator: RelyingParty, label: str, mode: GenerationMode, data: st.DataObject, is_proven: bool
) -> None:
    case = data.draw(OPERATIONS[label].as_strategy(generation_mode=mode))
    pair = base64.b64encode(f"rp:{simulator.secret}".encode()).decode()
    case.headers = dict(case.headers or {}) | ({"Authorization": f"Basic {pair}"} if is_proven else {})
    response = case.call(app=simulator.house.app)

    assert response.status_code < 500, response.text
    case.validate_response(response, checks=CHECKS)
