"""The simulator's time, its faults, its resource and its start: by URL and by one word; and no further."""

from datetime import timedelta
from typing import Any

import pytest

from idp.kernel.shifted import ShiftedClock
from idp.oidc.clients.registration import OPEN, WINDOW
from idp.storage.ephemeral import Space
from tests.conftest import FakeClock
from tests.house import House
from tests.protocol.acts import code_for, refused, tokens_for


@pytest.fixture
def simulator(make_house: Any) -> House:
    house: House = make_house(is_simulator=True)
    return house


def ask(house: House, address: str) -> Any:
    return house.app.test_client().get(address)


def test_clock_is_shifted_by_url_and_back(simulator: House) -> None:
    rp, person = simulator.client(), simulator.person()
    code = code_for(rp, person)

    assert ask(simulator, "/simulator/clock?shift=61").get_json()["shift"] == 61
    refused(rp.redeem(code), "invalid_grant")  # it lived for a minute

    assert ask(simulator, "/simulator/clock?shift=0").get_json()["now"] == simulator.clock().isoformat()
    assert tokens_for(rp, person)["id_token"]


def test_shift_is_one_for_all_processes_and_outlives_them(tmp_path: Any) -> None:
    clock, file = FakeClock(), tmp_path / "shift"
    first, second = ShiftedClock(clock, file), ShiftedClock(clock, file)

    first.shift = -3600

    assert second() == clock() - timedelta(hours=1)
    assert ShiftedClock(clock, file).shift == -3600


@pytest.mark.parametrize("shift", ["", "x", "1e3", "--1", "9" * 40, "-" + "9" * 9, "٣"])
def test_shift_that_is_no_number_of_seconds_is_refused(simulator: House, shift: str) -> None:
    answer = simulator.app.test_client().get("/simulator/clock", query_string={"shift": shift})

    assert refused(answer, "invalid_request").startswith("shift")


@pytest.mark.parametrize(
    ("error", "status"),
    [("server_error", 500), ("temporarily_unavailable", 503), ("slow_down", 400), ("invalid_client", 401)],
)
def test_faults_come_as_often_as_asked(simulator: House, error: str, status: int) -> None:
    rp, person = simulator.client(), simulator.person()
    asked = ask(simulator, f"/simulator/fault?path=/token&error={error}&times=2")
    assert asked.get_json() == {"path": "/token", "error": error, "times": 2}

    for _ in range(2):
        refused(rp.post("/token", {"grant_type": "refresh_token"}), error, status)

    assert tokens_for(rp, person)["access_token"]


@pytest.mark.parametrize(
    "asked",
    [
        "", "path=/token", "path=/token&error=<x>", "path=token&error=server_error",
        "path=/simulator/fault&error=server_error",
        "path=/token&error=server_error&times=0", "path=/token&error=server_error&times=x",
        "path=/authorize&error=invalid_grant",
    ],
)  # fmt: skip
def test_faults_that_make_no_sense_are_refused(simulator: House, asked: str) -> None:
    refused(ask(simulator, f"/simulator/fault?{asked}"), "invalid_request")


def test_page_fails_on_demand_with_words_for_people(simulator: House) -> None:
    ask(simulator, "/simulator/fault?path=/account&error=temporarily_unavailable")

    assert ask(simulator, "/account").status_code == 503
    assert ask(simulator, "/account").status_code != 503


@pytest.mark.parametrize(
    "path",
    [
        "/simulator/clock?shift=9",
        "/simulator/fault?path=/token&error=server_error",
        "/simulator/rotate-keys",
        "/simulator/ciba?auth_req_id=x&action=allow",
        "/simulator/resource",
    ],
)
def test_elsewhere_nothing_is_steered(house: House, path: str) -> None:
    assert ask(house, path).status_code == 404
    assert house.app.test_client().post(path).status_code == 404
    assert not isinstance(house.provider.clock, ShiftedClock)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
def test_page_steers_nothing(simulator: House, site: str, method: str) -> None:
    client, from_there = simulator.app.test_client(), {"Sec-Fetch-Site": site}
    keys = client.get("/jwks").data

    for address in (
        "/simulator/rotate-keys",
        "/simulator/clock?shift=3600",
        "/simulator/fault?path=/token&error=server_error",
        "/simulator/ciba?auth_req_id=x&action=allow",
    ):
        refused(client.open(address, method=method, headers=from_there), "access_denied", 403)

    assert client.get("/jwks").data == keys
    assert ask(simulator, "/simulator/clock").get_json()["shift"] == 0
    typed = client.get("/simulator/clock?shift=1", headers={"Sec-Fetch-Site": "none"})
    assert typed.get_json()["shift"] == 1
    assert client.get("/simulator/resource", headers=from_there).status_code == 401


def test_name_that_leads_here_from_elsewhere_steers_nothing(simulator: House) -> None:
    client = simulator.app.test_client()
    keys = client.get("/jwks").data

    for host in (
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[",
    ):
        refused(client.get("/simulator/rotate-keys", headers={"Host": host}), "access_denied", 403)
    assert client.get("/jwks").data == keys

    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/simulator/clock", headers={"Host": host}).status_code == 200


@pytest.mark.spec("RFC 7591 §5")
def test_open_registration_is_limited_by_address(simulator: House) -> None:
    asked = {"redirect_uris": ["https://rp.example/cb"]}
    client = simulator.app.test_client()
    assert client.post("/register", json=asked).status_code == 201
    simulator.provider.ephemeral.increment(Space.REGISTRATIONS, "127.0.0.1", WINDOW, OPEN)

    answer = client.post("/register", json=asked)

    assert "Retry-After" in answer.headers
    assert refused(answer, "invalid_request", 429).startswith("too many")
    elsewhere = client.post("/register", json=asked, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 201
