"""Phone numbers, in E.164 whatever way they were typed."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from idp.kernel.errors import Refused

HOME = "VN"
HOME_CODE, HOME_LENGTH = "+84", len("+84900000001")
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class PhoneMalformed(Refused):
    """Not a phone number, or not one that receives messages. ``reason``: ``unreadable`` or ``not_mobile``."""

    code = "phone_malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


def parse_phone(typed: str) -> str:
    """A mobile number in E.164; one without a country's prefix is taken for Vietnamese.

    Raises:
        PhoneMalformed: it is none.
    """
    try:
        number = phonenumbers.parse(typed, HOME)
    except NumberParseException:
        raise PhoneMalformed("unreadable") from None
    if not phonenumbers.is_valid_number(number):
        raise PhoneMalformed("unreadable")
    if phonenumbers.number_type(number) not in MOBILE:
        raise PhoneMalformed("not_mobile")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def spaced_phone(phone: str) -> str:
    """An E.164 number as people write it, ``+84 900 000 001``; anything else as it is."""
    if phone.startswith(HOME_CODE) and len(phone) == HOME_LENGTH:  # nearly all of them, without the parser
        return f"{HOME_CODE} {phone[3:6]} {phone[6:9]} {phone[9:]}"
    try:
        return phonenumbers.format_number(phonenumbers.parse(phone), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return phone


def phone_hint(phone: str) -> str:
    """A number masked for display: the last three digits."""
    return f"••• ••• {phone[-3:]}"
