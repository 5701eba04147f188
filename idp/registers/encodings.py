"""Which of the old Vietnamese encodings a file seems to be in, to name it when it is refused.

Nothing is converted: a wrong guess would spell people's names wrongly for good.
"""

TCVN3 = frozenset(range(0xA1, 0xBF))
VNI = frozenset((0xCF, 0xD6, 0xD8, 0xDB, 0xEF, 0xF1, 0xF6, 0xF8, 0xFB))
WINDOWS_1258_TONES = frozenset((0xCC, 0xD2, 0xDE, 0xEC, 0xF2))
ENOUGH = 0.1


def guess_encoding(sample: bytes) -> str:
    """``utf-16``, ``tcvn3``, ``vni``, ``windows-1258`` or ``unknown``, for bytes that are not UTF-8.

    TCVN3 (ABC) alone has letters at A1-BE; VNI writes tones as bytes that Vietnamese in Windows-1258 does
    not have; the latter has its five tones as bytes of their own. A tenth of the letters decides.
    """
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    high = [byte for byte in sample if byte > 0x7F]  # noqa: PLR2004
    for name, telling in (("tcvn3", TCVN3), ("vni", VNI), ("windows-1258", WINDOWS_1258_TONES)):
        if high and sum(byte in telling for byte in high) >= ENOUGH * len(high):
            return name
    return "unknown"
