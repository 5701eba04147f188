"""Keys that tokens are bound to: by DPoP proofs (RFC 9449) and by client certificates (RFC 8705 §3)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from idp.oidc.clients.authentication import Presented
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidDpopProof, InvalidGrant, InvalidRequest, InvalidToken
from idp.oidc.tokens.dpop import DpopProofs
from idp.oidc.tokens.grant import Grant
from idp.oidc.tokens.jwt_access_token import AccessToken

Confirmation = Mapping[str, str]


class Confirmations:
    """Establishes the keys that tokens get bound to, and holds their users to them."""

    def __init__(self, proofs: DpopProofs) -> None:
        self.proofs = proofs

    def establish(self, client: Client, presented: Presented) -> Confirmation | None:
        """What the tokens of this request are bound to; ``None``: they are bearer tokens.

        Raises:
            InvalidDpopProof: the proof is wrong.
            UseDpopNonce: see ``DpopProofs.thumbprint``.
            InvalidRequest: no proof, or no certificate, where the client's tokens are always bound to it.
        """
        details, found = client.metadata, {}
        if presented.dpop is not None:
            found["jkt"] = self.proofs.thumbprint(details, presented)
        elif details.dpop_bound_access_tokens:
            raise InvalidRequest("DPoP: missing; this client's tokens are bound to a key")
        if details.tls_client_certificate_bound_access_tokens:
            if presented.certificate is None:
                raise InvalidRequest("this client's tokens are bound to its TLS certificate: none came")
            found["x5t#S256"] = thumbprint(presented.certificate)
        if details.limits.requires_bound_tokens and not found:  # FAPI 2.0 Security Profile §5.3.2.1
            raise InvalidRequest("DPoP: missing; under this client's profile tokens are bound to a key")
        return found or None

    def hold(self, client: Client, text: str, token: AccessToken, presented: Presented, scheme: str) -> None:
        """Let an access token be used by the holder of its key only, under the scheme of its kind.

        Args:
            client: the one that the token was given to.
            scheme: ``bearer`` or ``dpop``, as the token came.

        Raises:
            InvalidToken: the scheme, the certificate or the proof's key is another.
            InvalidDpopProof: see ``DpopProofs.thumbprint``; ``UseDpopNonce`` likewise.
        """
        bound = token.confirmation or {}
        if ("jkt" in bound) != (scheme == "dpop"):
            expected = "DPoP, for it is bound to a key" if "jkt" in bound else "Bearer, for no key is its own"
            raise InvalidToken(f"the access token came under the wrong scheme: send {expected}")
        if "x5t#S256" in bound:
            shown = thumbprint(presented.certificate) if presented.certificate else ""
            if not hmac.compare_digest(shown, bound["x5t#S256"]):
                raise InvalidToken("the access token is bound to another client certificate")
        if "jkt" not in bound:
            return
        if presented.dpop is None:
            raise InvalidDpopProof("DPoP: missing; the access token is bound to a key", status=401)
        if not hmac.compare_digest(self.proofs.thumbprint(client.metadata, presented, text), bound["jkt"]):
            raise InvalidToken("the access token is bound to another key than the proof's")


def hold_refresh(client: Client, grant: Grant, confirmation: Confirmation | None) -> None:
    """Let a refresh token be used only as it was given.

    A public client's is bound to the key itself (RFC 9449 §5, RFC 8705 §7.1); a confidential one proves
    itself anyway and may take a new key, but not fall back to bearer tokens.

    Raises:
        InvalidRequest: no proof.
        InvalidDpopProof: one by another key.
        InvalidGrant: no certificate, or another one.
    """
    bound, shown = grant.confirmation or {}, confirmation or {}
    for member, value in bound.items():
        if member in shown and (shown[member] == value or not client.is_public):
            continue
        if member != "jkt":
            raise InvalidGrant("refresh_token: bound to a client certificate that did not come")
        if member not in shown:
            raise InvalidRequest("DPoP: missing; the refresh token is bound to a key")
        raise InvalidDpopProof("DPoP: expected a proof by the key that the refresh token is bound to")


def thumbprint(certificate: bytes) -> str:
    """``x5t#S256`` of a certificate in DER (RFC 8705 §3.1)."""
    return base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()
