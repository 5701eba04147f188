"""``idp deliver-logouts`` and ``idp clients deliveries``: clients that are still to hear of a sign-out."""

import pytest

from idp.cli.host import begun
from idp.kernel.ids import new_id
from idp.oidc.clients.metadata import ClientMetadata
from tests.receivers import Receiver, receiving


@pytest.fixture
def receiver():
    with receiving(Receiver()) as receiver:
        yield receiver


@pytest.fixture
def owed(idp, monkeypatch, receiver):
    """One delivery that nobody has tried."""
    monkeypatch.setenv("IDP_OUTBOUND_ALLOWED", "127.0.0.0/8")
    provider = idp.provider()
    details = ClientMetadata(
        client_name={"vi": "Trang"},
        redirect_uris=("https://site.example/callback",),
        backchannel_logout_uri=f"{receiver.url}/out",
    )
    provider.clients.register(details, client_id="site")
    provider.session_room.deliveries.owe(["site"], new_id(), new_id())
    provider.close()


@pytest.mark.parametrize("command", ["deliver-logouts", "sweep"])
def test_what_is_owed_is_delivered_once(idp, owed, receiver, command):
    assert "1 delivered" in idp.succeed(command)
    assert "1 delivered" not in idp.succeed(command)

    assert [received.path for received in receiver.received] == ["/out"]


def test_process_that_begins_delivers_what_an_earlier_one_left(idp, owed, receiver):
    provider = begun().extensions["provider"]
    try:
        assert receiver.arrived.wait(10), "nobody signs out meanwhile"
    finally:
        provider.close()

    assert [received.path for received in receiver.received] == ["/out"]
    assert idp.succeed("deliver-logouts") == "logouts: 0 pending, 0 delivered, 0 given up\n"


def test_failure_is_told_and_stays_in_the_ledger(idp, owed, receiver):
    receiver.status = 500

    assert idp.succeed("deliver-logouts") == "logouts: 1 pending, 0 delivered, 0 given up\n"

    ledger = idp.succeed("clients", "deliveries", "site")
    assert "pending" in ledger
    assert "500" in ledger
    assert "pending" not in idp.succeed("clients", "deliveries", "another")
