"""A record of audit events and messages, in place of the real ones."""

from dataclasses import dataclass, field

import pytest

from idp.accounts.account import Accounts
from idp.accounts.activation import ActivationCodes
from idp.accounts.evidence import EvidenceRecords
from idp.accounts.opening import Opening
from idp.accounts.owed_readings import OwedReadings
from idp.audit.events import FACTS
from tests.people import a_seal


@dataclass
class Recorded:
    """Stands for the audit log: what was recorded, in order."""

    events: list = field(default_factory=list)

    def record(self, event, *, account_id=None, client_id=None, **facts):
        assert set(facts) <= set(FACTS)
        self.events.append((event.value, account_id, facts))


@dataclass
class Sent:
    """Stands for the messages: what was sent, in order."""

    messages: list = field(default_factory=list)
    notices: list = field(default_factory=list)

    def send_code(self, to, code, purpose, lang, party):
        self.messages.append((to, code, purpose, lang))

    def send_notice(self, to, kind, lang):
        self.notices.append((to, kind, lang))

    @property
    def last_code(self):
        return self.messages[-1][1]


@pytest.fixture
def recorded():
    return Recorded()


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def accounts(database, clock):
    return Accounts(database, a_seal(), clock)


@pytest.fixture
def codes(ephemeral):
    return ActivationCodes(ephemeral, a_seal())


@pytest.fixture
def evidence(database, recorded):
    return EvidenceRecords(database, a_seal(), recorded)


@pytest.fixture
def owed(database, clock):
    return OwedReadings(database, clock)


@pytest.fixture
def opening(accounts, evidence, codes, owed, sent, recorded, clock):
    return Opening(accounts, evidence, codes, owed, sent, recorded, clock)
