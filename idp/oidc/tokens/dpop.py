"""DPoP proofs (RFC 9449): that whoever sends a request holds the key that its tokens are bound to."""

import base64
import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlsplit

from idp.kernel.clock import Clock
from idp.keyring.jose import BadToken, verify_by_own_key
from idp.oidc.clients.authentication import Presented
from idp.oidc.clients.metadata import ClientMetadata
from idp.oidc.errors import UNAUTHORIZED, InvalidDpopProof, UseDpopNonce
from idp.storage.ephemeral import Ephemeral, Space

# What OpenID's high-security profiles allow (FAPI 2.0 §5.4.1).
ALGORITHMS = ("ES256", "PS256", "EdDSA", "Ed25519")
TYPE = "dpop+jwt"
WINDOW = timedelta(seconds=60)  # how old a proof may be
AHEAD = timedelta(seconds=30)  # and how far ahead its sender's clock: FAPI 2.0 asks for 10 at least
SLOT = timedelta(minutes=5)  # a nonce is good for its slot and the next
MAX_JTI = 255
_PORTS = {"https": 443, "http": 80}


class DpopProofs:
    """Checks proofs, each good for one request. Nonces are MACs over the time: nothing is stored for them.

    Args:
        needs_nonce: whether every proof must bear a nonce of ours (§8), unless its client is registered
            otherwise. Where it need not, one that does must still bear a fresh one.
    """

    def __init__(self, key: bytes, ephemeral: Ephemeral, clock: Clock, *, needs_nonce: bool = False) -> None:
        self._key = key
        self._ephemeral = ephemeral
        self._clock = clock
        self._needs_nonce = needs_nonce

    def thumbprint(
        self, client: ClientMetadata, presented: Presented, access_token: str | None = None
    ) -> str:
        """The thumbprint (``jkt``) of the key whose holder sends this request, spending the proof.

        Args:
            client: whose request it is.
            access_token: the token that comes along, at a resource; its hash must be in the proof.

        Raises:
            InvalidDpopProof: anything that §4.3 asks is wrong, or the proof came before.
            UseDpopNonce: the nonce is not ours, too old, or missing where it must not.
            Unavailable: nobody remembers which proofs came before.
        """
        status = UNAUTHORIZED if access_token is not None else None
        try:
            claims, jkt = verify_by_own_key(presented.dpop or "", ALGORITHMS, TYPE)
        except BadToken as bad:
            raise InvalidDpopProof(f"DPoP: not a proof ({bad.reason})", status=status) from None
        wrong = self._fault(claims, presented, access_token)
        if wrong is not None:
            raise InvalidDpopProof(f"DPoP: {wrong}", status=status)
        nonce, asked = claims.get("nonce"), client.dpop_nonce_required
        if nonce is None and (self._needs_nonce if asked is None else asked):
            raise UseDpopNonce("DPoP: a nonce of this server is asked for", self.nonce(), status)
        if nonce is not None and not self._is_fresh(nonce):
            raise UseDpopNonce("DPoP: the nonce is not of this server or too old", self.nonce(), status)
        # Remembered longer than any proof is good for.
        if self._ephemeral.increment(Space.DPOP_JTI, f"{jkt}:{claims['jti']}", 2 * (WINDOW + AHEAD)) != 1:
            raise InvalidDpopProof("DPoP: this proof was used before", status=status)
        return jkt

    def nonce(self) -> str:
        """A nonce that is good for five to ten minutes, at every process of ours."""
        return self._nonce_of(self._slot())

    def _fault(self, claims: dict[str, object], presented: Presented, access_token: str | None) -> str | None:
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 1 <= len(jti) <= MAX_JTI:
            return f"jti: expected a string of at most {MAX_JTI} characters"
        if claims.get("htm") != presented.method:
            return f"htm: expected {presented.method}"
        if not any(_is_same_address(claims.get("htu"), url) for url in presented.urls):
            return f"htu: expected {presented.url}"
        wrong = _fault_of_time(claims, self._clock().timestamp())
        if wrong is not None:
            return wrong
        if access_token is not None and claims.get("ath") != _hash(access_token):
            return "ath: expected the hash of the access token"
        return None

    def _slot(self) -> int:
        return int(self._clock().timestamp() // SLOT.total_seconds())

    def _nonce_of(self, slot: int) -> str:
        return _encoded(hmac.digest(self._key, slot.to_bytes(8), "sha256")[:16])

    def _is_fresh(self, nonce: object) -> bool:
        if not isinstance(nonce, str) or not nonce.isascii():
            return False
        slot = self._slot()
        return any(hmac.compare_digest(nonce, self._nonce_of(each)) for each in (slot, slot - 1))


def _fault_of_time(claims: dict[str, object], now: float) -> str | None:
    """Whether a proof is of now; ``exp`` and ``nbf`` are nobody's duty, but hold (RFC 7519 §4.1.4)."""
    times: dict[str, float | None] = {}
    for name in ("iat", "exp", "nbf"):
        at = claims.get(name)
        if isinstance(at, bool) or not isinstance(at, int | float | None):
            return f"{name}: expected the time in seconds"
        times[name] = at
    iat, exp, nbf = times["iat"], times["exp"], times["nbf"]
    if iat is None:
        return "iat: expected the time in seconds"
    ahead = AHEAD.total_seconds()
    if not now - WINDOW.total_seconds() <= iat <= now + ahead:
        return f"iat: expected the time now, {int(now)}, or up to 60 seconds before"
    if exp is not None and exp <= now - ahead:
        return "exp: it has expired"
    if nbf is not None and nbf > now + ahead:
        return "nbf: lies in the future"
    return None


def _is_same_address(htu: object, url: str) -> bool:
    """Whether two addresses are one, query and fragment aside (§4.3), scheme and host in any case."""
    if not isinstance(htu, str) or not htu.isascii():
        return False
    try:
        return _normal(htu) == _normal(url)
    except ValueError:
        return False


def _normal(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme), parts.path


def _hash(access_token: str) -> str:
    return _encoded(hashlib.sha256(access_token.encode()).digest())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
