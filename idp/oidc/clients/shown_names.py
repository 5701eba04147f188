"""What registration refuses of names: people decide by them whom they tell what (RFC 7591 §5)."""

import re
import unicodedata
from collections.abc import Iterator

from idp.oidc.clients.metadata import ClientMetadata
from idp.statute.names import is_latin

MAX_NAME = 200
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # BCP 47, as far as its form goes


def faults_of_names(metadata: ClientMetadata) -> Iterator[tuple[str, str]]:
    """Each fault of ``client_name``, and what it should have been."""
    for language, name in metadata.client_name.items():
        if not LANGUAGE.fullmatch(language):
            yield "client_name", "language tags of BCP 47"
        if len(name) > MAX_NAME:
            yield "client_name", f"at most {MAX_NAME} characters"
        if not is_plain(name):
            yield "client_name", "visible text in Unicode NFC, no word of it in two alphabets"


def is_plain(name: str) -> bool:
    """Whether a name is what it looks like: nothing hidden or turning, no word in two alphabets."""
    is_visible = name.isprintable() and any(character.isalnum() for character in name)
    is_composed = name == name.strip() and unicodedata.is_normalized("NFC", name)
    return is_visible and is_composed and not any(map(_is_mixed, name.split()))


def _is_mixed(word: str) -> bool:
    return not is_latin(word) and any(unicodedata.name(each, "").startswith("LATIN ") for each in word)
