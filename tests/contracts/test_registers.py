"""What every register answers, embedded on both servers and over HTTP."""

from collections.abc import Iterator
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from idp.kernel.errors import Unavailable
from idp.outbound import Outbound
from idp.registers.http_register import HttpRegister
from idp.registers.reference import ReferenceServer
from idp.registers.register import (
    BUSINESS,
    IMMIGRATION,
    POPULATION,
    Change,
    ChangeKind,
    RegisterName,
    Registers,
)
from idp.registers.request_key import RequestKey
from idp.registers.sample import SAMPLES, SampleRegister, Samples
from idp.storage.database import Database
from tests.people import a_seal
from tests.register_server import serving

CITIZEN, FOREIGNER, COMPANY = "001083990000", "900990007919", "9000000006"
ON = date(2026, 11, 1)
SUBJECTS = {
    RegisterName.POPULATION: CITIZEN,
    RegisterName.IMMIGRATION: FOREIGNER,
    RegisterName.BUSINESS: COMPANY,
}
EVERY = [*RegisterName]


@pytest.fixture(params=["sqlite", "postgres", "http"])
def way(request) -> str:
    return request.param


@pytest.fixture
def samples(way, request, clock) -> Samples:
    """What is in the registers, and where something can be made to happen."""
    server = request.getfixturevalue("postgres_database" if way == "postgres" else "database")
    samples = Samples(server, a_seal(), clock)
    for name, file in SAMPLES.items():
        samples.by_name(name).import_csv(file)
    return samples


@pytest.fixture
def over_http(samples, clock) -> Iterator[Registers]:
    """The same samples, behind the reference server."""
    key = RequestKey(generate_private_key(SECP256R1()))
    with serving(ReferenceServer(samples, key.public, clock)) as address:
        given = (Outbound(allowed=["127.0.0.0/8"]), key, clock)
        yield Registers(
            population=HttpRegister(POPULATION, f"{address}/population", *given),
            immigration=HttpRegister(IMMIGRATION, f"{address}/immigration", *given),
            business=HttpRegister(BUSINESS, f"{address}/business", *given),
        )


@pytest.fixture
def registers(way, samples, request) -> Registers:
    """What is asked."""
    if way == "http":
        return request.getfixturevalue("over_http")
    return Registers(
        population=samples.population, immigration=samples.immigration, business=samples.business
    )


def look_up(registers, name, number):
    return registers.by_name(name).find(number)


def test_citizen_is_found_by_number(registers):
    citizen = registers.population.find(CITIZEN)

    assert citizen.number == CITIZEN
    assert citizen.name == "Nguyễn Anh Toàn"
    assert citizen.birth_date == date(1983, 3, 6)
    assert citizen.card_expires_on == date(2043, 3, 6)


def test_foreigner_is_found_by_number(registers):
    foreigner = registers.immigration.find(FOREIGNER)

    assert foreigner.number == FOREIGNER
    assert foreigner.nationality == "SWE"
    assert foreigner.residence_kind == "permanent"
    assert foreigner.has_biometrics


def test_organisation_is_found_by_code_with_its_representatives(registers):
    organisation = registers.business.find(COMPANY)

    assert organisation.tax_code == organisation.enterprise_code == COMPANY
    assert organisation.is_active
    assert [each.number for each in organisation.representatives] == ["015162997326"]


@pytest.mark.parametrize("name", EVERY)
def test_unknown_number_gives_none(registers, name):
    assert look_up(registers, name, "001199990001") is None


@pytest.mark.parametrize("number", ["", "x", "' OR 1=1", "1" * 500, "số", "\x00", "../citizens"])
def test_strange_number_gives_none(registers, number):
    assert registers.population.find(number) is None


@pytest.mark.parametrize("name", EVERY)
def test_register_names_itself_and_not_what_it_stands_for(registers, name):
    assert registers.by_name(name).source
    assert "quốc gia" not in registers.by_name(name).source


@pytest.mark.parametrize("name", EVERY)
def test_feed_is_empty_until_something_happens(registers, name):
    assert list(registers.by_name(name).changes("")) == []


@pytest.mark.parametrize(
    ("name", "kind", "to"),
    [
        (RegisterName.POPULATION, ChangeKind.DEATH, None),
        (RegisterName.POPULATION, ChangeKind.CARD_REVOKED, None),
        (RegisterName.IMMIGRATION, ChangeKind.DEATH, None),
        (RegisterName.IMMIGRATION, ChangeKind.RESIDENCE_EXPIRED, None),
        (RegisterName.BUSINESS, ChangeKind.REPRESENTATIVE_CHANGED, "001083990000/Nguyễn Anh Toàn/Giám đốc"),
        (RegisterName.BUSINESS, ChangeKind.ORGANISATION_DISSOLVED, None),
        (RegisterName.BUSINESS, ChangeKind.RECORD_CHANGED, None),
    ],
)
def test_what_happened_is_told(registers, samples, name, kind, to):
    samples.by_name(name).change(kind, SUBJECTS[name], ON, to)

    (told,) = registers.by_name(name).changes("")

    assert told == Change(cursor=told.cursor, kind=kind, number=SUBJECTS[name], happened_on=ON)
    assert list(registers.by_name(name).changes(told.cursor)) == []


@pytest.mark.parametrize(
    ("name", "new"),
    [
        (RegisterName.POPULATION, "001083990002"),
        (RegisterName.IMMIGRATION, "909999999999"),
        (RegisterName.BUSINESS, "0100109106"),
    ],
)
def test_reissued_number_is_told_and_finds_the_record_alone(registers, samples, name, new):
    before = look_up(registers, name, SUBJECTS[name])

    samples.by_name(name).change(ChangeKind.NUMBER_REISSUED, SUBJECTS[name], ON, new)

    (told,) = registers.by_name(name).changes("")
    assert (told.number, told.new_number) == (SUBJECTS[name], new)
    assert look_up(registers, name, SUBJECTS[name]) is None
    assert look_up(registers, name, new).name == before.name


def test_event_shows_in_the_record(registers, samples):
    samples.population.change(ChangeKind.DEATH, CITIZEN, ON)
    samples.immigration.change(ChangeKind.RESIDENCE_EXPIRED, FOREIGNER, ON)
    samples.business.change(ChangeKind.ORGANISATION_DISSOLVED, COMPANY, ON)

    assert registers.population.find(CITIZEN).is_deceased
    assert not registers.immigration.find(FOREIGNER).may_reside(ON)
    assert not registers.business.find(COMPANY).is_active


def test_feed_is_read_in_order_and_in_pages(registers, samples):
    for _ in range(5):
        samples.population.change(ChangeKind.RECORD_CHANGED, CITIZEN, ON)

    first = registers.population.changes("", limit=2)
    rest = registers.population.changes(first[-1].cursor, limit=100)

    cursors = [change.cursor for change in (*first, *rest)]
    assert (len(first), len(rest), len(set(cursors))) == (2, 3, 5)


def test_feeds_are_apart(registers, samples):
    samples.population.change(ChangeKind.DEATH, CITIZEN, ON)

    assert list(registers.business.changes("")) == []


def test_silence_is_not_taken_for_nobody(clock):
    gone = SampleRegister(
        POPULATION, Database("postgresql+psycopg://nobody@127.0.0.1:1/none"), a_seal(), clock
    )

    with pytest.raises(Unavailable):
        gone.find(CITIZEN)
