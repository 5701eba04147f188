"""accounts: open, send-code, show, lock, unlock, lower, mark-deceased."""

import subprocess
import sys
from uuid import UUID

import pytest

from idp.accounts.account import Status
from idp.accounts.delegation import Wish
from idp.accounts.kinds import Kind
from idp.accounts.mandate import Role
from idp.kernel.ids import new_id
from idp.registers.register import RegisterName
from idp.registers.sample import SAMPLES
from tests.people import an_account

NUMBER = "001083990000"
PHONE = "0900000001"
IDP = "from idp.cli import main; main()"
AT_02 = ("--level", "02", "--seen-at", "Công an phường Mẫu")


@pytest.fixture
def opened(idp):
    idp.succeed("accounts", "open", NUMBER, "--phone", PHONE)
    return idp


def test_an_account_is_opened_after_the_register_and_a_code_sent(idp):
    said = idp.succeed("accounts", "open", NUMBER, "--phone", PHONE, *AT_02)

    assert "level 02" in said
    assert PHONE not in said
    provider = idp.provider()
    account = provider.accounts.by_number(NUMBER)
    assert account.identity.name == "Nguyễn Anh Toàn"
    assert [message.to for message in provider.outbox.recent()] == [account.phone]
    provider.close()


def test_number_and_phone_may_come_by_standard_input(idp):
    said = idp.succeed("accounts", "open", "-", "--phone", "-", typed=f"{PHONE}\n{NUMBER}\n")

    assert "opened" in said
    assert "issued" in idp.succeed("accounts", "show", "-", typed=f"{NUMBER}\n")


def test_standard_input_without_a_line_is_a_wrong_call(idp):
    assert idp("accounts", "show", "-").status == 2


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("001083990001", "not_in_register"),
        ("12345", "identity_number_malformed"),
        ("001083990000x", "identity_number_malformed"),
    ],
)
def test_who_cannot_have_an_account_is_refused_by_a_code(idp, number, code):
    answer = idp("accounts", "open", number, "--phone", PHONE)

    assert answer.status == 1
    assert answer.err.startswith(f"idp: {code}")
    assert number not in answer.err


def test_a_phone_that_is_none_is_refused(idp):
    assert "phone_malformed" in idp("accounts", "open", NUMBER, "--phone", "113").err


def test_an_account_is_opened_once(opened):
    assert "account_exists" in opened("accounts", "open", NUMBER, "--phone", PHONE).err


def test_show_tells_how_it_stands_and_nothing_sealed(opened):
    said = opened.succeed("accounts", "show", NUMBER)

    assert "citizen level 01 issued to be activated until 20" in said
    assert not any(part in said for part in (NUMBER, "Toàn", PHONE[1:]))


def test_lock_and_unlock_leave_their_events(opened):
    opened.succeed("accounts", "lock", NUMBER, "--ground", "card_held")
    locked = opened.succeed("accounts", "show", NUMBER)
    opened.succeed("accounts", "unlock", NUMBER)

    assert "locked card_held" in locked
    assert "locked" not in opened.succeed("accounts", "show", NUMBER)
    assert [fact["ground"] for fact in opened.events("account.locked")] == ["card_held"]
    assert [fact["actor"] for fact in opened.events("account.unlocked")] == ["cli"]


def test_unlock_gives_back_at_once_what_the_law_gives(idp):
    number, code = "015162997326", "9000000006"
    idp.succeed("registers", "import", str(SAMPLES[RegisterName.BUSINESS]), "--register", "business")
    idp.succeed("accounts", "open", number, "--phone", PHONE, *AT_02)
    provider = idp.provider()
    person = provider.accounts.by_number(number).id
    provider.accounts.activate(person)
    company = an_account(Kind.ORGANISATION, id=new_id(), number=code, level=None, status=Status.ACTIVE)
    provider.accounts.add(company)
    provider.mandates.appoint(company.id, Wish(agent_id=person, role=Role.REPRESENTATIVE))
    idp.succeed("accounts", "lock", number)
    assert provider.mandates.usable_by(person) == []

    idp.succeed("accounts", "unlock", number)

    assert [held.principal_id for held in provider.mandates.usable_by(person)] == [company.id]
    provider.close()


