"""/account/dependants/consents/<id>: what a guardian allowed for somebody, and taking it back."""

from flask.views import MethodView
from werkzeug.wrappers import Response as AnyResponse

from idp.oidc.clients.client import Clients
from idp.oidc.consent import Consents
from idp.web.http import see_other
from idp.web.pages.dependants import DEPENDANTS, Family
from idp.web.pages.my_account import Holder, OwnPages, see_done, what_was_done

CONSENTS = f"{DEPENDANTS}/consents/<mandate_id>"


class DependantConsents(MethodView):
    """GET and POST: who consents for somebody takes it back for them too (Law 91/2025 Art. 10, 24)."""

    init_every_request = False

    def __init__(self, own: OwnPages, family: Family, consents: Consents, clients: Clients) -> None:
        self._own = own
        self._family = family
        self._consents = consents
        self._clients = clients

    def get(self, mandate_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/consents/{mandate_id}"
        holder = self._own.enter(here)
        if not isinstance(holder, Holder):
            return holder
        account = self._family.dependant(holder.account.id, mandate_id)
        return self._own.surface.show(
            "account/dependant_consents.html",
            holder.caller,
            account=account,
            consents=[
                (consent, self._own.steps.party(self._clients.find(consent.client_id)))
                for consent in self._consents.of(account.id)
            ],
            action=here,
            done=what_was_done(),
            here=here,
        )

    def post(self, mandate_id: str) -> AnyResponse:
        here = f"{DEPENDANTS}/consents/{mandate_id}"
        entered = self._own.enter_with_form(here)
        if not isinstance(entered, tuple):
            return entered
        holder, form = entered
        account = self._family.dependant(holder.account.id, mandate_id)
        if self._consents.withdraw(account.id, form.get("client", ""), holder.account.id):
            return see_done(here, "consent_withdrawn")
        return see_other(here)
