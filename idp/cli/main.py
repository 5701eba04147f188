"""The command itself, and how it tells refusals: one line, exit 1, no traceback."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from idp.cli import (
    accounts,
    audit,
    clients,
    corrections,
    demo,
    enrol,
    host,
    keys,
    legacy,
    lock_requests,
    officers,
    organisations,
    registers,
    wards,
    withdrawals,
)
from idp.cli.refusals import told


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def idp() -> None:
    """Định Danh: a provider of national electronic identity."""


for command in (host.init, host.serve, host.sweep, host.deliver_logouts, demo.demo, demo.code):
    idp.add_command(command)
for command in (
    lock_requests.lock_requests,
    corrections.corrections,
    legacy.link_legacy,
    legacy.unlink_legacy,
    wards.place_under_guardian,
    wards.hand_back,
):
    accounts.accounts.add_command(command)
clients.clients.add_command(withdrawals.withdrawals)
enrol.enrol.add_command(organisations.organisations)
for group in (
    keys.keys,
    clients.clients,
    accounts.accounts,
    enrol.enrol,
    officers.officers,
    registers.registers,
    audit.audit,
):
    idp.add_command(group)


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
        line = told(error)
        if line is None:
            raise
        click.echo(f"idp: {line}", err=True)
        sys.exit(1)
    sys.exit(0)
