"""A sign-in in progress: who asks, who answers, what is proven."""

import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter

from idp.assurance import Factor, Proof
from idp.kernel.clock import Clock
from idp.kernel.errors import Refused
from idp.kernel.ids import digest, new_secret
from idp.keyring.seal import Seal
from idp.oidc.authorization.request import AuthorizationRequest
from idp.oidc.consent import Consent
from idp.oidc.sessions.session import Session
from idp.storage.ephemeral import Ephemeral, Space

TTL = timedelta(minutes=10)


class InteractionExpired(Refused):
    """There is no such sign-in: its time ran out, it was finished, or it never was."""

    code = "interaction_expired"


class InteractionForeign(Refused):
    """The sign-in was begun in another browser."""

    code = "interaction_foreign"


class InteractionMoved(Refused):
    """The sign-in went on in another tab meanwhile."""

    code = "interaction_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A method that the answering account can use now."""

    method: str
    factors: frozenset[Factor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An account that the person may act for at the client, which knows it as ``subject``.

    ``limit_vnd`` is the most that it may be about; ``None``: no limit.
    """

    mandate_id: UUID
    principal_id: UUID
    role: str
    subject: str
    limit_vnd: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The account that the client is to learn about: the person's own, where there is no mandate.

    ``consent`` is what was allowed this client for it before; ``lacks``, what the request asks for and it has
    not got. ``must_agree``: it is a child's,
    who is asked besides the guardian.
    """

    account_id: UUID
    mandate_id: UUID | None = None
    must_agree: bool = False
    limit_vnd: int | None = None
    consent: Consent
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The account that answers, as far as the next step depends on it.

    ``consent`` is what it has allowed this client before; ``lacks``, what the request asks for and it has not
    got; ``subject`` is what the client knows it by;
    ``options`` are those whom its holder may act for there.
    """

    account_id: UUID
    is_active: bool
    ways: tuple[Way, ...]
    consent: Consent
    lacks: frozenset[str] = frozenset()
    subject: str | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the person said on the consent page, to the purpose as it stood there.

    ``claims`` are the ones allowed by name; ``child_agreed``: the guardian says that the child was asked too.
    """

    is_allowed: bool
    child_agreed: bool = False
    claims: frozenset[str] = frozenset()
    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A sign-in in progress. ``request`` is absent when the person comes to their own account pages.

    Those ask for ``needed_level``, by proofs no older than ``needed_age``.
    ``session_id`` is the session whose proofs it began with: it goes on only as long as that one does.
    ``whom`` is for whom the person signs in, once that was a question and is settled.
    """

    id: str
    browser_hash: str = field(repr=False)
    request: AuthorizationRequest | None
    started_at: datetime
    return_to: str | None = None
    session_id: UUID | None = None
    answering: Answering | None = None
    whom: Whom | None = None
    proofs: tuple[Proof, ...] = ()
    chosen: str | None = None
    decision: Decision | None = None
    needed_level: int = 2
    needed_age: timedelta | None = None
    version: int = 0

    def given(self, session: Session | None) -> tuple[Proof, ...]:
        """The proofs that were given in this sign-in, beyond those of the browser's session."""
        earlier = session.proofs if session is not None else ()
        return tuple(proof for proof in self.proofs if proof not in earlier)

    @property
    def standing(self) -> Whom | Answering | None:
        """Of the account that the client is to learn about: what it allowed before, and what it lacks."""
        return self.whom or self.answering

    @property
    def told_of(self) -> UUID | None:
        """The account that the client is to learn about, as far as it is known."""
        if self.whom is not None:
            return self.whom.account_id
        return self.answering.account_id if self.answering else None

    def may_go_on(self, session_id: UUID | None) -> bool:
        """Whether the browser's live session, if any, is the one that this sign-in leans on."""
        return self.session_id in (None, session_id)

    def proven(self, proof: Proof) -> "Interaction":
        """With one more proof, and the choice of method open again."""
        others = tuple(held for held in self.proofs if held.method != proof.method)
        return replace(self, proofs=(*others, proof), chosen=None)


_INTERACTION: TypeAdapter[Interaction] = TypeAdapter(Interaction)


class Interactions:
    """Sign-ins in progress, sealed: they may name the number that a person is about to type."""

    def __init__(self, ephemeral: Ephemeral, seal: Seal, clock: Clock) -> None:
        self._ephemeral = ephemeral
        self._seal = seal
        self._clock = clock

    def open(self, interaction: Interaction) -> Interaction:
        self._ephemeral.put(Space.INTERACTION, interaction.id, self._sealed(interaction), TTL)
        return replace(interaction, version=1)

    def load(self, interaction_id: str, browser: str | None) -> Interaction:
        """The sign-in, for the browser that began it.

        Raises:
            InteractionExpired, InteractionForeign.
        """
        entry = self._ephemeral.get(Space.INTERACTION, interaction_id)
        if entry is None:
            raise InteractionExpired
        raw = self._seal.open(entry.value, f"interaction:{interaction_id}")
        interaction = replace(_INTERACTION.validate_json(raw), version=entry.version)
        if not hmac.compare_digest(interaction.browser_hash, digest(browser or "").hex()):
            raise InteractionForeign
        return interaction

    def save(self, interaction: Interaction) -> Interaction:
        """Write it back, if nobody else did since it was read.

        Raises:
            InteractionMoved: somebody did.
        """
        left = interaction.started_at + TTL - self._clock()
        sealed = self._sealed(interaction)
        if left <= timedelta(0) or not self._ephemeral.replace(
            Space.INTERACTION, interaction.id, sealed, interaction.version, left
        ):
            raise InteractionMoved
        return replace(interaction, version=interaction.version + 1)

    def spend(self, interaction: Interaction) -> None:
        """End it: of two tabs that finish at once, one does.

        Raises:
            InteractionExpired: the other one.
        """
        if self._ephemeral.take(Space.INTERACTION, interaction.id) is None:
            raise InteractionExpired

    def _sealed(self, interaction: Interaction) -> bytes:
        return self._seal.seal(_INTERACTION.dump_json(interaction), f"interaction:{interaction.id}")


def new_interaction(
    browser: str, request: AuthorizationRequest | None, now: datetime, return_to: str | None = None
) -> Interaction:
    """A sign-in at its beginning, bound to a browser's cookie."""
    return Interaction(
        id=new_secret(160),
        browser_hash=digest(browser).hex(),
        request=request,
        started_at=now,
        return_to=return_to,
    )
