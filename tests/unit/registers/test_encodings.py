import pytest

from idp.registers.encodings import guess_encoding

# "Nguyễn Thị Hường, Đặng Đình Tứ" as old programs of Viet Nam wrote it.
TCVN3 = b"Nguy\xd4n Th\xde H\xad\xeang, \xa7\xb7ng"
WINDOWS_1258 = b"Nguy\xea\xden Thi\xf2 H\xfd\xf5\xccng, \xd0\xe3\xf2ng"
VNI = b"Nguye\xe3n Th\xf2 H\xf6\xf4\xf8ng, \xd1a\xebng"


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        (TCVN3, "tcvn3"),
        (WINDOWS_1258, "windows-1258"),
        (VNI, "vni"),
        ("Nguyễn".encode("utf-16"), "utf-16"),
        (b"\xe9", "unknown"),
        (b"plain", "unknown"),
    ],
)
def test_old_encoding_is_named(sample, name):
    assert guess_encoding(sample) == name
