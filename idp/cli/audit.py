"""The audit log: verify, count, checkpoint."""

from pathlib import Path

import click

from idp.audit.checkpoints import checkpoint as make_checkpoint
from idp.audit.verify import count as count_events
from idp.audit.verify import verify as verify_log
from idp.cli.house import opened


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command()
@click.option(
    "--checkpoint", type=click.Path(exists=True, path_type=Path), help="A checkpoint kept elsewhere."
)
def verify(checkpoint: Path | None) -> None:
    """Read the whole log again and say what was edited, removed, inserted or moved."""
    line = checkpoint.read_text().strip() if checkpoint else None
    with opened() as provider:
        verdict = verify_log(provider.database, provider.audit_key, checkpoint=line)
    for finding in verdict.findings:
        click.echo(str(finding), err=True)
    click.echo(f"{verdict.rows} rows: {'whole' if verdict.is_intact else 'NOT WHOLE'}")
    if not verdict.is_intact:
        raise SystemExit(1)


@audit.command()
def count() -> None:
    """How many events there are."""
    with opened() as provider:
        click.echo(count_events(provider.database))


@audit.command()
def checkpoint() -> None:
    """One line to keep outside the database: with it, verify finds even a log rolled back whole."""
    with opened() as provider:
        click.echo(make_checkpoint(provider.database, provider.audit_key, provider.clock))
