"""Backchannel authentication requests (CIBA Core 1.0): answered on the person's own pages."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from idp.accounts.account import Account, Accounts
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import TooManyAttempts
from idp.kernel.ids import new_id
from idp.oidc.authorization.core import RequestReader
from idp.oidc.authorization.jar import REQUEST_ALGORITHMS
from idp.oidc.authorization.pings import Pings
from idp.oidc.authorization.request import At, AuthorizationRequest
from idp.oidc.authorization.waiting import asked_by, to_wait
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidBindingMessage, InvalidRequest, UnauthorizedClient, UnknownUserId
from idp.oidc.grants.answered import CibaGrant
from idp.oidc.grants.pending import INTERVAL, Pending, Pendings, Waiting
from idp.oidc.tokens.grant import Grants
from idp.oidc.tokens.handle import new_handle
from idp.oidc.tokens.subject import Subjects
from idp.statute.agency_code import AgencyCodeMalformed, parse_agency_code
from idp.storage.ephemeral import Ephemeral, Space

# What discovery says of it (CIBA Core 1.0 §4).
BACKCHANNEL: dict[str, object] = {
    "backchannel_token_delivery_modes_supported": ["poll", "ping"],
    "backchannel_authentication_request_signing_alg_values_supported": list(REQUEST_ALGORITHMS),
    "backchannel_user_code_parameter_supported": False,
}
HINTS = ("login_hint", "id_token_hint", "login_hint_token")
TTL = timedelta(minutes=5)
LONGEST = timedelta(minutes=10)
LONGEST_MESSAGE = 100
EXPIRY_DIGITS = 9
# One client asking after one person again and again is a nuisance, or a way to tire them into a yes.
ASKED_AT_MOST = 20
WINDOW = timedelta(minutes=15)
_BETWEEN_DIGITS = re.compile(r"[\s.\-]")
_NUMBER = re.compile(r"[0-9]{6,20}")  # of citizens, foreigners and organisations
# CIBA Core 1.0 §7.1, RFC 6750 §2.1.
_NOTIFICATION_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
LONGEST_TOKEN = 1024


class BackchannelRequests:
    """What clients ask people who are not in front of them.

    Whether there is an account is never told: a request for nobody waits like any other until it expires.
    ``spared`` are identity numbers that may be asked after without end: a simulator's people only.
    """

    def __init__(
        self,
        reader: RequestReader,
        pendings: Pendings,
        accounts: Accounts,
        grants: Grants,
        subjects: Subjects,
        pings: Pings,
        ephemeral: Ephemeral,
        audit: AuditLog,
        clock: Clock,
        spared: Collection[str] = (),
    ) -> None:
        self._reader = reader
        self._spared = frozenset(spared)
        self._pendings = pendings
        self._accounts = accounts
        self._grants = grants
        self._subjects = subjects
        self._pings = pings
        self._ephemeral = ephemeral
        self._audit = audit
        self._clock = clock

    def open(self, form: Mapping[str, str], client: Client) -> dict[str, Any]:
        """Let a request wait; the answer to it (CIBA Core 1.0 §7.3).

        Raises:
            OAuthError: as §13 names them.
            TooManyAttempts: this client has asked after this person too often.
        """
        mode = client.metadata.backchannel_token_delivery_mode
        if client.is_public or mode is None:
            raise UnauthorizedClient("this client is not registered for backchannel authentication")
        request, sent = self._reader.read_elsewhere(form, client, At.CIBA)
        message, ttl = _message(sent), _ttl(sent)
        if message is None and not request.details and client.metadata.limits.requires_context:
            # FAPI-CIBA §5.2.2.
            raise InvalidRequest("binding_message: missing, and no authorization_details to tell it by")
        token = _notification_token(sent) if mode == "ping" else None
        account_id = self._account_id(sent, client)
        waiting, now = Waiting(Space.CIBA_REQUEST, new_id()), self._clock()
        handle = new_handle(waiting.id)
        subject = self._subjects.subject(client, account_id)
        if request.hinted_subject not in (None, subject):
            raise InvalidRequest("claims: sub names another person than the hint")
        asked = replace(request, waiting=waiting, hinted_subject=subject, hint=None)
        pending = Pending(
            waiting=waiting,
            client_id=client.client_id,
            secret_hash=handle.hash.hex(),
            asked=to_wait(asked),
            created_at=now,
            expires_at=now + ttl,
            account_id=account_id,
            binding_message=message,
            ping=self._pings.kept(waiting, str(handle), token) if token else None,
        )
        self._pendings.open(pending)
        self._audit.record(
            Event.REQUEST_RECEIVED,
            account_id=account_id,
            client_id=client.client_id,
            grant_type=CibaGrant.GRANT_TYPE,
        )
        answer = {"auth_req_id": str(handle), "expires_in": int(ttl.total_seconds())}
        return answer | {"interval": int(INTERVAL.total_seconds())}

    def of(self, account_id: UUID) -> list[tuple[Pending, AuthorizationRequest]]:
        """The requests that wait for an account's answer, newest first."""
        return [(pending, asked_by(pending)) for pending in self._pendings.of(account_id)]

    def _account_id(self, sent: Mapping[str, str], client: Client) -> UUID:
        """Whom the one hint means; an id that nobody has, where it means nobody who could answer."""
        hints = [name for name in HINTS if sent.get(name)]
        if len(hints) != 1:
            raise InvalidRequest(f"expected exactly one of {', '.join(HINTS)}; came {len(hints)}")
        if hints[0] == "login_hint_token":
            raise InvalidRequest("login_hint_token: not supported; send login_hint or id_token_hint")
        account, number = (self._hinted if hints[0] == "id_token_hint" else self._named)(
            sent[hints[0]], client
        )
        self._count(client, number)
        return account.id if account is not None and account.is_active else new_id()

    def _named(self, hint: str, _client: Client) -> tuple[Account | None, str]:
        number = _read_number(hint)
        return self._accounts.by_number(number), number

    def _hinted(self, hint: str, client: Client) -> tuple[Account | None, str]:
        """Subjects cannot be turned back into accounts: the session that the ID token names leads there."""
        session_id, subject = self._reader.session_of_hint(hint, client)
        account_id = self._grants.account_of_session(session_id, client.client_id) if session_id else None
        if account_id is None or self._subjects.subject(client, account_id) != subject:
            raise UnknownUserId("id_token_hint: too old to tell whom it was issued for")
        account = self._accounts.get(account_id)
        return account, account.number if account is not None else str(account_id)

    def _count(self, client: Client, number: str) -> None:
        """Under the number itself, however it was written and whoever told it, account or none."""
        if number in self._spared:
            return
        asked = self._ephemeral.increment(Space.ATTEMPTS, f"ciba:{client.client_id}:{number}", WINDOW)
        if asked > ASKED_AT_MOST:
            raise TooManyAttempts(WINDOW)


