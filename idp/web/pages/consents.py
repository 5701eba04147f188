"""Whom a holder allowed what: the list, what was taken back, and a receipt for each."""

from dataclasses import dataclass
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

    def mine(self, holder: Holder, consent_id: str) -> ConsentRecord:
        """One of the holder's own.

        Raises:
            NotFound: also where it is another's.
        """
        try:
            record = self.consents.record(UUID(consent_id))
        except ValueError:
            raise NotFound("consent") from None
        if record.account_id != holder.account.id:
            raise NotFound("consent")
        return record


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
        ever = self._reading.consents.ever(holder.account.id)
        listed = [
            (record, self._own.steps.party(self._reading.clients.find(record.consent.client_id)))
            for record in ever
        ]
        return self._own.surface.show(
            "account/consents.html",
            holder.caller,
            consents=[entry for entry in listed if entry[0].ended_at is None],
            withdrawn=[(*entry, self._reading.state(entry[0])) for entry in listed if entry[0].is_withdrawn],
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
        record = self._reading.mine(holder, consent_id)
        terms = self._reading.receipts.terms(record)
        language = holder.caller.language
        return self._own.surface.show(
            "account/receipt.html",
            holder.caller,
            record=record,
            party=self._own.steps.party(self._reading.clients.find(record.consent.client_id)),
            name=terms["client_name"].get(language) or next(iter(terms["client_name"].values())),
            purpose=record.consent.purpose or (terms["purpose"] or {}).get(language),
            terms=terms,
            shared=shared(record),
            state=self._reading.state(record),
            file=f"{CONSENTS}/{record.id}/receipt.jwt",
        )


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
        record = self._reading.mine(holder, consent_id)
        signed = self._reading.receipts.signed(record, holder.caller.language)
        return to_keep(signed, JWT, f"consent-{record.id}.jwt")


def to_keep(content: str, mimetype: str, name: str) -> Response:
    """A file that the browser saves and keeps nowhere else."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
