import json
from datetime import date

import pytest

from idp.accounts.kinds import KINDS, Kind
from tests.people import IDENTITIES


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_an_identity_that_survives_storing(kind):
    identity = IDENTITIES[kind]()

    restored = KINDS[kind].identity.restored(json.loads(json.dumps(identity.stored())))

    assert restored == identity


@pytest.mark.parametrize("kind", Kind)
def test_every_identity_tells_its_name(kind):
    assert IDENTITIES[kind]().claims(date(2026, 11, 2))["name"]


@pytest.mark.parametrize("kind", [Kind.CITIZEN, Kind.FOREIGNER])
def test_no_identity_of_a_person_is_in_its_repr(kind):
    assert repr(IDENTITIES[kind]()).endswith("()")


def test_organisations_have_no_level():
    assert KINDS[Kind.ORGANISATION].levels == (None,)
