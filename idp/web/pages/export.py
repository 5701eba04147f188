"""/account/export: a copy of all that is kept about somebody, to take along (Law 91/2025 Art. 4)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.account import Account, Accounts
from idp.accounts.applications import Applications
from idp.accounts.corrections import Corrections
from idp.accounts.evidence import EvidenceRecords
from idp.accounts.legacy_links import LegacyLinks
from idp.accounts.locks import Locks
from idp.accounts.mandates import Mandates
from idp.accounts.notices import Notices
from idp.audit.events import Event
from idp.audit.log import AuditLog, Entry
from idp.authenticators.authenticator import Authenticators
from idp.kernel.clock import Clock
from idp.oidc.consent import Consents
from idp.oidc.sessions.session import Sessions
from idp.oidc.tokens.reads import Reads
from idp.web.http import see_other
from idp.web.i18n import Language, Sentences
from idp.web.pages.consents import to_keep
from idp.web.pages.held import held
from idp.web.pages.history import without_address
from idp.web.pages.my_account import JUST_NOW, Holder, OwnPages, what_was_done

EXPORT = "/account/export"
FORMAT = "dinhdanh-export/1"
FORMATS = ("json", "text")
MOST = 100_000  # entries of the history: more than anybody has
APPLICATION = ("filed_at", "due_at", "decided_at", "reason", "article")
LOCK = ("ground", "article", "actor", "began_at", "ended_at", "ended_by")
Section = list[dict[str, Any]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who acts for the holder, and since when it is theirs to see what happens; ``None``: always."""

    account: Account
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Everything:
    """All the rooms that keep something of a person; secrets stay where they are.

    Sessions are those still open; grants and tokens show in the history.
    """

    accounts: Accounts
    evidence: EvidenceRecords
    applications: Applications
    corrections: Corrections
    legacy_links: LegacyLinks
    locks: Locks
    mandates: Mandates
    notices: Notices
    authenticators: Authenticators
    sessions: Sessions
    consents: Consents
    reads: Reads
    audit: AuditLog

    def of(self, account: Account, reader: Reader | None = None) -> dict[str, Section]:
        """Each section with its entries.

        Args:
            reader: who acts for the holder. Of the phone, which may be another guardian's, they see the end,
                nothing of network addresses, and nothing that was over before it was theirs to see. Who the
                holder is, and on what that stands, has no such day.
        """
        mine, since = account.id, None if reader is None else reader.since
        told = ("kind", "level", "status", "number", "phone", "email")
        times = ("opened_at", "activated_at", "locked_at", "lock_ground", "updated_at")
        return {
            "account": [{**_picked(account, *told, *times), **_phone(account, reader), **account.profile}],
            "identity": [dict(account.identity.stored())],
            "evidence": [
                _picked(one, "kind", "at", "source", "document", "facts", "article")
                for one in self.evidence.of_account(mine)
            ],
            "applications": [
                _picked(one, "reference", "case", "state", *APPLICATION)
                for one in _from(since, self.applications.of_account(mine), "decided_at")
            ],
            "corrections": [
                _picked(one, "member", "right", "reason", "stage", "filed_at", "decided_at", "answer")
                for one in _from(since, self.corrections.of(mine), "decided_at")
            ],
            "legacy_links": self.legacy_links.ever(mine),
            "authenticators": [
                _picked(one, "method", "label", "created_at", "last_used_at")
                for one in self.authenticators.of(mine)
            ],
            "sessions": [
                _picked(one, "id", "agent", "level", "created_at", "seen_at", "expires_at")
                for one in self.sessions.of(mine)
            ],
            **self._happened(mine, reader),
        }

    def _happened(self, mine: UUID, reader: Reader | None) -> dict[str, Section]:
        since = None if reader is None else reader.since
        return {
            "consents": self._consents(mine, since),
            "mandates": self._mandates(mine, since),
            "locks": [_picked(one, *LOCK) for one in _from(since, self.locks.ever(mine), "ended_at")],
            "notices": [
                _picked(one, "kind", "created_at")
                for one in _from(since, self.notices.of(mine), "created_at")
            ],
            "reads": [
                _picked(one, "client_id", "day", "times", "last_at")
                for one in _from(since, self.reads.by_day(mine), "last_at")
            ],
            "history": self._history(mine, reader),
        }

    def _history(self, mine: UUID, reader: Reader | None) -> Section:
        entries = self.audit.for_account(mine, MOST)
        if reader is None:
            return [_told(entry) for entry in entries]
        return [_told(without_address(entry)) for entry in _from(reader.since, entries, "at")]

    def _consents(self, mine: UUID, since: datetime | None) -> Section:
        return [
            {
                **_picked(one.consent, "client_id", "scope", "claims", "purpose", "given_at"),
                **{f"client_{name}": term for name, term in (one.terms or {}).items() if term},
                **_picked(one, "ended_at", "due_at", "article", "confirmed_at"),
            }
            for one in _from(since, self.consents.ever(mine), "ended_at")
        ]

    def _mandates(self, mine: UUID, since: datetime | None) -> Section:
        listed = []
        for one in _from(since, self.mandates.ever(mine), "revoked_at", "ends_at"):
            is_agent = one.agent_id == mine
            other = self.accounts.get(one.principal_id if is_agent else one.agent_id)
            listed.append(
                {
                    "direction": "received" if is_agent else "given",
                    "other": None if other is None else other.identity.name,
                    **_picked(one, "role", "services", "limit_vnd", "starts_at", "ends_at", "revoked_at"),
                }
            )
        return listed


