"""registers follow: it stays, tells of silence once, and starts with no more than it needs."""

import subprocess
import sys
from datetime import timedelta

import pytest

from idp.accounts.account import Status
from idp.assurance import Level
from idp.cli.following import _stay
from idp.kernel.errors import Unavailable

HOLDER = "001083990000"
# What serves, draws, migrates or shows.
HEAVY = ("alembic", "flask", "granian", "idp.demo", "idp.web", "requests", "rich")


class Rounds:
    """Stands for the event that ends it: each pause lets the next thing happen, and the last one stops."""

    def __init__(self, *happenings):
        self.happenings = list(happenings)
        self.pauses = []

    def wait(self, seconds):
        self.pauses.append(seconds)
        if not self.happenings:
            return True
        self.happenings.pop(0)()
        return False


def test_what_happens_between_two_rounds_is_done_by_the_next(idp, capsys):
    provider = idp.provider()
    account = provider.enrolment.open_citizen(HOLDER, "0900000123", Level.ONE, "cli")
    rounds = Rounds(
        lambda: idp.succeed("registers", "change", "death", HOLDER),
        lambda: None,
    )

    assert _stay(provider, timedelta(seconds=2), rounds) == []

    assert provider.accounts.the(account.id).status is Status.LOCKED
    assert rounds.pauses == [2, 2, 2]
    assert capsys.readouterr().out == "population: 1 changes\n"
    provider.close()


@pytest.mark.parametrize(
    ("silent", "what"),
    [("registers.population.changes", "population"), ("notices.send_due", "database")],
)
def test_who_is_silent_is_told_once_and_once_when_they_answer_again(idp, capsys, monkeypatch, silent, what):
    provider = idp.provider()
    *path, name = silent.split(".")
    owner = provider
    for part in path:
        owner = getattr(owner, part)
    answers = getattr(owner, name)

    def refuse(*_arguments):
        raise Unavailable("database")

    monkeypatch.setattr(owner, name, refuse)

    rounds = Rounds(lambda: None, lambda: monkeypatch.setattr(owner, name, answers))
    assert _stay(provider, timedelta(seconds=1), rounds) == []

    assert capsys.readouterr().err == f"{what}: silent\n{what}: answers again\n"
    provider.close()


def test_start_loads_nothing_that_following_does_not_use():
    program = "import sys, idp.cli.main, idp.cli.following, idp.cli.keeping; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "idp.provider" in loaded
    assert [name for name in HEAVY if name in loaded] == []
