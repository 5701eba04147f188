"""What comes with a request, besides its parameters, to prove the client: headers, and the certificate."""

import base64
from dataclasses import dataclass
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.wrappers import Request

from idp.oidc.clients.authentication import Presented
from idp.web.http import CERTIFICATE, Addresses, Malformed, incoming


@dataclass(frozen=True, slots=True)
class Presenting:
    """Reads what comes with a request, besides its parameters, to prove the client."""

    issuer: str
    addresses: Addresses
    mtls_origin: str | None = None

    def __call__(self) -> Presented:
        """The request's own addresses come from the settings, never from ``Host``.

        Raises:
            Malformed: a proxy of ours gave a client certificate that cannot be read.
        """
        request = incoming()
        return Presented(
            authorization=request.headers.get("Authorization"),
            certificate=self._certificate(request),
            dpop=request.headers.get("DPoP"),
            method=request.method,
            url=self.issuer + request.path,
            alias=self.mtls_origin + request.path if self.mtls_origin else None,
        )

    def _certificate(self, request: Request) -> bytes | None:
        """What our own TLS established, or a proxy's (RFC 9440 §2.2); from others the header is nothing."""
        if CERTIFICATE in request.environ:
            own: bytes | None = request.environ[CERTIFICATE]
            return own
        header = request.headers.get("Client-Cert")
        if not header or not self.addresses.came_by_proxy(request):
            return None
        try:
            return _der(header.strip())
        except (ValueError, x509.InvalidVersion):
            raise Malformed("Client-Cert: expected one certificate, :base64 of DER:") from None


def _der(header: str) -> bytes:
    """RFC 9440's byte sequence, or percent-encoded PEM: all that nginx can write."""
    if header.startswith("-----BEGIN"):
        return x509.load_pem_x509_certificate(unquote(header).encode()).public_bytes(Encoding.DER)
    if len(header) <= len("::") or not (header.startswith(":") and header.endswith(":")):
        raise ValueError
    der = base64.b64decode(header[1:-1], validate=True)
    x509.load_der_x509_certificate(der)
    return der
