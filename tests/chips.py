"""Makes a state's signing authority, its document signers, and the chips that they sign."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from idp.accounts.machine_readable_zone import check_digit

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
LDS = "2.23.136.1.1.1"


def card_zone(number="001199990001", name="TRAN<<THI<THU<HA", born="990517", sex="F", until="390517"):
    """The three lines of a citizen's card: the identity number stands in the optional data."""
    document = number[3:]
    first = f"IDVNM{document}{check_digit(document)}{number}<<<"
    born, until = born + check_digit(born), until + check_digit(until)
    composite = check_digit(first[5:30] + born + until + "<" * 11)
    return f"{first}{born}{sex}{until}VNM{'<' * 11}{composite}{name.ljust(30, '<')[:30]}"


def element(tag: bytes, value: bytes) -> bytes:
    """A DER element."""
    size = len(value)
    short = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return tag + short + value


def zone_group(text: str) -> bytes:
    """Data group 1."""
    return element(b"\x61", element(b"\x5f\x1f", text.encode()))


class Authority:
    """A state's CSCA, and what it issues."""

    def __init__(self, country="VN", key=None, is_authority=True, begins=NOW - 2 * YEAR, ends=NOW + 9 * YEAR):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, country),
                x509.NameAttribute(NameOID.COMMON_NAME, "Sample CSCA"),
            ]
        )
        self.certificate = self.issue(self.name, self.key.public_key(), is_authority, begins, ends)

    def issue(self, name, public_key, is_authority, begins, ends, algorithm="sha256", signs=True):
        """A certificate of this authority's."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), critical=True)
            .add_extension(_usage(is_authority, signs), critical=True)
        )
        return builder.sign(self.key, HASHES[algorithm]())

    def signer(self, key=None, begins=NOW - YEAR, ends=NOW + YEAR, **given) -> "Signer":
        """A document signer of this authority's."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.COMMON_NAME, "Sample signer"),
            ]
        )
        is_authority = given.pop("is_authority", False)
        return Signer(key, self.issue(name, key.public_key(), is_authority, begins, ends, **given))

    def revoking(self, *signers) -> bytes:
        """A list of revocations, DER."""
        builder = x509.CertificateRevocationListBuilder(self.name, NOW - YEAR, NOW - YEAR / 2)
        for signer in signers:
            entry = x509.RevokedCertificateBuilder(signer.certificate.serial_number, NOW - YEAR)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def put(self, folder, state="VNM"):
        """Into a trust store, under a state."""
        (folder / state).mkdir(exist_ok=True)
        der = self.certificate.public_bytes(Encoding.DER)
        (folder / state / f"{self.certificate.serial_number}.der").write_bytes(der)


@dataclass(frozen=True)
class Wish:
    """How a security object is made; whatever is not usual is an attack or another scheme."""

    hash_name: str = "sha256"
    digest_name: str = "sha256"
    scheme: str = "ecdsa"
    groups: Any = None
    named_scheme: str | None = None
    with_certificate: bool = True
    other_attributes: Any = None
    content_type: str = LDS
    by_key_identifier: bool = False


@dataclass(frozen=True)
class Signer:
    """A document signer: makes EF.SOD."""

    key: Any
    certificate: x509.Certificate

    def sign(self, contents: dict[int, bytes], wish: Wish | None = None, **given: Any) -> bytes:
        """EF.SOD over data groups."""
        wish = replace(wish or Wish(), **given)
        content = self._content(contents, wish)
        digest = hashlib.new(wish.digest_name, content).digest()
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": [cms.ContentType(wish.content_type)]}),
                cms.CMSAttribute({"type": "message_digest", "values": [core.OctetString(digest)]}),
                *(wish.other_attributes or ()),
            ]
        )
        return self._wrapped(content, attributes, wish)

    def _content(self, groups: dict[int, bytes], wish: Wish) -> bytes:
        pairs = wish.groups or [
            (number, hashlib.new(wish.hash_name, each).digest()) for number, each in groups.items()
        ]
        listed = b"".join(
            element(b"\x30", core.Integer(number).dump() + core.OctetString(digest).dump())
            for number, digest in pairs
        )
        algorithm = algos.DigestAlgorithm({"algorithm": wish.hash_name}).dump()
        return element(b"\x30", core.Integer(0).dump() + algorithm + element(b"\x30", listed))

    def _wrapped(self, content: bytes, attributes: cms.CMSAttributes, wish: Wish) -> bytes:
        certificate = asn1.Certificate.load(self.certificate.public_bytes(Encoding.DER))
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
                ),
                "digest_algorithm": {"algorithm": wish.digest_name},
                "signed_attrs": attributes,
                "signature_algorithm": self._algorithm(wish),
                "signature": self._signature(attributes.dump(), wish),
            }
        )
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": wish.digest_name}],
                "encap_content_info": {"content_type": LDS, "content": core.ParsableOctetString(content)},
                "certificates": [certificate] if wish.with_certificate else [],
                "signer_infos": [signer],
            }
        )
        return element(b"\x77", cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())

    def _algorithm(self, wish: Wish) -> Any:
        if wish.scheme == "pss":
            hashed = {"algorithm": wish.digest_name}
            parameters = {
                "hash_algorithm": hashed,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": hashed},
                "salt_length": 32,
            }
            return {"algorithm": "rsassa_pss", "parameters": parameters}
        usual = "rsassa_pkcs1v15" if wish.scheme == "pkcs1" else f"{wish.digest_name}_ecdsa"
        return {"algorithm": wish.named_scheme or usual}

    def _signature(self, attributes: bytes, wish: Wish) -> bytes:
        algorithm = HASHES[wish.digest_name]()
        if wish.scheme == "ecdsa":
            return bytes(self.key.sign(attributes, ec.ECDSA(algorithm)))
        filling = padding.PSS(padding.MGF1(algorithm), 32) if wish.scheme == "pss" else padding.PKCS1v15()
        return bytes(self.key.sign(attributes, filling, algorithm))


def rsa_key(bits=2048):
    """A key to sign documents with."""
    return rsa.generate_private_key(65537, bits)


def _usage(is_authority, signs):
    return x509.KeyUsage(
        digital_signature=signs and not is_authority,
        content_commitment=False,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
