"""The states whose signatures we take: each state's signing authorities (CSCA), in a folder of its own.

``VNM/root-2024.der``: certificates, DER or PEM, under the state's three letters as in machine-readable zones,
so that no state's authority can vouch for another's papers. ``*.crl`` beside them: what was revoked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from idp.accounts.chip_card.refusal import ChipRefused, Flaw
from idp.accounts.chip_card.security_object import HASHES

STATE = re.compile(r"[A-Z]{1,3}")
CERTIFICATES = (".der", ".cer", ".crt", ".pem")
# What a certificate raises whose parts are not what they say, or of kinds that nobody knows.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.InvalidVersion,
)
LEAST_RSA_BITS = 2048
LEAST_EC_BITS = 256


@dataclass(frozen=True, slots=True)
class Authorities:
    """One state's."""

    certificates: tuple[x509.Certificate, ...]
    revocations: tuple[x509.CertificateRevocationList, ...]


class TrustStore:
    """Read once. An unreadable file stops it: a store that is not whole is none."""

    def __init__(self, folder: Path | None) -> None:
        """Read the folder; without one nobody is trusted.

        Raises:
            ValueError: a file is no certificate or list of revocations.
            OSError: it cannot be read.
        """
        self._states: dict[str, Authorities] = {}
        for state in sorted(folder.iterdir()) if folder is not None else ():
            if state.is_dir() and STATE.fullmatch(state.name):
                self._states[state.name] = _read(state)

    def check_signer(self, der: bytes, state: str, now: datetime) -> CertificatePublicKeyTypes:
        """The key of a document signer that an authority of this state issued, and that is good now.

        Raises:
            ChipRefused.
        """
        try:
            signer = x509.load_der_x509_certificate(der)
            key = signer.public_key()
            usage = signer.extensions.get_extension_for_class(x509.KeyUsage).value
        except UNREADABLE:
            raise ChipRefused(Flaw.SIGNER) from None
        if not usage.digital_signature or _may_issue(signer) or not _is_strong(key):
            raise ChipRefused(Flaw.SIGNER)
        authorities = self._states.get(state, Authorities((), ()))
        issuer = next((each for each in authorities.certificates if _issued(each, signer)), None)
        if issuer is None:
            raise ChipRefused(Flaw.ISSUER)
        if not (_is_good(signer, now) and _is_good(issuer, now)):
            raise ChipRefused(Flaw.EXPIRED)
        if _is_revoked(signer, issuer, authorities.revocations):
            raise ChipRefused(Flaw.REVOKED)
        return key


def _read(folder: Path) -> Authorities:
    certificates: list[x509.Certificate] = []
    revocations: list[x509.CertificateRevocationList] = []
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        is_pem = content.startswith(b"-----BEGIN")
        if file.suffix in CERTIFICATES:
            load = x509.load_pem_x509_certificates if is_pem else _one
            certificates += [each for each in load(content) if _may_issue(each)]
        elif file.suffix == ".crl":
            revocations.append(x509.load_pem_x509_crl(content) if is_pem else x509.load_der_x509_crl(content))
    return Authorities(tuple(certificates), tuple(revocations))


def _one(der: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(der)]


def _may_issue(certificate: x509.Certificate) -> bool:
    """Whether it is an authority's: it says so, and may sign certificates."""
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except UNREADABLE:
        return False
    return is_authority and usage.key_cert_sign


def _issued(authority: x509.Certificate, signer: x509.Certificate) -> bool:
    try:
        algorithm = signer.signature_hash_algorithm
        if algorithm is None or algorithm.name not in HASHES or not _is_strong(authority.public_key()):
            return False
        signer.verify_directly_issued_by(authority)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _is_strong(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= LEAST_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= LEAST_EC_BITS


def _is_good(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _is_revoked(
    signer: x509.Certificate, issuer: x509.Certificate, lists: Sequence[x509.CertificateRevocationList]
) -> bool:
    """Lists past their day count too: what was revoked stays so."""
    return any(
        each.issuer == issuer.subject
        and each.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        and each.get_revoked_certificate_by_serial_number(signer.serial_number) is not None
        for each in lists
    )
