"""The one-time code of a sample person, for who has no telephone to show it."""

import json
import os
import re
from pathlib import Path
from typing import Any

from idp.authenticators.totp import code_at
from idp.demo.show import settings_of
from idp.provider import Provider
from idp.settings import load

RECENT = 100
SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)", re.ASCII)


class NobodyOfThatName(Exception):
    """The demonstration has no such person; ``names`` are those it has."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(*names)
        self.names = names


class NoCodeSent(Exception):
    """The person has no code app, and no message with a code has been sent."""


class NotShown(Exception):
    """There is no demonstration in that folder, or it has never been ready."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder


def current_code(data: Path, name: str) -> tuple[str, int | None]:
    """What the person's app shows, and for how many seconds; of who has none, the last code by SMS.

    Raises:
        NotShown, NobodyOfThatName, NoCodeSent: in this order.
    """
    try:
        document = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotShown(data) from None
    person = document["accounts"].get(name)
    if person is None:
        raise NobodyOfThatName(tuple(document["accounts"]))
    os.environ.update(settings_of(data, document["issuer"]))
    provider = Provider(load())
    try:
        if person["totp_secret"] is not None:
            return code_at(person["totp_secret"], provider.clock())
        return _last_sent(provider, person), None
    finally:
        provider.close()


def _last_sent(provider: Provider, person: dict[str, Any]) -> str:
    for message in provider.outbox.recent(RECENT):
        found = SIX_DIGITS.search(message.text)
        if message.to == person["phone"] and found is not None:
            return found.group()
    raise NoCodeSent
