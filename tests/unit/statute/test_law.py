from datetime import UTC, date, datetime, timedelta

import pytest

from idp.statute.ages import VIETNAM
from idp.statute.law import STATUTE, LawSilent
from idp.statute.rules import Case, Document, Kept, LockedBy, LockGround, Threshold, Unit, Unlock

ON = date(2026, 11, 2)
LAW = STATUTE.on(ON)
OLD = STATUTE.on(date(2024, 6, 30))
FOURTEEN = date(2012, 11, 2)
NEARLY_FOURTEEN = date(2012, 11, 3)
SIX = date(2020, 11, 2)
NEARLY_SIX = date(2020, 11, 3)


def at(*when):
    """A moment in Viet Nam."""
    return datetime(*when, tzinfo=VIETNAM)


@pytest.mark.parametrize("level", ["01", "02"])
def test_citizen_of_fourteen_holds_either_level_with_a_valid_card(level):
    verdict = LAW.may_hold("citizen", level, FOURTEEN)

    assert verdict.is_allowed
    assert not verdict.is_on_request
    assert not verdict.needs_guardian
    assert verdict.document == Document.VALID_CARD
    assert verdict.article == "69/2024 Art. 7.1.a"


@pytest.mark.parametrize("born", [NEARLY_FOURTEEN, SIX])
def test_child_holds_02_on_request_and_through_a_guardian(born):
    first, second = LAW.may_hold("citizen", "01", born), LAW.may_hold("citizen", "02", born)

    assert (first.is_allowed, first.is_on_request) == (True, False)
    assert (second.is_allowed, second.is_on_request) == (True, True)
    assert first.needs_guardian
    assert first.document == Document.CARD_ISSUED


def test_child_under_six_holds_01_only_and_on_request():
    first = LAW.may_hold("citizen", "01", NEARLY_SIX)

    assert (first.is_allowed, first.is_on_request) == (True, True)
    assert not LAW.may_hold("citizen", "02", NEARLY_SIX).is_allowed


@pytest.mark.parametrize(("on", "needs_guardian"), [(date(2026, 2, 28), True), (date(2026, 3, 1), False)])
def test_born_on_29_february_is_fourteen_on_1_march_of_a_common_year(on, needs_guardian):
    verdict = STATUTE.on(on).may_hold("citizen", "01", date(2012, 2, 29))

    assert verdict.needs_guardian is needs_guardian


@pytest.mark.parametrize(("on", "is_allowed"), [(date(2026, 2, 28), False), (date(2026, 3, 1), True)])
def test_born_on_29_february_may_hold_02_from_1_march_after_six_years(on, is_allowed):
    assert STATUTE.on(on).may_hold("citizen", "02", date(2020, 2, 29)).is_allowed is is_allowed


def test_foreigner_under_six_holds_no_02():
    assert LAW.may_hold("foreigner", "02", SIX).is_on_request
    assert not LAW.may_hold("foreigner", "02", NEARLY_SIX).is_allowed


def test_foreigner_shows_a_residence_card_and_before_july_2024_a_travel_document():
    assert LAW.may_hold("foreigner", "01", FOURTEEN).document == Document.RESIDENCE_CARD
    assert OLD.may_hold("foreigner", "01", date(1990, 1, 1)).document == Document.TRAVEL_DOCUMENT


def test_organisation_holds_an_account_without_level():
    assert LAW.may_hold("organisation", None, None).is_allowed
    assert not LAW.may_hold("organisation", "01", None).is_allowed


def test_nothing_is_allowed_by_no_rule():
    assert not LAW.may_hold("robot", "01", FOURTEEN).is_allowed
    assert not LAW.may_hold("citizen", "03", FOURTEEN).is_allowed
    assert not LAW.may_hold("citizen", "01", date(2026, 11, 3)).is_allowed


def test_children_hold_accounts_from_the_day_the_decree_changed():
    born = date(2014, 1, 1)

    assert not OLD.may_hold("citizen", "01", born).is_allowed
    assert STATUTE.on(date(2024, 7, 1)).may_hold("citizen", "01", born).is_allowed


def test_nothing_is_allowed_before_the_first_decree():
    assert not STATUTE.on(date(2022, 10, 19)).may_hold("citizen", "01", date(1990, 1, 1)).is_allowed
    assert STATUTE.on(date(2022, 10, 20)).may_hold("citizen", "01", date(1990, 1, 1)).is_allowed


