"""/account/history: what happened with an account, who looked at it, page by page."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account
from idp.accounts.officers import Officers
from idp.audit.events import Event
from idp.audit.log import AuditLog, Entry
from idp.kernel.clock import Clock
from idp.oidc.clients.client import Clients
from idp.statute.law import STATUTE
from idp.statute.rules import Kept, Retention
from idp.web.http import read_query
from idp.web.pages.my_account import Holder, OwnPages

HISTORY = "/account/history"
PAGE = 50
UUID_LENGTH = 36  # an actor may also be a word: ``cli``
YEAR = timedelta(days=366)
# Steps inside a sign-in, which its end tells of.
UNTOLD = frozenset({Event.CODE_ISSUED})
# What each part shows; the whole shows all.
PARTS: dict[str, frozenset[Event]] = {
    "sign_ins": frozenset(
        {
            Event.SIGN_IN_COMPLETED,
            Event.SIGN_IN_REFUSED,
            Event.SIGN_IN_PROOF_REFUSED,
            Event.SIGN_IN_LOCKED_OUT,
            Event.MANDATE_USED,
            Event.SESSION_ENDED,
        }
    ),
    "looks": frozenset(
        {
            Event.ACCOUNT_VIEWED,
            Event.ACCOUNT_EXPORTED,
            Event.ACCOUNT_CORRECTED,
            Event.EVIDENCE_ADDED,
            Event.TOKEN_ISSUED,
            Event.TOKEN_EXCHANGED,
        }
    ),
}


class History(MethodView):
    """GET /account/history: newest first, as far back as the law has it kept (Decree 69/2024 Art. 17)."""

    init_every_request = False

    def __init__(
        self, own: OwnPages, audit: AuditLog, clients: Clients, officers: Officers, clock: Clock
    ) -> None:
        self._own = own
        self._officers = officers
        self._audit = audit
        self._clients = clients
        self._clock = clock

    def get(self) -> AnyResponse:
        holder = self._own.enter(HISTORY)
        if not isinstance(holder, Holder):
            return holder
        query = read_query()
        part = query.get("part", "")
        law = STATUTE.at(self._clock()).retention(Kept.ACCESS_HISTORY)
        events, older = self._page(holder.account, part, _moment(query.get("before", "")), law)
        named = {event.client_id for event in events if event.client_id}
        return self._own.surface.show(
            "account/history.html",
            holder.caller,
            events=events,
            parties={one: self._own.steps.party(self._clients.find(one)) for one in named},
            offices=self._offices(events),
            part=part if part in PARTS else "",
            parts=list(PARTS),
            older=older,
            is_first="before" not in query,
            retention=law,
        )

    def _offices(self, events: list[Entry]) -> dict[str, str]:
        """The office of each officer who looked."""
        looks = [str(event.facts.get("actor")) for event in events if event.event == Event.ACCOUNT_VIEWED]
        found = self._officers.offices({UUID(actor) for actor in looks if len(actor) == UUID_LENGTH})
        return {str(officer): office for officer, office in found.items()}

    def _page(
        self, account: Account, part: str, before: datetime | None, law: Retention
    ) -> tuple[list[Entry], str | None]:
        """One page, and where the next begins; ``None``: nowhere."""
        wanted = PARTS.get(part, frozenset(Event) - UNTOLD)
        kept = self._audit.for_account(account.id, PAGE + 1, before, wanted)
        if law.years is not None:
            oldest = self._clock() - law.years * YEAR
            kept = [entry for entry in kept if entry.at >= oldest]
        return _cut(kept)


def _cut(kept: list[Entry]) -> tuple[list[Entry], str | None]:
    """A page of them, ended between two moments: what happened at one moment stays together."""
    if len(kept) <= PAGE:
        return kept, None
    shown = [entry for entry in kept[:PAGE] if entry.at > kept[PAGE].at] or kept[:PAGE]
    return shown, shown[-1].at.isoformat()


def _moment(typed: str) -> datetime | None:
    """Where a page begins, as an address has it; ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(typed)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):  # overflow: beside the calendar, once on one clock
        return None
