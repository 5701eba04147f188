from dataclasses import replace
from datetime import date

import pytest

from idp.accounts.founding import Founding, FoundingMissing, FoundingUnfit
from idp.web.i18n import LANGUAGES, Sentences

TODAY = date(2026, 11, 2)
READ = Founding(
    name="Hợp tác xã  Lúa Vàng", established_on=TODAY, head_office="Số 1, đường Tre Xanh, tỉnh An Giang"
)


def test_what_the_papers_say_is_kept_in_one_form():
    assert READ.read(TODAY) == {
        "name": "Hợp tác xã Lúa Vàng",
        "established_on": "2026-11-02",
        "head_office": "Số 1, đường Tre Xanh, tỉnh An Giang",
    }


@pytest.mark.parametrize("empty", [{"name": " "}, {"head_office": ""}])
def test_what_is_empty_is_missing(empty):
    with pytest.raises(FoundingMissing):
        replace(READ, **empty).read(TODAY)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({"name": "Hợp tác xã Lu\u0301a Va\u0300ng"}, "text_decomposed"),
        ({"name": "Hợp tác xã L\u0430n"}, "text_looks_alike"),
        ({"head_office": "Tỉnh \u0410n Giang"}, "text_looks_alike"),
        ({"name": "Lúa\u200bVàng"}, "name_malformed"),
        ({"name": "a" * 201}, "name_malformed"),
        ({"head_office": "a" * 301}, "address_malformed"),
        ({"established_on": date(2026, 11, 3)}, "established_malformed"),
    ],
)
def test_what_no_register_would_take_is_not_written_down_either(written, reason):
    with pytest.raises(FoundingUnfit) as refused:
        replace(READ, **written).read(TODAY)

    assert refused.value.facts() == {"reason": reason}
    for language in LANGUAGES:
        assert f"errors.founding_unfit.{reason}.title" in Sentences().keys(language)
