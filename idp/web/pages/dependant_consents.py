"""/account/dependants/consents/<id>: what was allowed for somebody, its receipts, and taking it back."""

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.oidc.consent import ConsentRecord
from idp.web.http import see_other
from idp.web.pages.consents import Reading
from idp.web.pages.dependants import DEPENDANTS
from idp.web.pages.family import Family
from idp.web.pages.my_account import Holder, OwnPages, see_done, what_was_done

CONSENTS = f"{DEPENDANTS}/consents/<mandate_id>"
RECEIPT = f"{CONSENTS}/<consent_id>"
RECEIPT_FILE = f"{RECEIPT}/receipt.jwt"


class DependantConsents(MethodView):
    """GET and POST: who consents for somebody takes it back for them too (Law 91/2025 Art. 10, 24)."""

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family, reading: Reading) -> None:
        self._own = own
        self._family = family
        self._reading = reading

    def get(self, mandate_id: str) -> AnyResponse:
        here = _list(mandate_id)
        holder = self._own.enter(here)
        if not isinstance(holder, Holder):
            return holder
        account = self._family.look(holder.account.id, mandate_id)
        given, withdrawn = self._reading.listed(self._own, account.id, self._family.since(account))
        return self._own.surface.show(
            "account/dependant_consents.html",
            holder.caller,
            account=account,
            consents=given,
            withdrawn=withdrawn,
            address=here,
            action=here,
            done=what_was_done(),
            here=here,
        )

    def post(self, mandate_id: str) -> AnyResponse:
        here = _list(mandate_id)
        entered = self._own.enter_with_form(here)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        account = self._family.dependant(holder.account.id, mandate_id)
        if self._reading.consents.withdraw(account.id, form.get("client", ""), holder.account.id):
            return see_done(here, "consent_withdrawn")
        return see_other(here)


class DependantReceipt(MethodView):
    """GET /account/dependants/consents/<id>/<consent>: what was agreed to for somebody, in words."""

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family, reading: Reading) -> None:
        self._own = own
        self._family = family
        self._reading = reading

    def get(self, mandate_id: str, consent_id: str) -> AnyResponse:
        here = _list(mandate_id)
        holder = self._own.enter(here)
        if not isinstance(holder, Holder):
            return holder
        account = self._family.look(holder.account.id, mandate_id)
        record = self._reading.one(account.id, consent_id, self._family.since(account))
        return self._answer(holder, record, here)

    def _answer(self, holder: Holder, record: ConsentRecord, here: str) -> AnyResponse:
        return self._reading.show(self._own, holder, record, here)


class DependantReceiptFile(DependantReceipt):
    """GET /account/dependants/consents/<id>/<consent>/receipt.jwt: the same, signed, to keep."""

    def _answer(self, holder: Holder, record: ConsentRecord, here: str) -> AnyResponse:
        return self._reading.signed(record, holder.caller.language)


def _list(mandate_id: str) -> str:
    return f"{DEPENDANTS}/consents/{mandate_id}"
