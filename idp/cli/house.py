"""Opens the house for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from idp.provider import Provider
from idp.settings import load


@contextmanager
def opened() -> Iterator[Provider]:
    """The provider of the environment's settings, closed again afterwards."""
    provider = Provider(load())
    try:
        yield provider
    finally:
        provider.close()
