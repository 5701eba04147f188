"""Files taken in at the command line: the bar meanwhile, and at the end which rows were refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from idp.registers.imports import ImportReport

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
REFUSED = click.option(
    "--refused", type=click.Path(path_type=Path), help="Write line and reason of each refused row here."
)


@contextmanager
def bar(file: Path) -> Iterator[Callable[[int, int], None]]:
    """Shows how much of a file was read; gives what is to be told after each batch."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def tell(report: ImportReport, refused: Path | None) -> None:
    """Say what became of the file; each refused line with its reason."""
    for line, reason in report.refused:
        click.echo(f"line {line}: {reason.value}", err=True)
    if report.refused_count > len(report.refused):
        click.echo(f"and {report.refused_count - len(report.refused)} more", err=True)
    if refused is not None:
        refused.write_text("line,reason\n" + "".join(f"{line},{why.value}\n" for line, why in report.refused))
    if report.resumed_after:
        click.echo(f"continued after line {report.resumed_after}")
    click.echo(
        f"{report.accepted} taken in ({report.updated} of them updated), {report.refused_count} refused"
    )