def _read_number(hint: str) -> str:
    """The digits of anybody's number, or an agency's code of letters and digits (Decision 20/2020)."""
    number = _BETWEEN_DIGITS.sub("", hint)
    if _NUMBER.fullmatch(number):
        return number
    try:
        if any(character.isalpha() for character in number) and any(map(str.isdigit, number)):
            return parse_agency_code("".join(hint.split()))
    except AgencyCodeMalformed:
        pass
    raise UnknownUserId("login_hint: expected an identity number of digits, or an agency's code")


def _message(sent: Mapping[str, str]) -> str | None:
    message = sent.get("binding_message") or None
    if message is not None and (len(message) > LONGEST_MESSAGE or not message.isprintable()):
        raise InvalidBindingMessage(f"binding_message: expected up to {LONGEST_MESSAGE} printable characters")
    return message


def _ttl(sent: Mapping[str, str]) -> timedelta:
    asked = sent.get("requested_expiry") or None
    if asked is None:
        return TTL
    if not (asked.isascii() and asked.isdigit() and len(asked) <= EXPIRY_DIGITS and int(asked) > 0):
        raise InvalidRequest("requested_expiry: expected a number of seconds above 0")
    return min(timedelta(seconds=int(asked)), LONGEST)


def _notification_token(sent: Mapping[str, str]) -> str:
    token = sent.get("client_notification_token") or ""
    if len(token) > LONGEST_TOKEN or not _NOTIFICATION_TOKEN.fullmatch(token):
        raise InvalidRequest(
            f"client_notification_token: expected a bearer token of at most {LONGEST_TOKEN} characters"
        )
    return token