def test_of_two_processes_at_once_one_locks_and_the_other_is_told(opened):
    command = ("accounts", "lock", NUMBER, "--ground", "card_held")
    running = [
        subprocess.Popen([sys.executable, "-c", IDP, *command], stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    told = {process.communicate(timeout=120)[1].split(" ")[1:2] == ["lock_stands"] for process in running}

    assert sorted(process.returncode for process in running) == [0, 1]
    assert told == {True, False}
    assert len(opened.events("account.locked")) == 1


def test_death_locks(opened):
    opened.succeed("accounts", "mark-deceased", NUMBER)

    assert "locked death" in opened.succeed("accounts", "show", NUMBER)


def test_level_02_is_opened_only_with_the_office_that_saw_the_holder(idp):
    for given in (("--level", "02"), ("--seen-at", "Công an phường Mẫu")):
        assert idp("accounts", "open", NUMBER, "--phone", PHONE, *given).status == 2
    assert idp("accounts", "show", NUMBER).status == 1


def test_level_02_is_taken_back_with_a_reason_and_given_by_no_such_command(idp):
    idp.succeed("accounts", "open", NUMBER, "--phone", PHONE, *AT_02)
    assert idp("accounts", "lower", NUMBER).status == 2

    idp.succeed("accounts", "lower", NUMBER, "--reason", "mistake")

    assert "level 01" in idp.succeed("accounts", "show", NUMBER)
    assert [facts["reason"] for facts in idp.events("account.level_changed")] == ["mistake"]
    assert "not_to_be_lowered" in idp("accounts", "lower", NUMBER, "--reason", "mistake").err
    assert idp("accounts", "level", NUMBER, "02").status == 2


def test_operator_sends_a_code_to_who_waits_and_to_nobody_else(opened):
    said = opened.succeed("accounts", "send-code", NUMBER)

    assert PHONE not in said
    provider = opened.provider()
    assert len(provider.outbox.recent()) == 2
    provider.accounts.activate(UUID(said.partition(":")[0]))
    provider.close()
    assert "not_to_be_activated" in opened("accounts", "send-code", NUMBER).err


@pytest.mark.parametrize("command", ["show", "lock", "unlock", "mark-deceased"])
def test_nobody_has_an_account_of_that_number(idp, command):
    assert idp("accounts", command, NUMBER).err == "idp: not_found: account\n"


def test_agency_is_found_by_its_code(idp):
    provider = idp.provider()
    provider.accounts.add(
        an_account(Kind.ORGANISATION, id=new_id(), number="H25.00008", level=None, status=Status.ACTIVE)
    )
    provider.close()

    assert "organisation level - active" in idp.succeed("accounts", "show", "h25.00008")
    idp.succeed("accounts", "lock", "H25.00008", "--ground", "dissolved")
    assert "locked dissolved" in idp.succeed("accounts", "show", "H25.00008")


def test_authoritys_request_goes_through_two_officers(opened, idp):
    officers = [an_officer(idp, number) for number in ("002167990037", "006068990111")]
    group = ("accounts", "lock-requests")
    asked = ("--authority", "Công an tỉnh Mẫu", "--document", "12/CV-PC06")

    filed = opened.succeed(*group, "file", NUMBER, *asked, "--officer", officers[0])
    request = filed.split()[0]
    waiting = opened.succeed(*group, "list")
    early = opened(*group, "decide", request, "--officer", officers[1], "--grant")
    opened.succeed(*group, "forward", request, "--officer", officers[0])
    alone = opened(*group, "decide", request, "--officer", officers[0], "--grant")
    decided = opened.succeed(*group, "decide", request, "--officer", officers[1], "--grant")
    late = opened(*group, "decide", request, "--officer", officers[1], "--refuse")

    assert "lock filed due" in filed
    assert request in waiting
    assert "The request was not forwarded yet." in early.err
    assert "lock_request_same_officer" in alone.err
    assert "Somebody else has dealt with this request. It was granted." in late.err
    assert "granted" in decided
    assert "locked authority" in opened.succeed("accounts", "show", NUMBER)


def an_officer(idp, number):
    """The account id of somebody who was appointed."""
    account_id = idp.succeed("accounts", "open", number, "--phone", PHONE, *AT_02).split()[0]
    provider = idp.provider()
    provider.accounts.activate(UUID(account_id))
    provider.close()
    return idp.succeed("officers", "appoint", number, "--office", "Công an phường Mẫu").split()[0]
