"""The least that a relying party can sign in at: five endpoints on a real port, and lies on demand."""

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

CLIENT_ID = "portal"
CLIENT_SECRET = "a-secret-of-the-test"
PERSON = {
    "sub": "pairwise-1",
    "name": "Nguyễn Thị Minh An",
    "family_name": "Nguyễn",
    "middle_name": "Thị Minh",
    "given_name": "An",
    "birthdate": "1994-03-09",
    "gender": "female",
    "phone_number": "+84912345678",
    "phone_number_verified": True,
    "zoneinfo": "Asia/Ho_Chi_Minh",
    "updated_at": 1790000000,
}


@dataclass
class Lies:
    """What the next answers say instead of the truth."""

    id_claims: dict = field(default_factory=dict)
    token: dict = field(default_factory=dict)
    person: dict = field(default_factory=dict)
    userinfo_status: int = 200
    foreign_key: bool = False
    expires_in: int = 300


class FakeProvider:
    """Says yes to everybody. ``asked`` holds what the last authorization request asked."""

    def __init__(self):
        self.key = ECKey.generate_key("P-256", {"kid": "now", "use": "sig", "alg": "ES256"})
        self.lies = Lies()
        self.asked = {}
        self.codes = {}
        self.access_tokens = set()
        self.sign_outs = []
        self.error = None
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, location, *, level=2, proven_ago=0, **changes):
        """Sign somebody in for the request at ``location``: the query of the redirect back to the client."""
        self.asked = dict(parse_qsl(urlsplit(location).query))
        code = secrets.token_urlsafe(16)
        now = int(time.time())
        id_claims = {
            "iss": self.issuer,
            "sub": PERSON["sub"],
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "auth_time": now - proven_ago,
            "nonce": self.asked["nonce"],
            "acr": f"urn:dinhdanh:aal:{level}",
            "amr": ["pwd"] if level == 1 else ["pwd", "otp", "mfa"],
            "account_level": "02",
            "sid": secrets.token_urlsafe(8),
        } | self.lies.id_claims
        self.codes[code] = (
            self.asked,
            {name: value for name, value in id_claims.items() if value is not None},
        )
        answer = {"code": code, "state": self.asked["state"], "iss": self.issuer} | changes
        return urlencode({name: value for name, value in answer.items() if value is not None})

    def refusal(self, location, error, **changes):
        """The query of an error redirect."""
        asked = dict(parse_qsl(urlsplit(location).query))
        answer = {"error": error, "error_description": "for developers only"} | changes
        return urlencode({"state": asked["state"], "iss": self.issuer} | answer)

    def _app(self):
        app = Flask("fake provider")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._metadata)
        app.add_url_rule("/jwks", view_func=lambda: {"keys": [self.key.as_dict(private=False)]})
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/userinfo", view_func=self._userinfo)
        app.add_url_rule("/logout", view_func=self._logout)
        return app

    def _metadata(self):
        ends = {
            "authorization": "authorize",
            "token": "token",
            "userinfo": "userinfo",
            "end_session": "logout",
        }
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            "authorization_response_iss_parameter_supported": True,
        } | {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in ends.items()}

    def _authorize(self):
        level = int(request.args["acr_values"][-1])
        query = self.refusal(request.url, self.error) if self.error else self.answer(request.url, level=level)
        return redirect(f"{request.args['redirect_uri']}?{query}")

    def _token(self):
        asked, id_claims = self.codes.pop(request.form["code"], ({}, {}))
        challenge = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        sent = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        client = request.authorization
        if client is None or (client.username, client.password) != (CLIENT_ID, CLIENT_SECRET):
            return jsonify(error="invalid_client"), 401
        if sent != asked.get("code_challenge") or request.form["redirect_uri"] != asked["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        key = ECKey.generate_key("P-256", {"kid": "now"}) if self.lies.foreign_key else self.key
        access_token = secrets.token_urlsafe(16)
        self.access_tokens.add(access_token)
        tokens = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.lies.expires_in,
            "id_token": jwt.encode({"alg": "ES256", "kid": "now", "typ": "JWT"}, id_claims, key),
        } | self.lies.token
        return {name: value for name, value in tokens.items() if value is not None}

    def _userinfo(self):
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.access_tokens:
            return jsonify(error="invalid_token"), 401
        return PERSON | self.lies.person, self.lies.userinfo_status

    def _logout(self):
        self.sign_outs.append(request.args.to_dict())
        back = {"state": request.args["state"]}
        return redirect(f"{request.args['post_logout_redirect_uri']}?{urlencode(back)}")
