"""State registers: the group of their commands."""

import click

from idp.cli.commands import Commands


@click.group(
    cls=Commands,
    found_in={
        "idp.cli.following": ("follow", "refused", "retry", "settle"),
        "idp.cli.sample_registers": ("import", "generate", "change", "key", "serve-sample"),
    },
)
def registers() -> None:
    """State registers."""
