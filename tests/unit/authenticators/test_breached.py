"""Passwords that guessers try first."""

import hashlib

import pytest

from idp.authenticators.breached import COMMON, Breached
from idp.kernel.errors import Unavailable


@pytest.mark.parametrize(
    "password", ["12345678", "matkhau123", "Mật Khẩu 123", "PASSWORD123", "88888888", "123456789 "]
)
def test_common_password_is_known(password):
    assert password in Breached()


def test_other_password_is_not_known():
    assert "lúa chín vàng đồng" not in Breached()


def test_list_is_sorted_lower_case_and_without_spaces():
    lines = [line for line in COMMON.read_text(encoding="utf-8").splitlines() if not line.startswith("# ")]

    assert lines == sorted(set(lines))
    assert all(line == line.casefold() and " " not in line and len(line) >= 8 for line in lines)


@pytest.mark.parametrize("suffix", ["", ".txt"])
def test_password_in_a_range_file_is_known(tmp_path, suffix):
    name = hashlib.sha1("bông lúa 1987".encode()).hexdigest().upper()
    (tmp_path / f"{name[:5]}{suffix}").write_text(f"{'0' * 35}:9\n{name[5:]}:42\n")
    breached = Breached(tmp_path)

    assert "bông lúa 1987" in breached
    assert "bông lúa 1988" not in breached


def test_ranges_that_are_not_there_are_no_empty_list(tmp_path):
    with pytest.raises(Unavailable):
        Breached(tmp_path / "gone")
