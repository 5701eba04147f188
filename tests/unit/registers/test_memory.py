"""An import holds as much memory for many rows as for few."""

import tracemalloc
from itertools import islice

import pytest

from idp.registers.generate_many import citizens
from idp.registers.generate_others import write
from idp.registers.population import COLUMNS
from idp.registers.register import POPULATION
from idp.registers.sample import SampleRegister
from tests.people import a_seal

FEW, MANY, REFUSED = 2_000, 8_000, 300


@pytest.fixture
def peak(database, clock, tmp_path):
    """The most memory, in bytes, that an import of so many rows holds; some of the first are refused."""

    def peak(count):
        path = tmp_path / f"{count}.csv"
        rows = (
            row | {"sex": "?"} if place < REFUSED else row
            for place, row in enumerate(islice(citizens(count), count))
        )
        write(path, COLUMNS, rows)
        tracemalloc.start()
        report = SampleRegister(POPULATION, database, a_seal(), clock).import_csv(path)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (report.accepted, report.refused_count) == (count - REFUSED, REFUSED)
        return held

    return peak


def test_four_times_as_many_rows_hold_hardly_more_memory(peak):
    peak(FEW)  # what is only made once

    assert peak(MANY) < 1.2 * peak(FEW)
