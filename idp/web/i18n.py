"""The sentences people read, in Vietnamese and English. They live in ``idp/locale/``, keyed by code."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

from idp.kernel.errors import Corrupt

Language = Literal["vi", "en"]
Say = Callable[..., Markup]

LANGUAGES: tuple[Language, ...] = ("vi", "en")
LOCALE = Path(__file__).parents[1] / "locale"

# One clock for the whole country, without daylight saving since 1975.
VIET_NAM = timezone(timedelta(hours=7))

# Each file, and what stands before its keys.
_FILES = {"pages": "", "errors": "errors.", "claims": "claims."}
_ENGLISH_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
# What a law or decree is called: in Vietnamese, in English. Data name it by number and year.
_LAWS = {
    "91/2015": ("Bộ luật Dân sự", "Civil Code"),
    "59/2022": ("Nghị định 59/2022/NĐ-CP", "Decree 59/2022"),
    "13/2023": ("Nghị định 13/2023/NĐ-CP", "Decree 13/2023"),
    "26/2023": ("Luật Căn cước", "Law on Identification"),
    "69/2024": ("Nghị định 69/2024/NĐ-CP", "Decree 69/2024"),
    "91/2025": ("Luật Bảo vệ dữ liệu cá nhân", "Law on Personal Data Protection"),
    "356/2025": ("Nghị định 356/2025/NĐ-CP", "Decree 356/2025"),
}
# A header is read no further: what a browser means fits well within.
_HEADER_LIMIT = 400


class MissingSentence(Corrupt):
    """Nobody wrote the sentence; ``what`` is its key."""


class Sentences:
    """Every sentence of ``directory``, read once.

    A sentence is trusted HTML and may hold ``<strong>``; the values put into its ``{names}`` are escaped.
    Where one is missing, strict sentences raise and lenient ones speak Vietnamese: an unfinished
    translation must stop a test, not a person.
    """

    def __init__(self, directory: Path = LOCALE, *, is_strict: bool = True) -> None:
        self._tables = {language: dict(_read(directory / language)) for language in LANGUAGES}
        self._is_strict = is_strict

    def keys(self, language: Language) -> frozenset[str]:
        return frozenset(self._tables[language])

    def say(self, language: Language, key: str, **values: object) -> Markup:
        """The sentence of ``key``, with ``values`` put in.

        Raises:
            MissingSentence: no such key, in strict mode.
        """
        sentence = self._tables[language].get(key)
        if sentence is None:
            sentence = self._instead(key)
        return _filled(language, sentence, values)

    def speaker(self, language: Language) -> Say:
        """``say`` bound to a language."""
        table = self._tables[language]

        def say(key: str, **values: object) -> Markup:
            sentence = table.get(key)
            if sentence is None:
                sentence = self._instead(key)
            return _filled(language, sentence, values)

        return say

    def _instead(self, key: str) -> Markup:
        if self._is_strict:
            raise MissingSentence(key)
        vietnamese = self._tables["vi"]
        if key not in vietnamese:
            key = {"errors": "errors.refused." + key.rpartition(".")[2], "history": "history.other"}.get(
                key.partition(".")[0], ""
            )
        return vietnamese.get(key, Markup(""))


def choose_language(ui_locales: str | None, cookie: str | None, accept_language: str | None) -> Language:
    """Which language to speak: what the client asks (OIDC Core 1.0 §3.1.2.1), what the person chose, what
    the browser says.

    Vietnamese wherever nothing else is clear. A browser gets English only when it names English and does
    not name Vietnamese: telephones sold here often come set to English.
    """
    for tag in (ui_locales or "").split():
        if (language := _known(tag)) is not None:
            return language
    if (chosen := _known(cookie or "")) is not None:
        return chosen
    named = set(_accepted(accept_language or ""))
    return "en" if "en" in named and "vi" not in named else "vi"


def say_day(language: Language, day: date) -> str:
    """A day: ``04/03/2004`` in Vietnamese, ``4 March 2004`` in English."""
    if language == "vi":
        return f"{day:%d/%m/%Y}"
    return f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"


def say_last_day(language: Language, end: datetime) -> str:
    """The last day, on Viet Nam's clock, of what holds until just before an instant."""
    return say_day(language, (end - timedelta(microseconds=1)).astimezone(VIET_NAM).date())


def say_amount(language: Language, amount: int) -> str:
    """A sum of money: ``1.500.000 đồng`` in Vietnamese, ``1,500,000 VND`` in English."""
    if language == "vi":
        return f"{amount:,} đồng".replace(",", ".")
    return f"{amount:,} VND"


def say_moment(language: Language, moment: datetime) -> str:
    """An aware instant, on Viet Nam's clock: ``14:05, 04/03/2004``."""
    local = moment.astimezone(VIET_NAM)
    return f"{local:%H:%M}, {say_day(language, local)}"


def say_article(language: Language, article: str) -> str:
    """Where something stands in the law, ``69/2024 Art. 13.1.a``, as is cited.

    ``điểm a khoản 1 Điều 13 Nghị định 69/2024/NĐ-CP``; ``Decree 69/2024, Article 13.1.a`` in English.
    """
    law, _, place = article.partition(" Art. ")
    if not place:
        return article
    vietnamese, english = _LAWS.get(law, (law, law))
    if language == "en":
        return f"{english}, Article {place}"
    number, *inside = place.split(".")
    words = [f"{word} {part}" for word, part in zip(("khoản", "điểm"), inside, strict=False)]
    return " ".join([*reversed(words), f"Điều {number}", vietnamese])


def _filled(language: Language, sentence: Markup, values: Mapping[str, object]) -> Markup:
    """With its values put in, an ``article`` as it is cited."""
    if "article" in values:
        values = {**values, "article": say_article(language, str(values["article"]))}
    return sentence.format(**values) if values else sentence


def _read(directory: Path) -> Iterator[tuple[str, Markup]]:
    for name, prefix in _FILES.items():
        table = tomllib.loads((directory / f"{name}.toml").read_text(encoding="utf-8"))
        yield from _flat(table, prefix)


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Markup]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, Markup(value)  # noqa: S704 - our own files


def _known(tag: str) -> Language | None:
    primary = tag.strip().lower().partition("-")[0]
    return next((language for language in LANGUAGES if language == primary), None)


def _accepted(header: str) -> Iterator[Language]:
    for part in header[:_HEADER_LIMIT].split(","):
        tag, _, weight = part.partition(";")
        language = _known(tag)
        if language is not None and weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            yield language
