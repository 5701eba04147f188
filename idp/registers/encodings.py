"""Which of the old Vietnamese encodings a file seems to be in, to name it when it is refused.

Nothing is converted: a wrong guess would spell people's names wrongly for good.
"""

# The two dozen bytes beyond ASCII that Vietnamese names and addresses are mostly made of, in each encoding.
COMMON = {
    "tcvn3": bytes.fromhex("A7A8A9AAACADAEB5B7B9D4D5D7D8DCDEDFE4E5E8EAEDF8FC"),
    "viscii": bytes.fromhex("AAADAFB0B6B8BDBED0D1D5DBDFE0E2E3E5EAECEEEFF0F2F7"),
    "vni": bytes.fromhex("D1D9E0E1E2E3E4E6E8E9EAEBECEDEFF1F2F3F4F5F6F8F9FB"),
    "windows-1258": bytes.fromhex("C1CACCD0D2D4DEE0E1E2E3E8EAECEDF0F2F3F4F5F9FAFD"),
}
MOST = 0.7
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def guess_encoding(sample: bytes) -> str:
    """``utf-16``, ``tcvn3`` (ABC), ``viscii``, ``vni``, ``windows-1258`` or ``unknown``: bytes not in UTF-8.

    That in which most of the bytes beyond ASCII are common letters. Zero bytes are in UTF-16 alone.
    """
    if sample[:2] in UTF_16_MARKS or 0 in sample:
        return "utf-16"
    high = [byte for byte in sample if byte > 0x7F]  # noqa: PLR2004
    if not high:
        return "unknown"
    shares = {name: sum(byte in letters for byte in high) / len(high) for name, letters in COMMON.items()}
    likeliest = max(shares, key=lambda name: shares[name])
    return likeliest if shares[likeliest] >= MOST else "unknown"
