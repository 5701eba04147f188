import re
import string
from pathlib import Path

import pytest
from markupsafe import Markup

import idp.provider  # noqa: F401 - brings in every room, and with them every error
from idp.audit.events import Event
from idp.kernel.errors import IdpError
from idp.oidc.tokens.claims import BY_NAME, COMPANIONS, SCOPES, UNSAID
from idp.oidc.tokens.rar import TYPES
from idp.registers.fields import Reason
from idp.statute import law
from idp.web.i18n import (
    LANGUAGES,
    LOCALE,
    MissingSentence,
    Sentences,
    choose_language,
    say_amount,
    say_article,
    say_day,
    say_moment,
)
from idp.web.pages.history import OF_OTHERS
from tests.pages import AT

SENTENCES = Sentences()
STATUTE = Path(law.__file__).parent
LAW = re.compile(r"(\d+/\d{4}) Art\.")
SPELT_OTHERWISE = re.compile(r"\w*(?:[Oo][áàảãạéèẻẽẹ]|(?<![Qq])[Uu][ýỳỷỹỵ])\b")
# Codes that only a client's program is told: no person ever reads them.
UNSEEN = {
    "authorization_refused",
    "bad_token",
    "client_key_missing",
    "client_keys_unreachable",
    "cursor_malformed",
    "insufficient_scope",
    "insufficient_user_authentication",
    "invalid_authorization_details",
    "invalid_target",
    "invalid_client",
    "invalid_dpop_proof",
    "invalid_grant",
    "invalid_token",
    "lane_lost",
    "unfit_fact",
    "unsigned",
    "unsupported_grant_type",
    "unsupported_token_type",
    "use_dpop_nonce",
}


def test_both_languages_say_the_same_things():
    assert SENTENCES.keys("vi") == SENTENCES.keys("en")


def test_both_languages_name_the_same_values():
    differing = [key for key in SENTENCES.keys("vi") if _values("vi", key) != _values("en", key)]

    assert differing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_says_what_happened_and_what_to_do(language):
    needed = {f"errors.{code}.{part}" for code in _codes() for part in ("title", "happened", "todo")}

    assert needed - SENTENCES.keys(language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_for_refusing_a_row_has_its_sentence(language):
    assert {f"errors.row_refused.{reason}.title" for reason in Reason} - SENTENCES.keys(language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_and_claim_has_its_words(language):
    claims = {name for names in SCOPES.values() for name in names} | set(BY_NAME)
    needed = {f"history.{event}" for event in Event if event.startswith(("account", "sign_in", "consent"))}
    needed |= {f"history_of.{event}" for event in OF_OTHERS}
    needed |= {f"claims.{name}.label" for name in claims - UNSAID - COMPANIONS.keys()}
    needed |= {f"claims.details.{kind}.{name}" for kind in TYPES for name in ("label", *TYPES[kind])}
    needed |= {f"claims.scope.{scope}" for scope in SCOPES if scope != "openid"}

    assert needed - SENTENCES.keys(language) == set()


def test_values_are_escaped_and_sentences_are_not():
    said = SENTENCES.say("en", "logout.asks", party="<b>Shop</b>")

    assert said == Markup("<strong>&lt;b&gt;Shop&lt;/b&gt;</strong> asks to sign you out of Định Danh.")


def test_a_missing_sentence_stops_a_test():
    with pytest.raises(MissingSentence):
        SENTENCES.say("en", "no.such.sentence")


def test_a_missing_translation_is_said_in_vietnamese_in_production(tmp_path):
    for language, pages in (("vi", 'hello = "Xin chào"'), ("en", "")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "pages.toml").write_text(pages, encoding="utf-8")
        (tmp_path / language / "errors.toml").write_text("", encoding="utf-8")
        (tmp_path / language / "claims.toml").write_text("", encoding="utf-8")

    assert Sentences(tmp_path, is_strict=False).say("en", "hello") == "Xin chào"


def test_an_unknown_error_is_still_told_kindly_in_production():
    lenient = Sentences(is_strict=False)

    assert lenient.say("vi", "errors.brand_new.title") == lenient.say("vi", "errors.refused.title")
    assert lenient.speaker("en")("history.brand.new") == lenient.say("vi", "history.other")


@pytest.mark.parametrize(
    ("ui_locales", "cookie", "accept_language", "expected"),
    [
        (None, None, None, "vi"),
        ("en", "vi", "vi", "en"),
        ("fr en-GB vi", None, None, "en"),
        ("fr", "en", "vi", "en"),
        (None, "xx", "en-US,en;q=0.9", "en"),
        (None, None, "en-US,en;q=0.9,vi;q=0.8", "vi"),
        (None, None, "fr-FR,en;q=0", "vi"),
        (None, None, "de,en;q=0.5", "en"),
        ("", "", "*", "vi"),
        (None, None, ";;;,,q=" * 1000, "vi"),
    ],
)
def test_language_follows_the_client_then_the_person_then_the_browser(
    ui_locales, cookie, accept_language, expected
):
    assert choose_language(ui_locales, cookie, accept_language) == expected


def test_days_and_moments_read_as_people_write_them():
    assert say_day("vi", AT.date()) == "20/11/2026"
    assert say_day("en", AT.date()) == "20 November 2026"
    assert say_moment("vi", AT) == "10:15, 20/11/2026"
    assert say_moment("en", AT.replace(hour=20)) == "03:15, 21 November 2026"


def test_sums_read_as_people_write_them():
    assert say_amount("vi", 1_500_000) == "1.500.000 đồng"
    assert say_amount("en", 1_500_000) == "1,500,000 VND"


def test_articles_are_cited_as_lawyers_do():
    assert say_article("vi", "69/2024 Art. 13.1.a") == "điểm a khoản 1 Điều 13 Nghị định 69/2024/NĐ-CP"
    assert say_article("vi", "91/2015 Art. 147") == "Điều 147 Bộ luật Dân sự"
    assert say_article("en", "69/2024 Art. 13.1.a") == "Decree 69/2024, Article 13.1.a"
    cited = say_article("vi", "26/2023 Art. 34.1.đ")
    assert say_article("vi", cited) == cited == "điểm đ khoản 1 Điều 34 Luật Căn cước"


def test_every_law_in_the_statutes_data_has_a_name():
    cited = {name for file in STATUTE.glob("*.toml") for name in LAW.findall(file.read_text("utf-8"))}

    assert cited
    assert {name for name in cited if say_article("en", f"{name} Art. 1").startswith(name)} == set()


def test_vietnamese_is_spelt_as_laws_spell_it():
    """``khóa``, ``ủy quyền``: the mark on the first vowel of an open oa, oe or uy."""
    other_way = {
        (file.name, word)
        for file in (LOCALE / "vi").glob("*.toml")
        for word in SPELT_OTHERWISE.findall(file.read_text("utf-8"))
    }
    assert other_way == set()


def _values(language, key):
    return {name for _, name, _, _ in string.Formatter().parse(SENTENCES.say(language, key)) if name}


def _codes():
    def below(kind):
        for child in kind.__subclasses__():
            if child.__module__.startswith("idp."):
                yield child
                yield from below(child)

    return {kind.code for kind in below(IdpError) if "code" in vars(kind)} - UNSEEN
