import pytest

from idp.accounts.account import Status
from idp.accounts.chip_card.passive import Chip
from idp.accounts.chip_card.reading import ChipReadings
from idp.accounts.chip_card.refusal import ChipRefused, Flaw
from idp.accounts.chip_card.trust_store import TrustStore
from idp.accounts.evidence import EvidenceKind
from idp.accounts.kinds import Kind
from idp.assurance import Level
from idp.kernel.errors import NotFound
from idp.kernel.ids import new_id
from tests.chips import Authority, card_zone, zone_group
from tests.foreigners import a_zone
from tests.people import an_account


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Viet Nam's authority and Sweden's, and the store that trusts them."""
    folder = tmp_path_factory.mktemp("csca")
    authorities = {"VNM": Authority("VN"), "SWE": Authority("SE")}
    for state, authority in authorities.items():
        authority.put(folder, state)
    return authorities, TrustStore(folder)


@pytest.fixture
def readings(accounts, evidence, states, clock):
    return ChipReadings(accounts, evidence, states[1], clock)


@pytest.fixture
def chip(states):
    def made(zone, state="VNM"):
        groups = {1: zone_group(zone.replace("\n", "")), 2: b"\x75\x01x"}
        return Chip(security_object=states[0][state].signer().sign(groups), data_groups=groups)

    return made


@pytest.fixture
def citizen(accounts):
    account = an_account(status=Status.ACTIVE, level=Level.ONE)
    accounts.add(account)
    return account


@pytest.fixture
def foreigner(accounts):
    account = an_account(Kind.FOREIGNER, number="900990000001", status=Status.ACTIVE, level=Level.ONE)
    accounts.add(account)
    return account


def test_holders_genuine_card_is_kept_as_evidence_and_the_level_stays(
    readings, accounts, evidence, citizen, chip, clock, recorded
):
    made = readings.add(citizen.id, chip(card_zone()), "cli")

    assert evidence.of_account(citizen.id) == [made]
    assert (made.kind, made.source, made.document) == (EvidenceKind.CHIP_CARD, "VNM", "idcard")
    assert made.facts == ("chip_verified", "data_group_1", "data_group_2")
    assert (made.at, made.officer) == (clock.now, "cli")
    assert accounts.get(citizen.id).level is Level.ONE
    assert [name for name, *_ in recorded.events] == ["evidence.added"]


def test_foreigners_passport_is_held_to_the_number_on_record(readings, foreigner, chip):
    assert readings.add(foreigner.id, chip(a_zone(), "SWE"), "cli").document == "passport"

    with pytest.raises(ChipRefused) as refused:
        readings.add(foreigner.id, chip(a_zone(number="X0000002"), "SWE"), "cli")
    assert refused.value.flaw is Flaw.HOLDER


@pytest.mark.parametrize(
    "zone",
    [
        card_zone(number="001199990002"),
        card_zone(name="TRAN<<THI<THU<HOA"),
        card_zone(born="990518"),
        card_zone(sex="M"),
        a_zone("TRAN<<THI<THU<HA", born="990517", nationality="VNM"),
    ],
)
def test_genuine_card_of_somebody_else_is_refused(readings, evidence, citizen, chip, zone):
    with pytest.raises(ChipRefused) as refused:
        readings.add(citizen.id, chip(zone), "cli")

    assert refused.value.facts() == {"reason": "holder"}
    assert evidence.of_account(citizen.id) == []


def test_card_past_its_day_is_refused(readings, citizen, chip):
    readings.add(citizen.id, chip(card_zone(until="261102")), "cli")
    with pytest.raises(ChipRefused) as refused:
        readings.add(citizen.id, chip(card_zone(until="261101")), "cli")

    assert refused.value.flaw is Flaw.EXPIRED


def test_another_states_chip_never_stands_for_a_citizens_card(readings, citizen, states):
    """Its own zone says VNM, and Sweden signed it."""
    groups = {1: zone_group(card_zone())}
    signed = states[0]["SWE"].signer().sign(groups)

    with pytest.raises(ChipRefused) as refused:
        readings.add(citizen.id, Chip(security_object=signed, data_groups=groups), "cli")

    assert refused.value.flaw is Flaw.ISSUER


def test_organisations_and_nobody_have_no_chip(readings, accounts, chip):
    body = an_account(Kind.ORGANISATION, number="910000000001")
    accounts.add(body)

    with pytest.raises(ChipRefused):
        readings.add(body.id, chip(card_zone()), "cli")
    with pytest.raises(NotFound):
        readings.add(new_id(), chip(card_zone()), "cli")


def test_long_name_that_the_card_cuts_short_is_known(readings, accounts, chip):
    name = "Nguyễn " + "Hoàng " * 6 + "Anh"
    usual = an_account()
    account = an_account(
        number="001199990009", identity=type(usual.identity)(**{**_members(usual.identity), "name": name})
    )
    accounts.add(account)
    zone = card_zone(number="001199990009", name="NGUYEN<<" + "HOANG<" * 6 + "ANH")

    assert readings.add(account.id, chip(zone), "cli").document == "idcard"


def _members(identity):
    return {name: getattr(identity, name) for name in identity.__slots__}
