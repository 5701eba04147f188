"""/simulator/...: what the simulator does by URL, for developers and conformance runs. Nowhere else."""

import re
from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import uuid4

from flask import Response
from flask.views import MethodView

from idp.accounts.account import Accounts
from idp.accounts.kinds import Kind
from idp.assurance import Factor, Proof
from idp.audit.events import Event
from idp.audit.log import AuditLog
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.shifted import ShiftedClock
from idp.keyring.keyring import Keyring
from idp.oidc.authorization.completion import Completion
from idp.oidc.authorization.waiting import asked_by
from idp.oidc.clients.client import Clients
from idp.oidc.error_guide import GUIDE
from idp.oidc.errors import AccessDenied, InsufficientScope, InvalidRequest, OAuthError, came
from idp.oidc.grants.pending import Pending, Pendings, Waiting
from idp.oidc.sessions.session import Sessions
from idp.oidc.tokens.handle import read_handle
from idp.oidc.tokens.step_up import Demand, read_demand
from idp.storage.ephemeral import Ephemeral, Space
from idp.web.endpoints.userinfo import UserInfo
from idp.web.http import as_json, incoming, read_form, read_query

ACTOR = "simulator"
INTERACTION = "x-fapi-interaction-id"
OURS = "/simulator"
RESOURCE = f"{OURS}/resource"  # for pages of other sites as well, with a token
UNAVAILABLE = "temporarily_unavailable"
MANY = 12  # digits
LONGEST_SHIFT = 10 * 366 * 24 * 3600  # seconds
TIMES = tuple(str(number) for number in range(1, 101))
FAULT_LASTS = timedelta(minutes=10)
_HERE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
STATUSES = frozenset({"400", "401", "403", "429", "500"})


def _sent() -> dict[str, str]:
    """What a POST says, in its query or as a form; test plans post to an address and send no body."""
    return read_query() | (read_form() if incoming().content_length else {})


class RotateKeys(MethodView):
    """The next keys sign from now on. By GET as well, so that a test plan can name the address."""

    init_every_request = False

    def __init__(self, keyring: Keyring, audit: AuditLog) -> None:
        self._keyring = keyring
        self._audit = audit

    def get(self) -> Response:
        return self.post()

    def post(self) -> Response:
        current = self._keyring.rotate(force=True)
        for key in current:
            self._audit.record(Event.KEY_ROTATED, kid=key.kid, alg=key.alg, actor=ACTOR)
        return as_json({"current": [{"kid": key.kid, "alg": key.alg} for key in current]})


class Resource(UserInfo):
    """A protected resource, open to whom UserInfo is: to bearers, and holders of keys and certificates.

    And to tokens without ``openid``, or for no account: to them it has nothing to tell. ``acr_values`` and
    ``max_age`` in its query are what it asks of the sign-in behind the token (RFC 9470).
    """

    def _demand(self) -> Demand:
        return read_demand(read_query())

    def _answer(self, token: str, scheme: str) -> Response:
        try:
            response = super()._answer(token, scheme)
        except InsufficientScope:
            response = as_json({})
        # FAPI 1.0 Baseline §6.2.1: the one that came, or a new one.
        response.headers[INTERACTION] = incoming().headers.get(INTERACTION) or str(uuid4())
        return response


class ShiftClock(MethodView):
    """The provider's time from now on: ``shift`` seconds ahead of the machine's; ``-60`` is behind."""

    init_every_request = False

    def __init__(self, clock: ShiftedClock) -> None:
        self._clock = clock

    def get(self) -> Response:
        return self._shifted(read_query())

    def post(self) -> Response:
        return self._shifted(_sent())

    def _shifted(self, sent: dict[str, str]) -> Response:
        asked = sent.get("shift")
        if asked is not None:
            digits = asked.removeprefix("-")
            if not (digits.isascii() and digits.isdigit()) or int(digits[:MANY]) > LONGEST_SHIFT:
                raise InvalidRequest(f"shift: expected up to {LONGEST_SHIFT} seconds{came(asked)}")
            self._clock.shift = int(asked)
        return as_json({"shift": self._clock.shift, "now": self._clock().isoformat()})


class Fault(MethodView):
    """Errors on demand: the next ``times`` requests to ``path`` are answered with ``error``."""

    init_every_request = False

    def __init__(self, ephemeral: Ephemeral, api_paths: Collection[str]) -> None:
        self._ephemeral = ephemeral
        self._api_paths = api_paths

    def get(self) -> Response:
        return self._set(read_query())

    def post(self) -> Response:
        return self._set(_sent())

    def _set(self, sent: dict[str, str]) -> Response:
        path, error, times = sent.get("path", ""), sent.get("error", ""), sent.get("times", "1")
        if not path.startswith("/") or path.startswith(OURS):
            raise InvalidRequest(f"path: expected an address of ours, as in /token{came(path)}")
        if error not in GUIDE:
            raise InvalidRequest(f"error: expected one of those explained at /errors{came(error)}")
        if path not in self._api_paths and error != UNAVAILABLE:
            raise InvalidRequest(f"error: a page only fails with {UNAVAILABLE}{came(error)}")
        if times not in TIMES:
            raise InvalidRequest(f"times: expected 1 to {len(TIMES)}{came(times)}")
        self._ephemeral.take(Space.SIMULATED_FAULT, path)
        self._ephemeral.put(Space.SIMULATED_FAULT, path, f"{times} {error}".encode(), FAULT_LASTS)
        return as_json({"path": path, "error": error, "times": int(times)})


