"""The sample portal, a browser at it, and a provider on a real port."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.portal.app import create_portal
from tests.unit.clients.fake_provider import FakeProvider, Lies
from tests.unit.clients.steps import some_settings


class PortalClock:
    """Real time, for tokens are made by real time, and as much ahead as a test wants."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def one_provider():
    provider = FakeProvider()
    yield provider
    provider.close()


@pytest.fixture
def provider(one_provider):
    one_provider.lies = Lies()
    one_provider.sign_outs.clear()
    return one_provider


@pytest.fixture
def clock():
    return PortalClock()


@pytest.fixture
def portal(provider, clock):
    return create_portal(some_settings(provider.issuer), clock=clock)


@pytest.fixture
def browser(portal):
    return portal.test_client()
