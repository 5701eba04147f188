"""An authorization request: while the rules read it, and as they leave it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Flag, StrEnum, auto
from typing import Any

from idp.oidc.authorization.response_modes import RESPONSE_MODES
from idp.oidc.clients.client import Client
from idp.oidc.errors import InvalidRequest
from idp.oidc.grants.pending import Waiting
from idp.oidc.tokens.claims import ClaimsRequest

PUSHED = "urn:ietf:params:oauth:request_uri:"  # RFC 9126 §2.2


class At(Flag):
    """Where a request arrives: rules hold at one door or at several."""

    AUTHORIZE = auto()
    PAR = auto()
    DEVICE = auto()
    CIBA = auto()


class Prompt(StrEnum):
    """What the client wants the person to be asked (OIDC Core 1.0 §3.1.2.1)."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request that passed every rule.

    ``levels`` are the authentication levels that would do, the most wanted first; ``is_level_essential``
    says that any lower one is an error. ``hint`` is what the client thinks the person will type;
    ``hinted_subject`` is the only one who may answer: by an ``id_token_hint`` of ours or the claim ``sub``.
    ``waiting`` says where the answer is waited for, if not at ``redirect_uri``, which is empty then.
    ``mandate_roles`` are those of which the person must act in one, for somebody; ``None``: none need be.
    ``details`` are the acts it asks to be allowed (RFC 9396); they are asked about every time.
    ``request_uri`` is the reference to it where it was pushed.
    """

    client_id: str
    redirect_uri: str
    response_mode: str
    state: str | None
    nonce: str | None
    scope: tuple[str, ...]
    claims: ClaimsRequest
    code_challenge: str
    prompt: frozenset[Prompt]
    max_age: timedelta | None
    levels: tuple[int, ...]
    is_level_essential: bool
    hint: str | None = field(default=None, repr=False)
    hinted_subject: str | None = None
    ui_locales: str | None = None
    dpop_jkt: str | None = None
    waiting: Waiting | None = None
    request_uri: str | None = None
    details: tuple[Mapping[str, Any], ...] = ()
    resources: tuple[str, ...] = ()
    mandate_roles: tuple[str, ...] | None = None

    @property
    def is_silent(self) -> bool:
        """No page may be shown."""
        return Prompt.NONE in self.prompt

    @property
    def asks_fresh(self) -> bool:
        """The person is to prove themself anew, whatever the browser's session says."""
        return bool(self.prompt & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT})


@dataclass(slots=True, kw_only=True)
class Draft:
    """A request while the rules read it. Each rule fills in what it has established."""

    parameters: Mapping[str, str]
    find_client: Callable[[str], Client | None]
    subject_of_hint: Callable[[str, Client], str]
    default_level: int
    find_pushed: Callable[[str], AuthorizationRequest | None]
    read_request_object: Callable[[Client, str], tuple[Mapping[str, str], bool]]
    fetch_request_object: Callable[[Client, str], tuple[Mapping[str, str], bool]]
    check_encryptable: Callable[[Client, str], None]
    pushed: AuthorizationRequest | None = None
    is_signed: bool = False
    resources: tuple[str, ...] = ()
    details: tuple[Mapping[str, Any], ...] = ()
    client: Client | None = None
    redirect_uri: str | None = None
    response_mode: str = "query"
    response_modes: tuple[str, ...] = RESPONSE_MODES
    scope: tuple[str, ...] = ()
    claims: ClaimsRequest = field(default_factory=ClaimsRequest)
    code_challenge: str = ""
    prompt: frozenset[Prompt] = frozenset()
    max_age: timedelta | None = None
    levels: tuple[int, ...] = ()
    is_level_essential: bool = False
    hinted_subject: str | None = None
    mandate_roles: tuple[str, ...] | None = None

    def get(self, name: str) -> str | None:
        """A parameter; sent without a value it counts as not sent (RFC 6749 §3.1)."""
        return self.parameters.get(name) or None

    def need(self, name: str, expected: str) -> str:
        value = self.get(name)
        if value is None:
            raise InvalidRequest(f"{name}: missing; expected {expected}")
        return value

    @property
    def known_client(self) -> Client:
        if self.client is None:
            raise AssertionError("rules run in order")
        return self.client

    def finished(self) -> AuthorizationRequest:
        if self.redirect_uri is None:
            raise AssertionError("rules run in order")
        return AuthorizationRequest(
            client_id=self.known_client.client_id,
            redirect_uri=self.redirect_uri,
            response_mode=self.response_mode,
            state=self.get("state"),
            nonce=self.get("nonce"),
            scope=self.scope,
            claims=self.claims,
            code_challenge=self.code_challenge,
            prompt=self.prompt,
            max_age=self.max_age,
            levels=self.levels,
            is_level_essential=self.is_level_essential,
            hint=self.get("login_hint"),
            hinted_subject=self.hinted_subject,
            ui_locales=self.get("ui_locales"),
            dpop_jkt=self.get("dpop_jkt"),
            details=self.details,
            resources=self.resources,
            mandate_roles=self.mandate_roles,
        )
