"""All tables of all rooms: what the database should look like."""

import importlib
import pkgutil

from sqlalchemy import MetaData

import idp
from idp.storage.database import metadata

# The doors, the roof and the wiring keep nothing; everything below them may.
WITHOUT_TABLES = {"app", "cli", "demo", "migrations", "provider", "settings", "web"}


def whole_metadata() -> MetaData:
    """The metadata after every module that may hold a table has been imported.

    Nobody lists tables here: a new one is found because it is in a room.
    """
    for room in pkgutil.iter_modules(idp.__path__):
        if room.name not in WITHOUT_TABLES:
            _import_whole(f"idp.{room.name}")
    return metadata


def _import_whole(name: str) -> None:
    module = importlib.import_module(name)
    for below in pkgutil.walk_packages(getattr(module, "__path__", []), f"{name}."):
        importlib.import_module(below.name)
