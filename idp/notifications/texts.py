"""The sentences of messages, kept in ``idp/locale/<lang>/messages.toml``."""

import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from idp.kernel.errors import Corrupt

LOCALE = Path(__file__).parents[1] / "locale"
FALLBACK_LANG = "vi"
FALLBACK_KIND = "code"
LONGEST_VALUE = 60


class Texts:
    """Composes a message's text from its kind and values, in a language."""

    def __init__(self, directory: Path = LOCALE) -> None:
        self._by_lang = {file.parent.name: _texts(file) for file in sorted(directory.glob("*/messages.toml"))}
        if FALLBACK_KIND not in self._by_lang.get(FALLBACK_LANG, {}):
            raise Corrupt("message_texts")

    @property
    def langs(self) -> tuple[str, ...]:
        return tuple(self._by_lang)

    def kinds(self, lang: str) -> frozenset[str]:
        """The kinds that have a text of their own in this language."""
        return frozenset(self._by_lang[lang])

    def compose(self, kind: str, values: Mapping[str, str | None], lang: str) -> str:
        """The text of a message.

        A language that is not there becomes Vietnamese, a kind that is not there the plain ``code``; a value
        of ``None`` makes the text without it, ``<kind>_without_<value>``.

        Raises:
            Corrupt: a value that the text names is missing.
        """
        texts = self._by_lang.get(lang, self._by_lang[FALLBACK_LANG])
        name = kind if kind in texts else FALLBACK_KIND
        for absent in (value for value, given in values.items() if given is None):
            name = f"{name}_without_{absent}"
        given = {value: _plain(text) for value, text in values.items() if text is not None}
        try:
            return texts[name].format_map(given)
        except KeyError:
            raise Corrupt("message_texts") from None


def _texts(file: Path) -> dict[str, str]:
    with file.open("rb") as opened:
        return {kind: str(text) for kind, text in tomllib.load(opened).items()}


def _plain(value: str) -> str:
    """One short line: a party's name may not draw a second message, or hide the warning below the fold."""
    line = " ".join(value.split())
    kept = "".join(character for character in line if unicodedata.category(character)[0] != "C")
    return kept if len(kept) <= LONGEST_VALUE else f"{kept[: LONGEST_VALUE - 1]}…"
