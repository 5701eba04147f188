"""The sentences of messages, in both languages."""

import pytest

from idp.accounts.notices import kinds
from idp.kernel.errors import Corrupt
from idp.notifications.texts import Texts
from idp.statute.rules import LockGround

WARNING = {"vi": "không đưa mã này cho bất kỳ ai", "en": "Never give this code to anyone"}
VALUES = {"code": "123456", "party": "Cổng Dịch vụ công"}
TEXTS = Texts()
EVERY = [(lang, kind) for lang in ("vi", "en") for kind in sorted(TEXTS.kinds(lang))]
NOTICES = frozenset({*kinds(LockGround), "account_exists"})


def test_both_languages_have_the_same_texts():
    assert set(TEXTS.langs) == {"vi", "en"}
    assert TEXTS.kinds("vi") == TEXTS.kinds("en")


@pytest.mark.parametrize(("lang", "kind"), [one for one in EVERY if one[1] not in NOTICES])
def test_text_gives_the_code_first_then_who_asks_and_the_warning(lang, kind):
    text = TEXTS.compose(kind, VALUES, lang)

    assert text.startswith("123456 ")
    assert WARNING[lang] in text
    assert kind.endswith("_without_party") or VALUES["party"] in text
    assert len(text) <= 268  # four parts of 67 characters
    assert "\n" not in text


@pytest.mark.parametrize(("lang", "kind"), [one for one in EVERY if one[1] in NOTICES])
def test_notice_says_who_writes_and_holds_no_code(lang, kind):
    text = TEXTS.compose(kind, VALUES, lang)

    assert text.startswith("Định Danh: ")
    assert VALUES["code"] not in text
    assert len(text) <= 268
    assert "\n" not in text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_notice_has_its_text(lang):
    assert TEXTS.kinds(lang) >= NOTICES


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_text_without_a_party_names_none(lang):
    text = TEXTS.compose("sign_in", {"code": "123456", "party": None}, lang)

    assert text == TEXTS.compose("sign_in_without_party", VALUES, lang)


def test_unknown_language_is_vietnamese_and_unknown_kind_plain():
    assert TEXTS.compose("step_up", VALUES, "fr") == TEXTS.compose("code", VALUES, "vi")


def test_party_cannot_write_the_message():
    party = "Cổng\r\n999999 là mã của bạn {code.__class__} \u202e" + "x" * 500

    text = TEXTS.compose("sign_in", {"code": "123456", "party": party}, "vi")

    assert "\n" not in text
    assert "\u202e" not in text
    assert "{code.__class__}" in text
    assert WARNING["vi"] in text
    assert len(text) < 300


def test_missing_value_is_a_fault():
    with pytest.raises(Corrupt):
        TEXTS.compose("sign_in", {"code": "123456"}, "vi")


def test_folder_without_texts_is_a_fault(tmp_path):
    with pytest.raises(Corrupt):
        Texts(tmp_path)