def refuse_other_sites() -> None:
    """Programs steer, and developers who type an address: no page that they happen to visit.

    Browsers say by themselves where a request comes from (Fetch Metadata). Our own pages steer nothing
    either, for what they show may be an attacker's: a client's logo, a frame at sign-out, the way back to it.
    What says nothing is a program, or a browser that was led here under a foreign name, which ``Host`` tells.
    Not told apart are browsers of before 2023, and a link in a mail: of invented people alone.
    """
    request = incoming()
    if not request.path.startswith(f"{OURS}/") or request.path == RESOURCE:
        return
    if request.headers.get("Sec-Fetch-Site", "none") != "none":
        raise AccessDenied("Sec-Fetch-Site: pages do not steer a simulator; type the address", status=403)
    if not _HERE.fullmatch(request.host):
        raise AccessDenied("Host: a simulator is steered as localhost alone", status=403)


def failing(ephemeral: Ephemeral) -> Callable[[], None]:
    """What to ask before each request of a simulator: whether it is to fail."""

    def fail() -> None:
        entry = ephemeral.get(Space.SIMULATED_FAULT, incoming().path)
        if entry is None:
            return
        times, _, error = entry.value.decode().partition(" ")
        left = int(times) - 1
        if left:
            ephemeral.replace(
                Space.SIMULATED_FAULT, incoming().path, f"{left} {error}".encode(), entry.version, FAULT_LASTS
            )
        else:
            ephemeral.take(Space.SIMULATED_FAULT, incoming().path)
        if error == UNAVAILABLE:
            raise Unavailable(ACTOR)
        status = next(
            (int(word) for word in GUIDE[error].status.replace(",", " ").split() if word in STATUSES), 400
        )
        raise OAuthError("asked for at /simulator/fault", error, status)

    return fail


class AnswerCiba(MethodView):
    """Says yes or no to a backchannel request for the person who was asked (``action=allow`` or ``deny``).

    As if that person had signed in with password and code app, or with the password alone where level 1 was
    asked for, and agreed to everything.
    """

    init_every_request = False

    def __init__(
        self,
        pendings: Pendings,
        accounts: Accounts,
        clients: Clients,
        sessions: Sessions,
        completion: Completion,
        clock: Clock,
    ) -> None:
        self._pendings = pendings
        self._accounts = accounts
        self._clients = clients
        self._sessions = sessions
        self._completion = completion
        self._clock = clock

    def get(self) -> Response:
        return self._answered(read_query())

    def post(self) -> Response:
        return self._answered(_sent())

    def _answered(self, sent: dict[str, str]) -> Response:
        pending = self._pending(sent.get("auth_req_id", ""))
        action = sent.get("action")
        if action == "deny":
            self._completion.refuse(asked_by(pending), AccessDenied("the person refused"))
        elif action == "allow":
            self._allow(pending)
        else:
            raise InvalidRequest("action: expected allow or deny")
        return as_json({"action": action})

    def _pending(self, auth_req_id: str) -> Pending:
        handle = read_handle(auth_req_id)
        pending = self._pendings.open_to(Waiting(Space.CIBA_REQUEST, handle.owner)) if handle else None
        if handle is None or pending is None or pending.secret_hash != handle.hash.hex():
            raise InvalidRequest("auth_req_id: unknown, expired or answered")
        return pending

    def _allow(self, pending: Pending) -> None:
        account = self._accounts.get(pending.account_id) if pending.account_id else None
        if account is None or not account.is_active or account.kind is Kind.ORGANISATION:
            raise InvalidRequest("auth_req_id: asks somebody who has no active account to sign in with")
        now, asked = self._clock(), asked_by(pending)
        client = self._clients.find(pending.client_id)
        proofs: tuple[Proof, ...] = (
            Proof("password", frozenset({Factor.KNOWLEDGE}), ("pwd",), now),
            Proof("totp", frozenset({Factor.POSSESSION}), ("otp",), now),
        )
        if asked.levels[0] == 1:
            proofs = proofs[:1]  # no more than was asked for, so that acr is what was asked for
        session, _ = self._sessions.begin(account.id, proofs, ACTOR)
        self._completion.allow(
            asked,
            account_id=account.id,
            session_id=session.id,
            proofs=proofs,
            claims=frozenset(claim.name for claim in asked.claims.individual()),
            purpose=client.metadata.purposes[0] if client else None,
        )
