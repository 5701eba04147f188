"""/account/history: what happened with an account, who looked at it, page by page."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account
from idp.accounts.officers import Officers
from idp.audit.events import Event
from idp.audit.log import AuditLog, Entry
from idp.kernel.clock import Clock
from idp.oidc.clients.client import Clients
from idp.oidc.tokens.reads import Read, Reads
from idp.statute.ages import day_in_vietnam
from idp.statute.law import STATUTE
from idp.statute.rules import Kept, Retention
from idp.web.http import read_query
from idp.web.pages.locking import LOCK
from idp.web.pages.my_account import Holder, OwnPages

HISTORY = "/account/history"
PAGE = 50
UUID_LENGTH = 36  # an actor may also be a word: ``cli``
# Steps inside a sign-in, which its end tells of.
UNTOLD = frozenset({Event.CODE_ISSUED})
LOOKS = "looks"
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
    LOOKS: frozenset(
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
# Said to "you" of what the holder did: otherwise, where it was a guardian, or is told to one.
OF_OTHERS = frozenset(
    {
        Event.ACCOUNT_EXPORTED,
        Event.ACCOUNT_VIEWED,
        Event.CONSENT_GIVEN,
        Event.CONSENT_REFUSED,
        Event.CONSENT_WITHDRAWN,
        Event.EVIDENCE_ADDED,
        Event.TOKEN_ISSUED,
        Event.TOKEN_REFRESHED,
        Event.TOKEN_EXCHANGED,
        Event.TOKEN_REFUSED,
        Event.GRANT_REVOKED,
        Event.MANDATE_USED,
        Event.MESSAGE_SENT,
        Event.MESSAGE_FAILED,
    }
)


@dataclass(frozen=True, slots=True)
class Whose:
    """An account that is read. ``since``: what was before is not the reader's to see; ``None``: all is."""

    account: Account
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Turns the log into pages: newest first, as far back as the law has it kept (Decree 69/2024 Art. 17)."""

    audit: AuditLog
    clients: Clients
    officers: Officers
    reads: Reads
    clock: Clock

    def show(
        self, own: OwnPages, holder: Holder, here: str, lock: str, whose: Whose | None = None
    ) -> AnyResponse:
        """One page of an account's history.

        Args:
            here: where these pages are.
            lock: where the account is locked.
            whose: whom the holder acts for; the holder's own, unless told.
        """
        query = read_query()
        part = query.get("part", "")
        law = STATUTE.at(self.clock()).retention(Kept.ACCESS_HISTORY)
        shown = whose or Whose(holder.account)
        events, older = self._page(shown, part, _moment(query.get("before", "")), law)
        if whose is not None:
            events = [without_address(event) for event in events]
        is_first = "before" not in query
        reads = self._reads(shown, law) if is_first and part == LOOKS else []
        named = {
            *(event.client_id for event in events if event.client_id),
            *(read.client_id for read in reads),
        }
        return own.surface.show(
            "account/history.html",
            holder.caller,
            events=events,
            reads=reads,
            parties={one: own.steps.party(self.clients.find(one)) for one in named},
            offices=self._offices(events),
            me=str(holder.account.id),
            whose=whose and whose.account,
            since=shown.since,
            of_others=OF_OTHERS,
            part=part if part in PARTS else "",
            parts=list(PARTS),
            older=older,
            is_first=is_first,
            retention=law,
            lock=lock,
            address=here,
            here=here,
        )

    def _reads(self, whose: Whose, law: Retention) -> list[Read]:
        """Which clients read the account's data, how often, and when last."""
        oldest, since = law.oldest(day_in_vietnam(self.clock())), whose.since
        if since is None:
            return self.reads.by_client(whose.account.id, oldest)
        # Counts are by day: of the one in which it begins, those who came back after it.
        found = self.reads.by_client(whose.account.id, max(oldest, day_in_vietnam(since)))
        return [read for read in found if read.last_at >= since]

    def _offices(self, events: list[Entry]) -> dict[str, str]:
        """The office of each officer who looked."""
        looks = [str(event.facts.get("actor")) for event in events if event.event == Event.ACCOUNT_VIEWED]
        found = self.officers.offices({UUID(actor) for actor in looks if len(actor) == UUID_LENGTH})
        return {str(officer): office for officer, office in found.items()}

    def _page(
        self, whose: Whose, part: str, before: datetime | None, law: Retention
    ) -> tuple[list[Entry], str | None]:
        """One page, and where the next begins; ``None``: nowhere."""
        wanted = PARTS.get(part, frozenset(Event) - UNTOLD)
        kept = self.audit.for_account(whose.account.id, PAGE + 1, before, wanted)
        oldest, since = law.oldest(day_in_vietnam(self.clock())), whose.since
        kept = [entry for entry in kept if day_in_vietnam(entry.at) >= oldest]
        return _cut([entry for entry in kept if since is None or entry.at >= since])


class History(MethodView):
    """GET /account/history: what happened with one's own account."""

    init_every_request = False

    def __init__(self, own: OwnPages, reading: Reading) -> None:
        self._own = own
        self._reading = reading

    def get(self) -> AnyResponse:
        holder = self._own.enter(HISTORY)
        if not isinstance(holder, Holder):
            return holder
        return self._reading.show(self._own, holder, HISTORY, LOCK)


def without_address(entry: Entry) -> Entry:
    """As it is told to who acts for somebody: where a person was is that person's alone."""
    return replace(entry, facts={name: fact for name, fact in entry.facts.items() if name != "address"})


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
