"""GET and POST /userinfo."""

from flask import Response
from flask.views import MethodView

from idp.oidc.errors import InvalidToken, TokenMisplaced, TokenMissing
from idp.oidc.tokens.dpop import DpopProofs
from idp.oidc.tokens.step_up import Demand
from idp.oidc.tokens.userinfo import ANY
from idp.oidc.tokens.userinfo import UserInfo as Claims
from idp.web.http import FORM, as_json, incoming, read_form, read_query
from idp.web.presented import Presenting

MISSING = "no access token: send Authorization: Bearer, or DPoP for one that is bound to a key"
SCHEMES = ("bearer", "dpop")


class UserInfo(MethodView):
    """Claims about the account (OIDC Core 1.0 §5.3). The token comes in one place, never in the query."""

    init_every_request = False

    def __init__(self, claims: Claims, presented: Presenting, proofs: DpopProofs) -> None:
        self._claims = claims
        self._presented = presented
        self._proofs = proofs

    def get(self) -> Response:
        _refuse_query()
        scheme, token = _header() or _missing()
        return self._answer(token, scheme)

    def post(self) -> Response:
        _refuse_query()
        form = read_form() if incoming().mimetype == FORM else {}
        in_header, in_body = _header(), form.get("access_token")
        if in_header and in_body:
            raise TokenMisplaced("the access token came twice: send it once")
        scheme, token = in_header or (("bearer", in_body) if in_body else _missing())
        return self._answer(token, scheme)

    def _demand(self) -> Demand:
        """What is asked of the sign-in behind the token: nothing."""
        return ANY

    def _answer(self, token: str, scheme: str) -> Response:
        presented = self._presented()
        answer = self._claims.answer(token, presented, scheme, self._demand())
        response = as_jwt(answer) if isinstance(answer, str) else as_json(answer)
        if scheme == "dpop":
            response.headers["DPoP-Nonce"] = self._proofs.nonce()
        return response


def as_jwt(answer: str) -> Response:
    """Signed claims that nobody keeps (OIDC Core 1.0 §5.3.2)."""
    response = Response(answer, mimetype="application/jwt")
    response.headers["Cache-Control"] = "no-store"
    return response


def _refuse_query() -> None:
    if "access_token" in read_query():
        raise TokenMisplaced("access_token: never in the query (RFC 9700 4.3.2); send Authorization: Bearer")


def _missing() -> tuple[str, str]:
    raise TokenMissing(MISSING)


def _header() -> tuple[str, str] | None:
    """Scheme and token of ``Authorization`` (RFC 6750 §2.1, RFC 9449 §7.1); ``None`` without the header."""
    value = incoming().headers.get("Authorization")
    if value is None:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() not in SCHEMES or not token.strip():
        raise InvalidToken("Authorization: expected the scheme Bearer or DPoP, and a token")
    return scheme.lower(), token.strip()
