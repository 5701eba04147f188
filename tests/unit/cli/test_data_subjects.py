"""accounts corrections, clients withdrawals: what officers and operators do for data subjects."""

import pytest

from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.consent import Consent

NUMBER = "001083990000"
OFFICER = "002167990037"
RIGHT = "Số 14, ấp Mỹ Thạnh"
AT_02 = ("--level", "02", "--seen-at", "Công an phường Mẫu")


@pytest.fixture
def account_id(idp):
    """Of a holder who may ask."""
    idp.succeed("accounts", "open", NUMBER, "--phone", "0900000001")
    provider = idp.provider()
    found = provider.accounts.by_number(NUMBER).id
    provider.close()
    return found


@pytest.fixture
def officer(idp):
    """An officer's account id, as the commands take it."""
    idp.succeed("accounts", "open", OFFICER, "--phone", "0900000009", *AT_02)
    provider = idp.provider()
    found = provider.accounts.by_number(OFFICER).id
    provider.accounts.activate(found)
    provider.close()
    idp.succeed("officers", "appoint", OFFICER, "--office", "Công an phường Bình An")
    return str(found)


def test_correction_is_listed_looked_at_acknowledged_and_decided(idp, account_id, officer):
    provider = idp.provider()
    asked = str(provider.corrections.file(account_id, "address", RIGHT, "giấy khai sinh").id)
    provider.close()
    group = ("accounts", "corrections")

    listed = idp.succeed(*group, "list")
    shown = idp.succeed(*group, "show", asked, "--officer", officer)
    acknowledged = idp.succeed(*group, "acknowledge", asked, "--officer", officer)
    without_reason = idp(*group, "decide", asked, "--officer", officer, "--refuse")
    decided = idp.succeed(*group, "decide", asked, "--officer", officer, "--register-corrected")

    assert f"{asked} address filed due" in listed
    assert RIGHT not in listed
    assert RIGHT in shown
    assert idp.events("account.viewed")[-1]["actor"] == officer
    assert "acknowledged" in acknowledged
    assert (without_reason.status, without_reason.err.split()[1]) == (1, "correction_misshaped")
    assert "corrected" in decided
    assert asked not in idp.succeed(*group, "list")
    assert [facts["state"] for facts in idp.events("correction.decided")] == ["corrected"]
    assert idp.rows("SELECT count(*) FROM owed_readings") == [(0,)], "the register was read again"


def test_stranger_looks_at_no_correction(idp, account_id):
    provider = idp.provider()
    asked = str(provider.corrections.file(account_id, "address", RIGHT, "x").id)
    provider.close()

    refused = idp("accounts", "corrections", "show", asked, "--officer", str(account_id))

    assert refused.status == 1
    assert RIGHT not in refused.out + refused.err


def test_look_at_an_account_is_written_down(idp, account_id):
    idp.succeed("accounts", "show", NUMBER)

    assert idp.events("account.viewed") == [{"actor": "cli"}]


def test_withdrawal_is_listed_until_its_client_confirms(idp, account_id):
    provider = idp.provider()
    details = ClientMetadata(client_name={"en": "Trial"}, redirect_uris=("https://rp.example/cb",))
    provider.clients.register(details, client_id="rp")
    yes = Consent(client_id="rp", scope=frozenset({"openid"}), claims=frozenset(), shown=frozenset())
    provider.consents.give(account_id, yes)
    provider.consents.withdraw(account_id, "rp")
    kept = str(provider.consents.ever(account_id)[0].id)
    provider.close()

    listed = idp.succeed("clients", "withdrawals", "list")
    confirmed = idp.succeed("clients", "withdrawals", "confirm", kept)

    assert f"{kept} rp due" in listed
    assert "356/2025" in listed
    assert "confirmed" in confirmed
    assert idp.succeed("clients", "withdrawals", "list") == ""
    assert idp("clients", "withdrawals", "confirm", kept).status == 1
