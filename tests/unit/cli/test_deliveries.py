"""``idp deliver-logouts`` and ``idp clients deliveries``: clients that are still to hear of a sign-out."""

from datetime import timedelta

import pytest

from idp.assurance import Level
from idp.cli.host import begun
from idp.kernel.ids import new_id
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.sessions.back_channel import AT_ONCE
from idp.oidc.tokens.grant import Grant
from tests.receivers import Receiver, receiving

CLIENTS = 2 * AT_ONCE + 1


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


@pytest.fixture
def known_widely(idp, monkeypatch, receiver):
    """The number of somebody whose session more clients know than are told at once."""
    monkeypatch.setenv("IDP_OUTBOUND_ALLOWED", "127.0.0.0/8")
    number = "001083990000"
    provider = idp.provider()
    account = provider.enrolment.open_citizen(number, "0900000001", Level.ONE, "cli")
    session, _ = provider.sessions.begin(account.id, (), "")
    for serial in range(CLIENTS):
        details = ClientMetadata(
            client_name={"vi": "Trang"},
            redirect_uris=(f"https://site{serial}.example/callback",),
            backchannel_logout_uri=f"{receiver.url}/out/{serial}",
        )
        client, _ = provider.clients.register(details)
        grant = Grant(
            id=new_id(),
            client_id=client.client_id,
            account_id=account.id,
            session_id=session.id,
            scope=("openid",),
            claims={},
            level=1,
            amr=("pwd",),
            auth_time=None,
            created_at=provider.clock(),
            expires_at=provider.clock() + timedelta(hours=1),
        )
        provider.grants.add(grant)
    provider.close()
    return number


def test_command_that_locks_tells_every_client_before_it_ends(idp, known_widely, receiver):
    idp.succeed("accounts", "lock", known_widely)

    assert {received.path for received in receiver.received} == {f"/out/{n}" for n in range(CLIENTS)}
