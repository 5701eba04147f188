"""A chip's EF.SOD, taken apart: the hashes of its data groups, and how they are signed (part 10 §4.6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from asn1crypto import algos, cms, core, parser

from idp.accounts.chip_card.refusal import ChipRefused, Flaw

SECURITY_OBJECT = (1, 1, 23)  # tag 77: class, method, number
MOST_BYTES = 64 * 1024
LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
HASHES = ("sha256", "sha384", "sha512")
# What asn1crypto raises on bytes that are not what they say: it has no error of its own.
UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
LAST_GROUP = 16


class _GroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("digest", core.OctetString)]  # noqa: RUF012 - asn1crypto's way


class _GroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _GroupHash


class _Hashes(core.Sequence):  # type: ignore[misc]
    """LDSSecurityObject, of either version."""

    _fields = [  # noqa: RUF012 - asn1crypto's way
        ("version", core.Integer),
        ("algorithm", algos.DigestAlgorithm),
        ("groups", _GroupHashes),
        ("lds_version", core.Sequence, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityObject:
    """What is signed, and by what.

    Args:
        digests: of the data groups, by their number; ``hash_name``: which hash they are.
        content: the bytes that ``message_digest`` is of, by ``digest_name``.
        attributes: the bytes that ``signature`` is over.
        scheme: ``rsassa_pkcs1v15``, ``rsassa_pss`` or ``ecdsa``; ``salt_length``: of the second.
        signer: the certificate that the signature names, DER.
    """

    hash_name: str
    digests: Mapping[int, bytes]
    content: bytes
    digest_name: str
    message_digest: bytes
    attributes: bytes
    scheme: str
    salt_length: int
    signature: bytes
    signer: bytes


def read_security_object(file: bytes) -> SecurityObject:
    """Take EF.SOD apart. Nothing is verified yet.

    Raises:
        ChipRefused: malformed, with anything after it, or with hashes that we do not take.
    """
    if len(file) > MOST_BYTES:
        raise ChipRefused(Flaw.MALFORMED)
    try:
        return _read(element(file, SECURITY_OBJECT))
    except UNREADABLE:
        raise ChipRefused(Flaw.MALFORMED) from None


def element(encoded: bytes, tag: tuple[int, int, int]) -> bytes:
    """What stands in the one element that ``encoded`` is, of a definite length.

    Args:
        tag: class, method and number.

    Raises:
        ValueError: it is another, or more than one.
    """
    *found, _header, content, trailer = parser.parse(encoded, strict=True)
    if tuple(found) != tag or trailer:
        raise ValueError
    return bytes(content)


def _read(content_info: bytes) -> SecurityObject:
    outer = cms.ContentInfo.load(content_info, strict=True)
    if outer["content_type"].native != "signed_data":
        raise ValueError
    signed = outer["content"]
    inner = signed["encap_content_info"]
    if inner["content_type"].dotted != LDS_SECURITY_OBJECT or len(signed["signer_infos"]) != 1:
        raise ValueError
    content = bytes(inner["content"].contents)
    hash_name, digests = _hashes(content)
    signer = signed["signer_infos"][0]
    attributes = {each["type"].native: each["values"] for each in signer["signed_attrs"]}
    # Without this attribute the signature might have been made over something else (RFC 5652 §11.1).
    if attributes["content_type"][0].dotted != LDS_SECURITY_OBJECT:
        raise ValueError
    if len(attributes) != len(signer["signed_attrs"]) or any(len(each) != 1 for each in attributes.values()):
        raise ValueError
    digest_name = _taken(signer["digest_algorithm"]["algorithm"].native)
    scheme, salt_length = _scheme(signer["signature_algorithm"], digest_name)
    return SecurityObject(
        hash_name=hash_name,
        digests=digests,
        content=content,
        digest_name=digest_name,
        message_digest=bytes(attributes["message_digest"][0].native),
        attributes=bytes(signer["signed_attrs"].untag().dump()),
        scheme=scheme,
        salt_length=salt_length,
        signature=bytes(signer["signature"].native),
        signer=_named(signer["sid"], signed["certificates"]),
    )


def _hashes(content: bytes) -> tuple[str, dict[int, bytes]]:
    hashes = _Hashes.load(content, strict=True)
    digests = {int(each["number"].native): bytes(each["digest"].native) for each in hashes["groups"]}
    is_sound = all(1 <= number <= LAST_GROUP for number in digests)
    if not is_sound or len(digests) != len(hashes["groups"]):
        raise ValueError
    return _taken(hashes["algorithm"]["algorithm"].native), digests


def _scheme(algorithm: algos.SignedDigestAlgorithm, digest_name: str) -> tuple[str, int]:
    """How it is signed. Wherever a hash is named it must be the one of the attributes."""
    scheme = algorithm.signature_algo
    if scheme == "rsassa_pss":
        parameters = algorithm["parameters"]
        mask = parameters["mask_gen_algorithm"]
        hashes = {parameters["hash_algorithm"]["algorithm"].native, mask["parameters"]["algorithm"].native}
        if hashes != {digest_name} or mask["algorithm"].native != "mgf1":
            raise ChipRefused(Flaw.ALGORITHM)
        return scheme, int(parameters["salt_length"].native)
    if scheme not in ("rsassa_pkcs1v15", "ecdsa"):
        raise ChipRefused(Flaw.ALGORITHM)
    names_no_hash = algorithm["algorithm"].native == "rsassa_pkcs1v15"
    if not names_no_hash and algorithm.hash_algo != digest_name:
        raise ChipRefused(Flaw.ALGORITHM)
    return scheme, 0


def _taken(name: str) -> str:
    if name not in HASHES:
        raise ChipRefused(Flaw.ALGORITHM)
    return name


def _named(sid: cms.SignerIdentifier, certificates: cms.CertificateSet) -> bytes:
    """The certificate that the signature names, whichever others came along."""
    for choice in certificates:
        certificate = choice.chosen
        if sid.name == "issuer_and_serial_number":
            is_it = (
                certificate.issuer.dump() == sid.chosen["issuer"].dump()
                and certificate.serial_number == sid.chosen["serial_number"].native
            )
        else:
            is_it = certificate.key_identifier == sid.chosen.native
        if is_it:
            return bytes(certificate.dump())
    raise ChipRefused(Flaw.SIGNER)
