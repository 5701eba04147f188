import pytest

from idp.registers.encodings import guess_encoding

# "Nguyễn Thị Hường, Đặng Đình Tứ" as old programs of Viet Nam wrote it.
TCVN3 = bytes.fromhex("4E677579D46E205468DE2048ADEA6E672C20A7C66E6720A7D76E682054F8")
VISCII = bytes.fromhex("4E677579AD6E205468B82048DFB66E672C20D0A36E6720D0EC6E682054D1")
VNI = bytes.fromhex("4E67757965E36E205468F22048F6F4F86E672C20D161EB6E6720D1EC6E682054F6F9")
WINDOWS_1258 = bytes.fromhex("4E677579EADE6E205468 69F2 2048FDF5CC6E672C20D0E3F26E6720D069CC6E682054FDEC")


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        (TCVN3, "tcvn3"),
        (VISCII, "viscii"),
        (VNI, "vni"),
        (WINDOWS_1258, "windows-1258"),
        ("Nguyễn".encode("utf-16"), "utf-16"),
        ("Nguyễn".encode("utf-16-le"), "utf-16"),
        ("Nguyễn".encode("utf-16-be"), "utf-16"),
        (b"\x9f", "unknown"),
        (b"plain", "unknown"),
        ("Иванов Пётр".encode("koi8-r"), "unknown"),
    ],
)
def test_old_encoding_is_named(sample, name):
    assert guess_encoding(sample) == name
