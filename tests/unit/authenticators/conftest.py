"""The room, built over a SQLite file."""

import pytest

from tests.proving import Proving


@pytest.fixture
def proving(database, ephemeral, clock):
    return Proving(database, ephemeral, clock)


@pytest.fixture
def holder(proving):
    return proving.holder()
