"""The relying party: everything the portal says to the provider, and everything it checks of the answers.

Authlib makes the requests, PKCE, state and nonce, and verifies the ID token's signature, ``iss``, ``aud``,
``exp`` and ``nonce``. What it leaves to the site is done here, each with its section.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, request, session
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException
from werkzeug.wrappers import Response

from clients.portal.memory import Memory
from clients.portal.refusals import Reason, SignInRefused, refusal_for
from clients.portal.settings import Settings
from clients.portal.visits import Need, Visit, acr_of, is_fresh, level_of

SCOPE = "openid profile phone"
TIMEOUT_SECONDS = 5
CLOCK_LEEWAY_SECONDS = 60
MOST_PENDING = 5
STATE_KEYS = "_state_provider_"
LOGOUT_TYPE = "logout+jwt"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Why a person was sent to sign in: what the portal needs, and to which of its paths they return.

    ``back_to`` is always written by the portal itself, never taken from an address.
    """

    need: Need
    back_to: str = "/"

    def to_json(self) -> dict[str, object]:
        max_age = self.need.max_age
        return {
            "level": self.need.level,
            "max_age": None if max_age is None else int(max_age.total_seconds()),
            "back_to": self.back_to,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Errand":
        max_age = kept["max_age"]
        need = Need(level=kept["level"], max_age=None if max_age is None else timedelta(seconds=max_age))
        return cls(need=need, back_to=kept["back_to"])


class NoticeRefused(Exception):
    """A sign-out notice that is none of the provider's, or none for this site."""


class RelyingParty:
    """The portal as the provider knows it: one registered client."""

    def __init__(self, app: Flask, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        # The cache keeps nonce and PKCE verifier on this side; the browser's cookie holds only the state.
        oauth = OAuth(app, cache=Memory[str]())
        self._client = oauth.register(
            "provider",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=settings.metadata_url,
            client_kwargs={
                "scope": SCOPE,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic",
                "default_timeout": TIMEOUT_SECONDS,
            },
        )

    def send_to_sign_in(self, errand: Errand, language: str) -> Response:
        """Redirect to the provider, asking for the level that the errand needs.

        Raises:
            SignInRefused: the provider does not answer.
        """
        need = errand.need
        asked: dict[str, object] = {"acr_values": acr_of(need.level), "ui_locales": language}
        if need.max_age is not None:
            # acr_values is a wish. Essential makes the provider answer with an error rather than with
            # less than was asked (OIDC Core 1.0 §5.5.1.1).
            acr = {"essential": True, "values": [acr_of(need.level)]}
            asked["claims"] = json.dumps({"id_token": {"acr": acr}})
            asked["max_age"] = int(need.max_age.total_seconds())
        self._require_provider(errand)
        made = self._client.create_authorization_url(self._settings.redirect_uri, **asked)
        _forget_old_requests()
        self._client.save_authorize_data(
            redirect_uri=self._settings.redirect_uri, errand=errand.to_json(), **made
        )
        return redirect(made["url"], 303)

    def receive(self) -> tuple[Errand, dict[str, Any]]:
        """Read the answer at the redirect URI: what was asked, and the tokens with verified ``userinfo``.

        ``userinfo`` holds the ID token's claims (Authlib's name for them).

        Raises:
            SignInRefused: anything at all is not as it should be.
        """
        errand = self._errand_of_this_browser()
        try:
            self._check_issuer(errand)
            error = request.args.get("error")
            if error:
                raise refusal_for(error, request.args.get("error_description", ""), errand.back_to)
            return errand, self._redeem(errand)
        finally:
            # One answer for one request: whatever came of it, the same state is never taken twice.
            self._client.framework.clear_state_data(session, request.args["state"])

    def fetch_person(self, access_token: str, subject: str) -> dict[str, Any]:
        """What UserInfo says of the person the access token stands for.

        Raises:
            SignInRefused: ``ended`` when the provider no longer honours the token, ``unreachable`` when it is
                silent, ``untrusted`` when it speaks of somebody else.
        """
        try:
            # Authlib would follow `userinfo()` with an exception for 401 that hides the status.
            endpoint = self._client.load_server_metadata()["userinfo_endpoint"]
            token = {"access_token": access_token, "token_type": "Bearer"}
            answer = self._client.get(endpoint, token=token)
            if answer.status_code in {401, 403}:
                raise SignInRefused(Reason.ENDED, detail=f"userinfo {answer.status_code}")
            answer.raise_for_status()
            person = answer.json()
        except (RequestException, ValueError, KeyError) as fault:
            raise SignInRefused(Reason.UNREACHABLE, detail=type(fault).__name__) from fault
        # OIDC Core 1.0 §5.3.2: a different sub means that somebody swapped tokens.
        if not isinstance(person, dict) or person.get("sub") != subject:
            raise SignInRefused(Reason.UNTRUSTED, detail="userinfo speaks of another subject")
        return person

    def sign_out_url(self, visit: Visit, language: str) -> str | None:
        """Where the provider signs the person out too (RP-Initiated Logout 1.0 §2).

        None when the provider is silent or offers no such address: then the person is signed out here only.
        """
        try:
            made = self._client.create_logout_url(
                post_logout_redirect_uri=self._settings.signed_out_uri,
                id_token_hint=visit.id_token,
                client_id=self._settings.client_id,
                ui_locales=language,
            )
        except (RequestException, ValueError, RuntimeError):
            return None
        self._client.framework.set_state_data(session, made["state"], {"signed_out": True})
        return str(made["url"])

    def is_signed_out_answer(self) -> bool:
        """Whether this browser comes back from a sign-out that it began here."""
        try:
            return bool(self._client.validate_logout_response().get("signed_out"))
        except OAuthError:
            return False

    def read_notice(self, token: str) -> tuple[str | None, str | None]:
        """Who is signed out, and in which session: ``sub`` and ``sid``, one of which may be missing.

        The checks are those of Back-Channel Logout 1.0 §2.6. A notice that comes again ends nothing twice.

        Raises:
            NoticeRefused.
        """
        try:
            decoded = self._decoded(token)
            jwt.JWTClaimsRegistry(
                leeway=CLOCK_LEEWAY_SECONDS,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.client_id},
                iat={"essential": True},
                exp={"essential": True},
                jti={"essential": True},
            ).validate(decoded.claims)
        except (JoseError, RequestException, RuntimeError, ValueError) as fault:
            raise NoticeRefused(type(fault).__name__) from fault
        events = decoded.claims.get("events")
        is_notice = isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict)
        # An ID token has a nonce: it must never pass for a notice.
        if decoded.header.get("typ") != LOGOUT_TYPE or not is_notice or "nonce" in decoded.claims:
            raise NoticeRefused("no logout token")
        subject, session_id = decoded.claims.get("sub"), decoded.claims.get("sid")
        named = [each for each in (subject, session_id) if each is not None]
        if not named or not all(isinstance(each, str) for each in named):
            raise NoticeRefused("names nobody")
        return subject, session_id

    def _decoded(self, token: str) -> jwt.Token:
        """A signed token, its signature verified; keys that we do not know yet are fetched once."""
        offered = self._client.load_server_metadata().get("id_token_signing_alg_values_supported", ["RS256"])
        # Neither `none` nor a shared secret vouches for a notice.
        algorithms = [alg for alg in offered if alg != "none" and not alg.startswith("HS")]
        registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
        try:
            return jwt.decode(token, KeySet.import_key_set(self._client.fetch_jwk_set()), registry=registry)
        except InvalidKeyIdError:
            keys = KeySet.import_key_set(self._client.fetch_jwk_set(force=True))
            return jwt.decode(token, keys, registry=registry)

    def _errand_of_this_browser(self) -> Errand:
        repeated = any(len(values) > 1 for _, values in request.args.lists())
        state = request.args.get("state")
        kept = self._client.framework.get_state_data(session, state) if state and not repeated else None
        if not kept or "errand" not in kept:
            raise SignInRefused(Reason.STALE, detail="no such state in this browser")
        return Errand.from_json(kept["errand"])

    def _check_issuer(self, errand: Errand) -> None:
        """RFC 9207 §2.4: the answer must come from the provider that was asked."""
        issuers = {request.args.get("iss"), self._require_provider(errand)["issuer"]}
        if issuers != {self._settings.issuer}:
            raise SignInRefused(Reason.UNTRUSTED, errand.back_to, detail="another issuer answered")

    def _redeem(self, errand: Errand) -> dict[str, Any]:
        try:
            tokens = self._client.authorize_access_token(
                # Authlib alone takes any audience as long as azp is ours.
                claims_options={
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                },
                leeway=CLOCK_LEEWAY_SECONDS,
            )
        except RequestException as fault:
            raise SignInRefused(Reason.UNREACHABLE, errand.back_to, detail="token endpoint") from fault
        except (OAuthError, JoseError, ValueError, KeyError) as fault:
            detail = getattr(fault, "error", type(fault).__name__)
            raise SignInRefused(Reason.UNTRUSTED, errand.back_to, detail=f"token: {detail}") from fault
        # Without this line an answer that merely lacks its ID token would count as signed in.
        if "userinfo" not in tokens:
            raise SignInRefused(Reason.UNTRUSTED, errand.back_to, detail="token: no id_token")
        self._check_level(errand, tokens["userinfo"])
        return dict(tokens)

    def _check_level(self, errand: Errand, id_claims: Mapping[str, Any]) -> None:
        if level_of(id_claims.get("acr")) < errand.need.level:
            raise SignInRefused(Reason.LEVEL_TOO_LOW, errand.back_to, detail="acr below what was asked")
        if not is_fresh(id_claims, errand.need, self._clock()):
            raise SignInRefused(Reason.TOO_OLD, errand.back_to, detail="auth_time before max_age")

    def _require_provider(self, errand: Errand) -> Mapping[str, Any]:
        try:
            metadata: Mapping[str, Any] = self._client.load_server_metadata()
        except (RequestException, ValueError) as fault:
            raise SignInRefused(Reason.UNREACHABLE, errand.back_to, detail="discovery") from fault
        # OIDC Discovery 1.0 §4.3; Authlib does not compare them.
        if metadata.get("issuer") != self._settings.issuer:
            raise SignInRefused(Reason.MISCONFIGURED, errand.back_to, detail="discovery: other issuer")
        return metadata


def _forget_old_requests() -> None:
    """Keep the cookie small when somebody begins again and again without ever coming back."""
    pending = [name for name in session if name.startswith(STATE_KEYS)]
    for name in pending[: max(0, len(pending) - MOST_PENDING + 1)]:
        session.pop(name)
