"""Sealing: what is sealed for one place opens nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.errors import Corrupt
from idp.keyring.seal import Seal, derive

ROOT = bytes(range(32))
CONTEXT = "accounts.number:0199"


def a_seal(*versions: int) -> Seal:
    keys = {version: derive(ROOT, f"seal.{version}") for version in versions or (1,)}
    return Seal(keys, derive(ROOT, "index"))


def test_derived_key_is_hkdf_sha256_of_the_root_and_purpose() -> None:
    # RFC 5869 appendix A.3: no salt, no info, the first 32 bytes.
    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"

    assert derive(b"\x0b" * 22, "").hex() == expected
    assert derive(ROOT, "a") != derive(ROOT, "b")


def test_short_root_is_refused() -> None:
    with pytest.raises(Corrupt):
        derive(b"short", "seal.1")


@given(st.binary(max_size=200), st.text(max_size=40))
def test_sealed_value_opens_in_its_context(plaintext: bytes, context: str) -> None:
    seal = a_seal()

    assert seal.open(seal.seal(plaintext, context), context) == plaintext


def test_same_value_never_seals_to_the_same_bytes() -> None:
    seal = a_seal()

    assert seal.seal(b"001090000001", CONTEXT) != seal.seal(b"001090000001", CONTEXT)


def test_sealed_value_does_not_open_for_another_row() -> None:
    seal = a_seal()
    sealed = seal.seal(b"001090000001", CONTEXT)

    with pytest.raises(Corrupt) as caught:
        seal.open(sealed, "accounts.number:0200")

    assert caught.value.what == "sealed accounts.number"


@given(st.data())
def test_changed_or_cut_value_does_not_open(data: st.DataObject) -> None:
    seal = a_seal(1, 2)
    sealed = seal.seal(b"001090000001", CONTEXT)
    at = data.draw(st.integers(0, len(sealed) - 1))
    flipped = sealed[:at] + bytes([sealed[at] ^ data.draw(st.integers(1, 255))]) + sealed[at + 1 :]

    for broken in (flipped, sealed[:at]):
        with pytest.raises(Corrupt):
            seal.open(broken, CONTEXT)


@given(st.binary(max_size=64))
def test_random_bytes_do_not_open(noise: bytes) -> None:
    with pytest.raises(Corrupt):
        a_seal().open(noise, CONTEXT)


def test_older_key_version_still_opens_and_the_newest_seals() -> None:
    old = a_seal(1).seal(b"value", CONTEXT)
    both = a_seal(1, 2)

    new = both.seal(b"value", CONTEXT)

    assert both.open(old, CONTEXT) == b"value"
    assert (old[0], new[0]) == (1, 2)
    with pytest.raises(Corrupt):
        a_seal(1).open(new, CONTEXT)


def test_index_is_equal_for_equal_values_of_one_column_only() -> None:
    seal = a_seal()

    index = seal.index("001090000001", "accounts.number")

    assert len(index) == 32
    assert index == a_seal(1, 2).index("001090000001", "accounts.number")
    assert index != seal.index("001090000001", "accounts.phone")
    assert index != seal.index("001090000002", "accounts.number")


@pytest.mark.parametrize(
    ("keys", "index_key"),
    [
        ({}, bytes(32)),
        ({1: bytes(16)}, bytes(32)),
        ({1: bytes(32)}, bytes(16)),
        ({0: bytes(32)}, bytes(32)),
        ({256: bytes(32)}, bytes(32)),
    ],
)
def test_unfit_keys_are_refused(keys: dict[int, bytes], index_key: bytes) -> None:
    with pytest.raises(Corrupt):
        Seal(keys, index_key)