class Export(MethodView):
    """GET explains; POST hands out the file: as JSON for programs, as text for people."""

    init_every_request = False

    def __init__(self, own: OwnPages, everything: Everything, audit: AuditLog, clock: Clock) -> None:
        self._own = own
        self._everything = everything
        self._audit = audit
        self._clock = clock

    def get(self) -> AnyResponse:
        holder = self._own.enter(EXPORT)
        if not isinstance(holder, Holder):
            return holder
        return self._own.surface.show(
            "account/export.html",
            holder.caller,
            whose=None,
            since=None,
            action=EXPORT,
            done=what_was_done(),
            here=EXPORT,
        )

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(EXPORT, JUST_NOW)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        wanted = form.get("format")
        if wanted not in FORMATS:
            return see_other(EXPORT)
        self._audit.record(
            Event.ACCOUNT_EXPORTED, account_id=holder.account.id, session=str(holder.session.id)
        )
        return as_file(
            self._everything.of(holder.account), wanted, self._clock(), self._own, holder.caller.language
        )


def as_file(
    all_of_it: Mapping[str, Section], wanted: str, now: datetime, own: OwnPages, language: Language
) -> AnyResponse:
    """What is handed out: as JSON for programs, or as text for people."""
    if wanted == "json":
        told = {"format": FORMAT, "made_at": now.isoformat(), **_plain(all_of_it)}
        text = json.dumps(told, ensure_ascii=False, indent=1)
        return to_keep(text, "application/json", "dinhdanh.json")
    text = as_text(all_of_it, now, own.surface.sentences, language)
    return to_keep(text, "text/plain", "dinhdanh.txt")


def as_text(all_of_it: Mapping[str, Section], now: datetime, sentences: Sentences, language: Language) -> str:
    """The same for people: headings, and a line for each thing."""
    (made,) = held({"made_at": now}, sentences, language)
    lines = [str(sentences.say(language, "export.title")), f"{made.label}: {made.value}"]
    for section, entries in all_of_it.items():
        lines += ["", str(sentences.say(language, f"export.section.{section}")).upper()]
        if not entries:
            lines.append(str(sentences.say(language, "export.nothing")))
        for entry in entries:
            lines.append("")
            lines += [f"{one.label}: {one.value}" for one in held(entry, sentences, language)]
    return "\n".join(lines) + "\n"


def _from(since: datetime | None, records: Sequence[T], *ends: str) -> Sequence[T]:
    """Those that were not over before a moment: whose ``ends``, where there are any, are not earlier."""
    if since is None:
        return records
    return [one for one in records if all((at := getattr(one, end)) is None or at >= since for end in ends)]


def _told(entry: Entry) -> dict[str, Any]:
    return {"at": entry.at, "event": str(entry.event), "client_id": entry.client_id, "details": _facts(entry)}


def _phone(account: Account, reader: Reader | None) -> dict[str, Any]:
    is_seen = reader is None or reader.account.phone == account.phone
    return {"phone": account.phone if is_seen else account.phone_hint}


def _facts(entry: Entry) -> list[str]:
    return [f"{name}={value}" for name, value in entry.facts.items() if value is not None]


def _picked(record: object, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
