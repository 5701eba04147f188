"""init, serve, sweep."""

import socket
from datetime import timedelta

import pytest

from idp.settings import load
from idp.storage.ephemeral import Space
from tests.bench.server import free_port
from tests.house import SECRET


def test_init_without_a_secret_makes_one_that_init_accepts(empty, monkeypatch):
    monkeypatch.delenv("IDP_SECRET")

    made = empty("init")

    assert made.status == 1
    assert not (empty.folder / "idp.db").exists()
    monkeypatch.setenv("IDP_SECRET", made.out.strip().removeprefix("IDP_SECRET="))
    assert empty("init").status == 0


def test_init_makes_tables_and_keys_once(empty):
    first, second = empty.succeed("init"), empty.succeed("init")

    assert "12 keys made" in first
    assert "0 keys made" in second
    assert len(empty.events("key.created")) == 12
    assert {path.stat().st_mode & 0o777 for path in (empty.folder / "keys").glob("*.pem")} == {0o600}


def test_init_makes_the_folder_of_the_database(empty, monkeypatch):
    monkeypatch.setenv("IDP_DATABASE_URL", f"sqlite:///{empty.folder}/a/b/idp.db")

    empty.succeed("init")

    assert (empty.folder / "a/b/idp.db").exists()


def test_settings_at_fault_are_named_and_not_shown(empty, monkeypatch):
    monkeypatch.setenv("IDP_ISSUER", "http://id.example")
    monkeypatch.setenv("IDP_SECRET", "c2hvcnQ")

    answer = empty("init")

    assert answer.status == 1
    assert "IDP_ISSUER" in answer.err
    assert "IDP_SECRET" in answer.err
    assert "c2hvcnQ" not in answer.err


@pytest.mark.parametrize(
    "command",
    [["serve"], ["keys", "list"], ["clients", "list"], ["audit", "verify"], ["sweep"], ["keys", "init"]],
    ids=" ".join,
)
def test_without_a_database_every_command_says_to_run_init_and_leaves_none(empty, command):
    answer = empty(*command)

    assert answer.status == 1
    assert "idp init" in answer.err
    assert not (empty.folder / "idp.db").exists()


def test_an_old_database_is_not_served(idp):
    idp.rows("UPDATE alembic_version SET version_num = '0000'")

    answer = idp("serve")

    assert (answer.status, "idp init" in answer.err) == (1, True)


def test_nothing_is_served_without_signing_keys(idp):
    for path in (idp.folder / "keys").iterdir():
        path.unlink()

    answer = idp("serve")

    assert (answer.status, "no keys for ES256" in answer.err) == (1, True)


def test_a_taken_port_is_told_and_not_shared(idp):
    with socket.create_server(("127.0.0.1", 0)) as other:
        answer = idp("serve", "--port", str(other.getsockname()[1]))

    assert answer.status == 1
    assert "is taken" in answer.err


def test_certificate_and_key_go_together(idp):
    answer = idp("serve", "--tls-cert", str(idp.folder / "idp.db"))

    assert (answer.status, "--tls-key" in answer.err) == (2, True)


def test_a_certificate_that_is_none_is_refused_in_one_line(idp):
    nonsense = str(idp.folder / "keys" / "keys.json")

    answer = idp("serve", "--port", str(free_port()), "--tls-cert", nonsense, "--tls-key", nonsense)

    assert answer.status == 1
    assert answer.err.startswith("idp: ")
    assert len(answer.err.splitlines()) == 1


def test_a_database_that_does_not_answer_is_named(empty, monkeypatch):
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/demo")

    answer = empty("keys", "list")

    assert (answer.status, answer.err) == (1, "idp: unavailable: database does not answer\n")


def test_sweep_removes_what_has_expired_and_nothing_else(idp):
    provider = idp.provider()
    provider.ephemeral.put(Space.INTERACTION, "old", b"x", timedelta(seconds=-1))
    provider.ephemeral.put(Space.INTERACTION, "young", b"x", timedelta(hours=1))
    provider.close()

    assert idp.succeed("sweep") == "1 removed\n"
    assert idp.succeed("sweep") == "0 removed\n"


def test_no_command_says_the_secret(idp):
    for command in (["keys", "list"], ["clients", "list"], ["audit", "checkpoint"]):
        answer = idp(*command)
        assert SECRET not in answer.out + answer.err


def test_one_word_serves_a_simulator_of_the_settings_at_hand(idp):
    served = []
    idp.patch.setattr("idp.cli.host.run", lambda _serving, _build: served.append(load()))
    idp.patch.setenv("IDP_IS_SIMULATOR", "false")  # and put back as it was afterwards
    idp.patch.setenv("IDP_SMS_CHANNEL", "outbox")

    idp.succeed("serve", "--simulator")

    assert [(settings.is_simulator, settings.is_demo) for settings in served] == [(True, True)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDP_IS_DEMO", "false"),
        ("IDP_ISSUER", "https://id.dinhdanh.example"),
        ("IDP_SMS_CHANNEL", "gateway"),
        ("IDP_DATABASE_URL", "postgresql+psycopg://idp@db.example/idp"),
        ("IDP_REDIS_URL", "redis://cache.example:6379/0"),
        ("IDP_SEAL_KEYS", "2:" + "A" * 43),
    ],
)
def test_no_simulator_starts_beside_settings_of_production(idp, name, value):
    idp.patch.setattr("idp.cli.host.run", lambda _serving, _build: pytest.fail("it started"))
    idp.patch.setenv("IDP_IS_SIMULATOR", "false")
    idp.patch.setenv(name, value)

    answer = idp("serve", "--simulator")

    assert answer.status == 1
    assert "IDP_" in answer.err
