import pytest

from idp.accounts.phone import PhoneMalformed, parse_phone, phone_hint, spaced_phone


@pytest.mark.parametrize(
    "typed", ["0900000001", "+84 900 000 001", "84900000001", "0900-000-001", "(090) 0000001"]
)
def test_phone_is_kept_in_one_form(typed):
    assert parse_phone(typed) == "+84900000001"


def test_foreign_mobile_is_accepted():
    assert parse_phone("+46 70 174 06 35") == "+46701740635"


@pytest.mark.parametrize("typed", ["", "abc", "123", "+84", "090000000", "0" * 500, "\x00"])
def test_what_is_no_phone_is_refused(typed):
    with pytest.raises(PhoneMalformed) as refused:
        parse_phone(typed)

    assert refused.value.facts() == {"reason": "unreadable"}


def test_phone_that_receives_no_messages_is_refused():
    with pytest.raises(PhoneMalformed) as refused:
        parse_phone("024 3826 7777")

    assert refused.value.facts() == {"reason": "not_mobile"}


def test_phone_is_spaced_for_the_eye():
    assert spaced_phone("+84900000001") == "+84 900 000 001"
    assert spaced_phone("+46701740635") == "+46 70 174 06 35"
    assert spaced_phone("khong-phai-so") == "khong-phai-so"


def test_hint_shows_three_digits():
    assert phone_hint("+84900000123") == "••• ••• 123"
