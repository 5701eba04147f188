"""Imports run down the floors, never up: the contracts of pyproject.toml."""

from importlinter.cli import lint_imports

from tests.architecture.sources import ROOT


def test_imports_keep_the_contracts_of_the_house(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)

    status = lint_imports(config_filename="pyproject.toml", no_cache=True, no_logo=True)

    assert status == 0, capsys.readouterr().out
