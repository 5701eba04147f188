"""One Chromium and one served demonstration for all tests here."""

import pytest

pytest.register_assert_rewrite("tests.browser.walk")

from tests.browser.stage import chromium  # noqa: E402
from tests.browser.world import served  # noqa: E402


@pytest.fixture(scope="session")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    with served(tmp_path_factory.mktemp("world")) as world:
        yield world
