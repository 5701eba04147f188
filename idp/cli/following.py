"""Following state registers: what they tell is done, or listed as refused."""

import signal
import threading
from datetime import timedelta

import click

from idp.audit.events import Event
from idp.cli.accounts import ACTOR
from idp.cli.house import opened
from idp.kernel.errors import Unavailable
from idp.provider import Provider
from idp.registers.register import RegisterName
from idp.statute.ages import day_in_vietnam

NAMES = click.Choice([name.value for name in RegisterName])


@click.command()
@click.option("--every", type=click.IntRange(1), help="Seconds between two rounds; once unless told.")
def follow(every: int | None) -> None:
    """Do what the law asks about what registers tell: lock, correct, appoint; and write to the holders.

    With --every it stays, until SIGTERM: what happened is done within so many seconds.
    """
    with opened() as provider:
        if every is None:
            silent = _round(provider, tells_nothing=True)
        else:
            stopped = threading.Event()
            signal.signal(signal.SIGTERM, lambda *_: stopped.set())
            silent = _stay(provider, timedelta(seconds=every), stopped)
    if silent:
        raise click.ClickException(f"silent: {', '.join(silent)}")


def _stay(provider: Provider, pause: timedelta, stopped: threading.Event) -> list[str]:
    """One round after the other. Who is silent is told once, and once when they answer again."""
    before: list[str] = []
    while True:
        try:
            silent = _round(provider, tells_nothing=False)
        except Unavailable as unavailable:
            silent = [unavailable.what]
        for name in sorted({*silent} ^ {*before}):
            click.echo(f"{name}: {'silent' if name in silent else 'answers again'}", err=True)
        before = silent
        provider.database.put_back()
        if stopped.wait(pause.total_seconds()):
            return []


def _round(provider: Provider, *, tells_nothing: bool) -> list[str]:
    """Ask each register for its news and do it; which are silent.

    Args:
        tells_nothing: say that there is none, too.
    """
    silent = []
    for name in RegisterName:
        register, acts = provider.registers.by_name(name), provider.register_changes.of(name)
        try:
            count = provider.following.follow(name, register, acts)
        except Unavailable:
            silent.append(name.value)
            continue
        if count or tells_nothing:
            click.echo(f"{name.value}: {count} changes")
    if count := provider.register_reading.catch_up():
        click.echo(f"{count} accounts read again")
    provider.notices.send_due()
    return silent


@click.command()
def refused() -> None:
    """List what registers told and could not be done, oldest first: register, place, what, and why."""
    with opened() as provider:
        for each in provider.refused_changes.all():
            when = day_in_vietnam(each.refused_at)
            click.echo(f"{each.register.value} {each.cursor} {each.kind or '?'} {each.reason} {when}")


@click.command()
def retry() -> None:
    """Have what was refused told once more, and do what can be done now: after an update, say."""
    with opened() as provider:
        for name in RegisterName:
            register, acts = provider.registers.by_name(name), provider.register_changes.of(name)
            done, left = provider.following.retry(name, register, acts)
            if done or left:
                click.echo(f"{name.value}: {done} done, {left} refused again")


@click.command()
@click.argument("name", type=NAMES)
@click.argument("cursor")
def settle(name: str, cursor: str) -> None:
    """Take off the list what you have seen to: its register and place, as `refused` lists them."""
    with opened() as provider, provider.database.transaction():
        provider.refused_changes.settle(RegisterName(name), cursor)
        provider.audit.record(Event.REGISTER_CHANGE_SETTLED, register=name, actor=ACTOR)
    click.echo("settled")
