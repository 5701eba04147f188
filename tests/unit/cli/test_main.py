"""The command as a whole: how it ends, and what it says when it cannot go on."""

import pytest

from idp.cli import main
from idp.cli.refusals import told


def test_every_command_explains_itself(empty):
    shown = empty.succeed("--help")

    for command in (
        "init",
        "serve",
        "demo",
        "code",
        "sweep",
        "keys",
        "clients",
        "accounts",
        "registers",
        "audit",
    ):
        assert command in shown
        assert "Usage: idp" in empty.succeed(command, "--help")


def test_an_unknown_command_is_a_wrong_call(empty):
    assert empty("fly").status == 2


def test_ctrl_c_ends_with_130(empty, monkeypatch):
    monkeypatch.setattr("idp.cli.keeping.opened", lambda: (_ for _ in ()).throw(KeyboardInterrupt))

    assert empty("sweep").status == 130


def test_a_mistake_in_the_program_is_not_hidden(empty, monkeypatch):
    monkeypatch.setattr("idp.cli.keeping.opened", lambda: (_ for _ in ()).throw(ZeroDivisionError))

    with pytest.raises(ZeroDivisionError):
        main(["sweep"])


def test_a_file_that_cannot_be_read_is_named():
    assert told(PermissionError(13, "Permission denied", "/a/file")) == "/a/file: Permission denied"
