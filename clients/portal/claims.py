"""Claims in words that a person understands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clients.portal.texts import LANGUAGES, VIET_NAM, Say, day, moment
from clients.portal.visits import level_of

# In the order people read a card; whatever the provider sends beyond it follows under its own name.
PERSON = (
    "name", "family_name", "middle_name", "given_name", "birthdate", "gender", "phone_number", "email",
    "address", "nickname", "preferred_username", "profile", "picture", "website", "zoneinfo", "locale",
    "updated_at", "mandate", "act",
)  # fmt: skip
SIGN_IN = ("acr", "amr", "auth_time", "account_level")
TOKEN = ("sub", "iss", "aud", "iat", "exp")
# Told together with the claim they speak of, or of no use to a person.
UNSHOWN = {"sub", "phone_number_verified", "email_verified", "iss", "aud", "exp", "iat"}
ROLES = ("representative", "manager", "accountant", "clerk", "authorised_person", "guardian")
METHODS = ("pwd", "otp", "sms", "mfa", "hwk", "swk", "user", "face", "fpt", "pin", "sc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One claim on a page. ``claim`` is its technical name; ``is_verified`` None where nobody says."""

    claim: str
    label: str
    value: str
    is_verified: bool | None = None


def person_rows(person: Mapping[str, Any], say: Say, language: str) -> list[Row]:
    """What UserInfo told about the person."""
    names = [name for name in PERSON if name in person]
    names += sorted(name for name in person if name not in PERSON and name not in UNSHOWN)
    return [
        Row(
            claim=name,
            label=say(f"claims.{name}") if name in PERSON or name == "account_level" else name,
            value=in_words(name, person[name], say, language),
            is_verified=person.get(f"{name}_verified"),
        )
        for name in names
    ]


def token_rows(id_claims: Mapping[str, Any], names: tuple[str, ...], say: Say, language: str) -> list[Row]:
    """What the ID token states: of this sign-in by ``SIGN_IN``, of itself by ``TOKEN``."""
    return [
        Row(claim=name, label=say(f"claims.{name}"), value=in_words(name, id_claims[name], say, language))
        for name in names
        if name in id_claims
    ]


def in_words(name: str, value: object, say: Say, language: str) -> str:
    """One claim's value for a reader; a shape that was not expected is shown as it came."""
    reader = READERS.get(name)
    words = reader(value, say, language) if reader else None
    if words is not None:
        return words
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _birthdate(value: object, _: Say, language: str) -> str | None:
    try:
        return day(date.fromisoformat(str(value)), language)
    except ValueError:
        return None


def _instant(value: object, _: Say, language: str) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return moment(datetime.fromtimestamp(value, UTC), language)


def _gender(value: object, say: Say, _: str) -> str | None:
    return say(f"gender.{value}") if value in {"male", "female"} else None


def _locale(value: object, say: Say, _: str) -> str | None:
    language = str(value).partition("-")[0]
    return say(f"locale.{language}") if language in LANGUAGES else None


def _zone(value: object, say: Say, _: str) -> str | None:
    return say("zone.viet_nam") if value in {"Asia/Ho_Chi_Minh", "Asia/Saigon"} else None


def _phone(value: object, _say: Say, _language: str) -> str | None:
    digits = str(value)
    if not (digits.startswith("+84") and digits[3:].isdigit() and len(digits) == len("+84912345678")):
        return None
    return f"+84 {digits[3:6]} {digits[6:9]} {digits[9:]}"


def _address(value: object, _say: Say, _language: str) -> str | None:
    if not isinstance(value, Mapping):
        return None
    return str(value.get("formatted") or ", ".join(str(part) for part in value.values()))


def _acr(value: object, say: Say, _: str) -> str | None:
    return say(f"level.{level_of(value)}.long") if level_of(value) else None


def _amr(value: object, say: Say, _: str) -> str | None:
    if not isinstance(value, list):
        return None
    # "mfa" only counts the others. RFC 8176 gives them no order: ours is the order they are asked in.
    told = sorted((method for method in value if method != "mfa"), key=_asked_first) or value
    words = ", ".join(say(f"amr.{method}") if method in METHODS else str(method) for method in told)
    return words[:1].upper() + words[1:]


def _asked_first(method: object) -> int:
    return METHODS.index(str(method)) if method in METHODS else len(METHODS)


def _mandate(value: object, say: Say, language: str) -> str | None:
    """By what right somebody acts for the account: the role, up to which sum, until when."""
    if not isinstance(value, Mapping) or value.get("role") not in ROLES:
        return None
    words = [say(f"role.{value['role']}")]
    if isinstance(limit := value.get("limit_vnd"), int):
        words.append(say("role.limit", limit=f"{limit:,}".replace(",", "." if language == "vi" else ",")))
    if isinstance(end := value.get("expires_at"), int):
        last = datetime.fromtimestamp(end, VIET_NAM) - timedelta(seconds=1)
        words.append(say("role.until", day=day(last, language)))
    return ", ".join(words)


def _act(value: object, _say: Say, _language: str) -> str | None:
    return str(value["sub"]) if isinstance(value, Mapping) and "sub" in value else None


def _account_level(value: object, say: Say, _: str) -> str | None:
    return say(f"account_level.{value}") if value in {"01", "02"} else None


READERS: dict[str, Callable[[object, Say, str], str | None]] = {
    "birthdate": _birthdate,
    "gender": _gender,
    "phone_number": _phone,
    "locale": _locale,
    "zoneinfo": _zone,
    "address": _address,
    "acr": _acr,
    "amr": _amr,
    "account_level": _account_level,
    "mandate": _mandate,
    "act": _act,
    "auth_time": _instant,
    "updated_at": _instant,
    "iat": _instant,
    "exp": _instant,
}
