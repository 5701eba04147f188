"""State registers: import."""

from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from idp.audit.events import Event
from idp.cli.house import opened


@click.group()
def registers() -> None:
    """State registers."""


@registers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--refused", type=click.Path(path_type=Path), help="Write every refused row here, as CSV.")
def import_(file: Path, refused: Path | None) -> None:
    """Take people into the sample population register: all good rows, or nothing if it breaks off."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with opened() as provider, Progress(*columns) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
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
    if refused is not None:
        refused.write_text("line,reason\n" + "".join(f"{line},{why.value}\n" for line, why in report.refused))
    click.echo(
        f"{report.accepted} taken in ({report.updated} of them updated), {report.refused_count} refused"
    )
