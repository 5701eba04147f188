"""The portal's words, in Vietnamese and English."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

LANGUAGES = ("vi", "en")
VIET_NAM = timezone(timedelta(hours=7))  # no summer time, so no time-zone database is needed
Say = Callable[..., str]


def read_texts() -> dict[str, Say]:
    """For each language a function from key and values to a sentence; an unknown key raises KeyError."""
    folder = Path(__file__).parent / "locale"
    return {
        name: _say(_flat(tomllib.loads((folder / f"{name}.toml").read_text("utf-8")))) for name in LANGUAGES
    }


def day(value: date, language: str) -> str:
    """31/12/2026, or 31 December 2026."""
    return f"{value:%d/%m/%Y}" if language == "vi" else f"{value.day} {value:%B %Y}"


def moment(value: datetime, language: str) -> str:
    """An instant as clocks in Viet Nam show it."""
    local = value.astimezone(VIET_NAM)
    time = f"{local:%H:%M}"
    return f"{time} ngày {day(local, language)}" if language == "vi" else f"{day(local, language)}, {time}"


def _say(texts: Mapping[str, str]) -> Say:
    def say(key: str, **values: object) -> str:
        return texts[key].format(**values) if values else texts[key]

    return say


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat
