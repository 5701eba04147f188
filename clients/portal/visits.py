"""Who is signed in here. Tokens and claims stay on this side; the browser holds a name for them."""

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from clients.portal.memory import Memory

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
# Clocks differ and pages take a moment: a proof "within five minutes" is not refused for a second.
LEEWAY = timedelta(seconds=30)
MOST_FILES = 20
ACR_PREFIX = "urn:dinhdanh:aal:"


def acr_of(level: int) -> str:
    """The level as it stands in a request and in an ID token."""
    return f"{ACR_PREFIX}{level}"


def level_of(acr: object) -> int:
    """The authentication level, 1 to 4, that an ``acr`` states; 0 for anything else."""
    known = {acr_of(level): level for level in (1, 2, 3, 4)}
    return known.get(acr, 0) if isinstance(acr, str) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How sure the portal must be of somebody: ``max_age`` None means a proof of any age will do."""

    level: int
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A sample file handed in during this visit. It lives as long as the visit does."""

    number: str
    service_id: str
    handed_in_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One signed-in browser at the portal.

    ``id_claims`` are those of the ID token, verified; ``person`` came from UserInfo at ``person_at``.
    ``admitted`` remembers when a service opened its form, so that who fills it in slowly is not thrown out.
    """

    id: str = field(repr=False)
    signed_in_at: datetime
    id_claims: Mapping[str, Any] = field(repr=False)
    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    access_ends_at: datetime
    person: Mapping[str, Any] = field(default_factory=dict, repr=False)
    person_at: datetime | None = None
    admitted: Mapping[str, datetime] = field(default_factory=dict)
    files: tuple[File, ...] = ()

    @property
    def subject(self) -> str:
        """This person at this portal. Another site gets another ``sub`` for the same person."""
        return str(self.id_claims["sub"])

    @property
    def level(self) -> int:
        return level_of(self.id_claims.get("acr"))

    @property
    def name(self) -> str:
        return str(self.person.get("name") or self.id_claims.get("name") or "")

    @property
    def is_for_another(self) -> bool:
        """Whether whoever signed in acts for the account that the claims speak of (RFC 8693 §4.1)."""
        return "act" in self.id_claims

    @property
    def proven_at(self) -> datetime | None:
        """When this person last proved who they are, at the provider."""
        at = self.id_claims.get("auth_time")
        return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None

    def meets(self, need: Need, now: datetime) -> bool:
        """Whether the ID token itself states what ``need`` asks."""
        return meets(self.id_claims, need, now)


def meets(id_claims: Mapping[str, Any], need: Need, now: datetime) -> bool:
    """Whether a verified ID token's ``acr`` and ``auth_time`` satisfy ``need``.

    Asking for a level is a wish; only what the token says counts (OIDC Core 1.0 §3.1.3.7, 12 and 13).
    """
    return level_of(id_claims.get("acr")) >= need.level and is_fresh(id_claims, need, now)


def is_fresh(id_claims: Mapping[str, Any], need: Need, now: datetime) -> bool:
    """Whether ``auth_time`` lies within ``need.max_age``; a time in the future or none at all does not."""
    if need.max_age is None:
        return True
    proven_at = id_claims.get("auth_time")
    if isinstance(proven_at, bool) or not isinstance(proven_at, int | float):
        return False
    age = timedelta(seconds=now.timestamp() - proven_at)
    return -LEEWAY <= age <= need.max_age + LEEWAY


@dataclass(slots=True)
class _Kept:
    visit: Visit
    seen_at: datetime


class Visits:
    """The visits of this process, by id. Each ends after half an hour unused, or after eight hours."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: Memory[_Kept] = Memory()
        self._ended: Memory[datetime] = Memory()
        self._changing = threading.Lock()

    def new_id(self) -> str:
        """256 random bits, fresh at every sign-in: an id planted beforehand is worth nothing."""
        return secrets.token_urlsafe(32)

    def begin(self, visit: Visit) -> None:
        """Keep a new visit."""
        self._kept.set(visit.id, _Kept(visit, self._clock()), ABSOLUTE.total_seconds())

    def find(self, visit_id: object) -> Visit | None:
        """The visit, its half hour begun anew; None when it has ended or never was."""
        kept = self._kept.get(visit_id) if isinstance(visit_id, str) else None
        if kept is None:
            return None
        now = self._clock()
        is_over = now - kept.seen_at > IDLE or now - kept.visit.signed_in_at > ABSOLUTE
        if is_over or self._was_ended(kept.visit):
            self.end(kept.visit.id)
            return None
        kept.seen_at = now
        return kept.visit

    def end(self, visit_id: object) -> None:
        """Forget a visit and its tokens."""
        if isinstance(visit_id, str):
            self._kept.delete(visit_id)

    def end_in(self, subject: str | None, session_id: str | None) -> None:
        """The provider ended a session: whatever visits of it began until now are over.

        Args:
            subject: whose; ``None``: of everybody in that session.
            session_id: the provider's ``sid``; ``None``: all of that subject's.
        """
        self._ended.set(_name(subject, session_id), self._clock(), ABSOLUTE.total_seconds())

    def _was_ended(self, visit: Visit) -> bool:
        session_id = visit.id_claims.get("sid")
        names = [_name(visit.subject, session_id), _name(visit.subject, None), _name(None, session_id)]
        return any(at is not None and visit.signed_in_at <= at for at in map(self._ended.get, names))

    def admit(self, visit: Visit, service_id: str) -> Visit:
        """Note that a service opened its form to this visit now."""
        return self._change(
            visit, lambda kept: replace(kept, admitted={**kept.admitted, service_id: self._clock()})
        )

    def hand_in(self, visit: Visit, file: File) -> Visit:
        """Add a sample file, and close the form it came from."""

        def with_file(kept: Visit) -> Visit:
            admitted = {name: at for name, at in kept.admitted.items() if name != file.service_id}
            return replace(kept, files=(file, *kept.files)[:MOST_FILES], admitted=admitted)

        return self._change(visit, with_file)

    def refresh_person(self, visit: Visit, person: Mapping[str, Any]) -> Visit:
        """Keep what UserInfo said just now."""
        return self._change(visit, lambda kept: replace(kept, person=person, person_at=self._clock()))

    def _change(self, visit: Visit, change: Callable[[Visit], Visit]) -> Visit:
        with self._changing:
            kept = self._kept.get(visit.id)
            if kept is None:  # signed out in another window meanwhile: a late change must not bring it back
                return change(visit)
            kept.visit = change(kept.visit)
            return kept.visit


def _name(subject: str | None, session_id: object) -> str:
    return json.dumps([subject, session_id])
