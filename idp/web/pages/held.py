"""What is held of a person, in plain words: each thing's name and what it says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from idp.accounts.phone import spaced_phone
from idp.statute.provinces import PROVINCES
from idp.web.i18n import Language, Sentences, say_article, say_day, say_moment
from idp.web.render import in_threes

PROVINCE = "province_2025"
DAYS = frozenset({"birth_date", "established_on", "document_issued_on"})
NUMBERS = frozenset({"number", "representative_number"})


@dataclass(frozen=True, slots=True)
class Held:
    """One thing. ``key`` is its name in the record, ``label`` and ``value`` are for people."""

    key: str
    label: str
    value: str


def held(members: Mapping[str, object], sentences: Sentences, language: Language) -> list[Held]:
    """Every member that says something, in order."""
    return [
        Held(key, str(sentences.say(language, f"held.{key}")), in_words(key, value, sentences, language))
        for key, value in members.items()
        if value not in (None, "", [], ())
    ]


def in_words(key: str, value: object, sentences: Sentences, language: Language) -> str:
    """A value as its holder reads it. A code word without a sentence stays as it is."""
    if isinstance(value, datetime):
        return say_moment(language, value)
    if isinstance(value, date):
        return say_day(language, value)
    if isinstance(value, str):
        return _text(key, value, sentences, language)
    if isinstance(value, Mapping):  # by language
        value = [value.get(language) or next(iter(value.values()))]
    if isinstance(value, Iterable):
        return ", ".join(in_words(key, each, sentences, language) for each in value)
    return str(value)


def _text(key: str, value: str, sentences: Sentences, language: Language) -> str:
    if key in DAYS:
        return say_day(language, date.fromisoformat(value))
    if key in NUMBERS:
        return in_threes(value)
    if key == "phone":
        return spaced_phone(value)
    if key == PROVINCE:
        return PROVINCES[value].name
    if key == "article":
        return say_article(language, value)
    for named in (f"held.word.{value}", f"history.{value}" if key == "event" else ""):
        if named in sentences.keys(language):
            return str(sentences.say(language, named))
    return value
