"""The command itself, and how it tells refusals: one line, exit 1, no traceback."""

import sys

import click

from idp.cli import accounts, audit, clients, host, keys, registers
from idp.kernel.errors import IdpError
from idp.settings import Misconfigured


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def idp() -> None:
    """Định Danh: a provider of national electronic identity."""


for command in (host.init, host.serve, host.demo, host.sweep):
    idp.add_command(command)
for group in (keys.keys, clients.clients, accounts.accounts, registers.registers, audit.audit):
    idp.add_command(group)


def main() -> None:
    """Run ``idp``; refusals and missing settings become a line on standard error."""
    try:
        idp(standalone_mode=False)
    except Misconfigured as error:
        _die(f"not started, settings at fault:\n{error}")
    except IdpError as error:
        facts = " ".join(f"{name}={value}" for name, value in error.facts().items())
        _die(f"{error.code} {facts}".strip())
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _die(message: str) -> None:
    click.echo(f"idp: {message}", err=True)
    sys.exit(1)
