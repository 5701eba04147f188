"""Whom a holder allowed what: the list, what was taken back, and a receipt for each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.kernel.errors import NotFound
from idp.oidc.clients.client import Clients
from idp.oidc.consent import ConsentRecord, Consents
from idp.oidc.consent_receipt import Receipts, shared
from idp.oidc.sessions.deliveries import Deliveries, DeliveryState
from idp.web.http import see_other
from idp.web.pages.my_account import Holder, OwnPages, see_done, what_was_done

CONSENTS = "/account/consents"
RECEIPT = f"{CONSENTS}/<consent_id>"
RECEIPT_FILE = f"{RECEIPT}/receipt.jwt"
JWT = "application/jwt"
# How word of what was taken back stands with its client, where there is a way to tell it by machine.
TOLD = {
    DeliveryState.PENDING: "telling",
    DeliveryState.DELIVERED: "told",
    DeliveryState.GIVEN_UP: "untold",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the pages of consents read with."""

    consents: Consents
    receipts: Receipts
    deliveries: Deliveries
    clients: Clients

    def state(self, record: ConsentRecord) -> str:
        """Where a consent stands, as a code word."""
        if record.ended_at is None:
            return "given"
        if not record.is_withdrawn:
            return "replaced"
        if record.confirmed_at is not None:
            return "confirmed"
        word = self.deliveries.last(record.consent.client_id, record.account_id, record.ended_at)
        return "by_hand" if word is None else TOLD[word.state]

    def listed(
        self, own: OwnPages, account_id: UUID, since: datetime | None = None
    ) -> tuple[list[Any], list[Any]]:
        """What an account allowed, and what was taken back: each as ``parts/consents.html`` has it.

        Args:
            since: without what ended before.
        """
        ever = [
            (record, own.steps.party(self.clients.find(record.consent.client_id)))
            for record in self.consents.ever(account_id)
            if _concerns(record, since)
        ]
        return (
            [entry for entry in ever if entry[0].ended_at is None],
            [(*entry, self.state(entry[0])) for entry in ever if entry[0].is_withdrawn],
        )

    def one(self, account_id: UUID, consent_id: str, since: datetime | None = None) -> ConsentRecord:
        """One of an account's.

        Raises:
            NotFound: also where it is another's, or ended before ``since``.
        """
        try:
            record = self.consents.record(UUID(consent_id))
        except ValueError:
            raise NotFound("consent") from None
        if record.account_id != account_id or not _concerns(record, since):
            raise NotFound("consent")
        return record

    def show(self, own: OwnPages, holder: Holder, record: ConsentRecord, address: str) -> AnyResponse:
        """A receipt in words. ``address``: of the list that it is in."""
        terms, language = self.receipts.terms(record), holder.caller.language
        return own.surface.show(
            "account/receipt.html",
            holder.caller,
            record=record,
            party=own.steps.party(self.clients.find(record.consent.client_id)),
            name=terms["client_name"].get(language) or next(iter(terms["client_name"].values())),
            purpose=record.consent.purpose or (terms["purpose"] or {}).get(language),
            terms=terms,
            shared=shared(record),
            state=self.state(record),
            address=address,
        )

    def signed(self, record: ConsentRecord, language: str) -> AnyResponse:
        """The same, signed, to keep."""
        return to_keep(self.receipts.signed(record, language), JWT, f"consent-{record.id}.jwt")


class ConsentList(MethodView):
    """GET and POST /account/consents: whom you allowed what; take it back."""

    init_every_request = False

    def __init__(self, own: OwnPages, reading: Reading) -> None:
        self._own = own
        self._reading = reading

    def get(self) -> AnyResponse:
        holder = self._own.enter(CONSENTS)
        if not isinstance(holder, Holder):
            return holder
        given, withdrawn = self._reading.listed(self._own, holder.account.id)
        return self._own.surface.show(
            "account/consents.html",
            holder.caller,
            consents=given,
            withdrawn=withdrawn,
            address=CONSENTS,
            action=CONSENTS,
            done=what_was_done(),
            here=CONSENTS,
        )

    def post(self) -> AnyResponse:
        entered = self._own.enter_with_form(CONSENTS)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        if self._reading.consents.withdraw(holder.account.id, form.get("client", "")):
            return see_done(CONSENTS, "consent_withdrawn")
        return see_other(CONSENTS)


class Receipt(MethodView):
    """GET /account/consents/<id>: what was agreed to, in words."""

    init_every_request = False

    def __init__(self, own: OwnPages, reading: Reading) -> None:
        self._own = own
        self._reading = reading

    def get(self, consent_id: str) -> AnyResponse:
        holder = self._own.enter(CONSENTS)
        if not isinstance(holder, Holder):
            return holder
        record = self._reading.one(holder.account.id, consent_id)
        return self._reading.show(self._own, holder, record, CONSENTS)


class ReceiptFile(MethodView):
    """GET /account/consents/<id>/receipt.jwt: the same, signed, to keep."""

    init_every_request = False

    def __init__(self, own: OwnPages, reading: Reading) -> None:
        self._own = own
        self._reading = reading

    def get(self, consent_id: str) -> AnyResponse:
        holder = self._own.enter(CONSENTS)
        if not isinstance(holder, Holder):
            return holder
        record = self._reading.one(holder.account.id, consent_id)
        return self._reading.signed(record, holder.caller.language)


def _concerns(record: ConsentRecord, since: datetime | None) -> bool:
    """Whether a consent still stood at a moment, or was given later."""
    return since is None or record.ended_at is None or record.ended_at >= since


def to_keep(content: str, mimetype: str, name: str) -> Response:
    """A file that the browser saves and keeps nowhere else."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
