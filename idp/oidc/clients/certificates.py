"""Clients that prove themselves by their TLS certificate (RFC 8705 §2)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from idp.kernel.clock import Clock
from idp.keyring.jose import BadToken, der_of, import_public
from idp.oidc.clients.client import Client
from idp.oidc.clients.keys import ClientKeys, KeysUnreachable
from idp.oidc.clients.names import comparable, name_of
from idp.oidc.errors import InvalidClient

# What cryptography says of a certificate that is none, or has a version, key or name that it does not know.
UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
PKI, SELF_SIGNED = "tls_client_auth", "self_signed_tls_client_auth"


class Certificates:
    """Holds a certificate to what its client registered.

    That the client has its private key, the TLS layer has shown before: the proxy that hands it on.
    """

    def __init__(self, authorities: Sequence[x509.Certificate], keys: ClientKeys, clock: Clock) -> None:
        """``authorities``: who may vouch for clients' names; none: ``tls_client_auth`` is not offered."""
        self._store = Store(list(authorities)) if authorities else None
        self._keys = keys
        self._clock = clock

    @property
    def methods(self) -> tuple[str, ...]:
        return (PKI, SELF_SIGNED) if self._store is not None else (SELF_SIGNED,)

    def prove(self, client: Client, der: bytes | None) -> None:
        """That the certificate is this client's.

        Raises:
            InvalidClient: none came, or another, or one that nobody vouches for.
        """
        if der is None:
            raise InvalidClient("no client certificate came with the request")
        try:
            certificate = x509.load_der_x509_certificate(der)
            if client.metadata.token_endpoint_auth_method == PKI:
                is_its_own = self._is_vouched_for(certificate) and _is_named(certificate, client)
            else:
                is_its_own = self._is_registered(certificate, client)
        except UNREADABLE:
            is_its_own = False
        if not is_its_own:
            raise InvalidClient("the client certificate is not what this client registered, or not valid")

    def _is_vouched_for(self, certificate: x509.Certificate) -> bool:
        return self._store is not None and _is_valid(certificate, self._store, self._clock())

    def _is_registered(self, certificate: x509.Certificate, client: Client) -> bool:
        """Whether one of the client's keys is the certificate's (§2.2.2); ``x5c`` only repeats it."""
        try:
            keys = self._keys.of(client)
        except (KeysUnreachable, BadToken) as error:
            raise InvalidClient(f"no keys could be got from jwks_uri: {error.reason}") from None
        spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return spki in _known(keys)


def _is_valid(certificate: x509.Certificate, store: Store, now: datetime) -> bool:
    policy = (
        PolicyBuilder()
        .store(store)
        .time(now)
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
    )
    try:
        policy.build_client_verifier().verify(certificate, [])
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except VerificationError:
        return False
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage


def _is_named(certificate: x509.Certificate, client: Client) -> bool:
    """Whether it bears the one name that the client registered (§2.1.2)."""
    details = client.metadata
    if details.tls_client_auth_subject_dn is not None:
        return comparable(certificate.subject) == name_of(details.tls_client_auth_subject_dn)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    if details.tls_client_auth_san_dns is not None:
        return _has(names.get_values_for_type(x509.DNSName), details.tls_client_auth_san_dns.casefold())
    if details.tls_client_auth_san_ip is not None:
        return ip_address(details.tls_client_auth_san_ip) in names.get_values_for_type(x509.IPAddress)
    if details.tls_client_auth_san_uri is not None:
        return details.tls_client_auth_san_uri in names.get_values_for_type(x509.UniformResourceIdentifier)
    if details.tls_client_auth_san_email is not None:
        return details.tls_client_auth_san_email in names.get_values_for_type(x509.RFC822Name)
    return False


def _has(names: Iterable[str], wanted: str) -> bool:
    return any(name.casefold() == wanted for name in names)


def _known(keys: Sequence[Mapping[str, Any]]) -> Iterable[bytes]:
    """Each registered key, as certificates write them; what cannot be read is nobody's."""
    for key in keys:
        try:
            public = import_public(key)
        except BadToken:
            continue
        yield der_of(public)
