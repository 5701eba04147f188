import pytest

from idp.kernel.errors import Corrupt
from idp.provider.registers import registers_of
from idp.registers.http_register import HttpRegister
from idp.registers.request_key import make_key
from idp.registers.sample import Samples
from idp.settings import Settings
from tests.house import SECRET
from tests.people import a_seal


@pytest.fixture
def registers(database, clock):
    def registers(**given):
        settings = Settings(issuer="https://id.example", secret=SECRET, **given)
        return registers_of(settings, Samples(database, a_seal(), clock), clock)

    return registers


def test_register_without_an_address_is_the_sample(registers):
    assert "mẫu" in registers().population.source
    assert "mẫu" in registers().immigration.source


def test_register_with_an_address_is_asked_there(registers, tmp_path):
    make_key(tmp_path / "key")

    found = registers(
        business_register_url="https://registers.example/business", register_key_file=tmp_path / "key"
    )

    assert isinstance(found.business, HttpRegister)
    assert found.business.source == "business register at registers.example"
    assert "mẫu" in found.population.source


def test_key_that_others_may_read_stops_the_start(registers, tmp_path):
    make_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)

    with pytest.raises(Corrupt):
        registers(register_key_file=tmp_path / "key")
