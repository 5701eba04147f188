"""One Chromium and one served demonstration for all tests here."""

import pytest

from tests.browser.stage import chromium
from tests.browser.world import served


@pytest.fixture(scope="session")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("world")) as world:
        yield world
