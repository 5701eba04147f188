"""The ``idp`` command on a house of its own, called as from a shell."""

import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idp.cli import main
from idp.provider import Provider
from idp.registers.sample import SAMPLE_PEOPLE
from idp.settings import load
from tests.house import SECRET


@dataclass(frozen=True, slots=True)
class Answer:
    """What the command said."""

    status: int
    out: str
    err: str


@dataclass(slots=True)
class Shell:
    """Calls the command; ``folder`` holds its database and keys."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def __call__(self, *arguments: str, typed: str = "") -> Answer:
        self.patch.setattr("sys.stdin", io.StringIO(typed))
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = self.capture.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    def succeed(self, *arguments: str, typed: str = "") -> str:
        answer = self(*arguments, typed=typed)
        assert answer.status == 0, answer
        return answer.out

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.folder / "idp.db")
        with connection:
            found = connection.execute(statement).fetchall()
        connection.close()
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        """The facts of every audit event of a name."""
        found = self.rows(f"SELECT facts FROM audit_events WHERE event = '{name}' ORDER BY lane, seq")
        return [json.loads(facts) for (facts,) in found]

    def provider(self) -> Provider:
        return Provider(load())


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory, signing_keys: Path) -> Path:
    """A folder as ``idp init`` and ``idp registers import`` leave it."""
    folder = tmp_path_factory.mktemp("initialised")
    shutil.copytree(signing_keys, folder / "keys")
    with pytest.MonkeyPatch.context() as patch:
        _environment(patch, folder)
        for arguments in (["init"], ["registers", "import", str(SAMPLE_PEOPLE)]):
            with pytest.raises(SystemExit):
                main(arguments)
    return folder


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Nothing made yet."""
    _environment(monkeypatch, tmp_path)
    return Shell(tmp_path, capsys, monkeypatch)


@pytest.fixture
def idp(initialised: Path, empty: Shell) -> Shell:
    """Tables, keys and a population register."""
    for part in initialised.iterdir():
        copy: Callable[..., Any] = shutil.copytree if part.is_dir() else shutil.copy
        copy(part, empty.folder / part.name)
    return empty


def _environment(patch: pytest.MonkeyPatch, folder: Path) -> None:
    for name, value in {
        "IDP_ISSUER": "http://localhost:8000",
        "IDP_SECRET": SECRET,
        "IDP_DATABASE_URL": f"sqlite:///{folder / 'idp.db'}",
        "IDP_KEYS_DIR": str(folder / "keys"),
        "IDP_IS_DEMO": "true",
        "IDP_SMS_CHANNEL": "outbox",
        "COLUMNS": "200",
    }.items():
        patch.setenv(name, value)
