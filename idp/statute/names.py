"""Names of people: in Vietnamese or another language of Viet Nam, without digits or signs (Civil Code 91/2015
Art. 26.3), and always composed (Unicode NFC), so that two that look alike are alike.
"""

import unicodedata
from itertools import pairwise

from idp.kernel.errors import Refused

LONGEST_NAME = 100
# Ƀ is of Ê Đê and Ba Na.
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzđƀ")
# Vietnamese has the first eight; Ê Đê, Gia Rai, Ba Na and others the rest (č, ñ, ï).
MARKS = frozenset("\u0300\u0301\u0309\u0303\u0323\u0302\u0306\u031b\u030c\u0308")
# What Unicode has no whole letter for: the short ê, ô, ơ, ư of Ê Đê. Any other mark that stays by itself
# makes a letter that nobody writes, and two names that look alike.
SHORT, SHORTENED = "\u0306", frozenset("êôơư")
# H'Hen, Y-Blok, St. Joseph
SIGNS = frozenset(" '’-.")


class NameRefused(Refused):
    """Not to be taken as a name.

    ``reason``: ``length``; ``decomposed``: letters and marks apart (NFD); ``look_alike``: a letter of another
    alphabet, one that only looks like ours (Icelandic Ð for Đ), or a mark upon a mark; ``characters``:
    digits, signs, or what nobody sees.
    """

    code = "name_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def facts(self) -> dict[str, object]:
        return {"reason": self.reason}


def composed(typed: str) -> str:
    """What somebody typed, in NFC, its white space single."""
    return " ".join(unicodedata.normalize("NFC", typed).split())


def check_name(name: str) -> None:
    """Whether it can be somebody's name in Viet Nam.

    Raises:
        NameRefused: with the first reason found.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise NameRefused("length")
    if not unicodedata.is_normalized("NFC", name):
        raise NameRefused("decomposed")
    letters = [character for character in name if character not in SIGNS]
    if not letters or not all(unicodedata.category(letter)[0] in "LM" for letter in letters):
        raise NameRefused("characters")
    taken_apart = unicodedata.normalize("NFD", "".join(letters).lower())
    if not all(letter in PLAIN or letter in MARKS for letter in taken_apart) or has_stray_mark(name):
        raise NameRefused("look_alike")


def has_stray_mark(name: str) -> bool:
    """Whether composed text has a mark by itself that no letter of Viet Nam's languages has."""
    return any(
        unicodedata.category(mark)[0] == "M" and not (mark == SHORT and letter in SHORTENED)
        for letter, mark in pairwise(f" {name.lower()}")
    )


def is_latin(text: str) -> bool:
    """Whether every letter of it is Latin, whichever else it holds: no other alphabet is mixed in."""
    return all(
        unicodedata.name(character, "").startswith("LATIN ")
        for character in text
        if unicodedata.category(character)[0] == "L"
    )