@pytest.mark.parametrize(
    ("case", "within", "unit", "article"),
    [
        (Case.CITIZEN_01, 1, Unit.WORKING_DAYS, "69/2024 Art. 13.1.a"),
        (Case.CITIZEN_02, 3, Unit.WORKING_DAYS, "69/2024 Art. 13.1.b"),
        (Case.CITIZEN_WITHOUT_VALID_CARD, 7, Unit.WORKING_DAYS, "69/2024 Art. 13.2"),
        (Case.FOREIGNER_01, 1, Unit.WORKING_DAYS, "69/2024 Art. 13.3.a"),
        (Case.FOREIGNER_02_ON_FILE, 3, Unit.WORKING_DAYS, "69/2024 Art. 13.3.b"),
        (Case.FOREIGNER_02_NOT_ON_FILE, 7, Unit.WORKING_DAYS, "69/2024 Art. 13.3.c"),
        (Case.ORGANISATION_ON_FILE, 3, Unit.WORKING_DAYS, "69/2024 Art. 13.4.a"),
        (Case.ORGANISATION_NOT_ON_FILE, 15, Unit.DAYS, "69/2024 Art. 13.4.b"),
    ],
)
def test_every_case_of_issuing_has_the_term_of_its_row(case, within, unit, article):
    deadline = LAW.deadline(case, at(2026, 11, 2, 8, 0))

    assert (deadline.within, deadline.unit, deadline.article) == (within, unit, article)
    assert not deadline.is_uncertain


@pytest.mark.parametrize(
    ("case", "filed_at", "due_on"),
    [
        # Monday to Tuesday; Friday to Monday; Saturday and Sunday to Monday
        (Case.CITIZEN_01, at(2026, 11, 2, 8, 0), date(2026, 11, 3)),
        (Case.CITIZEN_01, at(2026, 11, 6, 23, 59), date(2026, 11, 9)),
        (Case.CITIZEN_01, at(2026, 11, 7, 9, 0), date(2026, 11, 9)),
        (Case.CITIZEN_01, at(2026, 11, 8, 9, 0), date(2026, 11, 9)),
        # across Tet of 2026: off from 16 to 20 February
        (Case.CITIZEN_02, at(2026, 2, 13, 9, 0), date(2026, 2, 25)),
        # across 30 April and 1 May, the 27th being off for the Hung Kings on a Sunday
        (Case.CITIZEN_02, at(2026, 4, 24, 9, 0), date(2026, 5, 4)),
        # 31 August off, because Saturday 22 August was worked
        (Case.CITIZEN_01, at(2026, 8, 28, 9, 0), date(2026, 9, 3)),
        (Case.CITIZEN_01, at(2026, 8, 21, 9, 0), date(2026, 8, 22)),
        # fifteen days end on Saturday 2 May, move past the weekend
        (Case.ORGANISATION_NOT_ON_FILE, at(2026, 4, 17, 9, 0), date(2026, 5, 4)),
        (Case.ORGANISATION_NOT_ON_FILE, at(2026, 11, 2, 9, 0), date(2026, 11, 17)),
    ],
)
def test_term_ends_on_the_right_day(case, filed_at, due_on):
    assert STATUTE.at(filed_at).deadline(case, filed_at).due_on == due_on


def test_term_ends_with_its_last_day_in_viet_nam():
    deadline = LAW.deadline(Case.CITIZEN_01, at(2026, 11, 2, 8, 0))

    assert deadline.due_at == datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
    assert not deadline.has_passed(at(2026, 11, 3, 23, 59, 59))
    assert deadline.has_passed(at(2026, 11, 4, 0, 0))


def test_day_of_filing_is_that_of_viet_nam_not_of_utc():
    late_on_sunday_in_utc = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)

    assert LAW.deadline(Case.CITIZEN_01, late_on_sunday_in_utc).due_on == date(2026, 11, 3)


def test_hours_run_from_the_very_moment_over_any_holiday():
    known_at = at(2026, 2, 15, 10, 30)

    deadline = STATUTE.at(known_at).deadline(Case.BREACH_NOTIFIED, known_at)

    assert deadline.due_at == known_at + timedelta(hours=72)
    assert deadline.article == "91/2025 Art. 23"


@pytest.mark.parametrize(
    ("filed_at", "due_on", "article"),
    [
        (at(2024, 6, 30, 23, 59), date(2024, 7, 1), "59/2022 Art. 17.4.a"),
        (at(2024, 7, 1, 0, 0), date(2024, 7, 4), "69/2024 Art. 13.4.a"),
    ],
)
def test_law_of_the_day_of_filing_counts(filed_at, due_on, article):
    deadline = STATUTE.at(filed_at).deadline(Case.ORGANISATION_ON_FILE, filed_at)

    assert (deadline.due_on, deadline.article) == (due_on, article)


def test_withdrawal_takes_fifteen_days_since_2026():
    before, since = at(2025, 12, 31, 12, 0), at(2026, 1, 5, 12, 0)

    assert STATUTE.at(before).deadline(Case.CONSENT_WITHDRAWN, before).due_at == before + timedelta(hours=72)
    assert STATUTE.at(since).deadline(Case.CONSENT_WITHDRAWN, since).due_on == date(2026, 1, 20)


def test_request_about_data_is_acknowledged_in_two_working_days_since_2026():
    filed_at = at(2026, 1, 2, 9, 0)

    assert STATUTE.at(filed_at).deadline(Case.DATA_REQUEST_ACKNOWLEDGED, filed_at).due_on == date(2026, 1, 6)
    with pytest.raises(LawSilent) as silent:
        STATUTE.on(date(2025, 12, 31)).deadline(Case.DATA_REQUEST_ACKNOWLEDGED, at(2025, 12, 31, 9, 0))
    assert silent.value.facts() == {"what": "data_request_acknowledged", "day": "2025-12-31"}


