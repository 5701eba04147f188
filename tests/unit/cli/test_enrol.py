"""enrol, officers, accounts raise: applications and officers' acts from the command line."""

import pytest

from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.kernel.errors import Unavailable
from idp.registers.sample import SampleRegister
from tests.chips import Authority, card_zone, zone_group

NUMBER = "001083990000"
OFFICER = "004094990074"
PHONE = "0900000001"
SEEN = ("--card-seen", "--face-compared", "--fingerprints-taken")


def appointed(idp, number):
    """Somebody who may attest; their account's id."""
    provider = idp.provider()
    account = provider.enrolment.open_citizen(number, "0900000009", Level.TWO, "cli")
    provider.accounts.activate(account.id)
    provider.close()
    return idp.succeed("officers", "appoint", number, "--office", "Công an phường").split()[0]


@pytest.fixture
def opened(idp):
    idp.succeed("accounts", "open", NUMBER, "--phone", PHONE)
    return idp


def test_an_officer_raises_an_account_and_the_audit_names_them(opened):
    officer = appointed(opened, OFFICER)

    said = opened.succeed("accounts", "raise", NUMBER, "--officer", officer, *SEEN)

    assert "accepted" in said
    assert "level 02" in opened.succeed("accounts", "show", NUMBER)
    assert [facts["actor"] for facts in opened.events("account.level_changed")] == [officer]
    assert NUMBER not in said


def test_an_act_without_all_that_the_decree_asks_is_refused(opened):
    officer = appointed(opened, OFFICER)

    answer = opened("accounts", "raise", NUMBER, "--officer", officer, "--card-seen")

    assert answer.status == 1
    assert answer.err.startswith("idp: act_incomplete missing=face_compared article=69/2024 Art. 10.2\n")
    assert "A step that the decree asks for was not taken (Decree 69/2024, Article 10.2)." in answer.err


def test_refusals_are_explained_in_the_terminals_language(opened, monkeypatch):
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")

    answer = opened("accounts", "open", NUMBER, "--phone", "113")

    assert answer.err.splitlines() == [
        "idp: phone_malformed reason=unreadable",
        "Số điện thoại chưa đúng dạng. Số điện thoại này không gọi được. Xin nhập lại, ví dụ 0912 345 678.",
    ]


def test_nobody_attests_who_is_not_appointed_or_no_more(opened):
    officer = appointed(opened, OFFICER)
    assert officer in opened.succeed("officers", "list")
    opened.succeed("officers", "end", officer)

    assert "not_an_officer" in opened("accounts", "raise", NUMBER, "--officer", officer, *SEEN).err
    assert opened.succeed("officers", "list") == ""
    assert "not_found" in opened("officers", "end", officer).err


def test_an_account_of_level_01_makes_no_officer(opened):
    answer = opened("officers", "appoint", NUMBER, "--office", "x")

    assert "not_an_officer" in answer.err


def test_what_waits_for_a_register_is_listed_when_overdue_and_resumed(idp, monkeypatch):
    form = {
        "username": NUMBER,
        "name": "Nguyễn Anh Toàn",
        "birth_date": "06/03/1983",
        "phone": PHONE,
    }
    provider = idp.provider()
    issued_on = provider.register.find(NUMBER).card_issued_on
    form["card_issued_on"] = issued_on.isoformat()
    with monkeypatch.context() as silent:
        silent.setattr(SampleRegister, "find", _silent)
        waiting = provider.self_enrolment.file(Kind.CITIZEN, form, "203.0.113.7", "vi")
        assert "1 waiting register" in idp.succeed("enrol", "resume")
    provider.close()
    assert idp.succeed("enrol", "overdue") == ""

    assert "applications: 1 accepted" in idp.succeed("sweep")

    assert "nothing waits" in idp.succeed("enrol", "resume")
    assert "issued" in idp.succeed("accounts", "show", NUMBER)
    assert waiting.reference


def test_an_overdue_one_is_told_with_its_article(idp, monkeypatch):
    monkeypatch.setattr(SampleRegister, "find", _silent)
    form = {
        "username": NUMBER,
        "name": "Nguyễn Anh Toàn",
        "birth_date": "06/03/1983",
        "card_issued_on": "1/8/2024",
        "phone": PHONE,
    }
    provider = idp.provider()
    provider.self_enrolment.file(Kind.CITIZEN, form, "203.0.113.7", "vi")
    provider.close()
    database = idp.provider().database
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE applications SET due_at = '2024-01-01 00:00:00.000000'")
    database.close()

    said = idp.succeed("enrol", "overdue")

    assert "citizen_01 waiting_register" in said
    assert "(69/2024 Art. 13.1.a)" in said
    assert idp.succeed("enrol", "waiting") == said
    assert NUMBER not in said


def _silent(_register, _number):
    raise Unavailable("register")


def test_a_genuine_chip_is_kept_as_evidence_and_another_is_not(opened, tmp_path, monkeypatch):
    authority = Authority()
    authority.put(tmp_path)
    monkeypatch.setenv("IDP_CSCA_DIR", str(tmp_path))
    group = zone_group(card_zone(NUMBER, "NGUYEN<<ANH<TOAN", born="830306", sex="M"))
    (tmp_path / "dg1.bin").write_bytes(group)
    (tmp_path / "sod.bin").write_bytes(authority.signer().sign({1: group}))
    read = ("enrol", "chip", NUMBER, "--sod", str(tmp_path / "sod.bin"), "--data-group", "1")

    said = opened.succeed(*read, str(tmp_path / "dg1.bin"))

    assert said == "idcard of VNM: chip_verified data_group_1\n"
    assert [facts["kind"] for facts in opened.events("evidence.added")] == ["register", "chip_card"]
    (tmp_path / "dg1.bin").write_bytes(group.replace(b"TOAN", b"TUAN"))
    answer = opened(*read, str(tmp_path / "dg1.bin"))
    assert answer.status == 1
    assert answer.err.startswith("idp: chip_refused reason=data_group\nThe chip is not accepted. Its data")
