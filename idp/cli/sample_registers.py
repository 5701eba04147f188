"""Sample registers: generate, import, change, serve; the key that registers know us by."""

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import Progress

from idp.audit.events import Event
from idp.cli.house import opened
from idp.cli.importing import FILE, REFUSED, bar, tell
from idp.provider import Provider
from idp.registers.generate_many import FILES, Wanted, generate
from idp.registers.imports import ImportReport
from idp.registers.reference import ReferenceServer
from idp.registers.register import ChangeKind, RegisterName
from idp.registers.request_key import load_key, make_key
from idp.serving import THREADS, Serving, run
from idp.settings import load
from idp.settings.values import LOCAL_HOSTS
from idp.statute.ages import day_in_vietnam

NAMES = click.Choice([name.value for name in RegisterName])
COUNT = click.IntRange(0)
FEWEST_TO_REPRESENT = 100


@click.command(name="import")
@FILE
@click.option("--register", "name", type=NAMES, default="population", show_default=True, help="Which one.")
@REFUSED
def import_(file: Path, name: str, refused: TextIO | None) -> None:
    """Take a CSV file into a sample register: every good row. Run again, it continues where it broke off."""
    with opened() as provider:

        def recorded(report: ImportReport) -> None:
            provider.audit.record(
                Event.REGISTER_IMPORTED,
                register=name,
                accepted=report.accepted,
                refused=report.refused_count,
            )

        with bar(file) as progress:
            report = provider.samples.by_name(RegisterName(name)).import_csv(file, progress, recorded)
        tell(report, refused)


@click.command(name="generate")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--citizens", default=0, type=COUNT, help="How many citizens.")
@click.option("--foreigners", default=0, type=COUNT, help="How many foreigners.")
@click.option("--organisations", default=0, type=COUNT, help="How many organisations; they need citizens.")
def generate_(folder: Path, citizens: int, foreigners: int, organisations: int) -> None:
    """Write invented people and organisations as CSV files for `idp registers import`. Nobody is real."""
    if organisations and citizens < FEWEST_TO_REPRESENT:
        raise click.UsageError(f"--organisations needs --citizens, {FEWEST_TO_REPRESENT} or more")
    wanted = Wanted(citizens=citizens, foreigners=foreigners, organisations=organisations)
    with Progress(console=Console(stderr=True)) as progress:
        tasks = {
            name: progress.add_task(file, total=count)
            for (name, file), count in zip(FILES.items(), wanted.counts, strict=True)
        }

        def tell(name: RegisterName, done: int) -> None:
            progress.update(tasks[name], completed=done)

        for name, path in generate(folder, wanted, tell):
            click.echo(f"{name.value}: {path}")


@click.command(name="change")
@click.argument("kind", type=click.Choice([kind.value for kind in ChangeKind]))
@click.argument("number")
@click.option("--register", "name", type=NAMES, default="population", show_default=True, help="Which one.")
@click.option("--on", "happened_on", type=click.DateTime(["%Y-%m-%d"]), help="The day; today unless told.")
@click.option("--to", help="The new number, or the representatives or guardians as their column has them.")
def change(kind: str, number: str, name: str, happened_on: datetime | None, to: str | None) -> None:
    """Let something happen in a sample register: its record changes, and its feed tells of it."""
    with opened() as provider:
        day = happened_on.date() if happened_on else day_in_vietnam(provider.clock())
        told = provider.samples.by_name(RegisterName(name)).change(ChangeKind(kind), number, day, to)
    click.echo(f"{told.kind.value} told as {name} change {told.cursor}")


@click.command(name="key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key_(file: Path) -> None:
    """Print the public key that registers know us by; FILE gets a new private one if it is not there."""
    key = load_key(file) if file.exists() else make_key(file)
    click.echo(json.dumps(key.public))


@click.command(name="serve-sample")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8100, type=click.IntRange(1, 65535), show_default=True, help="Port.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The public key (JWK) of who may ask; without it whoever reaches it, on this machine only.",
)
def serve_sample(host: str, port: int, key_file: Path | None) -> None:
    """Answer as the three registers over HTTP, out of the samples, until stopped."""
    if key_file is None and host not in LOCAL_HOSTS:
        raise click.UsageError("without --key only this machine may ask: leave --host")
    key = None if key_file is None else json.loads(key_file.read_text(encoding="utf-8"))
    with opened():
        pass  # so that what stands in the way is told here, and not by each worker
    run(Serving(host, port, 1, THREADS), partial(_reference, key))


def _reference(key: dict[str, str] | None) -> ReferenceServer:
    provider = Provider(load())
    return ReferenceServer(provider.samples, key, provider.clock)