def test_unlocking_by_an_authority_takes_one_and_two_working_days():
    asked_at = at(2026, 11, 6, 9, 0)

    forwarded = LAW.deadline(Case.UNLOCK_FORWARDED, asked_at)
    decided = LAW.deadline(Case.UNLOCK_DECIDED, at(2026, 11, 9, 16, 0))

    assert (forwarded.due_on, decided.due_on) == (date(2026, 11, 9), date(2026, 11, 11))
    assert (forwarded.article, decided.article) == ("69/2024 Art. 30", "69/2024 Art. 30")


@pytest.mark.parametrize(
    ("kind", "grounds"),
    [
        ("citizen", {"card_revoked", "card_held", "document_expired", "death"}),
        ("foreigner", {"document_expired", "residence_expired", "death"}),
        ("organisation", {"dissolved"}),
    ],
)
def test_each_kind_is_locked_on_its_own_grounds(kind, grounds):
    rules = {rule.ground.value: rule for rule in LAW.lock_rules(kind)}

    assert set(rules) == grounds | {"holder_asked", "terms_breached", "authority"}
    assert rules["authority"].locked_by == LockedBy.AUTHORITY
    assert rules["authority"].unlock == Unlock.AUTHORITY
    assert rules["holder_asked"].unlock == Unlock.HOLDER
    assert all(rules[ground].locked_by == LockedBy.SYSTEM for ground in grounds)


def test_residence_is_no_ground_to_lock_a_citizen():
    assert LAW.lock_rule("citizen", LockGround.RESIDENCE_EXPIRED) is None
    assert LAW.lock_rule("citizen", LockGround.DEATH).article == "26/2023 Art. 34.1.d"


def test_held_card_locks_only_since_the_law_on_identification():
    assert OLD.lock_rule("citizen", LockGround.CARD_HELD) is None
    assert LAW.lock_rule("citizen", LockGround.CARD_HELD).article == "26/2023 Art. 34.1.c"


def test_unconfirmed_rules_say_so():
    assert LAW.lock_rule("organisation", LockGround.DISSOLVED).is_uncertain
    assert LAW.retention(Kept.ACCESS_HISTORY).is_uncertain


def test_access_history_is_kept_five_years_and_accounts_for_good():
    assert LAW.retention(Kept.ACCESS_HISTORY).years == 5
    assert LAW.retention(Kept.ACCOUNT).years is None


def test_oldest_day_kept_is_the_same_day_of_an_earlier_year():
    history = LAW.retention(Kept.ACCESS_HISTORY)
    assert history.oldest(date(2026, 11, 2)) == date(2021, 11, 2)
    assert history.oldest(date(2028, 2, 29)) == date(2023, 3, 1)
    assert LAW.retention(Kept.ACCOUNT).oldest(date(2028, 2, 29)) == date.min


def test_ages_cite_their_article():
    assert (LAW.age(Threshold.FILES_ALONE).age, LAW.age(Threshold.OF_AGE).age) == (14, 18)
    assert LAW.age(Threshold.CONSENTS_TOO).age == 7
    with pytest.raises(LawSilent):
        OLD.age(Threshold.CONSENTS_TOO)


@pytest.mark.parametrize("day", [date(2022, 10, 20), date(2024, 6, 30), date(2024, 7, 1), ON])
def test_no_two_rules_in_force_speak_of_one_thing(day):
    names = ("kind", "case", "ground", "kept", "from_age", "threshold")

    spoken = [(type(rule), *(getattr(rule, name, None) for name in names)) for rule in STATUTE.on(day).rules]

    assert len(spoken) == len(set(spoken))


@pytest.mark.parametrize(
    ("kind", "birth_date", "officers", "has_guardian"),
    [
        ("citizen", date(2012, 11, 2), 1, False),
        ("citizen", date(2012, 11, 3), 2, True),
        ("citizen", date(2020, 11, 2), 2, True),
        ("foreigner", date(1990, 1, 2), 2, False),
    ],
)
def test_level_02_is_attested_by_as_many_officers_as_the_age_asks(kind, birth_date, officers, has_guardian):
    rule = STATUTE.on(date(2026, 11, 2)).attestation(kind, birth_date)

    assert rule.officers == officers
    assert ("guardian_present" in rule.checks) is has_guardian
    assert {"card_seen", "face_compared", "fingerprints_taken"} <= set(rule.checks)


@pytest.mark.parametrize(("kind", "birth_date"), [("citizen", date(2020, 11, 3)), ("organisation", ON)])
def test_nobody_attests_level_02_of_whom_the_law_gives_none(kind, birth_date):
    with pytest.raises(LawSilent):
        STATUTE.on(date(2026, 11, 2)).attestation(kind, birth_date)
