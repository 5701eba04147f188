"""State registers: import."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from idp.audit.events import Event
from idp.cli.house import opened


@click.group()
def registers() -> None:
    """State registers."""


@registers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--refused", type=click.Path(path_type=Path), help="Write line and reason of each refused row here."
)
def import_(file: Path, refused: Path | None) -> None:
    """Take people into the sample population register: all good rows, or nothing if it breaks off."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with opened() as provider, Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        with provider.database.transaction():  # the event with what it tells of
            report = provider.register.import_csv(
                file, lambda done, total: progress.update(task, completed=done, total=total)
            )
            provider.audit.record(
                Event.REGISTER_IMPORTED,
                register="population",
                accepted=report.accepted,
                refused=report.refused_count,
            )
    for line, reason in report.refused:
        click.echo(f"line {line}: {reason.value}", err=True)
    if report.refused_count > len(report.refused):
        click.echo(f"and {report.refused_count - len(report.refused)} more", err=True)
    if refused is not None:
        refused.write_text("line,reason\n" + "".join(f"{line},{why.value}\n" for line, why in report.refused))
    click.echo(
        f"{report.accepted} taken in ({report.updated} of them updated), {report.refused_count} refused"
    )
