from pathlib import Path

from idp.audit.events import ALARMS, FACTS, Event, catalogue

PAGE = Path(__file__).parents[3] / "docs/audit-events.md"


def test_the_page_of_events_is_in_step():
    """If it fails: ``python -m idp.audit.events docs/audit-events.md``."""
    assert PAGE.read_text(encoding="utf-8") == catalogue()


def test_every_event_says_what_it_means_in_one_line():
    assert [event for event in Event if not event.meaning.endswith(".") or "\n" in event.meaning] == []


def test_an_event_is_named_as_it_is_stored():
    assert [event for event in Event if event.name != event.upper().replace(".", "_")] == []
    assert str(Event.SIGN_IN_COMPLETED) == "sign_in.completed"


def test_an_event_fits_its_column():
    assert max(len(event) for event in Event) <= 64


def test_no_fact_is_named_for_a_secret():
    assert (
        FACTS.keys() & {"password", "secret", "token", "code", "number", "name", "phone", "email", "otp"}
        == set()
    )


def test_alarms_are_events():
    assert set(Event) >= ALARMS
