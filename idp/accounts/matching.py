"""Whether two writings are of one name: in Vietnamese, and in a machine-readable zone's capitals. Pure."""

import unicodedata

# How many letters of names a zone has room for, by the length of the whole.
ROOM = {90: 30, 72: 31, 88: 39}
# The marks that are tones; the others make letters: â, ă, ê, ô, ơ, ư.
TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same, letters of either size, the tone on either vowel: Hoà is Hòa."""
    return _syllables(one) == _syllables(other)


def zone_name(name: str) -> str:
    """A name as a zone writes it (ICAO Doc 9303 part 3 §6): capitals without marks, blanks between words."""
    plain = name.upper().replace("Đ", "D").replace("'", "").replace("’", "").replace(".", " ")
    letters = unicodedata.normalize("NFD", plain.replace("-", " "))
    return " ".join("".join(letter for letter in letters if letter.isascii()).split())


def zone_fits(name: str, surname: str, given_names: str, length: int) -> bool:
    """Whether a zone's names are of this name, whichever of them comes first in it.

    Args:
        length: of the whole zone. Where its names leave no room, the end of them may be missing.
    """
    is_cut = len(surname) + len("<<") + len(given_names) >= ROOM[length]
    whole = zone_name(name)
    for order in ((surname, given_names), (given_names, surname)):
        written = " ".join(part for part in order if part)
        if written == whole or (is_cut and written and whole.startswith(written)):
            return True
    return False


def _syllables(name: str) -> list[tuple[str, str]]:
    """Each word's letters without its tone, and the tone."""
    words = unicodedata.normalize("NFD", name.casefold()).split()
    return [
        (
            unicodedata.normalize("NFC", "".join(sign for sign in word if sign not in TONES)),
            "".join(sign for sign in word if sign in TONES),
        )
        for word in words
    ]
