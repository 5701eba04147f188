"""``idp code``: what a person's telephone would show."""

import json

import pyotp
import pytest

from idp.demo.code import NobodyOfThatName, NoCodeSent, NotShown, current_code
from idp.demo.show import settings_of
from idp.provider import Provider
from idp.settings import load
from tests.conftest import create_tables

ISSUER = "http://localhost:8000"

PEOPLE = {
    "app": {"totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "phone": "+84900000001"},
    "sms": {"totp_secret": None, "phone": "+84900000002"},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder as a demonstration leaves it."""
    monkeypatch.delenv("IDP_DATABASE_URL", raising=False)
    for name, value in settings_of(tmp_path, ISSUER).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "demo.json").write_text(json.dumps({"issuer": ISSUER, "accounts": PEOPLE}))
    return tmp_path


@pytest.fixture
def outbox(folder):
    provider = Provider(load())
    create_tables(provider.database)
    yield provider.outbox
    provider.close()


def test_a_folder_without_a_demonstration(tmp_path):
    with pytest.raises(NotShown):
        current_code(tmp_path, "toan")


def test_a_name_that_nobody_has(folder):
    with pytest.raises(NobodyOfThatName) as refused:
        current_code(folder, "nobody")

    assert refused.value.names == ("app", "sms")


def test_the_code_of_an_app_and_how_long_it_stays(folder):
    code, seconds = current_code(folder, "app")

    assert pyotp.TOTP(PEOPLE["app"]["totp_secret"]).verify(code, valid_window=1)
    assert 1 <= seconds <= 30


def test_without_an_app_it_is_the_last_message_to_that_phone(folder, outbox):
    outbox.send("+84900000002", "111111 là mã")
    outbox.send("+84900000002", "Mã của bạn là 222222. Có hiệu lực 10 phút.")
    outbox.send("+84900000003", "333333")

    assert current_code(folder, "sms") == ("222222", None)


def test_without_a_message_there_is_no_code(folder, outbox):
    outbox.send("+84900000003", "333333")

    with pytest.raises(NoCodeSent):
        current_code(folder, "sms")
