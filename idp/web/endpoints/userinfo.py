"""GET and POST /userinfo."""

from flask import Response, request
from flask.views import MethodView

from idp.oidc.errors import InvalidToken, TokenMisplaced, TokenMissing
from idp.oidc.tokens.userinfo import UserInfo as Claims
from idp.web.http import FORM, as_json, read_form, read_query

MISSING = "no access token: send Authorization: Bearer"


class UserInfo(MethodView):
    """Claims about the account (OIDC Core 1.0 §5.3). The token comes in one place, never in the query."""

    init_every_request = False

    def __init__(self, claims: Claims) -> None:
        self._claims = claims

    def get(self) -> Response:
        _refuse_query()
        return as_json(self._claims.claims(_header() or _missing()))

    def post(self) -> Response:
        _refuse_query()
        form = read_form() if request.mimetype == FORM else {}
        in_header, in_body = _header(), form.get("access_token")
        if in_header and in_body:
            raise TokenMisplaced("the access token came twice: send it once")
        return as_json(self._claims.claims(in_header or in_body or _missing()))


def _refuse_query() -> None:
    if "access_token" in read_query():
        raise TokenMisplaced("access_token: never in the query (RFC 9700 4.3.2); send Authorization: Bearer")


def _missing() -> str:
    raise TokenMissing(MISSING)


def _header() -> str | None:
    """The token of ``Authorization: Bearer`` (RFC 6750 §2.1); ``None`` without the header."""
    value = request.headers.get("Authorization")
    if value is None:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Authorization: expected the scheme Bearer and a token")
    return token.strip()
