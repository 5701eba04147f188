"""Opens the house for one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idp.migrations import is_current
from idp.provider import Provider
from idp.settings import load

SQLITE = "sqlite:///"


class NotCurrent(Exception):
    """The database's tables are not those of this version: ``idp init`` makes them so."""


@contextmanager
def opened(*, is_new: bool = False) -> Iterator[Provider]:
    """The provider of the environment's settings, closed again afterwards.

    What the command owed clients by ending sessions and mandates is made before.

    Args:
        is_new: the database may be old, empty or not there yet.

    Raises:
        NotCurrent: it is, and may not be.
        Misconfigured: the settings are missing something or do not belong together.
    """
    settings = load()
    if settings.database_url.startswith(SQLITE):
        file = Path(settings.database_url.removeprefix(SQLITE))
        if not is_new and not file.exists():
            raise NotCurrent  # rather than leave an empty file behind
        file.parent.mkdir(parents=True, exist_ok=True)
    provider = Provider(settings)
    try:
        if not is_new and not is_current(provider.database):
            raise NotCurrent
        yield provider
        provider.session_room.courier.finish()
    finally:
        provider.close()
