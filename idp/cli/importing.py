"""Files taken in at the command line: the bar meanwhile, and at the end which rows were refused, and why."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from idp.cli.refusals import row_told
from idp.registers.imports import ImportReport

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
REFUSED = click.option(
    "--refused",
    # Opened beforehand: an import is not to find out at its end that its list has no place.
    type=click.File("w", encoding="utf-8", lazy=False),
    help="Write line and reason of every refused row here.",
)


@contextmanager
def bar(file: Path) -> Iterator[Callable[[int, int], None]]:
    """Shows how much of a file was read; gives what is to be told after each batch."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def tell(report: ImportReport, refused: TextIO | None) -> None:
    """Say what became of the file, and the first refused lines; ``refused`` gets every one of them."""
    for line, reason in report.refused:
        click.echo(row_told(line, reason), err=True)
    if report.refused_count > len(report.refused):
        left = report.refused_count - len(report.refused)
        click.echo(f"and {left} more; --refused FILE writes all of them down", err=True)
    if refused is not None:
        refused.write("line,reason\n")
        refused.writelines(f"{line},{reason.value}\n" for line, reason in report.every_refusal())
    if report.resumed_after:
        click.echo(f"continued after line {report.resumed_after}")
    click.echo(
        f"{report.accepted} taken in ({report.updated} of them updated), {report.refused_count} refused"
    )
