"""The command itself, and how it tells refusals: one line, exit 1, no traceback."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from idp.cli.commands import Commands


@click.group(
    cls=Commands,
    found_in={
        "idp.cli.host": ("init", "serve"),
        "idp.cli.keeping": ("sweep", "deliver-logouts"),
        "idp.cli.demo": ("demo", "code"),
        "idp.cli.keys": ("keys",),
        "idp.cli.clients": ("clients",),
        "idp.cli.accounts": ("accounts",),
        "idp.cli.enrol": ("enrol",),
        "idp.cli.officers": ("officers",),
        "idp.cli.registers": ("registers",),
        "idp.cli.audit": ("audit",),
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
def idp() -> None:
    """Định Danh: a provider of national electronic identity."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``idp`` with these arguments, or those of the process. Ends it: 0, 1 refused, 2 wrongly called."""
    try:
        idp(arguments, prog_name="idp", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        line = import_module("idp.cli.refusals").told(error)  # all that could be said, once something is
        if line is None:
            raise
        click.echo(f"idp: {line}", err=True)
        sys.exit(1)
    sys.exit(0)
