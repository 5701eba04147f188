from datetime import date

import pytest

from idp.statute.holders import Document, may_hold

ON = date(2026, 11, 2)
FOURTEEN = date(2012, 11, 2)
NEARLY_FOURTEEN = date(2012, 11, 3)
SIX = date(2020, 11, 2)
NEARLY_SIX = date(2020, 11, 3)


@pytest.mark.parametrize("level", ["01", "02"])
def test_citizen_of_fourteen_holds_either_level_with_a_valid_card(level):
    verdict = may_hold("citizen", level, FOURTEEN, ON)

    assert verdict.is_allowed
    assert not verdict.is_on_request
    assert not verdict.needs_guardian
    assert verdict.document == Document.VALID_CARD
    assert "Art. 7" in verdict.article


@pytest.mark.parametrize("born", [NEARLY_FOURTEEN, SIX])
def test_child_holds_02_on_request_and_through_a_guardian(born):
    first, second = may_hold("citizen", "01", born, ON), may_hold("citizen", "02", born, ON)

    assert (first.is_allowed, first.is_on_request) == (True, False)
    assert (second.is_allowed, second.is_on_request) == (True, True)
    assert first.needs_guardian
    assert first.document == Document.CARD_ISSUED


def test_child_under_six_holds_01_only_and_on_request():
    first = may_hold("citizen", "01", NEARLY_SIX, ON)

    assert (first.is_allowed, first.is_on_request) == (True, True)
    assert not may_hold("citizen", "02", NEARLY_SIX, ON).is_allowed


def test_foreigner_under_six_holds_no_02():
    assert may_hold("foreigner", "02", SIX, ON).is_allowed
    assert not may_hold("foreigner", "02", NEARLY_SIX, ON).is_allowed


def test_organisation_holds_an_account_without_level():
    assert may_hold("organisation", None, None, ON).is_allowed
    assert not may_hold("organisation", "01", None, ON).is_allowed


def test_nothing_is_allowed_by_no_rule():
    assert not may_hold("robot", "01", FOURTEEN, ON).is_allowed
    assert not may_hold("citizen", "03", FOURTEEN, ON).is_allowed
    assert not may_hold("citizen", "01", date(2026, 11, 3), ON).is_allowed


def test_nothing_is_allowed_before_the_decree_was_in_force():
    assert not may_hold("citizen", "01", date(1990, 1, 1), date(2024, 6, 30)).is_allowed
    assert may_hold("citizen", "01", date(1990, 1, 1), date(2024, 7, 1)).is_allowed
